"""From what somebody wants of a lab to the order for its process."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jsquared.campaign.planning import check_confinement, check_floating, needs_beyond
from jsquared.deployment.model.spec import Deployment
from jsquared.errors import BadInputError
from jsquared.records.plan import OPERATIONS_PER_S, PlannedObjective, Workload
from jsquared.running.engine import find_engine
from jsquared.running.engine_features import check_features
from jsquared.running.line_check import check_lines
from jsquared.sandbox.capability import Capability
from jsquared.sandbox.choose import choose_sandbox
from jsquared.sandbox.sandbox import SandboxKind
from jsquared.scenario.limits import convergence, lost_writes
from jsquared.scenario.scenario import LINKS, Scenario
from jsquared.scenario.situation import Situation
from jsquared.service.request import DeploymentRequest, require_range
from jsquared.text import one_of
from jsquared.trial.lab.session import MOST_WRITES_PER_S
from jsquared.trial.order import TrialOrder
from jsquared.trial.plan import assemble

MOST_OPERATIONS_PER_S = 10_000
NAME = "lab"
"""The name of the scenario in a session's records."""
ALWAYS = LINKS | {Capability.CONFINED}
"""What every lab in namespaces has; more must be asked for, since servers are started with the means for it."""
ON_LOOPBACK = frozenset({Capability.PROCESS})
"""What one on loopback has."""
SANDBOXES = ("namespaces", "loopback")
WHY_KEPT = "at the majority level, the loss of any minority of the hosts leaves a copy of every acknowledged write"


@dataclass(frozen=True, kw_only=True)
class LabRequest(DeploymentRequest):
    """A lab that is wanted."""

    master: str = ""
    """The monitored primary that it is about; empty: the deployment's first."""
    needs: Sequence[str] = ()
    """What faults will need beyond processes and links: ``clock``, ``disk``, ``slow-disk``, ``delay`` …"""
    sandbox: str = "namespaces"
    """``namespaces``, or ``loopback``: without link faults, and reached by every program of this machine."""
    rate_per_s: int = Workload().rate_per_s
    operations_per_s: int = OPERATIONS_PER_S
    seed: int = 1
    keep: Sequence[Path] = field(default_factory=tuple)

    def check(self) -> None:
        """Check the numbers and names.

        :raises BadInputError: one of them is wrong.
        """
        check_rates(self.rate_per_s, self.operations_per_s)
        if self.sandbox not in SANDBOXES:
            raise BadInputError(
                f"'{self.sandbox[:80]}' is not a sandbox of labs", where="--sandbox", hint=one_of(SANDBOXES)
            )
        known = [str(one) for one in Capability]
        for need in self.needs:
            if need not in known:
                raise BadInputError(f"'{need[:80]}' is not a capability", where="--needs", hint=one_of(known))


def check_rates(rate_per_s: int | None, operations_per_s: int | None) -> None:
    """Refuse rates that no client can have; None is none.

    :raises BadInputError: one is too small or too large.
    """
    if rate_per_s is not None:
        require_range(rate_per_s, "--rate", least=1, most=MOST_WRITES_PER_S)
    if operations_per_s is not None:
        require_range(operations_per_s, "--operations", least=0, most=MOST_OPERATIONS_PER_S)


def order_of(request: LabRequest) -> TrialOrder:
    """The order for a lab's process.

    :raises BadInputError: something in the request, or in a file that it names, is wrong.
    :raises SandboxError: this machine cannot do what is needed; the line names the setting that forbids it.
    """
    request.check()
    deployment = request.load()
    engine = find_engine(request.engine)
    check_features(engine, deployment.features, where=f"--engine {request.engine}")
    check_lines(deployment, engine)
    subject = deployment.about(request.master or deployment.master_names[0])
    level = request.level(subject)
    asked = frozenset(map(Capability, request.needs))
    needs = asked | (ON_LOOPBACK if request.sandbox == "loopback" else ALWAYS)
    keep = [Path.cwd(), Path(engine.path), *map(Path, subject.reach.visible), *request.keep]
    sandbox = _sandbox_for(request, subject, needs, keep)
    plan = assemble(
        Scenario(
            name=NAME,
            title="A session in the lab",
            description="A deployment that stayed up, with what was done to it by hand or by a program.",
            why_fair="Whatever was broken: at the majority level no acknowledged write may be lost, and it must converge.",
            tags=(NAME,),
            faults=lambda _: (),
            objectives=_objectives,
            needs=needs,
            suites=(),
            fails_over=lambda _: False,
        ),
        deployment=subject,
        engine=engine,
        sandbox=sandbox,
        ack=level,
        workload=Workload(rate_per_s=request.rate_per_s, operations_per_s=request.operations_per_s),
        seed=request.seed,
        command=_command(request, subject.secrets.setting),
    )
    return TrialOrder(plan=plan, deployment=subject, engine=engine)


def _sandbox_for(
    request: LabRequest, subject: Deployment, needs: frozenset[Capability], keep: Sequence[Path]
) -> SandboxKind:
    """The kind of sandbox that was asked for, if it can do what the deployment and the request need.

    :raises BadInputError: it cannot.
    :raises SandboxError: this machine cannot.
    """
    sandbox = choose_sandbox(request.sandbox, needs=needs | needs_beyond(subject, request.sandbox), keep=keep)
    check_confinement(subject, sandbox)
    check_floating(subject, sandbox)
    return sandbox


def _objectives(situation: Situation) -> list[PlannedObjective]:
    """Nothing lost where the level can promise that, and convergence in the end."""
    level, majority = situation.ack, situation.deployment.majority_ack
    promises = level.mode != "async" and level.replicas >= majority.replicas
    return [*([lost_writes(WHY_KEPT)] if promises else []), convergence()]


def _command(request: LabRequest, shown: Callable[[str], str]) -> list[str]:
    """The command line that brings such a lab up, with marks for secrets."""
    words = ["jsquared", "lab", "up", *request.options()]
    words += ["--engine", request.engine] if request.engine != "auto" else []
    words += ["--sandbox", request.sandbox] if request.sandbox != "namespaces" else []
    words += ["--ack", request.ack] if request.ack != "auto" else []
    for override in request.overrides:
        words += ["--with", shown(override)]
    return [*words, *(word for need in request.needs for word in ("--needs", need))]
