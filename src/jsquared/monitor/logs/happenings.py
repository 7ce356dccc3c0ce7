"""Lines of servers as typed happenings: every Sentinel event, and what data nodes say of roles, links, copies, disks and their end.

A kind is a Sentinel event's own name, such as ``+sdown``, or one of :data:`KINDS`. Lines of no kind are not kept.
"""

import re
from dataclasses import dataclass, field

from jsquared.logs.server_lines import sentinel_event

ADDRESS = r"\[?(?P<ip>[\w.:%-]{1,255}?)\]?:(?P<port>\d{1,5})"
_HEX = r"[0-9a-f]{40}"
_PRIMARY = r"(?:MASTER|PRIMARY|[Mm]aster|[Pp]rimary)"

KINDS: dict[str, tuple[str, str]] = {
    "starting": (r"\S+ (?:Redis|Valkey) is starting \S+", "the server process starts"),
    "version": (r"(?P<engine>Redis|Valkey) version=(?P<version>[\w.-]+)", "its engine and version"),
    "mode": (r"Running mode=(?P<mode>\w+), port=(?P<port>\d+)", "its port"),
    "sentinel-id": (rf"Sentinel ID is (?P<id>{_HEX})", "a Sentinel's id"),
    "ready": (r"Ready to accept connections", "it accepts connections"),
    "loaded": (r"DB loaded from (?P<from>[\w ]+)", "its data set is loaded from its disk"),
    "promoted": (rf"{_PRIMARY} MODE enabled", "a replica has become a primary"),
    "reconfigured": (rf"(?:REPLICAOF|SLAVEOF) {ADDRESS} enabled", "it was told to replicate from another node"),
    "demoted": (rf"Before turning into a (?:replica|slave), using my own {_PRIMARY}", "a primary becomes a replica"),
    "connecting": (rf"(?:Connecting|Reconnecting) to {_PRIMARY} {ADDRESS}", "a replica connects to its primary"),
    "link-lost": (rf"Connection with {_PRIMARY} lost", "a replica has lost the link to its primary"),
    "link-timeout": (
        rf"{_PRIMARY} timeout: no data nor PING received",
        "the primary of a replica is silent for repl-timeout",
    ),
    "link-failed": (r"Error condition on socket for SYNC: (?P<why>.*)", "a replica cannot connect"),
    "link-refused": (rf"Error reply to PING from {_PRIMARY}: (?P<why>.*)", "the primary's answer is an error"),
    "partial-asked": (
        rf"Trying a partial resynchronization \(request (?P<id>{_HEX}):(?P<offset>\d{{1,18}})\)",
        "a replica asks for what it lacks",
    ),
    "full-told": (
        rf"Full resync from {_PRIMARY}: (?P<id>{_HEX}):(?P<offset>\d{{1,18}})",
        "a replica copies the whole data set",
    ),
    "partial-done": (rf"Successful partial resynchronization with {_PRIMARY}", "a replica has got what it lacked"),
    "id-changed": (rf"{_PRIMARY} replication ID changed to (?P<id>{_HEX})", "a replica follows another history"),
    "sync-done": (rf"{_PRIMARY} <-> REPLICA sync: Finished with success", "a replica has copied the data set"),
    "sync-failed": (
        (
            rf"Failed trying to load the {_PRIMARY} synchronization DB|I/O error (?:trying to sync|reading bulk)"
            rf"|Timeout (?:receiving bulk|connecting to the {_PRIMARY})|Unexpected reply to PSYNC"
            rf"|{_PRIMARY} (?:aborted replication|is currently unable to PSYNC)"
        ),
        "a copy failed",
    ),
    "asked": (rf"(?:Replica|Slave) {ADDRESS} asks for synchronization", "a replica asks this primary for its data"),
    "full-asked": (rf"Full resync requested by (?:replica|slave) {ADDRESS}", "this primary sends everything"),
    "partial-given": (
        (
            rf"Partial resynchronization request from {ADDRESS} accepted\. Sending (?P<bytes>\d+) bytes of backlog starting "
            r"from offset (?P<offset>\d{1,18})"
        ),
        "this primary sends what a replica lacks",
    ),
    "partial-refused": (
        (
            r"Partial resynchronization not accepted: Replication ID mismatch "
            rf"\((?:Replica|Slave) asked for '(?P<id>{_HEX})'"
        ),
        "it cannot send only that",
    ),
    "sync-given": (rf"Synchronization with (?:replica|slave) {ADDRESS} succeeded", "a replica has everything"),
    "replica-lost": (
        rf"Connection with (?:replica|slave) (?:client id #\d+|{ADDRESS}) lost|Disconnecting timedout (?:replica|slave)",
        "a primary has lost a replica",
    ),
    "backlog": (
        rf"Replication backlog created, my new replication IDs are '(?P<id>{_HEX})'",
        "a primary begins a history",
    ),
    "new-id": (
        (
            rf"Setting secondary replication ID to (?P<old>{_HEX}), valid up to offset: (?P<offset>\d+)\. "
            rf"New replication ID is (?P<id>{_HEX})"
        ),
        "a promoted replica begins a history",
    ),
    "buffer-overflow": (
        r"Client .*overcoming of output buffer limits",
        "a client or replica was too slow for its output buffer",
    ),
    "shutdown": (r"User requested shutdown|Received SIG(?:TERM|INT) scheduling shutdown", "it was told to end"),
    "ended": (r"(?:Redis|Valkey|Sentinel) is now ready to exit", "it has ended"),
    "crashed": (
        (
            r"(?:Redis|Valkey) \S+ crashed by signal: (?P<why>\S+)|=== ASSERTION FAILED ===|Guru Meditation"
            r"|Failure simulation: "
        ),
        "it has crashed",
    ),
    "out-of-memory": (
        (
            r"Out Of Memory allocating|(?:.*\b)?[Oo]ut of memory: Kill(?:ed)? process \d+ \((?P<program>[^)]*)\)"
            r"|Can't save in background: fork: Cannot allocate memory"
        ),
        "there was not enough memory",
    ),
    "slow-fsync": (r"Asynchronous AOF fsync is taking too long", "the disk is too slow for the AOF"),
    "save-failed": (
        (
            r"Background saving (?:error|terminated by signal)|Write error (?:while )?saving DB|Can't save in background"
            r"|Failed opening the (?:temp )?RDB file|Error moving temp DB file"
        ),
        "a snapshot failed",
    ),
    "aof-failed": (
        (
            r"Error writing to the AOF|Background AOF rewrite (?:terminated with error|terminated by signal)"
            r"|AOF (?:rewrite|fsync).*(?:error|failed)|Fail to fsync the AOF|Bad file format reading the append only file"
            r"|Short write while writing to the AOF|Can't (?:rewrite|open) the append.only file"
        ),
        "the AOF cannot be written or read",
    ),
    "config-failed": (
        r"CONFIG REWRITE failed|(?:WARNING: )?Sentinel was not able to save the new configuration",
        "its configuration cannot be written",
    ),
    "protocol-error": (r"Protocol error", "a client, or something that is none, spoke no RESP"),
    "client-failover": (r"FAILOVER (?:requested to|to) ", "FAILOVER was sent to this primary"),
    "manual": (r"Executing user requested FAILOVER of '(?P<master>.*)'", "SENTINEL FAILOVER was sent to this Sentinel"),
    "voted": (
        rf"(?P<voter>\S+) voted for (?P<for>{_HEX}) (?P<epoch>\d{{1,18}})",
        "a Sentinel's answer with a vote",
    ),
    "delay": (
        r"Next failover delay: I will not start a failover before (?P<until>.*)",
        "a Sentinel waits before it tries",
    ),
}
"""Every kind with the pattern that the text begins with, and its meaning."""
_PATTERNS = {kind: re.compile(pattern) for kind, (pattern, _) in KINDS.items()}
_ANY = re.compile("|".join(f"(?:{re.sub('[(][?]P<[a-z]+>', '(?:', pattern)})" for pattern, _ in KINDS.values()))
"""All of them at once: most lines are none."""
TROUBLES = (
    "link-timeout", "sync-failed", "buffer-overflow", "crashed", "out-of-memory", "slow-fsync", "save-failed", "aof-failed",
    "config-failed", "protocol-error",
)  # fmt: skip
"""Kinds that are worth a look wherever they stand."""
LONGEST_TEXT = 1000
"""So much of a line is read."""
_OWN = re.compile(rf"laddr={ADDRESS} ")


@dataclass(frozen=True)
class Happening:
    """One thing that a server wrote, of a kind."""

    unix_s: float
    kind: str
    text: str
    parts: dict[str, str] = field(default_factory=dict)
    """Of a data node's line the parts that its kind names."""
    words: tuple[str, ...] = ()
    """Of a Sentinel event the words of its payload."""

    def at(self) -> str:
        """``IP:PORT`` of the address in a data node's line, empty without one."""
        return address_of(self.parts.get("ip"), self.parts.get("port"))

    @property
    def master(self) -> str:
        """The monitored primary that a Sentinel event is about; empty where it is about none."""
        words = self.words
        if self.kind in NAME_FIRST:
            return words[0] if words else ""
        if words[:1] == ("master",) and len(words) > 1:
            return words[1]
        after = words.index("@") + 1 if "@" in words else len(words)
        return words[after] if after < len(words) else ""

    @property
    def subject(self) -> str:
        """``IP:PORT`` of what a Sentinel event is about: ``TYPE NAME IP PORT …``."""
        words = self.words
        return address_of(words[2], words[3]) if len(words) > 3 and words[0] in SUBJECTS else ""

    @property
    def primary(self) -> str:
        """``IP:PORT`` of the primary that a Sentinel event is about, as that Sentinel knew it."""
        if self.words[:1] == ("master",):
            return self.subject
        after = self.words.index("@") + 2 if "@" in self.words else len(self.words)
        return address_of(*self.words[after : after + 2]) if after + 1 < len(self.words) else ""

    @property
    def number(self) -> int:
        """The epoch of a ``+new-epoch`` or a vote; -1 without one."""
        said = self.parts.get("epoch") or (self.words[-1] if self.words else "")
        return int(said) if said.isdecimal() and said.isascii() and len(said) < 19 else -1


SUBJECTS = ("master", "slave", "sentinel")
NAME_FIRST = frozenset({"+switch-master", "+set", "+new-address"})


def address_of(ip: str | None, port: str | None) -> str:
    """``IP:PORT``, empty where one of them is missing."""
    return f"{ip.lower()}:{port}" if ip and port and port.isdecimal() else ""


def happening(unix_s: float, text: str) -> Happening | None:
    """Return the happening that a line's text is, None for one of no kind."""
    text = text[:LONGEST_TEXT]
    if (event := sentinel_event(text)) is not None:
        return Happening(unix_s, event[0], text, words=tuple(event[1].split()[:20]))
    if _ANY.match(text) is None:
        return None
    for kind, pattern in _PATTERNS.items():
        if (match := pattern.match(text)) is not None:
            parts = {name: value for name, value in match.groupdict().items() if value is not None}
            return Happening(unix_s, kind, text, parts)
    return None


def own_address(text: str) -> str:
    """The address at which a server got an order: its own, as ``CLIENT INFO`` has it; empty without one (before 6.2)."""
    match = _OWN.search(text)
    return address_of(match["ip"], match["port"]) if match else ""
