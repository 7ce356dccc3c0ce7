"""The consistency of a plan that was read, and of its placement with it: a run folder may be damaged, or come from someone else.

Names in them become names of files in the run folder, references are followed, and numbers are multiplied; so each is held against what
JSquared itself writes, once, before anything else looks at them.
"""

import re
from collections.abc import Iterable, Iterator

from jsquared.errors import BadInputError
from jsquared.records.placement import Placement
from jsquared.records.plan import Plan, PlannedNode
from jsquared.records.reading import ANOTHER

MOST_PROCESSES = 4096
LARGEST = 10**12
"""No number of a plan is larger: limits in ms, rates, sizes, seeds."""
_FILE_NAME = re.compile(r"(?!\.)[^/\x00-\x1f\x7f]{1,200}")
"""A name that stays in its folder, wherever it is put."""


def check_plan(plan: Plan, where: str) -> None:
    """Refuse a plan that contradicts itself.

    :raises BadInputError: the first contradiction, in one line.
    """
    _refuse_first(_problems(plan), where)


def check_placement(placement: Placement, plan: Plan, where: str) -> None:
    """Refuse a placement of other nodes or clients than those of the plan.

    :raises BadInputError: the first contradiction, in one line.
    """
    _refuse_first(_problems_of_placement(placement, plan), where)


def _refuse_first(problems: Iterator[str], where: str) -> None:
    problem = next(problems, "")
    if problem:
        raise BadInputError(f"damaged: {problem}", where=where, hint=ANOTHER)


def _problems_of_placement(placement: Placement, plan: Plan) -> Iterator[str]:
    if [*map(_identity, placement.nodes)] != [*map(_identity, plan.nodes)]:
        yield "its nodes are not those of the plan"
    if [(one.name, one.host) for one in placement.clients] != [(one.name, one.host) for one in plan.clients]:
        yield "its clients are not those of the plan"
    if [one.written for one in placement.floating] != [one.written for one in plan.floating]:
        yield "its floating addresses are not those of the plan"
    yield from (f"'{name[:80]}' is not a valid name" for name in placement.config_files if not is_file_name(name))
    numbers = [node.port for node in placement.nodes]
    numbers += [rewrite.line for rewrite in placement.rewrites if rewrite.line is not None]
    yield from _too_large(numbers)


def _identity(node: PlannedNode) -> tuple[str, str, str, str]:
    return node.name, node.host, node.role, node.master_name


def _problems(plan: Plan) -> Iterator[str]:
    nodes, clients = [node.name for node in plan.nodes], [client.name for client in plan.clients]
    if not plan.rules and not plan.data_nodes():
        yield "it has no data node"
    if len(nodes) + len(clients) + len(plan.faults) > MOST_PROCESSES:
        yield f"more than {MOST_PROCESSES} nodes, clients and faults"
    yield from _names("node or client", [*nodes, *clients])
    yield from _names("fault", [fault.id for fault in plan.faults])
    hosts = [*(node.host for node in plan.nodes), *(client.host for client in plan.clients)]
    yield from (f"'{name[:80]}' is not a valid name" for name in hosts if not is_file_name(name))
    sentinels = {node.name for node in plan.sentinels()}
    for client in plan.clients:
        yield from (
            f"{client.name} asks '{name[:80]}', which is not a Sentinel"
            for name in client.sentinels
            if name not in sentinels
        )
    for objective in plan.objectives:
        yield from (
            f"an objective is about '{name[:80]}', which is not a client"
            for name in objective.clients
            if name not in clients
        )
    yield from _too_large(_numbers(plan))


def _too_large(numbers: Iterable[float]) -> Iterator[str]:
    yield from (f"the number {number} is too large" for number in numbers if not -1 <= number <= LARGEST)


def _names(what: str, names: Iterable[str]) -> Iterator[str]:
    """Names that lead out of a folder, or that two of them have."""
    seen: set[str] = set()
    for name in names:
        if not is_file_name(name):
            yield f"'{name[:80]}' is not a valid name of a {what}"
        if name in seen:
            yield f"'{name[:80]}' names more than one {what}"
        seen.add(name)


def is_file_name(name: str) -> bool:
    """True if a name stays in its folder, is not hidden and holds nothing that a terminal obeys."""
    return _FILE_NAME.fullmatch(name) is not None


def _numbers(plan: Plan) -> Iterator[float]:
    load = plan.workload
    yield from (plan.seed, plan.quorum, plan.down_after_ms, plan.failover_timeout_ms, plan.minimum_acknowledged)
    yield from (plan.settle_limit_ms, plan.recovery_limit_ms, plan.ack.replicas, plan.ack.local)
    yield from (
        load.rate_per_s,
        load.operations_per_s,
        load.connections,
        load.value_bytes,
        load.operation_timeout_ms,
        load.wait_timeout_ms,
    )
    yield from (objective.limit for objective in plan.objectives)
    yield from (one.standard_limit for one in plan.objectives if one.standard_limit is not None)
