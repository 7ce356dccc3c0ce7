"""Orders that were not kept: a replica that had to be told twice, one that was thrown out for nothing."""

from jsquared.check.orders import Orders
from jsquared.records.event_types import LoggedLine
from support.records import Story

N1, N2, N3, S1 = "redis-n1", "redis-n2", "redis-n3", "sentinel-n1"


def crash() -> Story:
    """The primary is killed, returns at 8 s and is made a replica at 18 s."""
    story = Story(expect_failover=True)
    story.load()
    story.fault("crash", "kill", [N1], start_ms=2000, heal_ms=8000)
    story.failover(N1, N2, sdown_ms=3500)
    story.sentinel(18_000, S1, "+convert-to-slave", replica(story, N1))
    return story


def replica(story: Story, node: str) -> str:
    """A payload about a node."""
    placed = story.placement().node(node)
    return f"slave {placed.address}:{placed.port} {placed.address} {placed.port} @ mymaster"


def noted(story: Story) -> list[tuple[str, str]]:
    """What is noted."""
    return [(note.outcome, note.text) for note in Orders().check(story.record()).notes]


def test_told_once_is_clean() -> None:
    """As is one who strayed and had not been told before."""
    assert noted(crash()) == []
    story = crash()
    story.sentinel(24_000, S1, "+fix-slave-config", replica(story, N3))
    assert noted(story) == []


def test_told_twice_is_found() -> None:
    """Nothing had happened to it since the first time."""
    story = crash()
    story.sentinel(24_000, S1, "+fix-slave-config", replica(story, N1))
    [(outcome, text)] = noted(story)
    assert outcome == "violated"
    assert text.startswith("redis-n1 was made a replica at 18.00 s and had to be told its primary again at 24.00 s")


def test_told_again_after_a_fault_is_clean() -> None:
    """It may have missed what it was told, or somebody told it otherwise."""
    story = crash()
    story.fault("cut", "cut", [N1], start_ms=17_000, heal_ms=20_000)
    story.sentinel(24_000, S1, "+fix-slave-config", replica(story, N1))
    assert noted(story) == []
    story = crash()
    story.restart(N1, 19_000, 20_000)
    story.sentinel(24_000, S1, "+fix-slave-config", replica(story, N1))
    assert noted(story) == []


def test_a_replica_that_is_thrown_out_for_nothing_is_found() -> None:
    """Neither it nor its primary was touched; a fault that touches one of them may have silenced it."""
    story = crash()
    address = story.placement().node(N3).address
    port = story.placement().node(N3).port
    text = f"Disconnecting timedout replica (streaming sync): {address}:{port}"
    story.event(LoggedLine(level="warning", text=text, source=N1, t_ms=9000))
    assert noted(story) == []
    story.event(LoggedLine(level="warning", text=text, source=N2, t_ms=9000))
    assert noted(story) == [
        (
            "violated",
            "redis-n2 disconnected redis-n3 at 9.00 s as a replica that had timed out, though nothing had happened to either",
        )
    ]


def tilt(until_ms: float, *, fault: str = "pause") -> list[tuple[str, str]]:
    """What is noted of a Sentinel that is in TILT from 5 s until then."""
    story = Story(expect_failover=True)
    story.load()
    story.fault("f", fault, [S1], start_ms=2000, heal_ms=5000)
    story.sentinel(5000, S1, "+tilt", "#tilt mode entered")
    story.sentinel(until_ms, S1, "-tilt", "#tilt mode exited")
    return noted(story)


def test_a_sentinel_that_leaves_tilt_too_soon_is_found() -> None:
    """It has to watch for 30 s; where a fault moved its clock, that may be any time."""
    assert tilt(35_010) == tilt(34_900) == []
    assert tilt(6000) == [("violated", "sentinel-n1 left TILT after 1 s, at 6.00 s: it acts on outdated information")]
    assert tilt(6000, fault="clock-step") == []
