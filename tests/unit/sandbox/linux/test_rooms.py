"""Rooms are made when they are ordered, each once, and a refusal is one line for whoever needs the room."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from jsquared.sandbox.linux.private_root import SYSTEM, remount_read_only, without_repeats

# In namespaces of their own: a root that is made twice, one that cannot be made, and a doorkeeper that has gone.
ROOMS = """
import json, os, signal, sys
from pathlib import Path
from jsquared.errors import SandboxError
from jsquared.sandbox.linux import private_root, rooms
from jsquared.sandbox.linux.isolate import data_folder, mount_data, move_inside

what = sys.argv[1]
parent = os.getppid()
move_inside(lambda: os.getppid() == parent)
data = data_folder([])
mount_data(data, ["n1", ".roots"])

def refuse(*_):
    raise OSError(28, "No space left on device")

if what == "no system":
    private_root.make_system = refuse
if what == "no root":
    private_root.build = refuse
if what == "a mistake":
    private_root.build = lambda *_: 1 / 0
made = rooms.Rooms(data / ".roots", ())
view = private_root.View(owns=(str(data / "n1"),))
if what == "gone":
    [doorkeeper] = [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) > 1]
    os.kill(doorkeeper, signal.SIGKILL)
    os.waitpid(doorkeeper, 0)

def inodes():
    import subprocess
    argv = ["/bin/sh", "-c", "readlink /proc/self/ns/mnt /proc/self/ns/pid; ls /proc | grep -c '^[0-9]'"]
    process = made.start(view, lambda: None, lambda: subprocess.Popen(argv, stdout=subprocess.PIPE, cwd=data / "n1", env={"PATH": "/bin"}))
    return process.communicate()[0].decode().split()

told = []
for _ in range(2):
    try:
        if what == "ordered":
            made.order(view)
        told.append(inodes())
    except SandboxError as problem:
        told.append(str(problem))
try:
    made.start(view, lambda: None, lambda: subprocess)
except NameError:
    told.append("whatever start raises")
except SandboxError:
    pass
made.close()
print(json.dumps(told))
"""


def rooms(what: str) -> list[str | list[str]]:
    """What two starts came to."""
    done = subprocess.run([sys.executable, "-c", ROOMS, what], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    found: list[str | list[str]] = json.loads(done.stdout)
    return found


@pytest.mark.namespaces
@pytest.mark.parametrize("what", ["ordered", "not ordered"])
def test_a_room_is_made_once(what: str) -> None:
    """Two processes with one view share a room, which is not ours, and what a start raises is passed on."""
    first, second, told = rooms(what)
    assert first[:2] == second[:2]
    assert first[0] != str(Path("/proc/self/ns/mnt").readlink())
    assert told == "whatever start raises"


@pytest.mark.namespaces
@pytest.mark.parametrize("what", ["no system", "no root"])
def test_a_room_that_cannot_be_made_is_refused_each_time(what: str) -> None:
    """The kernel's reason comes back to whoever needs the room, and the next one tries again."""
    assert [("No space left on device" in str(line)) for line in rooms(what)] == [True, True]


@pytest.mark.namespaces
def test_a_room_whose_first_process_ends_is_refused() -> None:
    """Whatever ends it, whoever waits for the room hears of it, and no answer is taken for another room's."""
    assert all("namespaces" in str(line) for line in rooms("a mistake"))


@pytest.mark.namespaces
def test_without_a_doorkeeper_there_are_no_rooms() -> None:
    """Where the process that makes rooms has ended, that is said at once."""
    assert all("namespaces" in str(line) for line in rooms("gone"))


def test_paths_are_shown_once() -> None:
    """What lies in another path or among the system's files is left out, whatever comes first."""
    paths = ["/opt/engine/bin/server", f"{SYSTEM[0]}/lib/libc.so", "/opt/engine", "/opt/engine/lib", "/opt/engine2"]
    assert without_repeats(paths) == ("/opt/engine", "/opt/engine2")


REMOUNT = """
import os, sys
from pathlib import Path
from jsquared.sandbox.linux import syscalls
from jsquared.sandbox.linux.private_root import make_read_only, remount_read_only

def unknown(_):
    raise OSError(38, "Function not implemented")

parent = os.getppid()
from jsquared.sandbox.linux.isolate import move_inside
move_inside(lambda: os.getppid() == parent)
syscalls.mount("none", "/", None, syscalls.MS_REC | syscalls.MS_PRIVATE)
folder = Path(sys.argv[1])
syscalls.mount("t", str(folder), "tmpfs", syscalls.MS_NOSUID)
(folder / "below").mkdir()
syscalls.mount("t", str(folder / "below"), "tmpfs", syscalls.MS_NODEV)
syscalls.set_read_only = unknown
make_read_only(str(folder))
for path in (folder / "a", folder / "below" / "a"):
    try:
        path.touch()
        print("written")
    except OSError as problem:
        print(problem.strerror)
"""


@pytest.mark.namespaces
def test_older_kernels_remount_one_by_one(tmp_path: Path) -> None:
    """Before Linux 5.12 each mount is made read-only by itself, those below too."""
    done = subprocess.run(
        [sys.executable, "-c", REMOUNT, str(tmp_path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.splitlines() == ["Read-only file system"] * 2, done.stderr


def test_only_mounts_below_are_remounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder whose name begins alike is none below."""
    table = tmp_path / "mountinfo"
    lines = [f"1 1 0:1 / {path} rw - tmpfs t rw" for path in (tmp_path, f"{tmp_path}-other", "/")]
    table.write_text("\n".join(lines))
    done: list[str] = []
    monkeypatch.setattr(
        "jsquared.sandbox.linux.private_root.syscalls.mount", lambda _source, target, *_: done.append(target)
    )
    remount_read_only(str(tmp_path), table)
    assert done == [str(tmp_path)]
