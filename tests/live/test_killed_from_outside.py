"""Kills that the lab did not order: of single processes, and of a whole run, at moments that nobody chose.

The long parts (``scripts/test --kills``) do the same some hundred times.
"""

import contextlib
import json
import os
import random
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support.command_lines import RATE
from support.process_tree import Traces, descendants, parent_of, process_of, supervisor_of

pytestmark = [pytest.mark.namespaces, pytest.mark.timeout(240)]

Wait = Callable[..., None]
Start = Callable[..., "subprocess.Popen[str]"]
SANDBOXES = ("namespaces", "loopback")
VICTIMS = ("redis-n1", "redis-n2", "sentinel-n3", "client-1")
NODES = ("redis-n1", "redis-n2", "redis-n3", "sentinel-n1", "sentinel-n2", "sentinel-n3", "client-1", "client-2")
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
BREAK_S = 1.5
"""The scenario's own fault kills the primary later than this after the load has begun."""
LONGEST_S = 8.0
LOG_LIMIT = 32 * 1024 * 1024
CHATTERBOX = """#!/bin/sh
case $1 in -v | --version) echo "Redis server v=7.2.4 sha=00000000:0 malloc=libc bits=64 build=0"; exit 0 ;; esac
line="requirepass s3cret "
while [ ${#line} -lt 4000 ]; do line=$line$line; done
batch=
while [ ${#batch} -lt 60000 ]; do batch="$batch$line$END"; done
while :; do printf "$batch"; done
"""


@dataclass
class Run:
    """A run that was started; ``out`` has its folders, and nothing else once it has ended."""

    process: "subprocess.Popen[str]"
    out: Path
    temporary: Path
    wait_until: Wait

    def wait_for(self, text: str) -> None:
        """Wait until its trial has recorded something."""
        self.wait_until(lambda: any(text in path.read_text() for path in self.out.glob("*/events.jsonl")), 60, text)

    def folders(self) -> list[Path]:
        """Its run folders."""
        return [path for path in self.out.glob("*") if (path / "logs").is_dir()]

    def ends(self, traces: Traces, limit_s: float = 60) -> tuple[int, str, str]:
        """Wait for its end, and for that of everything in it; nothing but run folders and a report is left. Code and output."""
        with self.process:
            stdout, stderr = self.process.communicate(timeout=limit_s)
        self.wait_until(lambda: not traces.left(), 30, "everything of the run has ended")
        self.wait_until(lambda: not [*self.out.glob(".loopback-*")], 30, "the servers' folders are gone")
        assert list(self.temporary.iterdir()) == []
        assert str(self.out) not in Path("/proc/self/mountinfo").read_text()
        assert "Traceback" not in stderr
        return self.process.returncode, stdout, stderr


@pytest.fixture
def begin(tmp_path: Path, wait_until: Wait, start_jsquared: Start) -> Callable[..., Run]:
    """``begin(sandbox, *options, late=False)``: start a trial of ``primary-crash``, or of a crash so late that somebody comes before it."""
    numbers = iter(range(1000))
    crash = tmp_path / "late-crash.yaml"
    crash.write_text("faults:\n- {name: kill, targets: primary, start: 60000 ms after load}\n")

    def start(sandbox: str, *options: str, late: bool = False) -> Run:
        out = tmp_path / f"runs-{next(numbers)}"
        temporary = tmp_path / f"{out.name}-tmp"
        temporary.mkdir()
        process = start_jsquared(
            "run", str(crash) if late else "primary-crash", "--sandbox", sandbox, *RATE, "--out", str(out), "--json", *options,
            environment={"TMPDIR": str(temporary)},
        )  # fmt: skip
        return Run(process, out, temporary, wait_until)

    return start


def send(run: Run, victim: int, number: signal.Signals) -> None:
    """Signal a process of a run, which is held by a descriptor: a number that became free meanwhile may be anybody's.

    A process that has just ended is let alone.
    """
    with contextlib.suppress(ProcessLookupError):
        held = os.pidfd_open(victim)
        try:
            if victim in {run.process.pid, *descendants(run.process.pid)}:
                signal.pidfd_send_signal(held, number)
        finally:
            os.close(held)


def kill_one(run: Run, name: str, after_s: float, number: signal.Signals = signal.SIGKILL) -> dict[str, Any]:
    """Let somebody outside kill a process that long after the load has begun; the trial that comes of it."""
    run.wait_for('"phase": "load"')
    with contextlib.suppress(subprocess.TimeoutExpired):
        run.process.wait(after_s)
    victim = process_of(run.process.pid, name)
    assert victim, f"{name} does not run {after_s:.1f} s after the load has begun"
    traces = Traces(run.process.pid)
    send(run, victim, number)
    code, stdout, stderr = run.ends(traces)
    assert code == 3, (name, after_s, stdout, stderr)
    [trial] = json.loads(stdout)["trials"]
    return dict(trial)


@pytest.mark.parametrize("sandbox", SANDBOXES)
@pytest.mark.parametrize("victim", VICTIMS)
def test_a_process_that_somebody_outside_kills_ends_the_trial(
    sandbox: str, victim: str, begin: Callable[..., Run], jsquared: Callable[..., Any]
) -> None:
    """Inconclusive, with the process and the signal as the only reason, now and whenever the folder is judged again."""
    run = begin(sandbox, late=True)
    trial = kill_one(run, victim, 0.3)
    assert trial["outcome"] == "inconclusive"
    assert trial["reasons"] == [f"{victim} was killed by SIGKILL from outside (out of memory?)"]
    [folder] = run.folders()
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    [ended] = [event for event in events if event["kind"] == "ended" and not event["ordered"]]
    assert (ended["source"], ended["code"], ended["by"]) == (victim, -9, "SIGKILL")
    assert events[-1]["phase"] == "ended-early"
    again = jsquared("check", str(folder), "--json")
    assert (again.code, again.trial["reasons"]) == (3, trial["reasons"])


@pytest.mark.parametrize("sandbox", SANDBOXES)
@pytest.mark.parametrize("victim", ["supervisor", "conductor"])
def test_a_trial_that_somebody_outside_stops_is_ended(
    sandbox: str, victim: str, begin: Callable[..., Run], jsquared: Callable[..., Any]
) -> None:
    """Inconclusive, with the signal as the only reason, instead of a run that never ends; a verdict that it came to before counts."""
    run = begin(sandbox)
    run.wait_for('"phase": "load"')
    server = process_of(run.process.pid, "sentinel-n1")
    held = supervisor_of(run.process.pid) if victim == "supervisor" else parent_of(server)
    assert held
    traces = Traces(run.process.pid)
    send(run, held, signal.SIGSTOP)
    code, stdout, stderr = run.ends(traces, 120)
    [trial] = json.loads(stdout)["trials"]
    [folder] = run.folders()
    again = jsquared("check", str(folder), "--json")
    assert (again.code, again.trial["reasons"]) == (code, trial["reasons"]), stderr
    if victim == "conductor" or code == 3:
        assert code == 3, (stdout, stderr)
        assert trial["reasons"] == ["the trial's own process was stopped from outside (SIGSTOP)"]


@pytest.mark.parametrize("victim", ["redis-n1", "sentinel-n1", "client-1"])
def test_a_process_that_somebody_outside_stops_ends_the_trial(victim: str, begin: Callable[..., Run]) -> None:
    """It would hang for ever, and the deployment would be blamed for it."""
    trial = kill_one(begin("namespaces", late=True), victim, 0.3, signal.SIGSTOP)
    assert (trial["outcome"], trial["reasons"]) == ("inconclusive", [f"{victim} was stopped from outside (SIGSTOP)"])


def test_a_server_that_is_asked_to_end_from_outside_is_told_apart_from_one_that_ends(begin: Callable[..., Run]) -> None:
    """SIGTERM lets a server end in good order with exit code 0; that somebody sent it stands in its log."""
    trial = kill_one(begin("namespaces", late=True), "redis-n3", 0.3, signal.SIGTERM)
    assert trial["reasons"] == ["redis-n3 was shut down by SIGTERM from outside"]


@pytest.mark.redis
def test_a_server_that_crashes_by_itself_is_named_with_its_last_words(begin: Callable[..., Run]) -> None:
    """A crash is the engine's or the deployment's, so what it did is judged; why it ended stands in the log, and in the verdict."""
    run = begin("loopback", "--engine", "redis")
    run.wait_for('"phase": "load"')
    traces = Traces(run.process.pid)
    victim = process_of(run.process.pid, "sentinel-n3")
    assert victim
    send(run, victim, signal.SIGSEGV)
    code, stdout, _ = run.ends(traces, 200)
    [trial] = json.loads(stdout)["trials"]
    told = [
        text for text in (*trial["reasons"], *trial["facts"]) if text.startswith("sentinel-n3 crashed with SIGSEGV")
    ]
    assert len(told) == 1, trial
    assert "crashed by signal" in told[0]
    assert code in (1, 3)


def kill_whatever_runs(
    run: Run, moments: random.Random, number: signal.Signals, jsquared: Callable[..., Any], wait_until: Wait
) -> None:
    """Send a signal to the command line, the supervisor or the conductor of a run at a moment of its life, and look at what is left."""
    if number != signal.SIGKILL:
        wait_until(run.folders, 60, "the run has a folder")
    with contextlib.suppress(subprocess.TimeoutExpired):
        run.process.wait(moments.uniform(0.05, LONGEST_S))
    command_line = run.process.pid
    supervisor = supervisor_of(command_line) or command_line
    server = process_of(command_line, "sentinel-n1")
    conductor = (parent_of(server) if server else 0) or supervisor
    victim = moments.choice([command_line, supervisor, conductor])
    traces = Traces(command_line)
    send(run, victim, number)
    code, stdout, stderr = run.ends(traces)
    if victim == command_line:
        assert code in (130, -number, 128 + number), (number, code, stderr)
    else:
        assert code == 3, (number, code, stdout, stderr)
        [trial] = json.loads(stdout)["trials"]
        assert trial["outcome"] == "inconclusive", trial
        assert any(word in trial["reasons"][0] for word in ("signal", number.name)), trial
    for folder in run.folders():
        checked = jsquared("check", str(folder))
        assert checked.code in (2, 3), (folder, checked)
        assert checked.code == 3 or len(checked.stderr.splitlines()) == 1, checked


@pytest.mark.parametrize("sandbox", SANDBOXES)
def test_a_run_that_is_killed_at_any_moment_leaves_what_can_be_judged(
    sandbox: str, begin: Callable[..., Run], jsquared: Callable[..., Any], wait_until: Wait
) -> None:
    """Whoever gets whichever signal: nothing is left running, and no verdict is more than inconclusive."""
    moments = random.Random(f"a few {sandbox}")
    for number in SIGNALS:
        kill_whatever_runs(begin(sandbox), moments, number, jsquared, wait_until)


@pytest.mark.kills
@pytest.mark.parametrize("group", range(50))
def test_two_hundred_kills_of_a_run(
    group: int, begin: Callable[..., Run], jsquared: Callable[..., Any], wait_until: Wait
) -> None:
    """The same at two hundred moments."""
    moments = random.Random(group)
    for number in SIGNALS:
        kill_whatever_runs(begin(SANDBOXES[group % 2]), moments, number, jsquared, wait_until)


@pytest.mark.kills
@pytest.mark.parametrize("group", range(40))
def test_forty_kills_of_single_processes(group: int, begin: Callable[..., Run]) -> None:
    """Each is inconclusive, and names the process; the primary is left alone where the scenario's own fault kills it."""
    moments = random.Random(1000 + group)
    after_s = moments.uniform(0, 6)
    name = moments.choice(NODES if after_s < BREAK_S else NODES[1:])
    trial = kill_one(begin(SANDBOXES[group % 2]), name, after_s)
    assert trial["reasons"] == [f"{name} was killed by SIGKILL from outside (out of memory?)"]


@pytest.mark.parametrize("sandbox", SANDBOXES)
@pytest.mark.parametrize("end", ["\\n", ""], ids=["lines", "one line"])
def test_an_engine_that_prints_without_end_is_stopped(
    sandbox: str, end: str, begin: Callable[..., Run], tmp_path: Path
) -> None:
    """The trial ends with that reason, the log is cut and says so, and a line without an end is not kept whole."""
    engine = tmp_path / "redis-server"
    engine.write_text(CHATTERBOX.replace("$END", end))
    engine.chmod(0o755)
    run = begin(sandbox, "--engine", str(engine))
    run.wait_for('"phase": "stand-up"')
    code, stdout, _ = run.ends(Traces(run.process.pid))
    [trial] = json.loads(stdout)["trials"]
    assert code == 3
    assert trial["reasons"][0].startswith("redis-n1 wrote more than 32 MiB of log in ")
    [folder] = run.folders()
    log = folder / "logs" / "redis-n1.log"
    assert log.stat().st_size < (LOG_LIMIT + 4096 if end else 128 * 1024)
    assert log.read_bytes().splitlines()[-1].startswith(b"[cut by jsquared: more than 32 MiB in ")
