"""Asking one running server what an audit wants to know. Replies are a stranger's text: bounded, checked, never trusted, never kept whole.

Every command only reads, and a server that refuses one of them is still asked for the rest.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

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
from jsquared.resp.replies import engine_of_info, pairs, parse_info
from jsquared.running.access import Access
from jsquared.running.discovered import DiscoveredNode
from jsquared.running.questions import Questions
from jsquared.text import one_line, whole_number

MOST_RULES = 2000
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
            asked = Questions(connection)
            _settings(asked, told)
            _common(asked, told, node)
        with access.to_data(node.address, node.port) as connection:
            told.sentinels = _noted(asked, told, Questions(connection))
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
            asked = Questions(connection)
            _common(asked, told, node)
            told.sentinels = _noted(asked, told, asked)
    except LabError as problem:
        told.problem = _short(problem)
    if access.sentinel_tls is not None:
        told.certificate = _certificate(access, node, access.sentinel_tls)
    return told


def _noted(asked: Questions, told: Told, last: Questions) -> dict[str, str] | None:
    """The Sentinels that are connected, once everything that was refused has been noted."""
    connected = last.connected_sentinels()
    told.refused |= {key: why for key, why in (asked.refused | last.refused).items() if key != "ACL LIST"}
    return connected


def _short(problem: Exception) -> str:
    return one_line(str(problem))[:300]


def _settings(asked: Questions, told: Told) -> None:
    found, refused = asked.settings("CONFIG", READ)
    told.refused |= {canonical(name): why for name, why in refused.items()}
    for name in READ:
        key = canonical(name)
        if key in told.refused:
            continue
        told.told.add(key)
        value = found.get(name, "yes" if name in OPEN_WHERE_UNKNOWN else "")
        if not value:
            continue
        if name in BESIDE:
            told.settings[key] = value
        elif name in SECRETS:
            told.lines.append((name, HiddenSecret(value)))
        else:
            told.lines.append((name, *(value.split() if name in SEVERAL_WORDS else [value])))


def _common(asked: Questions, told: Told, node: DiscoveredNode) -> None:
    """Users, refused logins, version and process."""
    users = asked.users()
    if users is not None:
        told.told.add("user")
        told.lines += [tuple(line.split()[:MOST_RULES]) for line in users if len(line.split()) > 1]
    else:
        told.refused["user"] = asked.refused.get("ACL LIST", "its answer to ACL LIST is not a list of users")
    log = asked.reply("ACL", "LOG", "128")
    told.failed_logins = _failed_logins(log) if isinstance(log, list) else None
    info = parse_info(asked.text("INFO", "server", about="INFO"))
    told.process = process_of(node.address, node.port, info)
    told.version = _version(info, told.process)


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
