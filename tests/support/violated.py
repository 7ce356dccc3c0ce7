"""Verdicts on violated trials, with the advice that names their lines."""

from typing import Any

from jsquared.records.findings import Finding
from jsquared.records.plan import Engine
from jsquared.records.verdict import Advice, ObjectiveResult, Outcome, TrialVerdict, Writes

DOWN_AFTER = "sentinel down-after-milliseconds mymaster 30000"
NO_LOG = "appendonly no (default)"
QUORUM_ONE = Finding(
    rule="quorum-one", severity="high", outcome="violated", target="n1", directive="quorum 1", message="One decides."
)


def advice(directive: str, objective: str = "failover", **fields: Any) -> Advice:
    """Advice that names a line; by default one that ``--with`` can change."""
    given = {
        "objective": objective,
        "rule": "failover-over-10s",
        "directive": directive,
        "where": "n1/sentinel.conf:3",
        "message": "It takes long.",
        "fix": "sentinel down-after-milliseconds mymaster 3500",
        "try_with": ("sentinel.down-after-milliseconds=3500",),
        "severity": "critical",
    }
    return Advice(**(given | fields))


def log_advice(objective: str = "lost_writes", **fields: Any) -> Advice:
    """Advice to switch the append-only file on."""
    given: dict[str, Any] = {
        "rule": "no-persistence",
        "where": "",
        "fix": "appendonly yes",
        "try_with": ("redis.appendonly=yes",),
        "severity": "high",
    }
    return advice(NO_LOG, objective, **(given | fields))


def trial(scenario: str, *named: Advice, outcome: Outcome = "violated", **fields: Any) -> TrialVerdict:
    """A verdict that misses every objective that its advice is for."""
    missed = dict.fromkeys(one.objective for one in named)
    seed = fields.get("seed", 1)
    given: dict[str, Any] = {
        "scenario": scenario,
        "seed": seed,
        "outcome": outcome,
        "reasons": ["it took too long"],
        "deployment": "mine",
        "engine": Engine(name="valkey", version="9.1.2"),
        "sandbox": "namespaces",
        "ack": "wait:1",
        "writes": Writes(attempted=1, acknowledged=1, lost=0),
        "failover_ms": None,
        "phases_ms": None,
        "objectives": [
            ObjectiveResult(name=name, limit=0, value=1, unit="", outcome="violated", reason="missed")
            for name in missed
        ],
        "faults": [],
        "advice": list(named),
        "duration_ms": 10_000.0,
        "run_dir": f"runs/20260101T120000-{scenario}-{seed}",
        "command": ["jsquared", "run", scenario, "--deployment", "./mine", "--seed", str(seed)],
    }
    return TrialVerdict(**(given | fields))
