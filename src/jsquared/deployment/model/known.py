"""The lines that a name in a YAML file or ``--with`` stands for, and the names that JSquared writes itself.

Whether an engine knows a name is found out where the engine is known: :mod:`jsquared.deployment.dialect`.
"""

from collections.abc import Callable, Sequence

from jsquared.deployment.model.directives import Directive, canonical
from jsquared.errors import BadInputError
from jsquared.records.secrets import Secrets

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
STATE_OF_A_PRIMARY = ("known-replica", "known-sentinel", "config-epoch", "leader-epoch")
STATE_OF_SENTINEL = ("myid", "current-epoch")
STATE = (*STATE_OF_A_PRIMARY, *STATE_OF_SENTINEL)

Bad = Callable[[str, str], BadInputError]


def check_redis_name(name: str, bad: Bad) -> None:
    """Refuse a directive of data nodes that the topology decides.

    :raises BadInputError: made by ``bad`` from what is wrong and what to try.
    """
    key = canonical(name)
    if key in ("replicaof", "sentinel"):
        raise bad(f"{name} is written by JSquared", "data: [n1, n2, n3], whose first is the primary")
    if key == "include":
        raise bad("include is for native files", "a folder with <host>/redis.conf, or the lines themselves")


def check_sentinel_name(name: str, bad: Bad) -> None:
    """Refuse a line of Sentinels that the topology decides.

    :raises BadInputError: made by ``bad`` from what is wrong and what to try.
    """
    key = canonical(name)
    if key in ("monitor", *STATE, "sentinel"):
        raise bad(f"{name} is written by JSquared", "quorum: 2, master_name: mymaster")
    if key == "quorum":
        raise bad("quorum is part of 'sentinel monitor'", "quorum=2 (in YAML: quorum: 2, beside sentinels)")
    if key in ("replicaof", "include"):
        raise bad(f"{name} does not belong to a Sentinel", "removing it")


def shown_name(name: str) -> str:
    """A name for people: where the secret is glued to it, or it is a whole line of redis.conf, without that."""
    words = name.split()
    shown = Secrets().words(words)
    return name if list(shown) == words else " ".join(shown)


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
