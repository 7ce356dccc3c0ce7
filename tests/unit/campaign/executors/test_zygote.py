"""Trials that are forked: whose children they are, how they end, and what is said where none can be begun."""

import contextlib
import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jsquared.campaign.executors import stopped
from jsquared.campaign.executors import zygote as module
from jsquared.campaign.executors.zygote import Process, Zygote
from jsquared.errors import LabError
from jsquared.trial import zygote as forking
from support.process_tree import parent_of

Wait = Callable[..., None]


@pytest.fixture
def measured() -> Iterator[Zygote]:
    """A zygote that has ended afterwards."""
    with contextlib.closing(Zygote()) as made:
        yield made


@pytest.fixture
def zygote(measured: Zygote, monkeypatch: pytest.MonkeyPatch) -> Zygote:
    """The same, but coverage looks away in its processes: it takes most of what they take, and measures the same each time."""
    for name in [name for name in os.environ if name.startswith("COVERAGE")]:
        monkeypatch.delenv(name)
    return measured


class Begun:
    """A trial that waits for its plan, until ``plan`` is closed."""

    def __init__(self, zygote: Zygote, folder: Path) -> None:
        told, self.plan = os.pipe()
        self.log = folder / "log"
        with self.log.open("wb") as log:
            self.process: Process = zygote.spawn(folder, told, log.fileno())
        os.close(told)

    def end(self) -> int:
        """Let it find no plan; its exit code."""
        os.close(self.plan)
        return self.process.wait(30)


def test_a_trial_is_a_child_of_the_campaign(measured: Zygote, tmp_path: Path, wait_until: Wait) -> None:
    """Its parent is this process, which sees its exit code; what it says stands in its log, and it has a session and a name of its own."""
    trial = Begun(measured, tmp_path)
    pid = trial.process.pid
    assert trial.process.poll() is None
    assert parent_of(pid) == os.getpid()
    assert os.getsid(pid) == pid
    wait_until(lambda: Path(f"/proc/{pid}/comm").read_text() == "jsquared-trial\n")
    assert trial.end() == 4
    assert trial.log.read_text() == "error: the trial's process: no plan on stdin. Try: jsquared run\n"


def test_one_zygote_forks_them_all(zygote: Zygote, tmp_path: Path) -> None:
    """Two trials run beside each other, and the end of the zygote is not theirs."""
    first, second = Begun(zygote, tmp_path), Begun(zygote, tmp_path)
    assert first.process.pid != second.process.pid
    zygote.close()
    assert (first.process.poll(), second.process.poll()) == (None, None)
    second.process.send_signal(signal.SIGKILL)
    assert second.process.wait(30) == -signal.SIGKILL
    second.process.kill()  # nothing is there any more
    assert first.end() == 4


def test_a_prepared_zygote_is_the_one_that_forks(zygote: Zygote, tmp_path: Path) -> None:
    """It is started once, before the first trial is there."""
    zygote.prepare()
    first = zygote._process
    zygote.prepare()
    assert first is not None
    assert Begun(zygote, tmp_path).end() == 4
    assert zygote._process is first


def test_a_zygote_that_forked_nothing_is_not_waited_for(zygote: Zygote, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that is refused while the zygote still loads ends it at once."""
    monkeypatch.setattr(module, "COMMAND", ("sleep", "120"))
    zygote.prepare()
    process = zygote._process
    assert process is not None
    zygote.close()
    assert process.returncode == -signal.SIGKILL


def test_a_zygote_that_forked_ends_by_itself(zygote: Zygote, tmp_path: Path) -> None:
    """It has nothing more to do once the campaign lets go of it, and is not killed."""
    assert Begun(zygote, tmp_path).end() == 4
    process = zygote._process
    assert process is not None
    zygote.close()
    assert process.returncode == 0


def test_what_cannot_be_prepared_is_told_by_the_first_trial(
    zygote: Zygote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Getting ready is not an error of its own."""
    monkeypatch.setattr(module, "COMMAND", (str(tmp_path / "python"),))
    zygote.prepare()
    with pytest.raises(LabError, match="cannot start a trial: No such file or directory"):
        Begun(zygote, tmp_path)


def test_a_zygote_that_was_ended_is_started_again(zygote: Zygote, tmp_path: Path, wait_until: Wait) -> None:
    """Somebody outside kills it: the next trial begins all the same."""
    assert Begun(zygote, tmp_path).end() == 4
    assert zygote._process is not None
    os.kill(zygote._process.pid, signal.SIGKILL)
    wait_until(lambda: zygote._process is not None and zygote._process.poll() is not None)
    assert Begun(zygote, tmp_path).end() == 4


def test_a_zygote_that_was_stopped_is_replaced(zygote: Zygote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody outside stops it (SIGSTOP): the next trial begins all the same, and nobody waits for ever at the end."""
    monkeypatch.setattr(stopped, "QUIET_S", 0.01)
    monkeypatch.setattr(stopped, "LOOK_S", 0.01)
    monkeypatch.setattr(module, "STOP_POLL_S", 0.01)
    assert Begun(zygote, tmp_path).end() == 4
    assert zygote._process is not None
    before = zygote._process
    before.send_signal(signal.SIGSTOP)
    assert Begun(zygote, tmp_path).end() == 4
    assert before.wait(30) == -signal.SIGKILL
    after = zygote._process
    after.send_signal(signal.SIGSTOP)
    zygote.close()
    assert after.returncode == -signal.SIGKILL


def test_a_zygote_that_cannot_start_is_one_line(
    zygote: Zygote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its last words and its code say why no trial was begun."""
    monkeypatch.setattr(module, "COMMAND", ("sh", "-c", "echo first; echo no memory >&2; exit 9"))
    with pytest.raises(LabError, match=r"cannot start a trial: its process ended with code 9 \(no memory\)"):
        Begun(zygote, tmp_path)


def test_a_program_that_is_not_there_is_one_line(
    zygote: Zygote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the kernel refuses is the reason."""
    monkeypatch.setattr(module, "COMMAND", (str(tmp_path / "python"),))
    with pytest.raises(LabError, match="cannot start a trial: No such file or directory"):
        Begun(zygote, tmp_path)


@pytest.mark.parametrize("refused", [1, 2])
def test_a_fork_that_is_refused_is_one_line(
    zygote: Zygote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: int
) -> None:
    """A limit on processes lets a campaign end with its reason, be it the first or the second fork that meets it."""
    answered, answer = os.pipe()
    stdin, log = os.open(os.devnull, os.O_RDONLY), os.open(os.devnull, os.O_WRONLY)
    forks = iter([0, 0])

    def fork() -> int:
        nonlocal refused
        refused -= 1
        if not refused:
            raise OSError(errno.EAGAIN, "")
        return next(forks)

    def end(_code: int) -> None:
        raise SystemExit

    monkeypatch.setattr(os, "fork", fork)
    monkeypatch.setattr(os, "_exit", end)
    if refused == 1:
        assert not forking.become_trial(os.getpid(), [stdin, log, answer])
    else:
        with pytest.raises(SystemExit):
            forking.become_trial(os.getpid(), [stdin, log, answer])
        forking._close([stdin, log, answer])
    monkeypatch.undo()
    refusal = int(os.read(answered, module.LONGEST_ANSWER_BYTES))
    os.close(answered)
    monkeypatch.setattr(zygote, "_ask", lambda *_: refusal)
    with pytest.raises(LabError, match=r"cannot start a trial: Resource temporarily unavailable\. Try: higher limits"):
        zygote.spawn(tmp_path, 0, 0)


FORGETFUL = """
import os, socket
with socket.socket(fileno=0) as channel:
    while True:
        request, descriptors, _, _ = socket.recv_fds(channel, 1 << 16, 3)
        if not request:
            break
        for descriptor in descriptors:
            os.close(descriptor)
"""


def test_a_trial_that_is_ended_before_it_is_known_is_not_waited_for(
    zygote: Zygote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody outside kills what the zygote forked before it gave its number, twice: one line says that there is no trial."""
    monkeypatch.setattr(module, "COMMAND", (sys.executable, "-c", FORGETFUL))
    with pytest.raises(LabError, match="cannot start a trial: its process ended with code 0"):
        Begun(zygote, tmp_path)


def test_a_trial_that_does_not_end_is_waited_for_no_longer(zygote: Zygote, tmp_path: Path) -> None:
    """As for any process, the wait has a limit."""
    trial = Begun(zygote, tmp_path)
    with pytest.raises(subprocess.TimeoutExpired):
        trial.process.wait(0)
    assert trial.end() == 4


@pytest.mark.parametrize("seen", [[7, 7, 1], [1]])
def test_a_trial_without_a_campaign_ends(monkeypatch: pytest.MonkeyPatch, seen: list[int]) -> None:
    """Where the campaign ends while a trial is being forked, somebody else is its parent, be it before it could look."""
    codes: list[int] = []
    parents = iter(seen)

    def end(code: int) -> None:
        codes.append(code)
        raise SystemExit

    monkeypatch.setattr(os, "getppid", lambda: next(parents))
    monkeypatch.setattr(os, "_exit", end)
    with pytest.raises(SystemExit):
        forking._wait_for_adoption(5, between=7)
    assert codes == [1]


def test_nobody_else_adopts(zygote: Zygote, tmp_path: Path) -> None:
    """Outside of a fork this process is given nobody's children: an orphan goes where it went before."""
    assert Begun(zygote, tmp_path).end() == 4
    orphan = subprocess.run(
        ["sh", "-c", "sleep 30 >/dev/null 2>&1 & echo $!"], capture_output=True, text=True, check=True
    )
    pid = int(orphan.stdout)
    assert parent_of(pid) != os.getpid()
    os.kill(pid, signal.SIGKILL)
