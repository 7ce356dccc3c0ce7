"""The document of a timeline, as ``--json`` prints it. Times are texts in ISO 8601 with milliseconds; durations are milliseconds."""

import msgspec

PHASES = {
    "detect": "the fault → the first Sentinel considers the primary down (+sdown)",
    "agree": "→ the Sentinel that will lead sees the quorum agree (+odown)",
    "elect": "→ it is elected (+elected-leader)",
    "select": "→ it has chosen a replica (+selected-slave)",
    "promote": "→ the replica is primary (its own line, else +promoted-slave)",
    "announce": "→ a majority of the Sentinels gives the new address (+switch-master; the leader from +promoted-slave on)",
    "reconfigure": "→ the leader has led the other replicas to it (+failover-end)",
}
"""Each phase of a failover, with the lines between which it lies."""


class Phase(msgspec.Struct, kw_only=True):
    """A phase of a failover, which ends with a line of somebody's log."""

    name: str
    at: str
    """When it ended."""
    took_ms: float | None
    """Null where it is not known: the phase before has no line, it ended later than a later phase, or the failover is doubtful."""
    node: str
    """Whose line ended it."""
    line: str
    """That line's text."""


class Attempt(msgspec.Struct, kw_only=True):
    """A Sentinel's attempt to be elected and to fail over."""

    sentinel: str
    at: str
    epoch: int | None
    votes: list[str]
    """The Sentinels that voted for it, by the logs."""
    outcome: str
    """``succeeded``, ``aborted``, ``superseded`` (another was elected) or ``unfinished``."""
    reason: str
    """Of an aborted one, as its event has it: ``not-elected``, ``no-good-slave``, ``slave-timeout`` …"""


class SentinelPart(msgspec.Struct, kw_only=True):
    """A Sentinel's part in an outage: when it considered the primary down, saw the quorum agree, and gave the new address."""

    sentinel: str
    sdown: str | None
    odown: str | None
    switched: str | None


class Return(msgspec.Struct, kw_only=True):
    """The old primary's way back, each step where the logs tell of it."""

    started: str | None
    converted: str | None
    """A Sentinel made it a replica (``+convert-to-slave``), or it was told so."""
    synced: str | None


class Failover(msgspec.Struct, kw_only=True):
    """A failover, or an outage of a primary that led to none."""

    master: str
    """Empty where no Sentinel wrote of it."""
    outcome: str
    """``failed over``, ``recovered`` (no failover), ``aborted`` or ``unfinished`` (no line says what came of it; ``new`` where one was
    promoted); ``promoted`` where only the replica wrote of it; ``unknown`` where that is doubtful."""
    doubtful: bool
    """Clocks of servers that had a part in it differ, or a file mixes several servers, so that lines may stand far from those that they
    belong with. A note says whose, and what would need lines of several servers side by side is null, empty or ``unknown``."""
    kind: str
    """``automatic`` or ``manual``; ``unknown`` where that is doubtful, or neither an order nor a ``+sdown`` is in the logs."""
    old: str
    new: str
    leader: str
    epoch: int | None
    quorum: str
    """Of the last ``+odown``: how many agreed, and how many had to."""
    began: str
    """The fault where it is known, else the first line that tells of it."""
    fault: str
    """How the moment of the fault is known; empty where it is not."""
    last_sign: str
    """The last line of the old primary before it was considered down, with its time; empty without its log."""
    ended: str
    total_ms: float | None
    """From the fault or the order to the announcement by a majority; null where one of both moments is not known."""
    at_least_ms: float | None
    """Where that is null: between the lines of ``counted_from`` and ``counted_to``, so it took longer; null without two such lines."""
    counted_from: str
    """The moment from which ``total_ms`` or ``at_least_ms`` counts, such as ``the fault``, ``the order``, ``the first +sdown``."""
    counted_to: str
    """``the announcement`` by a majority or ``the promotion``."""
    not_known: str
    """Why ``total_ms`` is null."""
    phases: list[Phase]
    attempts: list[Attempt]
    sentinels: list[SentinelPart]
    replicas: dict[str, str]
    """When the leader had reconfigured each of the other replicas."""
    returned: Return | None
    notes: list[str]


class Event(msgspec.Struct, kw_only=True):
    """A line of a server that tells of something."""

    at: str
    t_ms: float
    """After the first line of all."""
    node: str
    kind: str
    text: str
    master: str
    times: int
    """How often in a row it wrote a line of this kind."""


class KnownNode(msgspec.Struct, kw_only=True):
    """A server that the logs are by, or tell of."""

    name: str
    role: str
    """``data``, ``sentinel``, or ``machine`` for a kernel's lines."""
    address: str
    known_by: str
    """How its address was concluded."""
    id: str
    engine: str
    has_log: bool
    files: list[str]
    forms: list[str]
    lines: int
    first: str
    last: str


class NodeClock(msgspec.Struct, kw_only=True):
    """A server's clock against that of the reference; a bound that is not known is null."""

    node: str
    ahead_ms: float | None
    least_ms: float | None
    most_ms: float | None
    differs: bool
    moved_ms: float
    """By how much its lines were moved (``--align-clocks``)."""


class LogTimeline(msgspec.Struct, kw_only=True):
    """Everything that was rebuilt."""

    cautions: list[str]
    """What has to be known before the rest is read, a sentence each: files that were not read or mix servers, clocks that differ,
    lines that were moved."""
    inconclusive: list[str]
    """Why the exit code is 3: ``clocks`` differ, a file has ``mixed`` servers, a file is ``unread``, lines are a ``contradiction``."""
    doubtful: bool
    """A failover is, or which are within ``--since`` and ``--until``, since clocks differ or a file mixes servers."""
    zone: str
    """``UTC`` where that is known, else ``unknown``."""
    first: str
    last: str
    masters: list[str]
    failovers: list[Failover]
    nodes: list[KnownNode]
    reference: str
    """The server with whose clock all others are compared."""
    clocks: list[NodeClock]
    impossible: list[str]
    """Effects before their causes, a sentence each."""
    unknown: list[str]
    """What cannot be known from these logs, a sentence each."""
    events: list[Event]
    left_out: int
    """How many events are not in the list, since they are too many."""
    not_read: list[str] = []
    """Files that were left out, each with why."""
    zero_bytes: dict[str, int] = {}
    """How many bytes that are zero were skipped, by the file that has them: a loss of power leaves such."""
