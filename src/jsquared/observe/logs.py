"""Turn the servers' logs into events once the trial is over: the logs' own stamps are the most exact times there are."""

import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from jsquared.logs.server_lines import parse_lines, sentinel_event
from jsquared.observe.node_clocks import NodeClock, node_clocks
from jsquared.records.event_types import LoggedLine, SentinelEvent
from jsquared.records.events import EventLog, read_events
from jsquared.records.plan import Plan
from jsquared.records.run_directory import RunDirectory

# Notices of data nodes that explain a failover or a resynchronisation; warnings are always worth showing.
_WORTH_SHOWING = re.compile(
    r"replica|sync|(MASTER|PRIMARY) MODE|master|primary|Background|AOF|append|DB loaded|[Rr]eady to accept|Failover|fsync|Disk|disk|"
    r"User requested|signal",
)
_LIMIT_PER_NODE = 10_000
"""A replica that is refused tries again some thirty times a second: its promotion may come after hundreds of lines."""
_LIMIT_PER_SENTINEL = 20_000
"""A Sentinel of a long trial has some hundreds."""
_LONGEST_LINE_BYTES = 64 * 1024


def record_logs(plan: Plan, run: RunDirectory, events: EventLog) -> None:
    """Add an event for every Sentinel event in the logs (``via: log``) and every data-node line worth showing.

    Where a fault has set a node's clock, the stamps in its log are put right by what the events say of that.
    """
    clocks = node_clocks(read_events(run.events_file))
    for node in plan.nodes:
        lines = lines_of(run.log_file(node.name))
        record = _record_sentinel if node.role == "sentinel" else _record_data
        record(node.name, lines, events, _translation(events, clocks.get(node.name, NodeClock())))


def lines_of(path: Path) -> Iterator[str]:
    """The lines of a file one after the other, too long ones in pieces; none where there is no file."""
    if path.is_file():
        with path.open("rb") as file:
            while line := file.readline(_LONGEST_LINE_BYTES):
                yield line.decode(errors="replace")


def _translation(events: EventLog, clock: NodeClock) -> Callable[[float], float]:
    """From a stamp of a log, in Unix seconds, to ``t_ms``; to be asked line by line."""
    return lambda unix_s: clock.true_ms(events.clock.from_unix_s(unix_s))


def _record_sentinel(name: str, lines: Iterable[str], events: EventLog, t_ms_of: Callable[[float], float]) -> None:
    for line in itertools.islice(parse_lines(lines), _LIMIT_PER_SENTINEL):
        t_ms = t_ms_of(line.unix_s)
        if (found := sentinel_event(line.text)) is not None:
            events.add(SentinelEvent(event=found[0], payload=found[1], via="log", source=name, t_ms=t_ms))
        elif " voted for " in line.text or "Next failover delay" in line.text:
            events.add(LoggedLine(level=line.level, text=line.text, source=name, t_ms=t_ms))


def _record_data(name: str, lines: Iterable[str], events: EventLog, t_ms_of: Callable[[float], float]) -> None:
    timed = ((t_ms_of(line.unix_s), line) for line in parse_lines(lines))
    worth = ((at, line) for at, line in timed if line.level == "warning" or _WORTH_SHOWING.search(line.text))
    for t_ms, line in itertools.islice(worth, _LIMIT_PER_NODE):
        events.add(LoggedLine(level=line.level, text=line.text, source=name, t_ms=t_ms))
