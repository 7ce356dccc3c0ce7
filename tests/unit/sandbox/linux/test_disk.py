"""A folder with a filesystem of its own can be full and read-only, which is refused where the kernel would not keep it."""

import errno
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from jsquared.errors import SandboxError
from jsquared.sandbox.linux import disk

INSIDE = """
import json, os, sys
from jsquared.errors import JSquaredError
from jsquared.sandbox.linux import disk
from jsquared.sandbox.namespaces import NamespacesSandbox

def error(act, *given):
    try:
        act(*given)
    except JSquaredError as problem:
        return str(problem)
    return ""

sandbox = NamespacesSandbox()
sandbox.enter(["a"])
folder = sandbox.directory("a")
disk.make_disk(folder)
log = (folder / "log").open("wb", buffering=0)
log.write(bytes(4096))
found = {"empty": disk.write_error(folder)}
disk.make_disk(folder)
found["kept"] = [path.name for path in folder.iterdir()]
disk.fill(folder)
found["full"] = disk.write_error(folder)
try:
    log.write(bytes(4096))
except OSError as problem:
    found["append"] = problem.errno
disk.make_room(folder)
found["room"] = disk.write_error(folder)
found["open"] = error(disk.set_read_only, folder, True)
log.close()
disk.set_read_only(folder, True)
found["read-only"] = disk.write_error(folder)
disk.set_read_only(folder, False)
found["after"] = disk.write_error(folder)
found["left"] = sorted(path.name for path in folder.iterdir())
found["no mount"] = error(disk.set_read_only, folder / "log", True)
print(json.dumps(found))
"""


@pytest.mark.namespaces
def test_a_disk_of_its_own_can_be_full_and_read_only() -> None:
    """What the kernel says to a write, before, meanwhile and afterwards; a file that is open for writing keeps it writable."""
    done = subprocess.run([sys.executable, "-c", INSIDE], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert [found[when] for when in ("empty", "full", "room", "read-only", "after")] == ["", "ENOSPC", "", "EROFS", ""]
    assert found["append"] == errno.ENOSPC
    assert found["kept"] == found["left"] == ["log"]
    assert "a file in it is open for writing" in found["open"]
    assert "refused" in found["no mount"]


def test_what_the_kernel_refuses_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside namespaces, or on another kernel, no filesystem can be mounted."""

    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(disk.syscalls, "mount", refuse)
    for act in (disk.make_disk, disk.make_room, lambda folder: disk.set_read_only(folder, True)):
        with pytest.raises(SandboxError, match="refused: Operation not permitted"):
            act(tmp_path)


def test_a_disk_that_grows_too_fast_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is tried again while the server uses more meanwhile, and not for ever."""
    tries: list[int] = []

    def grown(*given: object) -> None:
        tries.append(1)
        raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(disk.syscalls, "mount", grown)
    with pytest.raises(SandboxError, match="cannot be made full"):
        disk.fill(tmp_path)
    assert len(tries) > 10


def test_a_disk_without_effect_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel that takes every mount and changes nothing has no such means."""
    monkeypatch.setattr(disk.syscalls, "mount", lambda *_: None)
    with pytest.raises(SandboxError, match="to a full folder gives no error, to a read-only one no error"):
        disk.try_disk(tmp_path / "disk")
