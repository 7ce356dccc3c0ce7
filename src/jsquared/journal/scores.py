"""The scorecard: technical and operational objectives, each with its definition, its source, what it was made from and its trend.

Nothing is typed in and nothing is guessed: where a source is missing a figure is *not known*, with the reason, and never 0. There is no
sum of them, and no person in any.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from jsquared.journal import operational_figures, technical_figures
from jsquared.journal.findings_over_time import counted_runs
from jsquared.journal.forge_export import read_exports
from jsquared.journal.git_history import GitUnknownError, documented_days
from jsquared.journal.journal_folder import Journal
from jsquared.journal.run_facts import RunFacts
from jsquared.journal.scorecard_sources import Sources
from jsquared.journal.spans import Figure, Span
from jsquared.journal.standups import read_standups

SPANS = 4
"""Values of a trend: this span and those before it."""
MOST_ITEMS = 30

Group = Literal["technical", "operational"]


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """One objective."""

    name: str
    group: Group
    definition: str
    source: str
    unit: str
    value: float | None
    n: int
    reason: str
    """Why the value is not known; empty where it is."""
    note: str
    at_most: float | None
    at_least: float | None
    is_met: bool | None
    trend: list[float | None]
    """The values of spans of the same length, the oldest first; the last one is ``value``."""
    items: list[str]
    """What is behind the figure, or what speaks against it."""
    items_left_out: int


class Scorecard(msgspec.Struct, frozen=True, kw_only=True):
    """All objectives over one span of days."""

    first: dt.date
    last: dt.date
    zone: str
    scores: list[Score]


Compute = Callable[[Sources, Span], Figure]


@dataclass(frozen=True, kw_only=True)
class _Objective:
    name: str
    group: Group
    definition: str
    source: str
    unit: str
    compute: Compute
    at_most: Callable[[Journal], float] | None = None
    at_least: Callable[[Journal], float] | None = None


def scorecard_of(journal: Journal, runs: Sequence[RunFacts], suite: Sequence[str], span: Span) -> Scorecard:
    """Return the scorecard of a span of days.

    :param suite: the scenarios that should be proven.
    :raises BadInputError: a file of the journal is malformed.
    """
    documented: set[dt.date] = set()
    unknown = ""
    try:
        documented = documented_days(journal.repository, journal.zone)
    except GitUnknownError as problem:
        unknown = str(problem)
    sources = Sources(
        journal=journal,
        runs=counted_runs(runs),
        suite=suite,
        exports=read_exports(journal.folder),
        standups=read_standups(journal.folder),
        documented=documented,
        documented_unknown=unknown,
    )
    return Scorecard(
        first=span.first,
        last=span.last,
        zone=journal.zone_name,
        scores=[_score(one, sources, span) for one in OBJECTIVES],
    )


def _score(one: _Objective, sources: Sources, span: Span) -> Score:
    figures = [one.compute(sources, span.before(number)) for number in range(SPANS - 1, -1, -1)]
    now = figures[-1]
    at_most = one.at_most(sources.journal) if one.at_most else None
    at_least = one.at_least(sources.journal) if one.at_least else None
    return Score(
        name=one.name,
        group=one.group,
        definition=one.definition,
        source=one.source,
        unit=one.unit,
        value=now.value,
        n=now.n,
        reason=now.reason,
        note=now.note,
        at_most=at_most,
        at_least=at_least,
        is_met=_is_met(now.value, at_most, at_least),
        trend=[figure.value for figure in figures],
        items=list(now.items[:MOST_ITEMS]),
        items_left_out=max(0, len(now.items) - MOST_ITEMS),
    )


def _is_met(value: float | None, at_most: float | None, at_least: float | None) -> bool | None:
    if value is None or (at_most is None and at_least is None):
        return None
    return (at_most is None or value <= at_most) and (at_least is None or value >= at_least)


OBJECTIVES = (
    _Objective(
        name="failover p95",
        group="technical",
        definition="95th percentile of the time in which clients had no write acknowledged, over all trials with a failover.",
        source="run folders",
        unit="ms",
        compute=technical_figures.failover,
        at_most=lambda journal: journal.failover_limit_ms,
    ),
    _Objective(
        name="acknowledged writes lost",
        group="technical",
        definition="Acknowledged writes that were gone at the end, over the trials whose acknowledgement level promises none.",
        source="run folders",
        unit="writes",
        compute=technical_figures.lost,
        at_most=lambda journal: float(journal.lost_limit),
    ),
    _Objective(
        name="scenarios handled",
        group="technical",
        definition="Scenarios whose newest trial that passed or was violated passed, of all that have one.",
        source="run folders",
        unit="%",
        compute=technical_figures.handled,
        at_least=lambda _: 100.0,
    ),
    _Objective(
        name="scenarios covered",
        group="technical",
        definition="Scenarios of the suite standard with a verdict that is no older than stale_after_days at the end, for the deployment "
        "with the fewest.",
        source="run folders",
        unit="%",
        compute=technical_figures.covered,
        at_least=lambda _: 100.0,
    ),
    _Objective(
        name="trials without an answer",
        group="technical",
        definition="Inconclusive trials, of all that ended.",
        source="run folders",
        unit="%",
        compute=technical_figures.unanswered,
    ),
    _Objective(
        name="time to mend",
        group="technical",
        definition="Median time from the first violated trial of a scenario to its next pass, over the passes of this time.",
        source="run folders",
        unit="h",
        compute=technical_figures.mended,
    ),
    _Objective(
        name="documentation updated daily",
        group="operational",
        definition="Days from Monday to Friday with a commit that changes documentation, by the commit's date.",
        source="git",
        unit="%",
        compute=operational_figures.documented,
        at_least=lambda _: 100.0,
    ),
    _Objective(
        name="stand-ups attended",
        group="operational",
        definition="Those who came, of those who were invited.",
        source="standups.yaml, kept by a person",
        unit="%",
        compute=operational_figures.attended,
        at_least=lambda _: 100.0,
    ),
    _Objective(
        name="reviews completed",
        group="operational",
        definition="Changes with a review before they were merged, of all that were merged and of which the export says it.",
        source="forge export",
        unit="%",
        compute=operational_figures.reviewed,
        at_least=lambda _: 100.0,
    ),
    _Objective(
        name="time to first review",
        group="operational",
        definition="Median time from when a change was opened to its first review, over the changes that were merged.",
        source="forge export",
        unit="h",
        compute=operational_figures.review_time,
    ),
    _Objective(
        name="issue resolution time",
        group="operational",
        definition="Median time from when an issue was opened to when it was closed, over those closed in this time.",
        source="forge export",
        unit="h",
        compute=operational_figures.resolved,
    ),
)
"""Every objective of the scorecard, in its order."""
