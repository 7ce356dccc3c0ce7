"""Makes a hardened copy of a deployment: which lines go, which come, and which deployments are refused since something would be guessed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from jsquared.audit.hardening.hardened_users import FIRST_VERSION, PEER, REPLICATION, SENTINEL, HardenedUsers
from jsquared.audit.hardening.tls_material import read_material, tls_lines
from jsquared.deployment.dialect.dialect import Dialect, dialect_of
from jsquared.deployment.model.addresses import bound_addresses, ip_of, is_any, own_addresses
from jsquared.deployment.model.directives import Directive, Source, is_users, join_words, quote_word
from jsquared.deployment.model.spec import DataNode, Deployment, Node, SentinelNode
from jsquared.deployment.read.native.plain_folder import PlainFolder, plain_folder
from jsquared.errors import BadInputError
from jsquared.records.plan import Engine
from jsquared.running.engine import numbers

DROP_IN = """# /etc/systemd/system/UNIT.service.d/hardening.conf, for the units of redis-server and redis-sentinel, or valkey's.
# CONFIG REWRITE, and every failover at a Sentinel, writes a new file with passwords: for its owner alone.
[Service]
UMask=0077
"""
DROP_IN_FILE = "systemd/hardening.conf"
PASSWORDS_FILE = "passwords"
BY_HARDENING = Source("jsquared harden", "jsquared harden")
OF_LOGINS = frozenset(
    {
        "acl-pubsub-default", "masterauth", "masteruser", "requirepass", "sentinel auth-pass", "sentinel auth-user",
        "sentinel sentinel-pass", "sentinel sentinel-user",
    }
)  # fmt: skip
"""Lines that the named users take the place of."""
PROTECTED = {
    "protected-mode": "yes", "replica-read-only": "yes", "enable-protected-configs": "no", "enable-debug-command": "no",
    "enable-module-command": "no", "hide-user-data-from-log": "yes",
}  # fmt: skip
"""Settings of data nodes, each where the version knows it."""
REFUSED = {
    "aclfile": "has users of its own, and which of them are applications cannot be told",
    "user": "is a user already, and which users are applications cannot be told",
    "loadmodule": "brings commands, and which of them applications may give cannot be told",
    "rename-command": "renames a command, and rules of users speak of commands by their own names",
    "sentinel rename-command": "renames a command, and rules of users speak of commands by their own names",
}
BUFFERS = ("client-output-buffer-limit", "normal", "256mb", "64mb", "60")


@dataclass(frozen=True, kw_only=True)
class HardeningChoices:
    """What the user gives: patterns of the application's keys and channels, and a folder with certificates."""

    keys: Sequence[str] = ()
    channels: Sequence[str] = ()
    certificates: Path | None = None


@dataclass
class HardenedFolder:
    """The files to write, and those that they come from. ``open_points`` maps rules of the audit to what the user would have to give."""

    files: dict[str, bytes]
    before: dict[str, bytes]
    passwords: dict[str, str]
    open_points: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


def harden_deployment(deployment: Deployment, engine: Engine, choices: HardeningChoices) -> HardenedFolder:
    """Return a hardened copy as a folder of native files, with the lines that this engine's version takes.

    :raises BadInputError: a line's meaning is unclear, the engine is too old, or what the user gives is wrong.
    """
    _check(deployment, engine)
    users = HardenedUsers(
        numbers(engine)[:2], _patterns(choices.keys, "--keys") or ("*",), _patterns(choices.channels, "--channels")
    )
    _check_channels(choices.channels)
    material = (
        read_material(choices.certificates, [*dict.fromkeys(node.host for node in deployment.nodes)])
        if choices.certificates
        else {}
    )
    made = _Made(deployment, dialect_of(engine)[0], users, has_tls=bool(material))
    hardened = replace(
        deployment,
        data=tuple(made.hardened(node) for node in deployment.data),
        sentinels=tuple(made.hardened(node) for node in deployment.sentinels),
    )
    folder = plain_folder(hardened)
    made.add_tls(folder, hardened)
    files = folder.files | material
    files |= {f"{node.host}/{DROP_IN_FILE}": DROP_IN.encode() for node in deployment.nodes}
    files[PASSWORDS_FILE] = "".join(
        f"{name}={password}\n" for name, password in sorted(users.passwords.items())
    ).encode()
    places = set(folder.places.values())
    before = {name: data for name, data in plain_folder(deployment).files.items() if name in places}
    return HardenedFolder(files, before, users.passwords, made.open_points(choices), folder.missing)


def _check(deployment: Deployment, engine: Engine) -> None:
    if numbers(engine)[:2] < FIRST_VERSION:
        what = f"{engine.name} {engine.version} has no users for Sentinels, and no rules for channels"
        raise BadInputError(what, where="--engine", hint=f"version {'.'.join(map(str, FIRST_VERSION))} or newer")
    if deployment.floating:
        what = "has an address that hosts share, and which of their addresses servers are to listen on cannot be told"
        raise BadInputError(what, where=deployment.name, hint="jsquared audit, which names each line to change")
    for node in deployment.nodes:
        for line in node.directives:
            if line.key in REFUSED:
                raise line.bad(f"{REFUSED[line.key]}", "jsquared audit, which names each line to change")
            if line.key.startswith("tls-"):
                what = "TLS is set up already, and which clients have certificates cannot be told"
                raise line.bad(what, "jsquared audit, which names each line to change")


def _patterns(given: Sequence[str], option: str) -> tuple[str, ...]:
    for pattern in given:
        if not pattern or quote_word(pattern) != pattern or any(character in pattern for character in "()#"):
            raise BadInputError("is no pattern that a rule can have", where=option, hint=f"{option} 'shop:*'")
    return tuple(given)


def _check_channels(channels: Sequence[str]) -> None:
    for pattern in channels:
        if pattern[:1] in "*?[" or pattern.startswith("__"):
            what = "may reach the channel on which Sentinels find each other"
            raise BadInputError(what, where="--channels", hint="--channels 'shop:*'")


AnyNode = TypeVar("AnyNode", DataNode, SentinelNode)


def _names_a_host(line: Directive) -> bool:
    return not is_users(line) and len(line.arguments) > 1 and ip_of(line.arguments[1]) is None


@dataclass
class _Made:
    """Makes the lines of each node."""

    deployment: Deployment
    dialect: Dialect
    users: HardenedUsers
    has_tls: bool
    unbound: list[str] = field(default_factory=list)

    def hardened(self, node: AnyNode) -> AnyNode:
        """Return a node with the lines that harden it, behind those that stay."""
        new: list[Directive] = [Directive.make(words, BY_HARDENING, None, words[0]) for words in self._lines(node)]
        replaced = {line.key for line in new} - {"user", "client-output-buffer-limit"} | OF_LOGINS
        replaced |= {"port"} if self.has_tls else set()
        kept: list[Directive] = [line for line in node.directives if line.key not in replaced]
        return replace(node, directives=(*kept, *new))

    def _lines(self, node: Node) -> Iterator[tuple[str, ...]]:
        yield from self._bind(node)
        if isinstance(node, DataNode):
            yield from self._of_data(node)
        else:
            yield from self._of_sentinel(node)
        yield "acl-pubsub-default", "resetchannels"
        if node.value("loglevel").lower() == "debug":
            yield "loglevel", "notice"

    def _bind(self, node: Node) -> Iterator[tuple[str, ...]]:
        line = node.find("bind")
        if line and line.arguments and not any(map(is_any, line.arguments)):
            return
        called = self.deployment.host_names.called.get(node.host, ())
        known = {word for word in (*own_addresses(node), *bound_addresses(node), *called) if ip_of(word)}
        if len(known) == 1:
            yield "bind", *known
        elif any(each.path for each in node.directives) or not node.directives:  # of a description: its hosts are names
            yield "bind", node.host
        else:
            self.unbound.append(node.name)

    def _of_data(self, node: DataNode) -> Iterator[tuple[str, ...]]:
        yield from self.users.of_data_node()
        yield "masteruser", REPLICATION
        yield "masterauth", self.users.password(REPLICATION)
        for name, value in PROTECTED.items():
            if self.dialect.knows(name, setting=False):
                yield name, value
        limited = [
            line for line in node.all("client-output-buffer-limit") if "normal" in map(str.lower, line.arguments)
        ]
        if not limited:
            yield BUFFERS
        if node.value("unixsocket"):
            yield "unixsocketperm", "770"

    def _of_sentinel(self, node: SentinelNode) -> Iterator[tuple[str, ...]]:
        for line in node.all("sentinel monitor"):
            yield "sentinel", "auth-user", line.arguments[0], SENTINEL
            yield "sentinel", "auth-pass", line.arguments[0], self.users.password(SENTINEL)
        yield "sentinel", "sentinel-user", PEER
        yield "sentinel", "sentinel-pass", self.users.password(PEER)
        yield "sentinel", "deny-scripts-reconfig", "yes"
        yield from self.users.of_sentinel()
        yield "protected-mode", "yes"
        if any(_names_a_host(line) for line in node.all("sentinel monitor")):
            yield "sentinel", "resolve-hostnames", "yes"  # what a description calls its hosts are names to a server

    def add_tls(self, folder: PlainFolder, hardened: Deployment) -> None:
        """Add the lines about TLS behind all others, where there are certificates."""
        ports = {node.name: node.plain_port for node in self.deployment.nodes}
        for node in hardened.nodes if self.has_tls else ():
            text = "".join(f"{join_words(words)}\n" for words in tls_lines(ports[node.name]))
            folder.files[folder.places[node.name]] += text.encode()

    def open_points(self, choices: HardeningChoices) -> dict[str, str]:
        """The rules that stay open, each with what it takes."""
        found = {}
        if not self.has_tls:
            found["T1"] = "certificates: --tls-cert-dir DIR with ca.crt, and HOST.crt and HOST.key of each host"
        if self.unbound:
            found["N1"] = f"a bind line with the private address of each host ({', '.join(self.unbound)})"
        if not choices.keys:
            found["P4"] = "the pattern of the application's keys: --keys 'PREFIX:*'"
        if any(node.value("maxmemory", "0") == "0" for node in self.deployment.data):
            found["O2"] = "maxmemory, which depends on the machines"
        return found
