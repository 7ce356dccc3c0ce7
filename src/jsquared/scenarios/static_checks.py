"""All static checks: rules of the analysis instead of faults, asked before any server is started.

Some ways to break a Sentinel deployment need no fault at all: the configuration is the fault, and the safe outcome is that it is
rejected before it runs. The suite ``quick`` shows only those that are violated.
"""

from jsquared.records.plan import PlannedObjective
from jsquared.scenario.scenario import Scenario

SHIPPED = ("reference", "apart", "classic-2013", "stock")
"""The deployments of which each check says what it makes of them."""


def _check(
    name: str,
    *,
    title: str,
    description: str,
    why_fair: str,
    ways: str = "",
    rules: str,
    violated_by: tuple[str, ...] = (),
) -> Scenario:
    """One static check; ``rules`` are those of the analysis, and ``ways`` the known ways to break Sentinel that they cover, in words."""
    limit = PlannedObjective(name="configuration", limit=0, unit="findings", reason=why_fair.rstrip("."))
    return Scenario(
        name=name,
        title=title,
        description=description,
        why_fair=why_fair,
        tags=(*ways.split(), "static"),
        needs=frozenset(),
        faults=lambda _: (),
        objectives=lambda _: (limit,),
        expected={deployment: "violated" if deployment in violated_by else "pass" for deployment in SHIPPED},
        rules=tuple(rules.split()),
    )


STATIC_CHECKS = (
    _check(
        "config-sentinel-majority",
        title="Enough Sentinels in the right places",
        description="The number of Sentinels and the hosts they live on, held against the loss of any one host.",
        why_fair="A failover needs the majority of all Sentinels: where one host takes it away, no setting brings it back.",
        ways="two-sentinels sentinel-majority-gone split-vote",
        rules="majority-dies-with-primary majority-dies-with-host even-sentinels hosts-share-machine one-machine",
    ),
    _check(
        "config-quorum",
        title="A quorum that is neither too low nor too high",
        description="The quorum of every Sentinel, held against the number of Sentinels and the loss of any one host.",
        why_fair="The quorum is a number in a file; a wrong one causes failovers that nobody needs, or prevents "
        "those that everybody needs.",
        ways="wrong-quorum sentinels-blind",
        rules="quorum-unreachable quorum-dies-with-host quorum-one quorum-below-majority quorums-differ "
        "sentinels-differ",
    ),
    _check(
        "config-known-sentinels",
        title="Only Sentinels that exist are counted",
        description="Identities and announced addresses of all nodes, and the Sentinels that configuration files already name.",
        why_fair="A Sentinel that no longer exists counts towards the majority for ever, until somebody resets the others.",
        ways="stale-sentinels-counted",
        rules="announced-twice announces-another-host sentinels-share-id stale-majority-lost stale-sentinels",
    ),
    _check(
        "config-acknowledgement",
        title="The acknowledgement level against every split",
        description="Every split of the hosts into two sides, held against what the clients count as acknowledged.",
        why_fair="Which level no split can break follows from who lives where; a lower one loses acknowledged writes "
        "in a split that is named.",
        ways="primary-and-client-isolated primary-replica-and-client-isolated",
        rules="ack-lost-in-split ack-lost-in-split-later ack-safe-in-splits ack-needs-every-replica "
        "waitaof-without-log",
        violated_by=("apart",),
    ),
    _check(
        "config-isolated-primary",
        title="What an isolated primary goes on accepting",
        description="min-replicas-to-write and min-replicas-max-lag, held against the replicas and what clients count as acknowledged.",
        why_fair="An admission check bounds how long an isolated primary goes on; one that asks for every replica stops service.",
        ways="primary-and-client-isolated min-replicas-equals-replicas",
        rules="min-replicas-above-replicas min-replicas-all min-replicas-needs-every-replica min-replicas-off "
        "min-replicas-off-unconfirmed min-replicas-lag-zero min-replicas-lag-long",
    ),
    _check(
        "config-timings",
        title="Timings against the objectives and the TILT trap",
        description="down-after-milliseconds, failover-timeout and parallel-syncs, held against 10 s, everyday stalls and TILT.",
        why_fair="How long a failover takes at best follows from these numbers, whatever else is right.",
        ways="pause-shorter-than-down-after primary-flaps stale-replica-links tilt-everywhere split-vote "
        "leader-crashes-after-election leader-crashes-after-promotion",
        rules="down-after-below-tilt down-after-within-stalls failover-over-10s failover-near-10s failover-timeout-long "
        "failover-timeout-short lost-election-over-10s parallel-syncs-low",
        violated_by=("stock",),
    ),
    _check(
        "config-replication-login",
        title="Every node may follow every other",
        description="Passwords, users and renamed commands, as each data node would use them to follow each other one.",
        why_fair="A node that cannot log in at the next primary is lost with the first failover, and nobody notices before.",
        ways="masterauth-missing",
        rules="masterauth-missing masterauth-wrong passwords-differ replica-user-lacks renamed-for-replicas",
    ),
    _check(
        "config-sentinel-login",
        title="Sentinels may do what a failover takes",
        description="Passwords, users and renamed commands, as Sentinels would use them at data nodes and at each other.",
        why_fair="A Sentinel that is refused sees a primary that is down, or one that it can never replace.",
        ways="sentinel-acl-lacks",
        rules="sentinel-auth-missing sentinel-auth-wrong sentinel-user-lacks sentinel-user-lacks-failover "
        "sentinels-refuse-each-other sentinel-peer-lacks renamed-for-sentinel sentinel-file-unreadable",
    ),
    _check(
        "config-tls",
        title="Encryption is the same on both ends of every link",
        description="TLS settings and certificates of both ends of every link between data nodes and Sentinels.",
        why_fair="A link of which one end encrypts never comes up, and looks like a node that is down.",
        ways="tls-mismatch",
        rules="tls-replication-differs tls-port-only tls-replication-without-port tls-wrong-port tls-incomplete "
        "tls-untrusted tls-expired",
    ),
    _check(
        "config-host-names",
        title="Host names that Sentinel resolves",
        description="Host names in the configuration, and whether Sentinel is told to resolve them.",
        why_fair="A Sentinel that is not told to resolve names refuses them; one that is told waits for the resolver "
        "and does nothing else.",
        ways="slow-resolver",
        rules="hostnames-not-resolved announced-name-not-resolved replica-known-twice hostnames-block",
    ),
    _check(
        "config-attachment",
        title="Everybody follows and monitors the primary",
        description="Which node every replica replicates from and every Sentinel monitors, traced through the addresses and ports.",
        why_fair="A replica that follows anything else than the primary is seen and promoted by no Sentinel, and a Sentinel that "
        "monitors anything else agrees with nobody.",
        rules="replicaof-missing replicaof-astray monitor-astray monitor-missing",
    ),
    _check(
        "config-addresses",
        title="Addresses that other machines can reach",
        description="Addresses that nodes listen on, announce and are monitored by, also such as float between hosts; protected mode, and "
        "connections for all who need one.",
        why_fair="What listens on loopback, or refuses everybody without a password or one too many, is down for every other machine.",
        ways="primary-unreachable",
        rules="bind-loopback loopback-address protected-mode protected-mode-default protected-mode-unsaid port-taken "
        "announced-port-closed maxclients-low maxclients-near floating-address-monitored "
        "floating-address-followed floating-address-announced floating-address-required "
        "floating-address-not-listened-on",
    ),
    _check(
        "config-persistence",
        title="What a restart brings back",
        description="Append-only files and snapshots of every data node.",
        why_fair="A primary that is back before Sentinel notices takes its replicas to what its own disk kept.",
        ways="fast-empty-restart only-replica-left-empty sentinel-acl-lacks fork-or-fsync-stall",
        rules="storage-shared no-persistence snapshots-only append-only-on-some transactions-not-loaded appendfsync-no "
        "appendfsync-always no-fsync-during-rewrite",
        violated_by=("classic-2013", "stock"),
    ),
    _check(
        "config-candidates",
        title="Replicas that may be promoted",
        description="Replicas and their priorities, as an elected Sentinel would choose among them.",
        why_fair="Without a candidate nothing fails over; with priorities that differ the better priority wins over the longer history.",
        ways="primary-crash priority-beats-data",
        rules="no-replicas no-promotable-replica some-never-promoted priorities-differ",
    ),
    _check(
        "config-replication-buffers",
        title="Buffers and timeouts of replication",
        description="Backlog, output buffers, timeouts and the way of full copies.",
        why_fair="These decide whether a replica that was away catches up, copies everything, or never gets there.",
        ways="backlog-too-small output-buffer-loop primary-dies-mid-sync",
        rules="backlog-small output-buffer-small repl-timeout-short diskless-load diskless-sync-delay",
    ),
    _check(
        "config-memory",
        title="Memory limits and eviction",
        description="maxmemory and the eviction policy of every data node.",
        why_fair="Where memory decides what is kept, acknowledged writes go without any failure, and a failover may not fit.",
        ways="aof-disk-full",
        rules="eviction maxmemory-differs",
    ),
    _check(
        "config-clients",
        title="Clients that follow a failover",
        description="How clients find the primary, and whether replicas take writes from those that missed a failover.",
        why_fair="A client that believes one stale Sentinel, or writes to a replica, does not know that it is lost.",
        ways="missed-switch-master primary-replica-and-client-isolated",
        rules="client-asks-one writable-replica",
    ),
)
