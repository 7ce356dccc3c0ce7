"""Proofs of plans, from trials whose verdicts a test chooses: nothing becomes a pass by default, and a step that does harm is named."""

import hashlib
import itertools
from pathlib import Path
from typing import Any

import pytest

from jsquared.campaign.campaign import Campaign
from jsquared.campaign.result import TrialResult
from jsquared.records.verdict import ClientGap, Outcome, Writes
from jsquared.rollout.proof_document import Harm
from jsquared.sandbox.capability import Capability
from jsquared.service import change_prove
from jsquared.service.progress import CampaignBegan, Notice, TimePassed, TrialBegan, TrialEnded
from jsquared.service.run import Failure
from support.changes import REDIS, VALKEY
from support.fake_executor import Course, FakeExecutor
from support.proving import TRIALS, Bench, steps, violated


def test_a_change_is_proven_where_every_trial_passes(bench: Bench, heard: Any) -> None:
    """The proof names the plan by its hash, every trial with what it measured, and what comes next; only its owner can read its file."""
    bench.plan()
    gaps = [
        ClientGap(client=f"client-{n}", gap_ms=gap_ms, from_ms=0.0, until_ms=gap_ms, resumed=True)
        for n, gap_ms in enumerate((120.0, 900.0, 300.0))
    ]
    trials = {
        "change": Course(shown={"writes": Writes(attempted=12, acknowledged=10, lost=0), "gaps": gaps}),
        "change-back-from-3": Course(shown={"writes": Writes(acknowledged=5, lost=None)}),
    }
    result = bench.prove(trials, heard, write_gap_limit_ms=4000)
    proof = result.proof
    assert (proof.outcome, proof.harms, proof.cannot, proof.interrupted) == ("pass", (), (), False)
    assert proof.plan_sha256 == hashlib.sha256(bench.file.read_bytes()).hexdigest()
    assert (proof.engine, proof.new_engine) == ("redis 7.0.15", "redis 7.0.15")
    assert (proof.sandbox, proof.ack, proof.write_gap_limit_ms) == ("namespaces", "wait:1", 4000)
    assert [(trial.label, trial.back_from, trial.outcome) for trial in proof.trials] == [
        (label, way, "pass") for label, way in zip(TRIALS, (None, 2, 3, 4), strict=True)
    ]
    assert [(trial.acknowledged, trial.lost, trial.longest_gap_ms) for trial in proof.trials] == [
        (10, 0, 900.0), (0, None, None), (5, None, None), (0, None, None),
    ]  # fmt: skip
    assert all((Path(trial.run_dir) / "plan.json").is_file() for trial in proof.trials)
    assert proof.next_command == f"jsquared run --suite standard --deployment {bench.root / 'now'}"
    assert (proof.suite, proof.suite_outcome, result.suite, result.failures) == ("", None, None, [])
    assert heard.of(CampaignBegan) == [CampaignBegan(4)]
    assert (bench.folder / "proof.json").stat().st_mode & 0o077 == 0


def test_trials_are_those_that_the_request_asks_for(bench: Bench) -> None:
    """Its seed, level and limits are in every plan; servers are confined, since steps are commands that somebody wrote."""
    bench.plan()
    executor = FakeExecutor()
    bench.prove(executor, ack="async", write_gap_limit_ms=4000, sandbox="auto")
    assert executor.prepared == 1
    for trial in executor.trials:
        assert (trial.plan.seed, str(trial.plan.ack)) == (7, "async")
        assert [one.limit for one in trial.plan.objectives if one.name == "write_gap"] == [4000]
        assert trial.order.other_engines == {}
    [(name, asked)] = bench.sandboxes
    assert name == "auto"
    assert {Capability.PROCESS, Capability.CONFINED} <= asked["needs"]
    assert asked["keep"][:3] == [bench.root / "runs", Path(REDIS.path), Path(REDIS.path)]


def test_an_upgrade_is_played_with_both_engines(bench: Bench) -> None:
    """The trials have the engine from before and, by the name that steps call it, the one from afterwards."""
    bench.plan({}, new_engine="valkey")
    executor = FakeExecutor()
    proof = bench.prove(executor, new_engine="valkey").proof
    assert (proof.outcome, proof.engine, proof.new_engine) == ("pass", "redis 7.0.15", "valkey 9.1.2")
    assert {trial.order.engine for trial in executor.trials} == {REDIS}
    assert all(trial.order.other_engines == {"valkey 9.1.2": VALKEY} for trial in executor.trials)


def test_lines_of_the_new_engine_are_its_own(bench: Bench) -> None:
    """A directive that the engine from before does not know is none that it has to take."""
    bench.plan({"data": "dual-channel-replication-enabled yes\n"}, new_engine="valkey")
    assert bench.prove({}, new_engine="valkey").proof.outcome == "pass"


def test_the_engine_from_afterwards_may_be_found(bench: Bench) -> None:
    """Where none is named, the one that is found by itself is taken, and it is the plan's."""
    bench.plan({}, new_engine="valkey")
    bench.engines["auto"] = VALKEY
    executor = FakeExecutor()
    assert bench.prove(executor).proof.outcome == "pass"
    assert executor.trials[0].order.other_engines == {"valkey 9.1.2": VALKEY}


def test_a_lost_write_names_its_step(bench: Bench) -> None:
    """The step in whose time it was acknowledged did harm; the other steps, and the trials that lost nothing, are not named."""
    bench.plan()
    trials = {"change-back-from-3": violated(leaves=steps("", "", lost_ms=(3100, 3101)))}
    proof = bench.prove(trials).proof
    assert proof.outcome == "violated"
    assert proof.harms == (
        Harm(
            step=2,
            what="step 2 (set-live of redis-n2)",
            reason="1 acknowledged write of its time is lost",
            trial="change-back-from-3",
        ),
    )
    assert [trial.outcome for trial in proof.trials] == ["pass", "pass", "violated", "pass"]
    assert proof.trials[2].reasons == ("3 acknowledged writes are lost",)


def test_every_step_that_did_harm_is_named(bench: Bench) -> None:
    """Of every violated trial, those that were taken back as such."""
    bench.plan()
    trials = {
        "change": violated(leaves=steps("the link is down", "", "LOADING")),
        "change-back-from-2": violated(leaves=steps("", "NOPERM", back=True)),
    }
    assert [(harm.trial, harm.step, harm.what, harm.reason) for harm in bench.prove(trials).proof.harms] == [
        ("change", 1, "step 1 (set-live of redis-n1)", "the link is down"),
        ("change", 3, "step 3 (set-live of redis-n3)", "LOADING"),
        ("change-back-from-2", 2, "taking back step 2 (set-live of redis-n2)", "NOPERM"),
    ]


@pytest.mark.parametrize("records", [steps("", ""), steps(), None], ids=["no harm", "no step", "no records"])
def test_a_violated_trial_whose_steps_show_nothing_is_a_harm_as_a_whole(bench: Bench, records: Any) -> None:
    """A gap that is too long, or a run folder that cannot be read, is no reason to name nothing."""
    bench.plan()
    reason = "client-1 had no write acknowledged for 12 s"
    proof = bench.prove({"change": violated(reason, leaves=records)}).proof
    assert proof.outcome == "violated"
    assert proof.harms == (Harm(step=None, what="change", reason=reason, trial="change"),)


@pytest.mark.parametrize("outcome", ["pass", "inconclusive"])
def test_steps_of_other_trials_are_no_harms(bench: Bench, outcome: Outcome) -> None:
    """What a trial shows that is not violated is not held against its steps."""
    bench.plan()
    course = Course(outcome, reason="the machine stood still", leaves=steps("it failed"))
    proof = bench.prove({"change": course}).proof
    assert (proof.outcome, proof.harms) == (outcome, ())


def test_one_violated_trial_outranks_what_is_not_known(bench: Bench) -> None:
    """Harm that was shown stays shown, whatever else could not be measured."""
    bench.plan()
    bench.rewrite(unknown=["not read: n1, CONFIG GET: no answer"])
    trials = {
        "change": Course("inconclusive", reason="a fault could not be proven"),
        "change-back-from-4": violated(),
    }
    assert bench.prove(trials).proof.outcome == "violated"


def test_one_inconclusive_trial_is_enough(bench: Bench) -> None:
    """All others passed, and the change is not proven."""
    bench.plan()
    proof = bench.prove({"change-back-from-2": Course("inconclusive", reason="the machine stood still")}).proof
    assert (proof.outcome, proof.harms) == ("inconclusive", ())


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [("no memory", 4), ("no memory", 0), ("", 4), ("", 2)],
    ids=["both", "error", "lab", "input"],
)
def test_a_trial_that_failed_is_never_part_of_a_pass(bench: Bench, error: str, exit_code: int) -> None:
    """Whatever its verdict says, an error or the exit code of one keeps the whole from being proven, and is told."""
    bench.plan()
    trials = {"change-back-from-4": Course("pass", reason="no memory", error=error, exit_code=exit_code)}
    result = bench.prove(trials)
    assert (result.proof.outcome, result.proof.interrupted) == ("inconclusive", False)
    assert result.failures == [Failure(error, exit_code)]


def test_a_plan_that_leaves_something_unknown_is_never_proven(bench: Bench) -> None:
    """Every trial passes, and the proof repeats what the plan says it does not know."""
    bench.plan()
    bench.rewrite(unknown=["not read: n1, CONFIG GET: no answer"])
    proof = bench.prove({}).proof
    assert proof.outcome == "inconclusive"
    assert proof.unknown == ("not read: n1, CONFIG GET: no answer",)
    assert [trial.outcome for trial in proof.trials] == ["pass"] * 4


class Stop:
    """A progress that interrupts while the first trial runs."""

    def tell(self, notice: Notice) -> None:
        """Raise, as Ctrl-C does."""
        if isinstance(notice, TimePassed):
            raise KeyboardInterrupt


def test_an_interrupted_proof_is_not_proven(bench: Bench) -> None:
    """Its trials are stopped, and the proof says so."""
    bench.plan()
    executor = FakeExecutor(lambda *_: Course(looks=None))
    proof = bench.prove(executor, Stop()).proof
    assert (proof.outcome, proof.interrupted, proof.trials) == ("inconclusive", True, ())
    assert [trial.stopped for trial in executor.trials] == [True]


def test_an_interruption_at_the_very_end_counts(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked to stop after the last trial has passed, the proof is not whole in the eyes of whoever asked."""

    def asked_at_the_end(whole: Campaign) -> bool:
        whole.run()
        bench.interruption.asked = True
        return False

    monkeypatch.setattr(change_prove, "was_interrupted", asked_at_the_end)
    bench.plan()
    proof = bench.prove({}).proof
    assert (proof.outcome, proof.interrupted, len(proof.trials)) == ("inconclusive", True, 4)


def test_a_trial_that_is_missing_keeps_the_rest_from_a_pass(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whyever a campaign ended without one of its trials, those that passed prove only themselves."""

    class Short(Campaign):
        @property
        def results(self) -> list[TrialResult]:
            return super().results[:-1]

    monkeypatch.setattr(change_prove, "Campaign", Short)
    bench.plan()
    proof = bench.prove({}).proof
    assert (proof.outcome, proof.interrupted, len(proof.trials)) == ("inconclusive", False, 3)


@pytest.mark.parametrize(("jobs", "most"), [(0, 3), (2, 2)])
def test_trials_run_side_by_side(bench: Bench, heard: Any, jobs: int, most: int) -> None:
    """As many as the executor says, or as the request does."""
    bench.plan()
    bench.prove(FakeExecutor(lambda *_: Course(looks=3), jobs=3), heard, jobs=jobs)
    steps_of = [1 if isinstance(notice, TrialBegan) else -1 for notice in heard.of(TrialBegan, TrialEnded)]
    assert max(itertools.accumulate(steps_of)) == most
