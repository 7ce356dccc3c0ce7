"""The faults that can be asked for in a session, from the one catalogue, each with the targets that it can hit here."""

from collections.abc import Collection

from jsquared.faults.catalogue import FAULTS
from jsquared.faults.fault import Aims, Fault
from jsquared.records.lab_messages import LabFaultKind, LabParameter
from jsquared.records.plan import Plan
from jsquared.sandbox.capability import Capability

MEANS = frozenset({Capability.CLOCK, Capability.DISK, Capability.SLOW_DISK})
"""What servers must be started with, so that it cannot be had later."""


def offered_faults(plan: Plan, sandbox: str, capabilities: Collection[Capability]) -> tuple[LabFaultKind, ...]:
    """Return every fault, those that the session cannot have with the reason.

    :param sandbox: its name, for the reason.
    :param capabilities: what the sandbox can do.
    """
    return tuple(_offered(fault, plan, _lacking(fault, plan, sandbox, capabilities)) for fault in FAULTS.values())


def _offered(fault: Fault, plan: Plan, reason: str) -> LabFaultKind:
    targets = targets_here(plan, fault.aims)
    return LabFaultKind(
        name=fault.name,
        description=fault.description,
        undo=fault.undo,
        evidence=fault.evidence,
        parameters=tuple(
            LabParameter(name=one.name, default=one.default, meaning=one.meaning, choices=one.choices)
            for one in fault.parameters
        ),
        targets=targets,
        usual_targets=tuple(word for word in fault.usual_targets if word in targets),
        unavailable_because=reason,
    )


def _lacking(fault: Fault, plan: Plan, sandbox: str, capabilities: Collection[Capability]) -> str:
    if fault.of_monitoring:
        return "it breaks what monitors a trial, and nothing monitors a lab"
    if missing := sorted(fault.needs - set(capabilities)):
        return f"the {sandbox} sandbox lacks {', '.join(missing)}"
    if unprepared := sorted((fault.needs & MEANS) - set(plan.needs)):
        asked = " ".join(f"--needs {need}" for need in unprepared)
        return f"the servers were started without the means: jsquared lab up {asked}"
    return ""


def targets_here(plan: Plan, aims: Aims) -> tuple[str, ...]:
    """Return the words for everyone that a fault with these aims can hit: by role first, by name then."""
    words = {
        "nothing": (),
        "data": (*_data_words(plan), *(node.name for node in plan.all_data_nodes())),
        "sentinels": (*_sentinel_words(plan), *(node.name for node in plan.sentinels())),
    }
    if aims in words:
        return words[aims]
    roles = (*_data_words(plan), *_sentinel_words(plan))
    names = tuple(node.name for node in plan.nodes)
    servers_of = dict.fromkeys(node.host for node in plan.nodes)
    if aims == "servers":
        return (*roles, *names, *(f"host:{host}" for host in servers_of))
    hosts = dict.fromkeys([*servers_of, *(client.host for client in plan.clients)])
    return (*roles, *_client_words(plan), *names, *(f"host:{host}" for host in hosts))


def _data_words(plan: Plan) -> tuple[str, ...]:
    several = len(plan.master_names) > 1
    replicas = [f"replica:{number}" for number in range(1, len(plan.data_nodes()))]
    marked = ["replica:behind", "replica:ahead", "replicas"] if replicas else []
    others = ["primaries", *(f"primary@{name}" for name in plan.master_names)] if several else []
    return ("primary", *others, *replicas, *marked)


def _sentinel_words(plan: Plan) -> tuple[str, ...]:
    numbers = [f"sentinel:{number}" for number in range(1, len(plan.sentinels()) + 1)]
    return (*numbers, "sentinel:leader", "sentinels") if numbers else ()


def _client_words(plan: Plan) -> tuple[str, ...]:
    """Those of clients that do not live with the primary, as ``client:N`` counts them, and all."""
    primary_host = next(node.host for node in plan.data_nodes() if node.initial_primary)
    apart = [client for client in plan.clients if client.host != primary_host] or plan.clients
    return (*(f"client:{number}" for number in range(1, len(apart) + 1)), "clients")
