"""How a trial in a sandbox ends, whatever ends it: nothing of it is left, and its exit code and signals go the right way."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

TIME_LIMIT_S = 60
NAMESPACES = ("net", "pid", "mnt")
Wait = Callable[..., None]

# A trial: two hosts, a server on each with a child of its own, a cut, one line about itself; then it waits for its end.
TRIAL = """
import json, os, sys, threading, time
from pathlib import Path
from jsquared.sandbox.choose import open_sandbox
from jsquared.sandbox.loopback import LoopbackSandbox
from jsquared.sandbox.capability import Capability
from jsquared.sandbox.linux.local_process import LocalLog
from jsquared.sandbox.link import Endpoint, LinkSelector

name, folder, ending = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
if ending == "threads":
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
if len(sys.argv) > 4:
    sandbox = LoopbackSandbox(folder, prefix=sys.argv[4].rpartition(".")[0])
else:
    sandbox = open_sandbox(name, keep=[folder], out=folder)
print("before", flush=True)
sandbox.enter(["n1", "n2"])
for host in ("n1", "n2"):
    argv = ["/bin/sh", "-c", "sleep 61 & wait"] if name == "namespaces" else ["/bin/sleep", "61"]
    sandbox.spawn(host, argv, cwd=sandbox.directory(host), log=LocalLog(folder / f"{host}.log"))
if sandbox.links is not None:
    sandbox.links.cut([LinkSelector(Endpoint("n1"), Endpoint("n2"))])
print(json.dumps({"pid": os.getpid(), "address": sandbox.address("n1", "data"), "data": str(sandbox.directory("n1"))}), flush=True)
try:
    if ending.startswith("exit:"):
        sys.exit(int(ending[5:]))
    sys.stdin.read()
except KeyboardInterrupt:
    print("interrupted", flush=True)
    sys.exit(130)
"""

# A command line that starts a trial and waits for it.
STARTER = "import subprocess, sys; sys.exit(subprocess.run([sys.executable, '-c', *sys.argv[1:]]).returncode)"


class Trial:
    """A trial that runs, with its processes as this test sees them."""

    def __init__(self, *arguments: str, starter: bool = False) -> None:
        code = [STARTER, TRIAL] if starter else [TRIAL]
        self.process = subprocess.Popen(
            [sys.executable, "-c", *code, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "before\n"
        self.facts = json.loads(self.process.stdout.readline())
        self.pids = descendants(self.process.pid)
        own = namespaces(os.getpid())
        # Held open until the end: the kernel would give the number of one that has gone to the next trial of another test.
        self._held = [descriptor for pid in self.pids for descriptor in held_namespaces(pid, own)]
        self.namespaces = {link for pid in self.pids for link in namespaces(pid)} - own

    def is_gone(self) -> bool:
        """Whether no process of the trial exists any more and no process is in one of its namespaces."""
        return not any(map(is_running, self.pids)) and not (
            self.namespaces and any(namespaces(pid) & self.namespaces for pid in all_pids())
        )

    def end(self) -> None:
        """Let go of the trial, ending it when it still runs."""
        self.process.kill()
        self.process.communicate()
        for descriptor in self._held:
            os.close(descriptor)
        self._held.clear()


def all_pids() -> list[int]:
    """Every process there is."""
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def stat_of(pid: int) -> list[str]:
    """State, parent and more of a process; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def is_running(pid: int) -> bool:
    """Whether the process exists and is no zombie."""
    return stat_of(pid)[:1] not in ([], ["Z"])


def descendants(pid: int) -> set[int]:
    """The process and all below it."""
    parents = {child: int(stat[1]) for child in all_pids() if (stat := stat_of(child))}
    found = {pid}
    while new := {child for child, parent in parents.items() if parent in found} - found:
        found |= new
    return found


def namespaces(pid: int) -> set[str]:
    """The namespaces a process is in, where this user may see them."""
    found = set()
    for kind in NAMESPACES:
        try:
            found.add(str(Path(f"/proc/{pid}/ns/{kind}").readlink()))
        except OSError:
            continue
    return found


def held_namespaces(pid: int, own: set[str]) -> Iterator[int]:
    """Open those of a process that are not among these, where this user may."""
    for kind in NAMESPACES:
        with contextlib.suppress(OSError):
            place = Path(f"/proc/{pid}/ns/{kind}")
            if str(place.readlink()) not in own:
                yield os.open(place, os.O_RDONLY | os.O_CLOEXEC)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Trial]]:
    """Starts trials; whatever is left of them is ended after the test."""
    trials: list[Trial] = []

    def start_one(sandbox: str, ending: str = "waits", *more: str, starter: bool = False) -> Trial:
        trials.append(Trial(sandbox, str(tmp_path), ending, *more, starter=starter))
        return trials[-1]

    yield start_one
    for trial in trials:
        trial.end()


BOTH = pytest.mark.parametrize("sandbox", [pytest.param("namespaces", marks=pytest.mark.namespaces), "loopback"])


@BOTH
@pytest.mark.parametrize("whom", ["starter", "supervisor", "trial"])
def test_sigkill_leaves_nothing(
    sandbox: str, whom: str, start: Callable[..., Trial], tmp_path: Path, wait_until: Wait
) -> None:
    """Kill -9 of the command line, of the supervisor or of the trial ends all processes, namespaces and folders."""
    mounts = Path("/proc/self/mountinfo").read_text()
    trial = start(sandbox, starter=True)
    assert len(trial.pids) >= 5
    ordered = sorted(trial.pids)  # the starter, the supervisor, the trial, then what runs in it
    os.kill(ordered[("starter", "supervisor", "trial").index(whom)], signal.SIGKILL)
    wait_until(trial.is_gone, TIME_LIMIT_S, "a process or a namespace of the trial is left")
    wait_until(lambda: not [p for p in tmp_path.iterdir() if p.is_dir()], TIME_LIMIT_S, "a folder of the trial is left")
    assert Path("/proc/self/mountinfo").read_text() == mounts
    assert not Path(trial.facts["data"]).exists()


@pytest.mark.namespaces
def test_namespaces_are_really_others(start: Callable[..., Trial]) -> None:
    """The trial is process 1 in namespaces of its own, each host has its own network, and each server its own processes and mounts."""
    trial = start("namespaces")
    assert trial.facts["pid"] == 1
    assert len([name for name in trial.namespaces if name.startswith("net:")]) == 3
    assert len([name for name in trial.namespaces if name.startswith("pid:")]) == 1 + 2
    assert len([name for name in trial.namespaces if name.startswith("mnt:")]) >= 1 + 2


@pytest.mark.namespaces
def test_extra_threads_are_left_behind(start: Callable[..., Trial], wait_until: Wait) -> None:
    """A process that has threads already can enter as well, and its end still ends everything."""
    trial = start("namespaces", "threads")
    assert trial.facts["pid"] == 1
    trial.process.communicate(timeout=TIME_LIMIT_S)
    assert trial.process.returncode == 0
    wait_until(trial.is_gone, TIME_LIMIT_S, "a process of the trial is left")


@BOTH
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_reach_the_trial(
    sandbox: str, number: signal.Signals, start: Callable[..., Trial], wait_until: Wait
) -> None:
    """A signal to the process that was left behind interrupts the trial once, and its exit code comes back."""
    trial = start(sandbox)
    trial.process.send_signal(number)
    assert trial.process.stdout is not None
    assert trial.process.stdout.read() == "interrupted\n"
    assert trial.process.wait(TIME_LIMIT_S) == 130
    wait_until(trial.is_gone, TIME_LIMIT_S, "a process of the trial is left")


@BOTH
def test_exit_code_comes_back(sandbox: str, start: Callable[..., Trial]) -> None:
    """The process that was left behind ends with the trial's exit code."""
    assert start(sandbox, "exit:7").process.wait(TIME_LIMIT_S) == 7


@BOTH
def test_death_by_signal_comes_back(sandbox: str, start: Callable[..., Trial]) -> None:
    """A trial that a signal killed gives 128 and the signal's number."""
    trial = start(sandbox)
    os.kill(sorted(trial.pids)[1], signal.SIGKILL)
    assert trial.process.wait(TIME_LIMIT_S) == 128 + signal.SIGKILL


@pytest.mark.namespaces
def test_trials_side_by_side_have_the_same_addresses(start: Callable[..., Trial]) -> None:
    """Trials in namespaces do not see each other, so they use the same addresses at the same time."""
    first, second = start("namespaces"), start("namespaces")
    assert first.facts["address"] == second.facts["address"]
    assert not first.namespaces & second.namespaces


def test_loopback_needs_a_folder_it_may_write(tmp_path: Path) -> None:
    """A place for data that is not a folder is said in one line with what to do."""
    (tmp_path / "file").touch()
    argv = [sys.executable, "-c", TRIAL, "loopback", str(tmp_path / "file"), "exit:0"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=TIME_LIMIT_S, check=False)
    assert done.returncode == 1
    assert "cannot make the hosts' folders: Not a directory" in done.stderr
    assert "--out" in done.stderr


def test_loopback_addresses_are_held(start: Callable[..., Trial], tmp_path: Path) -> None:
    """A trial on loopback that is given the addresses of another that runs is refused in one line."""
    first = start("loopback")
    argv = [sys.executable, "-c", TRIAL, "loopback", str(tmp_path), "exit:0", first.facts["address"]]
    second = subprocess.run(argv, capture_output=True, text=True, timeout=TIME_LIMIT_S, check=False)
    assert second.returncode == 1
    assert "is taken by another trial" in second.stderr
    assert not any(path.is_dir() and path.name not in first.facts["data"] for path in tmp_path.iterdir())


@BOTH
def test_dead_parent_ends_the_trial_at_once(sandbox: str, tmp_path: Path) -> None:
    """A trial whose named parent is not there any more ends before it enters."""
    code = (
        "import sys; from pathlib import Path; from jsquared.sandbox.choose import open_sandbox\n"
        "sandbox = open_sandbox(sys.argv[1], out=Path(sys.argv[2]), parent=2 ** 22 + 1)\n"
        "sandbox.enter(['n1']); print('entered')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, sandbox, str(tmp_path)], capture_output=True, timeout=TIME_LIMIT_S, check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert done.stdout == b""
