"""The questions to a lab and its answers: a JSON object on one line each way, one question a connection.

A question's kind is its ``ask``. An answer has the ``result``, or a ``refusal``. Whoever asks for a program sends the descriptors of its
stdin, stdout and stderr with the question, whoever asks for the records that of a folder; while a program runs, the connection takes
:class:`Signal` lines, and its end ends the program.
"""

from typing import Any, Literal

import msgspec

ParameterValue = str | int | float | bool | list[str]


class Question(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="ask"):
    """A question to a lab."""


class AskWhetherUp(Question, frozen=True, kw_only=True, tag="up"):
    """Answered once the deployment is up, with its status."""


class AskStatus(Question, frozen=True, kw_only=True, tag="status"):
    """Answered with its present status."""


class AskToBreak(Question, frozen=True, kw_only=True, tag="break"):
    """Inject a fault, which stays until it is healed."""

    fault: str
    targets: tuple[str, ...] = ()
    parameters: dict[str, ParameterValue] = {}
    heal_after_ms: int = 0
    """It heals by itself after so long; 0: it does not."""


class AskToHeal(Question, frozen=True, kw_only=True, tag="heal"):
    """Heal a fault; without an id, all of them, the newest first."""

    id: str = ""


class AskToWait(Question, frozen=True, kw_only=True, tag="wait"):
    """Answered once the deployment has converged, or refused after so long."""

    limit_ms: int


class AskToReset(Question, frozen=True, kw_only=True, tag="reset"):
    """Heal everything, delete every key, wait for convergence; refused after so long, or where a load was recorded."""

    limit_ms: int


class AskToBeginAgain(Question, frozen=True, kw_only=True, tag="again"):
    """Begin a new session: every server anew at its own address, with its first configuration and no data, and new records."""


class AskForAccess(Question, frozen=True, kw_only=True, tag="access"):
    """Answered with the logins of clients."""


class AskForLoad(Question, frozen=True, kw_only=True, tag="load"):
    """Let the clients begin to write; None for the rates that the lab was started with."""

    rate_per_s: int | None = None
    operations_per_s: int | None = None


class AskToStopLoad(Question, frozen=True, kw_only=True, tag="stop-load"):
    """Let the clients finish what is in flight, and end."""


class AskForRate(Question, frozen=True, kw_only=True, tag="rate"):
    """Let the clients that write begin another number of writes a second."""

    rate_per_s: int


class AskForFaults(Question, frozen=True, kw_only=True, tag="faults"):
    """Answered with every fault, whether this session can have it, and at whom it can be aimed here."""


class AskForPlan(Question, frozen=True, kw_only=True, tag="plan"):
    """Answered with the session's plan as its records have it, with marks for secrets."""


class AskForNews(Question, frozen=True, kw_only=True, tag="news"):
    """Answered with the events since an earlier answer, as soon as there is one, at the latest after so long."""

    session: int = 0
    """The session that ``since`` is about: of another one, all events are new."""
    since: int = 0
    """How many events are known already."""
    wait_ms: int = 0


class AskForProgram(Question, frozen=True, kw_only=True, tag="exec"):
    """Run a program on a host; three descriptors come with it."""

    host: str
    argv: tuple[str, ...]
    folder: str
    environment: dict[str, str] = {}
    reaches_lab: bool = False
    """It may ask the lab itself, over the socket that its variable ``JSQUARED_LAB`` names."""


class AskForCli(Question, frozen=True, kw_only=True, tag="cli"):
    """Run ``redis-cli`` or ``valkey-cli`` at a node, logged in; three descriptors come with it."""

    node: str
    program: str
    words: tuple[str, ...] = ()
    folder: str
    environment: dict[str, str] = {}


class AskForLog(Question, frozen=True, kw_only=True, tag="log"):
    """The end of what a server or client has logged."""

    name: str


class AskToConclude(Question, frozen=True, kw_only=True, tag="conclude"):
    """Heal everything, settle, end the load, read back, and write the records into the folder that comes with it."""


class AskToEnd(Question, frozen=True, kw_only=True, tag="end"):
    """End the lab and everything in it."""


class Signal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A signal for the program that the connection has started."""

    signal: int


AnyQuestion = (
    AskWhetherUp
    | AskStatus
    | AskToBreak
    | AskToHeal
    | AskToWait
    | AskToReset
    | AskToBeginAgain
    | AskForAccess
    | AskForLoad
    | AskToStopLoad
    | AskForRate
    | AskForFaults
    | AskForPlan
    | AskForNews
    | AskForProgram
    | AskForCli
    | AskForLog
    | AskToConclude
    | AskToEnd
)


class LabNode(msgspec.Struct, frozen=True, kw_only=True):
    """One server of the deployment. ``role`` is the configured one, ``data`` or ``sentinel``; what it says itself is in ``says``.

    A number that is not known is None.
    """

    name: str
    role: Literal["data", "sentinel"]
    host: str
    address: str
    port: int
    is_running: bool
    """Its process is there, stopped or not."""
    says: Literal["primary", "replica", "sentinel", "nothing"]
    """The role that it gives itself; ``nothing``: it gives no answer."""
    names: str = ""
    """For a Sentinel: the node that it names as the primary; empty where it names none."""
    follows: str = ""
    """For a replica: the node that it follows."""
    link_up: bool | None = None
    offset: int | None = None
    """Bytes of the replication stream that a data node has."""
    lag_bytes: int | None = None
    """For a replica: how far it is behind the primary that the Sentinels name."""


class LabFault(msgspec.Struct, frozen=True, kw_only=True):
    """A fault that was injected. ``bit`` and ``healed`` are None until they were measured."""

    id: str
    name: str
    targets: tuple[str, ...]
    bit: bool | None = None
    evidence: str = ""
    is_active: bool = True
    healed: bool | None = None
    heal_evidence: str = ""


class LabAccess(msgspec.Struct, frozen=True, kw_only=True):
    """The words of clients in AUTH (none, a password, or a user and a password), and whether they must speak TLS."""

    login: tuple[str, ...] = ()
    sentinel_login: tuple[str, ...] = ()
    tls: bool = False


class LabLoad(msgspec.Struct, frozen=True, kw_only=True):
    """The verified writers: what they have done until now."""

    state: Literal["none", "running", "ended"]
    clients: tuple[str, ...] = ()
    rate_per_s: int = 0
    """Writes that each client begins a second, or will once the load runs."""
    acknowledged: int = 0
    failed: int = 0
    unknown: int = 0
    write_gap_ms: float | None = None
    """How long ago the last write was acknowledged, while the load runs; None where none was yet."""


class LabParameter(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter of a fault; its default has its type. Without choices any value of that type is one."""

    name: str
    default: str | int | bool
    meaning: str
    choices: tuple[str, ...] = ()


class LabFaultKind(msgspec.Struct, frozen=True, kw_only=True):
    """A fault that can be asked for, as the catalogue describes it."""

    name: str
    description: str
    undo: str
    evidence: str
    parameters: tuple[LabParameter, ...]
    targets: tuple[str, ...]
    """Whom it can hit here: words such as ``primary``, names of nodes, ``host:NAME``."""
    usual_targets: tuple[str, ...]
    """Those of them that it is usually aimed at."""
    unavailable_because: str = ""
    """Why this session cannot have it; empty: it can."""


class LabNews(msgspec.Struct, frozen=True, kw_only=True):
    """The news of a session since it was asked last."""

    session: int
    """Which session of the lab it is, from 1."""
    next: int
    """How many events are known with these."""
    lines: tuple[str, ...]
    """Lines of events.jsonl, without their ends; not all of them where they are many, so ask again."""
    now_ms: float
    """The session's clock."""
    load: LabLoad


class LabStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A lab as it is now. ``primary`` is the node that a majority of the Sentinels names; empty where none does."""

    deployment: str
    engine: str
    ack: str
    master: str
    """The name under which the Sentinels monitor the primary."""
    primary: str
    converged: bool
    why_not_converged: str
    nodes: tuple[LabNode, ...]
    hosts: tuple[str, ...]
    """Every host, those of clients too: where programs can run."""
    sentinels: tuple[str, ...]
    """``address:port`` of each Sentinel, as programs in the lab reach it."""
    faults: tuple[LabFault, ...]
    load: LabLoad
    is_concluded: bool
    """Its records were saved, so nothing more is recorded."""
    trouble: str = ""
    """What somebody outside did to the lab's processes, which makes its verdict inconclusive."""

    def ways_in(self, name: str) -> dict[str, Any]:
        """Return what whoever has started the lab needs to reach it, for JSON; ``name`` is the lab's own."""
        return {
            "name": name,
            "deployment": self.deployment,
            "engine": self.engine,
            "master": self.master,
            "primary": self.primary,
            "sentinels": list(self.sentinels),
            "hosts": list(self.hosts),
        }


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """An error as the lab tells it; see :class:`jsquared.errors.JSquaredError`."""

    what: str
    where: str = ""
    hint: str = ""
    exit_code: int


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An answer: the result as JSON, or why there is none."""

    result: msgspec.Raw = msgspec.Raw(b"null")
    refusal: Refusal | None = None
