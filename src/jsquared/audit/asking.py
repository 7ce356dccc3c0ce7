"""Asking one running server what an audit wants to know. Replies are a stranger's text: bounded, checked, never trusted, never kept whole.

Every command only reads, and a server that refuses one of them is still asked for the rest.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from jsquared.advisories.matching import engine_of_info
from jsquared.audit.certificate_files import certificate_of_bytes
from jsquared.audit.evidence import CertificateFacts, ProcessFacts, VersionFacts
from jsquared.audit.live_settings import BESIDE, OPEN_WHERE_UNKNOWN, READ, SECRETS, SEVERAL_WORDS
from jsquared.audit.local_process import process_of
from jsquared.audit.server_version import version_of_program
from jsquared.deployment.model.directives import canonical
from jsquared.errors import LabError
from jsquared.records.hidden import HiddenSecret
from jsquared.resp.blocking import Connection, encrypted
from jsquared.resp.failures import ServerReplyError
from jsquared.resp.replies import pairs, parse_info
from jsquared.running.access import Access
from jsquared.running.discovered import DiscoveredNode
from jsquared.text import one_line, whole_number

MOST_USERS = 1000
MOST_RULES = 2000
MOST_CLIENTS = 20_000
LONGEST_VALUE = 4000
_CLIENT_NAME = re.compile(r"sentinel-(?P<id>[0-9a-f]{8})-(?:cmd|pubsub)")
_CLIENT_FIELD = re.compile(r"(?:^| )(?P<key>name|user)=(?P<value>\S*)")
_USABLE = re.compile(r"(?:OK|NOQUORUM) (?P<count>\d{1,4}) usable")

Lines = list[tuple[str, ...]]


@dataclass
class Told:
    """The answers of one server. ``lines`` are words of directives, ``refused`` settings or commands with the reason."""

    lines: Lines = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)
    problem: str = ""
    sentinels: dict[str, str] | None = None
    """First eight digits of the ids of Sentinels that are connected, to the user that each logged in with; None where it does not tell."""
    usable: dict[str, int] = field(default_factory=dict)
    """Of a Sentinel: names of primaries to how many Sentinels it can use."""
    failed_logins: int | None = None
    process: ProcessFacts | None = None
    certificate: CertificateFacts | None = None
    version: VersionFacts | None = None


def ask_data_node(access: Access, node: DiscoveredNode) -> Told:
    """Ask a data node; one that cannot be asked is told as a problem."""
    told = Told()
    try:
        with access.to_data(node.address, node.port) as connection:
            _settings(connection, told)
            _common(connection, told, node)
        with access.to_data(node.address, node.port) as connection:
            _clients(connection, told)
    except LabError as problem:
        told.problem = _short(problem)
    if access.data_tls is not None:
        told.certificate = _certificate(access, node, access.data_tls)
    return told


def ask_sentinel_node(access: Access, node: DiscoveredNode, masters: Sequence[str]) -> Told:
    """Ask a Sentinel; one that cannot be asked is told as a problem."""
    told = Told()
    try:
        with access.to_sentinel(node.address, node.port) as connection:
            for master in masters:
                _quorum(connection, told, master)
            _common(connection, told, node)
            _clients(connection, told)
    except LabError as problem:
        told.problem = _short(problem)
    if access.sentinel_tls is not None:
        told.certificate = _certificate(access, node, access.sentinel_tls)
    return told


def _short(problem: Exception) -> str:
    return one_line(str(problem))[:300]


def _answer(connection: Connection, told: Told, key: str, *words: str) -> Any:
    """The reply to one command, None where the server refuses it, with the reason noted under a key."""
    try:
        return connection.command(*words)
    except ServerReplyError as refusal:
        told.refused[key] = one_line(refusal.what)[:200]
        return None


def _settings(connection: Connection, told: Told) -> None:
    for name in READ:
        key = canonical(name)
        reply = _answer(connection, told, key, "CONFIG", "GET", name)
        if key in told.refused:
            continue
        told.told.add(key)
        value: Any = pairs(reply).get(name) if isinstance(reply, list) else None
        if value is None:
            value = "yes" if name in OPEN_WHERE_UNKNOWN else ""
        if not isinstance(value, str) or not value:
            continue
        if name in SECRETS:
            told.lines.append((name, HiddenSecret(value)))
        elif name in BESIDE:
            told.settings[key] = value[:LONGEST_VALUE]
        else:
            words = value[:LONGEST_VALUE].replace("\0", "").split() if name in SEVERAL_WORDS else [_word(value)]
            told.lines.append((name, *words))


def _word(value: str) -> str:
    return value[:LONGEST_VALUE].replace("\0", "")


def _common(connection: Connection, told: Told, node: DiscoveredNode) -> None:
    """Users, refused logins, version and process."""
    users = _answer(connection, told, "user", "ACL", "LIST")
    if isinstance(users, list):
        told.told.add("user")
        told.lines += _users(users)
    elif "user" not in told.refused:
        told.refused["user"] = "its answer to ACL LIST is no list"
    log = _answer(connection, told, "ACL LOG", "ACL", "LOG", "128")
    told.failed_logins = _failed_logins(log) if isinstance(log, list) else None
    text = _answer(connection, told, "INFO", "INFO", "server")
    info = parse_info(text) if isinstance(text, str) else {}
    told.process = process_of(node.address, node.port, info)
    told.version = _version(info, told.process)


def _users(reply: Sequence[Any]) -> Iterator[tuple[str, ...]]:
    for line in reply[:MOST_USERS]:
        words = line.replace("\0", "").split() if isinstance(line, str) else []
        if words[:1] == ["user"] and len(words) > 1:
            yield tuple(words[:MOST_RULES])


def _failed_logins(log: Sequence[Any]) -> int:
    entries = [pairs(entry) for entry in log if isinstance(entry, list)]
    return sum(entry.get("reason") == "auth" for entry in entries)


def _version(info: dict[str, str], process: ProcessFacts | None) -> VersionFacts | None:
    server, version = (one_line(text)[:40] for text in engine_of_info(info))
    if not server or not version:
        return None
    if process is None or process.program is None:
        return VersionFacts(server=server, version=version)
    return version_of_program(server, version, process.program)


def _clients(connection: Connection, told: Told) -> None:
    reply = _answer(connection, told, "CLIENT LIST", "CLIENT", "LIST")
    if not isinstance(reply, str):
        return
    told.sentinels = {}
    for line in reply.split("\n")[:MOST_CLIENTS]:
        fields = {found["key"]: found["value"] for found in _CLIENT_FIELD.finditer(line)}
        if found := _CLIENT_NAME.fullmatch(fields.get("name", "")):
            told.sentinels[found["id"]] = fields.get("user", "")


def _quorum(connection: Connection, told: Told, master: str) -> None:
    try:
        text = str(connection.command("SENTINEL", "CKQUORUM", master))
    except ServerReplyError as refusal:
        text = refusal.what
    if found := _USABLE.match(text):
        told.usable[master] = whole_number(found["count"]) or 0


def _certificate(access: Access, node: DiscoveredNode, context: Any) -> CertificateFacts | None:
    try:
        with encrypted(access.dial(node.address, node.port, access.timeout_s), context) as connection:
            return certificate_of_bytes(connection.getpeercert(True))  # type: ignore[attr-defined]
    except OSError:
        return None
