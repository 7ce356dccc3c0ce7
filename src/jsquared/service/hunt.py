"""Hunts for a weakness: chooses the place and what to draw, has the hunt run, and keeps the best that it finds and its document."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jsquared.campaign.campaign import free_name
from jsquared.campaign.executors.executor import Executor
from jsquared.campaign.executors.local import LocalExecutor
from jsquared.campaign.planning import check_confinement, check_floating, needs_beyond
from jsquared.deployment.model.spec import Deployment
from jsquared.hunt.draw import Drawer, drawable
from jsquared.hunt.lab import TrialLab, scenario_of
from jsquared.hunt.result import HuntDocument, document_of
from jsquared.hunt.search import Hunt
from jsquared.hunt.shrink import Weakness
from jsquared.records.plan import Ack, Engine, Workload
from jsquared.records.private_files import make_private_folder, write_private
from jsquared.records.run_directory import explain_write_errors
from jsquared.running.engine import find_engine
from jsquared.running.engine_features import check_features
from jsquared.running.line_check import check_lines
from jsquared.sandbox.choose import choose_sandbox, lacking
from jsquared.sandbox.sandbox import SandboxKind
from jsquared.scenarios.scenario_file import to_yaml
from jsquared.service.outputs import check_free_space
from jsquared.service.progress import HuntBegan, HuntWent, Progress
from jsquared.service.request import TrialsRequest, require_range
from jsquared.text import encode_json

LEAST_S = 30
MOST_S = 7 * 24 * 3600
RATE_PER_S = 200
"""Writes a second and client: enough to see a loss, and few enough that many trials fit side by side."""
OPERATIONS_PER_S = 20
"""Operations with a model a second and client, for the same reason."""
MOST_LEVELS = 3
"""So many stronger acknowledgement levels are tried on what was found."""


@dataclass(frozen=True, kw_only=True)
class HuntRequest(TrialsRequest):
    """A hunt on a deployment; without ``master``, on its first primary."""

    budget_s: int = 600
    only: Sequence[str] = ()
    """The faults to draw; none: all that are possible here."""
    without: Sequence[str] = ()
    """Faults that are never drawn."""

    def check(self) -> None:
        """Check the numbers.

        :raises BadInputError: one of them is too small or too large.
        """
        require_range(self.budget_s, "--budget, in seconds", least=LEAST_S, most=MOST_S)
        super().check()


@dataclass(frozen=True)
class HuntResult:
    """The result of a hunt, and the folder with its trials, its document and the scenario that it found."""

    document: HuntDocument
    folder: Path


def hunt(request: HuntRequest, progress: Progress, executor: Executor | None = None) -> HuntResult:
    """Hunt until something is found, the budget is spent or the user stops it.

    :param executor: where to run its trials; None: on this machine.
    :raises BadInputError: something in the request, or in a file that it names, is wrong.
    :raises LabError: the lab cannot do what is asked for here, or cannot write its records.
    """
    request.check()
    with executor or LocalExecutor() as running:
        return _hunt_with(running, request, progress)


def _hunt_with(executor: Executor, request: HuntRequest, progress: Progress) -> HuntResult:
    seed = request.first_seed()
    drawer, sandbox = _drawer_and_sandbox(request, seed, once_read=executor.prepare)
    check_free_space(request.out)
    folder = make_folder(request.out, seed)
    lab = _lab(request, drawer, sandbox, folder, executor)
    hunting = _hunt(request, drawer, lab, folder / "found.yaml", progress)
    split = str(drawer.split or "")
    progress.tell(HuntBegan(drawer.deployment.name, str(drawer.ack), seed, split, float(request.budget_s)))
    began_s = time.monotonic()
    hunting.run()
    document = document_of(hunting, str(folder / "found.yaml"), time.monotonic() - began_s)
    with explain_write_errors(folder):
        write_private(folder / "hunt.json", encode_json(document))
    return HuntResult(document, folder)


def _drawer_and_sandbox(
    request: HuntRequest, seed: int, *, once_read: Callable[[], None]
) -> tuple[Drawer, SandboxKind]:
    """Choose the deployment, the level, the engine and the sandbox, and the faults that are possible there."""
    deployment = request.load()
    if request.master:
        deployment = deployment.about(request.master)
    level = request.level(deployment)
    once_read()
    engine = find_engine(request.engine)
    check_features(engine, deployment.features, where=f"--engine {request.engine}")
    check_lines(deployment, engine)
    sandbox = _sandbox(request, deployment, engine)
    kinds = drawable(sandbox.capabilities - frozenset(lacking(sandbox.name)), request.only, request.without)
    drawer = Drawer(deployment, engine, level, seed, kinds)
    drawer.check()
    return drawer, sandbox


def _sandbox(request: HuntRequest, deployment: Deployment, engine: Engine) -> SandboxKind:
    sandbox = choose_sandbox(
        request.sandbox,
        needs=needs_beyond(deployment, request.sandbox),
        keep=[request.out.absolute(), Path(engine.path), *map(Path, deployment.reach.visible)],
    )
    check_confinement(deployment, sandbox)
    check_floating(deployment, sandbox)
    return sandbox


def _lab(request: HuntRequest, drawer: Drawer, sandbox: SandboxKind, folder: Path, executor: Executor) -> TrialLab:
    return TrialLab(
        deployment=drawer.deployment,
        engine=drawer.engine,
        sandbox=sandbox,
        workload=Workload(rate_per_s=RATE_PER_S, operations_per_s=OPERATIONS_PER_S),
        out=folder,
        jobs=request.jobs or side_by_side(drawer.deployment, executor),
        jobs_are_estimated=not request.jobs,
        seed=drawer.seed * 1000,
        command=("jsquared", "hunt", *request.options(), "--ack", str(drawer.ack), "--seed", str(drawer.seed)),
        executor=executor,
    )


def _hunt(request: HuntRequest, drawer: Drawer, lab: TrialLab, file: Path, progress: Progress) -> Hunt:
    def tell(words: str) -> None:
        progress.tell(HuntWent(words, hunting.left_s))

    hunting = Hunt(
        drawer,
        lab,
        float(request.budget_s),
        stronger_levels(drawer.ack, drawer.deployment),
        tell,
        keeper(file, drawer.deployment, drawer.ack, drawer.seed),
    )
    return hunting


def side_by_side(deployment: Deployment, executor: Executor) -> int:
    """Trials side by side: with so few writes each, one more a processor than those of a run."""
    return executor.side_by_side(len(deployment.nodes) + len(deployment.clients)) * 6 // 5


def stronger_levels(ack: Ack, deployment: Deployment) -> list[Ack]:
    """Levels that ask for more replicas, the weakest first."""
    mode = "wait" if ack.mode == "async" else ack.mode
    counts = range(ack.replicas + 1, deployment.replica_count + 1)
    return [Ack(mode=mode, replicas=count, local=ack.local) for count in counts][:MOST_LEVELS]


def make_folder(out: Path, seed: int) -> Path:
    """The folder of a hunt: its trials, what was found, and what came of it.

    :raises RecordError: it cannot be made.
    """
    stamp = datetime.now().strftime("%Y%m%dT%H%M%S")
    folder = free_name(out / f"{stamp}-hunt-{seed}")
    with explain_write_errors(folder):
        make_private_folder(folder)
    return folder


def keeper(file: Path, deployment: Deployment, ack: Ack, seed: int) -> Callable[[Weakness], None]:
    """Writes the best that was found so far, so that it is kept whatever happens."""

    def keep(found: Weakness) -> None:
        title = f"What a hunt on {deployment.name} found"
        with explain_write_errors(file):
            write_private(file, to_yaml(scenario_of(found.schedule, deployment, f"hunt-{seed}", ack, title)))

    return keep
