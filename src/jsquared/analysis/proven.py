"""Trials whose outcome follows from the text: nothing that could happen in them keeps their objective.

A violated finding says that *an* objective cannot be kept. It proves a trial violated only where that trial asks for just this, so all
of the following must hold:

- the trial expects a failover, and limits it;
- the primary is taken away by one fault that nothing undoes before the failover: it is killed, paused or cut off whole. Other
  faults touch replication links, replicas or clients alone. No clock is moved, no Sentinel touched but that on the lost host, no failover
  ordered, and nothing is reconfigured;
- no line whose effect the trial depends on runs otherwise than written;
- the rule's own condition holds for *every* Sentinel, or for every replica, and not for one of them only.
"""

from collections.abc import Iterator, Sequence

from jsquared.analysis.group import Group, priority
from jsquared.deployment.model.spec import DEFAULT_DOWN_AFTER_MS
from jsquared.records.findings import Finding
from jsquared.records.plan import Plan, PlannedFault

TAKES_AWAY = ("kill", "pause", "cut")
UNTIL_RECOVERY = "after recovery"
HARMLESS = ("replica", "client")
DETECTION_SLACK_MS = 2_000
"""Sentinel counts from the last valid reply to its PING, which it sends every second: it may consider a primary down that much earlier."""


def proving_rule(plan: Plan, group: Group, findings: Sequence[Finding]) -> str:
    """Return the rule that proves a trial violated; empty where none does, as for most trials.

    :param group: the primary that the trial is about, with its replicas and Sentinels.
    :param findings: those of the static analysis.
    """
    limit_ms = failover_limit_ms(plan)
    if limit_ms is None or plan.unreproduced_lines or not loses_primary_for_good(plan, group.primary.host):
        return ""
    violated = {one.rule for one in findings if one.outcome == "violated" and one.master_name in ("", group.master)}
    return next((rule for rule in _certain(group, limit_ms) if rule in violated), "")


def failover_limit_ms(plan: Plan) -> float | None:
    """How long the failover may take that a trial expects; None where it expects none, or does not limit it."""
    limits = [objective.limit for objective in plan.objectives if objective.name == "failover"]
    return limits[0] if plan.expect_failover and limits else None


def loses_primary_for_good(plan: Plan, host: str) -> bool:
    """True if one fault takes the primary away until the failover is over, and no other one has to do with when that is."""
    main = [fault for fault in plan.faults if not _is_harmless(fault)]
    return len(main) == 1 and _takes_away(main[0], host)


def _takes_away(fault: PlannedFault, host: str) -> bool:
    first, *others = fault.targets
    whole = fault.name in TAKES_AWAY and "links" not in fault.parameters and "against" not in fault.parameters
    alone = first in ("primary", f"host:{host}") and all(_is_aside(target) for target in others)
    return whole and alone and fault.heal.endswith(UNTIL_RECOVERY)


def _is_harmless(fault: PlannedFault) -> bool:
    """True of a cut of replication links, and of what is done to clients alone: no Sentinel sees either."""
    if fault.name != "cut":
        return False
    return fault.parameters.get("links") == "replication" or all(_is_client(target) for target in fault.targets)


def _is_aside(target: str) -> bool:
    return target.partition(":")[0] in HARMLESS


def _is_client(target: str) -> bool:
    return target.partition(":")[0] == "client"


def _certain(group: Group, limit_ms: float) -> Iterator[str]:
    """The rules whose condition holds for all of the group, so that no failover can complete within the limit."""
    noticed_ms = [group.number(node, "down-after-milliseconds", DEFAULT_DOWN_AFTER_MS) for node in group.sentinels]
    if noticed_ms and min(noticed_ms) - DETECTION_SLACK_MS > limit_ms:
        yield "failover-over-10s"
    if group.quorums and min(group.quorums.values()) > len(group.sentinels):
        yield "quorum-unreachable"
    if group.replicas and not any(map(priority, group.replicas)):
        yield "no-promotable-replica"
