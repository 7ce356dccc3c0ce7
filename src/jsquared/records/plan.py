"""The plan of one trial, resolved to the last number: what plan.json holds and a re-run needs.

Everything here is plain data and means the same on every machine: addresses, ports, folders and rendered files are in the placement
(:mod:`jsquared.records.placement`). ``trial/plan.py`` builds it from a scenario and a deployment; checkers and the report read it.
"""

from typing import Literal

import msgspec

from jsquared.errors import BadInputError
from jsquared.records.alert_results import PlannedAlerts
from jsquared.records.exclusions import Exclusion
from jsquared.records.findings import Finding
from jsquared.records.library_folders import library_environment
from jsquared.text import duration

PLAN_FORMAT = 3
"""2: secrets are marks, and the configuration lies beside plan.json and not in it. 3: so does the placement."""
FIRST_FORMAT_APART = 3
"""Before it, plan.json was the placement too."""

OPERATIONS_PER_S = 40
"""Operations with a model that a client gives a second, unless it is asked for something else: each kind about three times. More show
rarer mistakes and cost more: at 100 a suite took a third more processor time."""

NodeRole = Literal["data", "sentinel"]
Recovery = Literal["writes", "promotion", "steady"]
Follows = Literal["primary", "host", "manual"]
AckMode = Literal["async", "wait", "waitaof"]

MOST_DIGITS = 9
"""A number of replicas that is longer is none; Python refuses to read one of thousands of digits."""


class Ack(msgspec.Struct, frozen=True, kw_only=True):
    """What a client counts as acknowledged.

    ``async``: the server's reply to the write. ``wait``: WAIT on the writing connection returned at least ``replicas``.
    ``waitaof``: WAITAOF returned at least ``local`` (0 or 1) and ``replicas``.
    """

    mode: AckMode = "async"
    replicas: int = 0
    local: int = 0

    def __str__(self) -> str:
        if self.mode == "async":
            return "async"
        return f"wait:{self.replicas}" if self.mode == "wait" else f"waitaof:{self.local},{self.replicas}"

    @classmethod
    def parse(cls, text: str) -> "Ack":
        """``async``, ``wait:N`` or ``waitaof:L,N``.

        :raises BadInputError: anything else, naming the three forms.
        """
        mode, colon, numbers = text.partition(":")
        parts = numbers.split(",") if colon else []
        counts = [int(part) for part in parts if part.isdecimal() and len(part) <= MOST_DIGITS]
        if len(counts) == len(parts):
            if mode == "async" and not counts:
                return cls()
            if mode == "wait" and len(counts) == 1 and counts[0] >= 1:
                return cls(mode="wait", replicas=counts[0])
            if mode == "waitaof" and len(counts) == 2 and counts[0] <= 1 and sum(counts) >= 1:
                return cls(mode="waitaof", local=counts[0], replicas=counts[1])
        raise BadInputError(
            f"'{text}' is no acknowledgement level",
            where="--ack",
            hint="auto, async, wait:N (N >= 1) or waitaof:L,N (L 0 or 1)",
        )


class PlannedNode(msgspec.Struct, frozen=True, kw_only=True):
    """One server process of the deployment. ``name`` is unique: ``redis-n1``, ``sentinel-n1``."""

    name: str
    host: str
    role: NodeRole
    master_name: str = ""
    """For a data node: the monitored name it belongs to."""
    initial_primary: bool = False
    tls: bool = False
    """Whether the port by which others know it speaks TLS."""
    renamed: tuple[tuple[str, str], ...] = ()
    """Commands in upper case with the names that they have there; an empty name: there is no such command."""
    names: tuple[str, ...] = ()
    """Host names that mean its address while the trial runs, lower case; empty where names become addresses."""


class PlannedFloating(msgspec.Struct, frozen=True, kw_only=True):
    """An address that hosts share in turn. ``written`` is that of the configuration.

    ``hosts`` are in the order of their priority; ``starts_on`` has it at first. ``follows`` says when it moves, ``after_ms`` how long a
    host must have seen a reason.
    """

    written: str
    hosts: tuple[str, ...]
    starts_on: str
    follows: Follows
    after_ms: int
    nonlocal_bind: bool = False
    preempts: bool = True
    """Whether a host takes it from one that comes after it."""
    master_name: str = ""
    """The monitored primary whose data nodes are asked where it follows the primary."""


class PlannedClient(msgspec.Struct, frozen=True, kw_only=True):
    """One client process. ``name`` is ``client-1``, ``client-2`` …; ``sentinels`` are the Sentinel node names it asks."""

    name: str
    host: str
    sentinels: tuple[str, ...]
    through: str = ""
    """The floating address, as written, that it knows in the place of Sentinels; empty where it asks these."""


class Workload(msgspec.Struct, frozen=True, kw_only=True):
    """What each client does: open loops of unique writes, and of operations with a model, each at a given rate."""

    rate_per_s: int = 150
    """Writes a second and client, at intended times that do not wait for replies."""
    operations_per_s: int = 0
    """Operations with a model a second and client, beside the writes; 0: none, as in plans of before there were any."""
    connections: int = 4
    """Connections a client holds to the primary; writes are dealt to them in turn."""
    value_bytes: int = 64
    operation_timeout_ms: int = 1000
    """After so long without a reply an operation is unknown and the connection is dropped."""
    wait_timeout_ms: int = 500
    """The timeout argument of WAIT and WAITAOF."""


class PlannedObjective(msgspec.Struct, frozen=True, kw_only=True):
    """One limit that the verdict asks for, and why it is fair to ask it.

    ``clients`` narrows a time objective to the clients named (empty: all of them).
    """

    name: str
    limit: float
    unit: str
    reason: str
    clients: tuple[str, ...] = ()
    standard_limit: float | None = None
    """The scenario's own limit, where a team's settings ask for another one; None where they do not."""
    set_by: str = ""
    """The file and line that ask for it; empty where that is the scenario."""

    @property
    def is_laxer(self) -> bool:
        """True if a team's settings allow more than the scenario does."""
        return self.standard_limit is not None and self.limit > self.standard_limit

    def laxer_in_words(self) -> str:
        """Return what a team's settings allow, what the scenario does, and the team's reason, in one sentence."""
        own, standard = (_limit(value, self.unit) for value in (self.limit, self.standard_limit or 0.0))
        name = self.name.replace("_", " ")
        return f"laxer limit: {name} may be {own} where the scenario allows {standard} ({self.set_by}): {self.reason}"


def _limit(value: float, unit: str) -> str:
    return duration(value) if unit == "ms" else f"{value:,.0f} {unit}"


class PlannedFault(msgspec.Struct, frozen=True, kw_only=True):
    """One step of the schedule, with its targets still as the scenario names them (resolved at injection)."""

    id: str
    name: str
    targets: tuple[str, ...]
    parameters: dict[str, str | int | float | bool | list[str]] = {}
    start: str
    """When it is injected, e.g. ``2000 ms after load``; the words of ``faults/schedule.py``."""
    heal: str


class Rewrite(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the user's configuration that JSquared changed, added or removed to run it here."""

    file: str
    line: int | None
    before: str
    after: str
    reason: str


class Engine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The server binary: ``name`` is ``redis`` or ``valkey``. Everything but name and version is about this machine, and no plan has it."""

    name: str
    version: str
    path: str = ""
    """Its place."""
    libraries: tuple[str, ...] = ()
    """Folders with shared libraries of its own, where it was fetched with them; its processes must see these."""
    sha256: str = ""
    """Of the file."""

    @property
    def environment(self) -> dict[str, str]:
        """The variables that its processes need, beside what the lab sets for each."""
        return library_environment(self.libraries)

    def anywhere(self) -> "Engine":
        """The engine without what it has on this machine alone."""
        return Engine(name=self.name, version=self.version)


class PlannedGuard(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a line of the configuration must refuse at a data node, and how the lab tries it."""

    node: str
    name: str
    """``min-replicas``, ``read-only``, ``password`` or ``acl``."""
    directive: str
    """The line that refuses, or the default that holds where none is written."""
    credentials: tuple[str, ...] = ()
    """Who tries it, as in AUTH; the lab's own login where it is empty."""
    words: tuple[str, ...] = ()
    """The command that is tried; ``min-replicas`` is seen in the history instead."""
    refusals: tuple[str, ...] = ()
    """The first words of the errors that are a refusal."""
    replicas: int = 0
    """For ``min-replicas``: how many must be there,"""
    lag_s: int = 0
    """and how old their last word may be."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """One trial, fully resolved."""

    format: int = PLAN_FORMAT
    jsquared: str
    scenario: str
    title: str
    description: str = ""
    tags: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    """What the scenario needs of the sandbox, e.g. ``process``, ``clock``."""
    seed: int
    deployment: str
    deployment_description: str = ""
    engine: Engine
    other_engines: dict[str, Engine] = {}
    """The server binaries that faults put in its place, by what the fault calls them (``auto``, a name or a path)."""
    sandbox: str
    ack: Ack
    workload: Workload
    master_name: str = ""
    """The monitored primary that this trial is about; empty for a static check, which is about all of them."""
    nodes: tuple[PlannedNode, ...]
    clients: tuple[PlannedClient, ...]
    floating: tuple[PlannedFloating, ...] = ()
    """The addresses that hosts share in turn."""
    quorum: int
    down_after_ms: int
    failover_timeout_ms: int
    faults: tuple[PlannedFault, ...]
    objectives: tuple[PlannedObjective, ...]
    minimum_acknowledged: int = 100
    """Fewer acknowledged writes than this prove nothing: the verdict is inconclusive."""
    expect_failover: bool = True
    settle_limit_ms: int = 40_000
    recovery: Recovery = "writes"
    """What counts as recovery while faults last: acknowledged writes on another primary (``writes``), a primary named by the
    Sentinels where no write could be acknowledged (``promotion``), or acknowledged writes on whatever primary (``steady``)."""
    recovery_limit_ms: int = 30_000
    """How long the conductor waits for recovery before it heals anyway."""
    input_files: dict[str, str] = {}
    """The configuration as given: file names for people to text. Not in plan.json: it lies in ``config/input/``. No name is ever a
    path to write to."""
    secrets: tuple[str, ...] = ()
    """What marks stand for, in the order of their numbers. Never in a file: only the process of the trial is told."""
    guards: tuple[PlannedGuard, ...] = ()
    """What the configuration must refuse, each tried once the deployment has converged."""
    findings: tuple[Finding, ...] = ()
    """What the static analysis found in the deployment's configuration before anything was started."""
    rules: tuple[str, ...] = ()
    """For a scenario that is a static check: the rules of the analysis that it asks. No server is started for it."""
    proven_by: str = ""
    """The rule of the analysis that proves this trial violated, where it is therefore not run."""
    not_reproduced: tuple[str, ...] = ()
    """What of the user's deployment cannot be reproduced here, one sentence each: the verdict does not cover it."""
    unreproduced_lines: tuple[str, ...] = ()
    """Lines of the configuration that are not run as they are written although the outcome may hang on them, each with its place."""
    alerts: PlannedAlerts | None = None
    """The monitoring of the trial, and the alerts that must fire; None where nothing monitors it."""
    exclusions: tuple[Exclusion, ...] = ()
    """The scenarios that the team's settings exclude, and what became of each exclusion in this run."""
    expected: dict[str, str] = {}
    """Deployment name to the outcome that this scenario is known to have there."""
    command: tuple[str, ...] = ()
    """The command line that runs this trial again."""

    @property
    def laxer_limits(self) -> list[str]:
        """What a team's settings allow beyond the scenario's own limits, a sentence each."""
        return [objective.laxer_in_words() for objective in self.objectives if objective.is_laxer]

    def node(self, name: str) -> PlannedNode:
        """The node of that name (KeyError when there is none)."""
        for node in self.nodes:
            if node.name == name:
                return node
        raise KeyError(name)

    def data_nodes(self) -> tuple[PlannedNode, ...]:
        """The data nodes of the primary that the trial is about, in the order that node numbers in the history refer to."""
        return tuple(node for node in self.all_data_nodes() if self.master_name in ("", node.master_name))

    def all_data_nodes(self) -> tuple[PlannedNode, ...]:
        """Every data node, those of other monitored primaries too."""
        return tuple(node for node in self.nodes if node.role == "data")

    def group(self, master_name: str) -> tuple[PlannedNode, ...]:
        """The data nodes of a monitored primary."""
        return tuple(node for node in self.all_data_nodes() if node.master_name == master_name)

    @property
    def master_names(self) -> tuple[str, ...]:
        """Every monitored primary, the one that the trial is about first."""
        names = (
            *(node.master_name for node in self.data_nodes()),
            *(node.master_name for node in self.all_data_nodes()),
        )
        return tuple(dict.fromkeys(names))

    @property
    def starts_servers(self) -> bool:
        """False for a static check, and for a trial that is proven violated beforehand."""
        return not (self.rules or self.proven_by)

    @property
    def label(self) -> str:
        """The scenario, with the primary that it is run for where several are monitored."""
        return trial_label(self.scenario, self.master_name, len(self.master_names))

    def sentinels(self) -> tuple[PlannedNode, ...]:
        """The Sentinels, in plan order."""
        return tuple(node for node in self.nodes if node.role == "sentinel")


def trial_label(scenario: str, master_name: str, monitored: int) -> str:
    """The name of a trial for people: the scenario, with the primary that it is about where several are monitored."""
    return f"{scenario} on {master_name}" if master_name and monitored > 1 else scenario
