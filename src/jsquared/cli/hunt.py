"""``jsquared hunt``: options to a request, each step to stderr, the result to text or JSON and a code."""

import contextlib
import re
import shlex
from pathlib import Path
from typing import Annotated

import typer

from jsquared.cli.allowed_options import takes_allowed
from jsquared.cli.completion import complete_faults
from jsquared.cli.options import (
    AckOption,
    DeploymentOption,
    EngineOption,
    JobsOption,
    JsonFlag,
    SandboxOption,
    WithOption,
)
from jsquared.cli.output import SafeConsole, print_json, stderr_console, stdout_console
from jsquared.deployment.model.reach import Allowed
from jsquared.errors import EXIT_INTERRUPTED, BadInputError
from jsquared.records.verdict import EXIT_CODES
from jsquared.service import hunt as service
from jsquared.service.progress import HuntBegan, HuntWent, Notice
from jsquared.text import duration

UNITS_S = {"s": 1, "m": 60, "h": 3600}


@takes_allowed(modules=True)
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
    *,
    allowed: Allowed,
    master: Annotated[
        str, typer.Option(help="The name of the monitored primary to hunt on; default: the first one.")
    ] = "",
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--fault",
            metavar="NAME",
            help="Draw only this fault; may be repeated.",
            autocompletion=complete_faults,
        ),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(
            "--without",
            metavar="NAME",
            help="Never draw this fault, e.g. one already found; may be repeated.",
            autocompletion=complete_faults,
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
    request = service.HuntRequest(
        deployment=deployment,
        budget_s=parse_budget(budget),
        seed=seed,
        engine=engine,
        sandbox=sandbox,
        ack=ack,
        overrides=overrides or [],
        allowed=allowed,
        master=master,
        only=only or [],
        without=without or [],
        jobs=jobs,
        out=out,
    )
    result = service.hunt(request, Teller(stderr_console()))
    return conclude(result, shlex.join(request.options()), as_json=as_json)


def parse_budget(text: str) -> int:
    """``90s``, ``10m`` or ``1h`` in seconds.

    :raises BadInputError: anything else.
    """
    match = re.fullmatch(r"(\d{1,7})([smh])", text.strip())
    if match is None:
        raise BadInputError(f"'{text}' is not a valid time", where="--budget", hint="90s, 10m or 1h")
    return int(match[1]) * UNITS_S[match[2]]


class Teller:
    """Tells people on stderr how the hunt goes, each line with the time that is left."""

    def __init__(self, console: SafeConsole) -> None:
        self._console = console

    def tell(self, notice: Notice) -> None:
        """One line, two at the beginning where there is a split to try."""
        match notice:
            case HuntBegan(deployment, ack, seed, split, left_s):
                self._say(f"hunting on {deployment} with --ack {ack}, seed {seed}", left_s)
                if split:
                    words = "the static analysis names a split that breaks this level, which is tried first"
                    self._say(f"{words}: {split}", left_s)
            case HuntWent(words, left_s):
                self._say(words, left_s)

    def _say(self, line: str, left_s: float) -> None:
        minutes, seconds = divmod(round(max(0.0, left_s)), 60)
        with contextlib.suppress(OSError):  # no one is looking any more; the hunt goes on
            self._console.say(f"[{minutes}:{seconds:02d} left] {line}")


def conclude(result: service.HuntResult, again: str, *, as_json: bool) -> int:
    """Tell people and programs, and give the exit code."""
    document = result.document
    if as_json:
        print_json(document)
    console = stderr_console() if as_json else stdout_console()
    for line in summary(result, again):
        console.say(line)
    return EXIT_INTERRUPTED if document.interrupted else EXIT_CODES[document.outcome]


def summary(result: service.HuntResult, again: str) -> list[str]:
    """Return the result as lines for people; ``again`` are the options that name the deployment."""
    document, found = result.document, result.document.found
    tried = (
        f"{document.schedules} schedules drawn with seed {document.seed}, {document.tried} trials, "
        f"{duration(document.took_ms)} of {duration(document.budget_ms)}"
    )
    if found is None:
        said = {"pass": "nothing found", "inconclusive": "no trial could be judged"}.get(document.outcome, "")
        return [f"{said}: {tried}", *_unjudged(result)]
    return [
        found.sentence,
        f"run it again: jsquared run {found.scenario_file} {again} --ack {found.ack}",
        f"found after {tried}",
    ]


def _unjudged(result: service.HuntResult) -> list[str]:
    reasons = [trial.reason for trial in result.document.trials if trial.outcome == "inconclusive"]
    return [f"not judged: {len(reasons)} trials, for example: {reasons[0]}"] if reasons else []
