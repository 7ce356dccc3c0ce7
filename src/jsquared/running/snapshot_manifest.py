"""The manifest of a snapshot: which file is whose, what stands in it that was assumed, and what no server tells."""

from typing import Literal

import msgspec

MANIFEST_FILE = "snapshot.json"
PLACEHOLDER = "jsquared-placeholder-"
"""Begins what stands for a password that is not known; the user's name follows."""
UNKNOWABLE = (
    "rename-command, include, loadmodule and comments are in no server's answers.",
    "Files that lines name (certificates, keys, modules, scripts) stay on their hosts.",
    "A Sentinel shows what it monitors and its announced names: not bind, logfile, TLS, rename-command, deny-scripts-reconfig.",
    "Roles are today's: after a failover another node is the primary than the files on the hosts say.",
    "A host is an address here: two addresses of one machine are two hosts.",
)


class SnapshotServer(msgspec.Struct, frozen=True, kw_only=True):
    """A server and the file that was written for it. ``version`` is empty where it did not answer."""

    host: str
    role: Literal["data node", "Sentinel"]
    where: str
    """``address:port`` by which others know it."""
    file: str
    engine: str = ""
    version: str = ""


class AssumedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line, or a part of one, that no server told."""

    file: str
    directive: str
    why: str
    placeholder: bool = False
    """True where a placeholder stands for a password."""


class UnreadPart(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a server would tell and did not."""

    where: str
    what: str
    """A command or a setting; ``everything`` where the server does not answer."""
    why: str


class SnapshotManifest(msgspec.Struct, frozen=True, kw_only=True):
    """The manifest of a snapshot; no password is in it."""

    taken_at: str
    """UTC, to the second."""
    sentinels: tuple[str, ...]
    """The Sentinels that were asked first."""
    servers: tuple[SnapshotServer, ...] = ()
    assumed: tuple[AssumedLine, ...] = ()
    unread: tuple[UnreadPart, ...] = ()
    problems: tuple[str, ...] = ()
    """What the Sentinels say that is missing or contradicts itself."""
    unknowable: tuple[str, ...] = UNKNOWABLE

    @property
    def is_whole(self) -> bool:
        """True if every server told all that it can tell."""
        return not self.unread
