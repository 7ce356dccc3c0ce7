"""By how much the servers' clocks differ, as far as causes and effects show it.

An effect comes after its cause. So if clock A reads ``a`` at the cause and clock B reads ``b`` at the effect, B is ahead of A by no more
than ``b - a``. Pairs in both directions bound the difference from both sides, and chains of pairs bound it for servers that never
spoke with each other: shortest paths in a graph whose edges are the pairs.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from jsquared.monitor.logs.cause_pairs import Pair

PRECISION_S = 0.001
"""Servers cut their stamps to milliseconds."""
MOST_NODES = 60
MOST_TRIED = 12
"""Of so many servers in a contradiction it is tried which one explains it."""
_ROUNDING_S = 1e-5
_INFINITY = math.inf
Bounds = dict[tuple[str, str], float]


@dataclass(frozen=True)
class Clock:
    """A server's clock compared with the reference's: ahead by at least and at most so much; unbounded is infinite."""

    node: str
    least_s: float
    most_s: float
    ahead_s: float | None
    """The best guess, 0 where the clocks may be the same; None where nothing is known."""

    @property
    def is_off(self) -> bool:
        """True if it cannot be the same as the reference's."""
        return self.least_s > 0 or self.most_s < 0


@dataclass
class Clocks:
    """All clocks by the name of the server, compared with that of ``reference``."""

    reference: str = ""
    clocks: dict[str, Clock] = field(default_factory=dict)
    contradicts: list[str] = field(default_factory=list)
    """Servers whose pairs contradict each other: a clock was set, or ran faster or slower, in between."""


def compare_clocks(names: Sequence[str], pairs: Sequence[Pair]) -> Clocks:
    """Compare every clock with that of the server with which most agree."""
    names = list(names)[:MOST_NODES]
    if not names:
        return Clocks()
    broken = _contradicting(names, pairs)
    sound = [name for name in names if name not in broken]
    if not sound:
        return Clocks("", {}, broken)
    usable = [pair for pair in pairs if pair.cause in sound and pair.effect in sound]
    bounds, prompt = _shortest(sound, usable), _shortest(sound, [pair for pair in usable if pair.is_prompt])
    reference = max(
        sound, key=lambda one: (_agreeing(one, sound, bounds), _known(one, sound, bounds), -sound.index(one))
    )
    guesses = _guesses(reference, sound, bounds, prompt)
    clocks = {name: Clock(name, -bounds[name, reference], bounds[reference, name], guesses[name]) for name in sound}
    return Clocks(reference, clocks, broken)


def _contradicting(names: Sequence[str], pairs: Sequence[Pair]) -> list[str]:
    """The servers any of which may explain why the pairs contradict each other, else all that are part of a contradiction."""
    found = _in_contradiction(names, pairs)
    alone = [
        name
        for name in (found if len(found) <= MOST_TRIED else ())
        if not _in_contradiction([other for other in names if other != name], pairs)
    ]
    return alone or found


def _in_contradiction(names: Sequence[str], pairs: Sequence[Pair]) -> list[str]:
    bounds = _shortest(names, pairs)
    return [name for name in names if bounds[name, name] < 0]


def _shortest(names: Sequence[str], pairs: Iterable[Pair]) -> Bounds:
    """For every two servers by how much the second's clock is at most ahead of the first's."""
    bounds = {(one, other): 0.0 if one == other else _INFINITY for one in names for other in names}
    for pair in pairs:
        key = (pair.cause, pair.effect)
        if key in bounds:
            bounds[key] = min(bounds[key], pair.after_s + PRECISION_S)
    for middle in names:
        for one in names:
            to_middle = bounds[one, middle]
            if to_middle == _INFINITY:
                continue
            for other in names:
                through = to_middle + bounds[middle, other]
                bounds[one, other] = min(bounds[one, other], through)
    return bounds


def _agreeing(reference: str, names: Sequence[str], bounds: Bounds) -> int:
    return sum(
        bounds[reference, name] >= 0 >= -bounds[name, reference] and _is_known(reference, name, bounds)
        for name in names
    )


def _known(reference: str, names: Sequence[str], bounds: Bounds) -> int:
    return sum(_is_known(reference, name, bounds) for name in names)


def _is_known(reference: str, name: str, bounds: Bounds) -> bool:
    return min(bounds[reference, name], bounds[name, reference]) < _INFINITY


def _guesses(reference: str, names: Sequence[str], bounds: Bounds, prompt: Bounds) -> dict[str, float | None]:
    """By how much each clock is ahead, such that all pairs are possible together: one after the other, within what the others leave.

    Those that may be the same as the reference's come first.
    """
    same = [name for name in names if -bounds[name, reference] <= 0 <= bounds[reference, name]]
    order = [reference, *(name for name in same if name != reference), *(name for name in names if name not in same)]
    found: dict[str, float | None] = {}
    for name in order:
        known = {other: ahead for other, ahead in found.items() if ahead is not None}
        limits = [
            (max(ahead - of[name, other] for other, ahead in known.items()), min(ahead + of[other, name] for other, ahead in known.items()))
            if known
            else (0.0, 0.0)
            for of in (bounds, prompt)
        ]  # fmt: skip
        found[name] = _guess(*limits[0], *limits[1])
    return found


def _guess(least: float, most: float, least_prompt: float, most_prompt: float) -> float | None:
    """Within the bounds; of a bound that comes of prompt effects the difference is only milliseconds away."""
    if math.isinf(least) and math.isinf(most):
        return None
    if least <= 0 <= most:
        return 0.0
    near = [bound for bound in (least_prompt, most_prompt) if math.isfinite(bound)]
    near = near or [bound for bound in (least, most) if math.isfinite(bound)]
    return min(max(sum(near) / len(near), least), most)


def impossible(pairs: Iterable[Pair]) -> list[Pair]:
    """The pairs whose effect is before its cause, the worst of each two servers."""
    worst: dict[tuple[str, str], Pair] = {}
    for pair in pairs:
        key = (pair.cause, pair.effect)
        if pair.after_s < -PRECISION_S - _ROUNDING_S and (key not in worst or pair.after_s < worst[key].after_s):
            worst[key] = pair
    return sorted(worst.values(), key=lambda pair: pair.after_s)


def shifts(clocks: Mapping[str, Clock]) -> dict[str, float]:
    """By how much to move each server's lines so that all clocks agree as far as is known; no more than is needed."""
    return {name: -clock.ahead_s for name, clock in clocks.items() if clock.ahead_s}
