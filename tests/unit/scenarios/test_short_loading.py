"""A primary that loads for a few seconds: how long it is, and who may replace it."""

import pytest

from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.read.load import load_deployment
from jsquared.deployment.read.overrides import apply_overrides
from jsquared.records.plan import Engine
from jsquared.scenario.situation import Situation
from jsquared.scenarios.catalogue import scenario_named

SCENARIO = scenario_named("short-loading")
ENGINE = Engine(name="redis", version="7.0.15")


def situation_of(*settings: str) -> Situation:
    """The reference with other settings."""
    deployment: Deployment = apply_overrides(load_deployment("reference"), settings)
    return Situation(deployment, deployment.majority_ack, frozenset(), frozenset(), ENGINE)


@pytest.mark.parametrize(("down_after", "load_ms"), [(1000, 2500), (3500, 5000), (30000, 6000)])
def test_loading_lasts_longer_than_sentinels_wait(down_after: int, load_ms: int) -> None:
    """1.5 s more than ``down-after-milliseconds``, and never so long that the trial drags on."""
    (fault,) = SCENARIO.faults(situation_of(f"sentinel.down-after-milliseconds={down_after}"))
    assert fault.parameters["ms"] == load_ms


@pytest.mark.parametrize(
    ("settings", "waits"),
    [
        ((), True),
        (("sentinel.master-reboot-down-after-period=0",), True),
        (("sentinel.master-reboot-down-after-period=2000",), False),
        (("sentinel.primary-reboot-down-after-period=2000",), False),
    ],
)
def test_only_where_nobody_was_told_otherwise_the_primary_must_stay(settings: tuple[str, ...], *, waits: bool) -> None:
    """With a reboot period a failover may come, or may not: it hangs on when a Sentinel looks."""
    names = {objective.name for objective in SCENARIO.objectives(situation_of(*settings))}
    assert ("no_failover" in names) == waits
    assert {"lost_writes", "write_gap", "convergence"} <= names
