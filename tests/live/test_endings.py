"""However a run ends, nothing of it is left but what it recorded, and that can be judged."""

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from support.command_lines import RATE

pytestmark = [pytest.mark.namespaces, pytest.mark.timeout(240)]

MARK = "JSQUARED_ENDINGS_TEST"
MOMENTS = 8
"""``scripts/test --kills`` kills command lines, and whatever else runs, at some hundred more."""
GROUPS = 4
SOONEST_S = 0.05
LONGEST_S = 9.0
STARTED_AT = 19
"""Where the time at which a process began stands behind its name in /proc/<pid>/stat (proc_pid_stat(5): field 22)."""
Wait = Callable[..., None]
Start = Callable[..., "subprocess.Popen[str]"]


def marked_processes(mark: str) -> list[int]:
    """Processes with this mark in their environment, wherever in the process tree they are."""
    needle = f"{MARK}={mark}".encode()
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):  # it has just ended
                if needle in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
    return found


def left_in(namespaces: set[str], before_s: float) -> list[int]:
    """Processes in these network, PID and mount namespaces that began before a moment on CLOCK_BOOTTIME.

    The kernel gives a number that became free to the next namespace, so a trial beside this one may soon have the same.
    """
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and namespaces & namespaces_of(folder.name):
            with contextlib.suppress(OSError):  # it has just ended
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                if int(fields[STARTED_AT]) / os.sysconf("SC_CLK_TCK") < before_s:
                    found.append(int(folder.name))
    return found


def namespaces_of(pid: int | str) -> set[str]:
    """The network, PID and mount namespaces of a process; none when it has just ended."""
    found = set()
    for kind in ("net", "pid", "mnt"):
        with contextlib.suppress(OSError):
            found.add(str(Path(f"/proc/{pid}/ns/{kind}").readlink()))
    return found


@pytest.mark.parametrize("group", range(GROUPS))
def test_killing_the_command_line_leaves_nothing(
    group: int, tmp_path: Path, wait_until: Wait, start_jsquared: Start
) -> None:
    """SIGKILL to the command line at random moments of every part of its life ends servers, clients, namespaces and mounts with it."""
    moments = random.Random(20_261 + group)
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    for number in range(MOMENTS // GROUPS):
        part = group + number * GROUPS
        mark = f"{group}-{number}-{os.getpid()}"
        out = tmp_path / f"runs-{number}"
        process = start_jsquared(
            "run",
            "primary-isolated-with-client",
            *RATE,
            "--out",
            str(out),
            environment={MARK: mark, "TMPDIR": str(temporary)},
        )
        inside: set[str] = set()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(moments.uniform(part * LONGEST_S, (part + 1) * LONGEST_S) / MOMENTS + SOONEST_S)
        for pid in marked_processes(mark):
            inside |= namespaces_of(pid)
        own = namespaces_of("self")
        killed_s = time.clock_gettime(time.CLOCK_BOOTTIME)
        process.kill()
        process.communicate()
        wait_until(lambda mark=mark: not marked_processes(mark), 30, "everything of the run has ended")
        wait_until(
            lambda its=inside - own, killed_s=killed_s: not left_in(its, killed_s),
            30,
            "nobody is left in its namespaces",
        )
        assert list(temporary.iterdir()) == []
        assert all(path.name[0].isdigit() for path in out.glob("*")), "something beside run folders is left"


def test_a_killed_run_can_be_judged(
    tmp_path: Path, jsquared: Callable[..., Any], wait_until: Wait, start_jsquared: Start
) -> None:
    """What a killed run had recorded is a run folder like any other: inconclusive, never a traceback."""
    process = start_jsquared("run", "primary-crash", *RATE, "--out", str(tmp_path))
    wait_until(lambda: any("fault-bit" in p.read_text() for p in tmp_path.glob("*/events.jsonl")), 60, "the fault bit")
    process.kill()
    process.communicate()
    [folder] = [path for path in tmp_path.iterdir() if path.is_dir()]
    done = jsquared("check", str(folder), "--json")
    assert done.code == 3, done.stderr
    assert done.trial["outcome"] == "inconclusive"
    assert done.trial["writes"]["acknowledged"] > 10
    assert done.trial["writes"]["lost"] is None
    assert jsquared("report", str(folder)).code == 0
    assert (folder / "report.html").exists()


@pytest.mark.parametrize(
    ("number", "ignoring"),
    [(signal.SIGINT, ""), (signal.SIGTERM, "INT"), (signal.SIGHUP, "")],
    ids=("INT", "TERM", "HUP"),
)
def test_an_interruption_keeps_what_was_recorded(
    tmp_path: Path,
    jsquared: Callable[..., Any],
    wait_until: Wait,
    start_jsquared: Start,
    finish_jsquared: Callable[..., Any],
    number: signal.Signals,
    ignoring: str,
) -> None:
    """Ctrl-C, SIGTERM (where SIGINT is ignored) and SIGHUP end with 130, name the folder, and leave a partial run to be judged."""
    mark = f"interrupt-{number}-{os.getpid()}"
    process = start_jsquared(
        "run", "primary-hang", *RATE, "--out", str(tmp_path), "--json", environment={MARK: mark}, ignoring=ignoring
    )
    wait_until(lambda: any("fault-bit" in p.read_text() for p in tmp_path.glob("*/events.jsonl")), 60, "the fault bit")
    for _ in range(3):  # whoever is impatient ends nothing half-way
        process.send_signal(number)
    done = finish_jsquared(process)
    [folder] = [path for path in tmp_path.iterdir() if path.is_dir()]
    assert done.code == 130
    assert done.stderr.splitlines()[-1] == f"jsquared: error: {folder}: interrupted. Try: jsquared check {folder}"
    assert "Traceback" not in done.stderr
    wait_until(lambda: not marked_processes(mark), 30, "everything of the run has ended")
    assert (folder / "history.parquet").exists()
    assert json.loads((folder / "verdict.json").read_text())["outcome"] == "inconclusive"
    assert jsquared("check", str(folder)).code == 3


def test_an_interrupted_suite_keeps_what_was_done(
    tmp_path: Path, wait_until: Wait, start_jsquared: Start, finish_jsquared: Callable[..., Any]
) -> None:
    """Ctrl-C after the first finished trial: table, report, JUnit file and document have what finished, and name the rest."""
    runs, junit = tmp_path / "runs", tmp_path / "junit.xml"
    process = start_jsquared(
        "run", "--suite", "quick", *RATE, "--jobs", "2", "--out", str(runs), "--junit", str(junit), "--json"
    )
    wait_until(
        lambda: len(list(runs.glob("*/plan.json"))) > 2, 120, "a trial has finished, since a third one has begun"
    )
    wait_until(
        lambda: (
            any("load-end" not in log.read_text() for log in runs.glob("*/events.jsonl")) or process.poll() is not None
        ),
        60,
        "another trial runs",
    )
    process.send_signal(signal.SIGINT)
    done = finish_jsquared(process)
    document = done.document
    assert done.code == 130, done.stderr
    assert document["interrupted"] is True
    assert document["trials"]
    folders = [trial["run_dir"] for trial in document["unfinished"] if trial["run_dir"]]
    assert all((Path(folder) / "plan.json").exists() for folder in folders)
    where = " ".join(folders)
    assert done.stderr.splitlines()[-1] == f"jsquared: error: {where}: interrupted. Try: jsquared check {where}"
    total = len(document["trials"]) + len(document["unfinished"])
    assert f"interrupted: {len(document['trials'])} of {total} trials finished" in done.stderr
    assert len(list(ET.parse(junit).getroot().iter("testcase"))) == len(document["trials"])
    report = Path(document["report"]).read_text(encoding="utf-8")
    assert all(Path(trial["run_dir"]).name in report for trial in document["trials"])
    assert all(folder in report for folder in folders)
    assert report.rstrip().endswith("</html>")


def test_a_hunt_names_the_folders_that_it_leaves(
    tmp_path: Path, wait_until: Wait, start_jsquared: Start, finish_jsquared: Callable[..., Any]
) -> None:
    """SIGTERM ends a hunt in order: its document is written, and the trials that ran are named."""
    process = start_jsquared("hunt", "--budget", "5m", "--jobs", "1", "--out", str(tmp_path))
    wait_until(lambda: list(tmp_path.glob("*-hunt-*/*/events.jsonl")), 60, "a trial has begun")
    process.send_signal(signal.SIGTERM)
    done = finish_jsquared(process)
    [document] = tmp_path.glob("*-hunt-*/hunt.json")
    assert done.code == 130, done.stderr
    assert "interrupted. Try: jsquared check " + str(document.parent) in done.stderr
    assert json.loads(document.read_text())["interrupted"] is True


def removed(folder: Path) -> None:
    """The whole run folder is gone."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)  # what was written into it meanwhile


@pytest.mark.parametrize(
    "damage", [removed, lambda folder: (folder / "plan.json").unlink(), lambda folder: (folder / "events.jsonl").unlink()],
    ids=("folder", "plan", "events"),
)  # fmt: skip
def test_a_run_folder_that_goes_meanwhile_is_the_labs_failure(
    tmp_path: Path,
    wait_until: Wait,
    start_jsquared: Start,
    finish_jsquared: Callable[..., Any],
    damage: Callable[[Path], None],
) -> None:
    """Whatever of it is removed while the trial runs: exit code 4, one line, and no trace of a mistake of ours."""
    process = start_jsquared("run", "primary-restart-fast", *RATE, "--out", str(tmp_path / "runs"))
    wait_until(
        lambda: any("load" in p.read_text() for p in tmp_path.glob("runs/*/events.jsonl")), 60, "the trial is under way"
    )
    damage(next(path for path in (tmp_path / "runs").iterdir() if path.is_dir()))
    done = finish_jsquared(process)
    assert done.code == 4, done.stderr
    errors = [line for line in done.stderr.splitlines() if line.startswith("jsquared: error: ")]
    assert len(errors) == 1
    assert "itself failed" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_run_folder_may_have_any_name(tmp_path: Path, jsquared: Callable[..., Any]) -> None:
    """Bytes that are no UTF-8 in a path are no reason to fail, in any locale; nor can they reach the terminal."""
    out = os.fsdecode(os.fsencode(tmp_path) + b"/\xff\x1b[2J")
    done = jsquared(
        "run",
        "primary-restart-fast",
        *RATE,
        "--out",
        out,
        "--json",
        environment={"PYTHONIOENCODING": "ascii", "LC_ALL": "C"},
    )
    assert done.code == 0, done.stderr
    assert done.trial["run_dir"].startswith(f"{tmp_path}/\\udcff\x1b[2J")
    assert "\x1b" not in done.stdout + done.stderr
