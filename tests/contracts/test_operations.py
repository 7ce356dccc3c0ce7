"""Operations with a model against real servers: what they leave is what the models say, on every node, as the lab reads it."""

import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jsquared.check.explanation import explain
from jsquared.check.possible_replies import Impossible, find_impossible
from jsquared.check.same_contents import differences
from jsquared.check.series import Reader, all_series
from jsquared.clock import now_ns
from jsquared.errors import LabError
from jsquared.records import history as h
from jsquared.records.contents import Contents, Entry, digest_of
from jsquared.records.models.catalogue import MODELS, call_of, model_of, slots_of
from jsquared.records.operations import Operations, read_live
from jsquared.workload.commands import value_of
from jsquared.workload.operation_replies import proof_of
from jsquared.workload.read_back import NodeReader
from jsquared.workload.read_contents import read_contents

pytestmark = pytest.mark.timeout(120)


def clock_ms() -> float:
    """The lab's clock with the zero of the machine's."""
    return now_ns() / 1_000_000


def held_by(lab: Any, node: int = 0, keep: bytes = b"jsq:app:") -> Contents:
    """All that a data node holds."""
    reader = NodeReader(*lab.servers.data(node))
    try:
        return read_contents(reader, clock_ms, keep)
    finally:
        reader.close()


def given(lab: Any) -> Operations:
    """The operations recorded so far."""
    return read_live(Path(lab.folder / "operations.ops"), 0)


def causes(lab: Any, contents: Contents) -> list[str]:
    """Why keys hold what operations cannot have left."""
    operations = given(lab)
    reader = Reader(operations, contents, clock_ms(), moved=False)
    explained = [explain(series) for rows in all_series(operations) if (series := reader.series(rows)) is not None]
    return [one.cause for one in explained if one is not None]


def unexplained(lab: Any) -> list[Impossible]:
    """Replies that are not possible."""
    operations = given(lab)
    reader = Reader(operations, {}, 0.0, moved=False)
    told = [(rows.model, reader.told(rows)) for rows in all_series(operations)]
    return [one for model, answered in told if answered and (one := find_impossible(model, answered)) is not None]


def client(lab: Any, sentinels: int = 1, data: int = 1, **changes: Any) -> Any:
    """A client that gives operations."""
    return lab.client(
        lab.spec(
            sentinels, data, operations_per_s=400, operations_history=str(lab.folder / "operations.ops"),
            key_prefix="jsq:", rate_per_s=50, wait_timeout_ms=3000, operation_timeout_ms=6000, **changes,
        )
    )  # fmt: skip


@pytest.mark.parametrize("ack", [{}, {"ack_mode": "wait", "ack_replicas": 1}], ids=["async", "wait"])
def test_real_servers_do_what_the_models_say(either_lab: Any, ack: dict[str, Any]) -> None:
    """Every kind is acknowledged, the keys hold what is reachable, and the replica has the same, with the same lifetimes."""
    lab = either_lab
    lab.stand_up(1, 1)
    process = client(lab, **ack)
    lab.wait_until(lambda: len(given(lab)) > 600, what="operations")
    process.finish()
    operations = given(lab)
    assert {
        (h.OUTCOME_NAMES[o], h.ERROR_NAMES[e]) for o, e in zip(operations.outcome, operations.error, strict=True)
    } == {("ok", "")}
    contents = held_by(lab)
    assert causes(lab, contents) == []
    assert operations.reply_kind is not None
    assert set(operations.reply_kind.tolist()) == {h.NUMBER, h.IDENTIFIER, h.DIGEST}
    assert unexplained(lab) == []
    assert {entry.type for entry in contents.values()} == {"string", "list", "hash", "zset", "stream"}
    assert {database for database, _ in contents} == {0, 1, 2}
    lab.wait_until(
        lambda: not list(differences(held_by(lab), held_by(lab, 1), clock_ms() + 1000, 1000)), what="equality"
    )


def test_a_kill_in_the_middle_leaves_nothing_unexplained(either_lab: Any) -> None:
    """With one replica that confirms all, a failover under load loses no operation and tears none."""
    lab = either_lab
    lab.stand_up(2, 3)
    process = client(lab, 3, 3, ack_mode="wait", ack_replicas=1)
    lab.wait_until(lambda: (given(lab).outcome == h.OK).sum() > 300, what="operations before the kill")
    lab.servers.signal("data-0", signal.SIGKILL)

    def after() -> bool:
        operations = given(lab)
        return bool(((operations.node > 0) & (operations.node < 9) & (operations.outcome == h.OK)).sum() > 100)

    lab.wait_until(after, what="operations after the failover")
    process.finish()
    operations = given(lab)
    node = int(operations.node[operations.outcome == h.OK][-1])
    assert causes(lab, held_by(lab, node)) == []
    assert unexplained(lab) == []


def test_what_is_planted_in_a_real_server_is_found(lab: Any) -> None:
    """A piece appended once more, a time to live taken away, a key deleted and one made: each with its word."""
    lab.stand_up(0, 1)
    process = client(lab)
    lab.wait_until(lambda: len(given(lab)) > 13 * 9, what="operations")
    process.finish()
    where = lab.servers.data(0)
    piece = MODELS[2].commands(call_of(b"jsq:", 1, slots_of(2, 0)[7]))[0][2]
    assert isinstance(piece, bytes)
    lab.servers.ask(where, ("APPEND", "jsq:app:append:1:0", piece.decode()))
    lab.servers.ask(where, ("PERSIST", "jsq:app:lasting:1:0"))
    lab.servers.ask(where, ("DEL", "jsq:app:stream:1:0"))
    lab.servers.ask(where, ("SET", "jsq:app:deletion:1:0", "back"))
    assert sorted(causes(lab, held_by(lab))) == ["TTL lost", "applied twice", "corrupted", "lost"]


def test_all_types_are_read(either_lab: Any) -> None:
    """Values of every type in every database, long strings in pieces, and lifetimes; a replica's expired keys are absent."""
    lab = either_lab
    lab.servers.start_data(0)
    where = lab.servers.data(0)
    lab.wait_until(lambda: lab.servers.ask(where, ("PING",)) == "PONG", what="the server")
    large = "y" * ((1 << 20) + 5)
    lab.servers.ask(
        where, ("SET", "large", large), ("SETEX", "lives", "100", "x"), ("SELECT", "9"), ("RPUSH", "l", "b", "a"),
        ("SADD", "s", "b", "a"), ("HSET", "h", "f", "v"), ("ZADD", "z", "1.5", "m", "inf", "n"),
        ("XADD", "x", "1-1", "f", "v"),
    )  # fmt: skip
    contents = held_by(lab, keep=b"")
    values = {key: entry.value for (_, key), entry in contents.items()}
    assert values[b"l"] == [b"b", b"a"]
    assert values[b"s"] == [b"a", b"b"]
    assert values[b"h"] == [(b"f", b"v")]
    assert values[b"z"] == [(b"m", 1.5), (b"n", float("inf"))]
    assert values[b"x"] == [(b"1-1", [b"f", b"v"])]
    assert contents[0, b"large"] == Entry("string", float("inf"), digest_of("string", large.encode()))
    assert 90_000 < contents[0, b"lives"].expires_ms - clock_ms() <= 100_000
    assert (9, b"l") in contents


def test_thousands_of_keys_are_read_once_each(lab: Any) -> None:
    """More keys than one SCAN gives, each of them once."""
    lab.servers.start_data(0)
    where = lab.servers.data(0)
    lab.wait_until(lambda: lab.servers.ask(where, ("PING",)) == "PONG", what="the server")
    lab.servers.ask(where, *(("SET", f"k{number}", value_of(b"v", 9).decode()) for number in range(4000)))
    assert set(held_by(lab)) == {(0, b"k%d" % number) for number in range(4000)}


def test_errors_of_scripts_and_transactions_are_read_right(either_lab: Any) -> None:
    """The words of each engine: a transaction that is refused as a whole, and a script that fails at its first command."""
    lab = either_lab
    lab.servers.start_data(0, "maxmemory 1")
    where = lab.servers.data(0)
    lab.wait_until(lambda: lab.servers.ask(where, ("PING",)) == "PONG", what="the server")
    for kind, outcome in (("transaction", h.FAIL), ("script", h.FAIL), ("append", h.FAIL)):
        number = next(number for number, model in enumerate(MODELS) if model.name == kind)
        commands = model_of(number).commands(call_of(b"jsq:", 0, number))
        words = [tuple(word.decode() if isinstance(word, bytes) else str(word) for word in one) for one in commands]
        replies = [lab.servers.ask(where, *words[: count + 1]) for count in range(len(words))]
        proof = proof_of(replies, [one[0] for one in words])
        assert (kind, proof.outcome, h.ERROR_NAMES[proof.error]) == (kind, outcome, "OOM"), replies


def test_a_node_that_refuses_is_told_in_one_line(lab: Any) -> None:
    """A password that the lab does not have."""
    lab.servers.start_data(0, "requirepass secret")
    where = lab.servers.data(0)
    lab.wait_until(lambda: isinstance(lab.servers.ask(where, ("PING",)), Exception), what="the server")
    with pytest.raises(LabError, match="NOAUTH"):
        held_by(lab)
    assert np.isfinite(clock_ms())
