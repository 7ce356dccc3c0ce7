"""Reading everything back, node by node, from servers that hold what a test put there."""

from collections.abc import Callable

import numpy as np
import pytest

from jsquared.records.contents import read_contents
from jsquared.records.event_lines import fields_of
from jsquared.records.event_types import ContentsRead, DatasetRead
from jsquared.records.history import ABSENT, DIFFERENT, KEY_PREFIX, PRESENT, HistoryWriter, key_of
from jsquared.testing.fake_deployment import FakeDeployment
from jsquared.trial import read_back as module
from jsquared.trial.read_back import (
    nodes_that_are_one,
    read_back,
    wait_for_clients_to_be_gone,
    wait_for_equal_offsets,
)
from jsquared.workload.commands import value_of


def test_every_key_is_looked_for_on_every_node(
    fake: FakeDeployment, histories: Callable[[str, int], HistoryWriter]
) -> None:
    """What is there, missing or different is kept for each client and node; a node that cannot be read is said."""
    histories("client-1", 3)
    histories("client-2", 1)
    for number, slot in ((0, 0), (0, 1), (0, 2), (1, 0)):
        key = key_of(KEY_PREFIX, number, slot)
        fake.servers["redis-n1"].keys[key] = value_of(key, fake.plan.workload.value_bytes)
    fake.servers["redis-n2"].keys = dict(list(fake.servers["redis-n1"].keys.items())[:2])
    fake.servers["redis-n2"].keys[key_of(KEY_PREFIX, 0, 1)] = b"another"
    fake.fail("redis-n3", "MGET", "LOADING Redis is loading the dataset in memory")
    read_back(fake.plan, fake.deployment, fake.run, fake.events)

    def found(client: str, node: str) -> list[int]:
        return list(np.fromfile(fake.run.found_file(client, node), dtype=np.uint8))

    assert found("client-1", "redis-n1") == [PRESENT] * 3
    assert found("client-2", "redis-n1") == [PRESENT]
    assert found("client-1", "redis-n2") == [PRESENT, DIFFERENT, ABSENT]
    assert not fake.run.found_file("client-1", "redis-n3").exists()
    datasets = {event.source: (event.keys, event.primary) for event in fake.recorded(DatasetRead)}
    assert datasets == {"redis-n1": (4, True), "redis-n2": (2, False), "redis-n3": (None, False)}
    assert "LOADING" in fake.recorded(DatasetRead)[-1].error


def test_replicas_are_waited_for(fake: FakeDeployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Equal offsets end the wait; an attached replica that stays behind, or no primary at all, lets it run out."""
    monkeypatch.setattr(module, "REPLICATION_LIMIT_S", 0.1)
    assert not wait_for_equal_offsets(fake.deployment, "")
    fake.tell_role("redis-n2", "redis-n1", slave_repl_offset=99)
    assert not wait_for_equal_offsets(fake.deployment, "redis-n1")
    monkeypatch.setattr(module, "REPLICATION_LIMIT_S", 20)
    fake.tell_role("redis-n2", "redis-n1", slave_repl_offset=99, master_link_status="down")
    assert wait_for_equal_offsets(fake.deployment, "redis-n1"), "a replica that is not attached will not come nearer"


def test_clients_are_waited_for(fake: FakeDeployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection of a client's on any node is waited for, and no longer than the limit; others' do not count."""
    monkeypatch.setattr(module, "CLIENTS_LIMIT_S", 0.05)
    client = fake.placement.clients[0].address
    fake.say("redis-n1", "CLIENT LIST", "id=1 addr=10.9.9.9:5000 laddr=127.0.0.1:6379")
    fake.say("redis-n2", "CLIENT LIST", f"id=7 addr={client}:5000 laddr=127.0.0.1:6379")
    fake.fail("redis-n3", "CLIENT LIST", "LOADING")
    assert not wait_for_clients_to_be_gone(fake.deployment)
    fake.say("redis-n2", "CLIENT LIST", "")
    assert wait_for_clients_to_be_gone(fake.deployment)


def test_contents_are_kept_or_said_to_be_missing(
    fake: FakeDeployment, histories: Callable[[str, int], HistoryWriter]
) -> None:
    """What a node holds is written beside its name; why another one could not be read is recorded, and reading goes on."""
    histories("client-1", 1)
    histories("client-2", 0)
    for name in ("redis-n1", "redis-n2", "redis-n3"):
        fake.say(name, "INFO KEYSPACE", "# Keyspace\r\ndb0:keys=1,expires=1,avg_ttl=5\r\ndbx:\r\n")
        fake.say(name, "SCAN", ["0", ["k", "k"]])
        for command, reply in (("SELECT", "OK"), ("TYPE", "string"), ("GETRANGE", "v"), ("PTTL", 90_000)):
            fake.say(name, command, reply)
    fake.fail("redis-n2", "SCAN", "NOPERM not you")
    fake.say("redis-n3", "TYPE", "hash")
    fake.say("redis-n3", "HGETALL", ["f"])
    read_back(fake.plan, fake.deployment, fake.run, fake.events)
    contents = read_contents(fake.run.contents_file("redis-n1"))
    assert {key: entry.type for key, entry in contents.items()} == {(0, b"k"): "string"}
    assert 0 < contents[0, b"k"].expires_ms - fake.events.clock.now_ms() <= 90_000
    told = {event.source: fields_of(event) for event in fake.recorded(ContentsRead)}
    assert told["redis-n1"]["keys"] == 1
    assert "NOPERM" in told["redis-n2"]["error"]
    assert "a hash that is none" in told["redis-n3"]["error"]
    assert not fake.run.contents_file("redis-n2").exists()


def test_who_must_hold_the_same(fake: FakeDeployment) -> None:
    """The primary, and replicas whose link is up and that have all of its stream; nobody where there is no primary."""
    fake.tell_role("redis-n1", "redis-n1")
    fake.tell_role("redis-n2", "redis-n1", slave_repl_offset=99)
    fake.tell_role("redis-n3", "redis-n1", slave_repl_offset=100)
    assert nodes_that_are_one(fake.deployment, "redis-n1") == {"redis-n1", "redis-n3"}
    fake.tell_role("redis-n3", "redis-n1", slave_repl_offset=100, master_link_status="down")
    assert nodes_that_are_one(fake.deployment, "redis-n1") == {"redis-n1"}
    assert nodes_that_are_one(fake.deployment, "") == frozenset()
