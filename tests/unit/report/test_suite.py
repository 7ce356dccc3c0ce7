"""The HTML report of a suite: causes at its head, a row for each trial, and names of others as text alone."""

import re
from pathlib import Path

import msgspec
import pytest

from jsquared.check.causes import explain
from jsquared.records.run_directory import TrialRecord
from jsquared.records.verdict import NotRun, RunVerdict, TrialVerdict, worst
from jsquared.report.html import write_run_report
from support.sample_run import sample_record
from support.violated import DOWN_AFTER, QUORUM_ONE, advice, trial

EVIL = "</script><img src=x onerror=alert(2)>\u202e'\""


def with_advice(sample: str, number: int, *named, **fields) -> tuple[TrialRecord, TrialVerdict]:
    """A sample as a trial of its own, with advice."""
    record, verdict = sample_record(sample, Path(f"runs/20260101T120000-{sample}-{number}"))
    verdict.advice = list(named)
    verdict.run_dir = str(record.path)
    return record, msgspec.structs.replace(verdict, seed=number, **fields)


def page(trials: list[tuple[TrialRecord, TrialVerdict]], path: Path, *unrecorded: TrialVerdict, **fields) -> str:
    """The report of these trials, and of some that have no record."""
    verdicts = [*(verdict for _, verdict in trials), *unrecorded]
    run = RunVerdict(outcome=worst(one.outcome for one in verdicts), trials=verdicts, **fields)
    write_run_report(trials, explain(run), path)
    return path.read_text(encoding="utf-8")


def shown(html: str) -> str:
    """The visible text with its spaces collapsed."""
    return " ".join(re.sub(r"<[^>]+>", " ", re.sub(r"<(script|style).*?</\1>", "", html, flags=re.DOTALL)).split())


@pytest.fixture
def trials() -> list[tuple[TrialRecord, TrialVerdict]]:
    """Two violated trials, one of them explained, and a pass."""
    return [
        with_advice("crash", 1),
        with_advice("split-brain", 2, advice(DOWN_AFTER, effect="3.5 s instead of 30 s")),
        with_advice("split-brain", 3),
    ]


def test_it_begins_with_its_causes(trials, tmp_path) -> None:
    """What repeats once, the lines with change, effect, command and links, what no line explains; then the trials."""
    html = page(trials, tmp_path / "run.html")
    text = shown(html)
    in_order = [
        "3 trials: 2 violated, 1 passed",
        "seeds 1 to 3",
        "1 line explains 1 of 2 violations: down-after-milliseconds 30000 (1)",
        DOWN_AFTER,
        "n1/sentinel.conf:3",
        "Change sentinel down-after-milliseconds mymaster 3500",
        "Predicted 3.5 s instead of 30 s",
        "explains 1 trial",
        "No line of the configuration explains",
    ]
    places = [text.index(part) for part in in_order]
    assert places == sorted(places)
    assert re.findall(r'href="#(trial-\d)"', html) == ["trial-2", "trial-3"]
    rows = re.findall(r'<details class="trial" id="(.*?)".*?data-outcome="(.*?)" data-line="(\d)"', html)
    assert rows == [("trial-2", "violated", "1"), ("trial-3", "violated", "0"), ("trial-1", "pass", "0")]


def test_what_holds_for_the_whole_run_is_there(trials, tmp_path) -> None:
    """Findings that no trial shows, scenarios that did not run, parts that are not reproduced, trials without a record."""
    text = shown(
        page(
            trials,
            tmp_path / "run.html",
            trial("gone", outcome="inconclusive"),
            findings=[QUORUM_ONE],
            not_run=[NotRun(scenario="zone-lost", reason="zone-lost needs five hosts")],
            not_reproduced=["Disks are faster."],
        )
    )
    for said in (
        "One decides.",
        "zone-lost needs five hosts",
        "Disks are faster.",
        "Without a readable record, so not below (1 trial) gone",
    ):
        assert said in text


def test_trials_that_were_not_run_say_so(tmp_path) -> None:
    """They have a section without a timeline, and their row names the rule."""
    skipped = with_advice("split-brain", 1, advice(DOWN_AFTER), proven_by="failover-over-10s", scenario="primary-hang")
    html = page([skipped, with_advice("crash", 2)], tmp_path / "run.html")
    assert "violated by analysis: failover-over-10s, not run; line 1 above" in shown(html)
    assert "It was not run: its outcome follows from the configuration" in shown(html)
    assert html.count('class="card timeline-card"') == 1


def test_sections_are_read_when_they_are_opened(trials, tmp_path) -> None:
    """Each is inside a noscript element of its own, which nothing in it ends, so a hundred open fast and none needs a script."""
    trials[0][1].facts = ["</noscript><b>out</b>"]
    html = page(trials, tmp_path / "run.html")
    bodies = re.findall(r'<div class="trial-body"><noscript>(.*?)</noscript></div>', html, re.DOTALL)
    assert len(bodies) == 3
    assert all("Faults and their evidence" in body for body in bodies)
    assert html.count("</noscript>") == 4
    assert "&lt;/noscript&gt;" in bodies[2]


def test_names_of_others_stay_text(trials, tmp_path) -> None:
    """Markup in lines, places, fixes and names adds no element to the head."""
    plain = page(trials, tmp_path / "plain.html", findings=[], not_reproduced=["x"])
    evil = advice(EVIL, where=EVIL, message=EVIL, fix=f"x {EVIL}", effect=EVIL, try_with=(f"redis.x={EVIL}",))
    trials[1][1].advice = [evil]
    trials[2][1].reasons = [EVIL]
    changed = page(trials, tmp_path / "evil.html", findings=[], not_reproduced=[EVIL])
    heads = [one.partition("<main>")[2].partition('id="trials"')[0] for one in (plain, changed)]
    kinds = [re.findall(r"<(\w+)", head) for head in heads]
    assert kinds[0] == kinds[1]
    assert "<img src=x" not in changed
    assert "\u202e" not in changed
