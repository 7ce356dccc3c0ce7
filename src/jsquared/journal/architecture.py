"""The architecture of a deployment: hosts, roles, who replicates from whom, who watches, and how many may fail.

It is drawn from plans, which hold a deployment as it was resolved. The quorum and the timings of a monitored primary are known from a
plan that is about it.
"""

from collections.abc import Iterator, Sequence

import msgspec

from jsquared.records.plan import Plan, PlannedNode
from jsquared.text import counted, duration, listed


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """A server and its role at the start."""

    name: str
    role: str
    """``primary``, ``replica`` or ``sentinel``."""
    master_name: str = ""
    """Of a data node: the monitored primary that it belongs to."""


class Host(msgspec.Struct, frozen=True, kw_only=True):
    """A host with its servers."""

    name: str
    servers: list[Server]


class WatchedPrimary(msgspec.Struct, frozen=True, kw_only=True):
    """A monitored primary; numbers are None where no plan is about it."""

    master_name: str
    primary: str
    replicas: list[str]
    quorum: int | None = None
    down_after_ms: int | None = None
    failover_timeout_ms: int | None = None


class SharedAddress(msgspec.Struct, frozen=True, kw_only=True):
    """An address that hosts share in turn."""

    address: str
    hosts: list[str]
    follows: str


class Architecture(msgspec.Struct, frozen=True, kw_only=True):
    """A deployment in one picture."""

    deployment: str
    fingerprint: str
    engine: str
    hosts: list[Host]
    primaries: list[WatchedPrimary]
    addresses: list[SharedAddress]

    @property
    def sentinels(self) -> list[str]:
        """The names of all Sentinels."""
        return [server.name for host in self.hosts for server in host.servers if server.role == "sentinel"]


def architecture_of(plans: Sequence[Plan], fingerprint: str) -> Architecture:
    """Return the architecture that plans of one configuration describe.

    :param plans: at least one; the numbers of each monitored primary come from the first that is about it.
    """
    plan = plans[0]
    hosts = dict.fromkeys(node.host for node in plan.nodes)
    about = {one.master_name: one for one in reversed(plans) if one.master_name}
    if len(plan.master_names) == 1:  # a static check's plan is about all primaries, and here that is one
        about.setdefault(plan.master_names[0], plan)
    return Architecture(
        deployment=plan.deployment,
        fingerprint=fingerprint,
        engine=f"{plan.engine.name} {plan.engine.version}",
        hosts=[Host(name=name, servers=[_server(node) for node in plan.nodes if node.host == name]) for name in hosts],
        primaries=[_watched(name, plan, about.get(name)) for name in plan.master_names],
        addresses=[
            SharedAddress(address=one.written, hosts=list(one.hosts), follows=one.follows) for one in plan.floating
        ],
    )


def _server(node: PlannedNode) -> Server:
    role = "sentinel" if node.role == "sentinel" else "primary" if node.initial_primary else "replica"
    return Server(name=node.name, role=role, master_name=node.master_name)


def _watched(name: str, plan: Plan, about: Plan | None) -> WatchedPrimary:
    nodes = plan.group(name)
    return WatchedPrimary(
        master_name=name,
        primary=next((node.name for node in nodes if node.initial_primary), ""),
        replicas=[node.name for node in nodes if not node.initial_primary],
        quorum=about.quorum if about else None,
        down_after_ms=about.down_after_ms if about else None,
        failover_timeout_ms=about.failover_timeout_ms if about else None,
    )


def margins(architecture: Architecture) -> list[str]:
    """Return a sentence on each margin: how many Sentinels, hosts and replicas may fail."""
    return [sentence for one in architecture.primaries for sentence in _margins(architecture, one)]


def _margins(architecture: Architecture, one: WatchedPrimary) -> Iterator[str]:
    sentinels = len(architecture.sentinels)
    majority = sentinels // 2 + 1
    if not sentinels:
        yield f"{one.master_name}: no Sentinel watches, so there is no failover"
    elif one.quorum is None:
        yield f"{one.master_name}: the quorum is not known; a majority is {majority} of {sentinels} Sentinels"
    else:
        needed = max(one.quorum, majority)
        spare = sentinels - needed
        yield (
            f"{one.master_name}: {one.quorum} of {counted(sentinels, 'Sentinel')} consider the primary down (quorum), {majority} elect "
            f"a leader (majority), so {_may_fail(spare, 'Sentinel')}"
        )
        hosts = _hosts_to_spare(architecture, needed)
        yield (
            f"{one.master_name}: with any {counted(hosts, 'host')} lost, Sentinels can still agree"
            if hosts
            else (f"{one.master_name}: the loss of one host can leave too few Sentinels")
        )
    replicas = len(one.replicas)
    acknowledged = (replicas + 1) // 2
    yield (
        f"{one.master_name}: {counted(replicas, 'replica')}; a write is on a majority of the data nodes once "
        f"{counted(acknowledged, 'replica')} {'has' if acknowledged == 1 else 'have'} acknowledged it"
        if replicas
        else f"{one.master_name}: no replica, so nothing can take over"
    )


def _may_fail(spare: int, noun: str) -> str:
    return f"any {counted(spare, noun)} may fail" if spare > 0 else f"no {noun} may fail"


def _hosts_to_spare(architecture: Architecture, needed: int) -> int:
    """How many hosts may be lost, whichever they are: those with most Sentinels first."""
    counts = sorted(
        (sum(server.role == "sentinel" for server in host.servers) for host in architecture.hosts), reverse=True
    )
    left, lost = sum(counts), 0
    for number in counts:
        left -= number
        if left < needed:
            return lost
        lost += 1
    return lost


def timings(one: WatchedPrimary) -> str:
    """Return the timings of a monitored primary in words."""
    if one.down_after_ms is None or one.failover_timeout_ms is None:
        return "timings not known"
    return f"down after {duration(one.down_after_ms)}, failover timeout {duration(one.failover_timeout_ms)}"


def differences(old: Architecture, new: Architecture) -> list[str]:
    """Return a sentence on each difference between two architectures of a deployment."""
    return [f"{new.deployment}: {sentence}" for sentence in _differences(old, new)]


def _differences(old: Architecture, new: Architecture) -> Iterator[str]:
    if old.engine != new.engine:
        yield f"{old.engine} became {new.engine}"
    before, after = _servers(old), _servers(new)
    if added := [name for name in after if name not in before]:
        yield f"new: {listed([f'{name} ({after[name][1].role}) on {after[name][0]}' for name in added])}"
    if gone := [name for name in before if name not in after]:
        yield f"gone: {listed([f'{name} ({before[name][1].role}) from {before[name][0]}' for name in gone])}"
    for name in before:
        if name in after:
            (old_host, was), (new_host, now) = before[name], after[name]
            if was.role != now.role:
                yield f"{name} was a {was.role} and is a {now.role}"
            if old_host != new_host:
                yield f"{name} moved from {old_host} to {new_host}"
    yield from _watched_differently(old, new)
    if old.addresses != new.addresses:
        yield "the addresses that hosts share changed"


def _servers(architecture: Architecture) -> dict[str, tuple[str, Server]]:
    return {server.name: (host.name, server) for host in architecture.hosts for server in host.servers}


def _watched_differently(old: Architecture, new: Architecture) -> Iterator[str]:
    watched = {one.master_name: one for one in old.primaries}
    for now in new.primaries:
        was = watched.get(now.master_name)
        if was is None:
            yield f"{now.master_name} is watched now"
            continue
        for what, before, after in (
            ("quorum", was.quorum, now.quorum),
            ("down-after", was.down_after_ms, now.down_after_ms),
            ("failover-timeout", was.failover_timeout_ms, now.failover_timeout_ms),
        ):
            if None not in (before, after) and before != after:
                shown = [str(each) if what == "quorum" else duration(each) for each in (before, after)]
                yield f"{now.master_name}: {what} {shown[0]} became {shown[1]}"
    for name in watched:
        if name not in {one.master_name for one in new.primaries}:
            yield f"{name} is no longer watched"
