"""What wakes a client: replies that settle something, and not each packet or each refused connection."""

from typing import Any

import pytest

from jsquared.clock import NS_PER_MS, now_ns
from jsquared.records.history import ERROR_CODES, FAIL

PATIENT = {"operation_timeout_ms": 20_000, "wait_timeout_ms": 15_000}
"""With these nothing is sent behind a WAIT that has no answer."""


STUCK_NS = 200 * NS_PER_MS


def begin_with_one(lab: Any, **changes: Any) -> Any:
    """A client with one connection, ready to write."""
    lab.serve()
    lab.nodes[0].replicas = 1
    client = lab.begin(
        **{"ack_mode": "wait", "ack_replicas": 1, "connections": 1, "rate_per_s": 50, **PATIENT, **changes}
    )
    lab.until(lambda: lab.acknowledged() > 2, "writes")
    return client.primary.connections[0]


def test_a_reply_that_settles_nothing_wakes_nobody(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The OK of a write says nothing before the answer to its WAIT: it is read with that."""
    connection = begin_with_one(lab)
    reads: list[int] = []
    arrived = connection.arrived
    monkeypatch.setattr(connection, "arrived", lambda data: (reads.append(len(data)), arrived(data)))
    lab.nodes[0].script["WAIT"] = b""
    lab.until(
        lambda: connection.in_flight and connection.in_flight[0].sent_ns < now_ns() - STUCK_NS,
        "a WAIT without an answer",
    )
    assert len(b"+OK\r\n") not in reads
    assert lab.nodes[0].received[-1][0] == b"WAIT"


@pytest.mark.parametrize("ack", [{"ack_mode": "async"}, {"ack_mode": "wait", "ack_replicas": 1}], ids=["async", "wait"])
def test_only_a_wait_is_waited_for(lab: Any, ack: dict[str, Any]) -> None:
    """Without a WAIT each byte counts at once, as before."""
    connection = begin_with_one(lab, **ack)
    assert (connection.least_bytes == 1) == (ack["ack_mode"] == "async")


def test_the_rest_of_a_reply_may_be_short(lab: Any) -> None:
    """A question after writes, answered byte by byte in fewer bytes than writes are, is heard."""
    connection = begin_with_one(lab)
    lab.nodes[0].cut = True
    lab.nodes[0].script["ROLE"] = b"-ERR\r\n"
    connection.check_role()
    lab.until(lambda: lab.has_said("not-primary"), "the answer to ROLE")


def test_what_has_arrived_counts_when_time_is_up(lab: Any) -> None:
    """A refused write whose WAIT is never answered has failed for certain, as the server says, and is not unknown."""
    begin_with_one(lab, operation_timeout_ms=300, wait_timeout_ms=100)
    lab.nodes[0].script |= {"SET": b"-E\r\n", "WAIT": b""}
    lab.until(lambda: lab.has_said("disconnected"), "the time-out")
    assert lab.errors(FAIL) >= {ERROR_CODES["other error reply"]}


def test_a_node_that_refuses_is_tried_with_one_connection(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """All would be refused fifty times a second; when one stands again, all others follow."""
    lab.serve()
    client = lab.begin(connections=4, rate_per_s=50)
    lab.until(lambda: lab.acknowledged() > 2, "writes")
    opened: list[int] = []
    for number, connection in enumerate(client.primary.connections):
        monkeypatch.setattr(
            connection, "open", lambda now, number=number, real=connection.open: (opened.append(number), real(now))
        )
    lab.nodes[0].vanish()
    lab.until(lambda: len(opened) > 10, "attempts")
    assert set(opened[4:]) == {0}
