"""Processes that ended without the lab's order: by an outsider, which leaves everything after it unproven, or by themselves.

A server that crashes is the deployment's or the engine's own doing, and what it did to the service is judged as ever; its last words
are named beside it. A server, Sentinel or client that someone outside killed, or that the lab had to stop for its endless log, leaves a
trial that no verdict can be about.
"""

from jsquared.check.checker import Findings
from jsquared.records.ends import excess_words, is_from_outside, is_own, outside_words, signal_name
from jsquared.records.event_types import Ended, LogLimit, ProcessChanged
from jsquared.records.run_directory import TrialRecord
from jsquared.text import seconds


class ProcessEnds:
    """No one but the lab ended its processes."""

    name = "ends of processes"

    def check(self, record: TrialRecord) -> Findings:
        """Look at the ends that were seen, and at the logs that were too long."""
        findings = Findings()
        clients = {client.name for client in record.plan.clients}
        for event in record.events:
            if isinstance(event, LogLimit):
                findings.unprovable.append(excess_words(event))
            elif isinstance(event, Ended) and is_from_outside(event):
                findings.unprovable.append(outside_words(event))
            elif isinstance(event, Ended) and is_own(event) and not _of_a_fault(record, event):
                text = _own_words(event)
                if event.source not in clients:
                    findings.crashes.append(text)
                elif event.code:
                    findings.inconclusive(text)
        return findings


def _of_a_fault(record: TrialRecord, ended: Ended) -> bool:
    """True if a fault has noted this very process as ended by its effect, such as a lack of memory or disk."""
    return any(
        event.source == ended.source and event.state == "exited" and event.reason == "fault" and event.pid == ended.pid
        for event in record.of(ProcessChanged)
    )


def _own_words(event: Ended) -> str:
    code = event.code or 0
    how = f"crashed with {signal_name(code)}" if code < 0 else f"exited with code {code} by itself"
    return f"{event.source} {how} at {seconds(event.t_ms)}: {event.words or 'it printed nothing'}"
