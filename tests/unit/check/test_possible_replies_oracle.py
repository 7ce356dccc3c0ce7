"""What replies are possible, against an oracle that writes down whole orders, and against servers that are honest and lose or keep.

The oracle follows no states: an order is a list of operations that were applied, and a reply is right where it is that of the operations
before it in the list. The honest servers apply, copy, fall back and are asked, and nothing that they say may ever be called wrong.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import combinations, permutations

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from jsquared.check.possible_replies import BACK, WRONG, Answered, find_impossible
from jsquared.check.reachable import MOST_FLIGHTS, Fate, Step
from jsquared.records.history import IDENTIFIER
from jsquared.records.models.catalogue import MODELS, call_of
from jsquared.records.models.kept_replies import CHOSEN, Kept, kept
from jsquared.records.models.model import Call, State

pytestmark = pytest.mark.unmeasured

RIGHT = ""
Order = tuple[int, ...]
"""The places of operations in the order in which they were applied."""


@cache
def call(kind: int, step: int) -> Call:
    """The operation of a step of a kind's first series."""
    return call_of(b"t:", 0, step * len(MODELS) + kind)


@cache
def state_after(kind: int, steps: tuple[int, ...]) -> State:
    """What the keys hold after these steps."""
    if not steps:
        return (None,) * len(MODELS[kind].suffixes)
    return MODELS[kind].apply(state_after(kind, steps[:-1]), call(kind, steps[-1]))


# --- The oracle.


def orders(told: Sequence[Answered]) -> Iterator[Order]:
    """Every choice and order that their fates allow: acknowledged operations are all there, only late ones come after later ones."""
    sure = [place for place, one in enumerate(told) if one.step.fate is Fate.PLACED]
    unsure = [place for place, one in enumerate(told) if one.step.fate is not Fate.PLACED]
    for count in range(len(unsure) + 1):
        for chosen in combinations(unsure, count):
            for order in permutations([*sure, *chosen]):
                if all(may_follow(told, order[n], later) for n in range(len(order)) for later in order[n + 1 :]):
                    yield order


def may_follow(told: Sequence[Answered], first: int, then: int) -> bool:
    """Whether one operation may be applied before another one."""
    if first < then:
        return True
    late = told[then].step.fate is Fate.LATE  # it was given before, and comes after
    return late and not (told[first].step.fate is Fate.LATE and told[first].step.flight == told[then].step.flight)


def right_orders(kind: int, told: Sequence[Answered]) -> list[Order]:
    """The orders in which each operation was replied to as the operations before it in the order make it."""
    return [
        order
        for order in orders(told)
        if all(says(kind, told, order[:n], told[place]) for n, place in enumerate(order))
    ]


def says(kind: int, told: Sequence[Answered], before: Order, one: Answered) -> bool:
    """Whether a server that has applied these says so; to what has no reply it may say anything."""
    if one.reply is None:
        return True
    steps = tuple(told[place].step.call.step for place in before)
    due = MODELS[kind].replies(state_after(kind, steps), one.step.call)
    if due != (CHOSEN,):
        return kept(due) == one.reply
    earlier = [reply[1] for place in before if (reply := told[place].reply) and reply[0] == IDENTIFIER]
    return one.reply[0] == IDENTIFIER and max(earlier, default=-1) < one.reply[1]


def first_unexplained(kind: int, told: Sequence[Answered]) -> int | None:
    """The place of the first reply that no right order of the operations before it gives; None where there is none."""
    for place, one in enumerate(told):
        if not any(says(kind, told, order, one) for order in right_orders(kind, told[:place])):
            return place
    return None


def unsure(told: Sequence[Answered], gone: Sequence[int]) -> list[Answered]:
    """The same, where those in these places may be gone."""
    return [
        replace(one, step=replace(one.step, fate=Fate.PERHAPS)) if place in gone else one
        for place, one in enumerate(told)
    ]


def oracle(kind: int, told: Sequence[Answered]) -> tuple[str, int, tuple[int, ...]]:
    """The cause, the place of the reply, and the places of what is lost."""
    first = first_unexplained(kind, told)
    if first is None:
        return RIGHT, -1, ()
    placed = [place for place, one in enumerate(told) if one.step.fate is Fate.PLACED]
    if first_unexplained(kind, unsure(told, placed)) is not None:
        return WRONG, first, ()
    until = told[: first + 1]
    sets = [
        gone
        for count in range(1, len(placed) + 1)
        for gone in combinations([place for place in placed if place <= first], count)
        if first_unexplained(kind, unsure(until, gone)) is None
    ]
    smallest = [gone for gone in sets if len(gone) == min(map(len, sets))]
    return BACK, first, max(smallest, key=lambda gone: gone[::-1])


@st.composite
def histories(draw: st.DrawFn) -> tuple[int, list[Answered]]:
    """A few operations of any kind with replies of servers that lack some of those before or have some twice."""
    kind = draw(st.integers(0, len(MODELS) - 1))
    fates = st.sampled_from([Fate.PLACED, Fate.PLACED, Fate.PLACED, Fate.PERHAPS, Fate.LATE])
    first = draw(st.integers(0, 3))
    told: list[Answered] = []
    kept_back: list[int] = []
    for step in range(first, first + draw(st.integers(1, 5))):
        fate = draw(fates)
        if draw(st.integers(0, 5)) == 0 and kept_back:
            kept_back.pop(draw(st.integers(0, len(kept_back) - 1)))
        if draw(st.integers(0, 15)) == 0 and kept_back:
            kept_back.append(kept_back[draw(st.integers(0, len(kept_back) - 1))])
        said = MODELS[kind].replies(state_after(kind, tuple(kept_back)), call(kind, step))
        reply: Kept = (IDENTIFIER, draw(st.integers(0, 9))) if said == (CHOSEN,) else kept(said)
        if draw(st.integers(0, 30)) == 0:
            reply = kept((draw(st.integers(0, 3)),))
        silent = fate is Fate.LATE or draw(st.integers(0, 9)) == 0
        told.append(Answered(Step(call(kind, step), fate, draw(st.integers(0, 1))), None if silent else reply))
        if draw(st.integers(0, 9)):
            kept_back.append(step)
    return kind, told


@settings(max_examples=2000)
@given(histories())
def test_what_is_found_is_what_no_order_gives(history: tuple[int, list[Answered]]) -> None:
    """On small random histories of every kind: the cause, the first reply that is not possible, and the smallest loss."""
    kind, told = history
    cause, place, lost = oracle(kind, told)
    event(cause or "right")
    found = find_impossible(MODELS[kind], told)
    assert (found.cause if found else RIGHT) == cause
    if found is not None:
        assert found.step == told[place].step.call.step
        assert found.lost == tuple(told[one].step.call.step for one in lost)


# --- Honest servers.


@dataclass
class Server:
    """What one server has applied, in its order."""

    applied: list[int] = field(default_factory=list)


@dataclass
class World:
    """Two servers, one of which clients write to; the other copies it now and then. What is acknowledged at once may be lost so."""

    kind: int
    servers: tuple[Server, Server] = field(default_factory=lambda: (Server(), Server()))
    primary: int = 0
    flying: list[tuple[int, int]] = field(default_factory=list)
    """What was sent and not answered, and to which server."""
    told: list[Answered] = field(default_factory=list)
    flights: int = 0

    def reply(self, step: int) -> Kept:
        """What the primary says to it."""
        applied = self.servers[self.primary].applied
        said = MODELS[self.kind].replies(state_after(self.kind, tuple(applied)), call(self.kind, step))
        return (IDENTIFIER, len(applied) + 1) if said == (CHOSEN,) else kept(said)

    def give(self, step: int, what: str) -> None:
        """The client gives an operation, which the primary applies, or which stays on its way."""
        fate = {"confirmed": Fate.PLACED, "acknowledged": Fate.PLACED, "unconfirmed": Fate.PERHAPS}.get(what, Fate.LATE)
        if fate is Fate.LATE:
            self.flights = min(self.flights + (what != "unanswered"), MOST_FLIGHTS - 1)
            self.flying.append((step, self.primary))
            self.told.append(Answered(Step(call(self.kind, step), fate, self.flights)))
            return
        self.told.append(Answered(Step(call(self.kind, step), fate), self.reply(step)))
        self.servers[self.primary].applied.append(step)
        if what == "confirmed":
            self.copy()

    def copy(self) -> None:
        """The replica catches up."""
        self.servers[1 - self.primary].applied = list(self.servers[self.primary].applied)

    def happen(self, what: str) -> None:
        """Something that happens between two operations."""
        if what == "copy":
            self.copy()
        elif what == "failover":
            self.primary = 1 - self.primary
        elif what == "arrival" and self.flying and self.flying[0][1] == self.primary:
            self.servers[self.primary].applied.append(self.flying.pop(0)[0])


HAPPENS = st.lists(st.sampled_from(["copy", "failover", "arrival", "nothing"]), max_size=3)
LOSSLESS = ("confirmed", "unconfirmed", "unanswered", "unanswered in another flight")


def play(kind: int, given_so: Sequence[tuple[list[str], str]]) -> World:
    """A world in which operations are given one after the other, and things happen in front of each."""
    world = World(kind)
    for step, (before, what) in enumerate(given_so):
        for one in before:
            world.happen(one)
        world.give(step, what)
    return world


def plays(*fates: str) -> st.SearchStrategy[World]:
    """Worlds of any kind with up to eight operations."""
    given_so = st.lists(st.tuples(HAPPENS, st.sampled_from(fates)), min_size=1, max_size=8)
    return st.builds(play, st.integers(0, len(MODELS) - 1), given_so)


@settings(max_examples=1000)
@given(plays("acknowledged", *LOSSLESS))
def test_honest_servers_that_lose_are_never_called_wrong(world: World) -> None:
    """Whatever is lost with a failover, and whenever what was on its way arrives, replies go back at most."""
    found = find_impossible(MODELS[world.kind], world.told)
    event(found.cause if found else "right")
    assert found is None or found.cause == BACK


@settings(max_examples=1000)
@given(plays(*LOSSLESS))
def test_where_nothing_is_lost_every_reply_is_possible(world: World) -> None:
    """Servers that acknowledge what both have lose nothing of it, and nothing that they say is found."""
    assert find_impossible(MODELS[world.kind], world.told) is None
