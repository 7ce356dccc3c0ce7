"""Where the trial's data is put, and what happens where the kernel refuses to isolate it."""

import errno
import os
import tempfile
from pathlib import Path
from typing import NoReturn

import pytest

from jsquared.errors import SandboxError
from jsquared.sandbox.linux import isolate, supervise, syscalls
from jsquared.sandbox.linux.isolate import data_folder


def refuse(*_arguments: object) -> NoReturn:
    """Refuse as the kernel does."""
    raise OSError(errno.EPERM, os.strerror(errno.EPERM))


def test_first_free_folder_is_taken(tmp_path: Path) -> None:
    """Of the candidates the first is taken that exists, is no link and hides nothing that is kept."""
    run, linked, free = tmp_path / "runs" / "one", tmp_path / "linked", tmp_path / "free"
    run.mkdir(parents=True)
    free.mkdir()
    linked.symlink_to(free)
    candidates = [str(path) for path in (tmp_path / "missing", tmp_path, run.parent, run, linked, free)]
    assert data_folder([run / "deep"], candidates) == free


def test_kept_folder_is_followed_through_links(tmp_path: Path) -> None:
    """A kept folder that is reached through a link is not hidden where it really lies."""
    real, link, free = tmp_path / "real", tmp_path / "link", tmp_path / "free"
    for folder in (real, free):
        folder.mkdir()
    link.symlink_to(real)
    assert data_folder([link], [str(real), str(free)]) == free


def test_no_free_folder_is_said(tmp_path: Path) -> None:
    """When every candidate hides something, the error says what to do."""
    with pytest.raises(SandboxError, match="make an empty /mnt"):
        data_folder([tmp_path], [str(tmp_path)])


def test_temporary_folder_is_kept_and_not_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's temporary folder stays visible, and no file is tried there, which a kill would leave behind."""
    temporary, free = tmp_path / "temporary", tmp_path / "free"
    for folder in (temporary, free):
        folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)
    assert data_folder([], [str(temporary), str(free)]) == free
    assert tempfile.tempdir is None


def test_refused_unshare_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused unshare becomes an error with a remedy, in the process that asked."""
    monkeypatch.setattr(syscalls, "die_with_parent", lambda _: None)
    monkeypatch.setattr(isolate.os, "listdir", lambda _: ["1"])
    monkeypatch.setattr(syscalls, "unshare", refuse)
    with pytest.raises(SandboxError, match="namespaces are refused here"):
        isolate.move_inside(lambda: True)


def test_refused_mount_is_explained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A refused mount becomes an error with a remedy."""
    monkeypatch.setattr(syscalls, "mount", refuse)
    with pytest.raises(SandboxError, match="namespaces are refused here"):
        isolate.mount_data(tmp_path, ["n1"])


def test_user_namespace_maps_only_this_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without privileges a user namespace is asked for, in which this user alone is root."""
    asked, written = [], {}

    class Proc:
        def __init__(self, path: str) -> None:
            self.path = path

        def write_text(self, value: str) -> None:
            written[self.path] = value

    monkeypatch.setattr(syscalls, "is_privileged", lambda: False)
    monkeypatch.setattr(syscalls, "unshare", asked.append)
    monkeypatch.setattr(isolate, "Path", Proc)
    isolate._unshare()
    assert asked[0] & syscalls.CLONE_NEWUSER
    assert written == {
        "/proc/self/setgroups": "deny",
        "/proc/self/uid_map": f"0 {os.geteuid()} 1",
        "/proc/self/gid_map": f"0 {os.getegid()} 1",
    }


def test_system_calls_report_the_kernels_error() -> None:
    """A failing system call raises the kernel's own error number and names the call."""
    with pytest.raises(OSError, match="setns") as failed:
        syscalls.setns(-1, syscalls.CLONE_NEWNET)
    assert failed.value.errno == errno.EBADF


def test_orphan_ends_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever finds its parent dead kills itself, and exits where the kernel spares it as an init."""
    done: list[tuple[int, ...]] = []
    monkeypatch.setattr(syscalls, "request_parent_death_signal", lambda: done.append(()))
    monkeypatch.setattr(syscalls.os, "kill", lambda *arguments: done.append(arguments))
    monkeypatch.setattr(syscalls.os, "_exit", lambda code: done.append((code,)))
    syscalls.die_with_parent(lambda: True)
    assert done == [()]
    syscalls.die_with_parent(lambda: False)
    assert done == [(), (), (os.getpid(), 9), (137,)]


def test_signal_for_an_ended_child_is_dropped() -> None:
    """Forwarding to a child that has just ended is no error."""
    supervise._forward(2**22 + 1, 15)


def test_root_is_privileged_only_with_its_powers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Root without the powers to make networks and mounts, as in a container, needs a user namespace too."""
    status = ""

    class Proc:
        def __init__(self, _path: str) -> None:
            pass

        def read_text(self) -> str:
            return f"CapPrm:\t0\nCapEff:\t{status}\nCapBnd:\t0\n"

    monkeypatch.setattr(syscalls, "Path", Proc)
    for user, status, privileged in (  # noqa: B007
        (0, "000001fffeffffff", True),
        (0, "00000000a80425fb", False),
        (1000, "000001fffeffffff", False),
    ):
        monkeypatch.setattr(syscalls.os, "geteuid", lambda user=user: user)
        assert syscalls.is_privileged() is privileged
