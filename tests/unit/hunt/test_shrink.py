"""Shrinking: which steps make a fault simpler, and that what is not measured is not believed."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from jsquared.hunt.attempt import Attempt
from jsquared.hunt.draw import Schedule
from jsquared.hunt.search import Hunt
from jsquared.hunt.shrink import Shrinker, Weakness, numbered, simpler
from jsquared.records.plan import PlannedFault

Make = Callable[..., tuple[Hunt, Any]]


def fault(name: str, *targets: str, start: int = 1000, length: int = 8000, **more: Any) -> PlannedFault:
    """A fault of a hunt."""
    return PlannedFault(
        id=more.pop("id", name), name=name, targets=targets, parameters=more,
        start=f"{start} ms after load", heal=f"{length} ms after injection",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("whole", "steps"),
    [
        (fault("kill", "primary", length=1000), []),
        (fault("kill", "primary"), [("shorter", "4000"), ("shorter", "6000")]),
        (fault("kill", "primary", length=1300), [("shorter", "1000")]),
        (fault("restart", "primary"), []),
        (fault("restart", "primary", delay_ms=70), [("default", "delay_ms")]),
        (fault("set-quorum", "sentinels", quorum=4), []),
        (fault("cut", "primary", "client:1", length=1000), [("without", "primary"), ("without", "client:1")]),
        (fault("cut", "primary", length=1000, direction="inbound", links="replication"), [("default", "direction")]),
        (fault("cut", "primary", length=1000, direction="both"), []),
        (fault("kill", "primary", start=4000, length=1000), [("earlier", "1000")]),
    ],
)
def test_steps_that_make_a_fault_simpler(whole: PlannedFault, steps: list[tuple[str, str]]) -> None:
    """Fewer targets, defaults that make it simpler, an earlier start, half or three quarters of its time: where there is any."""
    assert [step.key[1:] for step in simpler(whole)] == steps
    assert all(step.key[0] == step.fault.id == whole.id and step.fault != whole for step in simpler(whole))


def test_ids_follow_what_is_left() -> None:
    """The second cut is the first one once the first has been dropped."""
    left = numbered(
        (
            fault("cut", "primary", id="cut-2"),
            fault("kill", "primary", id="kill"),
            fault("cut", "replica:1", id="cut-3"),
        )
    )
    assert [one.id for one in left] == ["cut", "kill", "cut-2"]


class Judged:
    """A judge that keeps what it was asked; ``limit`` is how many trials still have time to end."""

    def __init__(self, lab: Any, limit: int = 10_000) -> None:
        self.lab = lab
        self.limit = limit
        self.asked: list[list[Schedule]] = []

    def __call__(self, schedules: Sequence[Schedule]) -> list[Any]:
        """Try them."""
        self.asked.append(list(schedules))
        return [self._one(schedule) for schedule in schedules]

    def _one(self, schedule: Schedule) -> Any:
        self.limit -= 1
        if self.limit < 0:
            return None
        ended: list[Any] = []
        self.lab.run([Attempt(1, "shrink", schedule, self.lab.ack)], ended.append, lambda: False)
        return ended[0]


def shrinker(make_hunt: Make, whole: Schedule, breaks: Callable[[Schedule], bool], limit: int = 10_000) -> Shrinker:
    """A shrinker that begins with a schedule that was seen to violate three times."""
    hunt, lab = make_hunt(lambda attempt: "loss" if breaks(attempt.schedule) else "pass")
    lab.ack = hunt.drawer.ack
    judged = Judged(lab)
    found = Weakness(whole, "loss", judged([whole] * 3))
    judged.asked.clear()
    judged.limit = limit
    return Shrinker(found, judged)


def test_single_faults_come_before_pairs(make_hunt: Make) -> None:
    """All single faults are tried at once, the one that the loss was blamed on first, and pairs only when none will do."""
    whole = (fault("kill", "replica:1"), fault("cut", "primary"), fault("pause", "replica:2"))
    shrinking = shrinker(make_hunt, whole, lambda schedule: len(schedule) >= 2 and schedule[0].name == "kill")
    assert {one.name for one in shrinking.run().schedule} == {"kill", "cut"}
    asked = shrinking._judge.asked  # type: ignore[attr-defined]
    assert [[len(schedule) for schedule in schedules] for schedules in asked[:3]] == [[1, 1, 1], [2, 2, 2], [2, 2]]
    assert asked[0][0][0].name == "kill"


def test_steps_that_hold_alone_are_taken_together(make_hunt: Make) -> None:
    """Where several steps hold by themselves, all at once is tried first."""
    whole = (fault("cut", "primary", "client:1"), fault("kill", "replica:1", "replica:2"))
    breaks = lambda schedule: {"cut", "kill"} <= {one.name for one in schedule}  # noqa: E731
    best = shrinker(make_hunt, whole, breaks).run()
    assert [one.targets for one in best.schedule] == [("client:1",), ("replica:2",)]
    assert [one.heal for one in best.schedule] == ["4000 ms after injection"] * 2
    assert best.always


def test_steps_that_do_not_hold_together_are_taken_one_by_one(make_hunt: Make) -> None:
    """Two clients of which one is needed: dropping either holds, dropping both does not."""
    whole = (fault("cut", "primary", "client:1", length=1000), fault("kill", "replica:1", "replica:2", length=1000))

    def breaks(schedule: Schedule) -> bool:
        targets = [target for one in schedule for target in one.targets]
        return len(schedule) == 2 and len(targets) >= 3

    best = shrinker(make_hunt, whole, breaks).run()
    assert sum(len(one.targets) for one in best.schedule) == 3


def test_a_time_is_made_shorter_once(make_hunt: Make) -> None:
    """However short it may get, a time is not shrunk to the edge of what a failover takes."""
    best = shrinker(make_hunt, (fault("cut", "primary"),), lambda _: True).run()
    assert [one.heal for one in best.schedule] == ["4000 ms after injection"]


@pytest.mark.parametrize("limit", range(12))
def test_whatever_time_is_left_the_best_is_sure(make_hunt: Make, limit: int) -> None:
    """However few trials still end, what is taken was run three times."""
    whole = (fault("cut", "primary", "client:1"), fault("kill", "replica:1"))
    shrinking = shrinker(make_hunt, whole, lambda schedule: schedule[0].name == "cut", limit)
    shrinking.run()
    assert shrinking.best.runs >= 3
    assert shrinking.best.always


def test_a_step_that_holds_by_chance_is_refused(make_hunt: Make) -> None:
    """What violates in its first run and never again is not taken, and not tried again."""
    whole = (fault("cut", "primary", "client:1", length=1000),)
    lucky: list[Schedule] = []

    def breaks(schedule: Schedule) -> bool:
        if schedule != whole and not lucky:
            lucky.append(schedule)
            return True
        return schedule == whole

    shrinking = shrinker(make_hunt, whole, breaks)
    assert shrinking.run().schedule == whole
    assert len(shrinking._judge.asked) == 2  # type: ignore[attr-defined]
