"""A client's operations: sent beside its writes, recorded on their own, and held back where they are not to be had."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from jsquared.records.history import (
    ERROR_CODES,
    ERROR_NAMES,
    FAIL,
    IDENTIFIER,
    NOT_RECORDED,
    NUMBER,
    OK,
    OUTCOME_NAMES,
    UNKNOWN,
)
from jsquared.records.models.catalogue import MODELS, model_of
from jsquared.records.models.kept_replies import kept
from jsquared.records.operations import Operations, read_live
from jsquared.workload.operations import OperationCommands

PLAIN = {
    **dict.fromkeys(("SETEX", "SELECT", "MULTI", "WATCH"), b"+OK\r\n"),
    **dict.fromkeys(("INCR", "INCRBY", "APPEND", "DEL", "EXPIRE", "HSET", "HDEL", "LPUSH", "ZADD", "EVAL"), b":1\r\n"),
    "RPUSH": b"+QUEUED\r\n",
    "EXEC": b"*2\r\n:1\r\n:1\r\n",
    **dict.fromkeys(("RPOPLPUSH", "GET"), b"$-1\r\n"),
    "ZINCRBY": b"$1\r\n1\r\n",
    "XADD": b"$3\r\n1-1\r\n",
}


def given(lab: Any) -> Operations:
    """What was recorded of the operations."""
    return read_live(lab.folder / "operations.ops", 0)


def begin(lab: Any, **changes: Any) -> None:
    """A client that gives 200 operations a second once all its connections stand, and has patience with a busy machine."""
    given_to = str(lab.folder / "operations.ops")
    patient = {"rate_per_s": 200, "operation_timeout_ms": 20_000, "wait_timeout_ms": 5000}
    client = lab.start(**{"operations_per_s": 200, "operations_history": given_to, **patient, **changes})
    lab.until(lambda: lab.has_said("ready") and client.operations.primary.ready, "ready")
    lab.order("go")


def counts(lab: Any) -> Counter[tuple[str, str]]:
    """How many operations of which kind have which outcome."""
    operations = given(lab)
    pairs = zip(operations.slot.tolist(), operations.outcome.tolist(), strict=True)
    return Counter((model_of(slot).name, OUTCOME_NAMES[outcome]) for slot, outcome in pairs)


def refused(lab: Any, kind: str) -> Counter[str]:
    """Why operations of a kind failed, and how many."""
    operations = given(lab)
    rows = zip(operations.slot.tolist(), operations.outcome.tolist(), operations.error.tolist(), strict=True)
    return Counter(
        ERROR_NAMES[error] for slot, outcome, error in rows if outcome == FAIL and model_of(slot).name == kind
    )


@pytest.mark.parametrize("cut", [False, True], ids=["whole", "byte by byte"])
@pytest.mark.parametrize("ack", [{}, {"ack_mode": "wait", "ack_replicas": 1}], ids=["async", "wait"])
def test_operations_are_given_and_acknowledged(lab: Any, ack: dict[str, Any], cut: bool) -> None:
    """Every kind, each with as many replies as it has commands; the writes beside them are what they were."""
    lab.serve()
    lab.nodes[0].script |= PLAIN
    lab.nodes[0].replicas, lab.nodes[0].cut = 1, cut
    begin(lab, **ack)
    lab.until(lambda: len(given(lab)) > 60 and lab.acknowledged() > 30, "operations and writes")
    writes = lab.finish()
    assert set(writes.outcome.tolist()) == {OK}
    assert set(counts(lab)) == {(model.name, "ok") for model in MODELS}
    operations = given(lab)
    assert set(operations.replicas.tolist()) == {ack.get("ack_replicas", 0)}
    assert (operations.intended_ns <= operations.invoked_ns).all()
    assert lab.nodes[0].count("EVAL") == counts(lab)["script", "ok"]
    said = [line["action"] for line in lab.said()]
    assert said.count("connected") == 1, "the second connection is not told of"
    assert "stale-read" in said, "the node gives no version of what it has acknowledged"


def test_what_replies_say_is_kept(lab: Any) -> None:
    """A number, an identifier, or a digest, of every operation that was applied; nothing of one that was refused or unanswered."""
    lab.serve()
    lab.nodes[0].script |= PLAIN | {"HSET": b"-NOPERM this user has no permissions\r\n"}
    begin(lab)
    lab.until(lambda: len(given(lab)) > 60, "operations")
    lab.finish()
    operations = given(lab)
    assert operations.reply is not None
    assert operations.reply_kind is not None
    said = {
        model_of(slot).name: (kind, reply)
        for slot, kind, reply in zip(
            operations.slot[:13].tolist(), operations.reply_kind.tolist(), operations.reply.tolist(), strict=False
        )
    }
    assert said["counter"] == said["ranking"] == (NUMBER, 1)
    assert said["stream"] == (IDENTIFIER, 1 << 20 | 1)
    assert said["fields"] == (NOT_RECORDED, 0)
    assert said["versions"] == said["passing"] == kept(["OK"])
    assert said["transaction"] == kept(["OK", "OK", "OK", 1, [1, 1], "OK", 1, "QUEUED", [1, 1]])


def test_a_kind_that_is_not_to_be_had_is_not_asked_for_again(lab: Any) -> None:
    """Once a server has refused it, its operations fail unsent, and all others go on on the same connection."""
    lab.serve()
    lab.nodes[0].script |= PLAIN | {"EVAL": b"-NOPERM this user has no permissions to run the 'eval' command\r\n"}
    begin(lab, words={"XADD": "", "INCR": "plus"})
    lab.nodes[0].script["PLUS"] = b":1\r\n"
    lab.until(lambda: refused(lab, "script")["not available here"] > 2, "operations that are held back")
    lab.finish()
    found = counts(lab)
    assert {kind for kind, outcome in found if outcome != "ok"} == {"script", "stream"}
    assert (lab.nodes[0].count("XADD"), lab.nodes[0].count("INCR")) == (0, 0)
    assert lab.nodes[0].count("EVAL") == refused(lab, "script")["NOPERM"]
    operations = given(lab)
    failed = operations.outcome == FAIL
    assert {ERROR_NAMES[code] for code in operations.error[failed].tolist()} == {"NOPERM", "not available here"}
    assert lab.nodes[0].count("ROLE") <= 3, "a refusal of one kind is no reason to doubt the primary"


def test_a_refused_select_ends_the_connection(lab: Any) -> None:
    """Nobody knows which database it is in: what was sent is not known, and a new connection begins in the first."""
    lab.serve()
    lab.nodes[0].script |= PLAIN | {"SELECT 1": b"-ERR DB index is out of range\r\n"}
    begin(lab)
    lab.until(lambda: refused(lab, "database")["not available here"] > 2, "what is not asked for again")
    lab.until(lambda: counts(lab)["counter", "ok"] > 8, "operations on the next connection")
    lab.finish()
    operations = given(lab)
    errors = {ERROR_NAMES[code] for code in operations.error[operations.outcome == UNKNOWN].tolist()}
    assert errors <= {"partly refused", "connection lost"}
    assert ERROR_CODES["partly refused"] in operations.error.tolist()


def test_operations_follow_the_primary(lab: Any) -> None:
    """What is in flight at a lost connection is unknown, and the connection goes where the Sentinels say."""
    lab.serve(2, 3)
    for node in lab.nodes:
        node.script |= PLAIN
    begin(lab, operation_timeout_ms=400, wait_timeout_ms=100)
    lab.until(lambda: (given(lab).node == 0).sum() > 20, "operations")
    lab.nodes[0].silent = True
    lab.until(lambda: UNKNOWN in given(lab).outcome.tolist(), "the timeout")
    lab.name(1)
    lab.until(lambda: ((given(lab).node == 1) & (given(lab).outcome == OK)).sum() > 20, "operations at the new primary")
    lab.finish()
    operations = given(lab)
    assert "timeout" in {ERROR_NAMES[code] for code in operations.error[operations.outcome == UNKNOWN].tolist()}


def test_the_order_given_is_the_order_on_the_wire(lab: Any) -> None:
    """The bytes of a batch are the commands of its operations one after the other, with the wait behind them."""
    lab.serve()
    commands = OperationCommands(lab.spec(ack_mode="wait", ack_replicas=1, wait_timeout_ms=100, words={"SET": "put"}))
    batch = commands.batch(range(len(MODELS)))
    places = [batch.index(b"jsquared:app:%b:1:0" % model.name.encode()) for model in MODELS]
    assert places == sorted(places)
    assert batch.endswith(b"*3\r\n$4\r\nWAIT\r\n$1\r\n1\r\n$3\r\n100\r\n")
    assert (b"$3\r\nput\r\n" in batch, b"$3\r\nSET\r\n" in batch) == (True, False)


def test_without_operations_there_is_no_second_history(lab: Any) -> None:
    """Nothing is given where nothing is asked for."""
    lab.serve()
    lab.begin()
    lab.until(lambda: lab.acknowledged() > 5, "writes")
    lab.finish()
    assert not Path(lab.folder / "operations.ops").exists()
