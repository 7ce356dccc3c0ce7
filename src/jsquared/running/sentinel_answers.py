"""One Sentinel's account of all that it monitors, read from its replies, which are a stranger's text: checked, bounded, never trusted."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from jsquared.errors import LabError
from jsquared.resp.blocking import Connection
from jsquared.resp.failures import ServerReplyError
from jsquared.resp.replies import pairs
from jsquared.running.access import Access
from jsquared.running.discovered import DiscoveredNode, Role
from jsquared.text import one_line, whole_number

MOST_MASTERS = 64
MOST_NODES = 256
"""Of one kind around one monitored primary, as one Sentinel lists them."""
MOST_FLAGS = 16
ADDRESS = re.compile(r"[A-Za-z0-9_.:-]{1,255}")
MASTER_NAME = re.compile(r"[^\s\x00-\x1f\x7f-\x9f]{1,255}")
_ID = re.compile(r"[0-9A-Za-z]{1,64}")
_FLAG = re.compile(r"[a-z_-]{1,40}")
_LARGEST_PORT = 65_535

Fields = dict[str, str]


@dataclass(frozen=True)
class MasterAccount:
    """One Sentinel's account of one monitored primary."""

    primary: DiscoveredNode
    settings: dict[str, int]
    """``quorum``, ``down_after_ms``, ``failover_timeout_ms``, ``config_epoch``."""
    replicas: tuple[DiscoveredNode, ...] = ()
    peers: tuple[DiscoveredNode, ...] = ()


@dataclass(frozen=True)
class SentinelAccount:
    """One Sentinel's account of everything; nothing but the ``problem`` where it could not be asked."""

    id: str = ""
    masters: dict[str, MasterAccount] = field(default_factory=dict)
    problem: str = ""


def ask_sentinel(access: Access, address: str, port: int) -> SentinelAccount:
    """Ask one Sentinel for everything that it knows; a Sentinel that cannot be asked is told as a problem."""
    try:
        with access.to_sentinel(address, port) as connection:
            return SentinelAccount(_own_id(connection), _masters(connection))
    except LabError as problem:
        return SentinelAccount(problem=one_line(str(problem))[:300])


def _own_id(connection: Connection) -> str:
    try:
        return text_in(connection.command("SENTINEL", "MYID"), _ID)
    except ServerReplyError:
        return ""  # one of before 6.2 has no such command, and is told from the others by its address


def _masters(connection: Connection) -> dict[str, MasterAccount]:
    accounts = {}
    for fields in entries_of(connection.command("SENTINEL", "MASTERS"), MOST_MASTERS):
        name, primary = text_in(fields.get("name"), MASTER_NAME), _node("primary", fields)
        if name and primary:
            accounts[name] = MasterAccount(
                primary=primary,
                settings={
                    "quorum": number_in(fields, "quorum"),
                    "down_after_ms": number_in(fields, "down-after-milliseconds"),
                    "failover_timeout_ms": number_in(fields, "failover-timeout"),
                    "config_epoch": number_in(fields, "config-epoch"),
                },
                # Its older name is known to every version.
                replicas=_nodes("replica", connection.command("SENTINEL", "SLAVES", name)),
                peers=_nodes("sentinel", connection.command("SENTINEL", "SENTINELS", name)),
            )
    return accounts


def _nodes(role: Role, reply: Any) -> tuple[DiscoveredNode, ...]:
    nodes = (_node(role, fields) for fields in entries_of(reply, MOST_NODES))
    return tuple(node for node in nodes if node)


def entries_of(reply: Any, most: int) -> Iterator[Fields]:
    """Yield the name-value lists of a reply, at most so many, with what is text in them."""
    for entry in reply[:most] if isinstance(reply, list) else ():
        if isinstance(entry, list):
            texts: dict[str, Any] = dict(pairs(entry))
            yield {name: value for name, value in texts.items() if isinstance(value, str)}


def _node(role: Role, fields: Fields) -> DiscoveredNode | None:
    address, port = text_in(fields.get("ip"), ADDRESS), number_in(fields, "port")
    if not address or not 0 < port <= _LARGEST_PORT:
        return None
    flags = (flag for flag in fields.get("flags", "").split(",")[:MOST_FLAGS] if _FLAG.fullmatch(flag))
    return DiscoveredNode(
        role=role, address=address, port=port, id=text_in(fields.get("runid"), _ID), flags=tuple(sorted(flags))
    )


def number_in(fields: Fields, name: str) -> int:
    """Return a field as a whole number, 0 where it is none."""
    return whole_number(fields.get(name, "")) or 0


def text_in(value: Any, form: re.Pattern[str]) -> str:
    """Return a value that is text of that form, empty where it is not."""
    return value if isinstance(value, str) and form.fullmatch(value) else ""
