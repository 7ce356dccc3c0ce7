"""Two runs side by side: what is worse, and what is only noise."""

import random

import pytest

from jsquared.campaign.comparison import Difference, compare, permutation_p
from jsquared.records.plan import Engine
from jsquared.records.verdict import ObjectiveResult, RunVerdict, TrialVerdict, Writes


def trial(name: str, unit: str, value: float | None) -> TrialVerdict:
    """A verdict with one objective."""
    objective = ObjectiveResult(name=name, limit=10_000, value=value, unit=unit, outcome="pass")
    return TrialVerdict(
        scenario="primary-crash",
        seed=1,
        outcome="pass",
        reasons=[],
        deployment="reference",
        engine=Engine(name="redis", version="7.0.15"),
        sandbox="namespaces",
        ack="wait:1",
        writes=Writes(),
        failover_ms=None,
        phases_ms=None,
        objectives=[objective],
        faults=[],
        duration_ms=1.0,
    )


def run(*values: float | None, name: str = "failover", unit: str = "ms") -> RunVerdict:
    """A run of one scenario with these values."""
    return RunVerdict(outcome="pass", trials=[trial(name, unit, value) for value in values])


def only(old: RunVerdict, new: RunVerdict) -> Difference:
    """The only difference."""
    [difference] = compare(old, new)
    return difference


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        ([5000.0], [5400.0], "same"),
        ([5000.0], [6000.0], "same"),
        ([5000.0], [9000.0], "worse"),
        ([9000.0], [5000.0], "better"),
        ([100.0], [200.0], "same"),
        ([5000.0 + i for i in range(8)], [6000.0 + i for i in range(8)], "worse"),
        ([6000.0 + i for i in range(8)], [5000.0 + i for i in range(8)], "better"),
        ([4000.0, 9000.0] * 4, [4100.0, 9500.0] * 4, "same"),
        ([], [5000.0], "new"),
        ([5000.0], [], "gone"),
        ([5000.0], [None], "gone"),
    ],
)
def test_times_are_worse_only_beyond_noise(old: list[float], new: list[float | None], change: str) -> None:
    """Small differences and single trials near each other are the same; clear shifts are not."""
    assert only(run(*old), run(*new)).change == change


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [([0.0, 0.0], [0.0, 3.0], "worse"), ([5.0], [0.0], "better"), ([5.0], [900.0], "same"), ([0.0], [0.0], "same")],
)
def test_a_first_loss_is_worse(old: list[float], new: list[float], change: str) -> None:
    """Where nothing was lost, one loss is worse; how much is lost in a losing trial is chance."""
    assert (
        only(run(*old, name="lost_writes", unit="writes"), run(*new, name="lost_writes", unit="writes")).change
        == change
    )


def test_the_same_distribution_is_rarely_worse() -> None:
    """Two samples of the same distribution differ significantly about as rarely as the test promises."""
    draw = random.Random(5)
    false_alarms = 0
    for _ in range(60):
        old, new = ([draw.gauss(5000, 500) for _ in range(10)] for _ in range(2))
        false_alarms += permutation_p(old, new) < 0.05
    assert false_alarms <= 8
