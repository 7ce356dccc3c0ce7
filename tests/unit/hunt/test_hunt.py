"""Hunts in a lab without servers, where a planted weakness is known: it is found, made sure of, and shrunk."""

import math
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from jsquared.hunt.attempt import Attempt
from jsquared.hunt.draw import Drawer, Schedule
from jsquared.hunt.result import document_of
from jsquared.hunt.search import HOPELESS, Hunt
from jsquared.hunt.shrink import Weakness
from jsquared.records.plan import Ack

Make = Callable[..., tuple[Hunt, Any]]
ASYNC = Ack()


def has(schedule: Schedule, name: str, target: str) -> bool:
    """Whether a schedule does that to such a target."""
    return any(fault.name == name and any(word.startswith(target) for word in fault.targets) for fault in schedule)


def two_faults(attempt: Attempt) -> str:
    """The planted weakness: a replica that is down while the primary is cut off loses writes, at the lowest level only."""
    broken = has(attempt.schedule, "cut", "primary") and has(attempt.schedule, "kill", "replica")
    return "loss" if broken and attempt.ack == ASYNC else "pass"


def test_a_weakness_of_two_faults_is_found_and_shrunk(make_hunt: Make) -> None:
    """Among the noise of up to four faults with many targets and parameters exactly the two remain that it takes."""
    hunt, _ = make_hunt(two_faults)
    hunt.run()
    assert hunt.found is not None
    assert sorted(fault.name for fault in hunt.found.schedule) == ["cut", "kill"]
    assert {fault.targets for fault in hunt.found.schedule} <= {("primary",), ("replica:1",), ("replica:2",)}
    assert all(fault.parameters.get("direction", "both") == "both" for fault in hunt.found.schedule)
    assert (hunt.found.kind, hunt.found.confirmed, hunt.found.runs) == ("loss", True, 5)
    assert hunt.prevented is not None
    assert (str(hunt.prevented.ack), hunt.prevented.runs) == ("wait:1", 2)


@pytest.mark.parametrize("disorder", [1, 2, 3])
@pytest.mark.parametrize("jobs", [1, 6])
def test_the_seed_decides_what_is_found(make_hunt: Make, disorder: int, jobs: int) -> None:
    """However many trials run side by side and whichever ends first, the schedule with the lowest number is taken."""
    hunt, _ = make_hunt(two_faults, jobs=jobs, disorder=disorder)
    alone, _ = make_hunt(two_faults, jobs=1)
    hunt.run()
    alone.run()
    assert hunt.found is not None
    assert alone.found is not None
    assert hunt.found.schedule == alone.found.schedule


def test_another_seed_finds_another_way(make_hunt: Make, make_drawer: Callable[..., Drawer]) -> None:
    """Different seeds draw different schedules, and find the same weakness."""
    drawn = []
    for seed in (1, 2, 3):
        hunt, lab = make_hunt(two_faults, drawer=make_drawer(seed=seed))
        hunt.run()
        assert hunt.found is not None
        assert len(hunt.found.schedule) == 2
        drawn.append(lab.ran[0].schedule)
    assert len(set(map(str, drawn))) == 3


def test_what_the_static_analysis_names_comes_first(make_hunt: Make, make_drawer: Callable[..., Drawer]) -> None:
    """The split that breaks the level is the first schedule, so a weakness to it costs one trial to find."""
    drawer = make_drawer("apart", Ack(mode="wait", replicas=1), prior=True)
    hunt, lab = make_hunt(
        lambda attempt: "loss" if "primary" in attempt.schedule[0].targets and attempt.ack.replicas == 1 else "pass",
        drawer=drawer,
        jobs=1,
    )
    hunt.run()
    assert lab.ran[0].schedule[0].targets == ("primary", "replica:1", "client:1")
    assert hunt.heard == {0}
    assert hunt.prevented is not None
    assert hunt.prevented.ack.replicas == 2


def test_a_deployment_that_does_not_recover_is_found(make_hunt: Make) -> None:
    """Not to converge is a violation like a loss; no acknowledgement level is blamed for it."""
    hunt, lab = make_hunt(lambda attempt: "stuck" if has(attempt.schedule, "pause", "") else "pass")
    hunt.run()
    assert hunt.found is not None
    assert [fault.name for fault in hunt.found.schedule] == ["pause"]
    assert hunt.found.kind == "no recovery"
    assert hunt.prevented is None
    assert {attempt.ack for attempt in lab.ran} == {ASYNC}


def test_a_smaller_schedule_that_breaks_something_else_is_not_taken(make_hunt: Make) -> None:
    """A loss is not shrunk into a failure to recover."""

    def does(attempt: Attempt) -> str:
        kill = has(attempt.schedule, "kill", "")
        return "loss" if kill and len(attempt.schedule) > 1 else "stuck" if kill else "pass"

    hunt, _ = make_hunt(does)
    hunt.found = None
    hunt.run()
    assert hunt.found is not None
    assert {one.kind for one in hunt.found.violating} == {hunt.found.kind}
    assert len(hunt.found.schedule) == (2 if hunt.found.kind == "loss" else 1)


def test_what_violates_once_is_not_believed(make_hunt: Make) -> None:
    """A violation that does not come again is told, kept as doubtful, and the hunt goes on to one that does."""
    seen: list[int] = []

    def does(attempt: Attempt) -> str:
        if attempt.drawn >= 0 and not seen:
            seen.append(attempt.drawn)
            return "loss"
        return two_faults(attempt)

    hunt, _ = make_hunt(does, jobs=1)
    hunt.run()
    assert hunt.found is not None
    assert hunt.found.confirmed
    assert len(hunt.found.schedule) == 2


@pytest.mark.parametrize("disorder", range(1, 7))
def test_every_suspect_gets_its_turn(make_hunt: Make, make_drawer: Callable[..., Drawer], disorder: int) -> None:
    """Where the first suspect does not violate again, the next one is looked at, whichever ended first."""
    second = make_drawer().schedule(1)
    lucky: list[Attempt] = []

    def does(attempt: Attempt) -> str:
        if attempt.drawn == 0 and not lucky:
            lucky.append(attempt)
            return "loss"
        return "loss" if {fault.targets for fault in attempt.schedule} & {fault.targets for fault in second} else "pass"

    first = make_drawer().schedule(0)
    assert not {fault.targets for fault in first} & {fault.targets for fault in second}
    hunt, _ = make_hunt(does, disorder=disorder, jobs=2)
    hunt.run()
    assert hunt.found is not None
    assert hunt.heard == {0, 1}


def test_a_loss_that_was_seen_is_not_kept_quiet(make_hunt: Make) -> None:
    """Where nothing better is found in the budget, what violated once is the result, and says how seldom it did."""
    hunt, _ = make_hunt(lambda attempt: "loss" if attempt.number == 3 else "pass", budget_s=300, jobs=2)
    kept: list[Weakness] = []
    hunt.kept = kept.append
    hunt.run()
    assert hunt.found is not None
    assert (hunt.found.runs, len(hunt.found.violating), hunt.found.confirmed) == (4, 1, False)
    assert kept == [hunt.found]
    document = document_of(hunt, "found.yaml", 300)
    assert (document.outcome, document.found and document.found.confirmed) == ("violated", False)


@pytest.mark.parametrize("chance", [0.75, 0.9])
def test_what_violates_often_is_shrunk_too(make_hunt: Make, chance: float) -> None:
    """A weakness that shows in most runs is found, and what remains still has both faults it takes."""
    random = Random(4)
    hunt, _ = make_hunt(lambda attempt: two_faults(attempt) if random.random() < chance else "pass")
    hunt.run()
    assert hunt.found is not None
    assert has(hunt.found.schedule, "cut", "primary")
    assert has(hunt.found.schedule, "kill", "replica")


@pytest.mark.parametrize("budget_s", [45.0, 130.0, 400.0])
def test_the_budget_is_kept(make_hunt: Make, budget_s: float) -> None:
    """Where nothing is found the hunt ends with its budget, and begins no trial that could not end in it."""
    hunt, lab = make_hunt(lambda _: "pass", budget_s=budget_s)
    hunt.run()
    assert lab.now_s - 1000 <= budget_s
    assert len(lab.ran) == 4 * (math.ceil(budget_s / 20) - 1)
    document = document_of(hunt, "found.yaml", budget_s)
    assert (document.outcome, document.found, document.tried) == ("pass", None, len(lab.ran))


@pytest.mark.parametrize("budget_s", [90.0, 110.0, 130.0, 150.0, 190.0])
def test_a_budget_that_ends_while_shrinking_keeps_the_best_so_far(make_hunt: Make, budget_s: float) -> None:
    """Whenever time runs out, the smallest schedule that was made sure of is the result."""

    def does(attempt: Attempt) -> str:
        return "loss" if has(attempt.schedule, "cut", "primary") else "pass"

    hunt, lab = make_hunt(does, budget_s=budget_s)
    kept: list[Weakness] = []
    hunt.kept = kept.append
    hunt.run()
    assert lab.now_s - 1000 <= budget_s + 20
    assert hunt.found is not None
    assert has(hunt.found.schedule, "cut", "primary")
    assert kept[-1] is hunt.found


def test_ctrl_c_keeps_what_was_found(make_hunt: Make) -> None:
    """An interrupted hunt has what it had found, and says that it was interrupted."""
    everything, _ = make_hunt(two_faults)
    everything.run()
    hunt, _ = make_hunt(two_faults, interrupt_after=len(everything.tried) - 6)
    hunt.run()
    assert hunt.interrupted
    assert hunt.found is not None
    early, _ = make_hunt(two_faults, interrupt_after=2)
    early.run()
    assert (early.interrupted, early.found) == (True, None)


def test_a_lab_that_can_judge_nothing_is_given_up(make_hunt: Make) -> None:
    """After some trials of which none said anything, no more are tried, and the outcome is inconclusive."""
    hunt, lab = make_hunt(lambda _: "unknown", error="no memory")
    hunt.run()
    assert HOPELESS <= len(lab.ran) < HOPELESS + 8
    document = document_of(hunt, "found.yaml", 60)
    assert (document.outcome, document.trials[0].reason) == ("inconclusive", "no memory")


def test_no_level_is_named_that_loses_too(make_hunt: Make) -> None:
    """Where every stronger level loses as well, none is recommended."""
    hunt, lab = make_hunt(lambda attempt: "loss" if has(attempt.schedule, "kill", "primary") else "pass")
    hunt.run()
    assert hunt.prevented is None
    assert {str(attempt.ack) for attempt in lab.ran if attempt.phase == "prevent"} == {"async", "wait:1", "wait:2"}


def test_what_is_told_can_be_followed(make_hunt: Make) -> None:
    """Every draw, every end, the confirmation and each better result is told."""
    hunt, _ = make_hunt(two_faults)
    told: list[str] = []
    hunt.tell = told.append
    hunt.run()
    for words in (
        "#0: ",
        "#0 lost nothing and recovered",
        "running it 3 more times",
        "best so far: ",
        "shrinking: ",
        "--ack wait:1",
    ):
        assert any(words in line for line in told), words
