"""A real deployment is read back as the files that it was started with, but for named differences, and nothing is changed there."""

import hashlib
import json
from pathlib import Path

import pytest

from jsquared.cli.main import main
from jsquared.deployment.model.spec import Node
from jsquared.deployment.read.load import load_deployment

PASSWORD = "of-the-servers-1"
LINES = (
    "appendonly yes", "maxmemory 200mb", "min-replicas-to-write 1", "save 900 1 300 10",
    f"requirepass {PASSWORD}", f"masterauth {PASSWORD}",
)  # fmt: skip
OF_THE_PLACE = {"bind", "bind-source-addr", "protected-mode", "dir", "user", "latency-tracking-info-percentiles"}
"""Lines of Sentinels' files that no Sentinel shows, and those that it writes there itself."""


def originals(lab, folder: Path) -> Path:
    """The files that the servers were started with, as a folder that people would keep."""
    for name in lab.servers.processes:
        number = int(name.rpartition("-")[2])
        address, _ = lab.servers.data(number) if name.startswith("data") else lab.servers.sentinel(number)
        text = (lab.servers.folder / name / "server.conf").read_text()
        kept = [
            line for line in text.splitlines() if "known-" not in line and "epoch" not in line and "myid" not in line
        ]
        to = folder / address / ("redis.conf" if name.startswith("data") else "sentinel.conf")
        to.parent.mkdir(parents=True)
        to.write_text("\n".join(kept) + "\n")
    return folder


def settings(node: Node) -> dict[str, tuple[str, ...]]:
    """The lines of a node's file that a snapshot can know, by their names."""
    left_out = OF_THE_PLACE if node.name.startswith("sentinel") else set()
    return {line.key: tuple(map(str.lower, line.arguments)) for line in node.directives if line.key not in left_out}


@pytest.fixture
def started(either_lab, monkeypatch):
    """Two replicas and three Sentinels, with a password."""
    monkeypatch.setenv("JSQUARED_PASSWORD", PASSWORD)
    lab = either_lab
    for number in range(3):
        lab.servers.start_data(number, *LINES)
    ask = lambda number: lab.servers.ask(lab.servers.data(number), ("AUTH", PASSWORD), ("INFO", "replication"))  # noqa: E731
    lab.wait_until(
        lambda: all("master_link_status:up" in str(ask(number)) for number in (1, 2)), what="replicas attached"
    )
    for number in range(3):
        lab.servers.start_sentinel(number, f"sentinel auth-pass mymaster {PASSWORD}")
    lab.wait_until(lambda: lab.servers.sentinels_know(3, 2), what="Sentinels converged")
    return lab


def test_a_snapshot_is_the_files_that_the_servers_were_started_with(started, tmp_path: Path, capsys) -> None:
    """Every line that can be known is there, findings are the same, drift finds nothing, and then exactly what was changed."""
    kept = originals(started, tmp_path / "kept")
    sentinel = "{}:{}".format(*started.servers.sentinel(1))
    assert main(["snapshot", "--sentinel", sentinel, "--out", str(tmp_path / "taken"), "--json"]) == 0
    said = capsys.readouterr().out
    assert PASSWORD not in said
    assert hashlib.sha256(PASSWORD.encode()).hexdigest() not in said
    assert len(json.loads(said)["servers"]) == 6
    was, now = load_deployment(kept), load_deployment(tmp_path / "taken")
    assert [node.name for node in now.nodes] == [node.name for node in was.nodes]
    for before, after in zip(was.nodes, now.nodes, strict=True):
        expected, found = settings(before), settings(after)
        expected |= (
            {"maxmemory": (str(200 * 2**20),)}
            if "maxmemory" in expected
            else {"sentinel parallel-syncs": ("mymaster", "1")}
        )
        expected |= {"save": ("900", "1", "300", "10")} if "save" in expected else {}
        assert found == expected


def findings(deployment: str, capsys) -> list[tuple[str, str, str]]:
    """The findings of an analysis: rule, target and outcome."""
    main(["analyse", deployment, "--json"])
    return [(each["rule"], each["target"], each["outcome"]) for each in json.loads(capsys.readouterr().out)["findings"]]


def test_what_runs_is_analysed_and_compared_with_what_is_written_down(started, tmp_path: Path, capsys) -> None:
    """The analysis of what runs finds what that of the files does; drift finds nothing, and then exactly what was changed."""
    kept = str(originals(started, tmp_path / "kept"))
    for file in Path(kept).glob("*/sentinel.conf"):  # no Sentinel shows it, and a finding is about it
        file.write_text(
            "\n".join(line for line in file.read_text().splitlines() if not line.startswith("bind ")) + "\n"
        )
    sentinel = "{}:{}".format(*started.servers.sentinel(1))
    assert findings(f"sentinel://{sentinel}", capsys) == findings(kept, capsys)
    assert main(["drift", kept, "--sentinel", sentinel]) == 0, capsys.readouterr()
    changed, address = started.servers.data(2)[0], started.servers.data(2)
    started.servers.ask(started.servers.data(1), ("AUTH", PASSWORD), ("CONFIG", "SET", "maxmemory", "100mb"))
    started.servers.ask(address, ("AUTH", PASSWORD), ("CONFIG", "SET", "requirepass", "another-password"), ("PING",))
    started.servers.ask(started.servers.sentinel(0), ("SENTINEL", "SET", "mymaster", "quorum", "3"))
    capsys.readouterr()
    code = main(["drift", kept, "--sentinel", sentinel, "--json"])
    document = json.loads(capsys.readouterr().out)
    assert (code, document["outcome"]) == (1, "violated")
    assert "another-password" not in str(document)
    assert {(one["node"], one["directive"]) for one in document["directives"]} == {
        (f"redis-{started.servers.data(1)[0]}", "maxmemory"),
        (f"sentinel-{started.servers.sentinel(0)[0]}", "sentinel quorum"),
    }
    assert [part["where"] for part in document["unread"]] == [f"replica {changed}:6379"]
