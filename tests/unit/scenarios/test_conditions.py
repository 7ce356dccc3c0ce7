"""Deployments and engines that cannot have a scenario are told why, in one sentence; the others are told nothing."""

from dataclasses import replace

import pytest

from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.read.load import load_deployment
from jsquared.deployment.read.overrides import apply_overrides
from jsquared.records.plan import Engine
from jsquared.scenarios.catalogue import SCENARIOS
from jsquared.scenarios.conditions import (
    needs_links_that_age,
    needs_misconf,
    needs_two_replicas,
    needs_writes_without_one,
)

ENGINE = Engine(name="redis", version="7.0.15")
OWN = (
    "slow-command slow-command-too-long connection-storm connections-reset reconnect-then-crash big-key-resync primary-dies-mid-sync "
    "replica-outage output-buffer-loop output-buffer-overflow bgsave-fails client-hangs stale-replica-links min-replicas-all"
).split()


def changed(*settings: str, name: str = "reference") -> Deployment:
    """A shipped deployment with other settings."""
    return apply_overrides(load_deployment(name), settings)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ((), ""),
        (("redis.min-replicas-to-write=0",), ""),
        (("redis.min-replicas-to-write=2",), "with one of 2 replicas away and min-replicas-to-write 2 the primary"),
    ],
)
def test_a_primary_must_take_writes_without_one_replica(settings: tuple[str, ...], sentence: str) -> None:
    """min-replicas-to-write may ask for one replica less than there are."""
    assert needs_writes_without_one(changed(*settings), ENGINE).startswith(sentence)
    assert bool(needs_writes_without_one(changed(*settings), ENGINE)) == bool(sentence)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ((), ""),
        (("redis.save=",), "no save points"),
        (("redis.stop-writes-on-bgsave-error=no",), "with stop-writes-on-bgsave-error no"),
    ],
)
def test_a_failed_snapshot_must_stop_writes(settings: tuple[str, ...], sentence: str) -> None:
    """Without save points, or where that is switched off, it concerns nobody."""
    why = needs_misconf(changed(*settings), ENGINE)
    assert sentence in why
    assert bool(why) == bool(sentence)


def test_a_lone_replica_is_too_few_where_two_are_needed() -> None:
    """The scenario's own sentence says what the second one is for."""
    reference = load_deployment("reference")
    why = needs_two_replicas("the other one must serve")
    assert why(reference, ENGINE) == ""
    assert why(replace(reference, data=reference.data[:2]), ENGINE) == "the other one must serve"


def test_engines_have_save_points_by_default() -> None:
    """A deployment that says nothing about snapshots takes some."""
    assert not needs_misconf(changed(name="stock"), ENGINE)


def test_links_must_age_within_a_trial() -> None:
    """With the default of 30 s they take five minutes."""
    assert not needs_links_that_age(changed(), ENGINE)
    assert "only 300 s after they broke" in needs_links_that_age(changed(name="stock"), ENGINE)


@pytest.mark.parametrize("name", OWN)
def test_the_reference_can_have_them_all(name: str) -> None:
    """Nothing keeps the shipped reference from any of them."""
    assert not SCENARIOS[name].unsuited(changed(), ENGINE)
