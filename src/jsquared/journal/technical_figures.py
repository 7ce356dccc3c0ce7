"""The technical figures of a scorecard, from run folders."""

import datetime as dt
import statistics
from itertools import pairwise

from jsquared.journal.run_facts import RunFacts
from jsquared.journal.scorecard_sources import Sources
from jsquared.journal.spans import HOUR_S, Figure, Span, share
from jsquared.journal.trend import failovers
from jsquared.records.distribution import percentiles
from jsquared.text import counted


def failover(sources: Sources, span: Span) -> Figure:
    """Return the p95 of all failovers; behind it are those that took too long."""
    runs = [run for run in sources.within(span) if run.failover_ms is not None]
    found = percentiles(failovers(runs))
    if not found:
        return Figure.unknown("no trial with a failover in this time")
    slow = [run.run for run in runs if (run.failover_ms or 0) > sources.journal.failover_limit_ms]
    return Figure(found["p95"], len(runs), slow, note=f"worst {found['max'] / 1000:.2f} s")


def lost(sources: Sources, span: Span) -> Figure:
    """Return how many acknowledged writes were lost; behind it are the runs that lost some."""
    asked = [
        (run.run, one.value)
        for run in sources.within(span)
        for one in run.objectives
        if one.name == "lost_writes" and one.value is not None
    ]
    if not asked:
        return Figure.unknown("no trial that can tell in this time")
    return Figure(float(sum(lost for _, lost in asked)), len(asked), [name for name, lost in asked if lost])


def handled(sources: Sources, span: Span) -> Figure:
    """Return how many scenarios passed last; behind it are those that did not."""
    newest = {run.kind: run for run in sources.within(span) if run.state in ("pass", "violated")}
    failed = sorted(f"{kind[1]} on {kind[0]}" for kind, run in newest.items() if run.state == "violated")
    return share(len(newest) - len(failed), len(newest), failed, of="scenario with a verdict")


def covered(sources: Sources, span: Span) -> Figure:
    """Return how many scenarios of the suite have a fresh verdict, for the deployment with the fewest; behind it are the others."""
    first = span.last - dt.timedelta(days=sources.journal.stale_after_days - 1)
    fresh = Span(first, span.last)
    proofs = [run for run in sources.within(fresh) if run.state in ("pass", "violated")]
    names = sorted({run.deployment for run in sources.runs if sources.day(run.started) <= span.last})
    if not names or not sources.suite:
        return Figure.unknown("no trial until then")
    missing = {
        name: [one for one in sources.suite if one not in {run.scenario for run in proofs if run.deployment == name}]
        for name in names
    }
    worst = max(names, key=lambda name: len(missing[name]))
    covered = len(sources.suite) - len(missing[worst])
    figure = share(covered, len(sources.suite), missing[worst], of="scenario")
    return Figure(figure.value, figure.n, figure.items, note=f"of {worst}")


def unanswered(sources: Sources, span: Span) -> Figure:
    """Return how many trials proved nothing, with their names."""
    runs = sources.within(span)
    silent = [run.run for run in runs if run.state == "inconclusive"]
    return share(len(silent), len(runs), silent, of="trial")


def mended(sources: Sources, span: Span) -> Figure:
    """Return the median of the hours from the first violated trial of a scenario to its next pass, for passes of the span."""
    times: list[float] = []
    items: list[str] = []
    open_ones = 0
    kinds: dict[tuple[str, str], list[RunFacts]] = {}
    for run in sources.runs:
        if run.state in ("pass", "violated") and sources.day(run.started) <= span.last:
            kinds.setdefault(run.kind, []).append(run)
    for kind, runs in sorted(kinds.items()):
        since = runs[0] if runs[0].state == "violated" else None
        for before, run in pairwise(runs):
            if before.state == "pass" and run.state == "violated":
                since = run
            elif since is not None and run.state == "pass":
                if span.has(sources.day(run.started)):
                    times.append((run.started - since.started).total_seconds() / HOUR_S)
                    items.append(f"{kind[1]} on {kind[0]}, mended by {run.run}")
                since = None
        open_ones += since is not None
    note = f"{counted(open_ones, 'finding')} still open" if open_ones else ""
    if not times:
        return Figure(None, 0, reason="no finding was mended in this time", note=note)
    return Figure(round(statistics.median(times), 1), len(times), items, note=note)
