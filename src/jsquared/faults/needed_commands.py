"""The commands that faults give data nodes, so that a configuration that takes one of them away is known before a server is started."""

from collections.abc import Iterable, Iterator

COMMANDS: dict[str, tuple[str, ...]] = {
    "big-key-resync": ("MULTI", "EXEC", "REPLICAOF"),
    "busy-script": ("EVAL",),
    "change-password": ("CONFIG",),
    "failover-while-paused": ("CLIENT",),
    "failing-bgsave": ("BGSAVE", "CONFIG"),
    "flush-all": ("MULTI", "FLUSHALL", "EXEC"),
    "memory-full": ("CONFIG",),
    "forged-hello": ("PUBLISH",),
    "output-buffer-overflow": ("CONFIG", "SUBSCRIBE", "PUBLISH"),
    "replace-certificate": ("CONFIG",),
    "replicaof-by-hand": ("REPLICAOF",),
    "reset-connections": ("CLIENT",),
    "revoke-command": ("ACL",),
    "rotate-passwords": ("ACL", "CLIENT", "CONFIG"),
    "set-min-replicas": ("CONFIG",),
    "set-priority": ("CONFIG",),
    "slow-command": ("MIGRATE",),
    "slow-loading": ("CONFIG",),
}
"""By the names of faults; other faults only need what every trial needs."""


def commands_of(faults: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each of these faults with each command that it needs."""
    return ((fault, command) for fault in faults for command in COMMANDS.get(fault, ()))
