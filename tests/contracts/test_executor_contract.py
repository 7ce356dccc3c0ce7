"""Every executor keeps the contract that a campaign relies on: the local one with trials that are shell scripts, and the fake one."""

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec
import pytest

from jsquared.campaign.executors import local
from jsquared.campaign.executors.executor import Executor, SubmittedTrial
from jsquared.campaign.executors.local import LocalExecutor
from jsquared.errors import RecordError
from jsquared.records.event_types import Phase, Recovery
from jsquared.records.plan import Plan
from support.fake_executor import Course, FakeExecutor
from support.orders import order_of
from support.sample_run import sample_plan, write_sample_run
from support.scripted_trials import ScriptedTrials

Wait = Callable[..., None]
Kind = Literal["passes", "records", "fails", "is refused", "is killed", "runs on", "is stubborn"]
GRACE_S = 0.5

PASS = 'cp "$SAMPLE/verdict.json" "$1/verdict.json"\n'
SCRIPTS: dict[Kind, str] = {
    "passes": PASS,
    "records": (
        'echo \'{"source": "lab", "kind": "phase", "phase": "load", "t_ms": 1}\' > "$1/events.jsonl"\n'
        f'echo \'{{"source": "lab", "kind": "recovery", "ok": true, "t_ms": 2}}\' >> "$1/events.jsonl"\n{PASS}'
    ),
    "fails": "echo 'error: no memory'; exit 4\n",
    "is refused": "echo 'error: no such directive'; exit 2\n",
    "is killed": "kill -9 $$\n",
    "runs on": "trap 'echo error: interrupted; exit 130' TERM\nwhile :; do sleep 0.01; done\n",
    "is stubborn": "trap '' TERM\nwhile :; do sleep 0.01; done\n",
}
"""The same courses as programs; ``$1`` is the run folder."""
COURSES: dict[Kind, Course] = {
    "passes": Course(),
    "records": Course(events=[Phase("load", t_ms=1.0), Recovery(ok=True, t_ms=2.0)]),
    "fails": Course("inconclusive", reason="the lab failed: no memory", error="no memory", exit_code=4),
    "is refused": Course(
        "inconclusive", reason="the lab failed: no such directive", error="no such directive", exit_code=2
    ),
    "is killed": Course("inconclusive", reason="killed by SIGKILL", exit_code=3),
    "runs on": Course(looks=None),
    "is stubborn": Course(looks=None),
}


@dataclass
class Place:
    """An executor whose trials go as ``kinds`` says, by their seeds from 1 on."""

    executor: Executor
    folder: Path
    use: Callable[[list[Kind]], None]

    def submit(self, *kinds: Kind) -> list[SubmittedTrial]:
        """Begin a trial of each of these kinds."""
        self.use(list(kinds))
        return [self.begin(seed) for seed in range(1, len(kinds) + 1)]

    def begin(self, seed: int) -> SubmittedTrial:
        """Begin the trial with this seed."""
        order = order_of(msgspec.structs.replace(sample_plan("crash"), seed=seed))
        return self.executor.submit(order, self.folder / f"run-{seed}")


@pytest.fixture(params=["local", "fake"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """An executor and a folder for its runs."""
    if request.param == "fake":
        chosen: list[Kind] = []

        def course(plan: Plan, _attempt: int) -> Course:
            return COURSES[chosen[plan.seed - 1]]

        def choose(kinds: list[Kind]) -> None:
            chosen[:] = kinds

        return Place(FakeExecutor(course), tmp_path, choose)
    monkeypatch.setenv("SAMPLE", str(write_sample_run(tmp_path / "sample").path))
    monkeypatch.setattr(local, "END_GRACE_S", GRACE_S)
    program = tmp_path / "trial"

    def write(kinds: list[Kind]) -> None:
        cases = "".join(f"*-{seed})\n{SCRIPTS[kind]};;\n" for seed, kind in enumerate(kinds, 1))
        program.write_text(f'#!/bin/sh\ncase "$1" in\n{cases}esac\n', encoding="utf-8")
        program.chmod(0o755)

    monkeypatch.setattr(local, "Zygote", ScriptedTrials(str(program)))
    return Place(LocalExecutor(), tmp_path, write)


def test_a_trial_that_passes_says_so(place: Place, wait_until: Wait) -> None:
    """The result has the plan, the folder and the verdict, without an error, and the trial stays ended."""
    with place.executor:
        [trial] = place.submit("passes")
        wait_until(trial.has_ended)
        result = trial.result()
        assert trial.has_ended()
    assert (result.plan, result.path) == (trial.order.plan, trial.path)
    assert (result.verdict.outcome, result.error, result.exit_code) == ("pass", "", 0)


def test_preparing_is_no_trial(place: Place, wait_until: Wait) -> None:
    """An executor can be asked to get ready as often as one likes, within its block, and then runs trials as always."""
    with place.executor:
        place.executor.prepare()
        place.executor.prepare()
        assert list(place.folder.glob("run-*")) == []
        [trial] = place.submit("passes")
        wait_until(trial.has_ended)
        assert trial.result().verdict.outcome == "pass"


def test_asking_for_room_begins_nothing(place: Place, wait_until: Wait) -> None:
    """It can be asked as often as one likes, before and beside trials, and is only an answer."""
    with place.executor:
        assert all(place.executor.has_room() in (True, False) for _ in range(3))
        assert list(place.folder.glob("run-*")) == []
        [trial] = place.submit("passes")
        assert place.executor.has_room() in (True, False)
        wait_until(trial.has_ended)
        assert trial.result().verdict.outcome == "pass"


def test_a_trial_has_its_run_folder_from_the_start(place: Place) -> None:
    """However a trial ends, its plan is in its folder."""
    with place.executor:
        [trial] = place.submit("runs on")
        assert trial.path == place.folder / "run-1"
        assert (trial.path / "plan.json").exists()


def test_trials_run_beside_each_other(place: Place, wait_until: Wait) -> None:
    """The second ends while the first still runs."""
    with place.executor:
        first, second = place.submit("runs on", "passes")
        wait_until(second.has_ended)
        assert not first.has_ended()


def test_events_are_told_once_and_all_of_them(place: Place, wait_until: Wait) -> None:
    """A trial that has ended has told everything in order, and tells nothing twice."""
    with place.executor:
        [trial] = place.submit("records")
        wait_until(trial.has_ended)
        assert [event.kind for event in trial.new_events()] == ["phase", "recovery"]
        assert list(trial.new_events()) == []


@pytest.mark.parametrize(
    ("kind", "code", "error", "reason"),
    [
        ("fails", 4, "no memory", "the lab failed: no memory"),
        ("is refused", 2, "no such directive", "the lab failed: no such directive"),
        ("is killed", 3, "", "killed by SIGKILL"),
    ],
)
def test_a_trial_without_a_verdict_is_inconclusive(
    place: Place, wait_until: Wait, kind: Kind, code: int, error: str, reason: str
) -> None:
    """It says nothing about the deployment, and the code says whose fault it was."""
    with place.executor:
        [trial] = place.submit(kind)
        wait_until(trial.has_ended)
        result = trial.result()
    assert (result.verdict.outcome, result.exit_code, result.error) == ("inconclusive", code, error)
    assert reason in result.verdict.reasons[0]


def test_all_are_stopped_in_bounded_time(place: Place) -> None:
    """Those that do not end when they are asked to are forced, all within one grace period, and none has a verdict."""
    with place.executor:
        trials = place.submit("is stubborn", "runs on", "is stubborn", "is stubborn", "is stubborn")
        began_s = time.monotonic()
        place.executor.stop_all()
        took_s = time.monotonic() - began_s
        assert all(trial.has_ended() for trial in trials)
    assert took_s < len(trials) * GRACE_S
    assert {trial.result().verdict.outcome for trial in trials} == {"inconclusive"}


def test_stopping_leaves_what_has_ended_alone(place: Place, wait_until: Wait) -> None:
    """A verdict that is there stays, and where nothing runs there is nothing to stop."""
    with place.executor:
        place.executor.stop_all()
        [trial] = place.submit("passes")
        wait_until(trial.has_ended)
        place.executor.stop_all()
        place.executor.stop_all()
    assert trial.result().verdict.outcome == "pass"


def test_the_end_of_the_block_is_the_end_of_its_trials(place: Place, wait_until: Wait) -> None:
    """Nothing runs on behind it, not even where something failed, and the executor can be used again."""
    with contextlib.suppress(KeyError), place.executor:
        [trial] = place.submit("runs on")
        raise KeyError
    assert trial.has_ended()
    place.use(["runs on", "passes"])
    with place.executor:
        again = place.begin(2)
        wait_until(again.has_ended)
    assert again.result().verdict.outcome == "pass"


def test_a_folder_that_cannot_be_written_is_an_error(place: Place) -> None:
    """Nothing is begun whose records would be lost."""
    with place.executor:
        place.submit("runs on")
        with pytest.raises(RecordError):
            place.begin(1)


def test_at_least_one_trial_runs(place: Place) -> None:
    """However large a deployment is, one trial of it is possible, and a smaller one has no fewer."""
    assert place.executor.side_by_side(10_000) == 1
    assert place.executor.side_by_side(6) >= place.executor.side_by_side(60) >= 1
