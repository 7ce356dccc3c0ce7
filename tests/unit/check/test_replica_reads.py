"""What clients read from replicas is told, and held against nobody."""

import json

import pytest

from jsquared.check.replica_reads import ReplicaReads
from jsquared.records.event_types import ClientSaid
from support.records import Story


def facts(*lines: tuple[str, str, str]) -> list[str]:
    """What is said of these lines of clients: who, about which node, with which detail."""
    story = Story()
    story.load()
    for client, node, detail in lines:
        story.event(ClientSaid(action="replica-reads", node=node, detail=detail, source=client, t_ms=9000))
    findings = ReplicaReads().check(story.record())
    assert not findings.notes
    return findings.facts


def counts(reads: int, older: int = 0, behind_ms: float = 0.0) -> str:
    """The detail of a line."""
    return json.dumps({"reads": reads, "refused": 0, "older": older, "most_behind_ms": behind_ms})


def test_what_all_clients_read_is_added_up() -> None:
    """Reads of a node are summed over the clients, and of how far behind it was the longest counts."""
    told = facts(
        ("client-1", "redis-n2", counts(30, 2, 12.4)),
        ("client-2", "redis-n2", counts(31, 1, 80.2)),
        ("client-1", "redis-n3", counts(12)),
    )
    [sentence] = told
    assert sentence == (
        "reads from replicas: redis-n2 returned an older state in 3 of 61 reads, by up to 0.080 s "
        "and redis-n3 returned every acknowledged write in all of 12 reads"
    )


@pytest.mark.parametrize("detail", ["", "no JSON", "[1]"])
def test_a_damaged_line_counts_nothing(detail: str) -> None:
    """What cannot be read is no read."""
    assert facts(("client-1", "redis-n2", detail)) == [
        "reads from replicas: redis-n2 returned every acknowledged write in all of 0 reads"
    ]


def test_without_reads_nothing_is_said() -> None:
    """Neither of old runs nor of clients without operations."""
    assert facts() == []
