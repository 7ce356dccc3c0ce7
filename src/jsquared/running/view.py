"""A view of a deployment: who is primary, which replica is behind, what each node says of itself.

It asks and never acts, so it needs neither a sandbox nor a plan: it also serves a deployment that the lab did not start.
"""

import contextlib
import socket
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from jsquared.errors import BadInputError, LabError
from jsquared.records.placement import PlacedNode, TlsFiles
from jsquared.resp.blocking import DEFAULT_TIMEOUT_S, Connection
from jsquared.resp.dialing import Dial, dial
from jsquared.resp.failures import ServerReplyError, Unreachable
from jsquared.resp.replies import pairs, parse_info
from jsquared.running.addresses import Addresses
from jsquared.text import whole_number

if TYPE_CHECKING:
    import ssl

ASK_ALL_LIMIT_S = 0.3
PRIMARY_WORDS = frozenset({"master", "primary"})


@dataclass(frozen=True)
class RoleView:
    """A data node's own account in INFO replication.

    ``offset`` is in bytes of the replication stream; ``follows`` is ``address:port`` of its primary, empty for a primary.
    """

    primary: bool
    offset: int
    link_up: bool
    follows: str
    replicas: int

    @classmethod
    def parse(cls, info: dict[str, str]) -> "RoleView":
        """From the fields of INFO replication."""
        primary = info.get("role", "") in PRIMARY_WORDS
        offset = info.get("master_repl_offset" if primary else "slave_repl_offset", "0")
        follows = "" if primary else f"{info.get('master_host', '')}:{info.get('master_port', '')}"
        return cls(
            primary=primary,
            offset=whole_number(offset) or 0,
            link_up=info.get("master_link_status", "") == "up",
            follows=follows,
            replicas=whole_number(info.get("connected_slaves", "0")) or 0,
        )


class DeploymentView:
    """The answers of a deployment's nodes, by node name."""

    def __init__(
        self,
        nodes: Sequence[PlacedNode],
        addresses: Addresses,
        *,
        master_name: str = "",
        tls: TlsFiles | None = None,
        ignores_expiry: bool = False,
        dial: Dial = dial,
    ) -> None:
        """:param addresses: where the nodes are, now.
        :param master_name: the monitored primary that the view is about; that of the first data node where none is named.
        :param tls: what to trust and show where a node speaks TLS.
        :param ignores_expiry: whether to speak to a node whose certificate has expired, as the lab must where that is the fault.
        :param dial: how to connect to nodes.
        """
        self.nodes = tuple(nodes)
        self.addresses = addresses
        self.master_name = master_name or self.data[0].master_name
        """The name under which the Sentinels monitor the primary that the view is about."""
        self._tls_files = tls or TlsFiles()
        self._ignores_expiry = ignores_expiry
        self._dial = dial
        self._by_name = {node.name: node for node in nodes}
        self._credentials = {node.name: node.login for node in nodes}
        self._renamed_commands = {node.name: dict(node.renamed) for node in nodes}
        self._last_primaries = {node.master_name: node.name for node in self.data if node.initial_primary}
        self._by_address = {
            f"{called}:{node.port}": node.name
            for node in nodes
            for called in (node.address, node.other_address or node.address, *node.names)
        }
        self._holders: dict[str, tuple[str, ...]] = {}

    # -- who there is

    def node(self, name: str) -> PlacedNode:
        """The node of that name (KeyError when there is none)."""
        return self._by_name[name]

    @property
    def data(self) -> tuple[PlacedNode, ...]:
        """Every data node, those of all monitored primaries."""
        return tuple(node for node in self.nodes if node.role == "data")

    @property
    def sentinels(self) -> tuple[PlacedNode, ...]:
        """Every Sentinel."""
        return tuple(node for node in self.nodes if node.role == "sentinel")

    def group(self, master_name: str = "") -> tuple[PlacedNode, ...]:
        """The data nodes of one monitored primary; of the one that the view is about where none is named."""
        return tuple(node for node in self.data if node.master_name == (master_name or self.master_name))

    @property
    def master_names(self) -> tuple[str, ...]:
        """The names of all monitored primaries; the one that the view is about comes first."""
        return tuple(dict.fromkeys((self.master_name, *(node.master_name for node in self.data))))

    def address(self, name: str) -> str:
        """Return the present address of a node."""
        return self.addresses.of(name)

    # -- questions

    def ask(self, name: str, *words: str | int, timeout_s: float = 1.0) -> Any:
        """One command to a node on a fresh connection.

        :raises Unreachable: it does not answer.
        :raises ServerReplyError: it answers with an error.
        """
        with self.connect(name, timeout_s) as connection:
            return connection.command(*words)

    def credentials(self, name: str) -> tuple[str, ...]:
        """Return the credentials for AUTH at a node; empty where it requires none."""
        return self._credentials[name]

    def use_credentials(self, name: str, credentials: tuple[str, ...]) -> None:
        """From now on, the lab logs in at a node with these; clients and servers keep what their own configuration says."""
        self._credentials[name] = credentials

    def answers(self, name: str, timeout_s: float = 0.25) -> bool:
        """True if a node answers PING at all (an error reply is an answer too, LOADING is not)."""
        try:
            self.ask(name, "PING", timeout_s=timeout_s)
        except Unreachable:
            return False
        except ServerReplyError as reply:
            return not reply.what.startswith("LOADING")
        return True

    def role(self, name: str, timeout_s: float = 0.5) -> RoleView | None:
        """Return a data node's own account of its role, None without an answer."""
        try:
            return RoleView.parse(parse_info(self.ask(name, "INFO", "replication", timeout_s=timeout_s)))
        except LabError:
            return None

    def run_id(self, name: str) -> str:
        """The run id of a node's present process, empty when it does not say."""
        try:
            return parse_info(self.ask(name, "INFO", "server")).get("run_id", "")
        except LabError:
            return ""

    def node_at(self, address: str) -> str:
        """The node name of ``address:port`` or ``name:port``, empty when it is none of ours."""
        return self._by_address.get(address.lower(), "") or self._behind_floating(address)

    def floating_moved(self, address: str, *, leaves: str = "", takes: str = "") -> tuple[str, ...]:
        """Note that a host has lost or got a floating address; the hosts that have it now."""
        holders = [host for host in self._holders.get(address, ()) if host not in (leaves, takes)]
        self._holders[address] = (*holders, takes) if takes else tuple(holders)
        return self._holders[address]

    def _behind_floating(self, address: str) -> str:
        """The data node that is reached at a floating address and a port, empty where not exactly one host has it."""
        floating, _, port = address.rpartition(":")
        holders = self._holders.get(floating, ())
        there = (node for node in self.data if node.host in holders and str(node.port) == port)
        return next((node.name for node in there), "") if len(holders) == 1 else ""

    def votes(self, master_name: str = "") -> dict[str, str]:
        """Return the data node that each Sentinel names as the primary within 0.3 s; all are asked at once.

        :param master_name: of another monitored primary than the one that the trial is about.
        """
        sentinels = [sentinel.name for sentinel in self.sentinels]
        answers = self.ask_all(sentinels, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", master_name or self.master_name)
        return {name: self.node_at(":".join(reply)) if reply else "" for name, reply in answers.items()}

    def ask_all(self, names: Sequence[str], *words: str | int) -> dict[str, Any]:
        """The replies of those nodes that answer within 0.3 s and not with an error."""
        deadline = time.monotonic() + ASK_ALL_LIMIT_S
        replies: dict[str, Any] = {}
        with contextlib.ExitStack() as stack:
            connections: dict[str, Connection] = {}
            for name in names:
                with contextlib.suppress(LabError):
                    connections[name] = stack.enter_context(self.connect(name, ASK_ALL_LIMIT_S))
                    connections[name].send(*words)
            for name, connection in connections.items():
                with contextlib.suppress(LabError):
                    replies[name] = connection.reply(deadline - time.monotonic())
        return replies

    def dial(self, address: str, port: int, limit_s: float) -> socket.socket:
        """Connect as all connections to nodes are made; see :func:`jsquared.resp.dialing.dial`.

        :raises OSError: there is no connection in time.
        """
        return self._dial(address, port, limit_s)

    def connect(
        self, name: str, timeout_s: float = DEFAULT_TIMEOUT_S, *, credentials: tuple[str, ...] | None = None
    ) -> Connection:
        """A connection to a node as its configuration wants it: logged in, over TLS, with commands by the names that they have there.

        :param credentials: other ones than the lab's own.
        :raises Unreachable: it does not answer.
        :raises ServerReplyError: it refuses the login.
        """
        own = self._credentials[name]
        try:
            return self._open(name, timeout_s, own if credentials is None else credentials)
        except ServerReplyError:
            # A fault may have changed the password, and a restart since then have brought back the one of the file.
            if credentials is not None or own == self.node(name).login:
                raise
            return self._open(name, timeout_s, self.node(name).login)

    def _open(self, name: str, timeout_s: float, credentials: tuple[str, ...]) -> Connection:
        node = self.node(name)
        return Connection(
            self.address(name),
            node.port,
            credentials=credentials,
            timeout_s=timeout_s,
            tls=self.tls(name),
            renamed_commands=self.renamed_commands(name),
            dial=self.dial,
        )

    def renamed_commands(self, name: str) -> Mapping[str, str]:
        """Commands in upper case to the names that they have at a node (empty: taken away), where these differ."""
        return self._renamed_commands[name]

    def tls(self, name: str) -> "ssl.SSLContext | None":
        """Return the TLS context for a node, None without encryption; its files are there once its nodes are installed.

        :raises BadInputError: a certificate or key cannot be used.
        """
        return self._tls_context if self.node(name).tls else None

    def certificate(self, name: str, timeout_s: float = DEFAULT_TIMEOUT_S) -> tuple[bytes, str]:
        """Return the certificate, as DER, that a node shows, and why others than the lab do not trust it (empty: they do).

        :raises Unreachable: there is no handshake.
        """
        from jsquared.resp.tls import shown_certificate  # noqa: PLC0415

        where = self.address(name), self.node(name).port, timeout_s
        try:
            shown = shown_certificate(self.dial(*where), self._tls_context)
            try:
                return shown_certificate(self.dial(*where), self._context(ignores_expiry=False)), ""
            except OSError as problem:
                return shown, getattr(problem, "verify_message", "") or str(problem)
        except OSError as problem:
            raise Unreachable(f"no TLS ({problem})", where=name) from problem

    @cached_property
    def _tls_context(self) -> "ssl.SSLContext":
        return self._context(ignores_expiry=self._ignores_expiry)

    def _context(self, *, ignores_expiry: bool) -> "ssl.SSLContext":
        from jsquared.resp.tls import client_context  # noqa: PLC0415 -- only those who use TLS pay for it

        files = self._tls_files
        try:
            return client_context(
                files.authorities, files.certificate, files.key, files.key_password, ignores_expiry=ignores_expiry
            )
        except OSError as problem:
            hint = "the certificates that the configuration names, readable, and the password of the key"
            raise BadInputError(f"no usable certificate ({problem})", where=files.certificate, hint=hint) from problem

    def primary(self, master_name: str = "") -> str:
        """The node that a majority of the configured Sentinels names as primary, empty when there is none.

        :param master_name: of another monitored primary than the one that the trial is about.
        """
        counts = Counter(self.votes(master_name).values())
        counts.pop("", None)
        name, votes = next(iter(counts.most_common(1)), ("", 0))
        if votes <= len(self.sentinels) // 2:
            return ""
        self._last_primaries[master_name or self.master_name] = name
        return name

    def last_primary(self, master_name: str = "") -> str:
        """The primary by majority, or the one last known while the Sentinels name none (they may all be down)."""
        return self.primary(master_name) or self._last_primaries[master_name or self.master_name]

    def primaries(self) -> dict[str, str]:
        """Every monitored primary's name to its node, by majority or as last known; the trial's own first."""
        return {master: self.last_primary(master) for master in self.master_names}

    def replicas(self) -> list[str]:
        """All data nodes of the trial's group but the primary, in plan order."""
        primary = self.last_primary()
        return [node.name for node in self.group() if node.name != primary]

    def leading_sentinel(self) -> str:
        """The Sentinel that most others voted for in the newest epoch.

        :raises BadInputError: no Sentinel has been voted for yet.
        """
        ids = {self.ask(node.name, "SENTINEL", "MYID"): node.name for node in self.sentinels}
        votes: Counter[tuple[int, str]] = Counter()
        for node in self.sentinels:
            for peer in self.ask(node.name, "SENTINEL", "SENTINELS", self.master_name):
                fields = pairs(peer)
                if fields.get("voted-leader", "?") in ids:
                    votes[int(fields["voted-leader-epoch"]), ids[fields["voted-leader"]]] += 1
        if not votes:
            raise BadInputError(
                "no Sentinel leads: no vote has been cast yet", where="sentinel:leader", hint="sentinel:1"
            )
        return max(votes)[1]
