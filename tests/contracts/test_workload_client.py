"""The client process against real servers: what it records when they acknowledge, refuse, hang, die and fail over."""

import os
import signal

import numpy as np
import pytest

from jsquared.records.history import ERROR_CODES, FAIL, OK, PRESENT, UNKNOWN
from jsquared.workload.read_back import NodeReader

pytestmark = pytest.mark.timeout(120)


@pytest.mark.parametrize(
    ("mode", "replicas", "local"),
    [("async", 0, 0), ("wait", 1, 0), ("waitaof", 1, 1)],
    ids=["async", "wait", "waitaof"],
)
def test_every_acknowledged_write_is_there(lab, mode: str, replicas: int, local: int) -> None:
    """In every mode the client acknowledges writes, counts its replicas, and all its keys are found afterwards."""
    lab.stand_up(1, 1, "appendonly yes", "appendfsync always")
    # A replica tells how far its append-only file is on disk once a second only: WAITAOF needs longer than that.
    ack = lab.spec(
        ack_mode=mode, ack_replicas=replicas, ack_local=local, wait_timeout_ms=3000, operation_timeout_ms=6000
    )
    client = lab.client(ack)
    lab.wait_until(lambda: client.acknowledged() > 100, what="writes are acknowledged")
    operations = client.finish()
    assert set(operations.outcome.tolist()) == {OK}
    assert set(operations.replicas.tolist()) == {replicas}
    assert (operations.invoked_ns >= operations.intended_ns).all()
    assert (operations.completed_ns >= operations.invoked_ns).all()
    reader = NodeReader(*lab.servers.data(0))
    found = reader.found("jsquared:", 1, len(operations), 64)
    assert set(found.tolist()) == {PRESENT}
    assert reader.keys() == len(operations)
    reader.close()
    assert client.said[0]["action"] == "ready"
    assert client.said[-1] | {"t_ns": 0} == {"t_ns": 0, "action": "ended", "node": 0, "detail": "stopped"}


def test_follows_a_failover_after_a_kill(either_lab) -> None:
    """When the primary is killed the client stops acknowledging there and goes on at the promoted replica by itself."""
    lab = either_lab
    lab.stand_up(2, 3)
    client = lab.client(lab.spec(3, 3))
    lab.wait_until(lambda: client.acknowledged() > 50, what="writes before the kill")
    lab.servers.signal("data-0", signal.SIGKILL)
    lab.wait_until(lambda: client.acknowledged(1) + client.acknowledged(2) > 50, what="writes after the failover")
    operations = client.finish()
    assert np.all(np.diff(operations.intended_ns) > 0)
    failed = operations.outcome == FAIL
    assert failed.any()
    assert set(operations.error[failed].tolist()) <= {
        ERROR_CODES[name] for name in ("no primary known", "connection refused", "connection lost")
    }
    assert (operations.invoked_ns[failed] == -1).all()


def test_follows_a_failover_after_a_hang(lab) -> None:
    """When the primary hangs, what was in flight is unknown by timeout, and the client moves on although it never answers."""
    lab.stand_up(2, 3)
    client = lab.client(lab.spec(3, 3, operation_timeout_ms=500, wait_timeout_ms=100))
    lab.wait_until(lambda: client.acknowledged() > 50, what="writes before the hang")
    lab.servers.signal("data-0", signal.SIGSTOP)
    lab.wait_until(lambda: client.acknowledged(1) + client.acknowledged(2) > 50, what="writes after the failover")
    client.finish()
    assert ERROR_CODES["timeout"] in client.errors(UNKNOWN)


def test_leaves_a_demoted_primary(either_lab) -> None:
    """READONLY is a certain failure; the client asks again and does not believe a node that says it is a replica."""
    lab = either_lab
    lab.stand_up(1, 1)
    client = lab.client(lab.spec())
    lab.wait_until(lambda: client.acknowledged() > 20, what="writes before")
    lab.servers.signal("sentinel-0", signal.SIGSTOP)  # it would undo the demotion, or follow it
    lab.servers.ask(lab.servers.data(0), ("REPLICAOF", lab.servers.data(1)[0], str(lab.servers.data(1)[1])))
    lab.wait_until(lambda: ERROR_CODES["no primary known"] in client.errors(FAIL), what="writes fail")
    lab.servers.ask(lab.servers.data(0), ("REPLICAOF", "NO", "ONE"))
    before = client.acknowledged()
    lab.servers.signal("sentinel-0", signal.SIGCONT)
    lab.wait_until(lambda: client.acknowledged() > before + 20, what="writes after")
    client.finish()
    assert client.has_said("disconnected", 0)


def test_logs_in_anew_with_what_it_is_told(lab) -> None:
    """Once it was told another password, the old one may go and its connections may be closed: it writes on with the new one."""
    lab.stand_up(1, 1)
    node = lab.servers.data(0)
    lab.servers.ask(node, ("ACL", "SETUSER", "app", "on", ">old", "~*", "&*", "+@all"))
    client = lab.client(lab.spec(username="app", password="old"))
    lab.wait_until(lambda: client.acknowledged() > 20, what="writes before")
    lab.servers.ask(node, ("ACL", "SETUSER", "app", ">new"))
    client.order('login ["app", "new"]')
    before = client.acknowledged()
    lab.wait_until(lambda: client.acknowledged() > before + 20, what="writes on the connections that stand")
    lab.servers.ask(node, ("ACL", "SETUSER", "app", "<old"))
    lab.servers.ask(node, ("CLIENT", "KILL", "USER", "app"))
    lab.wait_until(lambda: client.has_said("disconnected", 0), what="connections are closed")
    before = client.acknowledged()
    lab.wait_until(lambda: client.acknowledged() > before + 20, what="writes with the new password")
    client.finish()


def test_stays_with_a_primary_that_lacks_replicas(either_lab) -> None:
    """NOREPLICAS is a certain failure, but the node is the primary all the same: writes go on as soon as it takes them."""
    lab = either_lab
    lab.stand_up()
    client = lab.client(lab.spec())
    lab.wait_until(lambda: client.acknowledged() > 20, what="writes before")
    lab.servers.ask(lab.servers.data(0), ("CONFIG", "SET", "min-replicas-to-write", "1"))
    lab.wait_until(lambda: ERROR_CODES["NOREPLICAS"] in client.errors(FAIL), what="NOREPLICAS")
    lab.servers.ask(lab.servers.data(0), ("CONFIG", "SET", "min-replicas-to-write", "0"))
    lab.wait_until(lambda: client.has_said("recovered"), what="writes after")
    operations = client.finish()
    assert set(operations.error[operations.outcome == FAIL].tolist()) == {ERROR_CODES["NOREPLICAS"]}
    assert not client.has_said("disconnected")


def test_shortfall_is_unknown(either_lab) -> None:
    """A write that too few replicas acknowledged in time is unknown, with the number of those that did."""
    lab = either_lab
    lab.stand_up(1, 1)
    client = lab.client(lab.spec(ack_mode="wait", ack_replicas=1, wait_timeout_ms=50))
    lab.wait_until(lambda: client.acknowledged() > 20, what="writes before")
    lab.servers.signal("data-1", signal.SIGSTOP)
    lab.wait_until(lambda: client.has_said("shortfall"), what="a shortfall")
    lab.servers.signal("data-1", signal.SIGCONT)
    lab.wait_until(lambda: client.has_said("recovered"), what="writes after")
    operations = client.finish()
    unknown = operations.outcome == UNKNOWN
    assert set(operations.error[unknown].tolist()) == {ERROR_CODES["too few replicas acknowledged"]}
    assert set(operations.replicas[unknown].tolist()) == {0}
    assert not client.has_said("disconnected")


def test_minority_of_sentinels_is_not_believed(lab) -> None:
    """One Sentinel of three that names another node does not get the client there."""
    lab.servers.start_data(0)
    lab.servers.start_data(1, "replicaof no one")
    lab.wait_until(lambda: lab.servers.ask(lab.servers.data(1), ("PING",)) == "PONG", what="data nodes answer")
    lab.servers.start_sentinel(0, primary=1, quorum=3)
    lab.servers.start_sentinel(1, quorum=3)
    client = lab.client(lab.spec(3, 2), wait=False)
    lab.wait_until(lambda: lab.servers.ask(lab.servers.sentinel(0), ("PING",)) == "PONG", what="Sentinels answer")
    lab.servers.start_sentinel(2, quorum=3)
    lab.wait_until(lambda: client.has_said("ready"), what="the client is ready")
    client.order("go")
    lab.wait_until(lambda: client.acknowledged(0) > 20, what="writes")
    client.finish()
    assert {line["node"] for line in client.said if line["action"] == "adopted"} == {0}
    assert client.acknowledged(1) == 0


def test_end_of_input_ends_it_at_once(lab) -> None:
    """When whoever drives it is gone, the client ends by itself; what was in flight is unknown."""
    lab.stand_up()
    client = lab.client(lab.spec())
    lab.wait_until(lambda: client.acknowledged() > 20, what="writes")
    lab.servers.signal("data-0", signal.SIGSTOP)
    lab.wait_until(lambda: len(client.operations()) > client.acknowledged(), what="a write in flight")
    assert client.process.stdin is not None
    client.process.stdin.close()
    assert client.process.wait(20) == 0
    assert ERROR_CODES["stopped in flight"] in client.errors(UNKNOWN)
    lab.wait_until(lambda: client.has_said("ended"), what="its last word")
    assert client.said[-1]["detail"] == "end of input"


def test_history_survives_a_kill(lab) -> None:
    """A client killed in the middle of its load leaves a readable history in which everything acknowledged is true."""
    lab.stand_up()
    client = lab.client(lab.spec(rate_per_s=0, connections=8, pipeline=16))
    lab.wait_until(lambda: client.acknowledged() > 70_000, what="more than a chunk of writes")
    os.kill(client.process.pid, signal.SIGKILL)
    client.process.wait()
    operations = client.operations()
    reader = NodeReader(*lab.servers.data(0))
    found = reader.found("jsquared:", 1, len(operations), 64)
    reader.close()
    assert (found[operations.outcome == OK] == PRESENT).all()
    assert len(operations) - int((operations.outcome == OK).sum()) <= 8 * 16 + 1
