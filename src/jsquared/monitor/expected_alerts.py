"""The alerts that must fire in a trial, those that may, and by both those that must not: what the matrix of alerts is judged by.

An alert must fire where its condition is sure to hold for long enough: in every trial that fails over, FailoverHappened; beyond that, by
scenario (``MUST``). It may fire where what was broken can make its condition true for a while (``MAY``). Any other fires without a reason.
"""

from collections.abc import Iterable, Iterator

from jsquared.monitor.alert_catalogue import ALERTS
from jsquared.monitor.profile import Profile
from jsquared.monitor.stack_parts import RESEND_S
from jsquared.records.alert_results import ExpectedAlert, PlannedAlerts
from jsquared.records.plan import Plan
from jsquared.scenario.moments import Moment

FAILOVER_LIMIT_S = 10.0
"""The objective: within it the primary is another one."""
USUAL_RECOVERY_S = 15.0
"""What every plan grants beyond detection; what it grants beyond that, its failover needs too."""
SCRAPES_TO_NOTICE = 3
"""One until the next scrape, one until the rules are computed after it, and one that a busy machine misses."""

PROMETHEUS_START_S = 10.0
"""Until it has read what it had stored, on a busy machine."""
RETRY_S = 30.0
"""After so long at the most Alertmanager has tried again: it waits longer each time, and begins anew after ten seconds."""

MUST: dict[str, dict[str, float]] = {
    "primary-crash": {"RedisDown": 0},
    "primary-hang": {"RedisUnresponsive": 0},
    "host-lost": {"RedisDown": 0, "SentinelDown": 0},
    "leader-crash-after-election": {"RedisDown": 0.5},
    "leader-crash-after-promotion": {"RedisDown": 0.5},
    "sentinels-paused-then-crash": {"SentinelTilt": 3, "RedisDown": 0.5},
    "clock-step-then-crash": {"SentinelTilt": 0, "RedisDown": 1},
    "replica-crash": {"RedisDown": 0},
    "replica-isolated": {"ReplicaLag": 4},
    "sentinel-crash": {"SentinelDown": 0},
    "sentinel-majority-lost": {"SentinelDown": 0, "SentinelQuorumLost": 1, "RedisDown": 0.5},
    "primary-restart-fast": {"PrimaryRestartedInPlace": 2},
    "primary-restart-with-delay": {"PrimaryRestartedInPlace": 2},
    "cold-restart": {"PrimaryRestartedInPlace": 1},
    "bgsave-fails": {"PersistenceFailing": 2},
    "big-key-resync": {"FullResync": 2},
    "output-buffer-overflow": {"FullResync": 4},
    "output-buffer-loop": {"FullResync": 5},
    "replica-hang": {"RedisUnresponsive": 0},
    "replication-flapping": {"LinkFlapping": 4},
    "sentinel-forgets-primary": {"SentinelNotMonitoring": 0},
    "primary-memory-full": {"WritesRejected": 1},
    "primary-flushed": {"DatasetShrank": 0},
    "exporter-down": {"RedisExporterDown": 0},
    "receiver-fails-then-crash": {"RedisDown": 1, "NotificationsFailing": 25},
}
"""Scenarios to alerts, each with the seconds from the first fault after which its condition holds."""

LASTING = frozenset({
    "replica-crash", "replica-hang", "replica-isolated", "sentinel-crash", "sentinel-majority-lost", "sentinel-forgets-primary",
})  # fmt: skip
"""Scenarios whose faults are healed after a few seconds, and last longer where they are monitored: no rule that waits could see them."""

GONE = frozenset({
    "kill", "restart", "restart-with-delay", "slow-loading", "upgrade", "new-address", "sentinel-crash-at", "sentinel-new-id",
    "sentinel-old-config", "flap",
})  # fmt: skip
"""Faults that end processes."""
SILENT = frozenset({"pause", "slow-command", "cpu-starve", "memory-limit", "disk-slow", "flap", "clock-step"})
"""Faults that make servers slow or silent."""
CUT = frozenset({"cut", "loss", "bandwidth", "delay", "duplicate", "reset-connections", "pause", "flap"})
"""Faults of links, and a server that takes nothing from its own."""
COPIES = GONE | CUT | frozenset({
    "big-key-resync", "output-buffer-overflow", "write-burst", "replicaof-by-hand", "change-password", "disk-full", "busy-script",
    "rotate-passwords", "replace-certificate",
})  # fmt: skip
"""Faults after which a replica may have to copy everything, or is behind for a while."""
DISKS = frozenset({"disk-full", "disk-read-only", "failing-bgsave", "disk-slow"})
LOGINS = frozenset({"change-password", "rotate-passwords", "replace-certificate"})
"""Faults after which servers or clients are refused: by a password, or by a certificate."""
BY_HAND = frozenset({
    "replicaof-by-hand", "manual-failover", "failover-while-paused", "sentinel-reset", "sentinel-remove", "forged-hello",
})  # fmt: skip
MEMORY = frozenset({"memory-full"})
LOAD = frozenset({
    "write-burst", "busy-script", "connection-storm", "unauthenticated-flood", "big-key-resync", "output-buffer-overflow",
})  # fmt: skip

UNSEEN = frozenset({"monitoring-down", "prometheus-disk-full"})
"""Faults on the monitoring itself, after which nothing is measured for a while."""
UNTOLD = frozenset({"monitoring-down", "receiver-fails"})
"""Faults on the way from a rule to people."""

MAY: dict[str, frozenset[str]] = {
    "FailoverHappened": GONE | SILENT | CUT | LOGINS | DISKS | LOAD | BY_HAND,
    "RedisDown": GONE | SILENT | LOGINS | DISKS | LOAD,
    "RedisUnresponsive": SILENT | CUT | LOAD | UNSEEN | frozenset({"new-address"}),
    "RedisExporterDown": UNSEEN,
    "SentinelDown": GONE | SILENT | CUT | LOGINS | UNSEEN,
    "SentinelTilt": SILENT | GONE,
    "PrimaryODown": GONE | SILENT | CUT | LOGINS | DISKS | LOAD,
    "PrimarySDownStuck": GONE | SILENT | CUT | LOGINS | DISKS | LOAD | BY_HAND,
    "NoUsablePrimary": GONE | SILENT | CUT | LOGINS | DISKS | LOAD | BY_HAND | UNSEEN,
    "PrimaryRestartedInPlace": GONE | DISKS | frozenset({"clock-step"}),
    "MultiplePrimaries": GONE | CUT | SILENT | BY_HAND,
    "SentinelsDisagree": GONE | CUT | SILENT | BY_HAND | DISKS,
    "SentinelPeerMissing": GONE | SILENT | CUT,
    "SentinelQuorumLost": GONE | SILENT | CUT | UNSEEN,
    "SentinelCountWrong": GONE | BY_HAND,
    "SentinelNotMonitoring": GONE | BY_HAND,
    "NoPromotableReplica": GONE | SILENT | CUT | LOGINS | BY_HAND | LOAD,
    "GhostReplica": GONE | BY_HAND,
    "ReplicaLinkDown": COPIES | SILENT | BY_HAND | LOGINS,
    "ReplicaNotOnline": COPIES | SILENT | BY_HAND,
    "ReplicaLag": COPIES | SILENT | LOAD,
    "GapBeyondBacklog": COPIES | SILENT | LOAD,
    "LinkFlapping": COPIES | BY_HAND,
    "FullResync": COPIES | BY_HAND | LOAD | DISKS,
    "DatasetShrank": frozenset({"kill", "restart-empty", "flush-all"}),
    "MemoryNearMax": MEMORY,
    "WritesRejected": GONE | CUT | SILENT | DISKS | BY_HAND | LOAD | LOGINS | MEMORY,
    "PersistenceFailing": DISKS,
    "ConnectionsRejected": frozenset({"connection-storm"}),
    "WriteSLOBurn": GONE | SILENT | CUT | DISKS | LOAD | LOGINS,
    "FailoverStorm": frozenset({"flap"}),
    "NotificationsFailing": UNTOLD,
}
"""Alerts to the faults that can make their conditions true."""
OF_A_FAILOVER = frozenset({
    "FailoverHappened", "PrimaryODown", "PrimarySDownStuck", "NoUsablePrimary", "MultiplePrimaries", "SentinelsDisagree",
    "ReplicaLinkDown", "ReplicaNotOnline", "ReplicaLag", "FullResync", "WritesRejected", "WriteSLOBurn",
})  # fmt: skip
"""Alerts that may fire whenever the primary becomes another one, whatever the fault."""
ALWAYS = frozenset({"Watchdog"})


def expected_alerts(plan: Plan, profile: Profile) -> PlannedAlerts:
    """Return what is asked of the alerts in a trial."""
    blind_s = _blind_s(plan, profile)
    within = {name: blind_s + within_s(name, after_s, profile) for name, after_s in _must(plan).items()}
    way_s = _way_s(plan)
    arrival_s = max(within.values(), default=0.0) + way_s if way_s else 0.0
    after_heal = any(fault.name == "prometheus-disk-full" for fault in plan.faults)
    expected = tuple(
        ExpectedAlert(
            alert=name,
            within_ms=round(1000 * limit_s),
            arrives_within_ms=round(1000 * arrival_s),
            after_heal=after_heal,
        )
        for name, limit_s in within.items()
    )
    return PlannedAlerts(
        profile=profile.name,
        scrape_ms=profile.scrape_s * 1000,
        expected=expected,
        accepted=tuple(sorted(ALWAYS.union(_may(plan)))),
    )


def within_s(alert: str, after_s: float, profile: Profile) -> float:
    """How long an alert may take to fire, from the first fault on, whose condition holds after so many seconds."""
    return after_s + ALERTS[alert].hold_s(profile) + SCRAPES_TO_NOTICE * profile.scrape_s


def _blind_s(plan: Plan, profile: Profile) -> float:
    """How much later a rule may see what it is about, since Prometheus was away or stored nothing."""
    blind_s = 0.0
    for fault in plan.faults:
        if fault.name == "prometheus-disk-full":  # from the failover on it is waited until it has missed a scrape
            blind_s += FAILOVER_LIMIT_S + 3 * profile.scrape_s + PROMETHEUS_START_S
        elif fault.name == "monitoring-down" and fault.parameters.get("part") == "prometheus":
            blind_s += Moment.parse(fault.heal).after_ms / 1000 + PROMETHEUS_START_S
    return blind_s


def _way_s(plan: Plan) -> float:
    """How much later an alert may arrive than the last one fires, since the way to its receiver is broken until then."""
    ways = {"receiver-fails": RETRY_S, "alertmanager": RESEND_S + RETRY_S}
    broken = {str(fault.parameters.get("part", fault.name)) for fault in plan.faults if fault.name in UNTOLD}
    return max((ways[name] for name in broken & ways.keys()), default=0.0)


def _must(plan: Plan) -> dict[str, float]:
    must = dict(MUST.get(plan.scenario, {}))
    if plan.expect_failover:
        own_s = (plan.recovery_limit_ms - plan.down_after_ms) / 1000 - USUAL_RECOVERY_S
        must["FailoverHappened"] = FAILOVER_LIMIT_S + max(own_s, 0.0) + _last_start_s(plan)
    return must


def _last_start_s(plan: Plan) -> float:
    """How long after the first fault the last one begins at the latest, where all begin before the recovery."""
    starts = [Moment.parse(fault.start) for fault in plan.faults]
    heals = [Moment.parse(fault.heal).after_ms for fault in plan.faults if not fault.heal.endswith("recovery")]
    follow = [start.after_ms for start in starts if start.anchor not in ("load", "recovery")]
    loads = [start.after_ms for start in starts if start.anchor == "load"]
    waits = sum(heals) if follow else 0
    return (sum(follow) + max(loads) - min(loads) + waits) / 1000


def _may(plan: Plan) -> Iterator[str]:
    faults = {fault.name for fault in plan.faults}
    yield from (alert for alert, justified_by in MAY.items() if faults & justified_by)
    if plan.expect_failover or faults & BY_HAND:
        yield from OF_A_FAILOVER


def lasting_s(alerts: Iterable[ExpectedAlert]) -> float:
    """How long a fault must last for all these to fire."""
    return max((one.within_ms for one in alerts), default=0.0) / 1000
