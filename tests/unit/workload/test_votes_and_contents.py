"""Two edges of a client and of a reader: one vote does not change a mind, and a key that has gone meanwhile is absent."""

from types import SimpleNamespace
from typing import Any

from jsquared.testing.fake_deployment import encode
from jsquared.testing.scripted_server import ScriptedServer
from jsquared.workload.read_back import NodeReader
from jsquared.workload.read_contents import read_contents
from jsquared.workload.sentinels import Sentinels

ONE, OTHER = ("10.0.0.1", 6379), ("10.0.0.2", 6379)


def test_another_single_vote_does_not_change_a_mind() -> None:
    """A client that believes one Sentinel stays with the first that answered, until more than half say otherwise."""
    spec: Any = SimpleNamespace(
        nodes=(ONE, OTHER), elsewhere=(), floating=(), through=(), majority=1, sentinels=(), master_name="m"
    )
    named: list[int] = []
    sentinels = Sentinels(spec, SimpleNamespace(), lambda node, _: named.append(node), lambda: 0)  # type: ignore[arg-type]
    links: Any = [SimpleNamespace(answer=None, asked_ns=0) for _ in range(3)]
    sentinels.links = links
    sentinels._first.asking = True
    told = []
    for link, answer in zip(links, (ONE, OTHER, OTHER), strict=True):
        link.answer, link.asked_ns = answer, 1
        sentinels._count(link)
        told.append(sentinels.told)
    assert told == [0, 0, 1]
    assert named == [0, 1]


def test_a_key_that_has_gone_meanwhile_is_absent() -> None:
    """Between its type and its time to live it may expire."""
    with ScriptedServer() as server:
        server.script |= {
            "INFO": encode("# Keyspace\r\ndb0:keys=2,expires=1\r\n"), "SELECT": b"+OK\r\n", "TYPE": b"+string\r\n",
            "SCAN": encode(["0", ["gone", "there"]]), "GETRANGE": encode("v"), "PTTL GONE": b":-2\r\n", "PTTL": b":-1\r\n",
        }  # fmt: skip
        reader = NodeReader(*server.address)
        assert list(read_contents(reader, lambda: 0.0, b"")) == [(0, b"there")]
        reader.close()
