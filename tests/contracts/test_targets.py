"""A running deployment becomes targets for Prometheus, and stays them through a failover."""

import json
import signal
from pathlib import Path

import pytest

from jsquared.cli.main import main
from jsquared.errors import BadInputError
from jsquared.running.discovered import place
from jsquared.service.access import AccessRequest
from jsquared.service.scrape_targets import TargetsRequest, follow_targets


def request(lab, out: Path, sentinel: int = 0) -> TargetsRequest:
    """Targets of the lab's deployment, from one of its Sentinels."""
    return TargetsRequest(
        access=AccessRequest(sentinels=[place(*lab.servers.sentinel(sentinel))]), deployment="shop", out=out
    )


def test_all_servers_are_targets(lab, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Data nodes with the name of their primary, Sentinels without, in the form of file_sd; a table for people."""
    lab.stand_up(1, 3)
    out = tmp_path / "sd" / "redis.json"
    words = ["monitor", "targets", "--sentinel", place(*lab.servers.sentinel(2)), "--deployment", "shop"]
    assert main([*words, "--out", str(out), "--json"]) == 0
    data, sentinels = json.loads(out.read_text())
    assert data["labels"] == {"deployment": "shop", "master_name": "mymaster", "__meta_redis_kind": "data"}
    assert sorted(data["targets"]) == sorted(place(*lab.servers.data(number)) for number in range(2))
    assert sentinels["labels"] == {"deployment": "shop", "__meta_redis_kind": "sentinel"}
    assert len(sentinels["targets"]) == 3
    assert json.loads(capsys.readouterr().out)["groups"] == [data, sentinels]
    assert out.stat().st_mode & 0o777 == 0o644
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert f"primary   {place(*lab.servers.data(0))}" in shown


def test_targets_follow_a_failover_and_outlive_the_sentinels(lab, tmp_path: Path) -> None:
    """The file is written again only on a change; while no Sentinel answers, the last targets stay."""
    lab.stand_up(1, 3)
    out = tmp_path / "redis.json"
    seen: list[tuple[str, tuple[str, ...]]] = []
    rounds = 0

    def wait() -> bool:
        nonlocal rounds
        rounds += 1
        primary = seen[-1][0]
        if len({name for name, _ in seen}) == 1 and rounds == 1:
            lab.servers.signal("data-0", signal.SIGKILL)
        elif primary == place(*lab.servers.data(1)) and lab.servers.processes["sentinel-0"].poll() is None:
            for number in range(3):
                lab.servers.signal(f"sentinel-{number}", signal.SIGKILL)
                lab.servers.processes[f"sentinel-{number}"].wait()
        return not any("no Sentinel answers any more" in problem for problem in seen[-1][1])

    follow_targets(request(lab, out), wait, lambda now: seen.append((now.found.masters[0].primary, now.found.problems)))
    assert seen[0][0] == place(*lab.servers.data(0))
    assert seen[-1][0] == place(*lab.servers.data(1))
    assert sorted(json.loads(out.read_text())[0]["targets"]) == sorted(place(*lab.servers.data(n)) for n in range(2))
    assert [path.name for path in tmp_path.iterdir() if "redis.json" in path.name] == ["redis.json"]


def test_sentinels_that_monitor_nothing_have_no_targets(lab, tmp_path: Path) -> None:
    """Nothing is written."""
    lab.stand_up(0, 1)
    where = lab.servers.sentinel(0)
    lab.servers.ask(where, ("SENTINEL", "REMOVE", "mymaster"))
    with pytest.raises(BadInputError, match="monitor nothing"):
        follow_targets(request(lab, tmp_path / "none.json"), lambda: False, lambda _: None)
    assert not (tmp_path / "none.json").exists()


def test_following_needs_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    """It would be followed for nobody."""
    assert main(["monitor", "targets", "--sentinel", "127.0.0.1", "--follow"]) == 2
    assert "--out FILE" in capsys.readouterr().err
