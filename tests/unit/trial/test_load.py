"""The load of a trial with small programs for clients: what they are told, and what becomes of what they say."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from jsquared.errors import BadInputError, LabError
from jsquared.records.event_types import ClientSaid, Phase
from jsquared.records.history import HistoryWriter
from jsquared.records.load_events import LoadRateChanged
from jsquared.records.placement import TlsFiles
from jsquared.testing.fake_deployment import FakeDeployment
from jsquared.trial import load as module
from jsquared.trial.load import Load, client_spec, login
from jsquared.workload.workload import ClientSpec

CLIENT = """#!/bin/sh
say() { echo "{\\"action\\": \\"$1\\", \\"t_ns\\": 1000000, \\"node\\": $2}"; }
case $1 in
*broken*) exit 1 ;;
esac
read specification
case $1 in
*slow*) read order; exit 0 ;;
esac
echo "no JSON at all"
say ready 0
while read order; do
  say "$order" null
  case $1 in *stubborn*) [ "$order" = stop ] && exec sleep 60 ;; *hasty*) exit 0 ;; esac
  [ "$order" = stop ] && exit 0
done
"""
Histories = Callable[[str, int], HistoryWriter]


@pytest.fixture
def make_load(
    fake: FakeDeployment, histories: Histories, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], Load]]:
    """Starts clients that behave as told; their histories lie there already."""
    program = tmp_path / "client"
    program.write_text(CLIENT)
    program.chmod(0o755)
    made: list[Load] = []

    def make(behaviour: str) -> Load:
        monkeypatch.setattr(module, "COMMAND", (str(program), behaviour))
        for client in fake.plan.clients:
            histories(client.name, 0)
        made.append(Load(fake.plan, fake.deployment, fake.run, fake.events))
        return made[-1]

    yield make
    for load in made:
        load.close()


def said(fake: FakeDeployment, client: str) -> list[tuple[str, str]]:
    """What a client said: action and node."""
    return [(event.action, event.node) for event in fake.recorded(ClientSaid) if event.source == client]


def phases(fake: FakeDeployment) -> list[str]:
    """The phases of the load."""
    return [event.phase for event in fake.recorded(Phase)]


def test_clients_begin_and_end_together(fake: FakeDeployment, make_load: Callable[[str], Load]) -> None:
    """All are waited for, told to go, told to stop; what they say becomes events, and what is no JSON does not."""
    load = make_load("works")
    load.begin()
    assert load.began_s <= time.monotonic()
    load.end()
    load.end()
    for client in ("client-1", "client-2"):
        assert said(fake, client) == [("ready", "redis-n1"), ("go", ""), ("stop", "")]
    assert phases(fake) == ["load", "load-end"]


def test_every_client_is_told_another_rate(
    fake: FakeDeployment, make_load: Callable[[str], Load], wait_until: Callable[..., None]
) -> None:
    """It is an order on its stdin, and an event of the record."""
    load = make_load("works")
    load.begin()
    load.change_rate(700)
    wait_until(lambda: all(("rate 700", "") in said(fake, name) for name in ("client-1", "client-2")))
    load.end()
    assert [event.rate_per_s for event in fake.recorded(LoadRateChanged)] == [700]


@pytest.mark.parametrize(("behaviour", "limit_s"), [("broken", 20.0), ("slow", 0.1)])
def test_a_client_that_is_never_ready_fails_the_trial(
    make_load: Callable[[str], Load], monkeypatch: pytest.MonkeyPatch, behaviour: str, limit_s: float
) -> None:
    """A client that ends or does not find the primary in time is the lab's failure, with its name."""
    monkeypatch.setattr(module, "READY_LIMIT_S", limit_s)
    load = make_load(behaviour)
    with pytest.raises(LabError, match="client-1: is not connected to the primary"):
        load.begin()
    load.end()


def test_a_client_that_does_not_end_is_killed(fake: FakeDeployment, make_load: Callable[[str], Load]) -> None:
    """A client that goes on after its time is ended by force, and that is recorded."""
    load = make_load("stubborn")
    load.begin()
    workload = msgspec.structs.replace(fake.plan.workload, operation_timeout_ms=-4950)
    load.plan = msgspec.structs.replace(fake.plan, workload=workload)
    load.end()
    assert ("killed", "") in said(fake, "client-1")


def test_a_client_that_ended_by_itself_is_not_told(
    fake: FakeDeployment, make_load: Callable[[str], Load], wait_until: Callable[..., None]
) -> None:
    """Words to a client that is gone are left unsaid."""
    load = make_load("hasty")
    load.begin()
    wait_until(lambda: all(process.poll() is not None for process in load._processes.values()))
    load.end()
    assert said(fake, "client-1") == [("ready", "redis-n1"), ("go", "")]


def test_recovery_is_seen_in_the_histories(
    fake: FakeDeployment, make_load: Callable[[str], Load], histories: Histories
) -> None:
    """Fresh acknowledgements on another node are recovery; old ones, or on the same node, or of nobody, are not."""
    load = make_load("works")
    load.begin()
    writer = histories("client-1", 0)
    load.close()
    load._peeks["client-1"] = module.HistoryPeek(fake.run.operations_file("client-1"))
    for node, age_s, moved in ((-1, 0.0, False), (0, 0.0, False), (1, 60.0, False), (1, -60.0, True)):
        writer.header[4] = node
        writer.header[3] = time.monotonic_ns() - int(age_s * 1e9)
        assert load.acknowledged_elsewhere_than("redis-n1", ("client-1",)) is moved
    load.end()


def test_an_acknowledgement_of_the_old_primary_is_none_of_the_new_one(
    fake: FakeDeployment, make_load: Callable[[str], Load], histories: Histories
) -> None:
    """A client that has just moved had its last write acknowledged where it was before; only a later one counts."""
    load = make_load("works")
    load.begin()
    load.close()
    writer = histories("client-1", 0)
    load._peeks["client-1"] = module.HistoryPeek(fake.run.operations_file("client-1"))
    writer.header[4], writer.header[3] = 1, time.monotonic_ns()
    assert not load.acknowledged_elsewhere_than("redis-n1", ("client-1",))
    writer.header[3] = time.monotonic_ns() + 60_000_000_000
    assert load.acknowledged_elsewhere_than("redis-n1", ("client-1",))
    writer.header[4] = 0
    assert not load.acknowledged_elsewhere_than("redis-n1", ("client-1",))
    load.end()


def test_steady_service_lasts_for_half_a_second(
    fake: FakeDeployment, make_load: Callable[[str], Load], histories: Histories
) -> None:
    """An acknowledgement half a second after a moment shows that service goes on; an earlier one does not."""
    load = make_load("works")
    load.begin()
    load.close()
    writer = histories("client-2", 0)
    load._peeks["client-2"] = module.HistoryPeek(fake.run.operations_file("client-2"))
    writer.header[3] = 10_400_000_000
    assert not load.steady_since(10.0)
    writer.header[3] = 10_600_000_000
    assert load.steady_since(10.0)
    load.end()


def test_service_counts_for_the_clients_asked_about(
    fake: FakeDeployment, make_load: Callable[[str], Load], histories: Histories
) -> None:
    """A client is served again once it has an acknowledgement later than the moment; nobody named means everybody."""
    load = make_load("works")
    load.begin()
    load.close()
    for name, at_ns in (("client-1", 9_000_000_000), ("client-2", 10_100_000_000)):
        histories(name, 0).header[3] = at_ns
        load._peeks[name] = module.HistoryPeek(fake.run.operations_file(name))
    assert load.served_since(10.0, ("client-2",))
    assert not load.served_since(10.0, ("client-1",))
    assert not load.served_since(10.0, ())
    assert load.served_since(8.0, ())
    load.end()


def test_a_client_is_told_all_it_needs(fake: FakeDeployment) -> None:
    """Its addresses, level, rate and the time after which it ends by itself follow from the plan."""
    client = fake.placement.clients[1]
    spec = client_spec(fake.plan, fake.placement, client, fake.run)
    assert (spec.name, spec.number, spec.majority, spec.master_name) == ("client-2", 1, 2, "mymaster")
    assert [(sentinel.address, sentinel.port) for sentinel in spec.sentinels] == [
        fake.servers[name].address for name in client.sentinels
    ]
    assert spec.nodes == tuple(fake.servers[node.name].address for node in fake.plan.data_nodes())
    assert (spec.ack_mode, spec.ack_replicas, spec.rate_per_s) == ("wait", 1, fake.plan.workload.rate_per_s)
    assert spec.max_run_ms > fake.plan.recovery_limit_ms + fake.plan.settle_limit_ms
    assert json.loads(spec.to_json())["history"] == str(fake.run.operations_file("client-2"))
    assert spec.operations_per_s == fake.plan.workload.operations_per_s
    assert spec.operations_history == str(fake.run.modelled_file("client-2"))


def test_a_client_comes_in_as_the_plan_says(fake: FakeDeployment) -> None:
    """Login, TLS files and renamed commands are those of the primary and of each Sentinel that it asks."""
    ways = {
        "redis-n1": {"client_login": ("app", "a"), "tls": True, "renamed": (("SET", "put"), ("DEBUG", ""))},
        "redis-n2": {"client_login": ("other",)},
        "sentinel-n1": {"client_login": ("ask",), "renamed": (("SENTINEL", "watch"),)},
        "sentinel-n2": {"tls": True},
    }
    nodes = tuple(msgspec.structs.replace(node, **ways.get(node.name, {})) for node in fake.placement.nodes)
    files = TlsFiles(authorities=("ca",), certificate="crt", key="key", key_password="word")
    placement = msgspec.structs.replace(fake.placement, nodes=nodes, tls=files)
    spec = client_spec(fake.plan, placement, placement.clients[0], fake.run)
    assert (spec.username, spec.password, spec.plain) == ("app", "a", False)
    assert spec.words == {"SET": "put", "DEBUG": ""}
    assert (spec.authorities, spec.certfile, spec.keyfile, spec.keypass) == (("ca",), "crt", "key", "word")
    first, second, *_ = spec.sentinels
    assert (first.password, first.words, first.plain) == ("ask", {"SENTINEL": "watch"}, True)
    assert (second.password, second.words, second.plain) == ("", {}, False)
    assert ClientSpec.from_json(spec.to_json()) == spec


def test_a_client_that_asks_one_sentinel_believes_it(fake: FakeDeployment) -> None:
    """Only a client that asks every Sentinel can hold out for their majority."""
    client = msgspec.structs.replace(fake.placement.clients[0], sentinels=("sentinel-n2",))
    placement = msgspec.structs.replace(fake.placement, clients=(client,))
    assert client_spec(fake.plan, placement, client, fake.run).majority == 1


@pytest.mark.parametrize(
    ("credentials", "expected"), [((), ("", "")), (("secret",), ("", "secret")), (("me", "secret"), ("me", "secret"))]
)
def test_credentials_become_user_and_password(credentials: tuple[str, ...], expected: tuple[str, str]) -> None:
    """No password, a password, or a user with one."""
    assert login(credentials) == expected


def test_a_client_is_told_where_nodes_may_move(fake: FakeDeployment) -> None:
    """Where addresses change, it knows both of each data node, in the order of their numbers; else only the one."""
    client, placed = fake.placement.clients[0], fake.placement
    assert client_spec(fake.plan, placed, client, fake.run).elsewhere == ()
    nodes = tuple(msgspec.structs.replace(node, other_address=f"10.0.0.{n}") for n, node in enumerate(placed.nodes))
    moving = msgspec.structs.replace(placed, nodes=nodes)
    spec = client_spec(fake.plan, moving, client, fake.run)
    data = moving.data
    assert spec.elsewhere == tuple((node.other_address, node.port) for node in data)
    assert ClientSpec.from_json(spec.to_json()) == spec
    with pytest.raises(BadInputError, match="1 other addresses of 3 data nodes"):
        replace(spec, elsewhere=spec.elsewhere[:1])
