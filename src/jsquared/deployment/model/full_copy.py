"""How long a full copy to a replica waits before it begins, by the configuration of the node that is copied."""

from jsquared.deployment.model.spec import Node
from jsquared.records.plan import Engine
from jsquared.text import whole_number


def copy_delay_s(node: Node, engine: Engine | None) -> int:
    """Seconds of ``repl-diskless-sync-delay``, 0 where copies go by disk and begin at once.

    Copies without the disk are the default since Redis 7.0 and in every Valkey, with a delay of 5 s (redis.conf of these versions).

    :param engine: None for one that is not known, which is taken for a new one.
    """
    old = engine is not None and engine.name == "redis" and engine.version.startswith("6.")
    if node.value("repl-diskless-sync", "no" if old else "yes").lower() != "yes":
        return 0
    delay_s = whole_number(node.value("repl-diskless-sync-delay", "5"))
    return 5 if delay_s is None else delay_s
