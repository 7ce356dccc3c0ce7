"""Paths of the user's servers: found below the deployment's folder by their last parts, and moved to where the server lives here."""

from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.deployment.model.reach import Reach
from jsquared.deployment.read.native.folder import read_folder
from jsquared.deployment.render.render import render
from jsquared.records.plan import Engine

Tree = Callable[[dict[str, str]], Path]
SENTINEL = {"n1/sentinel.conf": "sentinel monitor m n1 6379 1"}
ENGINE = Engine(name="valkey", version="9.1.2")


@pytest.mark.parametrize(
    "files",
    [
        {"n1/conf.d/a.conf": "hz 11", "n1/conf.d/b.conf": "databases 3"},
        {"conf.d/a.conf": "hz 11", "conf.d/b.conf": "databases 3"},
    ],
    ids=["beside the file", "beside the hosts"],
)
def test_a_pattern_of_the_users_server_is_found_here(tree: Tree, files: dict[str, str]) -> None:
    """``/etc/redis/conf.d/*.conf`` means the folder conf.d that was copied beside the file or beside the hosts."""
    root = tree({"n1/redis.conf": "include /etc/redis/conf.d/*.conf\nappendonly yes", **SENTINEL, **files})
    lines = [line.text for line in read_folder(root).data[0].directives]
    assert lines == ["hz 11", "databases 3", "appendonly yes"]


def test_a_pattern_that_matches_nothing_is_nothing(tree: Tree) -> None:
    """A pattern without files is no error, as for the server."""
    root = tree({"n1/redis.conf": "include /nowhere/conf.d/*.conf\nhz 11", **SENTINEL})
    assert [line.text for line in read_folder(root).data[0].directives] == ["hz 11"]


def test_a_file_is_found_in_a_folder_of_the_same_name(tmp_path: Path) -> None:
    """A copy of the folder that a file lies in is found as a copy of the file is, and after it."""
    (tmp_path / "acl").mkdir()
    (tmp_path / "acl" / "users.acl").touch()
    assert Reach.of(tmp_path).find_beside("/etc/redis/acl/users.acl", [tmp_path]) == tmp_path / "acl" / "users.acl"
    (tmp_path / "users.acl").touch()
    assert Reach.of(tmp_path).find_beside("/etc/redis/acl/users.acl", [tmp_path]) == tmp_path / "users.acl"


@pytest.mark.parametrize(
    ("host", "socket"),
    [("n1", "/lab/n1/redis-n1/server.sock"), ("n" * 60, "server.sock")],
    ids=["short", "longer than the kernel allows"],
)
def test_paths_become_the_nodes_own(tree: Tree, host: str, socket: str) -> None:
    """Folder, socket, log and pid file are the node's own; a socket path too long for the kernel is named from there."""
    conf = (
        "dir /var/lib/redis\nunixsocket /run/redis.sock\nunixsocketperm 700\npidfile /run/r.pid\nlogfile /var/log/r.log"
    )
    root = tree({f"{host}/redis.conf": conf, f"{host}/sentinel.conf": f"sentinel monitor m {host} 6379 1"})
    files = render(read_folder(root), lambda *_: "10.77.1.1", lambda name: Path("/lab") / name, ENGINE, 1).files
    assert files[f"redis-{host}"].splitlines()[:4] == [
        f"dir /lab/{host}/redis-{host}",
        f"unixsocket {socket}",
        "unixsocketperm 700",
        'logfile ""',
    ]
