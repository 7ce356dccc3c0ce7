"""Campaigns whose executor is a fake one: side by side, in order, disturbed, refused, interrupted."""

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from jsquared.campaign import campaign
from jsquared.campaign.campaign import Campaign, free_name
from jsquared.campaign.result import TrialResult
from jsquared.errors import InterruptedTrialError, RecordError
from jsquared.records.event import Event
from jsquared.records.event_types import Phase, Recovery
from jsquared.records.plan import Plan
from jsquared.trial.order import TrialOrder
from support.fake_executor import Course, FakeExecutor
from support.orders import order_of
from support.sample_run import sample_plan

DISTURBED = Course("inconclusive", disturbed_ms=900.0, exit_code=3)
"""A trial that the machine itself disturbed."""
REFUSED = Course("inconclusive", reason="redis-n1: the server refuses it", error="redis-n1: refused", exit_code=2)
"""A trial whose server does not accept its configuration."""


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trials that are fakes end in no time."""
    monkeypatch.setattr(campaign, "POLL_S", 0.0)


class Seen:
    """A progress that keeps what it is told."""

    def __init__(self) -> None:
        self.running = 0
        self.most = 0
        self.events: list[Event] = []
        self.finished_seeds: list[int] = []
        self.repeated_seeds: list[int] = []
        self.stops: list[tuple[int, int]] = []
        self.on_tick: Callable[[], None] = lambda: None

    def started(self, plan: Plan, path: Path) -> None:
        """A trial began."""
        self.running += 1
        self.most = max(self.most, self.running)

    def event(self, plan: Plan, path: Path, event: Event) -> None:
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

    def stopping(self, running: int, after: TrialResult | None) -> None:
        """The campaign is about to end early."""
        self.stops.append((running, after.plan.seed if after else 0))

    def tick(self) -> None:
        """Called several times a second."""
        self.on_tick()


def orders(count: int) -> list[TrialOrder]:
    """Trials whose plans differ in their seeds, from 1."""
    return [order_of(msgspec.structs.replace(sample_plan("crash"), seed=seed)) for seed in range(1, count + 1)]


def run(
    trials: list[TrialOrder] | Iterator[TrialOrder], out: Path, jobs: int, seen: Seen, executor: FakeExecutor
) -> list[TrialResult]:
    """The results of a campaign."""
    return Campaign(trials, out / "runs", jobs, seen, executor).run()


@pytest.mark.parametrize(("room", "estimated", "most"), [(False, True, 3), (True, True, 5), (False, False, 5)])
def test_jobs_that_were_estimated_wait_for_room(tmp_path: Path, *, room: bool, estimated: bool, most: int) -> None:
    """Half of them run in any case, more only while there is room; jobs that the user gave do not wait, and all trials come to an end."""
    seen, executor = Seen(), FakeExecutor(lambda _plan, _attempt: Course(), room=lambda: room)
    campaign = Campaign(orders(12), tmp_path / "runs", 5, seen, executor, jobs_are_estimated=estimated)
    assert len(campaign.run()) == 12
    assert seen.most == most


def test_no_more_than_the_jobs_run_at_once(tmp_path: Path) -> None:
    """Of five trials two run side by side, and the next begins when one has ended."""
    seen = Seen()
    results = run(orders(5), tmp_path, 2, seen, FakeExecutor())
    assert (seen.most, seen.running) == (2, 0)
    assert [result.plan.seed for result in results] == [1, 2, 3, 4, 5]
    assert {(result.verdict.outcome, result.error, result.exit_code) for result in results} == {("pass", "", 0)}


def test_a_trial_is_asked_for_when_it_can_begin(tmp_path: Path) -> None:
    """Trials may be planned while others run: the next one is drawn only once there is room for it."""
    seen = Seen()
    drawn_after: list[int] = []

    def draw() -> Iterator[TrialOrder]:
        for order in orders(4):
            drawn_after.append(len(seen.finished_seeds))
            yield order

    run(draw(), tmp_path, 1, seen, FakeExecutor())
    assert drawn_after == [0, 1, 2, 3]


def test_results_come_in_the_order_of_the_trials(tmp_path: Path) -> None:
    """A trial that ends last but was planned first stays first."""
    seen = Seen()
    executor = FakeExecutor(lambda plan, _attempt: Course(looks=9 if plan.seed == 1 else 1))
    results = run(orders(2), tmp_path, 2, seen, executor)
    assert [result.plan.seed for result in results] == [1, 2]
    assert seen.finished_seeds == [2, 1]


def test_events_are_passed_on_before_the_end_is(tmp_path: Path) -> None:
    """Whoever waits hears of every event of a trial, then of its end."""
    seen = Seen()
    course = Course(looks=0, events=[Phase("load", t_ms=1.0), Recovery(ok=True, t_ms=2.0)])
    run(orders(1), tmp_path, 1, seen, FakeExecutor(lambda _plan, _attempt: course))
    assert [event.kind for event in seen.events] == ["phase", "recovery"]
    assert seen.finished_seeds == [1]


def test_what_went_wrong_in_a_trial_is_its_result(tmp_path: Path) -> None:
    """Error, code and reasons are the executor's; the other trials go on."""
    failed = Course("inconclusive", reason="the lab failed: no memory", error="no memory", exit_code=4)
    executor = FakeExecutor(lambda plan, _attempt: failed if plan.seed == 1 else Course())
    first, second = run(orders(2), tmp_path, 1, Seen(), executor)
    assert (first.verdict.reasons, first.error, first.exit_code) == (["the lab failed: no memory"], "no memory", 4)
    assert second.verdict.outcome == "pass"


def test_ctrl_c_stops_every_trial(tmp_path: Path) -> None:
    """Ctrl-C stops what runs, begins nothing else, and names the folders to look into."""
    seen, executor = Seen(), FakeExecutor(lambda _plan, _attempt: Course(looks=None))

    def interrupt() -> None:
        raise KeyboardInterrupt

    seen.on_tick = interrupt
    with pytest.raises(InterruptedTrialError) as caught:
        run(orders(3), tmp_path, 2, seen, executor)
    assert [(trial.plan.seed, trial.stopped) for trial in executor.trials] == [(1, True), (2, True)]
    folders = " ".join(str(trial.path) for trial in executor.trials)
    assert str(caught.value) == f"{folders}: interrupted. Try: jsquared check {folders}"
    assert seen.stops == [(2, 0)]


def test_what_had_finished_when_it_was_stopped_counts(tmp_path: Path) -> None:
    """Results that were there stay, so does that of a trial that ends while the others are being ended; the rest is left."""
    seen = Seen()
    courses = {1: Course(), 2: Course("violated"), 3: Course(looks=None), 4: Course(looks=4)}
    campaign = Campaign(orders(5), tmp_path / "runs", 4, seen, FakeExecutor(lambda plan, _: courses[plan.seed]))

    def interrupt() -> None:
        if len(seen.finished_seeds) == 2:
            courses[4] = Course(looks=0)
            raise KeyboardInterrupt

    seen.on_tick = interrupt
    executor = campaign.executor
    assert isinstance(executor, FakeExecutor)
    executor.before_stop = lambda: setattr(executor.trials[3], "course", Course(looks=0))
    with pytest.raises(InterruptedTrialError):
        campaign.run()
    assert [result.plan.seed for result in campaign.results] == [1, 2, 4]
    assert [(plan.seed, path.name.rpartition("-")[2]) for plan, path in campaign.left] == [(3, "3")]
    assert seen.running == 1


def test_a_trial_that_waits_to_be_run_again_is_left(tmp_path: Path) -> None:
    """Its disturbed attempt says nothing about the deployment, and is kept."""
    seen = Seen()

    def interrupt() -> None:
        if seen.repeated_seeds:
            raise KeyboardInterrupt

    seen.on_tick = interrupt
    campaign = Campaign(orders(1), tmp_path / "runs", 1, seen, FakeExecutor(lambda _plan, _attempt: DISTURBED))
    with pytest.raises(InterruptedTrialError) as caught:
        campaign.run()
    [(_, folder)] = campaign.left
    assert (campaign.results, str(caught.value).partition(":")[0]) == ([], str(folder))


def test_the_first_violated_trial_ends_a_campaign(tmp_path: Path) -> None:
    """With fail_fast nothing begins any more, and what runs is ended; without, all are run."""
    seen = Seen()
    courses = {1: Course(), 2: Course("violated", looks=3), 3: Course(looks=None)}
    executor = FakeExecutor(lambda plan, _attempt: courses[plan.seed])
    campaign = Campaign(orders(5), tmp_path / "runs", 2, seen, executor, fail_fast=True)
    assert [result.plan.seed for result in campaign.run()] == [1, 2]
    assert campaign.stopped_after is not None
    assert campaign.stopped_after.plan.seed == 2
    assert [plan.seed for plan, _ in campaign.left] == [3]
    assert seen.stops == [(1, 2)]
    assert [trial.plan.seed for trial in executor.trials] == [1, 2, 3]
    courses = {seed: Course("violated") for seed in range(1, 6)}
    assert len(Campaign(orders(5), tmp_path / "all", 2, Seen(), executor).run()) == 5


def test_a_folder_that_cannot_be_made_stops_everything(tmp_path: Path) -> None:
    """Where a run folder cannot be written, no trial goes on."""
    executor = FakeExecutor(lambda _plan, _attempt: Course(looks=None))

    def draw() -> Iterator[TrialOrder]:
        yield orders(1)[0]
        (tmp_path / "runs").rename(tmp_path / "gone")
        (tmp_path / "runs").write_text("")
        yield orders(2)[1]

    with pytest.raises(RecordError, match="cannot write the run folder"):
        run(draw(), tmp_path, 2, Seen(), executor)
    assert [trial.stopped for trial in executor.trials] == [True]


def test_a_disturbed_trial_is_run_again(tmp_path: Path) -> None:
    """The machine's stall is not blamed on the deployment: the trial is run again after the others, and that one counts."""
    seen = Seen()
    executor = FakeExecutor(lambda plan, attempt: DISTURBED if (plan.seed, attempt) == (1, 1) else Course())
    results = run(orders(2), tmp_path, 1, seen, executor)
    assert seen.repeated_seeds == [1]
    assert seen.finished_seeds == [2, 1]
    assert [(result.verdict.outcome, result.verdict.attempts) for result in results] == [("pass", 2), ("pass", 1)]


def test_every_repetition_is_told_with_its_reason(tmp_path: Path) -> None:
    """The verdict that counts says what the earlier attempts showed, and so does the order of each further one, for its own records."""
    failed = Course("inconclusive", disturbed_ms=900.0, exit_code=3, reason="alertmanager failed")
    executor = FakeExecutor(lambda _plan, attempt: Course() if attempt == 3 else failed)
    [result] = run(orders(1), tmp_path, 1, Seen(), executor)
    assert result.verdict.repeats == [
        f"attempt {number} was inconclusive and run again, since the machine itself disturbed it for 0.9 s (alertmanager failed)"
        for number in (1, 2)
    ]
    assert [len(trial.order.repeats) for trial in executor.trials] == [0, 1, 2]


def test_disturbed_trials_run_again_with_fewer_beside_them(tmp_path: Path) -> None:
    """They may have disturbed each other: half as many run side by side the second time, a quarter the third."""
    seen = Seen()
    at_once: dict[int, int] = {}
    seen.on_tick = lambda: at_once.update(
        {len(seen.repeated_seeds): max(seen.running, at_once.get(len(seen.repeated_seeds), 0))}
    )
    results = run(orders(4), tmp_path, 4, seen, FakeExecutor(lambda _plan, _attempt: DISTURBED))
    assert {result.verdict.attempts for result in results} == {3}
    assert max(running for repeated, running in at_once.items() if 4 <= repeated < 8) <= 2
    assert at_once.get(8, 1) == 1


def test_a_machine_that_always_disturbs_is_given_up(tmp_path: Path) -> None:
    """After three attempts a disturbed trial stays what it is: inconclusive."""
    [result] = run(orders(1), tmp_path, 1, Seen(), FakeExecutor(lambda _plan, _attempt: DISTURBED))
    assert (result.verdict.outcome, result.verdict.attempts) == ("inconclusive", campaign.MOST_ATTEMPTS)


def test_what_cannot_start_is_not_tried_again(tmp_path: Path) -> None:
    """A server that refuses its configuration would refuse it in every trial, so the others are told and not begun."""
    executor = FakeExecutor(lambda _plan, _attempt: REFUSED)
    results = run(orders(3), tmp_path, 1, Seen(), executor)
    assert [result.exit_code for result in results] == [2, 2, 2]
    assert len(executor.trials) == 1
    assert all("refuses it" in result.verdict.reasons[0] for result in results)


def test_a_static_check_needs_no_executor(tmp_path: Path) -> None:
    """A plan with rules is judged at once, with a verdict and a report in a run folder of its own."""
    executor = FakeExecutor()
    order = order_of(msgspec.structs.replace(sample_plan("crash"), rules=("quorum-one",)))
    [result] = run([order], tmp_path, 1, Seen(), executor)
    assert (result.verdict.outcome, executor.trials) == ("pass", [])
    assert {"verdict.json", "report.html"} <= {path.name for path in result.path.iterdir()}


def test_no_trials_have_no_results(tmp_path: Path) -> None:
    """A campaign without trials ends at once."""
    assert run([], tmp_path, 1, Seen(), FakeExecutor()) == []


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
