"""The model of a deployment: what is under test, as plain values.

Settings live in the directives of each node, as the user wrote them; the properties here read them with the engines' own
defaults where nothing is written. Instances come from :func:`jsquared.deployment.read.load.load_deployment`, already validated.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Literal

from jsquared.deployment.model.directives import Directive, Source, canonical
from jsquared.deployment.model.own_file import Unsaved
from jsquared.deployment.model.reach import Reach
from jsquared.errors import BadInputError
from jsquared.records.plan import Ack, Follows, Rewrite
from jsquared.records.secrets import NO_SECRETS, Secrets

DATA_PORT = 6379
SENTINEL_PORT = 26379
# SENTINEL_DEFAULT_DOWN_AFTER, _FAILOVER_TIMEOUT and _PARALLEL_SYNCS of sentinel.c, the same in every version of both engines.
DEFAULT_DOWN_AFTER_MS = 30_000
DEFAULT_FAILOVER_TIMEOUT_MS = 180_000
DEFAULT_PARALLEL_SYNCS = 1

Asks = Literal["all", "own"]


@dataclass(frozen=True)
class _Node:
    _DEFAULT_PORT: ClassVar[int]

    host: str
    directives: tuple[Directive, ...]
    source: Source

    def find(self, key: str) -> Directive | None:
        """The directive of that canonical key that counts (the last one), None where it is not written."""
        found = self._by_key.get(key)
        return found[-1] if found else None

    def all(self, key: str) -> list[Directive]:
        """Every directive of that canonical key, in order."""
        return list(self._by_key.get(key, ()))

    @cached_property
    def _by_key(self) -> dict[str, list[Directive]]:
        """The directives by canonical key: rules ask for hundreds of them, and a file may have thousands of lines."""
        found: dict[str, list[Directive]] = {}
        for directive in self.directives:
            found.setdefault(directive.key, []).append(directive)
        return found

    def value(self, key: str, default: str = "") -> str:
        """The first argument of a directive, or the default."""
        directive = self.find(canonical(key))
        return directive.arguments[0] if directive and directive.arguments else default

    def is_on(self, key: str) -> bool:
        """True if a yes/no directive says yes (not written: no)."""
        return self.value(key).lower() == "yes"

    @property
    def plain_port(self) -> int:
        """Its TCP port without TLS, 0 where none is open."""
        directive = self.find("port")
        return directive.number(0, 0, 65535) if directive else self._DEFAULT_PORT

    @property
    def tls_port(self) -> int:
        """Its TCP port with TLS, 0 where none is open."""
        directive = self.find("tls-port")
        return directive.number(0, 0, 65535) if directive else 0

    @property
    def tls(self) -> bool:
        """True if :attr:`port` is the one with TLS."""
        return bool(self.tls_port) and (self.is_on("tls-replication") or not self.plain_port)

    @property
    def port(self) -> int:
        """The TCP port that others know it by: with ``tls-replication`` a node announces its TLS port (replication.c, sentinel.c).

        :raises BadInputError: no port is open.
        """
        port = self.tls_port if self.tls else self.plain_port
        if not port:
            closed = self.find("port")
            assert closed is not None  # its default is open
            raise closed.bad(
                "no port is open, plain or with TLS", f"port {self._DEFAULT_PORT}, or a tls-port beside it"
            )
        return port


@dataclass(frozen=True)
class DataNode(_Node):
    """A data node. ``replica_of`` is the host of its primary, None for a primary.

    ``instance`` is set where a host has data nodes of several monitored primaries: the name of its own.
    """

    _DEFAULT_PORT: ClassVar[int] = DATA_PORT

    replica_of: str | None
    master_name: str
    instance: str = ""

    @property
    def name(self) -> str:
        """``redis-<host>``, with the primary's name behind it where the host has several; a host called ``redis-a`` says *redis* itself."""
        return _with_kind("redis", self.host) + (f"-{self.instance}" if self.instance else "")

    @property
    def role(self) -> Literal["primary", "replica"]:
        """Its role at the start."""
        return "replica" if self.replica_of else "primary"


@dataclass(frozen=True)
class SentinelNode(_Node):
    """A Sentinel. ``unsaved`` is set where its deployment, started as it is written, keeps it from saving its state, so that it exits."""

    _DEFAULT_PORT: ClassVar[int] = SENTINEL_PORT

    unsaved: Unsaved | None = None

    @property
    def name(self) -> str:
        """``sentinel-<host>``; a host called ``sentinel-1`` says it itself."""
        return _with_kind("sentinel", self.host)

    def monitor(self, master_name: str) -> Directive | None:
        """The line that makes it monitor that primary, None where it does not."""
        return self.setting("monitor", master_name)

    def setting(self, name: str, master_name: str) -> Directive | None:
        """The line ``sentinel <name> <master_name> …`` that counts, None where it is not written."""
        for directive in reversed(self.all(f"sentinel {name}")):
            if directive.arguments[:1] == (master_name,):
                return directive
        return None

    def number(self, name: str, master_name: str, default: int) -> int:
        """A number that it has for a primary, or the engine's default."""
        directive = self.setting(name, master_name)
        return directive.number(1, 1, 2**31 - 1) if directive else default


Node = DataNode | SentinelNode


def _with_kind(kind: str, host: str) -> str:
    """A host's name with the kind of server before it, unless it begins with that word already."""
    following = host.removeprefix(kind)[:1] if host.startswith(kind) else "x"
    return f"{kind}-{host}" if following.isalpha() else host


@dataclass(frozen=True)
class MonitoredPrimary:
    """A primary as the Sentinels know it. Where they differ, the slowest: the largest number among them."""

    master_name: str
    host: str
    quorum: int
    down_after_ms: int
    failover_timeout_ms: int
    parallel_syncs: int


@dataclass(frozen=True)
class MisdirectedLine:
    """Where a node's own line leads, if that is not where it should: its server takes the line, and goes wrong.

    ``node`` is the node's name, ``host`` the host that the line means (empty: there is no such line), ``port`` a port there that no
    data node listens on (0: the line has the right one).
    """

    node: str
    master_name: str
    host: str = ""
    port: int = 0


@dataclass(frozen=True)
class HostNames:
    """Names and addresses of hosts beside their own names and lines.

    ``called`` are their further names and addresses, ``published`` the ports of the machine that lead to theirs, ``inferred`` addresses
    that nobody gives as its own and that can only be a primary's, with its host. ``storage`` names the volume and the folder in it that a
    host's data node writes to, where its containers have one.
    """

    called: Mapping[str, Collection[str]] = field(default_factory=dict)
    published: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    inferred: Mapping[str, str] = field(default_factory=dict)
    storage: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Floating:
    """An address that ``hosts`` share in turn, the first with the highest priority. ``starts_on`` has it at the start.

    ``follows``: the host whose server says that it is the primary of ``master_name``, the first host that lives, or none (``manual``).
    A host that has seen a reason for ``after_ms`` acts. ``nonlocal_bind``: servers there may listen on it before it comes.
    ``preempts``: a host takes it from one that comes after it.
    """

    address: str
    hosts: tuple[str, ...]
    starts_on: str
    follows: Follows
    after_ms: int
    nonlocal_bind: bool = False
    preempts: bool = True
    master_name: str = ""


@dataclass(frozen=True)
class ClientPolicy:
    """How clients are placed: ``on`` is ``own`` (separate hosts), ``data`` (the data hosts) or names of hosts.

    ``through`` is the floating address that they know in the place of Sentinels; empty where they ask these.
    """

    count: int | None = None
    on: str | tuple[str, ...] = "own"
    ask: Asks = "all"
    through: str = ""


@dataclass(frozen=True)
class Client:
    """One client. ``asks`` are the hosts whose Sentinels it asks for the primary."""

    name: str
    host: str
    asks: tuple[str, ...]


@dataclass(frozen=True)
class Deployment:
    """The deployment under test. ``input_files`` maps names for people, never paths to write to, to the text that the user gave.

    Where the Sentinels monitor several primaries, all are stood up, and a trial is about one of them, the *subject*: the first unless
    :meth:`about` says otherwise. ``primary``, ``replicas``, ``quorum`` and the like are the subject's; ``data`` are all data nodes.
    """

    name: str
    description: str
    data: tuple[DataNode, ...]
    sentinels: tuple[SentinelNode, ...]
    monitored: tuple[MonitoredPrimary, ...]
    clients: tuple[Client, ...]
    client_policy: ClientPolicy
    input_files: dict[str, str]
    folders: tuple[Path, ...] = ()
    """Where files that its configuration names are looked for, besides the folder of each host."""
    reach: Reach = field(default_factory=Reach, compare=False)
    """Which files may be read for it."""
    overrides: tuple[Rewrite, ...] = ()
    """Lines that the user replaced with ``--with``."""
    not_reproduced: tuple[str, ...] = ()
    """What of it cannot be had on one machine, or could not be read, one sentence each."""
    astray: tuple[MisdirectedLine, ...] = ()
    """Lines of replicas and Sentinels that lead elsewhere than to their primary, as they were written."""
    host_names: HostNames = field(default_factory=HostNames, compare=False)
    """What its hosts are called in lines that its servers read."""
    floating: tuple[Floating, ...] = ()
    """The addresses that hosts share in turn."""
    subject: str = ""
    """The monitored primary that a trial is about; empty for the first."""
    secrets: Secrets = NO_SECRETS
    """What its directives keep secret; the ``text`` of each directive shows marks in its place, its ``words`` have it."""

    def about(self, master_name: str) -> "Deployment":
        """The same deployment with another subject.

        :raises BadInputError: no Sentinel monitors a primary of that name.
        """
        if master_name not in self.master_names:
            what = f"no primary called '{master_name}' is monitored"
            raise BadInputError(what, where=f"deployment '{self.name}'", hint=", ".join(self.master_names))
        return replace(self, subject=master_name)

    def floats(self, address: str) -> Floating | None:
        """The floating address that a word is (a ``-`` before it left out), None where it is none."""
        plain = address.removeprefix("-")
        return next((one for one in self.floating if one.address == plain), None)

    @property
    def master_names(self) -> tuple[str, ...]:
        """The names of all monitored primaries, in order."""
        return tuple(monitored.master_name for monitored in self.monitored)

    @property
    def tested(self) -> MonitoredPrimary:
        """The monitored primary that is the subject."""
        return next((one for one in self.monitored if one.master_name == self.subject), self.monitored[0])

    @property
    def group(self) -> tuple[DataNode, ...]:
        """The subject's data nodes, in order."""
        return tuple(node for node in self.data if node.master_name == self.master_name)

    @property
    def nodes(self) -> "tuple[Node, ...]":
        """Every server: the data nodes, then the Sentinels."""
        return (*self.data, *self.sentinels)

    @property
    def hosts(self) -> tuple[str, ...]:
        """Every host once: those of data nodes, of Sentinels, then of clients."""
        names = [*(node.host for node in self.nodes), *(client.host for client in self.clients)]
        return tuple(dict.fromkeys(names))

    @property
    def primary(self) -> DataNode:
        """The subject: the primary at the start."""
        return self.data_on(self.tested.host, self.master_name)

    @property
    def replicas(self) -> tuple[DataNode, ...]:
        """The subject's replicas at the start, in order."""
        return tuple(node for node in self.group if node.role == "replica")

    @property
    def replica_count(self) -> int:
        """R: how many replicas the subject has by configuration."""
        return len(self.replicas)

    @property
    def majority_ack(self) -> Ack:
        """``--ack auto``: ``wait:⌊(R+1)/2⌋``, which is the majority of its data nodes with the primary; async without replicas."""
        needed = (self.replica_count + 1) // 2
        return Ack(mode="wait", replicas=needed) if needed else Ack()

    @property
    def master_name(self) -> str:
        """The name that Sentinels and clients use for the subject."""
        return self.tested.master_name

    @property
    def quorum(self) -> int:
        """Sentinels that must agree that the primary is down."""
        return self.tested.quorum

    @property
    def down_after_ms(self) -> int:
        """``down-after-milliseconds``, Sentinel's default where not written."""
        return self.tested.down_after_ms

    @property
    def failover_timeout_ms(self) -> int:
        """``failover-timeout``, Sentinel's default where not written."""
        return self.tested.failover_timeout_ms

    @property
    def parallel_syncs(self) -> int:
        """``parallel-syncs``, Sentinel's default where not written."""
        return self.tested.parallel_syncs

    @property
    def aof_everywhere(self) -> bool:
        """True if each of the subject's data nodes has ``appendonly yes``."""
        return all(node.is_on("appendonly") for node in self.group)

    @property
    def features(self) -> frozenset[str]:
        """The build features that the engine needs beyond the plain server: ``tls``, ``modules``."""
        keys = {directive.key for node in self.nodes for directive in node.directives}
        tls = {"tls"} if any(key.startswith("tls-") for key in keys) else set()
        return frozenset(tls | ({"modules"} if "loadmodule" in keys and self.reach.modules else set()))

    def data_on(self, host: str, master_name: str = "") -> DataNode:
        """The data node of a host (KeyError when there is none): of that monitored primary's, or of the subject's where it has several."""
        there = {node.master_name: node for node in self.data if node.host == host}
        if master_name or not there:
            return there[master_name]
        return there.get(self.master_name) or next(iter(there.values()))

    def astray_at(self, node: str, master_name: str) -> MisdirectedLine | None:
        """Where a node's line about a primary leads instead, None where it is as it should be."""
        return next((one for one in self.astray if (one.node, one.master_name) == (node, master_name)), None)

    def begins_as_primary(self, node: DataNode) -> bool:
        """True if it is the one that the Sentinels monitor (one more without ``replicaof`` is an unknown primary)."""
        return any((one.master_name, one.host) == (node.master_name, node.host) for one in self.monitored)

    def sentinel_on(self, host: str) -> SentinelNode:
        """The Sentinel of a host (KeyError when there is none)."""
        return {node.host: node for node in self.sentinels}[host]
