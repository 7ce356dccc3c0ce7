"""Shared by the scenarios of machine faults: their needs, and why a deployment or an engine may not have them."""

from pathlib import Path

from jsquared.deployment.model.spec import Deployment
from jsquared.records.plan import Engine
from jsquared.sandbox.capability import Capability
from jsquared.sandbox.linux.shim import takes_preloads
from jsquared.scenario.scenario import PROCESS
from jsquared.scenario.situation import Situation

CLOCK = PROCESS | {Capability.CLOCK}
SLOW_DISK = PROCESS | {Capability.SLOW_DISK}
DISK = PROCESS | {Capability.DISK}
CPU = PROCESS | {Capability.CPU}
MEMORY = PROCESS | {Capability.MEMORY}


def unshimmed(_: Deployment, engine: Engine) -> str:
    """Why an engine's clock and disk cannot be reached; empty where they can."""
    program = Path(engine.path)
    if not program.is_file() or takes_preloads(program):
        return ""
    return f"{program.name} is linked statically, so its clock and its disk cannot be reached"


def without_aof(deployment: Deployment, _: Engine) -> str:
    """Why a data node's disk does not matter; empty where it does."""
    if deployment.aof_everywhere:
        return ""
    return "a data node has no AOF (appendonly), so its disk is not used before the next snapshot"


def impatient(deployment: Deployment, stall_ms: int) -> str:
    """Why stalls of so many milliseconds may cost a failover; empty where the Sentinels wait for five of them."""
    if deployment.down_after_ms >= 5 * stall_ms:
        return ""
    return (
        f"down-after-milliseconds is {deployment.down_after_ms}, and stalls of {stall_ms} ms may rightly count "
        "as an outage"
    )


def needs_spare_sentinel(deployment: Deployment, engine: Engine) -> str:
    """Why one Sentinel's TILT is one too many; empty where the others can fail over."""
    count = len(deployment.sentinels)
    if not other_hosts(deployment):
        return "every Sentinel lives on the primary's host"
    if count - 1 < max(deployment.quorum, count // 2 + 1):
        return f"none of the {count} Sentinels can be spared: the others would be no majority, or fewer than the quorum"
    return unshimmed(deployment, engine)


def other_hosts(deployment: Deployment) -> list[str]:
    """Hosts with a Sentinel on which the primary is not."""
    return [node.host for node in deployment.sentinels if node.host != deployment.primary.host]


def spare_host(situation: Situation) -> str:
    """The target of a host with a Sentinel, and perhaps a replica, but not the primary."""
    return f"host:{other_hosts(situation.deployment)[0]}"
