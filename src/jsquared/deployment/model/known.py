"""Names of directives, so that a typing error in a YAML file or ``--with`` is found before a server is started.

The names are those that ``CONFIG GET *`` of Redis 7.0.15 and Valkey 9.1.2 lists, with the few that it leaves out. An engine may know
more: a name is refused only where it is not listed *and* nearly one that is. Everything else is left to the server to judge.
"""

from collections.abc import Callable, Sequence, Set

from jsquared.deployment.model.directives import Directive, canonical
from jsquared.errors import BadInputError
from jsquared.records.secrets import Secrets
from jsquared.text import did_you_mean

SERVER = frozenset(
    """
acl-pubsub-default aclfile acllog-max-len active-defrag-cycle-max active-defrag-cycle-min active-defrag-cycle-us
active-defrag-ignore-bytes active-defrag-max-scan-fields active-defrag-threshold-lower active-defrag-threshold-upper
active-expire-effort activedefrag activerehashing always-show-logo aof-disable-auto-gc aof-load-truncated
aof-rewrite-cpulist aof-rewrite-incremental-fsync aof-timestamp-enabled aof-use-rdb-preamble appenddirname
appendfilename appendfsync appendonly auto-aof-rewrite-min-size auto-aof-rewrite-percentage availability-zone
bgsave-cpulist bind bind-source-addr bio-cpulist busy-reply-threshold client-output-buffer-limit
client-query-buffer-limit cluster-allow-pubsubshard-when-down cluster-allow-reads-when-down
cluster-allow-replica-migration cluster-announce-bus-port cluster-announce-client-ipv4 cluster-announce-client-ipv6
cluster-announce-client-port cluster-announce-client-tls-port cluster-announce-hostname
cluster-announce-human-nodename cluster-announce-ip cluster-announce-port cluster-announce-tls-port
cluster-blacklist-ttl cluster-config-file cluster-config-save-behavior cluster-databases cluster-enabled
cluster-link-sendbuf-limit cluster-manual-failover-timeout cluster-migration-barrier cluster-node-timeout
cluster-port cluster-preferred-endpoint-type cluster-replica-no-failover cluster-replica-validity-factor
cluster-require-full-coverage cluster-slot-migration-log-max-len cluster-slot-stats-enabled
commandlog-execution-slower-than commandlog-large-reply-max-len commandlog-large-request-max-len
commandlog-reply-larger-than commandlog-request-larger-than commandlog-slow-execution-max-len crash-log-enabled
crash-memcheck-enabled daemonize databases dbfilename dir disable-thp dual-channel-replication-enabled dynamic-hz
enable-debug-command enable-module-command enable-protected-configs events-per-io-thread
extended-redis-compatibility gopher-enabled hash-max-listpack-entries hash-max-listpack-value
hash-max-ziplist-entries hash-max-ziplist-value hash-seed hide-user-data-from-log hll-sparse-max-bytes hz
ignore-warnings import-mode include io-threads io-threads-do-reads jemalloc-bg-thread key-load-delay
latency-monitor-threshold latency-tracking latency-tracking-info-percentiles lazyfree-lazy-eviction
lazyfree-lazy-expire lazyfree-lazy-server-del lazyfree-lazy-user-del lazyfree-lazy-user-flush lfu-decay-time
lfu-log-factor list-compress-depth list-max-listpack-size list-max-ziplist-entries list-max-ziplist-size loadmodule
locale-collate log-format log-timestamp-format logfile loglevel lookahead lua-time-limit masterauth masteruser
max-new-connections-per-cycle max-new-tls-connections-per-cycle maxclients maxmemory maxmemory-clients
maxmemory-eviction-tenacity maxmemory-policy maxmemory-samples min-replicas-max-lag min-replicas-to-write mptcp
no-appendfsync-on-rewrite notify-keyspace-events oom-score-adj oom-score-adj-values pidfile port
prefetch-batch-max-size proc-title-template propagation-error-behavior protected-mode proto-max-bulk-len
rdb-del-sync-files rdb-key-save-delay rdb-save-incremental-fsync rdb-version-check rdbchecksum rdbcompression
rdma-bind rdma-completion-vector rdma-port rdma-rx-size rename-command repl-backlog-size repl-backlog-ttl
repl-disable-tcp-nodelay repl-diskless-load repl-diskless-sync repl-diskless-sync-delay
repl-diskless-sync-max-replicas repl-mptcp repl-ping-replica-period repl-timeout replica-announce-ip
replica-announce-port replica-announced replica-full-sync-buffer-limit replica-ignore-disk-write-errors
replica-ignore-maxmemory replica-lazy-flush replica-priority replica-read-only replica-serve-stale-data replicaof
requirepass sanitize-dump-payload save server-cpulist set-max-intset-entries set-max-listpack-entries
set-max-listpack-value set-proc-title shutdown-on-sigint shutdown-on-sigterm shutdown-timeout
slot-migration-max-failover-repl-bytes slowlog-log-slower-than slowlog-max-len socket-mark-id
stop-writes-on-bgsave-error stream-node-max-bytes stream-node-max-entries supervised syslog-enabled syslog-facility
syslog-ident tcp-backlog tcp-keepalive timeout tls-auth-clients tls-auth-clients-user tls-auto-reload-interval
tls-ca-cert-dir tls-ca-cert-file tls-cert-file tls-ciphers tls-ciphersuites tls-client-cert-file tls-client-key-file
tls-client-key-file-pass tls-cluster tls-dh-params-file tls-key-file tls-key-file-pass tls-port
tls-prefer-server-ciphers tls-protocols tls-replication tls-session-cache-size tls-session-cache-timeout
tls-session-caching tracking-table-max-keys unixsocket unixsocketgroup unixsocketperm user zset-max-listpack-entries
zset-max-listpack-value zset-max-ziplist-entries zset-max-ziplist-value
""".split()
)

# Lines "sentinel <name> <primary's name> …" and "sentinel <name> …" (sentinelHandleConfiguration in sentinel.c).
OF_A_PRIMARY = (
    "down-after-milliseconds", "failover-timeout", "parallel-syncs", "notification-script", "client-reconfig-script",
    "auth-pass", "auth-user", "master-reboot-down-after-period", "primary-reboot-down-after-period", "rename-command",
)  # fmt: skip
OF_SENTINEL = (
    "announce-ip", "announce-port", "deny-scripts-reconfig", "sentinel-user", "sentinel-pass", "resolve-hostnames",
    "announce-hostnames",
)  # fmt: skip
# What Sentinel itself writes into its file, and what pre-seeding writes in its place.
STATE = ("myid", "known-replica", "known-sentinel", "config-epoch", "leader-epoch", "current-epoch")

Bad = Callable[[str, str], BadInputError]


def check_redis_name(name: str, bad: Bad) -> None:
    """Refuse a directive of data nodes that the topology decides, or that is a near miss of a known one.

    :raises BadInputError: made by ``bad`` from what is wrong and what to try.
    """
    key = canonical(name)
    if key in ("replicaof", "sentinel"):
        raise bad(f"{name} is written by JSquared", "data: [n1, n2, n3], whose first is the primary")
    if key == "include":
        raise bad("include is for native files", "a folder with <host>/redis.conf, or the lines themselves")
    _check_near(key, name, SERVER, bad)


def check_sentinel_name(name: str, bad: Bad) -> None:
    """Refuse a line of Sentinels that the topology decides, or that is a near miss of a known one.

    :raises BadInputError: made by ``bad`` from what is wrong and what to try.
    """
    key = canonical(name)
    if key in ("monitor", *STATE, "sentinel"):
        raise bad(f"{name} is written by JSquared", "quorum: 2, master_name: mymaster")
    if key == "quorum":
        raise bad("quorum is part of 'sentinel monitor'", "quorum=2 (in YAML: quorum: 2, beside sentinels)")
    if key in ("replicaof", "include"):
        raise bad(f"{name} does not belong to a Sentinel", "removing it")
    _check_near(key, name, SERVER.union(OF_A_PRIMARY, OF_SENTINEL), bad)


def shown_name(name: str) -> str:
    """A name for people: where the secret is glued to it, or it is a whole line of redis.conf, without that."""
    words = name.split()
    shown = Secrets().words(words)
    return name if list(shown) == words else " ".join(shown)


def _check_near(key: str, name: str, known: Set[str], bad: Bad) -> None:
    if key in known:
        return
    if near := did_you_mean(key, known, cutoff=0.85):
        raise bad(f"unknown directive '{shown_name(name)}'", near)


def sentinel_words(name: str, words: Sequence[str], master_name: str) -> tuple[str, ...]:
    """The line of sentinel.conf for a setting: of the primary, of Sentinel, or of the server that it runs in."""
    key = canonical(name)
    if key in OF_A_PRIMARY:
        return ("sentinel", name, master_name, *words)
    return ("sentinel", name, *words) if key in OF_SENTINEL else (name, *words)


def identity(line: Directive) -> tuple[str, str]:
    """Return a line's identity: its key, and for a setting of a monitored primary that primary's name. A later line of the same wins."""
    of_a_primary = line.key.removeprefix("sentinel ") in OF_A_PRIMARY and line.key.startswith("sentinel ")
    return line.key, line.arguments[0] if of_a_primary and line.arguments else ""
