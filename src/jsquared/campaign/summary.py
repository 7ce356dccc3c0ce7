"""Several trials of the same scenario as a distribution, with what zero losses out of N does and does not show."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from jsquared.records.verdict import TrialVerdict


def summarise(verdicts: Sequence[TrialVerdict]) -> list[dict[str, Any]]:
    """Per scenario, and monitored primary where there are several: n, outcomes, failover p50/p95/p99/max in ms, and the 95 % upper
    bound of the loss probability.

    Trials without a failover do not enter the failover figures; trials whose loss is unknown do not enter the bound.
    """
    names = list(dict.fromkeys(verdict.label for verdict in verdicts))
    return [_summary(name, [verdict for verdict in verdicts if verdict.label == name]) for name in names]


def _summary(name: str, verdicts: Sequence[TrialVerdict]) -> dict[str, Any]:
    failovers = [verdict.failover_ms for verdict in verdicts if verdict.failover_ms is not None]
    known = [verdict.writes.lost for verdict in verdicts if verdict.writes.lost is not None]
    losing = sum(lost > 0 for lost in known)
    return {
        "scenario": name,
        "n": len(verdicts),
        "outcomes": {
            outcome: sum(verdict.outcome == outcome for verdict in verdicts)
            for outcome in ("pass", "violated", "inconclusive")
        },
        "failovers": len(failovers),
        "failover_ms": _percentiles(failovers),
        "lost": sum(known),
        "trials_with_loss": losing,
        "loss_probability_upper_95": loss_probability_upper_95(len(known), losing),
    }


def _percentiles(values: Sequence[float]) -> dict[str, float] | None:
    if not values:
        return None
    p50, p95, p99 = np.percentile(values, [50, 95, 99])
    rounded = {"p50": p50, "p95": p95, "p99": p99, "max": max(values)}
    return {name: round(float(value), 1) for name, value in rounded.items()}


def loss_probability_upper_95(trials: int, losing: int) -> float | None:
    """The one-sided 95 % upper bound of the probability that a trial loses something (Clopper and Pearson, 1934).

    With 0 of n it is ``1 - 0.05 ** (1 / n)``, which the rule of three approximates as 3 / n (Hanley and Lippman-Hand, 1983). Found by
    bisection on the binomial distribution; None for no trials.
    """
    if not trials:
        return None
    if losing >= trials:
        return 1.0
    low, high = losing / trials, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(losing, trials, middle) > 0.05 else (low, middle)
    return round(high, 6)


def _at_most(losing: int, trials: int, probability: float) -> float:
    term = (1 - probability) ** trials
    total = term
    for k in range(1, losing + 1):
        term *= (trials - k + 1) / k * probability / (1 - probability)
        total += term
    return total
