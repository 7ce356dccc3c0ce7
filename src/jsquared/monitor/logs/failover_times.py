"""How long a failover and each of its phases took, where both ends are lines of it that do not contradict each other; else why not."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

from jsquared.monitor.logs.clock_doubt import TOLERATED_S, Doubt
from jsquared.monitor.logs.document import PHASES
from jsquared.monitor.logs.failover_steps import Mark, Steps

FAULT, ORDER, ANNOUNCEMENT, PROMOTION = "the fault", "the order", "the announcement", "the promotion"
BEFORE_NOT_KNOWN = "how long the primary was away before that is not in these logs"
NO_BEGINNING = "no line in these logs tells of its beginning"
NO_MAJORITY = "these logs do not say when a majority of the Sentinels announced it"
NO_END = "no line in these logs announces it"
CONTRADICTION = "lines contradict each other"


class Took(NamedTuple):
    """A phase with the line that ends it, and how long it took; None where that is not known."""

    phase: str
    mark: Mark
    ms: float | None


@dataclass(frozen=True)
class Span:
    """How long a whole failover took, or at least took: of which moments, and why no more is known."""

    total_ms: float | None = None
    at_least_ms: float | None = None
    counted_from: str = ""
    counted_to: str = ""
    not_known: str = ""


def expected_phases(steps: Steps) -> list[str]:
    """The phases of such a failover: one by order begins with the election."""
    return [name for name in PHASES if not steps.is_manual or name not in ("detect", "agree")]


def contradictions(steps: Steps) -> list[tuple[str, str]]:
    """Phases of which the earlier one ends by more than clocks may differ after the later one: a line is missing or is another's."""
    marked = [name for name in PHASES if name in steps.marks]
    return [
        (one, later)
        for one, later in combinations(marked, 2)
        if steps.marks[one].at_s > steps.marks[later].at_s + TOLERATED_S
    ]


def in_order(steps: Steps, doubt: Doubt | None) -> list[Took]:
    """Each phase that a line ends, in the order of phases; the first is left out where nothing begins it.

    A duration is known where the phase before has a line too, and none of both contradicts another phase. A mark that is before the one
    above it by no more than clocks may differ does not run backwards: its phase takes no time, and the next begins where it would have.
    In doubt only what one server wrote is compared.
    """
    wrong = {name for pair in contradictions(steps) for name in pair} if doubt is None else set()
    found: list[Took] = []
    reached_s = steps.fault.at_s if steps.fault else float("-inf")
    before, is_first = steps.fault, True
    for name in PHASES:
        mark = steps.marks.get(name)
        if mark is not None and not (is_first and before is None and name in ("detect", "elect")):
            found.append(Took(name, mark, None if name in wrong else _took_ms(before, mark, reached_s, doubt)))
        if mark is not None and name not in wrong:
            reached_s = max(reached_s, mark.at_s)
        if name in expected_phases(steps):
            before, is_first = None if name in wrong else mark, False
    return found


def _took_ms(before: Mark | None, mark: Mark, reached_s: float, doubt: Doubt | None) -> float | None:
    if before is None or (doubt is not None and (doubt.is_mixed or before.node != mark.node)):
        return None
    if doubt is not None:
        return max(0.0, mark.at_s - before.at_s) * 1000
    return max(0.0, mark.at_s - reached_s) * 1000


def span_of(steps: Steps, doubt: Doubt | None, *, is_announced: bool) -> Span:
    """How long it took from the fault or the order to the announcement, else at least how long by the lines that there are.

    :param is_announced: a Sentinel's line announces the new primary.
    """
    if doubt is not None:
        return Span(not_known=f"since {doubt.since}")
    if not is_announced and not steps.promoted:
        return Span()
    wrong = {name for pair in contradictions(steps) for name in pair}
    began, start = _start(steps, wrong)
    ended, end = _end(steps, wrong)
    why = _why_not(steps, wrong, is_announced=is_announced)
    if began is None or ended is None or ended.at_s <= began.at_s:
        is_begun = began is not None and began != ended
        return Span(
            not_known="; ".join(why if is_begun else [NO_BEGINNING, *(one for one in why if one != BEFORE_NOT_KNOWN)])
        )
    ms = round((ended.at_s - began.at_s) * 1000, 1)
    if start in (FAULT, ORDER) and end == ANNOUNCEMENT:
        return Span(ms, None, start, end)
    return Span(None, ms, start, end, "; ".join(why))


def _start(steps: Steps, wrong: set[str]) -> tuple[Mark | None, str]:
    if steps.fault is not None:
        return steps.fault, ORDER if steps.is_manual and "detect" not in steps.marks else FAULT
    if "detect" in steps.marks:
        return (steps.marks["detect"], "the first +sdown") if "detect" not in wrong else (None, "")
    return (steps.started, f"the first {steps.started.text}") if steps.started else (None, "")


def _end(steps: Steps, wrong: set[str]) -> tuple[Mark | None, str]:
    for name, words in (("announce", ANNOUNCEMENT), ("promote", PROMOTION)):
        if name in steps.marks and name not in wrong:
            return steps.marks[name], words
    return None, ""


def _why_not(steps: Steps, wrong: set[str], *, is_announced: bool) -> Sequence[str]:
    why = [] if steps.fault is not None else [BEFORE_NOT_KNOWN]
    if not is_announced:
        why.append(NO_END)
    elif "announce" not in steps.marks:
        why.append(NO_MAJORITY)
    if wrong & {"announce", "promote", "detect"}:
        why.append(CONTRADICTION)
    return why
