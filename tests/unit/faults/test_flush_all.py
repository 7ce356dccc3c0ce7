"""A flush is proven by counting keys of all databases right after it, and a refused one is an error."""

from collections.abc import Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest

from jsquared.errors import BadInputError
from jsquared.faults.flush_all import FlushAll
from jsquared.resp.failures import ServerReplyError
from jsquared.running.deployment import RunningDeployment

NODES = [SimpleNamespace(name=name, role="data") for name in ("redis-n1", "redis-n2")]
NODES.append(SimpleNamespace(name="sentinel-n1", role="sentinel"))


class Nodes:
    """Two data nodes that keep so many keys in each database, and no connection between them.

    ``deaf`` ones say OK and delete nothing, ``refusal`` is what they say instead; ``db0_alone`` makes FLUSHALL delete as FLUSHDB does.
    ``given`` has the commands of each connection, in order.
    """

    def __init__(self, *keys: int) -> None:
        self.keys = {node.name: list(keys) for node in NODES[:2]}
        self.deaf: set[str] = set()
        self.db0_alone = False
        self.refusal = ""
        self.given: list[list[str]] = []
        self._replies: list[Any] = []
        self.plan = SimpleNamespace(nodes=NODES, node=lambda name: next(one for one in NODES if one.name == name))

    def ask(self, name: str, *words: str) -> Any:
        """INFO keyspace: databases without a key are left out, as servers do."""
        assert words == ("INFO", "keyspace")
        lines = [
            f"db{number}:keys={count},expires=0,avg_ttl=0" for number, count in enumerate(self.keys[name]) if count
        ]
        return "\r\n".join(["# Keyspace", *lines, ""])

    @contextmanager
    def connect(self, name: str) -> Any:
        """A connection on which all commands are sent before a reply is taken."""
        yield SimpleNamespace(send_all=lambda commands: self._take(name, commands), reply=self._reply)
        assert not self._replies

    def _take(self, name: str, commands: Sequence[tuple[str, ...]]) -> None:
        """Do all between MULTI and EXEC at once; one that is refused is an error where it stands, and nothing is done."""
        self.given.append([" ".join(words) for words in commands])
        assert (commands[0], commands[-1]) == (("MULTI",), ("EXEC",))
        between = commands[1:-1]
        queued = [self.refusal if words[0] == "FLUSHALL" and self.refusal else "QUEUED" for words in between]
        done = "EXECABORT" if self.refusal else [self._do(name, words) for words in between]
        self._replies += ["OK", *queued, done]

    def _do(self, name: str, words: tuple[str, ...]) -> Any:
        if words != ("FLUSHALL",):
            return self.ask(name, *words)
        if name not in self.deaf:
            self.keys[name] = [0, *(self.keys[name][1:] if self.db0_alone else ())]
        return "OK"

    def _reply(self) -> Any:
        reply = self._replies.pop(0)
        if reply in (self.refusal, "EXECABORT"):
            self._replies.clear()
            raise ServerReplyError(reply)
        return reply


def inject(nodes: Nodes, *targets: str) -> Any:
    """Flush some."""
    return FlushAll().inject(cast("RunningDeployment", nodes), targets or ["redis-n1"], {})


def test_keys_are_counted_before_and_right_after() -> None:
    """It had keys and has none; both counts are in the event, and flush and count come in one piece."""
    nodes = Nodes(7)
    active = inject(nodes)
    bit = active.bit()
    assert bit.ok
    assert bit.sentence == "redis-n1 had 7 keys, and 0 right after FLUSHALL"
    assert active.details == {"before": {"redis-n1": 7}, "after": {"redis-n1": 0}}
    assert nodes.given == [["MULTI", "FLUSHALL", "INFO keyspace", "EXEC"]]


def test_keys_of_every_database_count() -> None:
    """A node whose keys are all in other databases than the first was flushed of them."""
    bit = inject(Nodes(0, 3, 4)).bit()
    assert bit.ok
    assert bit.sentence.startswith("redis-n1 had 7 keys")


@pytest.mark.parametrize("keys", [(7,), (0, 7)], ids=["first database", "another database"])
def test_without_an_effect_it_did_not_bite(keys: tuple[int, ...]) -> None:
    """A server that says OK and deletes nothing is found out, in whichever database its keys are."""
    nodes = Nodes(*keys)
    nodes.deaf.add("redis-n1")
    bit = inject(nodes).bit()
    assert not bit.ok
    assert bit.sentence == "redis-n1 had 7 keys, and 7 right after FLUSHALL"


def test_keys_that_are_left_in_another_database_disprove_it() -> None:
    """A server that empties the first database alone was not flushed."""
    nodes = Nodes(5, 2)
    nodes.db0_alone = True
    bit = inject(nodes).bit()
    assert not bit.ok
    assert bit.sentence == "redis-n1 had 7 keys, and 2 right after FLUSHALL"


def test_an_empty_node_cannot_be_flushed() -> None:
    """Where no key was, none was deleted."""
    assert not inject(Nodes(0)).bit().ok


def test_every_target_must_show_it() -> None:
    """One node that keeps its keys disproves it for all."""
    nodes = Nodes(7)
    nodes.deaf.add("redis-n2")
    active = inject(nodes, "redis-n1", "redis-n2")
    assert [active.bit_at(name).ok for name in active.targets] == [True, False]
    assert not active.bit().ok


def test_a_refused_flush_is_an_error() -> None:
    """A user without the right deletes nothing, so that no fault was injected at all."""
    nodes = Nodes(7)
    nodes.refusal = "NOPERM this user has no permissions to run the 'flushall' command"
    with pytest.raises(ServerReplyError, match="NOPERM"):
        inject(nodes)


def test_it_has_healed_once_it_answers() -> None:
    """Nothing brings the keys back: those that are there now are counted."""
    nodes = Nodes(7)
    active = inject(nodes)
    active.heal()
    nodes.keys["redis-n1"] = [1, 2]
    healed = active.healed()
    assert healed.ok
    assert healed.sentence == "redis-n1 has 3 keys again; what it had is gone"


def test_sentinels_hold_no_keys() -> None:
    """Only data nodes can be flushed."""
    with pytest.raises(BadInputError, match="only data nodes hold keys"):
        inject(Nodes(7), "sentinel-n1")
