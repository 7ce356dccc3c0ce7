"""Trends, figure by figure, and their page."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from jsquared.errors import BadInputError
from jsquared.journal.objectives import FAILOVER_LIMIT_MS
from jsquared.journal.period import Period
from jsquared.journal.run_index import runs_in
from jsquared.journal.selection import Selection, parse_age, parse_since
from jsquared.journal.trend import trend_of
from jsquared.journal.trend_page import trend_page
from jsquared.scenario import limits
from support.record_runs import NOON, at_day, record_run


def test_a_day_has_the_figures_of_its_runs(runs: Path) -> None:
    """Percentiles, losses and outcomes are those of the run folders; what none says is None."""
    times = [3000.0, 4000.0, 5000.0, 12_000.0]
    for number, failover_ms in enumerate(times):
        record_run(
            runs,
            at_day(0, number),
            "violated" if number == 3 else "pass",
            seed=number,
            failover_ms=failover_ms,
            lost=number,
        )
    record_run(runs, at_day(1), None, seed=9)
    [series] = trend_of(runs_in(runs)).series
    first, second = series.points
    p50, p95, p99 = np.percentile(times, [50, 95, 99])
    assert first.failover_ms == {"p50": round(p50, 1), "p95": round(p95, 1), "p99": round(p99, 1), "max": 12_000.0}
    assert (first.begins, first.trials, first.failovers, first.lost, first.trials_with_loss) == (
        date(2026, 3, 2),
        4,
        4,
        6,
        3,
    )
    assert first.outcomes == {"pass": 3, "violated": 1}
    assert (second.failover_ms, second.lost, second.loss_unknown, second.outcomes) == (None, None, 1, {"unfinished": 1})
    assert (series.trials, series.lost, series.failovers) == (5, 6, 4)


def test_configurations_are_apart(runs: Path) -> None:
    """Each configuration is a series of its own, in the order in which they came, and damaged runs are named and in none."""
    record_run(runs, at_day(0))
    record_run(runs, at_day(1), lines="maxmemory 1gb\n", version="9.2.0")
    (record_run(runs, at_day(2)) / "plan.json").write_text("")
    trend = trend_of(runs_in(runs))
    assert [(one.trials, one.engines) for one in trend.series] == [(1, ["valkey 9.1.2"]), (1, ["valkey 9.2.0"])]
    assert len(trend.damaged) == 1


def test_weeks_begin_on_monday(runs: Path) -> None:
    """Sunday belongs to the week before."""
    for day in (0, 6, 7):
        record_run(runs, at_day(day))
    [series] = trend_of(runs_in(runs), Period.WEEK).series
    assert [(point.begins, point.trials) for point in series.points] == [(date(2026, 3, 2), 2), (date(2026, 3, 9), 1)]


def test_the_page_is_whole_and_safe(runs: Path) -> None:
    """It has a plot for each configuration, runs nothing, and shows a hostile name as text."""
    record_run(runs, failover_ms=4000.0, deployment="<script>alert(1)</script>")
    record_run(runs, at_day(1), None, deployment="<script>alert(1)</script>")
    page = trend_page(trend_of(runs_in(runs)))
    assert "<script" not in page
    assert page.count("<svg") == 2
    assert "p95 4 s of 1 failover" in page
    assert page == trend_page(trend_of(runs_in(runs)))


def test_the_limit_is_that_of_the_scenarios() -> None:
    """The line in the plot is the limit that trials are judged by."""
    assert FAILOVER_LIMIT_MS == limits.FAILOVER_LIMIT_MS


def test_runs_are_selected_by_each_part(runs: Path) -> None:
    """Scenario, deployment, outcome and time narrow the choice; several words of one part widen it."""
    record_run(runs, at_day(0), "violated")
    record_run(runs, at_day(1), scenario="primary-hang")
    record_run(runs, at_day(2), deployment="other")
    every = runs_in(runs)
    assert len(Selection().of(every)) == 3
    assert [run.scenario for run in Selection(scenarios=["primary-hang"]).of(every)] == ["primary-hang"]
    assert [run.deployment for run in Selection(deployments=["other"]).of(every)] == ["other"]
    assert len(Selection(outcomes=["pass", "violated"]).of(every)) == 3
    assert len(Selection(since=at_day(1)).of(every)) == 2
    with pytest.raises(BadInputError, match="is not an outcome"):
        Selection(outcomes=["passed"]).check()


def test_times_are_days_moments_or_ages() -> None:
    """Each form of a time is read, days and moments as UTC, and anything else is one line."""
    assert parse_since("2026-03-02", NOON).isoformat() == "2026-03-02T00:00:00+00:00"
    assert parse_since("2026-03-02T14:00+02:00", NOON) == NOON
    assert parse_since("2026-03-02T12:00", NOON) == NOON
    assert NOON - parse_since("2w", NOON) == parse_age("14d", "")
    assert parse_since("999999w", NOON).year == 1
    for wrong in ("yesterday", "2026-13-01", "7", "-1d", ""):
        with pytest.raises(BadInputError):
            parse_since(wrong, NOON)
    with pytest.raises(BadInputError, match="is not an age"):
        parse_age("30", "--older-than")
