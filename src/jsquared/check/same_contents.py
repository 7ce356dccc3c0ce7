"""Every data node must hold the same at the end, and nothing that no client wrote.

The final primary is compared with each replica that was attached and had received all of its replication stream: *missing key*, *extra
key*, *other type*, *other value*, *other TTL*. On the primary itself, a key that no client and no fault wrote is an *unknown key*, and a
unique write's key with a time to live or of another type is *changed*. Keys that expire about when they are read may be on one node and
not on the other. All of this breaks a promise at every level of acknowledgement.
"""

import re
from collections import defaultdict
from collections.abc import Iterator

from jsquared.check.checker import Findings
from jsquared.check.lifetimes import SLACK_MS
from jsquared.check.series import MOVES_CLOCKS, PARTLY_REFUSED, attempted_keys
from jsquared.check.timeline import Timeline
from jsquared.records import history as h
from jsquared.records.contents import STAYS, Contents, Entry
from jsquared.records.event_types import ContentsRead
from jsquared.records.models.catalogue import NAMESPACE
from jsquared.records.run_directory import TrialRecord
from jsquared.text import counted

LAB_KEYS = b"jsquared:"
"""What the keys begin with that faults write."""
_UNIQUE = re.compile(re.escape(h.KEY_PREFIX.encode()) + rb"([0-9]{1,5}):([0-9]{1,15})")
Difference = tuple[str, int, bytes]
"""A cause with the database and the name of a key."""


class SameContents:
    """The whole content of every node."""

    name = "the content of the nodes"

    def check(self, record: TrialRecord) -> Findings:
        """Compare every attached replica with the final primary, and that with what was written."""
        findings = Findings()
        events = {event.source: event for event in record.of(ContentsRead)}
        if not events:
            return findings  # a trial of before contents were kept, or one that never came so far
        primary = Timeline.of(record).final_primary
        whole = record.contents.get(primary)
        _say_what_is_missing(record, findings)
        if whole is None:
            return findings
        _violated(findings, primary, "", unwritten(record, whole))
        read_ms = max(event.t_ms for event in events.values()) + SLACK_MS
        for node, contents in record.contents.items():
            if node != primary and node in events and events[node].attached:
                found = differences(whole, contents, read_ms, _tolerance_ms(record))
                _violated(findings, node, f" than {primary}", found)
        return findings


def _say_what_is_missing(record: TrialRecord, findings: Findings) -> None:
    for event in record.of(ContentsRead):
        if event.error:
            findings.facts.append(f"the content of {event.source} was not compared: {event.error}")
        elif not event.attached:
            findings.facts.append(
                f"the content of {event.source} was not compared: it was not in sync with the final primary"
            )


def _tolerance_ms(record: TrialRecord) -> float:
    """Return the tolerated difference between two nodes' ends of a key's life.

    It is the replication lag where a time to live is replicated and not an end (before version 7), and any where a fault moved clocks."""
    if any(fault.name in MOVES_CLOCKS for fault in record.plan.faults):
        return STAYS
    major = record.plan.engine.version.split(".", 1)[0]
    return SLACK_MS if major.isdecimal() and int(major) >= 7 else 60_000.0


def differences(whole: Contents, other: Contents, read_ms: float, tolerance_ms: float) -> Iterator[Difference]:
    """Yield the differences between a replica's content and its primary's.

    :param read_ms: when the last node had been read; what expires until then may be on one of them alone.
    :param tolerance_ms: how far apart the ends of a key's life may lie.
    """
    for (database, key), entry in whole.items():
        there = other.get((database, key))
        if there is None:
            if not (entry.expires_ms <= read_ms or (tolerance_ms == STAYS and entry.expires_ms != STAYS)):
                yield "missing key", database, key
        elif cause := _difference(entry, there, tolerance_ms):
            yield cause, database, key
    for (database, key), entry in other.items():
        passing = entry.expires_ms <= read_ms or (tolerance_ms == STAYS and entry.expires_ms != STAYS)
        if (database, key) not in whole and not passing:
            yield "extra key", database, key


def _difference(one: Entry, other: Entry, tolerance_ms: float) -> str:
    if one.type != other.type:
        return "other type"
    if one.digest != other.digest:
        return "other value"
    if STAYS in (one.expires_ms, other.expires_ms):
        return "" if one.expires_ms == other.expires_ms else "other TTL"
    return "" if abs(one.expires_ms - other.expires_ms) <= tolerance_ms else "other TTL"


def unwritten(record: TrialRecord, contents: Contents) -> Iterator[Difference]:
    """Keys of the final primary that no one wrote, or that are not as they were written."""
    clients = record.operations.client
    writes = {number: int((clients == number).sum()) for number in range(len(record.plan.clients))}
    modelled = set(attempted_keys(record.modelled))
    astray = bool((record.modelled.error == PARTLY_REFUSED).any())  # such as a SET after a SELECT that was refused
    namespace = h.KEY_PREFIX.encode() + NAMESPACE
    for (database, key), entry in contents.items():
        match = _UNIQUE.fullmatch(key)
        if match and database == 0 and int(match[2]) < writes.get(int(match[1]), 0):
            if entry.type != "string" or entry.expires_ms != STAYS:
                yield "changed", database, key
        elif key.startswith(LAB_KEYS) or (database, key) in modelled or (astray and key.startswith(namespace)):
            continue
        else:
            yield "unknown key", database, key


def _violated(findings: Findings, node: str, than: str, found: Iterator[Difference]) -> None:
    by_cause: dict[str, list[tuple[int, bytes]]] = defaultdict(list)
    for cause, database, key in found:
        by_cause[cause].append((database, key))
    for cause, keys in by_cause.items():
        database, key = keys[0]
        place = f" in database {database}" if database else ""
        name = key[:100].decode(errors="backslashreplace")
        findings.violated(f"content: {cause}{than}: {counted(len(keys), 'key')} on {node}, such as {name}{place}")
