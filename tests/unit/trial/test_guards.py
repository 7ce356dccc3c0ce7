"""Guards are tried where they must refuse; what is let through, and what shows nothing, are told apart."""

import msgspec
import pytest

from jsquared.records.event_types import GuardTried
from jsquared.records.plan import PlannedGuard
from jsquared.testing.fake_deployment import FakeDeployment
from jsquared.trial.guard_attempts import try_guards

READ_ONLY = {
    "name": "read-only",
    "directive": "replica-read-only yes",
    "words": ("SET", "k", "v"),
    "refusals": ("READONLY",),
}


def tried(fake: FakeDeployment, *guards: PlannedGuard) -> list[GuardTried]:
    """The events of trying these guards."""
    try_guards(msgspec.structs.replace(fake.plan, guards=guards), fake.deployment, fake.events)
    return fake.recorded(GuardTried)


def read_only(node: str) -> PlannedGuard:
    """The guard of a replica."""
    return PlannedGuard(node=node, **READ_ONLY)  # type: ignore[arg-type]


def test_a_refusal_and_what_is_let_through(fake: FakeDeployment) -> None:
    """The server's own answer is kept."""
    fake.fail("redis-n2", "SET", "READONLY You can't write against a read only replica.")
    fake.say("redis-n3", "SET", "OK")
    refused, through = tried(fake, read_only("redis-n2"), read_only("redis-n3"))
    assert (refused.source, refused.refused) == ("redis-n2", True)
    assert refused.answer.startswith("READONLY")
    assert (through.source, through.refused, through.answer) == ("redis-n3", False, "it answered 'OK'")
    assert through.asked == "SET k"


def test_a_primary_may_write(fake: FakeDeployment) -> None:
    """Only replicas are asked to refuse writes."""
    fake.say("redis-n1", "SET", "OK")
    assert tried(fake, read_only("redis-n1")) == []


@pytest.mark.parametrize(
    "error", ["LOADING Redis is loading the dataset in memory", "NOPERM this user has no permissions"]
)
def test_another_refusal_shows_nothing(fake: FakeDeployment, error: str) -> None:
    """A server that refuses for another reason has neither held nor let through."""
    fake.fail("redis-n2", "SET", error)
    assert tried(fake, read_only("redis-n2")) == []


def test_what_the_history_shows_is_not_tried(fake: FakeDeployment) -> None:
    """min-replicas has no command."""
    assert tried(fake, PlannedGuard(node="redis-n1", name="min-replicas", directive="d", replicas=1, lag_s=3)) == []


def test_words_for_logins_hold_no_password(fake: FakeDeployment) -> None:
    """A wrong password, none, and a user with his."""
    fake.fail("redis-n1", "GET", "NOAUTH Authentication required.")
    fake.fail("redis-n1", "AUTH", "WRONGPASS invalid username-password pair or user is disabled.")
    login = {"node": "redis-n1", "name": "password", "directive": "requirepass <secret-1>", "words": ("GET", "k")}
    none, wrong = tried(
        fake,
        PlannedGuard(**login, credentials=("",), refusals=("NOAUTH",)),  # type: ignore[arg-type]
        PlannedGuard(**login, credentials=("wrong-word",), refusals=("WRONGPASS",)),  # type: ignore[arg-type]
    )
    assert [none.asked, wrong.asked] == ["a command without a login", "a wrong password"]
    assert none.refused
    assert wrong.refused
    assert "wrong-word" not in str(wrong)
