"""All static checks: rules of the analysis instead of faults, asked before any server is started.

Some ways to break a Sentinel deployment need no fault at all: the configuration is the fault, and the safe outcome is that it is
rejected before it runs. The suite ``quick`` shows only those that are violated.
"""

from jsquared.records.plan import PlannedObjective
from jsquared.scenario.scenario import Scenario

SHIPPED = ("reference", "apart", "classic-2013", "stock")
"""The deployments whose expected result each check lists."""


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
        description="The number of Sentinels that start and their hosts, checked against the loss of any one host.",
        why_fair="A failover needs the majority of all Sentinels: if the loss of one host removes it, no setting "
        "restores it.",
        ways="two-sentinels sentinel-majority-gone split-vote",
        rules="majority-dies-with-primary majority-dies-with-host even-sentinels hosts-share-machine one-machine "
        "sentinel-without-file sentinel-file-read-only",
    ),
    _check(
        "config-quorum",
        title="A quorum that is neither too low nor too high",
        description="The quorum of every Sentinel, checked against the number of Sentinels and the loss of any one "
        "host.",
        why_fair="The quorum is a number in a file; a wrong one causes needless failovers, or prevents necessary ones.",
        ways="wrong-quorum sentinels-blind",
        rules="quorum-unreachable quorum-dies-with-host quorum-one quorum-below-majority quorums-differ "
        "sentinels-differ",
    ),
    _check(
        "config-known-sentinels",
        title="Only Sentinels that exist are counted",
        description="Identities and announced addresses of all nodes, and the Sentinels that configuration files "
        "already name.",
        why_fair="A Sentinel that no longer exists counts towards the majority until the others are reset.",
        ways="stale-sentinels-counted",
        rules="announced-twice announces-another-host sentinels-share-id stale-majority-lost stale-sentinels",
    ),
    _check(
        "config-acknowledgement",
        title="The acknowledgement level against every split",
        description="Every split of the hosts into two sides, checked against the clients' acknowledgement level.",
        why_fair="The placement of nodes determines the level that no split can break; a lower one loses "
        "acknowledged writes in the named split.",
        ways="primary-and-client-isolated primary-replica-and-client-isolated",
        rules="ack-lost-in-split ack-lost-in-split-later ack-safe-in-splits ack-needs-every-replica "
        "waitaof-without-log",
        violated_by=("apart",),
    ),
    _check(
        "config-isolated-primary",
        title="How long an isolated primary accepts writes",
        description="min-replicas-to-write and min-replicas-max-lag, checked against the replicas and the clients' "
        "acknowledgement level.",
        why_fair="An admission check limits how long an isolated primary accepts writes; one that requires every "
        "replica stops service.",
        ways="primary-and-client-isolated min-replicas-equals-replicas",
        rules="min-replicas-above-replicas min-replicas-all min-replicas-needs-every-replica min-replicas-off "
        "min-replicas-off-unconfirmed min-replicas-lag-zero min-replicas-lag-long",
    ),
    _check(
        "config-timings",
        title="Timings against the objectives and the TILT trap",
        description="down-after-milliseconds, failover-timeout and parallel-syncs, checked against 10 s, everyday "
        "stalls and TILT.",
        why_fair="These numbers determine the best possible failover time, however sound the rest is.",
        ways="pause-shorter-than-down-after primary-flaps stale-replica-links tilt-everywhere split-vote "
        "leader-crashes-after-election leader-crashes-after-promotion",
        rules="down-after-below-tilt down-after-within-stalls failover-over-10s failover-near-10s "
        "failover-timeout-long failover-timeout-short lost-election-over-10s parallel-syncs-low",
        violated_by=("stock",),
    ),
    _check(
        "config-replication-login",
        title="Every node may follow every other",
        description="Passwords, users and renamed commands, as each data node would use them to follow each other one.",
        why_fair="A node that cannot log in at the next primary is lost in the first failover, and the mistake "
        "goes unnoticed until then.",
        ways="masterauth-missing",
        rules="masterauth-missing masterauth-wrong passwords-differ replica-user-lacks renamed-for-replicas",
    ),
    _check(
        "config-sentinel-login",
        title="Sentinels have the permissions for a failover",
        description="Passwords, users and renamed commands, as Sentinels would use them at data nodes and at each "
        "other.",
        why_fair="A refused Sentinel considers the primary down, or can never replace it.",
        ways="sentinel-acl-lacks",
        rules="sentinel-auth-missing sentinel-auth-wrong sentinel-user-lacks sentinel-user-lacks-failover "
        "sentinels-refuse-each-other sentinel-peer-lacks renamed-for-sentinel sentinel-file-unreadable",
    ),
    _check(
        "config-tls",
        title="Encryption is the same on both ends of every link",
        description="TLS settings and certificates of both ends of every link between data nodes and Sentinels.",
        why_fair="A link that is encrypted at one end only never comes up, and looks like a node that is down.",
        ways="tls-mismatch",
        rules="tls-replication-differs tls-port-only tls-replication-without-port tls-wrong-port tls-incomplete "
        "tls-untrusted tls-expired",
    ),
    _check(
        "config-host-names",
        title="Host names that Sentinel resolves",
        description="Host names in the configuration, and whether Sentinel is configured to resolve them.",
        why_fair="A Sentinel that is not configured to resolve names refuses them; one that is does nothing else "
        "while it waits for the resolver.",
        ways="slow-resolver",
        rules="hostnames-not-resolved announced-name-not-resolved replica-known-twice hostnames-block",
    ),
    _check(
        "config-attachment",
        title="All nodes follow and monitor the primary",
        description="Which node every replica replicates from and every Sentinel monitors, traced through the "
        "addresses and ports.",
        why_fair="No Sentinel sees or promotes a replica that follows anything but the primary, and a Sentinel that "
        "monitors anything else agrees with no other.",
        rules="replicaof-missing replicaof-astray monitor-astray monitor-missing",
    ),
    _check(
        "config-addresses",
        title="Addresses that other machines can reach",
        description="Addresses that nodes listen on, announce and are monitored by, including floating ones; "
        "protected mode, and enough connections for all clients.",
        why_fair="A server that listens on loopback, refuses everyone without a password, or has too few "
        "connections, is down for every other machine.",
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
        why_fair="A primary that is back before Sentinel notices resets its replicas to the data on its own disk.",
        ways="fast-empty-restart only-replica-left-empty sentinel-acl-lacks fork-or-fsync-stall",
        rules="storage-shared no-persistence snapshots-only append-only-on-some transactions-not-loaded appendfsync-no "
        "appendfsync-always no-fsync-during-rewrite",
        violated_by=("classic-2013", "stock"),
    ),
    _check(
        "config-candidates",
        title="Replicas that may be promoted",
        description="Replicas and their priorities, as an elected Sentinel would choose among them.",
        why_fair="Without a candidate there is no failover; if priorities differ, the better priority beats the "
        "longer history.",
        ways="primary-crash priority-beats-data",
        rules="no-replicas no-promotable-replica some-never-promoted priorities-differ",
    ),
    _check(
        "config-replication-buffers",
        title="Buffers and timeouts of replication",
        description="Backlog, output buffers, timeouts and the method of full copies.",
        why_fair="These decide whether a replica that was away catches up, copies everything, or never gets there.",
        ways="backlog-too-small output-buffer-loop primary-dies-mid-sync",
        rules="backlog-small output-buffer-small repl-timeout-short diskless-load diskless-sync-delay",
    ),
    _check(
        "config-memory",
        title="Memory limits and eviction",
        description="maxmemory and the eviction policy of every data node.",
        why_fair="Where memory limits decide which keys are kept, acknowledged writes disappear without any "
        "failure, and a failover may not fit.",
        ways="aof-disk-full",
        rules="eviction maxmemory-differs",
    ),
    _check(
        "config-clients",
        title="Clients that follow a failover",
        description="How clients find the primary, and whether replicas take writes from those that missed a failover.",
        why_fair="A client that believes one stale Sentinel, or writes to a replica, does not notice that its "
        "writes are lost.",
        ways="missed-switch-master primary-replica-and-client-isolated",
        rules="client-asks-one writable-replica",
    ),
)
