"""Lines from standard input, as they come."""

import os
import select
from collections.abc import Iterator

from jsquared.monitor.log_store.line_reader import LineReader
from jsquared.monitor.log_store.reading_on import Batch
from jsquared.monitor.logs.node_logs import LONGEST_LINE_BYTES

RECEIVE_BYTES = 1 << 20
MOST_UNFINISHED_BYTES = 4 << 20


class StandardInput:
    """A stream without a place to go back to: it is read once, and ``is_over`` at its end."""

    def __init__(self, written_s: float, descriptor: int = 0) -> None:
        """Begin to read.

        :param written_s: the present, in Unix seconds: its year is that of stamps without one.
        """
        self._descriptor = descriptor
        self._reader = LineReader("stdin", "stdin", written_s)
        self._left = b""
        self.is_over = False

    def batches(self, *, waits: bool) -> Iterator[Batch]:
        """Yield what has come.

        :param waits: until the stream is over.
        """
        while not self.is_over and (waits or select.select([self._descriptor], [], [], 0)[0]):
            data = os.read(self._descriptor, RECEIVE_BYTES)
            self.is_over = not data
            *whole, self._left = (self._left + data).split(b"\n")
            if self.is_over or len(self._left) > MOST_UNFINISHED_BYTES:
                whole, self._left = [*whole, self._left], b""
            if lines := list(self._reader.lines(line[:LONGEST_LINE_BYTES] for line in whole)):
                yield Batch(lines, [])
