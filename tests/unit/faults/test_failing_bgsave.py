"""A folder in the place of dump.rdb: the server says that it cannot save, and can when it is gone."""

from pathlib import Path
from typing import Any

import pytest

from jsquared.errors import BadInputError
from jsquared.faults import failing_bgsave
from jsquared.faults.failing_bgsave import FailingBgsave


@pytest.fixture
def server(nodes: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A primary that saves where a file can be."""
    monkeypatch.setattr(failing_bgsave, "SAVE_LIMIT_S", 0.02)
    monkeypatch.setattr(failing_bgsave, "LOOK_S", 0.001)
    node = nodes["redis-n1"]
    node.config |= {"dir": str(tmp_path), "dbfilename": "snapshot.rdb"}
    node.info["rdb_last_bgsave_status"] = "ok"

    def save(node: Any, words: tuple[Any, ...]) -> None:
        file = tmp_path / "snapshot.rdb"
        node.info["rdb_last_bgsave_status"] = "err" if file.is_dir() else "ok"

    node.hooks["BGSAVE"] = save
    return nodes


@pytest.mark.parametrize("saved", ["a snapshot", ""])
def test_a_folder_is_in_the_way_until_healing(server: Any, tmp_path: Path, saved: str) -> None:
    """The last BGSAVE failed; healing puts back what was there, and the next one succeeds."""
    file = tmp_path / "snapshot.rdb"
    if saved:
        file.write_text(saved)
    active = server.inject(FailingBgsave())
    assert active.targets == ["redis-n1"]
    bit = active.bit()
    assert (bit.ok, bit.sentence) == (True, "redis-n1 says rdb_last_bgsave_status:err")
    active.heal()
    active.heal()
    assert active.healed().ok
    assert [(path.name, path.read_text()) for path in tmp_path.glob("snapshot*")] == (
        [("snapshot.rdb", saved)] if saved else []
    )


def test_a_server_that_saves_all_the_same_is_not_harmed(server: Any) -> None:
    """A BGSAVE that goes on succeeding is no proof, and one that is refused for the moment is asked for again."""
    server["redis-n1"].hooks.clear()
    server["redis-n1"].refused["BGSAVE"] = "ERR Background save already in progress"
    assert not server.inject(FailingBgsave()).bit().ok


def test_a_server_that_still_cannot_save_has_not_healed(server: Any) -> None:
    """The last BGSAVE must have succeeded."""
    active = server.inject(FailingBgsave())
    server["redis-n1"].hooks.clear()
    active.heal()
    assert not active.healed().ok


def test_a_snapshot_taken_over_meanwhile_is_kept(server: Any, tmp_path: Path) -> None:
    """Where somebody made a file there again, the one set aside does not replace it."""
    file = tmp_path / "snapshot.rdb"
    file.write_text("old")
    active = server.inject(FailingBgsave())
    file.rmdir()
    file.write_text("new")
    active.heal()
    assert file.read_text() == "new"


def test_only_data_nodes_save(server: Any) -> None:
    """Sentinels are refused."""
    with pytest.raises(BadInputError, match="only data nodes"):
        server.inject(FailingBgsave(), "sentinel:1")
