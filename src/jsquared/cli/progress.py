"""Progress of a campaign on stderr: a live table on a terminal, a line a step elsewhere."""

import contextlib
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.live import Live
from rich.table import Table
from rich.text import Text

from jsquared.campaign.result import TrialResult
from jsquared.cli.output import SafeConsole
from jsquared.records.event_types import Event, FaultHealing, FaultStarted, Phase, Recovery
from jsquared.records.plan import Plan
from jsquared.text import one_line

_PHASE_WORDS = {
    "stand-up": "standing up",
    "load": "load is on",
    "break": "load is on",
    "settle": "healed, settling",
    "load-end": "load has ended",
    "read-back": "reading everything back",
    "done": "judging",
    "interrupted": "interrupted",
    "ended-early": "judging",
}
_REFRESH_S = 0.2


def words_for(event: Event) -> str:
    """Return an event's meaning for a waiting user, empty if there is none."""
    match event:
        case Phase():
            return _PHASE_WORDS.get(event.phase, "")
        case FaultStarted():
            return f"{event.name} {', '.join(event.targets)}"
        case FaultHealing():
            return f"healing {event.fault}"
        case Recovery():
            return "writes have resumed" if event.ok else "no recovery, healing anyway"
    return ""


class LiveProgress:
    """Shows what each running trial does now."""

    def __init__(self, console: SafeConsole, total: int) -> None:
        self._console = console
        self._total = total
        self._done = 0
        self._running: dict[Path, tuple[Plan, float, str]] = {}
        # Refreshed by hand: a separate thread would be one too many in a process that starts others.
        self._live = Live(console=console, auto_refresh=False, transient=True) if console.is_terminal else None
        self._refreshed_s = 0.0

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            with contextlib.suppress(OSError):
                self._live.update(Table.grid(), refresh=True)
                self._live.stop()

    def started(self, plan: Plan, path: Path) -> None:
        """A trial began."""
        self._running[path] = (plan, time.monotonic(), "starting")
        if self._live is None:
            self._line(
                f"{plan.label}: begins (seed {plan.seed}, {plan.deployment}, {plan.ack}, {plan.engine.name} {plan.engine.version})"
            )

    def event(self, plan: Plan, path: Path, event: Event) -> None:
        """A trial recorded something."""
        words = words_for(event)
        if not words:
            return
        _, since_s, _ = self._running[path]
        self._running[path] = (plan, since_s, words)
        if self._live is None:
            self._line(f"{plan.label}: {event.t_ms / 1000:.1f} s {words}")

    def finished(self, result: TrialResult) -> None:
        """A trial ended."""
        self._done += 1
        self._running.pop(result.path, None)
        verdict = result.verdict
        if result.plan.rules and verdict.outcome == "pass":
            return  # static checks are many and take no time; the table at the end has them
        failover = "" if verdict.failover_ms is None else f", failover {verdict.failover_ms / 1000:.2f} s"
        lost = "" if verdict.writes.lost is None else f", {verdict.writes.lost:,} lost"
        self._line(f"[{self._done}/{self._total}] {verdict.label}: {verdict.outcome}{failover}{lost}")

    def repeated(self, result: TrialResult) -> None:
        """A trial was disturbed by the machine itself and will be run again."""
        self._running.pop(result.path, None)
        disturbed = result.verdict.disturbed_ms
        self._line(f"{result.plan.label}: the machine itself disturbed it for {disturbed:,.0f} ms; it will be re-run")

    def tick(self) -> None:
        """Redraw, five times a second at most."""
        now = time.monotonic()
        if self._live is not None and now - self._refreshed_s >= _REFRESH_S:
            self._refreshed_s = now
            with contextlib.suppress(OSError):
                self._live.update(self._table(now), refresh=True)

    def _table(self, now_s: float) -> Table:
        table = Table.grid(padding=(0, 2))
        for plan, since_s, words in self._running.values():
            table.add_row(f"{now_s - since_s:5.1f} s", Text(one_line(plan.label)), Text(one_line(words)))
        return table

    def _line(self, text: str) -> None:
        with contextlib.suppress(OSError):  # no one is looking any more; the trials go on
            self._console.print(Text(one_line(text)))
