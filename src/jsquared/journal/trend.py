"""Trends over run folders: failover times, losses and outcomes by day or week, apart for each deployment and each of its configurations."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import msgspec

from jsquared.journal.period import Period
from jsquared.journal.run_facts import STATES, RunFacts, State
from jsquared.records.distribution import loss_probability_upper_95, percentiles


class TrendPoint(msgspec.Struct, frozen=True, kw_only=True):
    """All trials of one period. Figures that no trial has are None, never 0."""

    begins: date
    """The day, or the Monday of the week; days are UTC."""
    trials: int
    outcomes: dict[State, int]
    failovers: int
    failover_ms: dict[str, float] | None
    """p50, p95, p99 and max; trials without a failover do not enter."""
    acknowledged: int
    lost: int | None
    """Over all trials that say it; None where none does."""
    loss_unknown: int
    """Trials with writes of which no one knows what was lost."""
    trials_with_loss: int


class TrendSeries(msgspec.Struct, frozen=True, kw_only=True):
    """One configuration of one deployment, oldest point first."""

    deployment: str
    fingerprint: str
    engines: list[str]
    trials: int
    outcomes: dict[State, int]
    failovers: int
    failover_ms: dict[str, float] | None
    lost: int | None
    trials_with_loss: int
    loss_probability_upper_95: float | None
    """The 95 % upper bound of the probability that a trial loses something."""
    points: list[TrendPoint]


class Trend(msgspec.Struct, frozen=True, kw_only=True):
    """Every configuration of every deployment, and the runs of which nothing is known."""

    period: Period
    runs: int
    damaged: list[str]
    series: list[TrendSeries]


def trend_of(runs: Sequence[RunFacts], period: Period = Period.DAY) -> Trend:
    """Return the trend of these runs: deployments by name, the configurations of each in the order in which they came."""
    readable = sorted((run for run in runs if run.state != "damaged"), key=lambda run: (run.started, run.run))
    groups: dict[tuple[str, str], list[RunFacts]] = {}
    for run in readable:
        groups.setdefault((run.deployment, run.fingerprint), []).append(run)
    return Trend(
        period=period,
        runs=len(runs),
        damaged=sorted(run.run for run in runs if run.state == "damaged"),
        series=[
            _series(groups[key], period) for key in sorted(groups, key=lambda key: (key[0], groups[key][0].started))
        ],
    )


def _series(runs: Sequence[RunFacts], period: Period) -> TrendSeries:
    periods: dict[date, list[RunFacts]] = {}
    for run in runs:
        periods.setdefault(begin_of(run.started, period), []).append(run)
    known = [run.lost for run in runs if run.lost is not None]
    losing = sum(lost > 0 for lost in known)
    times = failovers(runs)
    return TrendSeries(
        deployment=runs[0].deployment,
        fingerprint=runs[0].fingerprint,
        engines=sorted({run.engine for run in runs}),
        trials=len(runs),
        outcomes=tallied(runs),
        failovers=len(times),
        failover_ms=percentiles(times),
        lost=sum(known) if known else None,
        trials_with_loss=losing,
        loss_probability_upper_95=loss_probability_upper_95(len(known), losing),
        points=[_point(begins, inside) for begins, inside in sorted(periods.items())],
    )


def _point(begins: date, runs: Sequence[RunFacts]) -> TrendPoint:
    known = [run.lost for run in runs if run.lost is not None]
    times = failovers(runs)
    return TrendPoint(
        begins=begins,
        trials=len(runs),
        outcomes=tallied(runs),
        failovers=len(times),
        failover_ms=percentiles(times),
        acknowledged=sum(run.acknowledged for run in runs),
        lost=sum(known) if known else None,
        loss_unknown=sum(run.lost is None and run.was_run for run in runs),
        trials_with_loss=sum(lost > 0 for lost in known),
    )


def begin_of(moment: datetime, period: Period) -> date:
    """Return the day of a moment, or the Monday of its week."""
    day = moment.date()
    return day if period is Period.DAY else day - timedelta(days=day.weekday())


def failovers(runs: Sequence[RunFacts]) -> list[float]:
    """Return the failover times of the runs that have one, in ms."""
    return [run.failover_ms for run in runs if run.failover_ms is not None]


def tallied(runs: Sequence[RunFacts]) -> dict[State, int]:
    """Return how many runs ended in which way; ways that none did are left out."""
    counts = Counter(run.state for run in runs)
    return {state: counts[state] for state in STATES if counts[state]}
