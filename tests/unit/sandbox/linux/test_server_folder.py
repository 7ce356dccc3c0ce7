"""The trial reads and writes in a server's folder without being led out of it."""

import os
from pathlib import Path

import pytest

from jsquared.errors import SandboxError
from jsquared.sandbox.linux import server_folder


def test_a_file_is_written_and_read(tmp_path: Path) -> None:
    """Text comes back as it was, what was there before is replaced, and only the owner reads it."""
    server_folder.write_text(tmp_path, "redis.conf", "port 6379\n")
    server_folder.write_text(tmp_path, "redis.conf", "port 6380 \udcff\n")
    assert server_folder.read_text(tmp_path, "redis.conf") == "port 6380 \ufffd\n"
    assert (tmp_path / "redis.conf").stat().st_mode & 0o777 == 0o600
    assert server_folder.names_in(tmp_path) == ["redis.conf"]


def test_no_link_is_written_through(tmp_path: Path) -> None:
    """Where the server has put a link, the trial puts its own file in the link's place."""
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    folder = tmp_path / "redis-n1"
    folder.mkdir()
    (folder / "redis-n1.conf").symlink_to(victim)
    server_folder.write_text(folder, "redis-n1.conf", "port 6379\n")
    assert victim.read_text() == "untouched"
    assert not (folder / "redis-n1.conf").is_symlink()


def test_a_folder_that_is_a_link_is_not_written_into(tmp_path: Path) -> None:
    """A server that put a link where its folder of certificates belongs gains nothing; a missing folder is made."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "node").mkdir()
    (tmp_path / "node" / "ca").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SandboxError, match="ca/file: something else has taken the place"):
        server_folder.write_bytes(tmp_path / "node", "ca/file", b"x")
    assert not list((tmp_path / "elsewhere").iterdir())
    for _ in range(2):
        server_folder.write_bytes(tmp_path / "node", "own/folder/file", b"x", executable=True)
    assert (tmp_path / "node" / "own" / "folder" / "file").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "node" / "own").stat().st_mode & 0o777 == 0o700


def test_no_link_is_read_through(tmp_path: Path) -> None:
    """A link in place of a file is named, and what it leads to is not read."""
    (tmp_path / "redis-n1.conf").symlink_to("/etc/passwd")
    with pytest.raises(SandboxError, match=r"redis-n1.conf: something else has taken the place of this file"):
        server_folder.read_text(tmp_path, "redis-n1.conf")


def test_a_pipe_keeps_nobody_waiting(tmp_path: Path) -> None:
    """A FIFO or a folder in place of a file is an error at once."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("pipe", "folder"):
        with pytest.raises(SandboxError, match="something else has taken the place"):
            server_folder.read_text(tmp_path, name)


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    """More than any configuration could be is refused by its size."""
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(server_folder.LARGEST_BYTES + 1)
    with pytest.raises(SandboxError, match="something else has taken the place"):
        server_folder.read_text(tmp_path, "huge")


def test_folders_and_links_are_removed_and_not_followed(tmp_path: Path) -> None:
    """A folder goes with what is in it, a link goes without what it leads to, and nothing is no problem."""
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").touch()
    folder = tmp_path / "redis-n1"
    (folder / "appendonlydir").mkdir(parents=True)
    (folder / "appendonlydir" / "1.aof").touch()
    (folder / "link").symlink_to(kept)
    for name in ("appendonlydir", "link", "missing"):
        server_folder.remove(folder, name)
    assert server_folder.names_in(folder) == []
    assert (kept / "file").exists()


def test_a_missing_file_and_a_missing_folder_are_named(tmp_path: Path) -> None:
    """Each is one line with its path."""
    with pytest.raises(SandboxError, match="nothing: No such file"):
        server_folder.read_text(tmp_path, "nothing")
    with pytest.raises(SandboxError, match=r"gone.*No such file"):
        server_folder.names_in(tmp_path / "gone")
