"""Repeated trials as distributions, with the bound that zero losses allow."""

import pytest

from jsquared.campaign.summary import loss_probability_upper_95, summarise
from jsquared.records.plan import Engine
from jsquared.records.verdict import TrialVerdict, Writes


def verdict(scenario: str, failover_ms: float | None, lost: int | None) -> TrialVerdict:
    """A verdict with only what a summary looks at."""
    return TrialVerdict(
        scenario=scenario,
        seed=1,
        outcome="pass" if lost == 0 else "violated",
        reasons=[],
        deployment="reference",
        engine=Engine(name="redis", version="7.0.15"),
        sandbox="namespaces",
        ack="wait:1",
        writes=Writes(lost=lost),
        failover_ms=failover_ms,
        phases_ms=None,
        objectives=[],
        faults=[],
        duration_ms=1.0,
    )


def test_a_summary_is_per_scenario() -> None:
    """Each scenario has its own counts; what could not be measured does not enter the figures."""
    first, second = summarise([verdict("a", 1000.0, 0), verdict("b", None, None), verdict("a", 3000.0, 2)])
    assert (first["scenario"], first["n"], first["lost"], first["trials_with_loss"]) == ("a", 2, 2, 1)
    assert first["failover_ms"] == {"p50": 2000.0, "p95": 2900.0, "p99": 2980.0, "max": 3000.0}
    assert first["outcomes"] == {"pass": 1, "violated": 1, "inconclusive": 0}
    assert second["failover_ms"] is None
    assert second["loss_probability_upper_95"] is None


@pytest.mark.parametrize(
    ("trials", "losing", "bound"), [(1, 0, 0.95), (10, 0, 0.258866), (100, 0, 0.029513), (3, 3, 1.0)]
)
def test_the_bound_of_zero_losses_is_exact(trials: int, losing: int, bound: float) -> None:
    """With 0 of n the bound is 1 - 0.05^(1/n), near the rule of three; with all of n it is 1."""
    assert loss_probability_upper_95(trials, losing) == pytest.approx(bound, abs=1e-6)


def test_the_bound_grows_with_each_loss() -> None:
    """More losses among as many trials mean a higher bound, always above the observed share."""
    bounds = [loss_probability_upper_95(20, losing) or 0.0 for losing in range(20)]
    assert bounds == sorted(bounds)
    assert all(bound > losing / 20 for losing, bound in enumerate(bounds))


def test_no_trials_have_no_bound() -> None:
    """Nothing was shown."""
    assert loss_probability_upper_95(0, 0) is None
