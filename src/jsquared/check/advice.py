"""From a violated objective to the directive responsible, where the configuration explains what was measured.

The static analysis knows which lines cannot keep which objectives; the trial knows what happened. A finding becomes advice only where
the two meet: its rule explains this objective, and where it needs a cause to have been seen (a kind of loss), that cause was seen.
"""

from collections.abc import Iterator, Mapping, Sequence

from jsquared.check.checker import Findings
from jsquared.records.findings import Finding
from jsquared.records.plan import Plan
from jsquared.records.verdict import REFUSED, Advice, ObjectiveResult

NOT_ATTACHED = ("replicaof-missing", "replicaof-astray", "monitor-missing", "monitor-astray")
CANNOT_LOG_IN = (
    "masterauth-missing", "masterauth-wrong", "sentinel-auth-missing", "sentinel-auth-wrong", "sentinel-user-lacks",
    "replica-user-lacks", "sentinels-refuse-each-other", "sentinel-peer-lacks", "renamed-for-sentinel",
    "renamed-for-replicas",
)  # fmt: skip
CANNOT_REACH = (
    "tls-replication-differs", "tls-port-only", "tls-replication-without-port", "tls-wrong-port",
    "tls-incomplete", "tls-untrusted", "tls-expired",
    "hostnames-not-resolved", "bind-loopback", "loopback-address", "protected-mode", "protected-mode-default",
    "port-taken", "announced-twice", "announces-another-host", "announced-port-closed", "sentinels-share-id",
    "maxclients-low", "maxclients-near", "floating-address-required",
)  # fmt: skip
FOLLOWS_ITSELF = "floating-address-monitored"
CANNOT_AGREE = (
    "majority-dies-with-primary", "quorum-unreachable", "quorum-dies-with-host", "majority-dies-with-host", "no-replicas",
    "no-promotable-replica", "stale-majority-lost", "stale-sentinels", "quorums-differ",
)  # fmt: skip
MAJORITY = ("majority-dies-with-primary", "majority-dies-with-host")
"""The first says it all where both hold: they name the same line and the same change."""
SLOW = (
    "failover-over-10s", "failover-near-10s", "failover-timeout-long", "down-after-below-tilt", "failover-timeout-short",
    "even-sentinels", "hostnames-block", "sentinels-differ",
)  # fmt: skip
REFUSED_WRITES = (
    "min-replicas-above-replicas",
    "min-replicas-all",
    "min-replicas-needs-every-replica",
    "ack-needs-every-replica",
)
EMPTIED = (
    "storage-shared",
    "no-persistence",
    "snapshots-only",
    "append-only-on-some",
    "transactions-not-loaded",
    "diskless-load",
    "priorities-differ",
)
COPIES = ("repl-timeout-short", "output-buffer-small", "backlog-small")
DIVERGED = (
    "ack-lost-in-split", "ack-lost-in-split-later", "min-replicas-off", "min-replicas-lag-zero", "min-replicas-lag-long",
    "client-asks-one", "quorum-one", "min-replicas-off-unconfirmed", "writable-replica", "ack-safe-in-splits",
)  # fmt: skip

STAND_UP_RULES = (*NOT_ATTACHED, *CANNOT_LOG_IN, *CANNOT_REACH, "min-replicas-above-replicas")
"""Rules whose violation can keep a deployment from ever converging."""

LOSS_RULES: dict[str, Sequence[str]] = {
    "empty restart": EMPTIED,
    "rolled-back restart": EMPTIED,
    "split brain": DIVERGED,
    "paused primary": DIVERGED,
    "stale promotion": (FOLLOWS_ITSELF, "priorities-differ", *DIVERGED),
    "replication cut": ("priorities-differ", *DIVERGED),
    "asynchronous tail": ("priorities-differ", *DIVERGED),
}
"""Causes of loss to the rules that explain them, the likeliest first."""
TOGETHER = {"transaction", "script"}
"""Kinds of operations that stand in an append-only file between MULTI and EXEC."""
BY_ORDER = "operator-order"
"""In the place of a rule, where an operator's order lost writes and no line of the configuration did."""
ORDERED = "ordered failover"
"""Not an objective: a coordinated failover that was ordered and did not happen, so that nothing could be measured."""
RULES: dict[str, Sequence[str]] = {
    "failover": (*CANNOT_AGREE, *CANNOT_LOG_IN, *CANNOT_REACH, *SLOW, *REFUSED_WRITES, "client-asks-one"),
    "write_gap": (
        FOLLOWS_ITSELF,
        *CANNOT_AGREE,
        *CANNOT_LOG_IN,
        *CANNOT_REACH,
        *SLOW,
        *REFUSED_WRITES,
        "client-asks-one",
    ),
    "writes_resume_after_heal": (
        FOLLOWS_ITSELF,
        *CANNOT_LOG_IN,
        *REFUSED_WRITES,
        *CANNOT_REACH,
        "failover-timeout-long",
        *SLOW,
        "client-asks-one",
    ),
    "convergence": (
        FOLLOWS_ITSELF,
        "sentinel-file-unreadable",
        *CANNOT_LOG_IN,
        *CANNOT_REACH,
        "failover-timeout-long",
        *COPIES,
    ),
    "no_failover": ("quorum-one", "down-after-within-stalls", "down-after-below-tilt", "repl-timeout-short"),
    ORDERED: ("sentinel-user-lacks-failover",),
    "full_syncs": ("backlog-small", "output-buffer-small"),
    "all_failed_over": (*CANNOT_AGREE, *CANNOT_LOG_IN, *CANNOT_REACH, *SLOW),
}
"""Objectives to the rules that explain why they are violated, the likeliest first."""
SILENT = "does not answer"
"""What the lab says of a server or Sentinel that keeps a deployment from being one, and never of a copy that takes too long."""
ATTEMPTS = ("failover-timeout-long", "failover-timeout-short", "even-sentinels")
"""Rules about what a failed attempt at a failover costs: they explain nothing where the first attempt succeeded."""
NOTICED_LATE = ("failover-over-10s", "failover-near-10s")
"""Rules about the time until a dead primary is noticed: what else is wrong cost nothing where the rest of a failover was quick."""
FIRST_ATTEMPT_MS = 5_000
"""An attempt that fails is followed by the next after twice failover-timeout; one that succeeds takes about 1.5 s from the agreement
on, and a few seconds on a busy machine."""
MOST = 3
"""More pieces of advice for one objective would bury the right one."""


def advice_of(objective: str, finding: Finding) -> Advice:
    """A finding as advice for an objective."""
    return Advice(
        objective=objective,
        rule=finding.rule,
        directive=finding.directive,
        where=finding.where,
        message=finding.message,
        fix=finding.fix,
        try_with=finding.try_with,
        severity=finding.severity,
        effect=finding.effect,
    )


def advise(plan: Plan, objectives: Sequence[ObjectiveResult], findings: Findings) -> list[Advice]:
    """The advice for every violated objective, the likeliest responsible line first; none where nothing explains it."""
    missed = [result.name for result in objectives if result.outcome == "violated"]
    if "failover" not in missed and _failover_is_missing(plan, findings):
        missed.append("failover")
    if _order_was_given_up(plan, findings):
        missed.append(ORDERED)
    return [advice for name in missed for advice in _of_order(plan, name, findings) or _of_lines(plan, name, findings)]


def _of_lines(plan: Plan, name: str, findings: Findings) -> list[Advice]:
    """The lines of the configuration that explain what was measured."""
    concerning = _concerning(plan, name)
    rules = _seen(name, list(_rules(name, findings)), findings)
    if _noticed_late(name, findings) and any(one.rule in NOTICED_LATE for one in concerning):
        rules = list(NOTICED_LATE)
    explained = explaining(concerning, rules)
    if {one.rule for one in explained}.issuperset(MAJORITY):
        explained = [one for one in explained if one.rule != MAJORITY[1]]
    return [advice_of(name, one) for one in explained[:MOST]]


def _of_order(plan: Plan, name: str, findings: Findings) -> list[Advice]:
    """Return the advice for writes lost by an operator's order: no line of the configuration is responsible, the form of the order is."""
    lost = name == "lost_writes" or (name == "lost_operations" and not findings.losses)
    if not lost or len(plan.faults) != 1:
        return []
    order = plan.faults[0].name
    if order == "flush-all":
        return [
            Advice(
                objective=name,
                rule=BY_ORDER,
                directive="FLUSHALL",
                where="",
                message="The primary and every replica did as they were told: replication copies a mistake as it copies anything else.",
                fix="users without the command (ACL SETUSER … -@dangerous), and backups that are kept elsewhere",
            )
        ]
    if order != "manual-failover":
        return []
    return [
        Advice(
            objective=name,
            rule=BY_ORDER,
            directive=f"SENTINEL FAILOVER {plan.master_name}, while clients write",
            where="",
            message="The old primary keeps acknowledging until the Sentinels demote it, and the new one lacks these writes.",
            fix=(
                "CLIENT PAUSE 10000 WRITE at the primary and equal offsets of all replicas first, as the scenario manual-failover-paused "
                "does, or SENTINEL FAILOVER … COORDINATED with Valkey 9"
            ),
        )
    ]


def _order_was_given_up(plan: Plan, findings: Findings) -> bool:
    """True if a coordinated failover was ordered and not carried out."""
    coordinated = {fault.id for fault in plan.faults if fault.parameters.get("coordinated")}
    return any(fault.id in coordinated and not fault.bit for fault in findings.faults)


def _failover_is_missing(plan: Plan, findings: Findings) -> bool:
    """True if a checker blames the deployment for a planned failover that never came; this needs no objective."""
    violated = any(note.outcome == "violated" for note in findings.notes)
    return plan.expect_failover and findings.failovers == 0 and violated


def explaining(found: Sequence[Finding], rules: Sequence[str]) -> list[Finding]:
    """Those of the findings that come from these rules, in the order of the rules; mere facts only where nothing else is there."""
    ordered = [finding for rule in rules for finding in found if finding.rule == rule]
    serious = [finding for finding in ordered if finding.outcome != "fact"]
    return serious or [finding for finding in ordered if finding.fix or finding.rule == "ack-safe-in-splits"]


def _concerning(plan: Plan, objective: str) -> list[Finding]:
    """The findings about the primary that the trial is about; about all of them where the objective is about all of them."""
    everywhere = objective in ("convergence", "all_failed_over")
    return [one for one in plan.findings if everywhere or one.master_name in ("", plan.master_name)]


def _seen(objective: str, rules: Sequence[str], findings: Findings) -> list[str]:
    """The rules without those whose cause was seen not to be there.

    Failed attempts explain no outage where the measured failover needed only one, and only what cost its time explains it; copies
    explain no silent server.
    """
    unseen: tuple[str, ...] = ()
    phases = findings.failover.phases_ms if findings.failover else None
    if objective in ("failover", "write_gap") and phases:
        first = sum(phases[name] for name in ("elect", "promote", "announce")) < FIRST_ATTEMPT_MS
        unseen = (*(ATTEMPTS if first else ()), *_not_the_cost(phases, findings))
    if objective == "convergence" and findings.convergence:
        silent = any(SILENT in problem for problem in findings.convergence.problems)
        unseen = COPIES if silent else ()
    return [rule for rule in rules if rule not in unseen]


def _noticed_late(objective: str, findings: Findings) -> bool:
    """True if a failover took long because the primary was noticed late, and for nothing else."""
    phases = findings.failover.phases_ms if findings.failover else None
    if objective not in ("failover", "write_gap") or not phases:
        return False
    late = phases.get("detect", 0.0)
    rest = sum(phases.values()) - late
    return late > rest and rest < FIRST_ATTEMPT_MS


def _not_the_cost(phases: Mapping[str, float], findings: Findings) -> tuple[str, ...]:
    """The rules about refusals where no server refused for long; those about Sentinels and clients where refusals cost most of the time."""
    refused = REFUSED in phases or any(gap.refusals for gap in findings.gaps)
    if not refused:
        return REFUSED_WRITES
    return (*SLOW, *CANNOT_AGREE, "client-asks-one") if 2 * phases.get(REFUSED, 0.0) > sum(phases.values()) else ()


def _only_together(findings: Findings) -> bool:
    """True if the only losses are parts of transactions."""
    kinds = findings.operations.kinds if findings.operations else {}
    return {name for name, kind in kinds.items() if kind.lost} <= TOGETHER


def _rules(objective: str, findings: Findings) -> Iterator[str]:
    if objective == "lost_writes" or (objective == "lost_operations" and not findings.losses):
        losses = findings.losses if objective == "lost_writes" else findings.operation_losses
        if objective == "lost_operations" and _only_together(findings):
            yield "transactions-not-loaded"
        causes = dict.fromkeys(loss.cause for loss in losses)
        yield from dict.fromkeys(rule for cause in causes for rule in LOSS_RULES.get(cause, ()))
    else:
        yield from RULES.get(objective, ())
