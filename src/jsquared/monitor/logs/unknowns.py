"""What these logs cannot tell, a sentence each: missing logs, time zones and years, clocks, addresses, and lines that end too early."""

from collections.abc import Iterator, Mapping, Sequence

from jsquared.monitor.logs.changes import Word
from jsquared.monitor.logs.clock_bounds import Clocks
from jsquared.monitor.logs.identify import Node, Roster
from jsquared.monitor.logs.node_logs import QUARTER_S, NodeLog
from jsquared.text import counted, duration, listed

_NEAR_S = 60


def unknown(roster: Roster, clocks: Clocks, by_master: Mapping[str, Sequence[Word]]) -> list[str]:
    """All of it."""
    logs = [node.log for node in roster.nodes if node.log]
    return [
        *_missing(roster, by_master),
        *_addresses(roster),
        *_zones(logs),
        *_years(logs),
        *_clocks(clocks),
        *_damaged(roster, logs),
    ]


def _missing(roster: Roster, by_master: Mapping[str, Sequence[Word]]) -> Iterator[str]:
    for role, nodes in (("Sentinel", roster.sentinels), ("data node", roster.data)):
        names = [_known(node) for node in nodes if not node.log]
        if names:
            kind = f"a {role}" if len(names) == 1 else f"{role}s"
            yield f"there is no log of {listed(names)}, {kind} that others write of"
    if not any(node.log for node in roster.sentinels):
        yield "there is no log of any Sentinel: failovers show only in what data nodes wrote of their roles"
    elif not by_master:
        yield "no Sentinel wrote of a monitored primary"
    if not any(node.log for node in roster.data):
        yield "there is no log of any data node: when the fault came and when the replica was promoted is known from the Sentinels alone"


def _known(node: Node) -> str:
    address = f" at {node.address}" if node.address and node.address != node.name else ""
    id_ = f" (id {node.id[:8]})" if node.id and node.id[:8] not in node.name else ""
    return f"{node.name}{address}{id_}"


def _addresses(roster: Roster) -> Iterator[str]:
    unplaced = [node.name for node in roster.data if node.log and not node.address and not node.is_mixed]
    if unplaced:
        yield f"the address of {listed(unplaced)} does not follow from the logs: --node {unplaced[0]}=ADDRESS:PORT says it"
    nameless = [node.name for node in roster.sentinels if node.log and not node.id and not node.is_mixed]
    if nameless:
        yield f"the id of {listed(nameless)} does not follow from the logs, so neither do the votes for it"


def _zones(logs: Sequence[NodeLog]) -> Iterator[str]:
    zoneless = [log.name for log in logs if not log.is_zoned and log.zone_s is None]
    if zoneless and len(zoneless) < len(logs):
        yield f"the time zone of {listed(zoneless)} is not in the logs, and is taken to be UTC as that of the others is"
    elif zoneless:
        yield "the servers' time zone is not in the logs: all times are theirs, and taken to be of the same zone"
    for log in logs:
        if log.zone_s:
            hours = log.zone_s / 3600
            yield f"{log.name} writes times of UTC{hours:+g} h by its collector's stamps; they are shown as UTC"


def _years(logs: Sequence[NodeLog]) -> Iterator[str]:
    guessed = [log for log in logs if log.guessed_year is not None]
    if guessed:
        yield f"lines of {listed([log.name for log in guessed])} have no year: {guessed[0].guessed_year} is assumed"


def _clocks(clocks: Clocks) -> Iterator[str]:
    alone = [one.node for one in clocks.clocks.values() if one.ahead_s is None]
    if alone:
        yield f"no cause and effect compares the clock of {listed(alone)} with that of {clocks.reference}"
    for one in clocks.clocks.values():
        quarters = round((one.ahead_s or 0.0) / QUARTER_S)
        if quarters and abs((one.ahead_s or 0.0) - quarters * QUARTER_S) < _NEAR_S:
            apart = duration(abs(quarters) * QUARTER_S * 1000)
            yield f"{one.node} is {apart} {'ahead' if quarters > 0 else 'behind'}: perhaps it writes times of another zone"
    if clocks.contradicts:
        who = listed(clocks.contradicts)
        yield f"causes and effects at {who} contradict each other: a clock was set in between, or lines are not whose they seem"


def _damaged(roster: Roster, logs: Sequence[NodeLog]) -> Iterator[str]:
    for log in (one for one in logs if one.servers == 1):
        if log.steps_back:
            back = counted(log.steps_back, "time")
            yield f"the lines of {log.name} go back by more than a second {back}: its clock was set, or files are mixed"
        if log.is_cut:
            yield f"{log.name} has more lines of interest than are read"
    yield from _apart(logs)
    addresses = [node.address for node in roster.nodes if node.address and node.log]
    twice = sorted({address for address in addresses if addresses.count(address) > 1})
    if twice:
        yield f"several logs seem to be by {listed(twice)}"


def _apart(logs: Sequence[NodeLog]) -> Iterator[str]:
    """Say which files were taken apart, and which may have been written by several servers in turn."""
    for file in sorted({log.files[0] for log in logs if log.is_apart}):
        names = [log.name for log in logs if log.is_apart and file in log.files]
        yield f"{file} has the lines of several servers, which were taken apart by their processes: {listed(names)}"
    for log in logs:
        ids = {one.parts["id"] for one in log.of("sentinel-id")}
        if len(ids) > 1 and log.servers == 1:
            yield f"{log.name} has the lines of {len(ids)} Sentinels: give each a file of its own"
