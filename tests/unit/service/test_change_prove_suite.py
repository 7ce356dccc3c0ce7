"""A suite on the deployment as it is to be: run only where the change is proven, and never better than what it shows."""

from collections.abc import Callable
from typing import Any

import pytest

from jsquared.deployment.model.reach import Allowed
from jsquared.errors import LabError
from jsquared.records.verdict import Outcome, RunVerdict
from jsquared.service import change_prove
from jsquared.service.run import Failure, RunRequest, RunResult
from support.fake_executor import Course, FakeExecutor
from support.proving import LIVE, Bench, violated

FAILURE = Failure("no memory", 4)
Suite = Callable[..., list[Any]]


@pytest.fixture
def suite(monkeypatch: pytest.MonkeyPatch) -> Suite:
    """``suite(outcome)``: from now on suites end so, after ``meanwhile``; what each is asked for."""

    def ends(outcome: Outcome = "pass", meanwhile: Callable[[], None] = lambda: None, **more: Any) -> list[Any]:
        asked: list[Any] = []

        def run(*given: Any) -> RunResult:
            asked.append(given)
            meanwhile()
            return RunResult(RunVerdict(outcome=outcome, trials=[], **more), [FAILURE] if outcome != "pass" else [])

        monkeypatch.setattr(change_prove, "run", run)
        return asked

    return ends


@pytest.mark.parametrize("outcome", ["pass", "inconclusive", "violated"])
def test_its_outcome_is_the_worst_that_the_whole_can_have(bench: Bench, suite: Suite, outcome: Outcome) -> None:
    """A change that is proven, to a deployment that is not sound, is none to make; nothing is left to run next."""
    suite(outcome)
    bench.plan()
    result = bench.prove({}, suite="standard")
    proof = result.proof
    assert (proof.suite, proof.suite_outcome, proof.outcome, proof.next_command) == ("standard", outcome, outcome, "")
    assert [trial.outcome for trial in proof.trials] == ["pass"] * 4
    assert result.suite is not None
    assert result.suite.document.outcome == outcome
    assert result.failures == ([] if outcome == "pass" else [FAILURE])


@pytest.mark.parametrize(
    ("course", "unknown"),
    [
        (violated(), ()),
        (Course("inconclusive", reason="the machine stood still"), ()),
        (Course(error="no memory", exit_code=4), ()),
        (Course(), ("not read: n1",)),
    ],
    ids=["violated", "inconclusive", "failed", "unknown"],
)
def test_it_is_not_run_where_the_change_is_not_proven(
    bench: Bench, suite: Suite, course: Course, unknown: tuple[str, ...]
) -> None:
    """The proof names no suite then: none was run."""
    asked = suite()
    bench.plan()
    bench.rewrite(unknown=list(unknown))
    result = bench.prove({"change": course}, suite="standard")
    assert result.proof.outcome != "pass"
    assert (asked, result.suite, result.proof.suite, result.proof.suite_outcome) == ([], None, "", None)


@pytest.mark.parametrize("after", [{"quorum": 4}, {"hosts": 4}], ids=["refused", "cannot be played"])
def test_it_is_not_run_where_nothing_was_played(bench: Bench, suite: Suite, after: dict[str, int]) -> None:
    """A refused plan and one that the lab cannot play are no reason to try what comes after."""
    asked = suite()
    bench.plan(after)
    assert bench.prove({}, suite="standard").proof.suite == ""
    assert asked == []


def test_without_one_none_is_run(bench: Bench, suite: Suite) -> None:
    """It is only said."""
    asked = suite()
    bench.plan()
    result = bench.prove({})
    assert (asked, result.suite) == ([], None)
    assert "--suite standard" in result.proof.next_command


@pytest.mark.parametrize(
    ("new_engine", "chosen", "engine"), [("", "auto", "redis"), ("valkey", "valkey", "valkey")], ids=["same", "upgrade"]
)
def test_it_is_run_on_what_is_to_be(bench: Bench, suite: Suite, new_engine: str, chosen: str, engine: str) -> None:
    """On the second deployment, with the engine from afterwards, in the same place, and with all else as for the change."""
    asked = suite()
    bench.plan({} if new_engine else LIVE, new_engine=new_engine)
    executor = FakeExecutor()
    allowed = Allowed(paths=("/etc/redis",))
    shared = {"ack": "wait:1", "allowed": allowed, "seed": 11, "jobs": 2, "sandbox": "namespaces"}
    bench.prove(executor, suite="quick,standard", new_engine=chosen, **shared)
    request = RunRequest(
        suite="quick,standard", deployment=str(bench.root / "now"), engine=engine, out=bench.root / "runs", **shared
    )
    [(given, _, on, interruption)] = asked
    assert given == request
    assert (on, interruption) == (executor, bench.interruption)


def test_meanwhile_the_change_itself_is_proven(bench: Bench, suite: Suite) -> None:
    """Whoever reads the file while the suite runs, or after the lab has failed in it, finds a proof of the change and of no suite."""

    def look() -> None:
        proof = bench.written()
        assert (proof.outcome, proof.suite, proof.suite_outcome) == ("pass", "", None)
        assert "--suite standard" in proof.next_command
        raise LabError("no memory")

    suite(meanwhile=look)
    bench.plan()
    with pytest.raises(LabError, match="no memory"):
        bench.prove({}, suite="standard")
    assert bench.written().outcome == "pass"


def test_an_interrupted_suite_is_an_interrupted_proof(bench: Bench, suite: Suite) -> None:
    """Whoever asked to stop is told that it was, and the whole is not proven."""
    suite("inconclusive", interrupted=True)
    bench.plan()
    proof = bench.prove({}, suite="standard").proof
    assert (proof.outcome, proof.interrupted) == ("inconclusive", True)
