"""The configuration of a running server in its own words, asked for by name and never as a whole, so that no password is among it.

``CONFIG GET *`` shows ``masterauth`` in clear to everyone who may ask for anything, and ``SENTINEL CONFIG GET *`` shows ``sentinel-pass``:
neither is ever sent. Whether a password is needed follows from a connection without one, and users from ACL LIST, which shows hashes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from jsquared.errors import LabError
from jsquared.resp.blocking import Connection
from jsquared.resp.failures import ServerReplyError
from jsquared.resp.replies import pairs, parse_info
from jsquared.running.access import Access
from jsquared.running.sentinel_answers import (
    ADDRESS,
    MASTER_NAME,
    MOST_MASTERS,
    MOST_NODES,
    Fields,
    entries_of,
    text_in,
)
from jsquared.text import one_line

SECRETS = ("requirepass", "masterauth", "primaryauth", "tls-key-file-pass", "tls-client-key-file-pass")
"""Names that no server is asked for."""
SENTINEL_SETTINGS = ("announce-ip", "announce-port", "announce-hostnames", "resolve-hostnames", "sentinel-user")
MOST_USERS = 1000
LONGEST_VALUE = 4096
SENTINEL_CLIENT = "name=sentinel-"
"""So do the connections of Sentinels call themselves (``sentinelReconnectInstance`` in sentinel.c)."""
LEFT_OUT = "\ufffd"
"""Stands where bytes were no text, so that what was there is not known."""


@dataclass(frozen=True)
class AskedServer:
    """The answers of one server. ``unread`` has what could not be asked, to the reason; with an empty name nothing could."""

    info: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    users: tuple[str, ...] | None = None
    """The lines of ACL LIST, None where the server does not show them."""
    needs_login: bool = False
    """True if it refuses those who do not log in."""
    unread: dict[str, str] = field(default_factory=dict)
    masters: tuple[Fields, ...] = ()
    """A Sentinel's fields of each monitored primary."""
    peers: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Ids of other Sentinels to the address by which this one knows them."""
    sentinel_users: frozenset[str] = frozenset()
    """The users as which Sentinels are logged in at a data node."""


def ask_data_node(
    access: Access, address: str, port: int, names_of: Callable[[dict[str, str]], Sequence[str]]
) -> AskedServer:
    """Ask a data node for the settings of these names, and for its users.

    :param names_of: the names to ask for, by the fields of INFO.
    """
    try:
        with access.to_data(address, port) as connection:
            asked = _Questions(connection)
            info = parse_info(asked.text("INFO"))
            names = [name for name in names_of(info) if name not in SECRETS]
            settings = asked.settings("CONFIG", names)
            users = asked.users()
            sentinels = asked.sentinel_users() if users and len(users) > 1 else frozenset()
    except LabError as problem:
        return AskedServer(unread={"": _reason(problem)})
    bare = replace(access, data_login=())
    needs_login = bool(access.data_login) and _refuses(lambda: bare.to_data(address, port))
    return AskedServer(info, settings, users, needs_login, asked.unread, sentinel_users=sentinels)


def ask_sentinel_server(access: Access, address: str, port: int) -> AskedServer:
    """Ask a Sentinel for its settings, for what it monitors with which settings, and for its users."""
    try:
        with access.to_sentinel(address, port) as connection:
            asked = _Questions(connection)
            info = parse_info(asked.text("INFO", "server"))
            masters = tuple(entries_of(asked.reply("SENTINEL", "MASTERS"), MOST_MASTERS))
            settings = asked.settings("SENTINEL CONFIG", SENTINEL_SETTINGS)
            users = asked.users()
            peers = _peers(asked, masters)
    except LabError as problem:
        return AskedServer(unread={"": _reason(problem)})
    bare = replace(access, sentinel_login=())
    needs_login = bool(access.sentinel_login) and _refuses(lambda: bare.to_sentinel(address, port))
    return AskedServer(info, settings, users, needs_login, asked.unread, masters, peers)


def _peers(asked: "_Questions", masters: Sequence[Fields]) -> dict[str, tuple[str, int]]:
    names = [name for fields in masters if (name := text_in(fields.get("name"), MASTER_NAME))]
    found = [entry for name in names for entry in entries_of(asked.reply("SENTINEL", "SENTINELS", name), MOST_NODES)]
    return {
        entry["runid"]: (address, int(entry["port"]))
        for entry in found
        if (address := text_in(entry.get("ip"), ADDRESS)) and entry.get("port", "").isdecimal() and entry.get("runid")
    }


def _refuses(connect: Callable[[], Connection]) -> bool:
    """True if a server takes no command from whoever has not logged in."""
    try:
        with connect() as connection:
            connection.command("PING")
    except ServerReplyError as reply:
        return reply.what.startswith("NOAUTH")
    except LabError:
        return False
    return False


def _reason(problem: LabError) -> str:
    return one_line(str(problem))[:300]


class _Questions:
    """Questions on one connection; what the server refuses is noted, silence is an error."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.unread: dict[str, str] = {}

    def reply(self, *words: str) -> Any:
        """The reply, None where the server refuses."""
        try:
            return self._connection.command(*words)
        except ServerReplyError as problem:
            self.unread[" ".join(words[:2])] = one_line(problem.what)[:300]
            return None

    def text(self, *words: str) -> str:
        """The reply where it is text."""
        reply = self.reply(*words)
        return reply if isinstance(reply, str) else ""

    def settings(self, command: str, names: Sequence[str]) -> dict[str, str]:
        """The values of these names, each asked for by itself: those that the server does not know are not among them."""
        found: dict[str, str] = {}
        self._connection.send_all([(*command.split(), "GET", name) for name in names])
        for name in names:
            try:
                reply = self._connection.reply()
            except ServerReplyError as problem:
                self.unread[f"{command} GET"] = one_line(problem.what)[:300]
                continue
            value = pairs(reply).get(name) if isinstance(reply, list) else None
            if isinstance(value, str) and len(value) <= LONGEST_VALUE and LEFT_OUT not in value and "\0" not in value:
                found[name] = value
            elif value is not None:
                self.unread[name] = "its value is not text of a usual length"
        return found

    def users(self) -> tuple[str, ...] | None:
        """The lines of ACL LIST."""
        reply = self.reply("ACL", "LIST")
        if not isinstance(reply, list) or len(reply) > MOST_USERS:
            return None
        lines = [line for line in reply if isinstance(line, str) and line.startswith("user ")]
        return tuple(lines) if all(line.isprintable() and LEFT_OUT not in line for line in lines) else None

    def sentinel_users(self) -> frozenset[str]:
        """The users that Sentinels' connections have logged in as."""
        lines = [dict(_parted(line)) for line in self.text("CLIENT", "LIST").splitlines() if SENTINEL_CLIENT in line]
        self.unread.pop("CLIENT LIST", None)
        return frozenset(fields["user"] for fields in lines if fields.get("user"))


def _parted(line: str) -> list[tuple[str, str]]:
    return [(name, value) for name, _, value in (part.partition("=") for part in line.split(" "))]
