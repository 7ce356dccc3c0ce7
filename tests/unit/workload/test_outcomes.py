"""What a client records of each write: ok, a certain failure, or unknown, and why."""

from typing import Any

import pytest

from jsquared.records.history import ERROR_CODES, FAIL, OK, UNKNOWN

WAIT_1 = {"ack_mode": "wait", "ack_replicas": 1}
AOF_1_1 = {"ack_mode": "waitaof", "ack_replicas": 1, "ack_local": 1}


def codes(*names: str) -> set[int]:
    """Error codes by name."""
    return {ERROR_CODES[name] for name in names}


@pytest.mark.parametrize("cut", [False, True], ids=["whole", "byte by byte"])
@pytest.mark.parametrize("ack", [{}, WAIT_1, AOF_1_1], ids=["async", "wait", "waitaof"])
@pytest.mark.parametrize("load", [{}, {"rate_per_s": 0, "pipeline": 4}], ids=["open", "closed"])
def test_acknowledged_however_replies_arrive(lab, cut: bool, ack: dict[str, Any], load: dict[str, Any]) -> None:
    """Every acknowledgement mode and kind of load acknowledges what the server took, also when replies come in pieces."""
    lab.serve()
    lab.nodes[0].cut, lab.nodes[0].replicas, lab.nodes[0].local = cut, 1, 1
    lab.begin(**ack, **load)
    lab.until(lambda: lab.acknowledged() > 30, "acknowledgements")
    operations = lab.finish()
    assert set(operations.outcome.tolist()) == {OK}
    assert set(operations.replicas.tolist()) == {ack.get("ack_replicas", 0)}
    assert (operations.intended_ns <= operations.invoked_ns).all()
    assert (operations.invoked_ns <= operations.completed_ns).all()
    assert lab.nodes[0].count("SET") == len(operations) == len(lab.nodes[0].keys)


@pytest.mark.parametrize("word", ["NOREPLICAS", "MISCONF", "OOM"])
def test_a_primary_that_refuses_is_kept(lab, word: str) -> None:
    """NOREPLICAS, MISCONF and OOM are certain failures and a primary's own words: the connections stay."""
    lab.serve()
    lab.nodes[0].script["SET"] = b"-%b not now\r\n" % word.encode()
    lab.begin()
    lab.until(lambda: lab.count(FAIL) > 10, "failures")
    lab.nodes[0].script.clear()
    lab.until(lambda: lab.acknowledged() > 10, "acknowledgements")
    lab.finish()
    assert lab.errors(FAIL) == codes(word)
    assert lab.count(UNKNOWN) == 0
    assert {"refused", "recovered"} <= set(lab.actions())
    assert "disconnected" not in lab.actions()


@pytest.mark.parametrize(
    ("reply", "name"),
    [
        ("READONLY You can't write against a read only replica.", "READONLY"),
        ("LOADING Redis is loading the dataset in memory", "LOADING"),
        ("MASTERDOWN Link with MASTER is down", "MASTERDOWN"),
        ("BUSY Redis is busy running a script", "BUSY"),
        ("NOPERM no permission", "NOPERM"),
        ("ERR something else", "other error reply"),
    ],
)
def test_writing_stops_until_the_node_is_confirmed(lab, reply: str, name: str) -> None:
    """Other error replies are certain failures too; the client asks Sentinels and node again before it goes on."""
    lab.serve()
    lab.begin()
    lab.until(lambda: lab.acknowledged() > 5, "acknowledgements")
    roles, questions = lab.nodes[0].count("ROLE"), lab.sentinels[0].count("SENTINEL")
    lab.nodes[0].script["SET"] = f"-{reply}\r\n".encode()
    lab.until(lambda: ERROR_CODES[name] in lab.errors(FAIL), "the failure")
    lab.nodes[0].script.clear()
    # Not just for acknowledgements: on a busy machine the rest of a batch that is under way may bring enough of them.
    lab.until(lambda: lab.nodes[0].count("ROLE") > roles, "the question to the node")
    lab.until(lambda: lab.sentinels[0].count("SENTINEL") > questions, "the question to the Sentinels")
    before = lab.acknowledged()
    lab.until(lambda: lab.acknowledged() > before + 5, "acknowledgements afterwards")
    lab.finish()
    assert lab.errors(FAIL) <= codes(name, "no primary known", "connection lost")
    assert lab.count(UNKNOWN) == 0
    assert {"disconnected", "connected"} <= set(lab.actions())


def test_a_shortfall_is_unknown(lab) -> None:
    """Fewer replicas than asked for: unknown, with their number; the connection is kept."""
    lab.serve()
    lab.nodes[0].replicas = 1
    lab.begin(ack_mode="wait", ack_replicas=2)
    lab.until(lambda: lab.count(UNKNOWN) > 5, "shortfalls")
    lab.nodes[0].replicas = 2
    lab.until(lambda: lab.has_said("recovered"), "acknowledgements")
    operations = lab.finish()
    unknown = operations.outcome == UNKNOWN
    assert set(operations.error[unknown].tolist()) == codes("too few replicas acknowledged")
    assert set(operations.replicas[unknown].tolist()) == {1}
    assert set(operations.replicas[operations.outcome == OK].tolist()) == {2}
    assert lab.actions().count("connected") == 1


@pytest.mark.parametrize("reply", [b":1\r\n", b"*2\r\n:0\r\n:1\r\n", b"*2\r\n:1\r\n:0\r\n", b"+OK\r\n"])
def test_waitaof_needs_both_numbers(lab, reply: bytes) -> None:
    """WAITAOF acknowledges only with enough local and enough replica syncs; any other reply proves nothing."""
    lab.serve()
    lab.nodes[0].script["WAITAOF"] = reply
    lab.begin(**AOF_1_1)
    lab.until(lambda: lab.count(UNKNOWN) > 2, "shortfalls")
    lab.finish()
    assert lab.acknowledged() == 0
    assert lab.errors(UNKNOWN) == codes("too few replicas acknowledged")


@pytest.mark.parametrize(
    ("reply", "name"),
    [("UNBLOCKED force unblock from blocking operation", "UNBLOCKED"), ("ERR unknown command", "other error reply")],
)
def test_a_refused_wait_leaves_the_writes_unknown(lab, reply: str, name: str) -> None:
    """An error reply to the wait says nothing about the writes before it."""
    lab.serve()
    lab.nodes[0].script["WAIT"] = f"-{reply}\r\n".encode()
    lab.begin(**WAIT_1)
    lab.until(lambda: lab.count(UNKNOWN) > 2, "unknown writes")
    lab.finish()
    assert lab.errors(UNKNOWN) == codes(name)
    assert lab.acknowledged() == 0


def test_one_refused_write_does_not_taint_its_batch(lab) -> None:
    """In a batch the refused writes fail, the others are acknowledged: each reply belongs to its own write."""
    lab.serve()
    node = lab.nodes[0]
    node.replicas = 1
    client = lab.start(**WAIT_1, rate_per_s=0, pipeline=3, connections=1)
    replies = iter([b"+OK\r\n", b"-OOM no\r\n", b"+OK\r\n"])
    node._commands["SET"] = lambda words: next(replies, b"+OK\r\n")
    lab.until(lambda: lab.has_said("ready"), "ready")
    client.go()
    lab.until(lambda: lab.acknowledged() > 5, "acknowledgements")
    operations = lab.finish()
    assert operations.outcome[:4].tolist() == [OK, FAIL, OK, OK]


def test_a_mixed_batch_without_waiting(lab) -> None:
    """Without a wait each reply settles its own write, also when a batch's replies come in two pieces."""
    lab.serve()
    node = lab.nodes[0]
    client = lab.start(rate_per_s=0, pipeline=4, connections=1)
    replies = iter([b"+OK\r\n", b"-OOM no\r\n", b"+OK\r\n", b"$-1\r\n"])
    node._commands["SET"] = lambda words: next(replies, b"+OK\r\n")
    node.cut = True
    lab.until(lambda: lab.has_said("ready"), "ready")
    client.go()
    lab.until(lambda: lab.acknowledged() > 10, "acknowledgements")
    operations = lab.finish()
    assert operations.outcome[:5].tolist() == [OK, FAIL, OK, FAIL, OK]
    assert operations.error[3] == ERROR_CODES["other error reply"]


def test_silence_is_a_timeout(lab) -> None:
    """A node that takes writes and does not answer leaves them unknown by timeout, and what was never sent fails."""
    lab.serve()
    lab.nodes[0].replicas = 1
    lab.begin(**WAIT_1)
    lab.until(lambda: lab.acknowledged() > 5, "acknowledgements")
    lab.nodes[0].silent = True
    lab.until(lambda: ERROR_CODES["timeout"] in lab.errors(UNKNOWN), "timeouts")
    lab.until(lambda: ERROR_CODES["timeout"] in lab.errors(FAIL), "queued writes fail")
    lab.nodes[0].silent = False
    before = lab.acknowledged()
    lab.until(lambda: lab.acknowledged() > before + 5, "acknowledgements afterwards")
    operations = lab.finish()
    # By timeout alone: a node that is no longer silent in the middle of a batch answers its WAIT and not its SET, which is another error.
    failed = (operations.outcome == FAIL) & (operations.error == ERROR_CODES["timeout"])
    assert (operations.invoked_ns[failed] == -1).all()
    assert (operations.invoked_ns[operations.outcome == UNKNOWN] > 0).all()


def test_a_lost_connection_leaves_the_sent_unknown(lab) -> None:
    """What was in flight when the server closed the connection is unknown; the client comes back by itself."""
    lab.serve()
    lab.begin(connections=1, operation_timeout_ms=5000)
    lab.until(lambda: lab.acknowledged() > 5, "acknowledgements")
    lab.nodes[0].deaf = True
    sent = len(lab.operations())
    lab.until(lambda: len(lab.operations()) > sent + 3, "writes in flight")
    lab.nodes[0].drop_connections()
    lab.until(lambda: ERROR_CODES["connection lost"] in lab.errors(UNKNOWN), "unknown writes")
    lab.nodes[0].deaf = False
    before = lab.acknowledged()
    lab.until(lambda: lab.acknowledged() > before + 5, "acknowledgements afterwards")
    lab.finish()
    assert lab.errors(UNKNOWN) == codes("connection lost")


@pytest.mark.parametrize("reply", [b"?nonsense\r\n", b"+OK\r\n+one too many\r\n"], ids=["nonsense", "unasked"])
def test_a_server_out_of_step_is_left(lab, reply: bytes) -> None:
    """Replies that are no protocol, or more than was asked, end the connection: what follows would be matched wrongly."""
    lab.serve()
    lab.begin(connections=1, rate_per_s=20)
    lab.until(lambda: lab.acknowledged() > 1, "acknowledgements")
    lab.nodes[0].script["SET"] = reply
    lab.until(lambda: lab.has_said("disconnected"), "the end of the connection")
    lab.nodes[0].script.clear()
    before = lab.acknowledged()
    lab.until(lambda: lab.acknowledged() > before, "acknowledgements afterwards")
    lab.finish()


def test_writes_wait_in_the_client_beyond_the_limit(lab) -> None:
    """A server that stops reading gets a bounded number of writes; the rest waits and, in the end, certainly fails."""
    lab.serve()
    lab.begin(connections=1, rate_per_s=20_000, value_bytes=4000, operation_timeout_ms=1500)
    lab.until(lambda: lab.acknowledged() > 5, "acknowledgements")
    lab.nodes[0].deaf = True
    lab.until(lambda: ERROR_CODES["timeout"] in lab.errors(FAIL), "queued writes fail")
    lab.nodes[0].deaf = False
    operations = lab.finish()
    assert 0 < int((operations.outcome == UNKNOWN).sum()) <= 1024 + 256


def test_refused_connections_fail_writes_as_such(lab) -> None:
    """When nobody listens at the primary's address any more, writes fail by refused connection."""
    lab.serve()
    lab.begin()
    lab.until(lambda: lab.acknowledged() > 5, "acknowledgements")
    lab.nodes[0].vanish()
    lab.until(lambda: ERROR_CODES["connection refused"] in lab.errors(FAIL), "refused connections")
    lab.finish()
