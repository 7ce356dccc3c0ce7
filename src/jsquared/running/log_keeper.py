"""The logs of a trial's processes, brought from the sandbox into the run folder, scrubbed, and never longer than a limit.

A process writes into a file of the sandbox, whatever and however much it likes; what is new there is copied again and again, so that the
run folder has all but the last moment of it however the trial ends. Lines go through ``scrub`` one by one. Whoever writes more than
fits is cut, and named.
"""

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from jsquared.errors import RecordError
from jsquared.records.run_directory import RunDirectory
from jsquared.sandbox.process import ProcessLog

NODE_LIMIT_BYTES = 32 * 1024 * 1024
TRIAL_LIMIT_BYTES = 4 * NODE_LIMIT_BYTES
LINE_LIMIT_BYTES = 64 * 1024
"""Of a longer line only the beginning is kept."""
LONGEST_SECRET_BYTES = 4 * 1024
"""So much of a line that is cut goes too, since a secret at the cut would not be found whole."""
TAIL_BYTES = 256 * 1024
_PIECE_BYTES = 256 * 1024
_MEBIBYTE = 1024 * 1024
_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC


def as_it_is(line: str) -> str:
    """The scrubber of logs that hold no secrets."""
    return line


@dataclass(frozen=True)
class Excess:
    """A process that wrote too much: more than ``limit_bytes``, alone or (``alone`` false) more than any other of all who did together."""

    name: str
    limit_bytes: int
    in_ms: float
    alone: bool

    @property
    def words(self) -> str:
        """``more than 32 MiB in 0.3 s``."""
        return f"more than {self.limit_bytes // _MEBIBYTE} MiB in {self.in_ms / 1000:.1f} s"


@dataclass
class _Source:
    """One process' log: where it is read, how much of it was copied, and what waits for the end of its line."""

    name: str
    raw: ProcessLog
    copy: int
    began_s: float = field(default_factory=time.monotonic)
    taken: int = 0
    line: bytes = b""
    skips: bool = False
    """The rest of a line that was too long is passed over."""
    is_cut: bool = False

    @property
    def age_ms(self) -> float:
        """Return the time since the process was started."""
        return (time.monotonic() - self.began_s) * 1000

    def take(self, piece: bytes) -> list[bytes]:
        """The whole lines that a piece completes, each with its end; the beginning of one that gets too long too."""
        first, *more = piece.split(b"\n")
        if not self.skips:
            self.line += first
        lines = []
        for following in more:
            if not self.skips:
                lines.append(self.line + b"\n")
            self.skips, self.line = False, following
        if len(self.line) > LINE_LIMIT_BYTES and not self.skips:
            lines.append(self.line)
            self.skips, self.line = True, b""
        return lines


class LogKeeper:
    """Copies logs from the sandbox to the run folder; usable from any thread.

    :param scrub: makes a line fit to be kept, such as by masking secrets.
    """

    def __init__(self, run: RunDirectory, scrub: Callable[[str], str] = as_it_is) -> None:
        self._run = run
        self._scrub = scrub
        self._sources: dict[str, _Source] = {}
        self._excess: Excess | None = None
        self._lock = threading.Lock()

    def keep(self, name: str, begin: Callable[[], ProcessLog]) -> ProcessLog:
        """Return the log of a process, which is kept from now on.

        :param begin: begins it, where it is the first of that name.
        :raises RecordError: there, or in the run folder, no file can be made.
        """
        with self._lock:
            if name not in self._sources:
                self._sources[name] = _opened(name, begin(), self._run.log_file(name))
            return self._sources[name].raw

    def excess(self) -> Excess | None:
        """Return the process that has written too much, None without one; nothing is copied for the answer."""
        with self._lock:
            self._excess = self._excess or self._look_for_excess()
            return self._excess

    def _look_for_excess(self) -> Excess | None:
        sizes = {source.name: source.raw.size_bytes() for source in self._sources.values()}
        if not sizes:
            return None
        most = max(sizes, key=sizes.__getitem__)
        in_ms = self._sources[most].age_ms
        if sizes[most] > NODE_LIMIT_BYTES:
            return Excess(most, NODE_LIMIT_BYTES, in_ms, alone=True)
        if sum(sizes.values()) > TRIAL_LIMIT_BYTES:
            return Excess(most, TRIAL_LIMIT_BYTES, in_ms, alone=False)
        return None

    def catch_up(self) -> None:
        """Copy what is new.

        :raises OSError: the run folder cannot be written; what was not copied is tried again the next time.
        """
        excess = self.excess()
        with self._lock:
            for source in self._sources.values():
                self._copy(source, excess)

    def _copy(self, source: _Source, excess: Excess | None) -> None:
        if excess is None and source.raw.size_bytes() == source.taken:
            return  # as most often: looked at twenty times a second
        while not source.is_cut:
            left = NODE_LIMIT_BYTES - source.taken
            piece = source.raw.read(source.taken, min(_PIECE_BYTES, left))
            if not piece:
                source.is_cut = self._cut_off(source, excess)
                return
            self._write(source, source.take(piece))
            source.taken += len(piece)

    def _cut_off(self, source: _Source, excess: Excess | None) -> bool:
        """End a log that has been copied as far as allowed, because it, or all together, are too long; True if it was ended."""
        if source.raw.size_bytes() > NODE_LIMIT_BYTES:
            excess = Excess(source.name, NODE_LIMIT_BYTES, source.age_ms, alone=True)
        if excess is None or excess.name != source.name:
            return False
        whose = "this log" if excess.alone else "all logs"
        self._append(source, f"[cut by jsquared: {excess.words} of {whose}]\n".encode())
        return True

    def _write(self, source: _Source, lines: list[bytes]) -> None:
        if lines:
            self._append(source, b"".join(map(self._kept, lines)))

    def _kept(self, line: bytes) -> bytes:
        text, end = line.removesuffix(b"\n"), b"\n" if line.endswith(b"\n") else b""
        kept = self._scrub(text[:LINE_LIMIT_BYTES].decode(errors="surrogateescape")).encode(errors="surrogateescape")
        if len(text) <= LINE_LIMIT_BYTES:
            return kept + end
        most = LINE_LIMIT_BYTES - LONGEST_SECRET_BYTES
        return kept[:most] + b" [cut by jsquared: a line of more than %d KiB]\n" % (LINE_LIMIT_BYTES // 1024)

    def _append(self, source: _Source, data: bytes) -> None:
        while data:
            data = data[os.write(source.copy, data) :]

    def tail(self, name: str) -> str:
        """The last 256 KiB of what a process has said until now, an unfinished last line included; empty where it has said nothing.

        :raises OSError: the run folder cannot be written.
        """
        self.catch_up()
        source = self._sources.get(name)
        waiting = self._kept(source.line) if source is not None and source.line else b""
        return (tail_of(self._run.log_file(name)) + waiting).decode(errors="replace")

    def close(self) -> None:
        """Copy what is left, unfinished lines too, and let go of the files; whose processes have all ended by now.

        :raises OSError: the run folder cannot be written.
        """
        try:
            self.catch_up()
            for source in self._sources.values():
                if source.line and not source.is_cut:
                    self._write(source, [source.line])
        finally:
            for source in self._sources.values():
                source.raw.close()
                os.close(source.copy)
            self._sources.clear()


def _opened(name: str, raw: ProcessLog, copy_file: Path) -> _Source:
    """Both, the copy made."""
    try:
        copy = os.open(copy_file, _APPEND, 0o600)
    except OSError as problem:
        raw.close()
        raise RecordError(f"a log cannot be written: {problem.strerror}", where=str(problem.filename)) from problem
    return _Source(name, raw, copy)


def tail_of(path: Path, limit_bytes: int = TAIL_BYTES) -> bytes:
    """The last bytes of a file, from the beginning of a line on where it is longer; empty where there is none."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - limit_bytes))
            data = file.read(limit_bytes)
    except FileNotFoundError:
        return b""
    return data if size <= limit_bytes else data.partition(b"\n")[2] or data
