"""An empty restart is proven by an empty folder and another run id."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from jsquared.errors import BadInputError
from jsquared.faults import restart_empty
from jsquared.faults.restart_empty import RestartEmpty, empty
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.linux.this_machine import LocalFolder

NODES = [SimpleNamespace(name="redis-n1", role="data"), SimpleNamespace(name="sentinel-n1", role="sentinel")]


class Node:
    """A node with a folder and a run id."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._runs = 1
        self.restarts = True
        self.running: int | None = None
        self.plan = SimpleNamespace(nodes=NODES, node=lambda name: next(n for n in NODES if n.name == name))

    def folder(self, name: str) -> LocalFolder:
        """Its folder."""
        return LocalFolder(self._folder)

    def install(self, name: str) -> None:
        """The configuration as at the beginning."""
        (self._folder / f"{name}.conf").write_text("port 6379\n")

    def run_id(self, name: str) -> str:
        """Another one after each start."""
        return f"run-{self._runs}"

    def start(self, name: str, *, reason: str) -> None:
        """Start again."""
        self._runs += self.restarts

    def process(self, name: str) -> Any:
        """A process that runs, or has ended with a code."""
        return SimpleNamespace(pid=1, poll=lambda: self.running, returncode=self.running)

    def answers(self, name: str) -> bool:
        """At once."""
        return True


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Node:
    """A node with data of two kinds."""
    (tmp_path / "appendonlydir").mkdir()
    (tmp_path / "appendonlydir" / "appendonly.aof").write_text("data")
    (tmp_path / "dump.rdb").write_text("data")
    (tmp_path / "redis-n1.conf").write_text("port 6379\nreplicaof 10.0.0.2 6379\n")
    monkeypatch.setattr(restart_empty, "kill_all", lambda deployment, names: None)
    return Node(tmp_path)


def inject(node: Node, target: str = "redis-n1") -> restart_empty.ActiveRestartEmpty:
    """The fault at that target."""
    return RestartEmpty().inject(cast("RunningDeployment", node), [target], {"delay_ms": 0})


def test_the_folder_is_what_it_was_before_the_first_start(node: Node, tmp_path: Path) -> None:
    """Data is gone, and so is what the server had written into its configuration."""
    active = inject(node)
    assert active.bit().ok
    assert [path.name for path in tmp_path.iterdir()] == ["redis-n1.conf"]
    assert "replicaof" not in (tmp_path / "redis-n1.conf").read_text()
    active.heal()
    assert active.healed().ok


def test_data_that_is_left_is_no_empty_restart(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that still holds data disproves it."""
    monkeypatch.setattr(restart_empty, "empty", lambda deployment, name: 2)
    bit = inject(node).bit()
    assert not bit.ok
    assert "2 data files" in bit.sentence


def test_the_same_run_id_is_no_restart(node: Node) -> None:
    """A server that never went away was not restarted."""
    node.restarts = False
    assert not inject(node).bit().ok


def test_a_server_that_ends_again_did_not_come_back(node: Node) -> None:
    """Neither bitten nor healed when the new process ends."""
    active = inject(node)
    node.running = 1
    assert not active.bit().ok
    assert not active.healed().ok


def test_sentinels_hold_no_data(node: Node) -> None:
    """Only data nodes can be emptied."""
    with pytest.raises(BadInputError, match="only data nodes"):
        inject(node, "sentinel-n1")


def test_what_cannot_be_removed_is_counted(node: Node, tmp_path: Path) -> None:
    """After emptying nothing but the configuration is there."""
    assert empty(cast("RunningDeployment", node), "redis-n1") == 0
