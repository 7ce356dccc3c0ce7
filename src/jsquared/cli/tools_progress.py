"""Progress of a fetch on stderr: one line that changes on a terminal, a line every few seconds elsewhere."""

import contextlib
import time
from types import TracebackType
from typing import Self

from rich.live import Live
from rich.text import Text

from jsquared.cli.output import SafeConsole
from jsquared.errors import LabError
from jsquared.programs.fetch import Downloading, Fetched, Notice, Updating, Waiting
from jsquared.text import one_line

REFRESH_S = 0.2
LINE_S = 5.0
_MB = 1_000_000


class FetchProgress:
    """Shows what is being fetched, and how far it is."""

    def __init__(self, console: SafeConsole) -> None:
        self._console = console
        self._live: Live | None = None
        self._words = self._line = ""
        self._said_s = 0.0

    def __enter__(self) -> Self:
        if self._console.is_terminal and not self._console.is_dumb_terminal:
            # Refreshed by hand: what is started meanwhile ends with the thread that started it, so there is only one.
            self._live = Live(console=self._console, auto_refresh=False, transient=True)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            with contextlib.suppress(OSError):
                self._live.update(Text(), refresh=True)
                self._live.stop()

    def tell(self, notice: Notice) -> None:
        """Show a notice: at once where something else begins, and now and then how far it is."""
        if isinstance(notice, Fetched):
            return
        words, percent = _words(notice)
        line = f"{words}: {percent:.0f} %" if percent else words
        now, is_new = time.monotonic(), words != self._words
        if line == self._line or (not is_new and now - self._said_s < (REFRESH_S if self._live else LINE_S)):
            return
        self._words, self._line, self._said_s = words, line, now
        with contextlib.suppress(OSError, LabError):  # no one is looking any more; the fetch goes on
            if self._live is None:
                self._console.say(line)
            else:
                self._live.update(Text(one_line(line)), refresh=True)


def _words(notice: Waiting | Updating | Downloading) -> tuple[str, float]:
    """What is done, and how much of it in percent."""
    match notice:
        case Waiting():
            return "waiting for another fetch to end", 0.0
        case Updating(tool, percent):
            return f"{tool}: fetching package lists of your own", percent
        case Downloading(tool, version, size_bytes, percent):
            named = " ".join(filter(None, (tool, version)))
            size = f"{size_bytes / 1e6:.1f} MB" if size_bytes >= _MB else f"{size_bytes / 1e3:.0f} kB"
            return f"{named}: downloading {size}", percent
