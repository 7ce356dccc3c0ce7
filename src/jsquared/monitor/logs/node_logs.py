"""The lines of all files, brought to the servers that wrote them: one log each, in order, on that server's own clock.

A server's own stamp counts, which has milliseconds; where a line has none, the collector's does. Servers print no time zone: where a
collector's stamps show it (they differ from the servers' own by some quarters of an hour), it is taken off.
"""

import datetime
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Literal, NamedTuple

from jsquared.errors import BadInputError
from jsquared.logs.envelopes import LEAP_YEAR, Envelope, of_moment, unwrap
from jsquared.logs.journal_export import BEGINNING, export_entries
from jsquared.logs.server_lines import LogLine, clock_reading, parse_line
from jsquared.monitor.logs.happenings import Happening, happening
from jsquared.monitor.logs.log_files import LogFile
from jsquared.monitor.logs.mixed_files import Entry, ServersOfFile, note, servers_of

LONGEST_LINE_BYTES = 64 << 10
"""Of a longer line only the beginning is read."""
MOST_HAPPENINGS = 50_000
"""Of one server; what follows is left out, and said so."""
MOST_SERVERS = 200
QUARTER_S = 900
PLAIN = Envelope("")
FEWER = "the logs of one deployment"
SERVERS = ("redis", "valkey", "sentinel", "kernel")
"""What the name of a program has in it whose lines without a stamp are read."""
Role = Literal["sentinel", "data", "machine", ""]


@dataclass
class NodeLog:
    """What one server wrote, and where it was found."""

    name: str
    role: Role
    files: list[str] = field(default_factory=list)
    forms: list[str] = field(default_factory=list)
    happenings: list[Happening] = field(default_factory=list)
    lines: int = 0
    from_s: float = float("inf")
    until_s: float = float("-inf")
    zone_s: int | None = None
    """How far its own stamps are ahead of UTC, where a collector shows it."""
    is_zoned: bool = False
    """Its own stamps name their zone."""
    steps_back: int = 0
    """How often a stamp is more than a second before the one above it."""
    guessed_year: int | None = None
    is_cut: bool = False
    servers: int = 1
    """How many servers wrote these lines, at least: more than one where nothing takes the lines of a file apart."""
    is_apart: bool = False
    """They were taken out of a file with the lines of several servers."""

    def of(self, *kinds: str) -> Iterator[Happening]:
        """Yield its happenings of these kinds."""
        return (one for one in self.happenings if one.kind in kinds)

    def shift(self, by_s: float) -> None:
        """Move all of it in time."""
        if by_s and self.lines:
            self.happenings = [replace(one, unix_s=one.unix_s + by_s) for one in self.happenings]
            self.from_s, self.until_s = self.from_s + by_s, self.until_s + by_s


class _Stamp(NamedTuple):
    """A kind of stamps: written by a server without a zone, or by a collector; with a year or without."""

    is_own: bool
    has_year: bool


@dataclass
class _Stream:
    """What one server wrote in one file or collection, before it is known in which zone and year that is."""

    log: NodeLog
    found: list[tuple[_Stamp, Happening]] = field(default_factory=list)
    edges: dict[_Stamp, tuple[float, float]] = field(default_factory=dict)
    """The first and the last moment, by the kind of its stamp."""
    apart: Counter[int] = field(default_factory=Counter)
    """How many quarters of an hour its own stamps are ahead of the collector's."""
    last_s: float = float("-inf")

    def add(self, stamp: _Stamp, at_s: float, happening: Happening | None) -> None:
        """Take a line."""
        log = self.log
        log.lines += 1
        log.steps_back += at_s < self.last_s - 1
        self.last_s = at_s
        first, last = self.edges.get(stamp, (at_s, at_s))
        self.edges[stamp] = (min(first, at_s), max(last, at_s))
        if happening is not None:
            log.is_cut |= len(self.found) >= MOST_HAPPENINGS
            if not log.is_cut:
                self.found.append((stamp, happening))

    def join(self, part: "_Stream") -> None:
        """Take all lines of another."""
        log = self.log
        self.found += part.found
        self.apart += part.apart
        for stamp, (first, last) in part.edges.items():
            before = self.edges.get(stamp, (first, last))
            self.edges[stamp] = (min(before[0], first), max(before[1], last))
        log.lines += part.log.lines
        log.steps_back += part.log.steps_back
        log.is_zoned |= part.log.is_zoned
        log.is_cut |= part.log.is_cut
        log.servers = max(log.servers, part.log.servers)
        log.is_apart |= part.log.is_apart
        log.files = list(dict.fromkeys([*log.files, *part.log.files]))
        log.forms = list(dict.fromkeys([*log.forms, *part.log.forms]))


def node_logs(files: Sequence[LogFile]) -> list[NodeLog]:
    """Return a log for every server that wrote into the files, in order of names; none for files without a server's lines.

    :raises BadInputError: they are too many.
    """
    streams: dict[tuple[str, Role], _Stream] = {}
    for file in files:
        for key, stream in _streams_of(file).items():
            streams.setdefault(key, _Stream(NodeLog(key[0], key[1]))).join(stream)
    if len(streams) > MOST_SERVERS:
        raise BadInputError(f"logs of more than {MOST_SERVERS} servers", where=files[0].shown, hint=FEWER)
    _place_kernels(streams)
    _name_shortly(streams)
    edges = [edge for stream in streams.values() for stamp, edge in stream.edges.items() if stamp.has_year]
    year = year_of(max(last for _, last in edges)) if edges else max((file.year for file in files), default=1970)
    logs = [_settled(stream, year) for stream in streams.values()]
    return sorted((log for log in logs if log.lines), key=lambda log: log.name)


def _streams_of(file: LogFile) -> dict[tuple[str, Role], _Stream]:
    """The lines of a file by who wrote them: the collector's name for it, and whether a Sentinel or a data node wrote it.

    What no collector has named is taken apart by process where that is certain, else told to be mixed.
    """
    entries: dict[str, list[Entry]] = {}
    streams = _read(file, entries, {})
    known = {node: servers_of(lines) for node, lines in entries.items()}
    if any(any(one.apart.values()) for one in known.values()):
        streams = _read(file, {}, known)
    for (node, role), stream in streams.items():
        if node in known and role in ("sentinel", "data"):
            stream.log.servers = known[node].undivided(role)
    return streams


def _read(
    file: LogFile, entries: dict[str, list[Entry]], apart: Mapping[str, ServersOfFile]
) -> dict[tuple[str, Role], _Stream]:
    """Read a file's lines.

    :param entries: takes what every server's line says of its process, by the collector's name for it.
    :param apart: which processes' lines to take apart, by the same names.
    """
    streams: dict[tuple[str, Role], _Stream] = {}
    roles: dict[str, Role] = {}
    last: dict[str, int] = {}
    for envelope, line in _envelopes(file.data):
        at_s = line.unix_s if line else envelope.unix_s
        if at_s is None or (line is None and envelope.ident != "kernel" and not _is_of_server(envelope)):
            continue
        node = envelope.node or file.stem
        found = happening(at_s, line.text if line else envelope.text)
        if line is None and found is None:
            continue
        if line is not None:
            note(entries.setdefault(node, []), Entry(line.pid, line.role, at_s, found))
        if line is not None and node in apart:
            last[node] = server = apart[node].server(line.pid, line.role, last.get(node, 0))
            node = f"{node}[{server}]" if server else node
        role = _role(line, envelope, roles.get(node, ""))
        if role != "machine":
            roles[node] = role
        stream = streams.get((node, role))
        if stream is None:
            if len(streams) >= MOST_SERVERS:
                raise BadInputError(f"lines of more than {MOST_SERVERS} servers", where=file.shown, hint=FEWER)
            log = NodeLog(node, role, [file.shown], is_apart=node.endswith("]") and bool(apart))
            stream = streams[node, role] = _Stream(log)
        _take(stream, envelope, line, at_s, found)
    return _without_unknown(streams)


def _take(stream: _Stream, envelope: Envelope, line: LogLine | None, at_s: float, found: Happening | None) -> None:
    log = stream.log
    if envelope.form not in log.forms:
        log.forms.append(envelope.form)
    if line and line.is_zoned:
        log.is_zoned = True
    elif line and envelope.unix_s is not None and envelope.is_zoned:
        stream.apart[round((line.unix_s - envelope.unix_s) / QUARTER_S)] += 1
    is_own = line is not None and not line.is_zoned
    stream.add(_Stamp(is_own, line is not None or envelope.has_year), at_s, found)


def _role(line: LogLine | None, envelope: Envelope, before: Role) -> Role:
    """Whether a Sentinel or a data node wrote a line; a child process belongs to who wrote before it."""
    if line is None and envelope.ident == "kernel":
        return "machine"
    if line is not None and line.role in ("X", "M", "S"):
        return "sentinel" if line.role == "X" else "data"
    if line is None and envelope.text[:1] in "+-" and happening(0.0, envelope.text):
        return "sentinel"
    if line is None and "sentinel" in envelope.ident.lower():
        return "sentinel"
    return before


def _without_unknown(streams: dict[tuple[str, Role], _Stream]) -> dict[tuple[str, Role], _Stream]:
    """Give lines of unknown role, such as those of a start, to the server of that name; a data node where there are both."""
    for name, role in list(streams):
        if role:
            continue
        stream = streams.pop((name, ""))
        to: Role = "sentinel" if (name, "sentinel") in streams and (name, "data") not in streams else "data"
        stream.log.role = to
        if (name, to) in streams:
            stream.join(streams[name, to])
        streams[name, to] = stream
    return streams


def _place_kernels(streams: dict[tuple[str, Role], _Stream]) -> None:
    """Give what a kernel wrote to the data node of its machine, if there is exactly one."""
    for key in [key for key in streams if key[1] == "machine"]:
        host = PurePosixPath(key[0]).name
        there = [other for other in streams if other[1] == "data" and host in PurePosixPath(other[0]).parts]
        if len(there) == 1:
            streams[there[0]].join(streams.pop(key))


def _is_of_server(envelope: Envelope) -> bool:
    """True for a line with no stamp of its own that a server may have written, by the name of its program or by its kind."""
    known = any(word in f"{envelope.ident} {envelope.node}".lower() for word in SERVERS)
    return (known or not envelope.ident) and happening(0.0, envelope.text) is not None


def _envelopes(data: bytes) -> Iterator[tuple[Envelope, LogLine | None]]:
    """Every line with what is around it, and the server's line in it where it is one."""
    if data.startswith(BEGINNING):
        for envelope in export_entries(data):
            yield envelope, parse_line(envelope.text)
        return
    at = 0
    while at < len(data):
        end = data.find(b"\n", at)
        end = len(data) if end < 0 else end
        raw = data[at : min(end, at + LONGEST_LINE_BYTES)]
        at = end + 1
        if (read := read_line(raw)) is not None:
            yield read


def read_line(raw: bytes) -> tuple[Envelope, LogLine | None] | None:
    """A line with what is around it, and the server's line in it where it is one; None for an empty one."""
    text = raw.decode("utf-8", "replace").rstrip("\r")
    if (line := parse_line(text)) is not None:
        return PLAIN, line
    if not text.strip():
        return None
    envelope = unwrap(text)
    return envelope, parse_line(envelope.text)


def _name_shortly(streams: dict[tuple[str, Role], _Stream]) -> None:
    """Call each by the last parts of its path that no other has; a Sentinel and a data node of one name say what they are."""
    paths = {key: PurePosixPath(key[0]).parts or (key[0],) for key in streams}
    for key, stream in streams.items():
        parts = paths[key]
        others = [path for other, path in paths.items() if other != key and path != parts]
        length = next((n for n in range(1, len(parts)) if all(path[-n:] != parts[-n:] for path in others)), len(parts))
        name = "/".join(parts[-length:])
        twins = [other for other in streams if other[0] == key[0] and other != key]
        stream.log.name = f"{name} (Sentinel)" if twins and key[1] == "sentinel" else name


def _settled(stream: _Stream, year: int) -> NodeLog:
    """The stream with its zone and year, sorted as a clock that runs forward has it."""
    log = stream.log
    if stream.apart:
        log.zone_s = stream.apart.most_common(1)[0][0] * QUARTER_S

    def settled(stamp: _Stamp, at_s: float) -> float:
        zone_s = (log.zone_s or 0) if stamp.is_own else 0
        return (at_s if stamp.has_year else in_year(at_s, year)) - zone_s

    edges = [settled(stamp, at_s) for stamp, edge in stream.edges.items() for at_s in edge]
    log.from_s, log.until_s = min(edges, default=0.0), max(edges, default=0.0)
    if not all(stamp.has_year for stamp in stream.edges):
        log.guessed_year = year
    moved = (replace(one, unix_s=settled(stamp, one.unix_s)) for stamp, one in stream.found)
    log.happenings = sorted(moved, key=lambda one: one.unix_s)
    return log


def year_of(at_s: float) -> int:
    """The year of a moment."""
    moment = of_moment(at_s)
    return moment.year if moment else datetime.MINYEAR


def in_year(at_s: float, year: int) -> float:
    """A moment of the year that stands for an unknown one, in another year."""
    moment = of_moment(at_s)
    if moment is None or moment.year != LEAP_YEAR:
        return at_s
    at = clock_reading(year, moment.month, moment.day, moment.hour, moment.minute, moment.second)
    return at_s if at is None else at + moment.microsecond / 1e6
