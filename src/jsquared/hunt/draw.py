"""Draws the schedules of a hunt: the same seed gives the same sequence, however long each trial takes.

First come the splits that the static analysis names as breaking the acknowledgement level. Then each number of the sequence has a
random generator of its own: one to four faults at overlapping moments, every heal bounded, and none that another would make
pointless (a server is not hung while it is dead, a link not cut twice).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from random import Random

from jsquared.analysis.analysis import split_safety_of
from jsquared.analysis.splits import Split
from jsquared.deployment.model.spec import Deployment
from jsquared.errors import BadInputError
from jsquared.faults.catalogue import FAULTS
from jsquared.hunt.kinds import KINDS, Step, StepKind, length_of, possible, tenths
from jsquared.records.plan import Ack, Engine, PlannedFault
from jsquared.sandbox.capability import Capability
from jsquared.scenario.moments import Moment
from jsquared.scenario.scenario import PROCESS, Scenario
from jsquared.scenario.targets_at_start import nodes_at_start
from jsquared.scenarios.catalogue import SCENARIOS
from jsquared.scenarios.scenario_file import file_of
from jsquared.text import did_you_mean, one_of

FIRST_MS = 1_000
"""When the first fault of a schedule begins: some writes must have been acknowledged before it."""
MOST_FAULTS = 4
COUNTS = (4, 4, 2, 1)
"""How often a schedule has one, two, three or four faults."""
SPLIT_MS = 6_000
"""How long beyond down-after-milliseconds a split lasts: the failover takes some 2 s, then both sides acknowledge."""
FAILOVER_MS = 4_000
"""After down-after-milliseconds and so long another node is the primary, if any becomes one."""
APART_MS = 500
"""Faults that would get in each other's way are so far apart: time for the proof that the first has healed."""
MOTIF_WEIGHT = 6.0
"""How often faults are taken from a scenario of the catalogue, by the measure of the kinds' weights."""
TRIES = 40

Schedule = tuple[PlannedFault, ...]
"""A schedule of a hunt: every fault begins ``N ms after load`` and heals ``N ms after injection``."""


@dataclass(frozen=True)
class Drawer:
    """Draws schedules for a deployment. ``allowed`` are the names of the faults to draw from."""

    deployment: Deployment
    engine: Engine
    ack: Ack
    seed: int
    allowed: tuple[str, ...]
    prior: bool = True
    _cache: dict[int, Schedule] = field(default_factory=dict, compare=False)

    def check(self) -> None:
        """Refuse to hunt with nothing.

        :raises BadInputError: none of the allowed faults can be drawn here.
        """
        if not (self.first or self.kinds or self.motifs):
            known = sorted({kind.fault for kind in KINDS})
            raise BadInputError("nothing is left to draw", where="jsquared hunt", hint=one_of(known))

    def schedule(self, number: int) -> Schedule:
        """The schedule of that number, from 0."""
        if number < len(self.first):
            return self.first[number]
        if number not in self._cache:
            self._cache[number] = self._drawn(Random(f"{self.seed}:{number}"))  # noqa: S311 -- reproducible, no secret
        return self._cache[number]

    @cached_property
    def split(self) -> Split | None:
        """The split of the hosts that breaks the acknowledgement level, None where none does (or cuts are not drawn)."""
        if "cut" not in self.allowed:
            return None
        safety = split_safety_of(self.deployment)[self.deployment.master_name]
        return safety.breaking.get(self.ack.replicas)

    @cached_property
    def first(self) -> tuple[Schedule, ...]:
        """Return the schedules that the static analysis suggests."""
        if self.split is None or not self.prior:
            return ()
        length_ms = tenths(self.deployment.down_after_ms + SPLIT_MS)
        return (planned([Step("cut", split_targets(self.split, self.deployment), {}, FIRST_MS, length_ms)]),)

    @cached_property
    def kinds(self) -> tuple[StepKind, ...]:
        """The kinds that this deployment and machine can have."""
        return tuple(kind for kind in KINDS if possible(kind, self.deployment, self.allowed))

    @cached_property
    def motifs(self) -> tuple[tuple[Step, ...], ...]:
        """The faults of each scenario of the catalogue that this deployment and machine can have, at moments that need no recovery."""
        return tuple(steps for scenario in SCENARIOS.values() if (steps := self._motif(scenario)))

    def _motif(self, scenario: Scenario) -> tuple[Step, ...]:
        if scenario.rules or scenario.engines or scenario.unsuited(self.deployment, self.engine):
            return ()
        try:
            faults = file_of(scenario, self.deployment, self.ack).faults
            for fault in faults:
                for target in fault.targets:
                    nodes_at_start(self.deployment, target)
        except BadInputError:
            return ()
        steps = unrolled(faults, self.deployment.down_after_ms)
        longest_ms = 3 * self.deployment.down_after_ms + 20_000
        fits = len(steps) <= MOST_FAULTS and max(step.end_ms for step in steps) <= longest_ms
        return steps if fits and all(step.name in self.allowed for step in steps) else ()

    def _drawn(self, rng: Random) -> Schedule:
        count = rng.choices(range(1, MOST_FAULTS + 1), COUNTS)[0]
        steps: list[Step] = []
        for _ in range(TRIES):
            if len(steps) >= count:
                break
            more = self._some(rng, first=not steps)
            if len(steps) + len(more) <= MOST_FAULTS and all(self._fits(step, steps) for step in more):
                steps += more
        return planned(steps)

    def _some(self, rng: Random, *, first: bool) -> list[Step]:
        weights = [kind.weight for kind in self.kinds]
        motifs = MOTIF_WEIGHT if first and self.motifs else 0.0
        if rng.random() * (sum(weights) + motifs) < motifs:
            return list(rng.choice(self.motifs))
        if not self.kinds:
            return []
        [kind] = rng.choices(self.kinds, weights)
        parameters = kind.parameters(rng, self.deployment)
        targets = kind.targets(rng, self.deployment)
        length_ms = length_of(kind, rng, self.deployment, parameters)
        return [Step(kind.fault, targets, parameters, FIRST_MS if first else self._start_ms(rng, kind), length_ms)]

    def _start_ms(self, rng: Random, kind: StepKind) -> int:
        """While the first fault is on and nothing has moved yet; or, for some, once another node is the primary."""
        down_after_ms = self.deployment.down_after_ms
        if kind.late and rng.random() < 0.3:
            return tenths(FIRST_MS + down_after_ms + FAILOVER_MS + rng.uniform(0, 2_000))
        return tenths(FIRST_MS + rng.uniform(0, 0.9) * down_after_ms)

    def _fits(self, step: Step, others: Sequence[Step]) -> bool:
        return not any(self._in_the_way(step, other) for other in others)

    def _in_the_way(self, one: Step, other: Step) -> bool:
        if one.start_ms >= other.end_ms + APART_MS or other.start_ms >= one.end_ms + APART_MS:
            return False
        if not _is_process(one) and not _is_process(other):
            return True
        moved = abs(one.start_ms - other.start_ms) >= self.deployment.down_after_ms + FAILOVER_MS
        if _is_process(one) != _is_process(other) or (moved and one.targets == other.targets == ("primary",)):
            return False
        return bool(self._nodes(one) & self._nodes(other))

    def _nodes(self, step: Step) -> set[str]:
        return {node.name for target in step.targets for node in nodes_at_start(self.deployment, target)}


def _is_process(step: Step) -> bool:
    """True if a fault is done to servers rather than to what lies between them."""
    return FAULTS[step.name].needs <= PROCESS


def drawable(capabilities: frozenset[Capability], only: Sequence[str], without: Sequence[str]) -> tuple[str, ...]:
    """The faults of the catalogue that may be drawn.

    :param only: names; empty for all.
    :raises BadInputError: no such fault.
    """
    for option, names in (("--fault", only), ("--without", without)):
        for name in names:
            if name not in FAULTS:
                near = did_you_mean(name, FAULTS, most=2, listed_by="jsquared faults")
                raise BadInputError("no such fault", where=f"{option} {name}", hint=near)
    return tuple(
        name
        for name, fault in FAULTS.items()
        if fault.needs <= capabilities and name not in without and (name in only or not only)
    )


def unrolled(faults: Sequence[PlannedFault], down_after_ms: int) -> tuple[Step, ...]:
    """Faults of a scenario at moments that are fixed: where they wait for recovery, the time that a failover takes instead."""
    waits_ms = down_after_ms + FAILOVER_MS
    starts: dict[str, int] = {}
    steps: list[Step] = []
    for fault in faults:
        start, heal = Moment.parse(fault.start), Moment.parse(fault.heal)
        anchors = {"load": 0, "recovery": max(starts.values(), default=0) + waits_ms, **starts}
        if start.anchor not in anchors:
            return ()
        starts[fault.id] = start_ms = anchors[start.anchor] + start.after_ms
        healing = {**anchors, "injection": start_ms, "recovery": start_ms + waits_ms}
        end_ms = healing.get(heal.anchor, start_ms + waits_ms) + min(heal.after_ms, 2 * waits_ms)
        steps.append(Step(fault.name, fault.targets, dict(fault.parameters), start_ms, tenths(end_ms - start_ms)))
    earliest = min((step.start_ms for step in steps), default=0)
    return tuple(replace(step, start_ms=tenths(step.start_ms - earliest + FIRST_MS)) for step in steps)


def split_targets(split: Split, deployment: Deployment) -> tuple[str, ...]:
    """The primary's side of a split as targets, with a client that goes on writing there."""
    near = [host for machine in split.primary_side for host in machine.split("+")]
    far = [host for machine in split.other_side for host in machine.split("+")]
    replicas = [node.host for node in deployment.replicas]
    words = {host: f"replica:{number}" for number, host in enumerate(replicas, 1)} | {
        deployment.primary.host: "primary"
    }
    return (*(words.get(host, f"host:{host}") for host in near), *_client_beside(deployment, near, far))


def _client_beside(deployment: Deployment, near: Sequence[str], far: Sequence[str]) -> Iterator[str]:
    """A client for the primary's side, unless one lives there or all live on the other."""
    others = [client.host for client in deployment.clients if client.host != deployment.primary.host]
    if not any(client.host in near for client in deployment.clients):
        free = [number for number, host in enumerate(others, 1) if host not in far]
        yield from (f"client:{number}" for number in free[:1])


def planned(steps: Sequence[Step]) -> Schedule:
    """Steps as faults of a plan, in the order of their moments, each with its own id."""
    faults: list[PlannedFault] = []
    for step in sorted(steps, key=lambda step: step.start_ms):
        taken = sum(fault.name == step.name for fault in faults)
        faults.append(
            PlannedFault(
                id=step.name if not taken else f"{step.name}-{taken + 1}",
                name=step.name,
                targets=step.targets,
                parameters=dict(step.parameters),
                start=f"{step.start_ms} ms after load",
                heal=f"{step.length_ms} ms after injection",
            )
        )
    return tuple(faults)
