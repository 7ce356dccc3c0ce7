"""Turn the servers' logs into events once the trial is over: the logs' own stamps are the most exact times there are."""

import re

from jsquared.clock import TrialClock
from jsquared.observe.sentinel_log import parse_lines, sentinel_event
from jsquared.records.events import EventLog
from jsquared.records.plan import Plan
from jsquared.records.run_directory import RunDirectory

# Notices of data nodes that explain a failover or a resynchronisation; warnings are always worth showing.
_WORTH_SHOWING = re.compile(
    r"replica|sync|MASTER MODE|master|Background|AOF|append|DB loaded|[Rr]eady to accept|Failover|fsync|Disk|disk|"
    r"User requested|signal",
)
_LIMIT_PER_NODE = 300


def record_logs(plan: Plan, run: RunDirectory, events: EventLog) -> None:
    """Add an event for every Sentinel event in the logs (``via: log``) and every data-node line worth showing."""
    for node in plan.nodes:
        path = run.log_file(node.name)
        if not path.exists():
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        if node.role == "sentinel":
            _record_sentinel(node.name, text, events, events.clock)
        else:
            _record_data(node.name, text, events, events.clock)


def _record_sentinel(name: str, text: str, events: EventLog, clock: TrialClock) -> None:
    for line in parse_lines(text):
        t_ms = clock.from_unix_s(line.unix_s)
        if (found := sentinel_event(line.text)) is not None:
            events.add(name, "sentinel", t_ms=t_ms, event=found[0], payload=found[1], via="log")
        elif " voted for " in line.text or "Next failover delay" in line.text:
            events.add(name, "log", t_ms=t_ms, level=line.level, text=line.text)


def _record_data(name: str, text: str, events: EventLog, clock: TrialClock) -> None:
    worth = (line for line in parse_lines(text) if line.level == "warning" or _WORTH_SHOWING.search(line.text))
    for _, line in zip(range(_LIMIT_PER_NODE), worth, strict=False):
        events.add(name, "log", t_ms=clock.from_unix_s(line.unix_s), level=line.level, text=line.text)
