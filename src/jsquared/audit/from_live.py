"""Evidence of running servers: found from one Sentinel, asked for what the rules read, and put into the model that files are read into."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from jsquared.audit.asking import Told, ask_data_node, ask_sentinel_node
from jsquared.audit.evidence import DEFAULT_USER, Evidence, NodeFacts
from jsquared.deployment.model.directives import Directive, Source
from jsquared.deployment.model.spec import (
    DATA_PORT,
    SENTINEL_PORT,
    ClientPolicy,
    DataNode,
    Deployment,
    MonitoredPrimary,
    SentinelNode,
)
from jsquared.running.access import Access
from jsquared.running.discover import discover
from jsquared.running.discovered import Discovered, DiscoveredMaster, DiscoveredNode

ASKED_AT_ONCE = 16
MOST_NODES = 256
LARGEST_QUORUM = 2**31 - 1
SHORT_ID = 8
"""So many digits of its id a Sentinel shows in the names of its connections (sentinelSetClientName)."""
OF_SENTINELS = ("sentinel auth-user", "sentinel sentinel-user", "sentinel monitor")


def evidence_of_running(seeds: Sequence[tuple[str, int]], access: Access, name: str = "") -> Evidence:
    """Return the evidence of a running deployment.

    :param name: the deployment's in fingerprints; the names of its primaries where none is given.
    :raises BadInputError: no Sentinel answers.
    """
    found = discover(seeds, access)
    data, sentinels = found.data[:MOST_NODES], found.sentinels[:MOST_NODES]
    masters = [master.name for master in found.masters]
    with ThreadPoolExecutor(ASKED_AT_ONCE, thread_name_prefix="audit") as pool:
        of_data = pool.map(lambda node: ask_data_node(access, node), data)
        of_sentinels = pool.map(lambda node: ask_sentinel_node(access, node, masters), sentinels)
        answers = dict(zip(data, of_data, strict=True)) | dict(zip(sentinels, of_sentinels, strict=True))
    return _Model(found, answers, access).evidence(name or "+".join(masters))


def host_of(node: DiscoveredNode) -> str:
    """Return what a server's host is called: its address, with its port where that is not the usual one."""
    usual = SENTINEL_PORT if node.role == "sentinel" else DATA_PORT
    return node.address if node.port == usual else node.where


class _Model:
    """Makes a deployment of what was found and told."""

    def __init__(self, found: Discovered, answers: Mapping[DiscoveredNode, Told], access: Access) -> None:
        self.found = found
        self.answers = answers
        self.access = access
        self.logins = self._logins("data")
        self.peer_logins = self._logins("sentinel")

    def evidence(self, name: str) -> Evidence:
        """All of it."""
        data = {node.where: self._data(node, master) for master in self.found.masters for node in master.data}
        sentinels = {node.where: self._sentinel(node) for node in self.found.sentinels if node in self.answers}
        deployment = Deployment(
            name=name,
            description="Running servers.",
            data=tuple(data.values()),
            sentinels=tuple(sentinels.values()),
            monitored=tuple(_monitored(master) for master in self.found.masters if master.data),
            clients=(),
            client_policy=ClientPolicy(),
            input_files={},
        )
        facts = {}
        for node, told in self.answers.items():
            made = sentinels[node.where] if node.role == "sentinel" else data[node.where]
            facts[made.name] = self._facts(node, told)
        return Evidence(deployment=deployment, name=name, looked_at="live", facts=facts, problems=self.found.problems)

    def _logins(self, role: str) -> dict[str, str] | None:
        """Short ids of Sentinels to the user that each logged in with at servers of a role; None where none of these tells."""
        shown = [
            told.sentinels for node, told in self.answers.items() if (node.role == "sentinel") == (role == "sentinel")
        ]
        told = [each for each in shown if each is not None]
        return {short: user for each in told for short, user in each.items()} if told else None

    def _data(self, node: DiscoveredNode, master: DiscoveredMaster) -> DataNode:
        source = Source(node.where, node.where)
        lines = self.answers[node].lines if node in self.answers else []
        primary = _primary(master)
        return DataNode(
            host=host_of(node),
            directives=tuple(_directive(words, source) for words in lines),
            source=source,
            replica_of=None if node == primary else host_of(primary),
            master_name=master.name,
        )

    def _sentinel(self, node: DiscoveredNode) -> SentinelNode:
        source = Source(node.where, node.where)
        short = node.id[:SHORT_ID]
        lines = [("bind", node.address), *self.answers[node].lines]
        for master in self.found.masters:
            if any(other.where == node.where for other in master.sentinels) and master.data:
                primary = _primary(master)
                lines.append(
                    ("sentinel", "monitor", master.name, primary.address, str(primary.port), str(_quorum(master)))
                )
                user = (self.logins or {}).get(short, "")
                lines += [("sentinel", "auth-user", master.name, user)] if user not in ("", DEFAULT_USER) else []
        peer = (self.peer_logins or {}).get(short, "")
        lines += [("sentinel", "sentinel-user", peer)] if peer not in ("", DEFAULT_USER) else []
        return SentinelNode(
            host=host_of(node), directives=tuple(_directive(words, source) for words in lines), source=source
        )

    def _facts(self, node: DiscoveredNode, told: Told) -> NodeFacts:
        is_sentinel = node.role == "sentinel"
        refused = dict(told.refused)
        if is_sentinel:
            if node.id[:SHORT_ID] not in (self.logins or {}):
                refused["sentinel auth-user"] = "no data node shows its connection"
            if self.peer_logins is None:
                refused["sentinel sentinel-user"] = "no Sentinel shows who is connected"
        names = {one.id[:SHORT_ID]: _name(one) for one in self.found.sentinels if one.id}
        usable = [
            (told.usable[master.name], len(master.sentinels))
            for master in self.found.masters
            if master.name in told.usable
        ]
        return NodeFacts(
            told=frozenset(told.told) | (frozenset(OF_SENTINELS) if is_sentinel else frozenset()),
            refused=refused,
            settings=told.settings,
            problem=told.problem,
            address=node.address,
            encrypted=(self.access.sentinel_tls if is_sentinel else self.access.data_tls) is not None,
            sentinels_logged_in=None
            if told.sentinels is None
            else frozenset(names[short] for short in told.sentinels if short in names),
            usable_sentinels=min(usable, key=lambda pair: pair[0] - pair[1]) if usable else None,
            failed_logins=told.failed_logins,
            process=told.process,
            certificate=told.certificate,
            version=told.version,
        )


def _name(node: DiscoveredNode) -> str:
    return SentinelNode(host=host_of(node), directives=(), source=Source("", "")).name


def _directive(words: Sequence[str], source: Source) -> Directive:
    return Directive(tuple(words), source, None, words[0])


def _primary(master: DiscoveredMaster) -> DiscoveredNode:
    return next((node for node in master.data if node.where == master.primary), master.data[0])


def _quorum(master: DiscoveredMaster) -> int:
    return min(max(master.quorum, 1), LARGEST_QUORUM)


def _monitored(master: DiscoveredMaster) -> MonitoredPrimary:
    return MonitoredPrimary(
        master_name=master.name,
        host=host_of(_primary(master)),
        quorum=_quorum(master),
        down_after_ms=master.down_after_ms or 1,
        failover_timeout_ms=master.failover_timeout_ms or 1,
        parallel_syncs=1,
    )
