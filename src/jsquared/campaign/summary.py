"""Several trials of the same scenario as a distribution, with what zero losses out of N does and does not show."""

from collections.abc import Sequence
from typing import Any

from jsquared.records.distribution import loss_probability_upper_95, percentiles
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
        "failover_ms": percentiles(failovers),
        "lost": sum(known),
        "trials_with_loss": losing,
        "loss_probability_upper_95": loss_probability_upper_95(len(known), losing),
    }
