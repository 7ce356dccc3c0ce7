"""The matrix of alerts: what was missed or false in any trial, what is not known, and the page."""

import re
from pathlib import Path

import pytest
import yaml
from msgspec import structs

from jsquared.cli.matrix import _show
from jsquared.errors import BadInputError
from jsquared.programs.find import Location, Program
from jsquared.records.alert_matrix import matrix_of
from jsquared.records.alert_results import AlertResult, FailedRule
from jsquared.records.verdict import FaultResult, ObjectiveResult, Outcome, TrialVerdict
from jsquared.report.alert_page import write_page
from jsquared.service import alerts_choice, loadable_rules
from jsquared.service.alerts_choice import AlertsRequest
from jsquared.text import NONE
from support import quick_yaml
from support.records import Story

DOWN = AlertResult(alert="RedisDown", expected=True, within_ms=20_000, fired_ms=14_000, delivered_ms=14_020)
LATE = AlertResult(alert="RedisDown", expected=True, within_ms=20_000, missed=True)
FALSE = AlertResult(alert="MemoryNearMax", fired_ms=3000, delivered_ms=3010, false=True)


def unjudged(scenario: str, *alerts: AlertResult, unmonitored: str = "") -> TrialVerdict:
    """The verdict of a trial with rules of the user's own, of which nothing is asked."""
    return structs.replace(trial(scenario, *alerts), objectives=[], unmonitored=unmonitored)


def trial(scenario: str, *alerts: AlertResult, unproven: str = "") -> TrialVerdict:
    """The verdict of a monitored trial."""
    outcome: Outcome = "inconclusive" if unproven else "pass"
    asked = ObjectiveResult(
        name="missed_alerts", limit=0, value=None if unproven else 0, unit="alerts", outcome=outcome, reason=unproven
    )
    verdict = TrialVerdict.of(Story().plan(), outcome, ["-"], objectives=[asked], alerts=list(alerts))
    verdict.scenario = scenario
    verdict.faults = [
        FaultResult(id="crash", name="kill", targets=["redis-n1"], started_ms=1, healed_ms=2, bit=True, healed=True)
    ]
    return verdict


def test_every_trial_is_a_row_and_what_is_wrong_is_listed() -> None:
    """Missed and false ones with their scenario; a trial without any alert is silent."""
    found = matrix_of(
        [trial("a", DOWN), trial("b", LATE), trial("c", FALSE), trial("d")],
        profile="5s",
        judged=True,
        not_run=[],
        took_s=1,
    )
    assert found.outcome == "violated"
    assert [(one.scenario, one.alert) for one in found.missed] == [("b", "RedisDown")]
    assert [(one.scenario, one.alert) for one in found.false] == [("c", "MemoryNearMax")]
    assert found.silent == ["b", "d"]
    assert found.rows[0].faults == ["kill"]


def test_what_is_not_known_is_neither_missed_nor_a_pass() -> None:
    """A row says why, and the whole is inconclusive; so is a matrix without rows."""
    options = {"profile": "5s", "judged": True, "not_run": [], "took_s": 1.0}
    found = matrix_of([trial("a", DOWN), trial("b", LATE, unproven="the exporter ended")], **options)  # type: ignore[arg-type]
    assert (found.outcome, found.missed, found.silent) == ("inconclusive", [], [])
    assert found.rows[1].unproven == "the exporter ended"
    assert matrix_of([], **options).outcome == "inconclusive"  # type: ignore[arg-type]
    assert matrix_of([trial("a", DOWN)], **options).outcome == "pass"  # type: ignore[arg-type]


def test_rules_that_nobody_evaluated_are_not_silent() -> None:
    """Where the monitoring failed, rules of the user's own have not been quiet about a fault: nothing is known of them."""
    options = {"profile": "5s", "judged": False, "not_run": [], "took_s": 1.0}
    found = matrix_of([unjudged("a", DOWN), unjudged("b", unmonitored="prometheus failed")], **options)  # type: ignore[arg-type]
    assert (found.outcome, found.silent) == ("inconclusive", [])
    assert [row.unproven for row in found.rows] == ["", "prometheus failed"]
    quiet = matrix_of([unjudged("a", DOWN), unjudged("b")], **options)  # type: ignore[arg-type]
    assert (quiet.outcome, quiet.silent) == ("pass", ["b"])


def test_the_page_has_scenarios_down_and_alerts_across(tmp_path: Path) -> None:
    """One file that asks nobody for anything, with every number and whatever is wrong."""
    found = matrix_of(
        [trial("crash", DOWN), trial("<b>", FALSE)], profile="15s", judged=True, not_run=["x: no"], took_s=61
    )
    write_page(found, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in page
    assert 'title="RedisDown: fired after 14 s, arrived after 14.0 s, allowed 20 s">14</td>' in page
    assert "<b>without a reason</b>: MemoryNearMax in &lt;b&gt;" in page
    assert "a scrape every 15s" in page
    assert "x: no" in page


UNKNOWN = AlertResult(alert="RedisDown", expected=True, within_ms=20_000, missed=None, false=None)
SEEN = AlertResult(alert="RedisUnresponsive", fired_ms=20_000, delivered_ms=20_010, missed=None, false=None)
EARLY = AlertResult(alert="FullResync", fired_ms=-18_000, false=True)
WHY = "nothing is known of alerts: exporter failed at 32.07 s"
ERROR = "found duplicate <series>"
NOT_COMPUTED = FailedRule(rule="Theirs", error=ERROR, failed_ms=-3000)


def page_of(trials: list[TrialVerdict], tmp_path: Path, *, judged: bool = True) -> str:
    """The page of a matrix."""
    tmp_path.mkdir(exist_ok=True)
    write_page(matrix_of(trials, profile="5s", judged=judged, not_run=[], took_s=61), tmp_path / "page.html")
    return (tmp_path / "page.html").read_text(encoding="utf-8")


def cells_of(page: str) -> list[tuple[str, str]]:
    """The style and the text of every cell, row by row."""
    return [
        (kind, re.sub("<[^>]*>", "", text))
        for kind, text in re.findall(r'<td class="(\w*)"[^>]*>(.*?)</td>', page, re.DOTALL)
    ]


def heading_of(page: str) -> str:
    """Its first line."""
    return re.findall("<h1>(.*)</h1>", page)[0]


def test_the_page_shows_what_is_not_known_as_such(tmp_path: Path) -> None:
    """No cell of such a row looks proven, its reason is text and not a title, and neither heading nor legend leaves it out."""
    page = page_of([trial("crash", DOWN), trial("hang", UNKNOWN, SEEN, unproven=WHY)], tmp_path)
    assert cells_of(page) == [("expected", "14"), ("", ""), ("unknown", NONE), ("unknown", "20")]
    assert heading_of(page) == "? nothing is proven of 1 of 2 scenarios"
    assert f"<b>not known</b>: hang: {WHY}" in page
    assert "not known: proves nothing" in page
    sound = page_of([trial("crash", DOWN)], tmp_path / "sound")
    assert heading_of(sound) == "✓ every expected alert fired and arrived"
    assert "not known: proves nothing" not in sound


def test_a_row_of_which_nothing_is_proven_has_no_proven_cell(tmp_path: Path) -> None:
    """Whatever its alerts say of themselves."""
    page = page_of([trial("hang", DOWN, LATE, unproven=WHY), trial("crash", FALSE)], tmp_path)
    assert cells_of(page) == [("unknown", ""), ("unknown", "14"), ("wrong", "3"), ("", "")]


def test_an_alert_of_which_nothing_is_proven_is_no_proven_one(tmp_path: Path) -> None:
    """Though its row says nothing of it: one of two objectives alone may be inconclusive."""
    assert cells_of(page_of([trial("hang", UNKNOWN)], tmp_path)) == [("unknown", NONE)]


def test_the_heading_says_both_what_is_wrong_and_what_is_not_known(tmp_path: Path) -> None:
    """The one does not hide the other; an alert from before the fault has no number."""
    page = page_of([trial("a", LATE), trial("b", EARLY), trial("c", UNKNOWN, unproven=WHY)], tmp_path)
    assert heading_of(page) == "✗ 1 alert missed, 1 without a reason, nothing is proven of 1 of 3 scenarios"
    assert ("wrong", "before") in cells_of(page)
    assert "fired 18 s before the first fault" in page
    assert "“before”: it fired before anything was broken" in page


def test_a_rule_that_could_not_be_computed_is_no_silent_one(tmp_path: Path) -> None:
    """It is named with its error and its scenarios, the matrix is inconclusive, and what is known of other alerts stays."""
    trials = [unjudged(name, DOWN) for name in ("a", "b")] + [unjudged("c")]
    for one in (trials[0], trials[2]):
        one.failed_rules = [NOT_COMPUTED]
    found = matrix_of(trials, profile="5s", judged=False, not_run=[], took_s=1)
    assert (found.outcome, found.silent, found.unknown) == ("inconclusive", [], 0)
    assert [(one.rule, one.error, one.scenarios) for one in found.failed_rules] == [("Theirs", ERROR, ["a", "c"])]
    page = page_of(trials, tmp_path, judged=False)
    assert heading_of(page) == "? 3 scenarios with rules of your own, 1 rule could not be computed"
    assert "<b>not computed</b>: Theirs in a and c: found duplicate &lt;series&gt;" in page
    assert cells_of(page)[:4] == [("expected", "14"), ("unknown", "?"), ("expected", "14"), ("", "")]
    for one in trials:
        one.failed_rules = [NOT_COMPUTED]
    assert "Theirs in all scenarios" in page_of(trials, tmp_path, judged=False)
    many = [unjudged(f"s{number}") for number in range(7)]
    for one in many[1:]:
        one.failed_rules = [NOT_COMPUTED]
    assert "Theirs in 6 scenarios" in page_of(many, tmp_path, judged=False)


def test_the_text_says_what_the_page_does(capsys: pytest.CaptureFixture[str]) -> None:
    """What is not known, what was not computed, and that an alert fired before the fault."""
    trials = [trial("early", EARLY), trial("late", LATE), trial("hang", UNKNOWN, unproven=WHY), trial("theirs")]
    trials[3].failed_rules = [NOT_COMPUTED]
    found = matrix_of(trials, profile="5s", judged=True, not_run=[], took_s=61)
    _show(found)
    text = " ".join(capsys.readouterr().out.split())
    assert "early FullResync 18 s before the fault" in text
    assert "late RedisDown missed" in text
    assert f"hang {WHY}" in text
    assert "theirs Theirs not computed" in text
    assert f"not computed: Theirs in 1 scenario: {ERROR}" in text
    assert "1 missed, 1 without a reason, nothing proven of 1, 61 s" in text


def test_rules_of_the_users_own_take_the_place_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Objects of Kubernetes lose what is around their rules; they are not judged, and the command says which they were."""
    program = Program("prometheus", Path("/p"), "2.42", "0" * 64, "PATH")
    monkeypatch.setattr(alerts_choice, "find", lambda *_, **__: program)
    rules = tmp_path / "rules.yml"
    rule = {"alert": "Theirs", "expr": "up == 0"}
    spec = {"groups": [{"name": "g", "rules": [rule]}]}
    rules.write_text(yaml.safe_dump({"apiVersion": "v1", "kind": "PrometheusRule", "spec": spec}))
    chosen = AlertsRequest(profile="15s", rules=[rules], exporter="/own").resolve()
    assert not chosen.judged
    assert quick_yaml.load(chosen.monitoring.rules["rules-1.yml"]) == spec
    assert chosen.options == ("--alerts", "--scrape", "15s", "--rules", str(rules), "--exporter", "/own")
    assert AlertsRequest().resolve().judged
    rules.write_text("nothing: here\n")
    with pytest.raises(BadInputError, match="rules"):
        AlertsRequest(rules=[rules]).resolve()


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (
            "Checking /proc/self/fd/0\n\n  FAILED:\n/proc/self/fd/0: yaml: unmarshal errors:\n  line 3: field fro not found in type x\n",
            "yaml: unmarshal errors: field fro not found in type x",
        ),
        ("", "promtool gave no reason"),
        ("Checking /proc/self/fd/0\n  SUCCESS: 1 rules found\n", None),
    ],
)
def test_rules_that_prometheus_does_not_load_are_refused(
    said: str, reason: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The promtool beside the Prometheus is asked, with the rules as Prometheus is given them; no trial is begun with what it refuses."""
    asked: list[tuple[Path, bytes]] = []

    def answer(location: Location, *_: str, given: bytes, **__: str) -> str:
        asked.append((location.path, given))
        return said

    program = Program("prometheus", tmp_path / "prometheus", "2.42", "0" * 64, "given")
    (tmp_path / "promtool").touch()
    monkeypatch.setattr(alerts_choice, "find", lambda *_, **__: program)
    monkeypatch.setattr(loadable_rules, "printed_by", answer)
    rules = tmp_path / "rules.yml"
    rules.write_text(yaml.safe_dump({"groups": [{"name": "g", "rules": [{"alert": "A", "expr": "up == 0"}]}]}))
    request = AlertsRequest(rules=[rules])
    if reason is None:
        request.resolve()
    else:
        with pytest.raises(BadInputError, match=re.escape(f"Prometheus does not load it: {reason}")):
            request.resolve()
    [(path, given)] = asked
    assert path == tmp_path / "promtool"
    assert quick_yaml.load(given) == quick_yaml.load(rules.read_text())
