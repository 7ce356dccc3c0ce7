"""``jsquared hunt``: draw random fault schedules until one breaks a promise, and shrink it to the smallest that still does."""

import contextlib
import re
import secrets
import shlex
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from jsquared.campaign.campaign import default_jobs, free_name
from jsquared.campaign.planning import check_confinement, check_floating, needs_beyond
from jsquared.cli.options import (
    AckOption,
    AllowModulesFlag,
    AllowPathOption,
    DeploymentOption,
    EngineOption,
    EnvFileOption,
    EnvOption,
    FloatingOption,
    JobsOption,
    JsonFlag,
    SandboxOption,
    WithOption,
    allowed_by,
    at_least,
    parse_ack,
)
from jsquared.cli.output import SafeConsole, print_json, stderr_console, stdout_console
from jsquared.cli.run import check_free_space
from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.read.load import load_deployment
from jsquared.deployment.read.overrides import apply_overrides
from jsquared.errors import EXIT_INTERRUPTED, BadInputError
from jsquared.hunt.draw import Drawer, drawable
from jsquared.hunt.hunt import Hunt
from jsquared.hunt.lab import TrialLab, scenario_of
from jsquared.hunt.result import HuntDocument, document_of
from jsquared.hunt.shrink import Weakness
from jsquared.records.plan import Ack, Workload
from jsquared.records.private_files import make_private_folder, write_private
from jsquared.records.run_directory import explain_write_errors
from jsquared.records.verdict import EXIT_CODES
from jsquared.running.engine import find_engine
from jsquared.running.engine_features import check_features
from jsquared.sandbox.choose import lacking, open_sandbox
from jsquared.scenarios.scenario_file import to_yaml
from jsquared.text import duration, encode_json
from jsquared.trial.plan import check_ack

UNITS_S = {"s": 1, "m": 60, "h": 3600}
LEAST_S = 30
MOST_S = 7 * 24 * 3600
RATE_PER_S = 200
"""Writes a second and client: enough to see a loss, and few enough that many trials fit side by side."""
OPERATIONS_PER_S = 20
"""Operations with a model a second and client, for the same reason."""
MOST_LEVELS = 3
"""So many stronger acknowledgement levels are tried on what was found."""


def hunt(
    deployment: DeploymentOption = "reference",
    budget: Annotated[str, typer.Option(help="How long to hunt: 90s, 10m, 1h.")] = "10m",
    seed: Annotated[
        int | None, typer.Option(help="The seed of a hunt whose draws to repeat; default: a new one.")
    ] = None,
    engine: EngineOption = "auto",
    sandbox: SandboxOption = "auto",
    ack: AckOption = "auto",
    overrides: WithOption = None,
    allow_paths: AllowPathOption = None,
    env_files: EnvFileOption = None,
    env: EnvOption = None,
    allow_modules: AllowModulesFlag = False,
    floating: FloatingOption = None,
    master: Annotated[
        str, typer.Option(help="The name of the monitored primary to hunt on; default: the first one.")
    ] = "",
    only: Annotated[
        list[str] | None, typer.Option("--fault", metavar="NAME", help="Draw only this fault; may be repeated.")
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(
            "--without", metavar="NAME", help="Never draw this fault, e.g. one already found; may be repeated."
        ),
    ] = None,
    jobs: JobsOption = 0,
    out: Annotated[Path, typer.Option(help="Where to create the folder of the hunt.")] = Path("runs"),
    as_json: JsonFlag = False,
) -> int:
    """Break a deployment at random until a promise breaks, and find the smallest schedule of faults that breaks it.

    The result is a scenario file that 'jsquared run FILE' accepts, and a sentence that explains it. Exit code 1 when something was
    found, 0 when the budget was spent without.

    Examples:

    jsquared hunt --deployment ./my-config --budget 10m

    jsquared hunt --deployment apart --ack wait:1 --budget 5m --seed 1

    jsquared hunt --without restart-empty --without manual-failover --json
    """
    budget_s = parse_budget(budget)
    most = at_least(jobs, 0, "--jobs")
    first_seed = secrets.randbelow(1_000_000) if seed is None else at_least(seed, 0, "--seed")
    allowed = allowed_by(allow_paths, env_files, env, modules=allow_modules, floating=floating)
    under_test = apply_overrides(load_deployment(deployment, allowed), overrides or [])
    if master:
        under_test = under_test.about(master)
    words = ["--deployment", deployment, *allowed.options()]
    level = parse_ack(ack) or under_test.majority_ack
    check_ack(level, under_test)
    server = find_engine(engine)
    check_features(server, under_test.features, where=f"--engine {engine}")
    place = open_sandbox(
        sandbox,
        needs=needs_beyond(under_test, sandbox),
        keep=[out.absolute(), Path(server.path), *map(Path, under_test.reach.visible)],
        out=out,
    )
    check_confinement(under_test, place)
    check_floating(under_test, place)
    kinds = drawable(place.capabilities - frozenset(lacking(place.name)), only or [], without or [])
    drawer = Drawer(under_test, server, level, first_seed, kinds)
    drawer.check()
    check_free_space(out)
    folder = make_folder(out, first_seed)
    lab = TrialLab(
        deployment=under_test,
        engine=server,
        sandbox=place,
        workload=Workload(rate_per_s=RATE_PER_S, operations_per_s=OPERATIONS_PER_S),
        out=folder,
        jobs=most or side_by_side(under_test),
        seed=first_seed * 1000,
        command=("jsquared", "hunt", *words, "--ack", str(level), "--seed", str(first_seed)),
    )
    teller = Teller(stderr_console(), budget_s)
    file = folder / "found.yaml"
    hunting = Hunt(
        drawer,
        lab,
        budget_s,
        stronger_levels(level, under_test),
        teller.tell,
        keeper(file, under_test, level, first_seed),
    )
    teller.begin(hunting)
    began_s = time.monotonic()
    hunting.run()
    document = document_of(hunting, str(file), time.monotonic() - began_s)
    return conclude(document, folder, shlex.join(words), as_json=as_json)


def side_by_side(deployment: Deployment) -> int:
    """Trials side by side: with so few writes each, one more a processor than those of 'run'."""
    return default_jobs(len(deployment.nodes) + len(deployment.clients)) * 6 // 5 or 1


def parse_budget(text: str) -> float:
    """``90s``, ``10m`` or ``1h`` in seconds.

    :raises BadInputError: anything else, less than 30 s or more than a week.
    """
    match = re.fullmatch(r"(\d{1,7})([smh])", text.strip())
    if match is None:
        raise BadInputError(f"'{text}' is not a valid time", where="--budget", hint="90s, 10m or 1h")
    seconds = int(match[1]) * UNITS_S[match[2]]
    return float(at_least(seconds, LEAST_S, "--budget, in seconds", MOST_S))


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


class Teller:
    """Tells people on stderr how the hunt goes, each line with the time that is left."""

    def __init__(self, console: SafeConsole, budget_s: float) -> None:
        self._console = console
        self._budget_s = budget_s
        self._began_s = time.monotonic()

    def begin(self, hunting: Hunt) -> None:
        """Say what is about to happen."""
        drawer = hunting.drawer
        self.tell(f"hunting on {drawer.deployment.name} with --ack {drawer.ack}, seed {drawer.seed}")
        if drawer.split is not None:
            self.tell(f"the static analysis names a split that breaks this level, which is tried first: {drawer.split}")

    def tell(self, line: str) -> None:
        """One line."""
        left_s = max(0.0, self._budget_s - (time.monotonic() - self._began_s))
        minutes, seconds = divmod(round(left_s), 60)
        with contextlib.suppress(OSError):  # no one is looking any more; the hunt goes on
            self._console.say(f"[{minutes}:{seconds:02d} left] {line}")


def conclude(document: HuntDocument, folder: Path, again: str, *, as_json: bool) -> int:
    """Keep the document, tell people and programs, and give the exit code."""
    with explain_write_errors(folder):
        write_private(folder / "hunt.json", encode_json(document))
    if as_json:
        print_json(document)
    console = stderr_console() if as_json else stdout_console()
    for line in summary(document, again):
        console.say(line)
    return EXIT_INTERRUPTED if document.interrupted else EXIT_CODES[document.outcome]


def summary(document: HuntDocument, again: str) -> list[str]:
    """Return the result as lines for people; ``again`` are the options that name the deployment."""
    found = document.found
    tried = (
        f"{document.schedules} schedules drawn with seed {document.seed}, {document.tried} trials, "
        f"{duration(document.took_ms)} of {duration(document.budget_ms)}"
    )
    if found is None:
        said = {"pass": "nothing found", "inconclusive": "no trial could be judged"}.get(document.outcome, "")
        return [f"{said}: {tried}", *_unjudged(document)]
    return [
        found.sentence,
        f"run it again: jsquared run {found.scenario_file} {again} --ack {found.ack}",
        f"found after {tried}",
    ]


def _unjudged(document: HuntDocument) -> list[str]:
    reasons = [trial.reason for trial in document.trials if trial.outcome == "inconclusive"]
    return [f"not judged: {len(reasons)} trials, for example: {reasons[0]}"] if reasons else []
