"""Campaigns of trials that are shell scripts: side by side, in order, dead, failing, interrupted."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from jsquared.campaign import campaign, stopped, trial_process
from jsquared.campaign.campaign import Campaign, TrialResult, default_jobs, free_name
from jsquared.campaign.trial_process import TrialProcess
from jsquared.check.judge import judge
from jsquared.errors import InterruptedTrialError, RecordError
from jsquared.records.plan import Plan
from jsquared.records.run_directory import RunDirectory
from jsquared.records.sources import TRIAL_PROCESS
from jsquared.trial.order import TrialOrder
from support.orders import order_of
from support.sample_run import sample_plan, write_sample_run
from support.scripted_trials import ScriptedTrials

PASS = 'cp "$SAMPLE/verdict.json" "$3/verdict.json"\n'
"""What a trial does that passes; ``$3`` is its run folder."""

BEGIN = 'cp "$SAMPLE/placement.json" "$3/placement.json"\n'
"""What it does before its first event."""

Trials = Callable[[str], None]


@pytest.fixture
def trials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trials:
    """``trials(script)``: every trial is this shell script."""
    monkeypatch.setenv("SAMPLE", str(write_sample_run(tmp_path / "sample").path))
    monkeypatch.setenv("ALL", str(tmp_path / "runs"))
    monkeypatch.setattr(campaign, "POLL_S", 0.001)

    def use(script: str) -> None:
        program = tmp_path / "trial"
        program.write_text(f"#!/bin/sh\n{script}", encoding="utf-8")
        program.chmod(0o755)
        monkeypatch.setattr(campaign, "Zygote", ScriptedTrials(str(program), "-m", "jsquared.trial"))

    return use


class Seen:
    """A progress that keeps what it is told."""

    def __init__(self) -> None:
        self.running = 0
        self.most = 0
        self.events: list[dict[str, Any]] = []
        self.finished_seeds: list[int] = []
        self.repeated_seeds: list[int] = []
        self.on_tick: Callable[[], None] = lambda: None

    def started(self, plan: Plan, path: Path) -> None:
        """A trial began."""
        self.running += 1
        self.most = max(self.most, self.running)

    def event(self, plan: Plan, path: Path, event: dict[str, Any]) -> None:
        """A trial recorded an event."""
        self.events.append(event)

    def finished(self, result: TrialResult) -> None:
        """A trial ended."""
        self.running -= 1
        self.finished_seeds.append(result.plan.seed)

    def repeated(self, result: TrialResult) -> None:
        """A trial was disturbed and will be run again."""
        self.running -= 1
        self.repeated_seeds.append(result.plan.seed)

    def tick(self) -> None:
        """Called several times a second."""
        self.on_tick()


def orders(count: int) -> list[TrialOrder]:
    """Trials whose plans differ in their seeds, from 1."""
    return [order_of(msgspec.structs.replace(sample_plan("crash"), seed=seed)) for seed in range(1, count + 1)]


def test_no_more_than_the_jobs_run_at_once(trials: Trials, tmp_path: Path) -> None:
    """Of five trials two run side by side, and the next begins when one has ended."""
    trials(PASS)
    seen = Seen()
    results = Campaign(orders(5), tmp_path / "runs", 2, seen).run()
    assert (seen.most, seen.running) == (2, 0)
    assert [result.plan.seed for result in results] == [1, 2, 3, 4, 5]
    assert {(result.verdict.outcome, result.error, result.exit_code) for result in results} == {("pass", "", 0)}


def test_a_trial_is_asked_for_when_it_can_begin(trials: Trials, tmp_path: Path) -> None:
    """Trials may be planned while others run: the next one is drawn only once there is room for it."""
    trials(PASS)
    seen = Seen()
    drawn_after: list[int] = []

    def draw() -> Iterator[TrialOrder]:
        for order in orders(4):
            drawn_after.append(len(seen.finished_seeds))
            yield order

    Campaign(draw(), tmp_path / "runs", 1, seen).run()
    assert drawn_after == [0, 1, 2, 3]


def test_results_come_in_the_order_of_the_plans(trials: Trials, tmp_path: Path) -> None:
    """A trial that ends last but was planned first stays first."""
    trials(f'case "$3" in *-1) while ! ls "$ALL"/*-2/verdict.json; do sleep 0.01; done >&2;; esac\n{PASS}')
    seen = Seen()
    results = Campaign(orders(2), tmp_path / "runs", 2, seen).run()
    assert [result.plan.seed for result in results] == [1, 2]
    assert seen.finished_seeds[0] == 2 or seen.finished_seeds == [1, 2]


def test_events_are_passed_on_once_and_whole(trials: Trials, tmp_path: Path) -> None:
    """Every finished line of a trial's events is told once; garbage and an unfinished line are not."""
    trials(
        'echo \'{"source": "lab", "kind": "phase", "phase": "load", "t_ms": 1}\' > "$3/events.jsonl"\n'
        'echo garbage >> "$3/events.jsonl"\n'
        'echo \'{"source": "lab", "kind": "recovery", "ok": true, "t_ms": 2}\' >> "$3/events.jsonl"\n'
        f'printf \'{{"kind": "unfin\' >> "$3/events.jsonl"\n{PASS}'
    )
    seen = Seen()
    Campaign(orders(1), tmp_path / "runs", 1, seen).run()
    assert [event.kind for event in seen.events] == ["phase", "recovery"]


@pytest.mark.parametrize(
    ("script", "code", "error"),
    [
        ("echo 'error: redis-n1: no memory. Try: more'\nexit 4\n", 4, "redis-n1: no memory. Try: more"),
        ("echo 'error: first'\necho 'error: second' >&2\necho chatter\nexit 2\n", 2, "second"),
        ("kill -SEGV $$\n", 4, "the trial's process was killed by SIGSEGV; see "),
        ("echo chatter\nexit 0\n", 4, "the trial's process exited with code 0; see "),
    ],
)
def test_a_trial_without_a_verdict_is_inconclusive(
    trials: Trials, tmp_path: Path, script: str, code: int, error: str
) -> None:
    """A trial that dies shows nothing about Redis: inconclusive, with the one line that it said, or how it ended."""
    trials(script)
    [result] = Campaign(orders(1), tmp_path / "runs", 1, Seen()).run()
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
def test_a_trial_that_somebody_outside_ends_is_inconclusive(
    trials: Trials, tmp_path: Path, script: str, code: int, reason: str
) -> None:
    """No failure of the lab either; the folder can be judged later, and has the same reason, an unfinished line or not."""
    trials(f'{BEGIN}echo \'{CLOCK}\' > "$3/events.jsonl"\nprintf \'{{"kind": "unfin\' >> "$3/events.jsonl"\n{script}')
    [result] = Campaign(orders(1), tmp_path / "runs", 1, Seen()).run()
    assert result.exit_code == code
    [said] = result.verdict.reasons
    assert said.startswith(reason)
    if code == 3:
        assert result.error == ""
        assert judge(RunDirectory(result.path).load()).reasons == [said]


@pytest.mark.parametrize("child", [False, True], ids=["its first process", "the one that it supervises"])
def test_a_trial_that_is_stopped_for_good_is_ended(
    trials: Trials, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, child: bool
) -> None:
    """The kernel says that it is stopped; the reason is the signal, also when the folder is judged again."""
    monkeypatch.setattr(stopped, "QUIET_S", 0.01)
    monkeypatch.setattr(stopped, "LOOK_S", 0.01)
    program = tmp_path / TRIAL_PROCESS
    program.write_text("#!/bin/sh\nkill -STOP $$\n", encoding="utf-8")
    program.chmod(0o755)
    stop = f'{program} & echo $! > "$ALL/child"\nwait\n' if child else "kill -STOP $$\n"
    trials(f"{BEGIN}echo '{CLOCK}' > \"$3/events.jsonl\"\n{stop}")
    [result] = Campaign(orders(1), tmp_path / "runs", 1, Seen()).run()
    if child:  # a sandbox's own processes die with their parent
        os.kill(int((tmp_path / "runs" / "child").read_text()), signal.SIGKILL)
    reason = "the trial's own process was stopped from outside (SIGSTOP)"
    assert (result.exit_code, result.error, result.verdict.reasons) == (3, "", [reason])
    assert judge(RunDirectory(result.path).load()).reasons == [reason]


@pytest.mark.parametrize("events", ["", "no JSON at all\n", '{"kind": "phase"}\n'])
def test_a_trial_that_is_killed_before_its_first_event_has_its_reason_all_the_same(
    trials: Trials, tmp_path: Path, events: str
) -> None:
    """Where the folder has no clock, nothing is added to it."""
    trials(f"printf '{events}' > \"$3/events.jsonl\"\nkill -9 $$\n")
    [result] = Campaign(orders(1), tmp_path / "runs", 1, Seen()).run()
    assert "SIGKILL" in result.verdict.reasons[0]
    assert RunDirectory(result.path).events_file.read_text().strip() == events.strip()


def test_a_verdict_with_an_error_keeps_both(trials: Trials, tmp_path: Path) -> None:
    """A trial that came to a verdict and was then interrupted has the verdict and the line."""
    trials(f"{PASS}echo 'error: interrupted'\nexit 130\n")
    [result] = Campaign(orders(1), tmp_path / "runs", 1, Seen()).run()
    assert (result.verdict.outcome, result.error, result.exit_code) == ("pass", "interrupted", 130)


@pytest.mark.parametrize("stubborn", [False, True])
def test_ctrl_c_ends_every_trial(
    trials: Trials, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stubborn: bool
) -> None:
    """Ctrl-C asks every trial to end, forces those that do not, and names the folders to look into."""
    trap = "''" if stubborn else "'touch \"$3/asked\"; exit 130'"
    trials(f'trap {trap} TERM\ntouch "$3/ready"\nwhile :; do sleep 0.01; done\n')
    monkeypatch.setattr(trial_process, "END_GRACE_S", 0.05 if stubborn else 30.0)
    seen = Seen()

    def interrupt() -> None:
        if len(list((tmp_path / "runs").glob("*/ready"))) == 2:
            raise KeyboardInterrupt

    seen.on_tick = interrupt
    with pytest.raises(InterruptedTrialError) as caught:
        Campaign(orders(3), tmp_path / "runs", 2, seen).run()
    folders = sorted((tmp_path / "runs").iterdir())
    assert str(caught.value).count(str(tmp_path)) == 4
    assert len(folders) == 2, "the third had not begun"
    assert [(folder / "asked").exists() for folder in folders] == [not stubborn] * 2


def test_a_folder_that_cannot_be_made_stops_everything(trials: Trials, tmp_path: Path) -> None:
    """Where a run folder cannot be written, no trial goes on."""
    trials(PASS)
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordError, match="cannot write the run folder"):
        Campaign(orders(2), tmp_path / "file", 2, Seen()).run()


def test_a_trial_that_runs_has_no_outcome_yet(trials: Trials, tmp_path: Path) -> None:
    """Before a trial has recorded anything there are no events and no verdict, and its code is that of a failed lab."""
    trials("read forever\nwhile :; do sleep 0.01; done\n")
    trial = TrialProcess(orders(1)[0], tmp_path / "run", campaign.Zygote())
    assert trial.running
    assert (list(trial.new_events()), trial.verdict(), trial.exit_code) == ([], None, 4)
    trial.interrupt()
    trial.end()
    assert not trial.running
    trial.interrupt()
    trial.end()


DISTURBED = 'sed "s/\\"outcome\\": \\"pass\\"/\\"outcome\\": \\"inconclusive\\"/; s/\\"disturbed_ms\\": 0.0/\\"disturbed_ms\\": 900.0/" '
DISTURBED += '"$SAMPLE/verdict.json" > "$3/verdict.json"\nexit 3\n'
"""What a trial does that the machine itself disturbed."""


def test_a_disturbed_trial_is_run_again(trials: Trials, tmp_path: Path) -> None:
    """The machine's stall is not blamed on the deployment: the trial is run again after the others, and that one counts."""
    trials(f'case "$3" in *-1) {DISTURBED};; esac\n{PASS}')
    seen = Seen()
    results = Campaign(orders(2), tmp_path / "runs", 1, seen).run()
    assert seen.repeated_seeds == [1]
    assert seen.finished_seeds == [2, 1]
    assert [(result.verdict.outcome, result.verdict.attempts) for result in results] == [("pass", 2), ("pass", 1)]


def test_disturbed_trials_run_again_with_fewer_beside_them(trials: Trials, tmp_path: Path) -> None:
    """They may have disturbed each other: half as many run side by side the second time, a quarter the third."""
    trials(DISTURBED)
    seen = Seen()
    at_once: dict[int, int] = {}
    seen.on_tick = lambda: at_once.update(
        {len(seen.repeated_seeds): max(seen.running, at_once.get(len(seen.repeated_seeds), 0))}
    )
    results = Campaign(orders(4), tmp_path / "runs", 4, seen).run()
    assert {result.verdict.attempts for result in results} == {3}
    assert max(running for repeated, running in at_once.items() if 4 <= repeated < 8) <= 2
    assert at_once.get(8, 1) == 1


def test_a_machine_that_always_disturbs_is_given_up(trials: Trials, tmp_path: Path) -> None:
    """After three attempts a disturbed trial stays what it is: inconclusive."""
    trials(DISTURBED)
    [result] = Campaign(orders(1), tmp_path / "runs", 1, Seen()).run()
    assert (result.verdict.outcome, result.verdict.attempts) == ("inconclusive", campaign.MOST_ATTEMPTS)


def test_what_cannot_start_is_not_tried_again(trials: Trials, tmp_path: Path) -> None:
    """A server that refuses its configuration would refuse it in every trial, so the others are told and not begun."""
    trials("echo 'error: redis-n1: the server refuses it'\nexit 2\n")
    results = Campaign(orders(3), tmp_path / "runs", 1, Seen()).run()
    assert [result.exit_code for result in results] == [2, 2, 2]
    assert len(list((tmp_path / "runs").iterdir())) == 1
    assert all("refuses it" in result.verdict.reasons[0] for result in results)


def test_a_static_check_needs_no_process(trials: Trials, tmp_path: Path) -> None:
    """A plan with rules is judged at once, with a verdict and a report in a run folder of its own."""
    trials("exit 4\n")
    order = order_of(msgspec.structs.replace(sample_plan("crash"), rules=("quorum-one",)))
    [result] = Campaign([order], tmp_path / "runs", 1, Seen()).run()
    assert result.verdict.outcome == "pass"
    assert {"verdict.json", "report.html"} <= {path.name for path in result.path.iterdir()}


def test_no_plans_have_no_results(tmp_path: Path) -> None:
    """A campaign without plans ends at once."""
    assert Campaign([], tmp_path, 1, Seen()).run() == []


def test_names_are_free(tmp_path: Path) -> None:
    """A name that is taken gets a number."""
    assert free_name(tmp_path / "run").name == "run"
    (tmp_path / "run").mkdir()
    (tmp_path / "run-2").mkdir()
    assert free_name(tmp_path / "run").name == "run-3"


def test_a_link_to_nowhere_takes_a_name_too(tmp_path: Path) -> None:
    """The number stands before the suffix of a report, and behind the name of a folder with dots."""
    for name in ("1-report.html", "1-a.b-7"):
        (tmp_path / name).symlink_to(tmp_path / "nowhere")
    assert free_name(tmp_path / "1-report.html").name == "1-report-2.html"
    assert free_name(tmp_path / "1-a.b-7").name == "1-a.b-7-2"


@pytest.mark.parametrize(("processes", "jobs"), [(8, 13), (15, 6)])
def test_two_processors_run_as_many_trials_as_were_measured(
    monkeypatch: pytest.MonkeyPatch, processes: int, jobs: int
) -> None:
    """More would disturb each other: docs/reference/measurements.md."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    assert default_jobs(processes) == jobs


def test_small_deployments_run_side_by_side_more_often() -> None:
    """Without ``--jobs`` several trials of an ordinary deployment run at once, fewer of a large one, and always one."""
    assert default_jobs(8) >= 5
    assert default_jobs(16) < default_jobs(8)
    assert default_jobs(10_000) == 1
