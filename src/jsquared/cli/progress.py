"""Progress of a campaign on stderr: a live table on a terminal, a line a step elsewhere."""

import contextlib
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.live import Live
from rich.table import Table
from rich.text import Text

from jsquared.cli.first_start import end_first_start
from jsquared.cli.output import SafeConsole
from jsquared.cli.progress_words import TrialWords
from jsquared.records.event import Event
from jsquared.records.event_types import Phase, WritesCounted
from jsquared.records.verdict import TrialVerdict
from jsquared.service.progress import (
    CampaignBegan,
    CampaignStopping,
    Notice,
    TimePassed,
    Trial,
    TrialBegan,
    TrialEnded,
    TrialRecorded,
    TrialRepeated,
)
from jsquared.text import counted, duration, one_line

_REFRESH_S = 0.2
PATIENCE_S = 2.5
"""Where nothing is drawn, something is said again after so long; a trial's rates come every two seconds."""


@dataclass
class _Shown:
    """A running trial: since when, what it does now, and its rates of writes.

    While it waits for its monitoring, nothing that is told of the deployment meanwhile is what it does.
    """

    trial: Trial
    since_s: float
    words: TrialWords = field(default_factory=TrialWords)
    does: str = "starting"
    rates: str = ""
    awaits_monitoring: bool = False


class Silence:
    """A progress that shows nothing."""

    def tell(self, notice: Notice) -> None:
        """Show nothing."""


class LiveProgress:
    """Shows what each running trial does now."""

    def __init__(self, console: SafeConsole, patience_s: float = PATIENCE_S) -> None:
        self._console = console
        self._patience_s = patience_s
        self._said_s = time.monotonic()
        self._total = 0
        self._done = 0
        self._running: dict[Path, _Shown] = {}
        self._live: Live | None = None
        self._refreshed_s = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            with contextlib.suppress(OSError):
                self._live.update(Table.grid(), refresh=True)
                self._live.stop()

    def tell(self, notice: Notice) -> None:
        """Show a notice."""
        end_first_start()
        match notice:
            case CampaignBegan(trials, engine_before):
                self._begin(trials, engine_before)
            case TrialBegan(trial):
                self._began(trial)
            case TrialRecorded(trial, event):
                self._recorded(trial, event)
            case TrialRepeated(trial, verdict):
                self._repeated(trial, verdict)
            case TrialEnded(trial, verdict):
                self._ended(trial, verdict)
            case CampaignStopping(running, after):
                self._stopping(running, after)
            case TimePassed():
                self._refresh()

    def _begin(self, trials: int, engine_before: str) -> None:
        self._total = trials
        if engine_before:
            self._line(f"--engine auto: not the engine of the last run in this folder, which had {engine_before}")
        if self._console.is_terminal and not self._console.is_dumb_terminal:
            # Refreshed by hand: a separate thread would be one too many in a process that starts others.
            self._live = Live(console=self._console, auto_refresh=False, transient=True)
            self._live.start()

    def _began(self, trial: Trial) -> None:
        self._running[trial.path] = _Shown(trial, time.monotonic())
        if self._live is None:
            self._line(f"{trial.label}: begins (seed {trial.seed}, {trial.deployment}, {trial.ack}, {trial.engine})")

    def _recorded(self, trial: Trial, event: Event) -> None:
        shown = self._running[trial.path]
        words = shown.words.words_for(event)
        if isinstance(event, Phase):
            shown.awaits_monitoring = event.phase == "monitoring"
        if not words:
            return
        if isinstance(event, WritesCounted):
            shown.rates = words
        elif isinstance(event, Phase) or not shown.awaits_monitoring:
            shown.does = words
        is_rate_of_many = isinstance(event, WritesCounted) and len(self._running) > 1
        if self._live is None and not is_rate_of_many:
            self._line(f"{trial.label}: {event.t_ms / 1000:.1f} s {words}")

    def _ended(self, trial: Trial, verdict: TrialVerdict) -> None:
        self._done += 1
        self._running.pop(trial.path, None)
        if trial.is_static and verdict.outcome == "pass":
            return  # static checks are many and take no time; the table at the end has them
        failover = "" if verdict.failover_ms is None else f", failover {verdict.failover_ms / 1000:.2f} s"
        lost = "" if verdict.writes.lost is None else f", {verdict.writes.lost:,} lost"
        self._line(f"[{self._done}/{self._total}] {verdict.label}: {verdict.outcome}{failover}{lost}")

    def _repeated(self, trial: Trial, verdict: TrialVerdict) -> None:
        self._running.pop(trial.path, None)
        disturbed = f"the machine itself disturbed it for {duration(verdict.disturbed_ms)}"
        reasons = f" ({'; '.join(verdict.reasons)})" if verdict.reasons else ""
        self._line(f"{trial.label}: {disturbed}; it will be re-run{reasons}")

    def _stopping(self, running: int, after: str) -> None:
        ending = f"ending {counted(running, 'running trial')}"
        if after:
            self._line(f"--fail-fast: {after} was violated; {ending}")
        else:
            self._line(f"interrupted: {ending}; once more (Ctrl-C) ends at once, and writes no results")

    def _refresh(self) -> None:
        """Redraw, five times a second at most; where nothing is drawn, say that the trials go on, if nothing else was said for long."""
        now = time.monotonic()
        if self._live is None and self._running and now - self._said_s >= self._patience_s:
            self._line(self._going_on(now))
        if self._live is not None and now - self._refreshed_s >= _REFRESH_S:
            self._refreshed_s = now
            with contextlib.suppress(OSError):
                self._live.update(self._table(now), refresh=True)

    def _going_on(self, now_s: float) -> str:
        """What a line says of the trials that run: of one what it does, of several how many they are."""
        shown = next(iter(self._running.values()))
        if len(self._running) == 1:
            return f"{shown.trial.label}: still {shown.does}, {now_s - shown.since_s:.0f} s after it began"
        return f"{len(self._running)} trials are running, {self._done} of {self._total} have ended"

    def _table(self, now_s: float) -> Table:
        table = Table.grid(padding=(0, 2))
        for shown in self._running.values():
            told = (one_line(text) for text in (shown.trial.label, shown.does, shown.rates))
            table.add_row(f"{now_s - shown.since_s:5.1f} s", *map(Text, told))
        return table

    def _line(self, text: str) -> None:
        self._said_s = time.monotonic()
        with contextlib.suppress(OSError):  # no one is looking any more; the trials go on
            self._console.print(Text(one_line(text)), soft_wrap=self._live is None)
