"""Trials that a real exporter, Prometheus and Alertmanager watch, and what becomes of them when a part of that ends."""

from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.programs.find import Program
from support.command_lines import RATE, Finished

pytestmark = [pytest.mark.namespaces, pytest.mark.apt, pytest.mark.timeout(400)]

Tool = Callable[[str], Program]


@pytest.fixture
def programs(tool: Tool) -> list[str]:
    """The options that name the three programs."""
    return [
        f"--{option}={tool(name).path}"
        for option, name in (
            ("exporter", "redis-exporter"),
            ("prometheus", "prometheus"),
            ("alertmanager", "alertmanager"),
        )
    ]


def test_the_matrix_has_what_fired_and_arrived(
    jsquared: Callable[..., Finished], programs: list[str], tmp_path: Path
) -> None:
    """A crash is told by what must fire, a slow command by nothing, and the page shows both."""
    done = jsquared("alerts", "matrix", "primary-crash", "slow-command", *programs, "--json", "--out", str(tmp_path))
    found = done.document
    assert (done.code, found["missed"], found["false"]) == (0, [], []), found
    crash, slow = sorted(found["rows"], key=lambda row: row["scenario"])
    must = {one["alert"]: one for one in crash["alerts"] if one["expected"]}
    assert set(must) == {"RedisDown", "FailoverHappened"}
    assert all(0 < one["fired_ms"] < one["within_ms"] and one["delivered_ms"] for one in must.values())
    assert slow["alerts"] == []
    assert found["silent"] == ["slow-command"]
    page = Path(found["page"]).read_text(encoding="utf-8")
    assert all(word in page for word in ("primary-crash", "slow-command", "RedisDown", "FailoverHappened"))


@pytest.mark.parametrize("part", ["exporter", "prometheus", "alertmanager"])
def test_monitoring_that_ends_costs_no_other_verdict(
    jsquared: Callable[..., Finished], tool: Tool, tmp_path: Path, part: str
) -> None:
    """The alerts are inconclusive with the reason; everything else was measured and met, and nothing runs on."""
    name = "redis-exporter" if part == "exporter" else part
    real = tool(name).path
    dying = real.with_name(f"{real.name}-that-ends")
    # Beside the real one, so that it counts as one of the fetched files; it says its version and works for a while.
    dying.write_text(
        f'#!/bin/sh\ncase "$1" in *version*) exec {real} "$@";; esac\nexec timeout -s KILL 14 {real} "$@"\n'
    )
    dying.chmod(0o755)
    others = [
        f"--{option}={tool(each).path}"
        for option, each in (
            ("exporter", "redis-exporter"),
            ("prometheus", "prometheus"),
            ("alertmanager", "alertmanager"),
        )
        if option != part
    ]
    done = jsquared(
        "run", "replica-crash", "--alerts", *RATE, f"--{part}={dying}", *others, "--json", "--out", str(tmp_path)
    )
    dying.unlink()
    outcomes = {one["name"]: one["outcome"] for one in done.trial["objectives"]}
    assert done.code == 3, done.stderr
    assert outcomes.pop("missed_alerts") == outcomes.pop("false_alerts") == "inconclusive"
    assert set(outcomes.values()) == {"pass"}, done.trial["reasons"]
    assert f"nothing is known of alerts: {part} failed" in done.trial["reasons"][0]


def test_what_is_missing_is_said_before_anything_starts(jsquared: Callable[..., Finished], tmp_path: Path) -> None:
    """Options that need --alerts, and a program that is none."""
    refused = jsquared("run", "primary-crash", "--profile", "1s", "--out", str(tmp_path))
    assert (refused.code, refused.stderr.count("\n")) == (2, 1)
    assert "--alerts" in refused.stderr
    none = jsquared("alerts", "matrix", "primary-crash", "--exporter", str(tmp_path / "none"), "--out", str(tmp_path))
    assert (none.code, none.stderr.count("\n")) == (2, 1)
