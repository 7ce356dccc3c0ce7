"""The hardened deployment on real servers with TLS: it fails over as the reference does, and what is done to its security is proven."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jsquared.scenarios.catalogue import SCENARIOS

pytestmark = [pytest.mark.namespaces, pytest.mark.redis, pytest.mark.timeout(400)]

NAMES = ["primary-crash", *(name for name, scenario in SCENARIOS.items() if "security" in scenario.tags)]


def test_it_ends_as_expected_and_every_fault_is_proven(run_trials: Callable[..., Any]) -> None:
    """A crash and every scenario about security end as the catalogue says, with nothing lost in any."""
    done = run_trials(*NAMES, "--deployment", "hardened", "--engine", "redis", "--jobs", "4")
    trials = {trial["scenario"]: trial for trial in done.document["trials"]}
    assert set(trials) == set(NAMES)
    for name, trial in trials.items():
        assert trial["outcome"] == SCENARIOS[name].expected.get("hardened", "pass"), (name, trial["reasons"])
        assert trial["writes"]["lost"] == 0, name
        assert all(fault["bit"] and fault["healed"] for fault in trial["faults"]), (name, trial["faults"])
    [revocation] = [fault for fault in trials["sentinel-right-lost"]["faults"] if fault["name"] == "revoke-command"]
    assert revocation["evidence"].count("says OK") == 3, "CKQUORUM noticed"
    [forgery] = trials["forged-hello"]["faults"]
    assert "refuses the message (NOPERM" in forgery["evidence"]


def test_a_hardened_copy_fails_over(
    jsquared: Callable[..., Any], run_trials: Callable[..., Any], tmp_path: Path
) -> None:
    """What harden makes of the reference loses nothing in a crash: its Sentinels and replicas may do what a failover takes."""
    out = tmp_path / "hardened"
    assert jsquared("harden", "reference", "--out", str(out), "--engine", "redis").code == 0
    done = run_trials("primary-crash", "--deployment", str(out), "--engine", "redis")
    [trial] = done.document["trials"]
    assert (trial["outcome"], trial["writes"]["lost"]) == ("pass", 0), trial["reasons"]
