"""The gates of ``scripts/gates``: one that finds nothing at all, cannot run or has no network is never *ok*."""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
GATES = ROOT / "tests" / "gates"


@pytest.fixture(scope="module")
def gates() -> Iterator[ModuleType]:
    """The program, as a module."""
    before = list(sys.path)
    spec = importlib.util.spec_from_file_location("gates", GATES / "gates.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.path[:] = before


Scan = Callable[[object], list[str]]


@pytest.fixture
def judge(gates: ModuleType, tmp_path: Path) -> Callable[[Scan], tuple[str, list[str]]]:
    """Judge a scanner whose sample is a file called ``bad``, on an empty checkout."""

    def call(scan: Scan) -> tuple[str, list[str]]:
        gate = gates.Gate("a scanner", scan, lambda root: (root / "bad").touch(), "bad is bad")
        return tuple(gates.judged(gate, gates.Target(tmp_path, Path(sys.executable), tmp_path)))  # type: ignore[return-value]

    return call


def test_a_scanner_that_finds_its_sample_and_nothing_else_is_ok(judge: Callable[[Scan], tuple[str, list[str]]]) -> None:
    """It is alive, and the checkout is clean."""
    assert judge(lambda target: ["bad is bad"] if (target.root / "bad").exists() else []) == ("ok", [])  # type: ignore[attr-defined]


def test_what_a_scanner_finds_fails(judge: Callable[[Scan], tuple[str, list[str]]]) -> None:
    """A finding in the checkout is shown as it is."""
    assert judge(lambda _: ["bad is bad"]) == ("FAILED", ["bad is bad"])


def test_a_scanner_that_silently_does_nothing_fails(judge: Callable[[Scan], tuple[str, list[str]]]) -> None:
    """One that finds nothing in its known-bad sample, something else, or breaks, is not alive."""
    assert judge(lambda _: [])[0] == "FAILED"
    assert "not alive" in judge(lambda _: ["other"])[1][0]

    def breaks(_: object) -> list[str]:
        raise RuntimeError("scanned no file")

    assert judge(breaks) == ("FAILED", ["not alive: RuntimeError: scanned no file"])


def test_a_scan_without_its_network_is_not_run(
    gates: ModuleType, judge: Callable[[Scan], tuple[str, list[str]]]
) -> None:
    """Nothing is known then, which is not a pass."""

    def offline(_: object) -> list[str]:
        raise gates.NotRunError("PyPI was not reached")

    assert judge(offline) == ("not run", ["PyPI was not reached"])


def test_an_audit_without_an_answer_is_not_run(
    gates: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """pip-audit that reached nothing prints no document; one that did names what it found."""
    scanners = sys.modules["scanners"]
    said = [
        "",
        json.dumps(
            {
                "dependencies": [
                    {"name": "jinja2", "version": "2.4.1", "vulns": [{"id": "PYSEC-1"}]},
                    {"name": "x", "version": "1"},
                ]
            }
        ),
    ]
    answers = iter(said)
    monkeypatch.setattr(
        scanners, "run", lambda _: subprocess.CompletedProcess([], 1, next(answers), "ERROR: no connection")
    )
    target = gates.Target(tmp_path, Path(sys.executable), tmp_path)
    with pytest.raises(gates.NotRunError, match="no connection"):
        scanners.vulnerable_packages(target)
    assert scanners.vulnerable_packages(target) == ["jinja2 2.4.1: PYSEC-1"]


@pytest.mark.parametrize(
    ("licence", "is_allowed"),
    [
        ("MIT", True), ("BSD-3-Clause AND 0BSD AND MIT AND Zlib AND CC0-1.0", True), ("GPL-3.0-only OR MIT", True), ("MPL-2.0", True),
        ("GPL-3.0-only", False), ("MIT AND GPL-2.0-or-later", False), ("UNKNOWN", False), ("", False), ("MIT; LGPL-3.0", False),
    ],
)  # fmt: skip
def test_licences_are_judged_by_their_parts(gates: ModuleType, licence: str, *, is_allowed: bool) -> None:
    """All parts of an expression must be allowed, or one of its alternatives; one that is not known is not."""
    assert gates.GATES
    assert sys.modules["scanners"].is_allowed(licence) is is_allowed


def test_everything_runs_the_gates() -> None:
    """``scripts/test`` runs them with everything, and CI runs that."""
    assert 'beside "gates" run_gates' in (ROOT / "scripts/test").read_text(encoding="utf-8")
    assert "exec scripts/test" in (ROOT / ".ci/run").read_text(encoding="utf-8")
