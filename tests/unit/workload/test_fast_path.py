"""The short way of a closed loop records and sends exactly what the long way does."""

import socket

import numpy as np
import pytest

from jsquared.records.history import CHUNK_SLOTS, ERROR_CODES, FAIL, OK, PRESENT, UNKNOWN, key_of
from jsquared.resp.poller import READABLE
from jsquared.workload.read_back import NodeReader

CLOSED = {"rate_per_s": 0, "operation_timeout_ms": 5000}


def written(lab, slots: int, node: int = 0) -> set[int]:
    """What a scripted node says about all slots."""
    reader = NodeReader(*lab.nodes[node].address)
    found = reader.found("jsquared:", 1, slots, 64)
    reader.close()
    return set(found.tolist())


@pytest.mark.parametrize("pipeline", [1, 7, 100, 101])
def test_a_closed_loop_writes_every_slot_once(lab, pipeline: int) -> None:
    """Over the borders of hundreds and of numbers of digits, every slot is sent once, recorded and acknowledged."""
    lab.serve()
    lab.begin(**CLOSED, pipeline=pipeline)
    lab.until(lambda: lab.client.primary._recorder.acknowledged > 2500, "2500 writes")
    operations = lab.finish()
    assert set(operations.outcome.tolist()) == {OK}
    assert set(operations.node.tolist()) == {0}
    assert np.array_equal(operations.intended_ns, operations.invoked_ns)
    assert (operations.completed_ns > operations.invoked_ns).all()
    sent = [words[1] for words in lab.nodes[0].received if words[0] == b"SET"]
    assert sorted(sent) == sorted(key_of("jsquared:", 1, slot) for slot in range(len(operations)))
    assert written(lab, len(operations)) == {PRESENT}


@pytest.mark.parametrize("pipeline", [1, 50])
def test_a_closed_loop_goes_on_in_the_next_chunk(lab, pipeline: int) -> None:
    """Where a chunk of the history ends the loop goes on in the next, and writes of both chunks are settled."""
    lab.serve()
    client = lab.begin(**CLOSED, connections=3, pipeline=pipeline)
    lab.until(lambda: client.primary._recorder.acknowledged > 1000, "the short way is taken")
    client._load.next = CHUNK_SLOTS - 5 * pipeline - 1  # as if all before had been written
    lab.until(lambda: client._load.next > CHUNK_SLOTS + 500, "the next chunk")
    operations = lab.finish()
    assert set(operations.outcome[CHUNK_SLOTS - 5 * pipeline - 1 :].tolist()) == {OK}
    assert set(operations.node[CHUNK_SLOTS - 5 * pipeline - 1 :].tolist()) == {0}


@pytest.mark.parametrize("pipeline", [1, 16])
def test_a_closed_loop_leaves_a_primary_that_turns_replica(lab, pipeline: int) -> None:
    """READONLY on the short way is a certain failure, and writes go on at the node that is named then, under its number."""
    lab.serve(nodes=2)
    client = lab.begin(**CLOSED, pipeline=pipeline)
    lab.until(lambda: client.primary._recorder.acknowledged > 1000, "writes before")
    lab.nodes[0].role = "slave"
    lab.until(lambda: lab.has_said("disconnected"), "it left")
    lab.name(1)
    lab.until(lambda: lab.acknowledged(1) > 1000, "writes after")
    operations = lab.finish()
    failed = operations.outcome == FAIL
    assert set(operations.error[failed].tolist()) == {ERROR_CODES["READONLY"]}
    assert set(operations.node[failed].tolist()) == {0}
    done = operations.outcome == OK
    for node in (0, 1):
        keys = {key_of("jsquared:", 1, int(slot)) for slot in operations.slot[done & (operations.node == node)]}
        assert keys == set(lab.nodes[node].keys)


@pytest.mark.parametrize("pipeline", [1, 16])
def test_a_closed_loop_takes_replies_in_pieces(lab, pipeline: int) -> None:
    """Replies that come byte by byte go the long way and are worth the same."""
    lab.serve()
    client = lab.begin(**CLOSED, pipeline=pipeline)
    lab.until(lambda: client.primary._recorder.acknowledged > 500, "whole replies")
    lab.nodes[0].cut = True
    before = client.primary._recorder.acknowledged
    lab.until(lambda: client.primary._recorder.acknowledged > before + 50, "replies in pieces")
    lab.nodes[0].cut = False
    operations = lab.finish()
    assert set(operations.outcome.tolist()) == {OK}


@pytest.mark.parametrize("pipeline", [1, 16])
def test_a_closed_loop_survives_a_lost_connection(lab, pipeline: int) -> None:
    """When connections break on the short way, what was in flight is unknown and new ones carry on."""
    lab.serve()
    client = lab.begin(**CLOSED, pipeline=pipeline)
    lab.until(lambda: client.primary._recorder.acknowledged > 500, "writes before")
    lab.nodes[0].drop_connections()
    lab.until(lambda: lab.actions().count("connected") > 1, "connected again")
    before = client.primary._recorder.acknowledged
    lab.until(lambda: client.primary._recorder.acknowledged > before + 500, "writes after")
    operations = lab.finish()
    assert set(operations.error[operations.outcome == UNKNOWN].tolist()) <= {ERROR_CODES["connection lost"]}
    assert not (operations.outcome == FAIL).any()


@pytest.mark.parametrize("pipeline", [1, 100])
def test_a_closed_loop_waits_for_a_server_that_does_not_read(lab, pipeline: int) -> None:
    """A server that reads nothing for a while makes large writes wait in the client; all are written in the end."""
    lab.serve()
    lab.nodes[0]._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    client = lab.begin(**CLOSED, pipeline=pipeline, value_bytes=2_000_000 // pipeline, connections=1)
    client.primary.connections[0]._plain.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)
    lab.until(lambda: client.primary._recorder.acknowledged > 2 * pipeline, "writes before")
    lab.nodes[0].deaf = True
    lab.until(lambda: client.primary.connections[0].unsent, "something does not fit")
    client.primary.connections[0].check_role()  # a question behind it waits too
    lab.nodes[0].deaf = False
    before = client.primary._recorder.acknowledged
    lab.until(lambda: client.primary._recorder.acknowledged > before + 2 * pipeline, "writes after")
    operations = lab.finish()
    assert set(operations.outcome.tolist()) == {OK}


@pytest.mark.parametrize("pipeline", [1, 16])
def test_a_closed_loop_notices_that_it_cannot_send(lab, pipeline: int) -> None:
    """Writes that could not be sent on the short way are unknown, and the connection is replaced."""
    lab.serve()
    client = lab.begin(**CLOSED, pipeline=pipeline, connections=1)
    lab.until(lambda: client.primary._recorder.acknowledged > 500, "writes before")
    connection = client.primary.connections[0]
    connection.on_readable(READABLE)  # for nothing, as after an event that is out of date
    connection._plain.shutdown(socket.SHUT_WR)
    lab.until(lambda: lab.actions().count("connected") > 1, "connected again")
    operations = lab.finish()
    unknown = operations.outcome == UNKNOWN
    assert 0 < unknown.sum() <= pipeline
    assert set(operations.error[unknown].tolist()) == {ERROR_CODES["connection lost"]}
