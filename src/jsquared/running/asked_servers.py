"""The configuration of a running server in its own words, asked for by name and never as a whole, so that no password is among it.

``CONFIG GET *`` shows ``masterauth`` in clear to everyone who may ask for anything, and ``SENTINEL CONFIG GET *`` shows ``sentinel-pass``:
neither is ever sent. Whether a password is needed follows from a connection without one, and users from ACL LIST, which shows hashes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from jsquared.errors import LabError
from jsquared.resp.blocking import Connection
from jsquared.resp.failures import ServerReplyError
from jsquared.resp.replies import parse_info
from jsquared.running.access import Access
from jsquared.running.questions import UNUSUAL, Questions
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
            asked = Questions(connection)
            info = parse_info(asked.text("INFO"))
            settings = _settings(asked, "CONFIG", [name for name in names_of(info) if name not in SECRETS])
            users = asked.users()
            sentinels = _sentinel_users(asked) if users and len(users) > 1 else frozenset()
    except LabError as problem:
        return AskedServer(unread={"": _reason(problem)})
    bare = replace(access, data_login=())
    needs_login = bool(access.data_login) and _refuses(lambda: bare.to_data(address, port))
    return AskedServer(info, settings, users, needs_login, asked.refused, sentinel_users=sentinels)


def ask_sentinel_server(access: Access, address: str, port: int) -> AskedServer:
    """Ask a Sentinel for its settings, for what it monitors with which settings, and for its users."""
    try:
        with access.to_sentinel(address, port) as connection:
            asked = Questions(connection)
            info = parse_info(asked.text("INFO", "server"))
            masters = tuple(entries_of(asked.reply("SENTINEL", "MASTERS"), MOST_MASTERS))
            settings = _settings(asked, "SENTINEL CONFIG", SENTINEL_SETTINGS)
            users = asked.users()
            peers = _peers(asked, masters)
    except LabError as problem:
        return AskedServer(unread={"": _reason(problem)})
    bare = replace(access, sentinel_login=())
    needs_login = bool(access.sentinel_login) and _refuses(lambda: bare.to_sentinel(address, port))
    return AskedServer(info, settings, users, needs_login, asked.refused, masters, peers)


def _settings(asked: Questions, command: str, names: Sequence[str]) -> dict[str, str]:
    """The values of these names; what the server refuses is noted once for all names, what is odd by its own."""
    found, refused = asked.settings(command, names)
    for name, why in refused.items():
        asked.refused[name if why == UNUSUAL else f"{command} GET"] = why
    return found


def _sentinel_users(asked: Questions) -> frozenset[str]:
    """The users that Sentinels have logged in as; that a server does not tell is no gap in its configuration."""
    connected = asked.connected_sentinels() or {}
    asked.refused.pop("CLIENT LIST", None)
    return frozenset(user for user in connected.values() if user)


def _peers(asked: Questions, masters: Sequence[Fields]) -> dict[str, tuple[str, int]]:
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
