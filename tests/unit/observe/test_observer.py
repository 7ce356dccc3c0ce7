"""The observer beside a deployment that says what it is told: what changes is recorded once, and silence is recorded as silence."""

from collections.abc import Callable, Iterator

import pytest

from jsquared.observe import observer as module
from jsquared.observe.observer import Observer
from jsquared.records.event import Event
from jsquared.records.event_types import AgreementChanged, RoleChanged, SentinelEvent
from jsquared.testing.fake_deployment import FakeDeployment
from jsquared.testing.scripted_server import ScriptedServer

Wait = Callable[..., None]
SENTINELS = ("sentinel-n1", "sentinel-n2", "sentinel-n3")


@pytest.fixture
def observer(fake: FakeDeployment, monkeypatch: pytest.MonkeyPatch) -> Iterator[Observer]:
    """An observer that asks often and, lest a busy machine look like a silent node, is patient; it stops with the test."""
    monkeypatch.setattr(module, "ASK_EVERY_S", 0.005)
    monkeypatch.setattr(module, "SILENT_AFTER_S", 60)
    watching = Observer(fake.deployment, fake.events)
    yield watching
    watching.stop()


@pytest.fixture
def impatient(observer: Observer, monkeypatch: pytest.MonkeyPatch) -> Observer:
    """An observer that soon takes silence for silence."""
    monkeypatch.setattr(module, "SILENT_AFTER_S", 0.1)
    return observer


def roles(fake: FakeDeployment, name: str) -> list[tuple[str, str, str, str]]:
    """Role, link, primary and run id of a node as they changed."""
    return [
        (event.role, event.link, event.of, event.run_id.rstrip("0"))
        for event in fake.recorded(RoleChanged)
        if event.source == name
    ]


def agreements(fake: FakeDeployment) -> list[str]:
    """The primaries that a majority named, as that changed."""
    names = [event.primary for event in fake.recorded(AgreementChanged)]
    return [name for name, before in zip(names, ["", *names], strict=False) if name != before]


def settled(fake: FakeDeployment) -> bool:
    """Whether every node has been seen."""
    return len(fake.recorded(RoleChanged)) >= 3 and agreements(fake) == ["redis-n1"] and len(votes(fake)) == 3


def votes(fake: FakeDeployment) -> dict[str, str]:
    """The votes as last recorded."""
    events: list[Event] = fake.recorded(AgreementChanged)
    return dict(events[-1].votes) if events else {}


def test_what_does_not_change_is_recorded_once(fake: FakeDeployment, observer: Observer, wait_until: Wait) -> None:
    """A converged deployment gives one role a data node and one agreement, however often it is asked."""
    observer.start()
    wait_until(lambda: settled(fake))
    asked = fake.servers["redis-n1"].count("INFO")
    wait_until(lambda: fake.servers["redis-n1"].count("INFO") > asked + 3, what="more questions")
    assert roles(fake, "redis-n1") == [("primary", "", "", "redis-n1")]
    assert roles(fake, "redis-n2") == [("replica", "up", "redis-n1", "redis-n2")]
    assert agreements(fake) == ["redis-n1"]
    assert fake.recorded(SentinelEvent) == []


def test_a_failover_is_recorded_from_all_sides(fake: FakeDeployment, observer: Observer, wait_until: Wait) -> None:
    """Roles, links and the Sentinels' majority are recorded as they change."""
    observer.start()
    wait_until(lambda: settled(fake))
    fake.tell_role("redis-n3", "redis-n1", master_link_status="down")
    wait_until(lambda: roles(fake, "redis-n3")[-1] == ("replica", "down", "redis-n1", "redis-n3"))
    fake.converge("redis-n2")
    wait_until(lambda: agreements(fake) == ["redis-n1", "redis-n2"])
    wait_until(lambda: roles(fake, "redis-n1")[-1] == ("replica", "up", "redis-n2", "redis-n1"))
    wait_until(lambda: roles(fake, "redis-n2")[-1] == ("primary", "", "", "redis-n2"))
    wait_until(lambda: votes(fake) == dict.fromkeys(SENTINELS, "redis-n2"))


def test_a_restart_between_two_questions_is_seen_by_its_run_id(
    fake: FakeDeployment, observer: Observer, wait_until: Wait
) -> None:
    """A server that comes back under its old role is another process all the same."""
    observer.start()
    wait_until(lambda: settled(fake))
    fake.tell_role("redis-n1", "redis-n1", run_id="second")
    wait_until(lambda: roles(fake, "redis-n1")[-1] == ("primary", "", "", "second"))


def test_silence_is_recorded_as_silence(fake: FakeDeployment, impatient: Observer, wait_until: Wait) -> None:
    """Nodes that hang are down; a Sentinel that hangs has no vote, and without a majority nobody is agreed on."""
    impatient.start()
    wait_until(lambda: len(votes(fake)) == 3)
    fake.silence("redis-n1", "sentinel-n1", "sentinel-n2")
    wait_until(lambda: roles(fake, "redis-n1")[-1] == ("down", "", "", ""))
    wait_until(lambda: votes(fake) == {"sentinel-n3": "redis-n1"})
    wait_until(lambda: fake.recorded(AgreementChanged)[-1].primary == "")
    for name in ("redis-n1", "sentinel-n1", "sentinel-n2"):
        fake.servers[name].silent = False
    wait_until(lambda: roles(fake, "redis-n1")[-1] == ("primary", "", "", "redis-n1"))
    wait_until(lambda: len(votes(fake)) == 3)


def test_a_node_that_is_gone_is_down(fake: FakeDeployment, impatient: Observer, wait_until: Wait) -> None:
    """Whoever refuses connections is as silent as whoever takes them and says nothing."""
    impatient.start()
    wait_until(lambda: len(votes(fake)) == 3)
    fake.vanish("redis-n2", "sentinel-n2")
    wait_until(lambda: roles(fake, "redis-n2")[-1] == ("down", "", "", ""))
    wait_until(lambda: set(votes(fake)) == {"sentinel-n1", "sentinel-n3"})
    wait_until(lambda: fake.recorded(AgreementChanged)[-1].primary == "redis-n1")


def test_a_closed_connection_means_little(fake: FakeDeployment, observer: Observer, wait_until: Wait) -> None:
    """A Sentinel closes all connections when it reconfigures a node: whoever comes back at once was never down."""
    observer.start()
    wait_until(lambda: settled(fake))
    for server in fake.servers.values():
        server.drop_connections()
    greeted = {name: fake.servers[name].count("PSUBSCRIBE") for name in SENTINELS}
    wait_until(lambda: all(fake.servers[name].count("PSUBSCRIBE") > greeted[name] for name in SENTINELS))
    wait_until(lambda: sum(b"server" in words for words in fake.servers["redis-n1"].received) >= 2)
    assert [role for role, *_ in roles(fake, "redis-n1")] == ["primary"]
    assert agreements(fake) == ["redis-n1"]


def test_sentinels_that_disagree_have_no_primary(fake: FakeDeployment, observer: Observer, wait_until: Wait) -> None:
    """Two against one is an agreement, one each is none, and an address that is nobody's is no vote."""
    for name, primary in zip(SENTINELS, ("redis-n1", "redis-n2", "redis-n3"), strict=True):
        fake.tell_vote(name, primary)
    observer.start()
    wait_until(lambda: len(votes(fake)) == 3)
    assert agreements(fake) == []
    fake.tell_vote("sentinel-n1", "redis-n2")
    wait_until(lambda: agreements(fake) == ["redis-n2"])
    fake.say("sentinel-n1", "SENTINEL GET-MASTER-ADDR-BY-NAME", ["10.0.0.1", "1"])
    fake.tell_vote("sentinel-n3", None)
    wait_until(lambda: votes(fake) == {"sentinel-n1": "", "sentinel-n2": "redis-n2", "sentinel-n3": ""})
    assert fake.recorded(AgreementChanged)[-1].primary == ""


def test_events_of_sentinels_are_recorded(fake: FakeDeployment, observer: Observer, wait_until: Wait) -> None:
    """What a Sentinel publishes becomes an event of its own, by name and payload."""
    message = ["pmessage", "*", "+sdown", "master mymaster 10.83.0.10 6379"]
    fake.say("sentinel-n2", "PSUBSCRIBE", ["psubscribe", "*", 1], message)
    observer.start()
    wait_until(lambda: fake.recorded(SentinelEvent))
    [event] = fake.recorded(SentinelEvent)
    assert event.source == "sentinel-n2"
    assert (event.event, event.payload, event.via) == ("+sdown", message[3], "pubsub")


def test_a_loading_server_answers_without_a_role(fake: FakeDeployment, observer: Observer, wait_until: Wait) -> None:
    """An error reply and an INFO without a role are answers: the node is not down, and its role stays what it was."""
    fake.fail("redis-n2", "INFO", "LOADING Redis is loading the dataset in memory")
    fake.say("redis-n3", "INFO", "run_id:abc\r\n")
    observer.start()
    wait_until(lambda: all(fake.servers[name].count("INFO") > 3 for name in ("redis-n2", "redis-n3")))
    assert {event.source for event in fake.recorded(RoleChanged)} <= {"redis-n1"}


def test_a_role_without_a_known_primary_names_its_address(
    fake: FakeDeployment, observer: Observer, wait_until: Wait
) -> None:
    """A replica that follows somebody outside the deployment is shown with that address."""
    fake.tell_role("redis-n3", "redis-n1", master_host="10.9.9.9", master_port=1)
    observer.start()
    wait_until(lambda: roles(fake, "redis-n3"))
    assert roles(fake, "redis-n3")[0][2] == "10.9.9.9:1"


def test_passwords_are_told_first(fake: FakeDeployment, monkeypatch: pytest.MonkeyPatch, wait_until: Wait) -> None:
    """Where the configuration asks for a password, every connection begins with it."""
    monkeypatch.setattr(fake.deployment, "credentials", lambda _: ("secret",))
    fake.servers["redis-n1"].password = "secret"
    watching = Observer(fake.deployment, fake.events)
    watching.start()
    wait_until(lambda: roles(fake, "redis-n1"))
    watching.stop()
    assert fake.servers["redis-n1"].received[0] == [b"AUTH", b"secret"]


def test_an_observer_that_never_began_can_stop(observer: Observer) -> None:
    """A trial that fails before it is observed stops its observer all the same, and more than once."""
    observer.stop()
    observer.stop()


def test_a_node_is_watched_where_it_is_now(
    fake: FakeDeployment, impatient: Observer, wait_until: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A node that is gone from its address is down until it answers at its other one."""
    impatient.start()
    wait_until(lambda: settled(fake))
    fake.vanish("redis-n2")
    wait_until(lambda: roles(fake, "redis-n2")[-1][0] == "down")
    server = ScriptedServer("127.0.0.2", fake.placement.node("redis-n2").port)
    server.script["INFO"] = fake.servers["redis-n2"].script["INFO"]
    fake.deployment.addresses.move(["redis-n2"], "127.0.0.2")
    wait_until(lambda: roles(fake, "redis-n2")[-1] == ("replica", "up", "redis-n1", "redis-n2"))
    server.close()
