"""The fields of an event of each kind: a struct a kind, whose fields are those of a line of events.jsonl.

A field that is None has nothing to say of this event, and is not written. Fields with other defaults are always written; the defaults
stand for lines of older JSquareds, which had no such field. The table of kinds in ``docs/reference/run-folder.md`` is made of what the
docstrings say.
"""

from typing import Any

import msgspec

from jsquared.records.alert_events import AlertChanged, AlertDelivered, ExporterSilent, MonitoringFailed, RuleHealth
from jsquared.records.attempt_events import Repeated
from jsquared.records.event import Event, Integer, Names, ParameterValue, Time
from jsquared.records.load_events import LoadRateChanged
from jsquared.records.plan import Recovery as RecoveryTest


class ClockZero(Event, tag="clock", frozen=True):
    """The first line of every file: the trial's zero on the machine's clocks."""

    zero_monotonic_ns: Integer
    """By CLOCK_MONOTONIC."""
    zero_unix_ns: Integer
    """By the wall clock."""


class Phase(Event, tag="phase", frozen=True):
    """A part of the trial begins."""

    phase: str
    """Stand-up, monitoring, load, break or change, settle, load-end, read-back; at the end done, ended-early, interrupted or failed."""


class ProcessChanged(Event, tag="process", frozen=True):
    """The lab did something to a process."""

    state: str = ""
    """Started, killed, terminated, exited, stopped or continued."""
    pid: Integer | None = None
    """Its number."""
    reason: str = ""
    """`fault`: by a fault; `healed`: by its undo; else empty."""


class Ended(Event, tag="ended", frozen=True):
    """A process is gone."""

    ordered: bool
    """Whether the lab told it to end."""
    pid: Integer | None = None
    """Its number."""
    code: Integer | None = None
    """Its exit code; negative: minus the signal."""
    by: str = ""
    """The signal's name, or what told a server to end in good order; else empty."""
    words: str | None = None
    """Its last words; of an end that was not ordered."""
    memory: str | None = None
    """What speaks for a lack of memory; of SIGKILL."""
    out_of_memory: bool | None = None
    """Whether that is proven."""


class LogLimit(Event, tag="log-limit", frozen=True):
    """The process was ended because it wrote too much."""

    limit_bytes: Integer
    """More than so much."""
    in_ms: Time
    """In so long."""
    alone: bool = True
    """By itself, or all processes together."""


class FaultEvent(Event, frozen=True):
    """The fields of events about faults."""

    fault: str
    """The fault's id in the plan."""


class FaultStarted(FaultEvent, tag="fault-started", frozen=True):
    """A fault was injected, or refused."""

    name: str = ""
    """Which one it is."""
    requested: Names = ()
    """Its targets as written."""
    targets: Names = ()
    """The nodes or hosts that they are."""
    parameters: dict[str, ParameterValue] = msgspec.field(default_factory=dict)
    """What it was told."""
    sides: tuple[Names, ...] | None = None
    """Of a cut: the hosts on each side."""
    links: str | None = None
    """Of a cut or an impairment: whose traffic it concerns."""
    direction: str | None = None
    """Likewise: both, or one of them."""
    between: Any = None
    """Of a delay, loss, duplication or bandwidth: the hosts on each side."""
    before: Any = None
    """Of a change: what was there before, by node."""
    after: Any = None
    """Of a reset: what was there after it, by Sentinel."""
    refusal: Any = None
    """Of a manual failover: what the Sentinel answered, if it refused."""
    paused: Any = None
    """Of a failover while writes are paused: the primary."""
    ids: Any = None
    """Of a recreated Sentinel: its ids, the oldest first."""
    names: Any = None
    """Of names that are lost: which."""
    asked: Any = None
    """Of slow or failing lookups: the name that was looked up as proof."""
    before_ms: Any = None
    """Likewise: how long that took before, by host."""
    limit_bytes: Any = None
    """Of a limit of memory: how much, by node."""
    addresses: Any = None
    """Of new addresses: which, by node."""
    engine: Any = None
    """Of an upgrade: name and version of the new engine."""


class FaultProof(FaultEvent, frozen=True):
    """The fields of proofs of a fault's effect and of its undo."""

    ok: bool = False
    """Whether it is proven."""
    evidence: str = ""
    """What was measured, in one sentence."""


class FaultBit(FaultProof, tag="fault-bit", frozen=True):
    """The proof that a fault took effect."""


class FaultHealing(FaultEvent, tag="fault-healing", frozen=True):
    """The undo of a fault begins."""


class FaultHealed(FaultProof, tag="fault-healed", frozen=True):
    """The proof that the undo took effect."""


class Recovery(Event, tag="recovery", frozen=True):
    """The wait for recovery while faults last is over."""

    ok: bool = False
    """Whether it was seen."""
    waited_ms: Time | None = None
    """How long it was waited for, when it was not."""
    test: RecoveryTest | None = None
    """What was waited for, which is all that is proven: writes, promotion or steady, as in the plan."""


class WritesCounted(Event, tag="writes", frozen=True):
    """All clients' counters, every two seconds of load: the writes settled since the last such event."""

    window_ms: Time
    """How long ago that was."""
    acknowledged: Integer
    """Acknowledged at the level of the plan."""
    failed: Integer
    """Certainly not applied: refused, or not sent."""
    unknown: Integer
    """Nobody knows whether they were applied."""


class SentinelEvent(Event, tag="sentinel", frozen=True):
    """An announcement of a Sentinel."""

    event: str = ""
    """`+sdown` …"""
    payload: str = ""
    """The words behind it."""
    via: str = ""
    """`pubsub`, or `log` with the log's own time."""


class RoleChanged(Event, tag="role", frozen=True):
    """A data node shows itself otherwise than before."""

    role: str = ""
    """Primary, replica, or down where it is silent."""
    link: str = ""
    """Of a replica: up or down."""
    of: str = ""
    """Of a replica: its primary."""
    run_id: str = ""
    """Of its process."""
    offset: Integer | None = None
    """How far its replication had come, in bytes."""


class AgreementChanged(Event, tag="agreement", frozen=True):
    """The Sentinels name another primary than before."""

    primary: str = ""
    """The node that a majority names; else empty."""
    votes: dict[str, str] = msgspec.field(default_factory=dict)
    """Whom each Sentinel names."""


class Converged(Event, tag="converged", frozen=True):
    """The wait for the deployment to converge is over."""

    stage: str = ""
    """Stand-up or settle."""
    ok: bool = False
    """Whether it has."""
    detail: str = ""
    """What is still missing."""


class StandUpFailed(Event, tag="stand-up-failed", frozen=True):
    """The deployment never converged."""

    detail: str = ""
    """Why."""
    limit_ms: Time = 0.0
    """How long it was given."""


class DatasetRead(Event, tag="dataset", frozen=True):
    """Every key was looked for on the node at the end."""

    keys: Integer | None = None
    """How many keys it has; none where it could not be read."""
    primary: bool = False
    """Whether it is the final primary."""
    error: str | None = None
    """Why it could not be read."""


class ContentsRead(Event, tag="contents", frozen=True):
    """The content of the node was read at the end."""

    keys: Integer | None = None
    """How many keys of it were kept; none where it could not be read."""
    counted: Integer | None = None
    """How many it counts by INFO, with those that have expired and lie there."""
    attached: bool = False
    """Whether it is the final primary or follows it with all of its data, so that it must hold the same."""
    error: str | None = None
    """Why it could not be read."""


class ClientSaid(Event, tag="client", frozen=True):
    """A client's view changes."""

    action: str = ""
    """What it says, see below."""
    node: str = ""
    """Of which node; else empty."""
    detail: str = ""
    """More about it."""


class FloatingMoved(Event, tag="floating-moved", frozen=True):
    """A floating address left a host or came to one."""

    address: str
    """As it is written."""
    holders: Names
    """The hosts that have it now."""
    here: str = ""
    """As it is in the trial."""
    from_host: str = msgspec.field(name="from", default="")
    """The host that it left; else empty."""
    to_host: str = msgspec.field(name="to", default="")
    """The host that it came to; else empty."""
    why: str = ""
    """The reason, in a sentence."""


class NodeClockSet(Event, tag="node-clock", frozen=True):
    """A fault lets the wall clock of the node show something else from now on."""

    ahead_ms: Time
    """How far it is ahead."""
    rate_ppm: Integer
    """How much it gains: microseconds a second."""


class LoggedLine(Event, tag="log", frozen=True):
    """A line of a server's log that is worth showing."""

    level: str = ""
    """Debug, verbose, notice or warning."""
    text: str = ""
    """The line without its stamp."""


class GuardTried(Event, tag="guard", frozen=True):
    """An attempt at a node that a line of its configuration must refuse."""

    refused: bool
    """Whether it was refused."""
    name: str = ""
    """What kind of refusal it is."""
    directive: str = ""
    """The line that demands it."""
    asked: str = ""
    """What was tried."""
    answer: str = ""
    """What the server said to it."""


class ServerSaid(Event, tag="said", frozen=True):
    """A server's last words, after convergence."""

    role: str | None = None
    """A data node's role by ROLE."""
    info: str | None = None
    """A data node's role by INFO."""
    priority: Integer | None = None
    """A data node's replica-priority."""
    expires_by_itself: bool | None = None
    """Whether a data node removes expired keys by its own clock, though it is a replica."""
    current_epoch: Integer | None = None
    """A Sentinel's, by its file."""
    leader_epoch: Integer | None = None
    """The one in which a Sentinel voted last, by its file."""
    config_epoch: Integer | None = None
    """The one that a Sentinel names."""
    calls_down: bool | None = None
    """Whether a Sentinel tells others that the primary is down."""
    changes_vote: bool | None = None
    """Whether a Sentinel votes again in an epoch when a stranger asks it to."""


class Disturbed(Event, tag="disturbance", frozen=True):
    """The machine itself stood still."""

    stall_ms: Time = 0.0
    """So long, as the lab's own timer felt it."""


class Starved(Event, tag="starved", frozen=True):
    """A node was kept waiting for a processor."""

    waited_ms: Time = 0.0
    """So long in all."""
    turns: Integer = 0
    """In so many turns."""
    window_ms: Time = 0.0
    """Within this time."""
    servers: Integer = 0
    """How many nodes were."""


class StepBegan(Event, tag="step-began", frozen=True):
    """A step of a change begins, at the node that it changes."""

    number: Integer
    """Its number in the plan."""
    does: str = ""
    """Such as `restart` or `hand-over`."""
    back: bool = False
    """Whether it is taken back."""


class StepEnded(Event, tag="step-ended", frozen=True):
    """A step of a change is over, and what must hold after it was waited for."""

    number: Integer
    """Its number in the plan."""
    ok: bool = False
    """Whether it was done, and all of that holds."""
    does: str = ""
    """Such as `restart` or `hand-over`."""
    back: bool = False
    """Whether it was taken back."""
    reason: str = ""
    """What did not hold, or which action failed."""


class SettingsCompared(Event, tag="settings-compared", frozen=True):
    """After all steps were taken back: every server's settings are compared with those from before the first step."""

    ok: bool = False
    """Whether they are the same."""
    settings: Integer = 0
    """How many were compared."""
    differing: Names = ()
    """Those that differ, each with its node; no values."""


EVENT_TYPES: tuple[type[Event], ...] = (
    ClockZero, Phase, ProcessChanged, Ended, LogLimit, FaultStarted, FaultBit, FaultHealing, FaultHealed, Recovery,
    WritesCounted, LoadRateChanged, SentinelEvent, RoleChanged, AgreementChanged, Converged, StandUpFailed, NodeClockSet, FloatingMoved,
    ClientSaid, DatasetRead, ContentsRead, LoggedLine, GuardTried, ServerSaid, Repeated, Disturbed, Starved,
    AlertChanged, AlertDelivered, MonitoringFailed, ExporterSilent, RuleHealth, StepBegan, StepEnded, SettingsCompared,
)  # fmt: skip
"""All kinds, in the order of the page that explains them."""
