"""The result as a table for people and as one document for programs."""

from collections.abc import Mapping, Sequence
from typing import Any

from engine_mutants.judgement import FATES, Judged, score
from engine_mutants.rounds import Control, Question

DETAIL_WIDTH = 110


def percent(caught: int, of: int) -> float:
    """The mutation score; 100 where there was nothing to catch."""
    return 100 * caught / of if of else 100.0


def table(all_judged: Sequence[Judged], areas: Mapping[str, str]) -> str:
    """One line a mutant, missed ones last, where they are read; then one line an area, then the score."""
    order = {"caught": 0, "equivalent": 1, "did-not-build": 2, "missed": 3}
    rows = sorted(all_judged, key=lambda one: order[one.fate])
    width = max((len(one.mutant.name) for one in rows), default=0)
    lines = [f"{one.fate:<13}  {one.mutant.name:<{width}}  {_cut(one.detail)}" for one in rows]
    return "\n".join([*lines, "", *_by_area(all_judged, areas), "", summary(all_judged)])


def summary(all_judged: Sequence[Judged]) -> str:
    """All fates with their numbers, and the score."""
    caught, of = score(all_judged)
    counts = ", ".join(f"{sum(one.fate == fate for one in all_judged)} {fate}" for fate in FATES)
    return f"{counts}: score {percent(caught, of):.0f} % ({caught} of {of})"


def document(
    all_judged: Sequence[Judged], areas: Mapping[str, str], control: Mapping[Question, Control]
) -> dict[str, Any]:
    """Everything, for ``--json``."""
    caught, of = score(all_judged)
    return {
        "score_percent": percent(caught, of),
        "caught": caught,
        "of": of,
        "control": [
            {
                "scenario": scenario,
                "options": list(options),
                "expected": one.expected,
                "outcome": one.trial.outcome,
                "reasons": list(one.trial.reasons),
            }
            for (scenario, options), one in control.items()
        ],
        "mutants": [one.as_dict(areas[one.mutant.name]) for one in all_judged],
    }


def _by_area(all_judged: Sequence[Judged], areas: Mapping[str, str]) -> list[str]:
    lines = []
    for area in dict.fromkeys(areas[one.mutant.name] for one in all_judged):
        caught, of = score([one for one in all_judged if areas[one.mutant.name] == area])
        lines.append(f"{area:<14} {caught:>3} of {of}")
    return lines


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= DETAIL_WIDTH else f"{text[: DETAIL_WIDTH - 1]}…"
