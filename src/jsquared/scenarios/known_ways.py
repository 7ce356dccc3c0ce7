"""The known ways to break a Sentinel deployment: what a sound one makes of each, what a bad one shows, how much it matters.

Read from sentinel.c of Redis 6.2.14, 7.0.15, 7.2.6, 7.4.1 and of Valkey 8.0.1 and 9, and measured with Redis 7.0.15 in private network
namespaces. Scenarios, rules of the analysis and their documentation name a way by its tag, ``row-<number>``.
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
    "row-1": Way("primary crash", "failover < 10 s", "no failover", 2),
    "row-2": Way("primary hang", "failover, old one demoted", "goes on acknowledging ~10 s", 1),
    "row-3": Way("primary unreachable", "failover", "client hangs", 2),
    "row-4": Way("primary + client isolated", "writes stop within L+1 s", "unbounded acknowledgements", 1),
    "row-5": Way("primary + replica + client isolated", "no acknowledgements", "WAIT-1 loss", 1),
    "row-6": Way("only the Sentinels are blind", "no loss", "false failover and loss", 1),
    "row-7": Way("replication cut, then kill", "acknowledged writes kept", "loss", 1),
    "row-8": Way("pause shorter than da", "no failover", "false failover", 3),
    "row-9": Way("flapping", "stable", "epoch churn", 2),
    "row-10": Way("fast empty restart of the primary", "replicas keep their data", "everything wiped", 1),
    "row-11": Way("slow loading after restart", "reboot period leads to failover", "minutes down", 2),
    "row-12": Way("only replica left is empty", "refused, or an alert", "empty one promoted", 1),
    "row-13": Way("priority beats data", "most data wins", "empty wins", 1),
    "row-15": Way("stale replica links", "alert", "never fails over", 1),
    "row-16": Way("TILT everywhere", "recovers", "stuck", 1),
    "row-17": Way("clock step on one host", "one TILT only", "all TILT", 2),
    "row-18": Way("two Sentinels, lose one with the primary", "design rejected before", "no majority", 1),
    "row-19": Way("Sentinel majority gone", "alert", "silent", 1),
    "row-20": Way("stale Sentinels counted", "count alarm", "majority unreachable", 1),
    "row-22": Way("split vote", "retry inside the objective", "+ 2 x ft", 2),
    "row-23": Way("leader crashes after election", "recovers", "+ 2 x ft", 2),
    "row-24": Way("leader crashes after promotion", "one primary", "orphan primary", 1),
    "row-25": Way("wrong quorum", "rejected", "false or no failover", 1),
    "row-28": Way("masterauth missing", "all resync", "old primary cannot rejoin", 2),
    "row-29": Way("Sentinel ACL lacks is-master-down-by-addr", "CKQUORUM fails", "no ODOWN", 1),
    "row-30": Way("TLS mismatch", "alarm at start", "all SDOWN", 1),
    "row-31": Way("slow resolver", "failover", "blocking TILT", 1),
    "row-34": Way("Sentinel state not writable", "failover 2.3 s + alert", "restart forgets the epoch", 2),
    "row-36": Way("BGSAVE fails", "failover 3.2 s", "ping-pong if all are full", 2),
    "row-37": Way("AOF disk full", "MISCONF, failover", "cascade", 1),
    "row-38": Way("BUSY script", "failover 3.3 s", "flapping, unkillable", 2),
    "row-39": Way("fork or fsync stall", "nothing", "false failover", 2),
    "row-40": Way("backlog too small", "partial resync", "full-sync storm", 2),
    "row-41": Way("output-buffer loop", "sync completes", "endless resync", 1),
    "row-42": Way("primary dies mid-sync", "old copy kept", "partial copy promoted", 1),
    "row-43": Way("min-replicas = R", "known cost", "NOREPLICAS", 2),
    "row-45": Way("manual failover under load", "zero loss (COORDINATED, Valkey 9)", "writes lost", 1),
    "row-47": Way("client hangs", "at most the timeout", "minutes", 2),
    "row-48": Way("missed +switch-master", "re-polls", "READONLY for ever", 2),
    "row-49": Way("WAIT after a reconnect", "indeterminate", "false acknowledgement", 1),
    "row-50": Way("many primaries die together", "all inside the objective", "elections abort", 2),
    "row-51": Way(
        "a server returns under another address",
        "known there, a later failover works",
        "a second primary that nobody knows",
        1,
    ),
    "row-52": Way("the name of the dead primary is gone", "failover", "the old primary is never taken back", 2),
}
