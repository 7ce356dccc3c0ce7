"""Proves the plan of a change: its steps are played in the lab under load, then the way back from every step; the proof lies beside it."""

import dataclasses
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

from jsquared._version import __version__
from jsquared.campaign.campaign import Campaign, was_interrupted
from jsquared.campaign.executors.executor import Executor
from jsquared.campaign.executors.local import LocalExecutor
from jsquared.campaign.interruption import Interruption
from jsquared.campaign.planning import check_confinement, check_floating, needs_beyond
from jsquared.campaign.proof_planning import ProofPlanning
from jsquared.campaign.result import TrialResult
from jsquared.check.change_steps import played_steps
from jsquared.errors import BadInputError
from jsquared.records.plan import OPERATIONS_PER_S, Engine, Workload
from jsquared.records.private_files import write_private
from jsquared.records.run_directory import RunDirectory, explain_write_errors
from jsquared.records.verdict import Outcome, worst
from jsquared.rollout.plan_document import ChangePlan, read_plan
from jsquared.rollout.proof_document import PROOF_FILE, Harm, Proof, ProofTrial, plan_hash
from jsquared.rollout.provable import Place, not_provable
from jsquared.running.engine import find_engine
from jsquared.running.engine_features import check_features
from jsquared.sandbox.capability import Capability
from jsquared.sandbox.choose import choose_sandbox
from jsquared.sandbox.sandbox import SandboxKind
from jsquared.scenario.limits import FAILOVER_LIMIT_MS
from jsquared.scenario.scenario import PROCESS
from jsquared.scenarios.catalogue import suite_named
from jsquared.service.change_plan import ChangeRequest, ReadSides, read_sides
from jsquared.service.outputs import check_free_space, check_writable
from jsquared.service.progress import CampaignBegan, CampaignNotices, Progress
from jsquared.service.request import TrialsRequest, parse_ack, require_range
from jsquared.service.run import FAILED, Failure, RunRequest, RunResult, run
from jsquared.text import encode_json
from jsquared.trial.order import TrialOrder
from jsquared.trial.place import rehearse

MOST_GAP_MS = 600_000


@dataclass(frozen=True, kw_only=True)
class ProveRequest(TrialsRequest):
    """The folder of a plan, and how to play it. FROM and TO are those that the plan names."""

    folder: Path
    new_engine: str = "auto"
    """``auto``: the same as ``engine``, where the plan upgrades nothing."""
    write_gap_limit_ms: int = FAILOVER_LIMIT_MS
    suite: str = ""
    """The suite to run on TO where the change itself is proven; empty: none."""

    def check(self) -> None:
        """Check the numbers and the suite.

        :raises BadInputError: a number is too small or too large, or there is no such suite.
        """
        super().check()
        require_range(self.write_gap_limit_ms, "--write-gap", least=1, most=MOST_GAP_MS)
        if self.suite:
            suite_named(self.suite)


@dataclass(frozen=True)
class ProveResult:
    """The proof, what failed for another reason than the change, and the run of the suite on TO where one was asked for."""

    proof: Proof
    failures: list[Failure]
    suite: RunResult | None = None


def prove(
    request: ProveRequest, progress: Progress, interruption: Interruption, executor: Executor | None = None
) -> ProveResult:
    """Play the plan, write the proof, and run the suite where it is asked for.

    :param interruption: notes signals; it stays with the caller, who still has the result to show.
    :raises BadInputError: there is no plan, it is not of these files any more, or something in the request is wrong.
    :raises LabError: the lab cannot do what is asked for here, or cannot write its records.
    """
    request.check()
    sha256, plan = plan_hash(request.folder), read_plan(request.folder)
    check_writable(request.folder / PROOF_FILE)
    if plan.refusals:
        return _written(request, plan, _refused(request, plan, sha256), [])
    if not plan.steps:
        raise BadInputError("has no steps: nothing differs", where=str(request.folder), hint="jsquared change plan")
    read, engine, new_engine = _read_again(request, plan)
    sandbox = _sandbox(request, read, (engine, new_engine))
    planning = ProofPlanning(
        sides=dataclasses.replace(read.sides, engine=engine),
        steps=plan.steps,
        directives=plan.directives,
        sandbox=sandbox,
        ack=parse_ack(request.ack),
        workload=Workload(operations_per_s=OPERATIONS_PER_S),
        seed=request.first_seed(),
        command=("jsquared", "change", "prove", str(request.folder)),
        other_engines={} if new_engine == engine else {plan.new_engine: new_engine},
        write_gap_limit_ms=request.write_gap_limit_ms,
    )
    level = str(request.level(read.sides.before))
    cannot = not_provable(plan, *_rewritten(read, engine, new_engine, sandbox))
    if cannot:
        return _written(request, plan, _proof(request, plan, sha256, sandbox.name, level, cannot=tuple(cannot)), [])
    with executor or LocalExecutor() as running:
        running.prepare()
        check_free_space(request.out)
        played = _play(planning.orders(), request, progress, running, interruption)
    proof = _judged(played, _proof(request, plan, sha256, sandbox.name, level))
    result = _written(request, plan, proof, played.failures)
    return _with_suite(request, plan, result, progress, interruption, executor) if request.suite else result


def _read_again(request: ProveRequest, plan: ChangePlan) -> tuple[ReadSides, Engine, Engine]:
    """Both sides as they are now, and the engines on this machine.

    :raises BadInputError: they differ from what the plan was made of.
    """
    engine = find_engine(request.engine)
    is_upgrade = plan.new_engine != plan.engine
    new_engine = find_engine(request.new_engine) if is_upgrade or request.new_engine != "auto" else engine
    for found, planned, option in ((engine, plan.engine, "--engine"), (new_engine, plan.new_engine, "--to-engine")):
        if f"{found.name} {found.version}" != planned:
            what = f"the plan is for {planned}, and here is {found.name} {found.version}"
            raise BadInputError(what, where=option, hint=f"{option} with the path of {planned}")
    read = read_sides(
        ChangeRequest(
            before=plan.before,
            after=plan.after,
            engine=request.engine,
            new_engine=request.new_engine if is_upgrade else "",
            ack=request.ack,
            allowed=request.allowed,
        )
    )
    found_now = read.differences()
    if (found_now.directives, found_now.nodes) != (plan.directives, plan.nodes):
        what = "is not of these deployments any more: what differs between them has changed since it was made"
        raise BadInputError(what, where=str(request.folder), hint="jsquared change plan, again")
    check_features(engine, read.sides.before.features, where="--engine")
    if is_upgrade:
        check_features(new_engine, read.sides.after.features, where="--to-engine")
    return read, engine, new_engine


def _sandbox(request: ProveRequest, read: ReadSides, engines: Sequence[Engine]) -> SandboxKind:
    """The place of the trials: steps are commands that someone wrote into a file, so servers are kept from everything else."""
    before = read.sides.before
    sandbox = choose_sandbox(
        request.sandbox,
        needs=PROCESS | {Capability.CONFINED} | needs_beyond(before, request.sandbox),
        keep=[request.out.absolute(), *(Path(one.path) for one in engines), *map(Path, before.reach.visible)],
    )
    check_confinement(before, sandbox)
    check_floating(before, sandbox)
    return sandbox


def _rewritten(read: ReadSides, engine: Engine, new_engine: Engine, sandbox: SandboxKind) -> list[set[Place]]:
    """For each side the lines that servers of the lab run in another way than they are written."""
    sides = (read.sides.before, engine), (read.sides.after, new_engine)
    return [
        {(one.file, one.line) for one in rehearse(side, runs, sandbox).rewrites if one.line is not None}
        for side, runs in sides
    ]


@dataclass(frozen=True)
class _Played:
    """What came of the trials: each result with the step that it goes back from."""

    results: list[tuple[TrialResult, int | None]]
    failures: list[Failure]
    is_whole: bool
    interrupted: bool


def _play(
    trials: Sequence[tuple[TrialOrder, int | None]],
    request: ProveRequest,
    progress: Progress,
    executor: Executor,
    interruption: Interruption,
) -> _Played:
    orders = [order for order, _ in trials]
    back_from = {id(order.plan): way for order, way in trials}
    jobs = request.jobs or executor.side_by_side(max(len(one.plan.nodes) + len(one.plan.clients) for one in orders))
    progress.tell(CampaignBegan(len(orders)))
    campaign = Campaign(
        orders,
        request.out,
        jobs,
        CampaignNotices(progress),
        executor,
        jobs_are_estimated=not request.jobs,
        interruption=interruption,
    )
    interrupted = was_interrupted(campaign)
    results = [(result, back_from[id(result.plan)]) for result in campaign.results]
    failures = [Failure(one.error, one.exit_code) for one, _ in results if one.error or one.exit_code in FAILED]
    return _Played(results, failures, len(results) == len(orders), interrupted or interruption.asked)


def _proof(
    request: ProveRequest, plan: ChangePlan, sha256: str, sandbox: str, ack: str, cannot: tuple[str, ...] = ()
) -> Proof:
    """A proof of nothing yet."""
    return Proof(
        outcome="inconclusive",
        plan_sha256=sha256,
        made_at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        jsquared=__version__,
        engine=plan.engine,
        new_engine=plan.new_engine,
        sandbox=sandbox,
        ack=ack,
        write_gap_limit_ms=request.write_gap_limit_ms,
        cannot=cannot,
        unknown=plan.unknown,
    )


def _refused(request: ProveRequest, plan: ChangePlan, sha256: str) -> Proof:
    harms = tuple(Harm(step=None, what=f"{one.target}: {one.rule}", reason=one.reason) for one in plan.refusals)
    return replace(_proof(request, plan, sha256, "", request.ack), outcome="violated", harms=harms)


def _judged(played: _Played, proof: Proof) -> Proof:
    """The proof with the trials, and the steps that did harm."""
    outcomes: list[Outcome] = [result.verdict.outcome for result, _ in played.results]
    if not played.is_whole or played.interrupted or proof.unknown or played.failures:
        outcomes.append("inconclusive")
    return replace(
        proof,
        outcome=worst(outcomes),
        trials=tuple(_trial(result, way) for result, way in played.results),
        harms=tuple(harm for result, _ in played.results for harm in _harms(result)),
        interrupted=played.interrupted,
    )


def _trial(result: TrialResult, back_from: int | None) -> ProofTrial:
    verdict = result.verdict
    gaps = [gap.gap_ms for gap in verdict.gaps]
    return ProofTrial(
        label=result.plan.label,
        back_from=back_from,
        outcome=verdict.outcome,
        reasons=tuple(verdict.reasons),
        run_dir=str(result.path),
        acknowledged=verdict.writes.acknowledged,
        lost=verdict.writes.lost,
        longest_gap_ms=max(gaps, default=None),
    )


def _harms(result: TrialResult) -> list[Harm]:
    """The steps of a violated trial that did harm; where none of them shows it, the trial as a whole."""
    if result.verdict.outcome != "violated":
        return []
    label = result.plan.label
    try:
        steps = [step for step in played_steps(RunDirectory(result.path).load()) if step.reason]
    except BadInputError:
        steps = []
    found = [Harm(step=step.number, what=step.called, reason=step.reason, trial=label) for step in steps]
    return found or [Harm(step=None, what=label, reason=result.verdict.reasons[0], trial=label)]


def _written(request: ProveRequest, plan: ChangePlan, proof: Proof, failures: list[Failure]) -> ProveResult:
    """Write the proof beside the plan.

    :raises RecordError: it cannot be written.
    """
    command = (
        ""
        if proof.outcome != "pass" or proof.suite
        else shlex.join(["jsquared", "run", "--suite", "standard", "--deployment", plan.after])
    )
    proof = replace(proof, next_command=command)
    file = request.folder / PROOF_FILE
    with explain_write_errors(file):
        write_private(file, encode_json(proof).decode() + "\n")
    return ProveResult(proof, failures)


def _with_suite(
    request: ProveRequest,
    plan: ChangePlan,
    result: ProveResult,
    progress: Progress,
    interruption: Interruption,
    executor: Executor | None,
) -> ProveResult:
    """Run the suite on TO where the change itself is proven; its outcome stands in the proof, which names no suite until then."""
    if result.proof.outcome != "pass":
        return result
    ran = run(
        RunRequest(
            suite=request.suite,
            deployment=plan.after,
            engine=request.engine if plan.new_engine == plan.engine else request.new_engine,
            ack=request.ack,
            allowed=request.allowed,
            seed=request.seed,
            jobs=request.jobs,
            out=request.out,
            sandbox=request.sandbox,
        ),
        progress,
        executor,
        interruption,
    )
    outcome = ran.document.outcome
    proof = replace(
        result.proof,
        suite=request.suite,
        suite_outcome=outcome,
        outcome=worst([result.proof.outcome, outcome]),
        interrupted=ran.document.interrupted,
    )
    written = _written(request, plan, proof, [*result.failures, *ran.failures])
    return ProveResult(written.proof, written.failures, ran)
