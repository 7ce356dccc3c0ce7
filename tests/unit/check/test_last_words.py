"""What servers say at last: a contradiction is named, and what agrees is not."""

from typing import Any

import pytest

from jsquared.check.last_words import LastWords
from jsquared.records.event_types import ServerSaid
from support.records import Story

N1, N2, N3, S1 = "redis-n1", "redis-n2", "redis-n3", "sentinel-n1"
GOOD: dict[str, dict[str, Any]] = {
    N1: {"role": "replica", "info": "replica", "priority": 100},
    N2: {"role": "primary", "info": "primary", "priority": 100},
    N3: {"role": "replica", "info": "replica", "priority": 100},
    S1: {"current_epoch": 1, "leader_epoch": 1, "config_epoch": 1, "calls_down": False, "changes_vote": False},
}


def noted(changes: dict[str, dict[str, Any]], *, fault: str = "kill", target: str = N1, one: bool = True) -> list[str]:
    """What is violated where n2 was promoted and servers say this at last."""
    story = Story(expect_failover=True)
    story.load()
    story.fault("crash", fault, [target], start_ms=2000, heal_ms=8000)
    replica = story.placement().node(N2)
    payload = f"slave {replica.address}:{replica.port} {replica.address} {replica.port} @ mymaster"
    story.sentinel(3600, S1, "+selected-slave", payload)
    story.failover(N1, N2, sdown_ms=3500)
    for name, fields in GOOD.items():
        story.event(ServerSaid(**fields | changes.get(name, {}), source=name, t_ms=20_000))
    story.finish(N2, settle_ms=9000, end_ms=20_000, converged="" if one else "redis-n3 is away")
    return [note.text for note in LastWords().check(story.record()).notes]


def test_what_agrees_is_clean() -> None:
    """Roles, priorities that are all the same, and Sentinels that keep to what they said; or one that does not say it."""
    assert noted({}) == []
    assert noted({N1: {"role": "", "priority": None}, S1: {"changes_vote": None, "calls_down": None}}) == []


def test_two_roles_are_a_contradiction() -> None:
    """Clients and Sentinels are told different things."""
    assert noted({N3: {"role": "primary"}}) == [
        "redis-n3 contradicts itself: ROLE, which clients ask, says primary, but INFO, which Sentinels ask, says replica"
    ]


def test_a_replica_that_expires_keys_by_itself_is_found() -> None:
    """It must wait for its primary, which does so by itself."""
    [text] = noted({N3: {"expires_by_itself": True}})
    assert text.startswith("redis-n3 removed a key that had expired by its own clock")
    assert noted({N2: {"expires_by_itself": True}, N3: {"expires_by_itself": False}}) == []


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("calls_down", "told other Sentinels that the primary is down, though the deployment had converged"),
        ("changes_vote", "voted again in epoch 1, in which it had already voted"),
    ],
)
def test_a_sentinel_that_says_yes_to_everything_is_found(field: str, words: str) -> None:
    """Nobody may consider the primary down then, and a vote is given once; where it is not one, the primary may be down."""
    [text] = noted({S1: {field: True}})
    assert text.startswith(f"sentinel-n1 {words}")
    assert noted({S1: {field: True}}, one=False) == []


def test_a_promotion_that_the_priority_forbids_is_found() -> None:
    """Priority 0 means never."""
    assert noted({N2: {"priority": 0}}) == ["redis-n2 was promoted at 3.60 s, which 'replica-priority 0' forbids"]


def test_a_promotion_over_a_better_priority_is_found() -> None:
    """Unless something had happened to the better one, it may not be promoted at all, or priorities were changed on the way."""
    [text] = noted({N3: {"priority": 50}})
    assert text.startswith("redis-n2 with replica-priority 100 was promoted at 3.60 s, though redis-n3 has 50")
    assert noted({N3: {"priority": 0}}) == []
    assert noted({N1: {"priority": 50}}) == []
    assert noted({N3: {"priority": 50}}, target=N3) == []
    assert noted({N3: {"priority": 50}}, fault="set-priority") == []
    assert noted({N3: {"priority": 50}}, fault="cut") == []
