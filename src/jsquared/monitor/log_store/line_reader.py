"""Lines of one file or stream as they are kept: whose they are, when they were written, and what kind of event they are.

Servers print no time zone: where a collector's stamp beside it shows one, it is taken off, line by line; otherwise the stamp is taken for
UTC. Lines without any stamp (banners, crash reports) belong to the line above them. Secrets in lines are masked before anybody keeps them.
"""

from collections.abc import Iterable, Iterator

from jsquared.logs.envelopes import LEAP_YEAR, Envelope
from jsquared.logs.server_lines import LogLine, clock_reading
from jsquared.monitor.log_store.log_event import LONGEST_NAME, StoredLine, kept
from jsquared.monitor.logs.failover_notes import shown
from jsquared.monitor.logs.happenings import Happening, happening
from jsquared.monitor.logs.node_logs import QUARTER_S, SERVERS, in_year, read_line, year_of

DAY_S = 86_400.0


class LineReader:
    """Reads the lines of one file, in order."""

    def __init__(self, node: str, source: str, written_s: float) -> None:
        """Begin a file.

        :param node: whose lines they are, where no collector says.
        :param written_s: when it was written last, in Unix seconds: its year is that of stamps without one.
        """
        self.node = node
        self.source = source
        self._written_s = written_s
        self._last: StoredLine | None = None

    def lines(self, raw_lines: Iterable[bytes]) -> Iterator[StoredLine]:
        """Yield those that a server wrote, or that follow a line of one."""
        for raw in raw_lines:
            if (read := read_line(raw)) is not None and (line := self.line(*read)) is not None:
                yield line

    def line(self, envelope: Envelope, line: LogLine | None) -> StoredLine | None:
        """Return a line as it is kept; None where no server wrote it."""
        text = line.text if line else envelope.text
        at_s = self._moment(envelope, line)
        if at_s is None:
            return self._continued(text)
        found = happening(at_s, text)
        if line is None and not _is_of_server(envelope, found):
            self._last = None
            return None
        is_event = found is not None and found.kind[0] in "+-"
        self._last = StoredLine(
            at_us=round(at_s * 1e6),
            node=kept(envelope.node, LONGEST_NAME) or self.node,
            level=line.level if line else "",
            event=found.kind if found else "",
            master=kept(found.master, LONGEST_NAME) if found and is_event else "",
            text=kept(shown(text)),
            source=self.source,
        )
        return self._last

    def _continued(self, text: str) -> StoredLine | None:
        """A line without a moment, at that of the line above it."""
        last = self._last
        if last is None or not text.strip():
            return None
        return StoredLine(last.at_us, last.node, last.level, "", "", kept(shown(text)), last.source)

    def _moment(self, envelope: Envelope, line: LogLine | None) -> float | None:
        theirs = envelope.unix_s
        if theirs is not None and not envelope.has_year:
            theirs = self._of_its_year(theirs)
        if line is None:
            return theirs
        if line.is_zoned or theirs is None or not envelope.is_zoned:
            return line.unix_s
        return line.unix_s - round((line.unix_s - theirs) / QUARTER_S) * QUARTER_S

    def _of_its_year(self, at_s: float) -> float:
        """A moment without a year: of the year in which the file was written, or of the one before it."""
        year = year_of(self._written_s)
        this = in_year(at_s, year)
        earlier = this > self._written_s + DAY_S and clock_reading(year - 1, 1, 1, 0, 0, 0) is not None
        return in_year(at_s, year - 1) if earlier and year - 1 != LEAP_YEAR else this


def _is_of_server(envelope: Envelope, found: Happening | None) -> bool:
    """True for a line without a server's stamp that one wrote nevertheless, by the name of its program or by its kind."""
    if envelope.ident == "kernel":
        return found is not None
    known = any(word in f"{envelope.ident} {envelope.node}".lower() for word in SERVERS)
    return known or (not envelope.ident and found is not None)
