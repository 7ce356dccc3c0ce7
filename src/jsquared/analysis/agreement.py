"""Rules: do the Sentinels see the same deployment, and are they as many as each of them believes?"""

from collections.abc import Iterator

from jsquared.analysis.group import Group
from jsquared.analysis.rule import Problem, named, of_quorum, of_sentinels, rule, written
from jsquared.deployment.model.addresses import ip_of, own_addresses, port_of
from jsquared.deployment.model.directives import Directive
from jsquared.deployment.model.spec import (
    DEFAULT_DOWN_AFTER_MS,
    DEFAULT_FAILOVER_TIMEOUT_MS,
    DEFAULT_PARALLEL_SYNCS,
    SentinelNode,
)

_SETTINGS = {
    "down-after-milliseconds": DEFAULT_DOWN_AFTER_MS,
    "failover-timeout": DEFAULT_FAILOVER_TIMEOUT_MS,
    "parallel-syncs": DEFAULT_PARALLEL_SYNCS,
}


@rule(
    "sentinels-differ",
    "medium",
    "warning",
    "The Sentinels have different settings for the same primary.",
    "split-vote",
)
def sentinels_differ(group: Group) -> Iterator[Problem]:
    """Sentinel.conf is local: nothing spreads these settings, and whichever Sentinel leads applies its own."""
    for setting, default in _SETTINGS.items():
        numbers = {node: group.number(node, setting, default) for node in group.sentinels}
        if len(set(numbers.values())) > 1:
            values = sorted(numbers.values())
            common = max(values, key=values.count)
            message = (
                f"The Sentinels have {setting} from {values[0]} to {values[-1]}: "
                "the failover time depends on which of them agree and lead."
            )
            nodes = [node for node, number in numbers.items() if number != common]
            yield of_sentinels(group, nodes, setting, str(default), message, value=str(common))


@rule("quorums-differ", "high", "warning", "The Sentinels have different quorums for the same primary.", "wrong-quorum")
def quorums_differ(group: Group) -> Iterator[Problem]:
    """Each Sentinel compares with its own quorum."""
    if len(set(group.quorums.values())) > 1:
        odd = [node for node in group.sentinels if group.quorums[node.name] != group.majority]
        message = "The Sentinels have different quorums: whether a failover starts depends on which Sentinel looks."
        yield of_quorum(group, odd, message, group.majority)


@rule(
    "sentinels-share-id",
    "critical",
    "violated",
    "Sentinels have the same myid, so each mistakes the others for itself, and they never reach a majority.",
    "stale-sentinels-counted",
)
def sentinels_share_id(group: Group) -> Iterator[Problem]:
    """A hello with one's own run id, or with that of a known Sentinel, replaces that one (sentinelProcessHelloMessage)."""
    ids = [node.value("sentinel myid") for node in group.sentinels]
    nodes = [node for node, own in zip(group.sentinels, ids, strict=True) if own and ids.count(own) > 1]
    if nodes:
        lines = [line for node in nodes if (line := node.find("sentinel myid"))]
        message = "Sentinels with one id, as in copied files, count as a single Sentinel: they never reach a majority."
        fix = "no sentinel myid line: each Sentinel then generates its own"
        yield Problem(named(nodes), message, written(lines), fix=fix)


def _stale(group: Group) -> Iterator[tuple[SentinelNode, list[Directive]]]:
    """The Sentinels whose files name others that do not exist, with these lines."""
    for node in group.sentinels:
        known = [line for line in node.all("sentinel known-sentinel") if line.arguments[:1] == (group.master,)]
        stale = [line for line in known if len(line.arguments) > 3 and not _exists(line, group)]
        if stale:
            yield node, stale


def _needed(group: Group, stale: list[Directive]) -> int:
    return (len(group.sentinels) + len(stale)) // 2 + 1


def _left(group: Group) -> int:
    """How many Sentinels the loss of one host leaves at least."""
    return min(len(group.sentinels) - len(machine.sentinels) for machine in group.machines)


def _of_stale(group: Group, node: SentinelNode, stale: list[Directive], consequence: str) -> Problem:
    total, real = len(group.sentinels) + len(stale), len(group.sentinels)
    message = (
        f"{node.name} counts {total} Sentinels, {len(stale)} of which do not exist: "
        f"it needs {_needed(group, stale)} of the {real} that do{consequence}."
    )
    fix = f"SENTINEL RESET {group.master}, one Sentinel after another"
    return Problem(node.name, message, written(stale), fix=fix)


@rule(
    "stale-majority-lost",
    "critical",
    "violated",
    "So many Sentinels no longer exist that losing one host leaves no majority.",
    "stale-sentinels-counted",
)
def stale_majority_lost(group: Group) -> Iterator[Problem]:
    """Known Sentinels are never forgotten by themselves, and votes are counted against all of them (sentinelGetLeader)."""
    left = _left(group)
    for node, stale in _stale(group):
        if _needed(group, stale) > left:
            consequence = f", and the loss of one host leaves {left}: there are no more failovers"
            yield _of_stale(group, node, stale, consequence)


@rule(
    "stale-sentinels",
    "high",
    "warning",
    "Files still name Sentinels that no longer exist, and these count towards the majority.",
    "stale-sentinels-counted",
)
def stale_sentinels(group: Group) -> Iterator[Problem]:
    """As above, where one host can still be lost."""
    for node, stale in _stale(group):
        if _needed(group, stale) <= _left(group):
            yield _of_stale(group, node, stale, "")


def _addresses_of_host(group: Group, host: str) -> set[str]:
    """Of all nodes on it: a sentinel.conf often gives none, and the redis.conf beside it does."""
    return {address for node in group.deployment.nodes if node.host == host for address in own_addresses(node)}


def _exists(known: Directive, group: Group) -> bool:
    """True if a Sentinel that a file knows is one of these, or may be one.

    By its id where every Sentinel's file tells its own. Otherwise by its IP address, as long as the files of every host give one: a
    Sentinel without a file of its own state makes a new id when it starts, and a name may be anybody's.
    """
    _, address, port, own_id = known.arguments[:4]
    sentinels = group.sentinels
    ids = {node.value("sentinel myid") for node in sentinels}
    if "" not in ids:
        return own_id in ids
    addresses = [_addresses_of_host(group, node.host) for node in sentinels]
    if not all(addresses) or ip_of(address) is None:
        return True
    return any(
        address.lower() in own and port in (port_of(node), node.value("sentinel announce-port"))
        for node, own in zip(sentinels, addresses, strict=True)
    )


@rule(
    "client-asks-one",
    "medium",
    "warning",
    "A client asks only one Sentinel, and believes it even when it is cut off or stale.",
    "missed-switch-master",
    "primary-replica-and-client-isolated",
)
def client_asks_one(group: Group) -> Iterator[Problem]:
    """The field's best-known experiment: clients that asked the Sentinel beside them wrote to the isolated primary."""
    policy = group.deployment.client_policy
    clients = [client for client in group.deployment.clients if len(client.asks) == 1]
    if clients and len(group.sentinels) > 1:
        message = "A client that asks only one Sentinel follows it to the old primary when both are cut off from the majority."
        target = ", ".join(client.name for client in clients)
        yield Problem(
            target,
            message,
            directive=f"clients.ask: {policy.ask}",
            fix="clients.ask: all",
            fix_is_line=True,
            try_with=("clients.ask=all",),
        )


RULES = (sentinels_differ, quorums_differ, sentinels_share_id, stale_majority_lost, stale_sentinels, client_asks_one)
