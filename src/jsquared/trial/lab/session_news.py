"""What is new in a session's record since somebody asked last: lines of events.jsonl, by their number."""

import os
import threading
import time
from pathlib import Path

from jsquared.records.run_directory import explain_write_errors

POLL_S = 0.05
LONGEST_WAIT_S = 10.0
MOST_LINES = 2_000
MOST_BYTES = 4 << 20
"""Of one answer, which has one line at least."""


class EventLines:
    """The whole lines of a file that grows, by their number; for any number of threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._ends = [0]
        """Where each line ends, with a beginning in front."""

    def since(self, known: int) -> list[str]:
        """Return the lines behind the first ``known``, at most so many that an answer holds them.

        :raises RecordError: the file cannot be read.
        """
        with self._lock, explain_write_errors(self._path), self._path.open("rb") as file:
            self._catch_up(file.fileno())
            ends = self._ends
            first = min(max(known, 0), len(ends) - 1)
            last = min(first + MOST_LINES, len(ends) - 1)
            while last > first + 1 and ends[last] - ends[first] > MOST_BYTES:
                last -= 1
            text = os.pread(file.fileno(), ends[last] - ends[first], ends[first])
        return text.decode(errors="replace").split("\n")[:-1]

    def wait(self, known: int, limit_s: float) -> list[str]:
        """Return the lines behind the first ``known`` as soon as there is one, none after so many seconds."""
        deadline_s = time.monotonic() + min(limit_s, LONGEST_WAIT_S)
        while not (lines := self.since(known)) and time.monotonic() < deadline_s:
            time.sleep(POLL_S)
        return lines

    def _catch_up(self, file: int) -> None:
        """Find the ends of lines that have come since the last time."""
        at = self._ends[-1]
        text = os.pread(file, os.fstat(file).st_size - at, at)
        begin = 0
        while (end := text.find(b"\n", begin) + 1) > 0:
            self._ends.append(at + end)
            begin = end
