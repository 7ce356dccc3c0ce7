"""Figures of several trials together: percentiles, and the loss that none out of N leaves possible."""

from collections.abc import Sequence

import numpy as np


def percentiles(values: Sequence[float]) -> dict[str, float] | None:
    """Return the median, p95, p99 and the maximum, rounded to a tenth; None for no values."""
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
