"""Trials of this machine that are shell scripts: dead, failing, killed, stopped, asked to end."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from jsquared.campaign.executors import local, stopped
from jsquared.campaign.executors.local import LocalExecutor
from jsquared.campaign.executors.processors import Processors
from jsquared.campaign.executors.trial_process import TrialProcess
from jsquared.campaign.result import TrialResult
from jsquared.check.judge import judge
from jsquared.records.run_directory import RunDirectory
from jsquared.records.sources import TRIAL_PROCESS
from support.orders import order_of
from support.sample_run import sample_plan, write_sample_run
from support.scripted_trials import ScriptedTrials

BEGIN = 'cp "$SAMPLE/placement.json" "$3/placement.json"\n'
"""What a trial does before its first event; ``$3`` is its run folder."""
PASS = 'cp "$SAMPLE/verdict.json" "$3/verdict.json"\n'
"""What a trial does that passes; ``$3`` is its run folder."""

Wait = Callable[..., None]
Begin = Callable[[str], TrialProcess]
End = Callable[[str], TrialResult]


@pytest.fixture
def begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Begin:
    """``begin(script)``: a trial that is this shell script."""
    monkeypatch.setenv("SAMPLE", str(write_sample_run(tmp_path / "sample").path))
    monkeypatch.setenv("ALL", str(tmp_path))

    def call(script: str) -> TrialProcess:
        program = tmp_path / "trial"
        program.write_text(f"#!/bin/sh\n{script}", encoding="utf-8")
        program.chmod(0o755)
        monkeypatch.setattr(local, "Zygote", ScriptedTrials(str(program), "-m", "jsquared.trial"))
        return LocalExecutor().submit(order_of(sample_plan("crash")), tmp_path / "run")

    return call


@pytest.fixture
def end(begin: Begin, wait_until: Wait) -> End:
    """``end(script)``: the same, once it has ended."""

    def call(script: str) -> TrialResult:
        trial = begin(script)
        wait_until(trial.has_ended)
        return trial.result()

    return call


def test_events_are_passed_on_once_and_whole(begin: Begin, wait_until: Wait) -> None:
    """Every finished line of a trial's events is told once; garbage and an unfinished line are not."""
    trial = begin(
        'echo \'{"source": "lab", "kind": "phase", "phase": "load", "t_ms": 1}\' > "$3/events.jsonl"\n'
        'echo garbage >> "$3/events.jsonl"\n'
        'echo \'{"source": "lab", "kind": "recovery", "ok": true, "t_ms": 2}\' >> "$3/events.jsonl"\n'
        f'printf \'{{"kind": "unfin\' >> "$3/events.jsonl"\n{PASS}'
    )
    wait_until(trial.has_ended)
    assert [event.kind for event in trial.new_events()] == ["phase", "recovery"]


@pytest.mark.parametrize(
    ("script", "code", "error"),
    [
        ("echo 'error: redis-n1: no memory. Try: more'\nexit 4\n", 4, "redis-n1: no memory. Try: more"),
        ("echo 'error: first'\necho 'error: second' >&2\necho chatter\nexit 2\n", 2, "second"),
        ("kill -SEGV $$\n", 4, "the trial's process was killed by SIGSEGV; see "),
        ("echo chatter\nexit 0\n", 4, "the trial's process exited with code 0; see "),
    ],
)
def test_a_trial_without_a_verdict_is_inconclusive(end: End, script: str, code: int, error: str) -> None:
    """A trial that dies shows nothing about Redis: inconclusive, with the one line that it said, or how it ended."""
    result = end(script)
    assert result.exit_code == code
    assert result.error.startswith(error)
    assert result.verdict.outcome == "inconclusive"
    assert result.verdict.reasons == [f"the lab failed: {result.error}"]
    assert (result.verdict.run_dir, result.verdict.writes.lost) == (str(result.path), None)


CLOCK = '{"t_ms": 0.0, "source": "lab", "kind": "clock", "zero_monotonic_ns": 1000000, "zero_unix_ns": 2000000}'


@pytest.mark.parametrize(
    ("script", "code", "reason"),
    [
        ("kill -9 $$\n", 3, "the trial's own process was killed by SIGKILL from outside (out of memory?)"),
        ("exit 137\n", 3, "the trial's own process was killed by SIGKILL from outside (out of memory?)"),
        ("kill -TERM $$\n", 3, "the trial's own process was killed by SIGTERM from outside"),
        ("echo 'error: interrupted'\nexit 130\n", 130, "a signal from outside ended the trial's own process"),
    ],
)
def test_a_trial_that_somebody_outside_ends_is_inconclusive(end: End, script: str, code: int, reason: str) -> None:
    """No failure of the lab either; the folder can be judged later, and has the same reason, an unfinished line or not."""
    result = end(
        f'{BEGIN}echo \'{CLOCK}\' > "$3/events.jsonl"\nprintf \'{{"kind": "unfin\' >> "$3/events.jsonl"\n{script}'
    )
    assert result.exit_code == code
    [said] = result.verdict.reasons
    assert said.startswith(reason)
    if code == 3:
        assert result.error == ""
        assert judge(RunDirectory(result.path).load()).reasons == [said]


@pytest.mark.parametrize("child", [False, True], ids=["its first process", "the one that it supervises"])
def test_a_trial_that_is_stopped_for_good_is_ended(
    end: End, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, child: bool
) -> None:
    """The kernel says that it is stopped; the reason is the signal, also when the folder is judged again."""
    monkeypatch.setattr(stopped, "QUIET_S", 0.01)
    monkeypatch.setattr(stopped, "LOOK_S", 0.01)
    program = tmp_path / TRIAL_PROCESS
    program.write_text("#!/bin/sh\nkill -STOP $$\n", encoding="utf-8")
    program.chmod(0o755)
    stop = f'{program} & echo $! > "$ALL/child"\nwait\n' if child else "kill -STOP $$\n"
    result = end(f"{BEGIN}echo '{CLOCK}' > \"$3/events.jsonl\"\n{stop}")
    if child:  # a sandbox's own processes die with their parent
        os.kill(int((tmp_path / "child").read_text()), signal.SIGKILL)
    reason = "the trial's own process was stopped from outside (SIGSTOP)"
    assert (result.exit_code, result.error, result.verdict.reasons) == (3, "", [reason])
    assert judge(RunDirectory(result.path).load()).reasons == [reason]


@pytest.mark.parametrize("events", ["", "no JSON at all\n", '{"kind": "phase"}\n'])
def test_a_trial_that_is_killed_before_its_first_event_has_its_reason_all_the_same(end: End, events: str) -> None:
    """Where the folder has no clock, nothing is added to it."""
    result = end(f"printf '{events}' > \"$3/events.jsonl\"\nkill -9 $$\n")
    assert "SIGKILL" in result.verdict.reasons[0]
    assert RunDirectory(result.path).events_file.read_text().strip() == events.strip()


def test_a_verdict_with_an_error_keeps_both(end: End) -> None:
    """A trial that came to a verdict and was then interrupted has the verdict and the line."""
    result = end(f"{PASS}echo 'error: interrupted'\nexit 130\n")
    assert (result.verdict.outcome, result.error, result.exit_code) == ("pass", "interrupted", 130)


def test_a_trial_that_runs_has_no_outcome_yet(begin: Begin) -> None:
    """Before a trial has recorded anything there are no events, and its code is that of a failed lab."""
    trial = begin("read forever\nwhile :; do sleep 0.01; done\n")
    assert trial.running
    assert (list(trial.new_events()), trial.exit_code) == ([], 4)
    trial.interrupt()
    trial.end(30)
    assert not trial.running
    trial.interrupt()
    trial.end(30)


def test_a_trial_is_asked_before_it_is_forced(begin: Begin, wait_until: Wait, tmp_path: Path) -> None:
    """One that is asked to end can keep what it has recorded."""
    trial = begin('trap \'touch "$3/asked"; exit 130\' TERM\ntouch "$3/ready"\nwhile :; do sleep 0.01; done\n')
    wait_until((tmp_path / "run" / "ready").exists)
    trial.interrupt()
    trial.end(30)
    assert (tmp_path / "run" / "asked").exists()


@pytest.mark.parametrize(("processes", "jobs"), [(8, 13), (15, 6)])
def test_two_processors_run_as_many_trials_as_were_measured(
    monkeypatch: pytest.MonkeyPatch, processes: int, jobs: int
) -> None:
    """More would disturb each other: docs/reference/measurements.md."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    assert LocalExecutor().side_by_side(processes) == jobs


def test_small_deployments_run_side_by_side_more_often() -> None:
    """Without ``--jobs`` several trials of an ordinary deployment run at once, fewer of a large one, and always one."""
    assert LocalExecutor().side_by_side(8) >= 5
    assert LocalExecutor().side_by_side(16) < LocalExecutor().side_by_side(8)
    assert LocalExecutor().side_by_side(10_000) == 1


def test_there_is_room_only_where_the_processors_were_seen_to_have_time() -> None:
    """Directly after the beginning, and after each trial that begins, nothing was seen yet."""
    executor = LocalExecutor()
    assert not executor.has_room()
    executor._processors = Processors(now_s=iter([0.0, 5.0, 5.1, 6.2]).__next__, times=lambda: (0, 0))
    assert [executor.has_room(), executor.has_room()] == [False, True]
    executor._processors.forget()
    assert [executor.has_room(), executor.has_room()] == [False, True]


def test_a_trial_that_begins_makes_the_past_of_the_processors_worthless(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What was seen before says nothing about the machine with one more trial on it."""
    monkeypatch.setattr(local, "TrialProcess", lambda *_: SimpleNamespace(running=False))
    executor = LocalExecutor()
    executor._processors = Processors(now_s=iter([0.0, 2.0, 2.1]).__next__, times=lambda: (0, 0))
    assert [executor.has_room(), executor.has_room()] == [False, True]
    executor.submit(order_of(sample_plan("crash")), tmp_path / "run")
    assert not executor.has_room()


@pytest.mark.parametrize("stubborn", [False, True])
def test_a_trial_is_asked_to_end_before_it_is_forced(
    begin: Begin, wait_until: Callable[..., None], stubborn: bool
) -> None:
    """What it does when it is asked is done; only one that does not end is killed."""
    trap = "''" if stubborn else "'touch \"$3/asked\"; exit 130'"
    trial = begin(f'trap {trap} TERM\ntouch "$3/ready"\nwhile :; do sleep 0.01; done\n')
    wait_until((trial.path / "ready").exists)
    executor = LocalExecutor()
    executor._trials.append(trial)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local, "END_GRACE_S", 0.05 if stubborn else 30.0)
        executor.stop_all()
    assert not trial.running
    assert (trial.path / "asked").exists() is not stubborn
