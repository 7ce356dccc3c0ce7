"""The operational figures of a scorecard: from git, from exports of a forge, and from what a person keeps."""

import datetime as dt
import statistics

import numpy as np

from jsquared.journal.forge_export import ForgeItem
from jsquared.journal.scorecard_sources import Sources
from jsquared.journal.spans import HOUR_S, Figure, Span, share
from jsquared.text import counted

NO_EXPORT = "there is no export of a forge (forge/*.json)"


def documented(sources: Sources, span: Span) -> Figure:
    """Return on how many working days documentation was changed; behind it are the days on which it was not."""
    if sources.documented_unknown:
        return Figure.unknown(sources.documented_unknown)
    if not sources.documented or min(sources.documented) > span.last:
        return Figure.unknown("no commit that changes documentation until then")
    first = max(span.first, min(sources.documented))
    days = [first + dt.timedelta(days=number) for number in range((span.last - first).days + 1)]
    working = [day for day in days if day.weekday() < 5]
    missing = [day.isoformat() for day in working if day not in sources.documented]
    return share(len(working) - len(missing), len(working), missing, of="working day")


def attended(sources: Sources, span: Span) -> Figure:
    """Return how many of those who were invited came; behind it are the days on which someone was missing."""
    if sources.standups is None:
        return Figure.unknown("no one keeps standups.yaml")
    held = [one for one in sources.standups if span.has(one.date)]
    missed = [one.date.isoformat() for one in held if one.attended < one.invited]
    figure = share(sum(one.attended for one in held), sum(one.invited for one in held), missed, of="stand-up")
    return Figure(figure.value, len(held), figure.items, figure.reason)


def _merged(sources: Sources, span: Span) -> list[ForgeItem] | Figure:
    if sources.exports is None:
        return Figure.unknown(NO_EXPORT)
    merged = [one for one in sources.exports if one.merged is not None and span.has(sources.day(one.merged))]
    if merged and not any(one.has_reviews for one in merged):
        return Figure.unknown("the export says nothing of reviews")
    return [one for one in merged if one.has_reviews]


def reviewed(sources: Sources, span: Span) -> Figure:
    """Return how many changes were reviewed before they were merged; behind it are those that were not."""
    merged = _merged(sources, span)
    if isinstance(merged, Figure):
        return merged
    unseen = [one.id for one in merged if one.first_review is None or (one.merged and one.first_review > one.merged)]
    return share(len(merged) - len(unseen), len(merged), unseen, of="merged change")


def review_time(sources: Sources, span: Span) -> Figure:
    """Return the median of the hours until the first review, with the changes."""
    merged = _merged(sources, span)
    if isinstance(merged, Figure):
        return merged
    seen = [(one.id, one.first_review - one.opened) for one in merged if one.first_review is not None]
    if not seen:
        return Figure.unknown("no reviewed change in this time")
    hours = statistics.median(time.total_seconds() for _, time in seen) / HOUR_S
    return Figure(round(hours, 1), len(seen), [name for name, _ in seen])


def resolved(sources: Sources, span: Span) -> Figure:
    """Return the median of the hours until an issue was closed, with the issues."""
    if sources.exports is None:
        return Figure.unknown(NO_EXPORT)
    issues = [one for one in sources.exports if not one.is_change]
    closed = [(one.id, one.closed - one.opened) for one in issues if one.closed and span.has(sources.day(one.closed))]
    still = [
        one
        for one in issues
        if sources.day(one.opened) <= span.last and (one.closed is None or sources.day(one.closed) > span.last)
    ]
    oldest = max(((span.last - sources.day(one.opened)).days for one in still), default=0)
    note = f"{counted(len(still), 'issue')} open, the oldest for {counted(oldest, 'day')}" if still else "none open"
    if not closed:
        return Figure(None, 0, reason="no issue was closed in this time", note=note)
    hours = [time.total_seconds() / HOUR_S for _, time in closed]
    p90 = float(np.percentile(hours, 90))
    return Figure(
        round(statistics.median(hours), 1), len(closed), [name for name, _ in closed], note=f"p90 {p90:.1f} h; {note}"
    )
