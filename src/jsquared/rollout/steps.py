"""Steps of a change as data: what to do at which node, what must be true before and after, and how it is taken back.

Texts hold no passwords: a mark such as ``<secret-2>`` stands for one, and the plan names the line that has it.
"""

from typing import Literal

import msgspec

from jsquared.deployment.model.directives import join_words
from jsquared.text import counted, duration, listed

PING_PERIOD = "repl-ping-replica-period"
USUAL_PING_PERIOD_S = 10
"""The default of every engine."""


class SendCommand(msgspec.Struct, frozen=True, kw_only=True, tag="send-command", tag_field="do"):
    """Send one command to a node."""

    node: str
    words: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """It in one line."""
        return f"at {self.node}: {join_words(self.words)}"


class EditFile(msgspec.Struct, frozen=True, kw_only=True, tag="edit-file", tag_field="do"):
    """Change a line of a node's own file, or one in its ACL file."""

    node: str
    file: str
    before: str = ""
    """The line that is there, empty where a new one comes to the end."""
    after: str = ""
    """The line that takes its place, empty where it goes."""

    @property
    def sentence(self) -> str:
        """It in one line."""
        if self.before and self.after:
            return f"in {self.file}: {self.before} becomes {self.after}"
        return f"in {self.file}: {f'remove {self.before}' if self.before else f'add {self.after}'}"


class StopServer(msgspec.Struct, frozen=True, kw_only=True, tag="stop-server", tag_field="do"):
    """Stop a node's server in an orderly way, and wait for its end."""

    node: str

    @property
    def sentence(self) -> str:
        """It in one line."""
        return f"stop {self.node}"


class StartServer(msgspec.Struct, frozen=True, kw_only=True, tag="start-server", tag_field="do"):
    """Start a node's server with its file. ``engine`` is set where it is another one than before, such as ``valkey 9.1.2``."""

    node: str
    engine: str = ""

    @property
    def sentence(self) -> str:
        """It in one line."""
        return f"start {self.node}{f' with {self.engine}' if self.engine else ''}"


class PauseWrites(msgspec.Struct, frozen=True, kw_only=True, tag="pause-writes", tag_field="do"):
    """Let a primary hold writes back: CLIENT PAUSE … WRITE, which ends by itself after so many ms; and send replicas no pings.

    A ping is 14 bytes of the replication stream. One that comes between the promotion and the moment when the others follow the new
    primary puts them ahead of it, and every one of them needs a full resynchronization, without a replica that acknowledges meanwhile. An
    engine that coordinates its failover withholds them too (``replicationCron`` in replication.c).
    """

    node: str
    for_ms: int

    @property
    def sentence(self) -> str:
        """It in one line."""
        return f"at {self.node}: hold writes back, for {duration(self.for_ms)} at most, and send replicas no pings"


class ResumeWrites(msgspec.Struct, frozen=True, kw_only=True, tag="resume-writes", tag_field="do"):
    """Let a node take writes again, and send pings: CLIENT UNPAUSE and its repl-ping-replica-period; harmless where nothing is paused."""

    node: str
    ping_period_s: int = USUAL_PING_PERIOD_S
    """As it was before."""

    @property
    def sentence(self) -> str:
        """It in one line."""
        return f"at {self.node}: take writes again, and send replicas a ping every {self.ping_period_s} s"


class Promote(msgspec.Struct, frozen=True, kw_only=True, tag="promote", tag_field="do"):
    """Ask one Sentinel for a failover. ``coordinated``: the engine itself pauses writes and waits for equal offsets.

    Never sent without one of the two protections: a plain one loses acknowledged writes.
    """

    master_name: str
    sentinel: str
    coordinated: bool
    candidates: tuple[str, ...]
    """The replicas of which one becomes the primary."""

    @property
    def sentence(self) -> str:
        """It in one line."""
        return f"at {self.sentinel}: SENTINEL FAILOVER {self.master_name}{' COORDINATED' if self.coordinated else ''}"


class FollowPrimary(msgspec.Struct, frozen=True, kw_only=True, tag="follow-primary", tag_field="do"):
    """Send REPLICAOF to a node, with the address of whichever node the Sentinels name as the primary now."""

    node: str
    master_name: str
    over_tls: bool = False

    @property
    def sentence(self) -> str:
        """It in one line."""
        return f"at {self.node}: REPLICAOF the primary of {self.master_name}{', over TLS' if self.over_tls else ''}"


class Holds(msgspec.Struct, frozen=True, kw_only=True, tag="wait-until", tag_field="do"):
    """Wait, in the middle of a step, until a gate holds."""

    gate: "Gate"

    @property
    def sentence(self) -> str:
        """It in one line."""
        return f"wait: {self.gate.sentence}"


class QuorumReachable(msgspec.Struct, frozen=True, kw_only=True, tag="quorum-reachable", tag_field="holds"):
    """SENTINEL CKQUORUM is OK at each of these Sentinels."""

    master_name: str
    sentinels: tuple[str, ...]
    within_ms: int = 30_000

    @property
    def sentence(self) -> str:
        """It in one line."""
        return f"{listed(self.sentinels)} could agree on a failover of {self.master_name}"


class ReplicasAttached(msgspec.Struct, frozen=True, kw_only=True, tag="replicas-attached", tag_field="holds"):
    """Each of these nodes that is not the primary follows it with its link up, and has all that the primary had a moment before."""

    master_name: str
    nodes: tuple[str, ...]
    within_ms: int = 600_000

    @property
    def sentence(self) -> str:
        """It in one line."""
        return f"every replica of {self.master_name} follows and has what the primary has ({listed(self.nodes)})"


class OffsetsEqual(msgspec.Struct, frozen=True, kw_only=True, tag="offsets-equal", tag_field="holds"):
    """Every replica has the very offset of its primary, which takes no writes meanwhile."""

    master_name: str
    nodes: tuple[str, ...]
    within_ms: int = 10_000

    @property
    def sentence(self) -> str:
        """It in one line."""
        return f"the replicas of {self.master_name} have the very offset of the primary"


class SentinelsSee(msgspec.Struct, frozen=True, kw_only=True, tag="sentinels-see", tag_field="holds"):
    """Each of these Sentinels names the same primary, and sees exactly these numbers of replicas and other Sentinels, none of them down."""

    master_name: str
    sentinels: tuple[str, ...]
    replicas: int
    other_sentinels: int
    within_ms: int = 60_000

    @property
    def sentence(self) -> str:
        """It in one line."""
        seen = f"{counted(self.replicas, 'replica')} and {counted(self.other_sentinels, 'other Sentinel')}"
        return f"{listed(self.sentinels)} see {seen} of {self.master_name}, none down"


class PrimaryIs(msgspec.Struct, frozen=True, kw_only=True, tag="primary-is", tag_field="holds"):
    """A majority of the Sentinels names one of these nodes, and it says itself that it is a primary."""

    master_name: str
    nodes: tuple[str, ...]
    within_ms: int = 30_000

    @property
    def sentence(self) -> str:
        """It in one line."""
        return f"the primary of {self.master_name} is {' or '.join(self.nodes)}"


class SettingIs(msgspec.Struct, frozen=True, kw_only=True, tag="setting-is", tag_field="holds"):
    """A node answers with this value: CONFIG GET, SENTINEL MASTER or SENTINEL CONFIG GET."""

    node: str
    name: str
    value: str
    master_name: str = ""
    within_ms: int = 5_000

    @property
    def sentence(self) -> str:
        """It in one line."""
        name = " ".join(filter(None, (self.name, self.master_name)))
        return f"{self.node} has {name} {self.value or 'empty'}"


class InfoIs(msgspec.Struct, frozen=True, kw_only=True, tag="info-is", tag_field="holds"):
    """A field of a node's INFO has this value."""

    node: str
    field: str
    value: str
    within_ms: int = 600_000

    @property
    def sentence(self) -> str:
        """It in one line."""
        return f"{self.node} says {self.field}:{self.value}"


class LoginWorks(msgspec.Struct, frozen=True, kw_only=True, tag="login-works", tag_field="holds"):
    """A node takes this login; ``password`` is a mark."""

    node: str
    user: str
    password: str
    within_ms: int = 5_000

    @property
    def sentence(self) -> str:
        """It in one line."""
        return f"{self.node} takes the login of {self.user}"


class Answers(msgspec.Struct, frozen=True, kw_only=True, tag="answers", tag_field="holds"):
    """A node answers PING, and loads nothing any more."""

    node: str
    within_ms: int = 600_000

    @property
    def sentence(self) -> str:
        """It in one line."""
        return f"{self.node} answers"


class Confirmed(msgspec.Struct, frozen=True, kw_only=True, tag="confirmed", tag_field="holds"):
    """A person, or a command of theirs, says that it is so: no server shows it."""

    what: str

    @property
    def sentence(self) -> str:
        """It in one line."""
        return f"you confirm: {self.what}"


Gate = (
    QuorumReachable
    | ReplicasAttached
    | OffsetsEqual
    | SentinelsSee
    | PrimaryIs
    | SettingIs
    | InfoIs
    | LoginWorks
    | Answers
    | Confirmed
)
Action = (
    SendCommand | EditFile | StopServer | StartServer | PauseWrites | ResumeWrites | Promote | FollowPrimary | Holds
)
StepKind = Literal[
    "check", "set-live", "restart", "hand-over", "add-replica", "remove-replica", "add-sentinel", "remove-sentinel", "forget-gone",
    "add-password", "use-password", "change-user", "drop-password", "move-port", "switch-tls",
]  # fmt: skip


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step: nothing of it begins before its gates hold, and nothing after it before those behind it hold."""

    number: int
    kind: StepKind
    node: str
    """The node that it changes; of a hand-over the primary that hands over."""
    why: str
    actions: tuple[Action, ...] = ()
    before: tuple[Gate, ...] = ()
    after: tuple[Gate, ...] = ()
    undo: tuple[Action, ...] = ()
    """What takes it back, in order; empty where there is nothing to take back, as ``undo_why`` says."""
    undo_why: str = ""
