"""Drift: a snapshot of what runs against a folder, by the meaning of lines, with what could not be read told apart."""

from pathlib import Path

import pytest

from jsquared.running.snapshot import Snapshot
from jsquared.running.snapshot_manifest import SnapshotManifest, SnapshotServer, UnreadPart
from jsquared.service import drift as service
from jsquared.service.access import AccessRequest
from support.changes import write_folder


@pytest.fixture
def drift(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The drift of the usual folder from what a snapshot has, which the test may change."""
    kept = write_folder(tmp_path / "kept", data="maxmemory 1gb\n")
    runs = write_folder(tmp_path / "runs", data="maxmemory 1073741824\n")

    def find(change=lambda files: None, unread: tuple[UnreadPart, ...] = ()) -> service.Drift:
        files = {str(file.relative_to(runs)): file.read_text() for file in runs.glob("*/*.conf")}
        change(files)
        servers = [
            SnapshotServer(
                host=name[:2],
                role="data node",
                where=f"10.0.0.{name[1]}:6379",
                file=name,
                engine="redis",
                version="7.0.15",
            )
            for name in sorted(files)
            if name.endswith("redis.conf")
        ]
        manifest = SnapshotManifest(taken_at="", sentinels=(), servers=tuple(servers), unread=unread)
        monkeypatch.setattr(service, "take_snapshot", lambda *_: Snapshot(files, manifest))
        request = service.DriftRequest(deployment=str(kept), access=AccessRequest(sentinels=["10.0.0.1"]))
        return service.find_drift(request)

    return find


def replaced(name: str, old: str, new: str):
    """A change of one file."""
    return lambda files: files.update({name: files[name].replace(old, new)})


def test_the_same_in_other_words_is_no_drift(drift) -> None:
    """Units do not count."""
    assert drift().outcome == "pass"


def test_what_differs_is_told_with_its_line(drift) -> None:
    """The file's line and what runs."""
    found = drift(replaced("n2/redis.conf", "appendonly yes", "appendonly no"))
    assert found.outcome == "violated"
    [change] = found.directives
    assert (change.node, change.before.place, change.before.text) == ("redis-n2", change.before.place, "appendonly yes")
    assert change.before.place.endswith("n2/redis.conf:4")
    assert change.after.text == "appendonly no"


def test_what_no_server_shows_is_not_compared(drift) -> None:
    """A Sentinel's own lines, and passwords with which servers log in."""
    found = drift(replaced("n1/sentinel.conf", "port 26379\n", "port 26379\nmaxclients 9\n"))
    assert (found.outcome, found.not_compared) == (
        "pass",
        ("maxclients of sentinel-n1: a running server does not show it",),
    )


def test_a_data_folder_that_no_file_names_is_not_compared(drift) -> None:
    """The server shows where it was started; that is no drift, and it is told."""
    found = drift(replaced("n2/redis.conf", "appendonly yes", "appendonly yes\ndir /var/lib/redis"))
    assert (found.outcome, found.not_compared) == (
        "pass",
        (
            "dir of redis-n2 is written on one side alone; without the line a server uses the folder that it is started in",
        ),
    )


def test_a_server_without_an_answer_makes_it_inconclusive(drift) -> None:
    """Its lines are not said to be gone."""
    silent = (UnreadPart(where="replica 10.0.0.2:6379", what="everything", why="no connection"),)
    found = drift(lambda files: files.update({"n2/redis.conf": "port 6379\nreplicaof 10.0.0.1 6379\n"}), silent)
    assert (found.outcome, found.directives) == ("inconclusive", ())


def test_a_failover_is_no_drift(drift) -> None:
    """Today's roles are notes."""

    def failed_over(files: dict[str, str]) -> None:
        for name, text in files.items():
            files[name] = text.replace("replicaof 10.0.0.1", "replicaof 10.0.0.2").replace(
                "mymaster 10.0.0.1", "mymaster 10.0.0.2"
            )
        files["n2/redis.conf"] = files["n2/redis.conf"].replace("replicaof 10.0.0.2 6379\n", "")
        files["n1/redis.conf"] += "replicaof 10.0.0.2 6379\n"

    found = drift(failed_over)
    assert (found.outcome, found.directives) == ("pass", ())
    assert found.notes == (
        "redis-n1 is a replica now, and a primary in its file",
        "redis-n2 is a primary now, and a replica in its file",
    )


def test_servers_that_no_file_describes_are_told(drift) -> None:
    """And those that were not found."""

    def other_host(files: dict[str, str]) -> None:
        files["n4/redis.conf"] = files.pop("n3/redis.conf").replace("10.0.0.3", "10.0.0.4")

    found = drift(other_host)
    assert [(one.node, one.kind) for one in found.nodes] == [("redis-n3", "removed"), ("redis-n4", "added")]
