"""Limits that a sound deployment can keep, each with the reason why it is fair to ask for it."""

from collections.abc import Sequence

from jsquared.records.plan import PlannedObjective
from jsquared.scenario.situation import Situation

FAILOVER_LIMIT_MS = 10_000
CONVERGENCE_LIMIT_MS = 30_000
RESUME_LIMIT_MS = 10_000
DEMOTION_LIMIT_MS = 20_000
"""An old primary that returns is demoted after 10 to 11 s (a rule of 8 s on an INFO of 10 s), then it resynchronises, which may wait for
the 5 s of repl-diskless-sync-delay."""
TILT_MS = 30_000
"""How long a Sentinel that felt its timer jump takes no action (SENTINEL_TILT_PERIOD in sentinel.c)."""

USUAL_LIMITS: dict[str, int] = {
    "failover": FAILOVER_LIMIT_MS,
    "write_gap": FAILOVER_LIMIT_MS,
    "writes_resume_after_heal": RESUME_LIMIT_MS,
    "all_failed_over": FAILOVER_LIMIT_MS,
    "convergence": CONVERGENCE_LIMIT_MS,
    "lost_writes": 0,
    "lost_operations": 0,
}
"""The limits of most scenarios, of the objectives for which a team may ask for others."""


def lost_writes(reason: str) -> PlannedObjective:
    """No acknowledged write may be lost."""
    return PlannedObjective(name="lost_writes", limit=0, unit="writes", reason=reason)


def convergence(limit_ms: int = CONVERGENCE_LIMIT_MS) -> PlannedObjective:
    """After the heal: one primary, agreed on by all, every replica attached with the same content."""
    return PlannedObjective(
        name="convergence",
        limit=limit_ms,
        unit="ms",
        reason="a returning primary is demoted within about 11 s (Sentinel waits 8 s, and looks when it polls INFO, every 10 s),"
        " then resynchronises",
    )


def no_failover(reason: str) -> PlannedObjective:
    """No failover may happen."""
    return PlannedObjective(name="no_failover", limit=0, unit="failovers", reason=reason)


def failover(reason: str, limit_ms: int = FAILOVER_LIMIT_MS, clients: Sequence[str] = ()) -> PlannedObjective:
    """From the first fault until these clients write to another primary; all clients where none is named."""
    return PlannedObjective(name="failover", limit=limit_ms, unit="ms", reason=reason, clients=tuple(clients))


def write_gap(reason: str, limit_ms: int = FAILOVER_LIMIT_MS, clients: Sequence[str] = ()) -> PlannedObjective:
    """The longest time in which these clients have no write acknowledged; all clients where none is named."""
    return PlannedObjective(name="write_gap", limit=limit_ms, unit="ms", reason=reason, clients=tuple(clients))


def full_syncs(limit: int, reason: str) -> PlannedObjective:
    """How many times a replica may copy everything."""
    return PlannedObjective(name="full_syncs", limit=limit, unit="full synchronisations", reason=reason)


def service_limits(situation: Situation, limit_ms: int = FAILOVER_LIMIT_MS, reason: str = "") -> list[PlannedObjective]:
    """Time limits of a scenario in which the primary is lost.

    Where writes can be acknowledged again before the heal: failover, and the write gap of the clients that can reach the
    majority. Where they cannot (too few replicas left for the level): only that they resume after the heal.
    """
    limits = []
    if situation.fails_over and situation.acknowledges_by_itself:
        fair = reason or "the Sentinels' majority and enough replicas are left, so service must recover by itself"
        reachable = situation.reachable_clients
        if reachable:  # an objective that names no client would be about all of them
            limits += [failover(fair, limit_ms, reachable), write_gap(fair, limit_ms, reachable)]
        return limits + resume_limits(situation.isolated_clients)
    if not situation.fails_over:
        return resume_limits(situation.clients)
    reason = (
        "too few replicas are left for this level until the old primary has been demoted, 10 to 11 s after the heal"
    )
    return resume_limits(situation.clients, DEMOTION_LIMIT_MS, reason)


def service_limits_after_other_faults(
    situation: Situation, limit_ms: int = FAILOVER_LIMIT_MS, reason: str = ""
) -> list[PlannedObjective]:
    """As :func:`service_limits`, where other faults come before the one that costs the primary.

    A failover's time counts from the first fault, so it would say nothing; the write gap says what clients felt.
    """
    return [limit for limit in service_limits(situation, limit_ms, reason) if limit.name != "failover"]


def limits_with_full_copy(
    situation: Situation, limit_ms: int = FAILOVER_LIMIT_MS, reason: str = ""
) -> list[PlannedObjective]:
    """As :func:`service_limits`, where the replicas that are left must copy everything before they can confirm a write.

    They must where the old primary lived on while it was replaced: they followed it further than the one that was promoted. Where such
    a copy does not begin at once, by the deployment's own setting, that time is granted to clients that wait for replicas.
    """
    delay_ms = situation.copy_delay_ms if situation.ack.replicas else 0
    if not delay_ms:
        return service_limits(situation, limit_ms, reason)
    why = (
        f"{reason or '10 s'}, and {delay_ms / 1000:g} s more: the remaining replicas make full copies first, which begin "
        "only after repl-diskless-sync-delay; with 'repl-diskless-sync-delay 0' this is not needed"
    )
    return service_limits(situation, limit_ms + delay_ms, why)


def steady_limits(situation: Situation, why: str, limit_ms: int = FAILOVER_LIMIT_MS) -> list[PlannedObjective]:
    """Limits of a scenario in which the primary stays: no failover, and service without a long gap for whoever can reach it.

    Where too few replicas are left for the level that the clients ask for: that writes resume after the heal.

    :param why: why no failover may happen.
    """
    kept = no_failover(why)
    if not situation.acknowledges_by_itself:
        return [kept, *resume_limits(situation.clients)]
    reason = "the primary keeps serving, and enough replicas are left to acknowledge"
    clients = situation.reachable_clients
    gaps = [write_gap(reason, limit_ms, clients)] if clients else []
    return [kept, *gaps, *resume_limits(situation.isolated_clients)]


def resume_limits(
    clients: Sequence[str],
    limit_ms: int = RESUME_LIMIT_MS,
    reason: str = "they cannot be acknowledged before healing: too few nodes are within reach",
) -> list[PlannedObjective]:
    """Writes of these clients must resume after the heal; nothing where there are none."""
    name = "writes_resume_after_heal"
    limit = PlannedObjective(name=name, limit=limit_ms, unit="ms", reason=reason, clients=tuple(clients))
    return [limit] if clients else []
