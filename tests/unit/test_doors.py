"""The doors of the package: ``python -m jsquared`` and the process of a trial end with their exit codes."""

import contextlib
import io
import runpy
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jsquared import __main__ as door


@pytest.mark.parametrize(
    ("module", "word"),
    [("jsquared", "--version"), ("jsquared.trial.process", "/nonexistent"), ("jsquared.trial.zygote", "")],
)
def test_a_module_ends_with_its_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], module: str, word: str
) -> None:
    """Run as a program, a module hands its exit code to the system."""
    monkeypatch.setattr(sys, "argv", [module, word])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
    for name in (module, f"{module}.__main__"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    with pytest.raises(SystemExit) as ended, dispositions_kept():
        runpy.run_module(module, run_name="__main__")
    assert ended.value.code == (0 if word == "--version" else 4)
    assert "jsquared 0." in capsys.readouterr().out or word != "--version"


@pytest.mark.parametrize("module", ["jsquared.__main__", "jsquared.trial.process", "jsquared.trial.zygote"])
def test_importing_a_door_opens_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], module: str
) -> None:
    """Documentation tools import every module; that runs nothing."""
    monkeypatch.delitem(sys.modules, module, raising=False)
    runpy.run_module(module, run_name="imported")
    assert capsys.readouterr() == ("", "")


def handled(pid: int, number: signal.Signals) -> bool:
    """Whether a process has a handler for a signal (proc_pid_status(5): SigCgt)."""
    [line] = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("SigCgt")]
    return bool(int(line.split()[1], 16) >> (number - 1) & 1)


def begin(*words: str, ignoring: str = "") -> "subprocess.Popen[str]":
    """``jsquared WORDS``, begun and not waited for."""
    disposition = f"--ignore-signal={ignoring}" if ignoring else "--default-signal=INT"
    argv = ["env", disposition, sys.executable, "-m", "jsquared", *words]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("group", [0, *(pytest.param(group, marks=pytest.mark.unmeasured) for group in range(1, 4))])
def test_an_interruption_at_any_moment_is_one_line(group: int, wait_until: Callable[..., None]) -> None:
    """From the first line of ours on, while libraries are being loaded too: exit code 130, or it was over before."""
    for number in range(5):
        process = begin("scenarios")
        # SIGHUP: nothing but our own first lines takes it, while whoever measures coverage takes SIGTERM before them.
        wait_until(lambda pid=process.pid: handled(pid, signal.SIGHUP), 20, "it has begun")
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait((group + 4 * number) * 0.03)
        process.send_signal([signal.SIGINT, signal.SIGTERM, signal.SIGHUP][number % 3])
        out, err = process.communicate(timeout=60)
        assert (process.returncode, err) in ((130, "jsquared: error: interrupted\n"), (0, "")), (out, err)


def test_what_was_ignored_stays_ignored(wait_until: Callable[..., None]) -> None:
    """A background job of a script ignores SIGINT, and nohup SIGHUP; SIGTERM ends it all the same."""
    for ignored in ("INT", "HUP"):
        process = begin("hunt", "--budget", "nonsense", ignoring=ignored)
        wait_until(lambda pid=process.pid: handled(pid, signal.SIGTERM), 20, "it has begun")
        process.send_signal(signal.Signals[f"SIG{ignored}"])
        _, err = process.communicate(timeout=60)
        assert process.returncode == 2, err


@pytest.mark.parametrize(
    ("limit", "words"),
    [("-v 60000", "memory (ulimit -v)"), ("-v 300000", "memory (ulimit -v)"), ("-n 10", "open files (ulimit -n)")],
)
def test_a_limit_that_is_too_low_is_one_line(limit: str, words: str) -> None:
    """Libraries that end the process, or say a page of words, are not even loaded."""
    shell = f'ulimit {limit}; exec "{sys.executable}" -m jsquared deployments'
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 4, done.stderr
    assert done.stderr.startswith(f"jsquared: error: this machine: the limit of {words} is too low. Try: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(("redirection", "code"), [("> /dev/full", 4), (">&-", 0), ("2>&-", 0), ("<&- >&- 2>&-", 0)])
def test_streams_that_take_nothing(redirection: str, code: int) -> None:
    """A full device is a failure of the lab; a closed stream is nobody's business."""
    shell = f'"{sys.executable}" -m jsquared deployments {redirection}'
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert "itself failed" not in done.stderr


def test_libraries_that_cannot_be_loaded_are_one_line(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Whatever an import says, on one line, as the lab's failure."""
    monkeypatch.setitem(sys.modules, "jsquared.cli.main", None)
    with dispositions_kept():
        assert door.main() == 4
    captured = capfd.readouterr()
    assert captured.err.startswith("jsquared: error: JSquared cannot be loaded: ")
    assert captured.err.count("\n") == 1


def test_an_interruption_while_it_tells_how_it_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even then the exit code is that of an interruption, at once: Python itself may have another one for it."""

    def interrupted() -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("jsquared.cli.main.main", interrupted)
    monkeypatch.setattr(door.os, "_exit", sys.exit)
    with dispositions_kept(), pytest.raises(SystemExit) as ended:
        door.main()
    assert ended.value.code == 130


@contextlib.contextmanager
def dispositions_kept() -> Iterator[None]:
    """The door is the process's own: put back what it did to the signals of this one."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
