"""Two runs side by side: which objectives got worse, beyond what repeating the same thing would show.

Values of the same objective of the same scenario are compared. One trial on each side is an anecdote, so small samples need a
large difference; with at least five trials on each side a permutation test decides.
"""

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np

from jsquared.errors import BadInputError
from jsquared.records.reading import read_bounded
from jsquared.records.verdict import RunVerdict, TrialVerdict

Change = Literal["worse", "better", "same", "gone", "new"]

SIGNIFICANT = 0.05
ENOUGH = 5
PERMUTATIONS = 2_000
MOST_VALUES = 10_000
"""So many values can be compared in seconds; a thousand trials of the longest suite have fewer for each scenario."""
LARGEST_VALUE = 1e15
_AT_ONCE = 100
LEAST_SHARE = 0.10
"""Medians closer than this are the same, whatever a test says: no one acts on less."""
LEAST_MS = 250.0
FEW_SHARE = 0.35
"""With fewer than five trials on a side only a difference of this share counts: about what timers of 1 s do to a failover of 5 s."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One objective of one scenario in both runs. ``old`` and ``new`` are medians; ``p`` is None where no test was made."""

    scenario: str
    objective: str
    unit: str
    change: Change
    old: float | None
    new: float | None
    n_old: int
    n_new: int
    p: float | None = None
    reason: str = ""


def read_run_document(path: Path) -> RunVerdict:
    """A run from the file that ``run --json`` printed.

    :raises BadInputError: it cannot be read, is something else, or has more or larger values than any run.
    """
    hint = "jsquared run … --json > FILE"
    try:
        run = msgspec.json.decode(read_bounded(path, named=True), type=RunVerdict)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        what = f"not the output of 'jsquared run --json' ({problem})"
        raise BadInputError(what, where=str(path), hint=hint) from problem
    values = [objective.value for trial in run.trials for objective in trial.objectives]
    if len(values) > MOST_VALUES:
        raise BadInputError(f"more than {MOST_VALUES:,} values", where=str(path), hint=hint)
    if any(value is not None and abs(value) > LARGEST_VALUE for value in values):
        raise BadInputError("a value is too large to be a measurement", where=str(path), hint=hint)
    return run


def compare(old: RunVerdict, new: RunVerdict) -> list[Difference]:
    """Every objective that either run measured, in the order of the old run's scenarios."""
    before, after = _values(old.trials), _values(new.trials)
    return [_difference(key, before.get(key, []), after.get(key, [])) for key in dict.fromkeys([*before, *after])]


Key = tuple[str, str, str]


def _values(trials: Sequence[TrialVerdict]) -> dict[Key, list[float]]:
    values: dict[Key, list[float]] = {}
    for trial in trials:
        for objective in trial.objectives:
            measured = values.setdefault((trial.label, objective.name, objective.unit), [])
            if objective.value is not None:
                measured.append(objective.value)
    return values


def _difference(key: Key, old: Sequence[float], new: Sequence[float]) -> Difference:
    scenario, objective, unit = key
    change, p, reason = _judged(old, new, counted=unit != "ms")
    return Difference(
        scenario=scenario,
        objective=objective,
        unit=unit,
        change=change,
        old=statistics.median(old) if old else None,
        new=statistics.median(new) if new else None,
        n_old=len(old),
        n_new=len(new),
        p=p,
        reason=reason,
    )


def _judged(old: Sequence[float], new: Sequence[float], *, counted: bool) -> tuple[Change, float | None, str]:
    if not old or not new:
        return ("new" if new else "gone"), None, "measured in one run only"
    if counted:
        return _judged_counts(old, new)
    shift = statistics.median(new) - statistics.median(old)
    share = abs(shift) / max(statistics.median(old), 1.0)
    direction: Change = "worse" if shift > 0 else "better"
    if share < LEAST_SHARE or abs(shift) < LEAST_MS:
        return "same", None, f"medians differ by {share:.0%}"
    if min(len(old), len(new)) < ENOUGH:
        change = direction if share >= FEW_SHARE else "same"
        return (
            change,
            None,
            f"medians differ by {share:.0%}; fewer than {ENOUGH} trials, so less than {FEW_SHARE:.0%} is not significant",
        )
    p = permutation_p(old, new)
    return (direction if p < SIGNIFICANT else "same"), p, f"medians differ by {share:.0%}, p = {p:.3f}"


def _judged_counts(old: Sequence[float], new: Sequence[float]) -> tuple[Change, float | None, str]:
    """Losses and unwanted failovers: where there were none, one is worse; where there were some, the share of such trials counts."""
    bad_old, bad_new = (sum(value > 0 for value in values) for values in (old, new))
    reason = f"{bad_old} of {len(old)} trials before, {bad_new} of {len(new)} now"
    if bad_new / len(new) > bad_old / len(old):
        return "worse", None, reason
    return ("better" if bad_new / len(new) < bad_old / len(old) else "same"), None, reason


def permutation_p(old: Sequence[float], new: Sequence[float]) -> float:
    """How often a random split of all values has medians at least as far apart (two-sided permutation test, seeded)."""
    everything = np.array([*old, *new], dtype=np.float64)
    observed = abs(statistics.median(new) - statistics.median(old))
    shuffled = np.random.default_rng(0)
    extreme = 0
    for _ in range(0, PERMUTATIONS, _AT_ONCE):
        splits = shuffled.permuted(np.tile(everything, (_AT_ONCE, 1)), axis=1)
        first, second = splits[:, : len(old)], splits[:, len(old) :]
        extreme += int((np.abs(np.median(second, axis=1) - np.median(first, axis=1)) >= observed).sum())
    return (extreme + 1) / (PERMUTATIONS + 1)
