"""Lines in the servers' own logs by which they say that something in them is broken, whatever else went well.

Source: the texts of ``serverLog`` and of the crash report in server.c, replication.c, networking.c and debug.c.
"""

import re

from jsquared.check.checker import Findings
from jsquared.check.fault_spans import FaultSpan, fault_spans
from jsquared.records.event_types import LoggedLine
from jsquared.records.run_directory import TrialRecord
from jsquared.text import counted, seconds

ALARM = re.compile(
    r"REPORT START|ASSERTION FAILED|Guru Meditation|crashed by signal|== CRITICAL ==|Desync\?|"
    r"Protocol error .*(?:MASTER|PRIMARY|master|primary)|Bad protocol from (?:MASTER|PRIMARY)|^BUG\b|\bBUG:"
)
"""What a sound server never writes."""
LOADING = "AOF-loading-client"
"""Redis 7.0 writes so of each transaction in the append-only file that it does not load because the default user may not give its commands.
What that loses shows in the content; a node that copies everything afterwards loses nothing."""
_ENDS_BY_DESIGN = frozenset({"memory-limit", "disk-full", "disk-read-only"})
"""Faults under which a server of some version ends itself on purpose, with such words: it must not go on without memory or disk."""
_SHOWN_CHARACTERS = 160


class LogAlarms:
    """No server says of itself that it is broken."""

    name = "log alarms"

    def check(self, record: TrialRecord) -> Findings:
        """Look for such lines."""
        findings = Findings()
        spans = [span for span in fault_spans(record) if span.name in _ENDS_BY_DESIGN]
        hosts = {node.name: node.host for node in record.plan.nodes}
        alarms: dict[str, list[LoggedLine]] = {}
        unloaded = [event for event in record.of(LoggedLine) if LOADING in event.text]
        for name in dict.fromkeys(event.source for event in unloaded):
            findings.facts.append(
                f"{name} did not load all of its append-only file: the default user may not run the commands of its transactions"
            )
        for event in record.of(LoggedLine):
            if event in unloaded:
                continue
            if ALARM.search(event.text) and not any(
                _explains(span, event, hosts.get(event.source, "")) for span in spans
            ):
                alarms.setdefault(event.source, []).append(event)
        for name, events in alarms.items():
            first = events[0]
            more = f" (and {counted(len(events) - 1, 'line')} more like it)" if len(events) > 1 else ""
            words = first.text.strip()[:_SHOWN_CHARACTERS]
            findings.violated(f"{name} logged at {seconds(first.t_ms)}: {words}{more}")
        return findings


def _explains(span: FaultSpan, event: LoggedLine, host: str) -> bool:
    return span.start_ms <= event.t_ms and bool({event.source, host} & set(span.targets))
