"""Predicted effects of the changes that rules advise."""

import pytest

from jsquared.analysis.analysis import analyse
from jsquared.deployment.read.load import load_deployment
from jsquared.deployment.read.overrides import apply_overrides


@pytest.mark.parametrize(
    ("override", "rule", "effect"),
    [
        (
            "sentinel.down-after-milliseconds=30000",
            "failover-over-10s",
            "a dead primary is noticed after 3.5 s instead of 30 s, and a failover takes up to 6 s instead of 32.5 s",
        ),
        (
            "sentinel.failover-timeout=180000",
            "failover-timeout-long",
            "after a lost election the next attempt waits 12 s instead of 360 s",
        ),
        (
            "redis.appendonly=no",
            "snapshots-only",
            "a process that crashes restarts with every write that it had accepted, instead of its last snapshot",
        ),
        ("quorum=4", "quorum-unreachable", "2 of 3 Sentinels agree that the primary is down"),
        ("redis.min-replicas-to-write=3", "min-replicas-above-replicas", "writes are accepted while 1 replica or more are attached"),
        ("redis.replica-priority=0", "no-promotable-replica", "the Sentinels can promote these replicas, so a failover can complete"),
    ],
)  # fmt: skip
def test_rules_predict_in_figures_what_their_change_does(override: str, rule: str, effect: str) -> None:
    """A finding says what its fix changes, from the value that is written to the value to try."""
    found = analyse(apply_overrides(load_deployment("reference"), [override]))
    assert [finding.effect for finding in found if finding.rule == rule] == [effect]
