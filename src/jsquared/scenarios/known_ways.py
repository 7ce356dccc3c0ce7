"""The known ways to break a Sentinel deployment: what a sound one makes of each, what a bad one shows, how much it matters.

Read from sentinel.c of Redis 6.2.14, 7.0.15, 7.2.6, 7.4.1 and of Valkey 8.0.1 and 9, and measured with Redis 7.0.15 in private network
namespaces. Scenarios, rules of the analysis and their documentation name a way by its tag, such as ``split-vote``.
"""

from dataclasses import dataclass
from typing import Literal

SEVERITY = {1: "loss, or stuck", 2: "objective missed", 3: "degraded"}


@dataclass(frozen=True)
class Way:
    """One known way. ``severity``: 1 is a loss or a deployment that is stuck, 2 an objective missed, 3 degraded service."""

    fault: str
    safe: str
    shows: str
    severity: Literal[1, 2, 3]


WAYS: dict[str, Way] = {
    "primary-crash": Way("primary crash", "failover < 10 s", "no failover", 2),
    "primary-hang": Way("primary hang", "failover, old one demoted", "keeps acknowledging ~10 s", 1),
    "primary-unreachable": Way("primary unreachable", "failover", "client hangs", 2),
    "primary-and-client-isolated": Way(
        "primary + client isolated", "writes stop within L+1 s", "unbounded acknowledgements", 1
    ),
    "primary-replica-and-client-isolated": Way(
        "primary + replica + client isolated", "no acknowledgements", "WAIT-1 loss", 1
    ),
    "sentinels-blind": Way("only the Sentinels are blind", "no loss", "false failover and loss", 1),
    "replication-cut-then-kill": Way("replication cut, then kill", "acknowledged writes kept", "loss", 1),
    "pause-shorter-than-down-after": Way("pause shorter than da", "no failover", "false failover", 3),
    "primary-flaps": Way("flapping", "stable", "epoch churn", 2),
    "fast-empty-restart": Way("fast empty restart of the primary", "replicas keep their data", "everything wiped", 1),
    "slow-loading-after-restart": Way(
        "slow loading after restart", "reboot period leads to failover", "minutes down", 2
    ),
    "only-replica-left-empty": Way("only replica left is empty", "refused, or an alert", "empty one promoted", 1),
    "priority-beats-data": Way("priority beats data", "most data wins", "empty wins", 1),
    "stale-replica-links": Way("stale replica links", "alert", "never fails over", 1),
    "tilt-everywhere": Way("TILT everywhere", "recovers", "stuck", 1),
    "clock-step": Way("clock step on one host", "one TILT only", "all TILT", 2),
    "two-sentinels": Way("two Sentinels, lose one with the primary", "design rejected before", "no majority", 1),
    "sentinel-majority-gone": Way("Sentinel majority gone", "alert", "silent", 1),
    "stale-sentinels-counted": Way("stale Sentinels counted", "count alarm", "majority unreachable", 1),
    "split-vote": Way("split vote", "retry inside the objective", "+ 2 x ft", 2),
    "leader-crashes-after-election": Way("leader crashes after election", "recovers", "+ 2 x ft", 2),
    "leader-crashes-after-promotion": Way("leader crashes after promotion", "one primary", "orphan primary", 1),
    "wrong-quorum": Way("wrong quorum", "rejected", "false or no failover", 1),
    "masterauth-missing": Way("masterauth missing", "all resync", "old primary cannot rejoin", 2),
    "sentinel-acl-lacks": Way("Sentinel ACL lacks is-master-down-by-addr", "CKQUORUM fails", "no ODOWN", 1),
    "tls-mismatch": Way("TLS mismatch", "alarm at start", "all SDOWN", 1),
    "slow-resolver": Way("slow resolver", "failover", "blocking TILT", 1),
    "sentinel-state-not-writable": Way(
        "Sentinel state not writable", "failover 2.3 s + alert", "restart forgets the epoch", 2
    ),
    "bgsave-fails": Way("BGSAVE fails", "failover 3.2 s", "ping-pong if all are full", 2),
    "aof-disk-full": Way("AOF disk full", "MISCONF, failover", "cascade", 1),
    "busy-script": Way("BUSY script", "failover 3.3 s", "flapping, unkillable", 2),
    "fork-or-fsync-stall": Way("fork or fsync stall", "nothing", "false failover", 2),
    "backlog-too-small": Way("backlog too small", "partial resync", "full-sync storm", 2),
    "output-buffer-loop": Way("output-buffer loop", "sync completes", "endless resync", 1),
    "primary-dies-mid-sync": Way("primary dies mid-sync", "old copy kept", "partial copy promoted", 1),
    "min-replicas-equals-replicas": Way("min-replicas = R", "known cost", "NOREPLICAS", 2),
    "manual-failover-under-load": Way(
        "manual failover under load", "zero loss (COORDINATED, Valkey 9)", "writes lost", 1
    ),
    "client-hangs": Way("client hangs", "at most the timeout", "minutes", 2),
    "missed-switch-master": Way("missed +switch-master", "re-polls", "READONLY forever", 2),
    "wait-after-reconnect": Way("WAIT after a reconnect", "indeterminate", "false acknowledgement", 1),
    "many-primaries-die": Way("many primaries die together", "all inside the objective", "elections abort", 2),
    "another-address": Way(
        "a server returns under another address",
        "known there, a later failover works",
        "an unknown second primary",
        1,
    ),
    "name-of-dead-primary-gone": Way(
        "the name of the dead primary is gone", "failover", "the old primary never returns to the deployment", 2
    ),
}
