"""Waivers, baselines and what they make of an outcome."""

import datetime
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.audit.baseline import mark_known, read_baseline
from jsquared.audit.gate import outcome_of
from jsquared.audit.waivers import Waiver, apply_waivers, read_waivers
from jsquared.errors import BadInputError
from jsquared.records.audit_result import AuditFinding, fingerprint_of

TODAY = datetime.date(2026, 11, 30)
FINDING = AuditFinding(
    rule="T1",
    outcome="fail",
    severity="high",
    target="redis-n1",
    message="No TLS.",
    fingerprint=fingerprint_of("T1", "d", "redis-n1", ""),
)


def waiver(expires: str = "2026-12-31", **changes: str) -> str:
    """One waiver's entry."""
    fields = {"rule": "T1", "target": "redis-n1", "reason": "soon", "owner": "ops", "expires": expires} | changes
    return json.dumps({"waivers": [{key: value for key, value in fields.items() if value}]})


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str], list[Waiver]]:
    """Reads waivers from a text."""

    def of(text: str) -> list[Waiver]:
        file = tmp_path / "waivers.yaml"
        file.write_text(text)
        return read_waivers(file, TODAY)

    return of


def test_a_waiver_in_force(read: Callable[[str], list[Waiver]]) -> None:
    """It takes the finding that it names by target or fingerprint, with its reason, and no other."""
    for text in (
        waiver(),
        waiver(target="", fingerprint=FINDING.fingerprint),
        waiver("2026-11-30"),
        waiver("2027-02-28"),
    ):
        waived = apply_waivers([FINDING], read(text), TODAY)
        assert [one.outcome for one in waived.findings] == ["waived"]
        assert "soon (ops, until" in waived.findings[0].waiver
        assert (waived.warnings, waived.has_expired) == ([], False)
        assert outcome_of(waived.findings, "high") == "pass"
    for text in (waiver(target="redis-n2"), waiver(rule="T2"), waiver(fingerprint="0" * 64)):
        waived = apply_waivers([FINDING], read(text), TODAY)
        assert waived.findings == [FINDING]
        assert "no finding needs" in waived.warnings[0]


def test_an_expired_waiver(read: Callable[[str], list[Waiver]]) -> None:
    """It fails the audit as long as its finding is there, whatever the severity; afterwards it is only unused."""
    waivers = read(waiver("2026-11-29"))
    waived = apply_waivers([FINDING], waivers, TODAY)
    assert [one.outcome for one in waived.findings] == ["fail"]
    assert waived.has_expired
    assert "has expired" in waived.warnings[0]
    assert outcome_of(waived.findings, "critical", has_expired=waived.has_expired) == "violated"
    assert not apply_waivers([], waivers, TODAY).has_expired


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (waiver("2027-03-01"), "more than 90 days"),
        (waiver("tomorrow"), "is no day"),
        (waiver(reason=""), "has no reason"),
        (waiver(owner=""), "has no owner"),
        (waiver(target=""), "neither target nor fingerprint"),
        (waiver(rule="T9"), "is none of"),
        (waiver(fingerprint="abc"), "is no fingerprint"),
        (waiver(reason="x" * 501), "more than 500 characters"),
        (waiver(reason=" "), "is empty"),
        (waiver(because="x"), "unknown key"),
        ("waivers: 3", "must be a list"),
        ("[]", "must be a mapping"),
        ("{}", "has no waivers"),
        (json.dumps({"waivers": [{}] * 501}), "501 waivers"),
    ],
)
def test_what_is_no_waiver(text: str, said: str, read: Callable[[str], list[Waiver]]) -> None:
    """One line says what is wrong and where."""
    with pytest.raises(BadInputError, match=said):
        read(text)


def test_a_baseline(tmp_path: Path) -> None:
    """What an earlier audit had is not new, and does not fail one that asks for new findings alone; a pass there is no excuse."""
    file = tmp_path / "before.json"
    other = fingerprint_of("T1", "d", "redis-n2", "")
    file.write_text(
        json.dumps(
            {
                "findings": [
                    {"outcome": "fail", "fingerprint": FINDING.fingerprint},
                    {"outcome": "pass", "fingerprint": other},
                ]
            }
        )
    )
    known = read_baseline(file)
    assert known == {FINDING.fingerprint}
    [marked] = mark_known([FINDING], known)
    assert not marked.is_new
    assert outcome_of([marked], "high", new_only=True) == "pass"
    assert outcome_of([marked], "high") == "violated"
    assert outcome_of([FINDING], "high", new_only=True) == "violated"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"findings": 3}', '{"findings": [{}]}', "\x00\x01", "[" * 100_000])
def test_what_is_no_baseline(text: str, tmp_path: Path) -> None:
    """One line says so."""
    file = tmp_path / "before.json"
    file.write_text(text)
    with pytest.raises(BadInputError, match="is no baseline"):
        read_baseline(file)


def test_the_gate() -> None:
    """A failure at or above the severity violates; what is unknown leaves it open, and a pass takes neither."""

    def one(outcome: str, severity: str) -> AuditFinding:
        return AuditFinding(rule="T1", outcome=outcome, severity=severity, target="n", message="m")  # type: ignore[arg-type]

    assert outcome_of([one("fail", "medium")], "high") == "pass"
    assert outcome_of([one("fail", "medium")], "medium") == "violated"
    assert outcome_of([one("unknown", "low")], "critical") == "inconclusive"
    assert outcome_of([one("unknown", "low"), one("fail", "critical")], "high") == "violated"
    assert outcome_of([one("waived", "critical"), one("not-applicable", "high")], "low") == "pass"
    assert outcome_of([], "low", is_incomplete=True) == "inconclusive"
