"""Subscriptions to Sentinels that say what they are told: what is taken, lost, refused and bounded."""

from collections.abc import Callable, Iterator

import pytest

from jsquared.running import subscriptions
from jsquared.running.access import Access
from jsquared.running.discovered import Discovered, DiscoveredMaster, DiscoveredNode, place
from jsquared.running.subscriptions import Subscriptions, Told
from jsquared.testing.fake_deployment import encode
from jsquared.testing.scripted_server import ScriptedServer

ACCESS = Access(timeout_s=5)
BEGUN = encode(["psubscribe", "*", 1])


def message(event: str, payload: str = "master m 10.0.0.1 6379") -> bytes:
    """An event as a Sentinel publishes it."""
    return encode(["pmessage", "*", event, payload])


def deployment(*servers: ScriptedServer) -> Discovered:
    """A deployment with these Sentinels."""
    nodes = [
        DiscoveredNode(role="sentinel", address=server.address[0], port=server.address[1], id=f"{number}" * 40)
        for number, server in enumerate(servers)
    ]
    return Discovered(masters=(DiscoveredMaster(name="m", primary="", votes={}, sentinels=tuple(nodes)),))


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A Sentinel that takes subscriptions."""
    with ScriptedServer() as started:
        started.script["PSUBSCRIBE"] = BEGUN
        yield started


@pytest.fixture
def told(wait_until: Callable[..., None]) -> Callable[[Subscriptions, int], list[Told]]:
    """``told(subscriptions, count)``: wait for that many things that were told."""

    def wait(all_of_them: Subscriptions, count: int) -> list[Told]:
        taken: list[Told] = []
        wait_until(lambda: taken.extend(all_of_them.take(0.05)) or len(taken) >= count, what=f"{count} things told")
        return taken

    return wait


def test_events_are_told_in_order(server: ScriptedServer, told: Callable[[Subscriptions, int], list[Told]]) -> None:
    """Events that come with the subscription's answer, byte by byte too, and nothing for what is no event."""
    server.cut = True
    server.script["PSUBSCRIBE"] = (
        BEGUN + message("+sdown") + encode(["pmessage", 1]) + encode(7) + message("-sdown", "")
    )
    all_of_them = Subscriptions(deployment(server), [server.address], ACCESS)
    try:
        begun, first, second = told(all_of_them, 3)
        assert (begun.kind, begun.sentinel) == ("begun", place(*server.address))
        assert (first.event, first.payload) == ("+sdown", "master m 10.0.0.1 6379")
        assert (second.event, second.payload) == ("-sdown", "")
        assert all_of_them.sentinels == {place(*server.address): True}
    finally:
        all_of_them.close()


def test_a_lost_connection_is_told_and_begins_again(
    server: ScriptedServer, told: Callable[[Subscriptions, int], list[Told]]
) -> None:
    """With the reason, once; nonsense is such a loss too."""
    all_of_them = Subscriptions(deployment(server), [server.address], ACCESS)
    try:
        assert [each.kind for each in told(all_of_them, 1)] == ["begun"]
        server.drop_connections()
        lost, begun = told(all_of_them, 2)
        assert (lost.kind, begun.kind) == ("lost", "begun")
        assert "closed" in lost.payload or "reset" in lost.payload
    finally:
        all_of_them.close()


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"-NOPERM no permission\r\n", "NOPERM"),
        (encode(["something", "else"]), "subscriptions"),
        (encode("OK"), "subscriptions"),
        (b"HTTP/1.1 400\r\n", "Protocol"),
        (BEGUN + b"$" + str(10 << 20).encode() + b"\r\n" + b"x" * (9 << 20), "too long"),
    ],
    ids=["refused", "another-list", "text", "nonsense", "without-end"],
)
def test_a_subscription_that_is_refused_is_told_once(
    server: ScriptedServer, told: Callable[[Subscriptions, int], list[Told]], answer: bytes, why: str
) -> None:
    """However often it is tried, and what never ends is not kept."""
    server.script["PSUBSCRIBE"] = answer
    all_of_them = Subscriptions(deployment(server), [server.address], ACCESS)
    try:
        lost = next(each for each in told(all_of_them, 2 if answer.startswith(BEGUN) else 1) if each.kind == "lost")
        assert why in lost.payload
    finally:
        all_of_them.close()


def test_who_joins_is_heard_and_who_goes_is_left(
    server: ScriptedServer, told: Callable[[Subscriptions, int], list[Told]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Sentinel that is known by its id keeps its name when its address is another one."""
    with ScriptedServer() as second:
        second.script["PSUBSCRIBE"] = BEGUN
        all_of_them = Subscriptions(deployment(server), [server.address], ACCESS)
        try:
            told(all_of_them, 1)
            for now, names in (
                ((server, second), [server, second]),
                ((second,), [server]),
                ((), [server]),
            ):
                monkeypatch.setattr(subscriptions, "rediscover", lambda *_, now=now: deployment(*now))
                all_of_them.look_again()
                assert list(all_of_them.sentinels) == [place(*each.address) for each in names]
        finally:
            all_of_them.close()


def test_what_nobody_takes_is_bounded(
    server: ScriptedServer, wait_until: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond a number of waiting events they are counted and not kept, and that is a problem that is told."""
    monkeypatch.setattr(subscriptions, "MOST_WAITING", 5)
    server.script["PSUBSCRIBE"] = BEGUN + message("+sdown") * 20
    all_of_them = Subscriptions(deployment(server), [server.address], ACCESS)
    try:
        wait_until(lambda: all_of_them.missed == 16, what="the rest is counted")
        assert len(all_of_them.take(1)) == 5
        assert all_of_them.problems == ("16 events came faster than they could be kept",)
        assert all_of_them.take(0.001) == []
    finally:
        all_of_them.close()
