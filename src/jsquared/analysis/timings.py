"""Rules: Sentinel's own times, against its TILT mode, the objective of 10 s and the machine's stalls."""

from collections.abc import Callable, Iterator

from jsquared.analysis.group import Group
from jsquared.analysis.rule import Problem, of_sentinels, rule
from jsquared.deployment.model.spec import (
    DEFAULT_DOWN_AFTER_MS,
    DEFAULT_FAILOVER_TIMEOUT_MS,
    DEFAULT_PARALLEL_SYNCS,
    SentinelNode,
)

TILT_MS = 30_000
LINK_DOWN_FACTOR = 10
OBJECTIVE_MS = 10_000
AFTER_DETECTION_MS = 2_500
"""The most that a failover took beyond down-after-milliseconds, without a lost election (measured with Redis 7.0.15)."""
SURELY_OVER_MS = 8_000
STALL_MS = 1_000
SOUND_DOWN_AFTER_MS, SOUND_FAILOVER_TIMEOUT_MS = 3_500, 6_000
LONG_FAILOVER_TIMEOUT_MS, SHORT_FAILOVER_TIMEOUT_MS = 10_000, 2_000


def _where(group: Group, setting: str, default: int, test: Callable[[int], bool]) -> dict[SentinelNode, int]:
    """The Sentinels whose number passes the test, with the number."""
    numbers = {node: group.number(node, setting, default) for node in group.sentinels}
    return {node: number for node, number in numbers.items() if test(number)}


def _down_after(group: Group, test: Callable[[int], bool]) -> dict[SentinelNode, int]:
    return _where(group, "down-after-milliseconds", DEFAULT_DOWN_AFTER_MS, test)


def _down_after_problem(group: Group, nodes: dict[SentinelNode, int], message: str) -> Problem:
    worst, sound = max(nodes.values()), SOUND_DOWN_AFTER_MS
    effect = (
        f"a dead primary is noticed after {sound / 1000:g} s instead of {worst / 1000:g} s, and a failover takes up to "
        f"{(sound + AFTER_DETECTION_MS) / 1000:g} s instead of {(worst + AFTER_DETECTION_MS) / 1000:g} s"
    )
    return of_sentinels(
        group,
        list(nodes),
        "down-after-milliseconds",
        str(DEFAULT_DOWN_AFTER_MS),
        message,
        value=str(SOUND_DOWN_AFTER_MS),
        effect=effect,
    )


@rule(
    "down-after-below-tilt",
    "critical",
    "violated",
    "down-after-milliseconds below 3000: after a TILT of the Sentinels no replica is ever eligible.",
    "stale-replica-links",
    "tilt-everywhere",
)
def down_after_below_tilt(group: Group) -> Iterator[Problem]:
    """sentinelSelectSlave in sentinel.c: a link may be down for 10 x down-after beyond SDOWN; TILT lasts 30 s; measured with 7.0.15."""
    low = _down_after(group, lambda ms: ms * LINK_DOWN_FACTOR < TILT_MS)
    if low:
        worst = min(low.values())
        message = (
            f"A replica's link may be down for no more than 10 x {worst / 1000:g} s = {worst / 100:g} s before the primary is considered "
            "down, and a TILT lasts 30 s: "
            "if the primary dies while the Sentinels are in TILT, no replica is eligible afterwards and they never fail over."
        )
        yield _down_after_problem(group, low, message)


@rule(
    "down-after-within-stalls",
    "high",
    "warning",
    "down-after-milliseconds is so low that an everyday stall counts as a failure.",
    "pause-shorter-than-down-after",
    "primary-flaps",
    "fork-or-fsync-stall",
)
def down_after_within_stalls(group: Group) -> Iterator[Problem]:
    """Forks, fsync, scripts and virtual machines stall a healthy server for hundreds of milliseconds."""
    low = _down_after(group, lambda ms: ms < STALL_MS)
    if low:
        message = (
            f"A primary that stalls for {min(low.values()) / 1000:g} s (fork, fsync, a slow script, a paused machine) is replaced, "
            "and writes that it had not yet replicated are lost."
        )
        yield _down_after_problem(group, low, message)


@rule(
    "failover-over-10s",
    "critical",
    "violated",
    "Detection alone takes so long that a failover cannot complete within 10 s.",
    "primary-crash",
    "primary-hang",
    "primary-unreachable",
)
def failover_over_10s(group: Group) -> Iterator[Problem]:
    """down-after-milliseconds and up to 2.5 s until clients see the new primary (measured with Redis 7.0.15)."""
    slow = _down_after(group, lambda ms: ms > SURELY_OVER_MS)
    if slow:
        worst = max(slow.values())
        message = (
            f"A dead primary is noticed only after {worst / 1000:g} s, so clients cannot write for {worst / 1000:g} to "
            f"{(worst + AFTER_DETECTION_MS) / 1000:g} s: over the objective of 10 s."
        )
        yield _down_after_problem(group, slow, message)


@rule(
    "failover-near-10s",
    "medium",
    "warning",
    "down-after-milliseconds leaves less than the 2.5 s that a failover may take beyond it.",
    "primary-crash",
    "primary-hang",
    "primary-unreachable",
)
def failover_near_10s(group: Group) -> Iterator[Problem]:
    """As failover-over-10s, where only a slow failover crosses the line."""
    slow = _down_after(group, lambda ms: OBJECTIVE_MS - AFTER_DETECTION_MS < ms <= SURELY_OVER_MS)
    if slow:
        noticed, more = max(slow.values()) / 1000, AFTER_DETECTION_MS / 1000
        message = f"{noticed:g} s to notice and up to {more:g} s to fail over can exceed the objective of 10 s."
        yield _down_after_problem(group, slow, message)


def _failover_timeout(group: Group, test: Callable[[int], bool], say: Callable[[int], str]) -> Iterator[Problem]:
    found = _where(group, "failover-timeout", DEFAULT_FAILOVER_TIMEOUT_MS, test)
    if found:
        default, value = str(DEFAULT_FAILOVER_TIMEOUT_MS), str(SOUND_FAILOVER_TIMEOUT_MS)
        worst = max(found.values())
        effect = (
            f"after a lost election the next attempt waits {2 * SOUND_FAILOVER_TIMEOUT_MS / 1000:g} s instead of "
            f"{2 * worst / 1000:g} s"
        )
        yield of_sentinels(group, list(found), "failover-timeout", default, say(worst), value=value, effect=effect)


@rule(
    "failover-timeout-long",
    "high",
    "warning",
    "A long failover-timeout: one lost election or dead leader costs twice as long.",
    "split-vote",
    "leader-crashes-after-election",
    "leader-crashes-after-promotion",
)
def failover_timeout_long(group: Group) -> Iterator[Problem]:
    """sentinelStartFailoverIfNeeded waits 2 x failover-timeout, fix-slave-config once; measured: one lost election adds 2 x."""
    return _failover_timeout(
        group,
        lambda ms: ms > LONG_FAILOVER_TIMEOUT_MS,
        lambda ms: (
            f"After one lost election, or a leader that dies, the next attempt waits {2 * ms / 1000:g} s; "
            f"a replica that follows the wrong primary is corrected only after {ms / 1000:g} s."
        ),
    )


@rule(
    "failover-timeout-short",
    "medium",
    "warning",
    "A failover-timeout so short that a failover may be aborted before it completes.",
    "split-vote",
)
def failover_timeout_short(group: Group) -> Iterator[Problem]:
    """Each state of a failover ends with the timeout, and the leader sees a promotion only with the next INFO, up to 1 s later."""
    return _failover_timeout(
        group,
        lambda ms: ms < SHORT_FAILOVER_TIMEOUT_MS,
        lambda ms: (
            f"A promotion is detected at the next INFO, up to 1 s later, and abandoned after {ms / 1000:g} s: "
            "slow failovers are aborted."
        ),
    )


@rule(
    "lost-election-over-10s",
    "info",
    "fact",
    "The failover time if one election is lost.",
    "split-vote",
    "leader-crashes-after-election",
)
def lost_election_over_10s(group: Group) -> Iterator[Problem]:
    """down-after + 2.5 s + 2 x failover-timeout: no setting keeps this below 10 s and is sound otherwise."""
    usual = group.monitored.down_after_ms + AFTER_DETECTION_MS
    most = usual + 2 * group.monitored.failover_timeout_ms
    if most > OBJECTIVE_MS and len(group.sentinels) > 1:
        message = (
            f"If an election is lost, a failover takes up to {most / 1000:g} s instead of up to {usual / 1000:g} s."
        )
        yield of_sentinels(group, group.sentinels, "failover-timeout", str(DEFAULT_FAILOVER_TIMEOUT_MS), message)


@rule("parallel-syncs-low", "info", "fact", "Replicas are reconfigured for the new primary a few at a time.")
def parallel_syncs_low(group: Group) -> Iterator[Problem]:
    """sentinelFailoverReconfNextSlave in sentinel.c: no more than parallel-syncs replicas at once."""
    others = len(group.replicas) - 1
    low = _where(group, "parallel-syncs", DEFAULT_PARALLEL_SYNCS, lambda number: number < others)
    if low:
        message = (
            f"After a failover {others} replicas are reconfigured for the new primary, at most {min(low.values())} "
            "at once: levels that need several of them wait longer."
        )
        replicas = str(len(group.replicas))
        yield of_sentinels(group, list(low), "parallel-syncs", str(DEFAULT_PARALLEL_SYNCS), message, value=replicas)


RULES = (
    down_after_below_tilt, down_after_within_stalls, failover_over_10s, failover_near_10s, failover_timeout_long,
    failover_timeout_short, lost_election_over_10s, parallel_syncs_low,
)  # fmt: skip
