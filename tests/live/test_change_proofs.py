"""Plans of changes on real servers: sound ones are proven with the way back from every step, a planted harmful one is found out."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.changes import write_folder

pytestmark = [pytest.mark.namespaces, pytest.mark.redis, pytest.mark.timeout(480)]


DATA = "repl-ping-replica-period 1\nrepl-diskless-sync-delay 0\n"
"""A ping for replicas in every second, so that one would come into every hand-over; and a replica that has restarted is soon there."""


def plan_in(folder: Path, jsquared: Callable[..., Any]) -> Path:
    """The folder of a plan that restarts all data nodes."""
    was, now = write_folder(folder / "was", data=DATA), write_folder(folder / "now", data=f"{DATA}tcp-backlog 1024\n")
    planned = jsquared("change", "plan", str(was), str(now), "--engine", "redis", "--out", str(folder / "plan"))
    assert planned.code == 0, planned.stderr
    return folder / "plan"


def test_a_restart_with_its_hand_over_is_proven(jsquared: Callable[..., Any], tmp_path: Path) -> None:
    """There and back from each step nothing is lost, all settings are as before, and no replica is ahead of a new primary."""
    plan = plan_in(tmp_path, jsquared)
    proven = jsquared(
        "change", "prove", str(plan), "--engine", "redis", "--jobs", "3", "--out", str(tmp_path / "runs"), "--json"
    )
    assert proven.code == 0, (proven.document, proven.stderr)
    trials = proven.document["trials"]
    assert [trial["back_from"] for trial in trials] == [None, 2, 3, 4, 5]
    assert all((trial["outcome"], trial["lost"]) == ("pass", 0) for trial in trials), trials
    assert json.loads((plan / "proof.json").read_text()) == proven.document
    logs = [Path(trial["run_dir"], "logs", f"redis-n{n}.log").read_text() for trial in trials for n in (1, 2, 3)]
    assert sum("Successful partial resynchronization" in text for text in logs) > 0
    assert [text for text in logs if "Requested offset for second ID was" in text] == []


def test_a_plain_failover_is_found_out(jsquared: Callable[..., Any], tmp_path: Path) -> None:
    """Somebody took the pause and the equal offsets out of the hand-over: acknowledged writes are lost, and that step is named."""
    plan = plan_in(tmp_path, jsquared)
    text = json.loads((plan / "plan.json").read_text())
    [hand_over] = [step for step in text["steps"] if step["kind"] == "hand-over"]
    hand_over["actions"] = [
        one
        for one in hand_over["actions"]
        if one["do"] == "promote" or one.get("gate", {}).get("holds") == "primary-is"
    ]
    (plan / "plan.json").write_text(json.dumps(text))
    proven = jsquared(
        "change",
        "prove",
        str(plan),
        "--engine",
        "redis",
        "--ack",
        "async",
        "--jobs",
        "3",
        "--out",
        str(tmp_path / "runs"),
        "--json",
    )
    assert proven.code == 1, proven.stderr
    assert proven.document["outcome"] == "violated"
    assert any(harm["step"] == hand_over["number"] for harm in proven.document["harms"]), proven.document["harms"]
