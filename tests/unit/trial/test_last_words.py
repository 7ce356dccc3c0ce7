"""What servers say at last is asked of all, kept as it is, and left out where one does not say it."""

from typing import Any

from jsquared.records.event_types import ServerSaid
from jsquared.testing.fake_deployment import FakeDeployment
from jsquared.trial.last_words import STRANGER, record_last_words

FILE = """port 26379
sentinel monitor mymaster 127.0.0.1 6379 2
sentinel config-epoch mymaster 3
sentinel leader-epoch mymaster 4
sentinel leader-epoch another 9
sentinel current-epoch 4
"""


def said(fake: FakeDeployment) -> dict[str, ServerSaid]:
    """What is recorded of each server."""
    record_last_words(fake.deployment)
    return {event.source: event for event in fake.recorded(ServerSaid)}


def sentinel(fake: FakeDeployment, file: str, vote: list[Any]) -> None:
    """Sentinel 1 has this file and answers the question of another one so."""
    fake.deployment.folder("sentinel-n1").write_text("sentinel-n1.conf", file)
    fake.tell_view("sentinel-n1", ip="127.0.0.1", port=6379, config_epoch=3)
    fake.say("sentinel-n1", "SENTINEL IS-MASTER-DOWN-BY-ADDR", vote)


def test_data_nodes_say_roles_and_priority(fake: FakeDeployment) -> None:
    """By ROLE and by INFO; a priority where it may be read."""
    fake.tell_role("redis-n1", "redis-n1")
    fake.tell_role("redis-n2", "redis-n1")
    fake.servers["redis-n2"].role = "master"
    fake.say("redis-n2", "CONFIG", ["replica-priority", "50"])
    found = said(fake)
    assert (found["redis-n1"].role, found["redis-n1"].info) == ("primary", "primary")
    assert (found["redis-n2"].role, found["redis-n2"].info) == ("primary", "replica")
    assert found["redis-n2"].priority == 50
    assert found["redis-n1"].priority is None


def test_replicas_are_asked_for_what_has_expired(fake: FakeDeployment) -> None:
    """A counter that goes up while a replica is asked is its own doing; without a primary that takes the key nobody is asked."""
    for name in ("redis-n1", "redis-n2", "redis-n3"):
        fake.tell_role(name, "redis-n1", expired_keys=7)
    for number in (1, 2, 3):
        fake.tell_vote(f"sentinel-n{number}", "redis-n1")
    found = said(fake)
    assert (found["redis-n2"].expires_by_itself, found["redis-n3"].expires_by_itself) == (False, False)
    assert found["redis-n1"].expires_by_itself is None
    fake.fail("redis-n1", "SET", "MISCONF no")
    assert said(fake)["redis-n2"].expires_by_itself is None


def test_a_sentinel_says_what_it_knows(fake: FakeDeployment) -> None:
    """The epochs of its file, and that of its configuration; it keeps its vote, and the primary is up."""
    sentinel(fake, FILE, [0, "a" * 40, 4])
    found = said(fake)["sentinel-n1"]
    assert (found.current_epoch, found.leader_epoch, found.config_epoch) == (4, 4, 3)
    assert (found.calls_down, found.changes_vote) == (False, False)


def test_a_sentinel_that_says_yes_is_recorded(fake: FakeDeployment) -> None:
    """To the question whether the primary is down, and to a stranger who wants its vote."""
    sentinel(fake, FILE, [1, STRANGER, 4])
    found = said(fake)["sentinel-n1"]
    assert (found.calls_down, found.changes_vote) == (True, True)


def test_who_has_not_voted_in_the_epoch_is_not_asked_to(fake: FakeDeployment) -> None:
    """It would be right to vote; a file without epochs knows none, and without a Sentinel there is nothing to say."""
    sentinel(fake, FILE.replace("current-epoch 4", "current-epoch 5"), [0, STRANGER, 4])
    assert said(fake)["sentinel-n1"].changes_vote is None
    sentinel(fake, "port 26379\n", [0, "*", 0])
    fake.silence("sentinel-n2")
    found = said(fake)
    assert found["sentinel-n1"].current_epoch == 0
    assert "sentinel-n2" not in found
