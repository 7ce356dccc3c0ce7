"""Shrinks a schedule that violates to the smallest that still does: delta debugging, where every step is measured again.

First faults are dropped: all single faults are tried side by side, then all pairs, and so on, so what is left is the fewest. Then each
fault is made simpler (fewer targets, a parameter's default, an earlier moment, a shorter time), all such steps side by side. What a
step gives must violate in the same way, in three runs as often as what it came from.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from jsquared.faults.catalogue import FAULTS
from jsquared.hunt.attempt import AttemptResult, Judge, WeaknessKind
from jsquared.hunt.draw import FIRST_MS, Schedule
from jsquared.hunt.kinds import tenths
from jsquared.records.plan import PlannedFault
from jsquared.scenario.impact import LASTING
from jsquared.scenario.moments import Moment

RUNS = 3
"""How often a schedule is run before it is believed."""
ENOUGH = 2
"""In how many of these it must violate; a step of shrinking as often as what it came from."""
SHORTER = (0.5, 0.75)
LEAST_MS = 1_000


@dataclass
class Weakness:
    """A schedule that violates: how often it was run, how often it violated, and those runs."""

    schedule: Schedule
    kind: WeaknessKind
    tried: list[AttemptResult]

    @property
    def runs(self) -> int:
        """How often it was run."""
        return len(self.tried)

    @property
    def violating(self) -> list[AttemptResult]:
        """The runs that violated in that way."""
        return [tried for tried in self.tried if tried.kind == self.kind]

    @property
    def confirmed(self) -> bool:
        """True if it violated again when it was run again."""
        return len(self.violating) >= ENOUGH and 3 * len(self.violating) >= 2 * self.runs

    @property
    def always(self) -> bool:
        """True if every run violated."""
        return len(self.violating) == self.runs


@dataclass(frozen=True)
class Simpler:
    """One step of making a fault simpler; ``key`` says which, so that what has failed is not tried again."""

    key: tuple[str, ...]
    fault: PlannedFault


class Shrinker:
    """Makes ``best`` smaller and smaller; whatever interrupts it, ``best`` is the smallest so far."""

    def __init__(self, found: Weakness, judge: Judge) -> None:
        self.best = found
        self._judge = judge
        self._refused: set[tuple[str, ...]] = set()

    def run(self) -> Weakness:
        """The smallest schedule that still violates in the same way.

        :raises OutOfTimeError: the budget is spent; ``best`` holds.
        """
        self._drop()
        while self._simplify():
            pass
        return self.best

    # -- Fewer faults

    def _drop(self) -> None:
        """Try every subset, the smallest first."""
        whole = self.best.schedule
        for size in range(1, len(whole)):
            for found in self._violating([numbered(subset) for subset in self._subsets(whole, size)]):
                if self._accept(found):
                    return

    def _subsets(self, whole: Schedule, size: int) -> Iterator[Schedule]:
        """Subsets of a size; first those with the fault that the losses were blamed on."""
        blamed = {loss.fault for tried in self.best.violating for loss in tried.verdict.losses}
        subsets = itertools.combinations(whole, size)
        yield from sorted(subsets, key=lambda subset: -sum(fault.id in blamed for fault in subset))

    # -- Simpler faults

    def _simplify(self) -> bool:
        """One round; whether it got anywhere."""
        whole = self.best.schedule
        steps = [step for fault in whole for step in simpler(fault) if self._is_new(step)]
        if not steps:
            return False
        tried = self._judge([replaced(whole, step.fault) for step in steps])
        kept = [
            (step, one)
            for step, one in zip(steps, tried, strict=True)
            if one is not None and one.kind == self.best.kind
        ]
        survived = {step.key for step, _ in kept}
        self._refused |= {step.key for step in steps if step.key not in survived}
        return self._together([step for step, _ in kept]) or any(self._one(step, one) for step, one in kept)

    def _is_new(self, step: Simpler) -> bool:
        """A time is made shorter once: at the edge of what a failover takes, a schedule would violate by chance only."""
        return step.key not in self._refused and step.key[:2] not in self._refused

    def _together(self, steps: Sequence[Simpler]) -> bool:
        """All that held by itself at once, since every round costs time."""
        if len({step.fault.id for step in steps}) < len(steps):
            steps = [*{step.fault.id: step for step in reversed(steps)}.values()]
        if len(steps) < 2:
            return False
        schedule = self.best.schedule
        for step in steps:
            schedule = replaced(schedule, step.fault)
        return self._accept(Weakness(schedule, self.best.kind, []))

    def _one(self, step: Simpler, tried: AttemptResult) -> bool:
        accepted = self._accept(Weakness(replaced(self.best.schedule, step.fault), self.best.kind, [tried]))
        if not accepted:
            self._refused.add(step.key)
        return accepted

    # -- Measured again

    def _violating(self, schedules: Sequence[Schedule]) -> list[Weakness]:
        tried = self._judge(schedules)
        pairs = zip(schedules, tried, strict=True)
        return [
            Weakness(one, self.best.kind, [ran]) for one, ran in pairs if ran is not None and ran.kind == self.best.kind
        ]

    def _accept(self, found: Weakness) -> bool:
        """Run it until it has been run three times, and take it if it violates as often as the best one does."""
        tried = self._judge([found.schedule] * (RUNS - found.runs))
        found.tried += [one for one in tried if one is not None]
        wanted = RUNS if self.best.always else ENOUGH
        if found.runs < RUNS or len(found.violating) < wanted:
            return False
        heals = {fault.id: fault.heal for fault in self.best.schedule}
        self._refused |= {(fault.id, "shorter") for fault in found.schedule if fault.heal != heals[fault.id]}
        self.best = found
        return True


def numbered(schedule: Schedule) -> Schedule:
    """The same with the ids that its faults would have without those that were dropped."""
    names = [fault.name for fault in schedule]
    before = [names[:index].count(name) for index, name in enumerate(names)]
    return tuple(
        msgspec.structs.replace(fault, id=f"{fault.name}-{count + 1}" if count else fault.name)
        for fault, count in zip(schedule, before, strict=True)
    )


def replaced(schedule: Schedule, fault: PlannedFault) -> Schedule:
    """The schedule with a fault instead of the one of the same id."""
    return tuple(fault if one.id == fault.id else one for one in schedule)


def simpler(fault: PlannedFault) -> Iterator[Simpler]:
    """Every way to make a fault a little simpler, the largest step first."""
    if len(fault.targets) > 1:
        for target in fault.targets:
            rest = tuple(other for other in fault.targets if other != target)
            yield Simpler((fault.id, "without", target), msgspec.structs.replace(fault, targets=rest))
    defaults = {parameter.name: parameter.default for parameter in FAULTS[fault.name].parameters}
    for name, value in fault.parameters.items():
        if value == defaults[name] or name not in SIMPLER_BY_DEFAULT:
            continue
        rest_of = {other: kept for other, kept in fault.parameters.items() if other != name}
        yield Simpler((fault.id, "default", name), msgspec.structs.replace(fault, parameters=rest_of))
    start = Moment.parse(fault.start)
    if start.anchor == "load" and start.after_ms > FIRST_MS:
        earlier = msgspec.structs.replace(fault, start=str(Moment(FIRST_MS, "load")))
        yield Simpler((fault.id, "earlier", str(FIRST_MS)), earlier)
    yield from _shorter(fault)


SIMPLER_BY_DEFAULT = ("direction", "writes", "count", "stop_ms", "run_ms", "delay_ms", "coordinated")
"""Parameters whose default makes a fault simpler; that of others (which links, what quorum) makes it another fault."""


def _shorter(fault: PlannedFault) -> Iterator[Simpler]:
    if fault.name not in (*LASTING, "cut"):
        return
    heal = Moment.parse(fault.heal)
    for share in SHORTER:
        after_ms = tenths(heal.after_ms * share)
        if LEAST_MS <= after_ms < heal.after_ms:
            shorter = msgspec.structs.replace(fault, heal=str(Moment(after_ms, heal.anchor)))
            yield Simpler((fault.id, "shorter", str(after_ms)), shorter)
