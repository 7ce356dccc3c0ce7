"""Plans of changes on real servers: sound ones are proven with the way back from every step, a planted harmful one is found out."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.changes import write_folder

pytestmark = [pytest.mark.namespaces, pytest.mark.redis, pytest.mark.timeout(480)]


def plan_in(folder: Path, jsquared: Callable[..., Any], **after: Any) -> Path:
    """The folder of a plan from the usual deployment to one that differs."""
    was, now = write_folder(folder / "was"), write_folder(folder / "now", **after)
    planned = jsquared("change", "plan", str(was), str(now), "--engine", "redis", "--out", str(folder / "plan"))
    assert planned.code == 0, planned.stderr
    return folder / "plan"


def test_a_restart_with_its_hand_over_is_proven(jsquared: Callable[..., Any], tmp_path: Path) -> None:
    """Replicas, the hand-over, the old primary, and back again from each of them: nothing is lost, and all settings are as before."""
    plan = plan_in(tmp_path, jsquared, data="tcp-backlog 1024\n")
    proven = jsquared(
        "change", "prove", str(plan), "--engine", "redis", "--jobs", "3", "--out", str(tmp_path / "runs"), "--json"
    )
    assert proven.code == 0, proven.stderr
    trials = proven.document["trials"]
    assert [trial["back_from"] for trial in trials] == [None, 2, 3, 4, 5]
    assert all((trial["outcome"], trial["lost"]) == ("pass", 0) for trial in trials), trials
    assert json.loads((plan / "proof.json").read_text()) == proven.document


def test_a_plain_failover_is_found_out(jsquared: Callable[..., Any], tmp_path: Path) -> None:
    """Somebody took the pause and the equal offsets out of the hand-over: acknowledged writes are lost, and that step is named."""
    plan = plan_in(tmp_path, jsquared, data="tcp-backlog 1024\n")
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
