"""Elections as Sentinels' logs tell them: the clean ones pass, and each way to have two leaders is named."""

import pytest

from jsquared.check.elections import Elections
from jsquared.check.sentinel_memory import SentinelMemory
from jsquared.records.event_types import Converged, ServerSaid
from jsquared.records.placement import PlacedFloating
from support.records import Story

N1, N2, N3 = "redis-n1", "redis-n2", "redis-n3"
S1, S2, S3 = "sentinel-n1", "sentinel-n2", "sentinel-n3"
SENTINELS = (S1, S2, S3)
MASTER = "mymaster"


def identity(name: str) -> str:
    """The id of a Sentinel."""
    return name[-1] * 40


def at(story: Story, node: str) -> str:
    """Address and port of a node, as payloads have them."""
    placed = story.placement().node(node)
    return f"{placed.address} {placed.port}"


def introduced(story: Story) -> None:
    """Each Sentinel names the others by their ids."""
    for name in SENTINELS:
        for other in SENTINELS:
            if other != name:
                payload = f"sentinel {identity(other)} {at(story, other)} @ {MASTER} {at(story, N1)}"
                story.sentinel(10, name, "+sentinel", payload)


def election(story: Story, leader: str, epoch: int, at_ms: float, voters: tuple[str, ...] = SENTINELS) -> None:
    """A Sentinel begins to fail over in an epoch, these vote for it, and it is elected 100 ms later."""
    primary = f"master {MASTER} {at(story, N1)}"
    story.sentinel(at_ms, leader, "+new-epoch", str(epoch))
    story.sentinel(at_ms, leader, "+try-failover", primary)
    for number, voter in enumerate(voters):
        if voter != leader:
            story.sentinel(at_ms + number, voter, "+new-epoch", str(epoch))
        story.sentinel(at_ms + number, voter, "+vote-for-leader", f"{identity(leader)} {epoch}")
    story.sentinel(at_ms + 100, leader, "+elected-leader", primary)


def promotion(
    story: Story, leader: str, new: str, at_ms: float, *, slaves: bool = True, told: tuple[str, ...] = SENTINELS
) -> None:
    """The leader promotes a node, and all announce it, with its replicas."""
    replica = f"slave {at(story, new).replace(' ', ':')} {at(story, new)} @ {MASTER} {at(story, N1)}"
    story.sentinel(at_ms, leader, "+promoted-slave", replica)
    for name in told:
        story.sentinel(at_ms + 1000, name, "+switch-master", f"{MASTER} {at(story, N1)} {at(story, new)}")
        for other in {N1, N2, N3} - {new} if slaves else {N1}:
            known = f"slave {at(story, other).replace(' ', ':')} {at(story, other)} @ {MASTER} {at(story, new)}"
            story.sentinel(at_ms + 1000, name, "+slave", known)


def said(story: Story, epochs: dict[str, tuple[int, int, int]], at_ms: float = 20_000) -> None:
    """What the Sentinels know at last: current epoch, that of their vote, that of their configuration."""
    for name, (current, leader, configuration) in epochs.items():
        story.event(
            ServerSaid(current_epoch=current, leader_epoch=leader, config_epoch=configuration, source=name, t_ms=at_ms)
        )


def clean(**plan: object) -> Story:
    """A failover in epoch 1, led by the second Sentinel."""
    story = Story(expect_failover=True, **plan)  # type: ignore[arg-type]
    story.load()
    introduced(story)
    election(story, S2, 1, 5000)
    promotion(story, S2, N2, 5500)
    story.event(Converged(stage="settle", ok=True, detail="", t_ms=19_000))
    return story


def noted(story: Story) -> list[str]:
    """What is violated in votes and in what Sentinels remember."""
    record = story.record()
    return [note.text for checker in (Elections(), SentinelMemory()) for note in checker.check(record).notes]


def known(**others: tuple[int, int, int]) -> dict[str, tuple[int, int, int]]:
    """All know epoch 1, voted in it and have its configuration, but for these."""
    return dict.fromkeys(SENTINELS, (1, 1, 1)) | {f"sentinel-{name}": epochs for name, epochs in others.items()}


def test_a_clean_election_passes() -> None:
    """One vote each, one leader, and all remember it; an election that was lost before changes nothing."""
    story = clean()
    said(story, known())
    assert noted(story) == []
    again = clean()
    election(again, S1, 2, 9000)
    promotion(again, S1, N3, 9500)
    assert noted(again) == []


def test_a_second_vote_in_an_epoch_is_found() -> None:
    """For whom does not matter."""
    story = clean()
    story.sentinel(5050, S3, "+vote-for-leader", f"{identity(S1)} 1")
    assert noted(story) == [
        "sentinel-n3 voted 2 times in epoch 1, at 5.00 s and 5.05 s: with one vote per epoch, only one Sentinel can lead it"
    ]


def test_two_leaders_of_an_epoch_are_found() -> None:
    """Each has begun in the same epoch and says that it was elected."""
    story = clean()
    story.sentinel(5001, S1, "+try-failover", f"master {MASTER} {at(story, N1)}")
    story.sentinel(5101, S1, "+elected-leader", f"master {MASTER} {at(story, N1)}")
    texts = noted(story)
    assert "epoch 1 had 2 leaders, sentinel-n1 and sentinel-n2: each may promote a different replica" in texts
    assert any(
        text.startswith("sentinel-n1 was elected leader of epoch 1 at 5.10 s, when 0 of 3 Sentinels") for text in texts
    )


def test_a_leader_without_a_majority_is_found() -> None:
    """Its own vote is not enough, and one that comes later does not count."""
    story = Story(expect_failover=True)
    story.load()
    introduced(story)
    election(story, S2, 1, 5000, voters=(S2,))
    story.sentinel(6000, S1, "+vote-for-leader", f"{identity(S2)} 1")
    assert noted(story) == [
        "sentinel-n2 was elected leader of epoch 1 at 5.10 s, when 1 of 3 Sentinels had voted for it"
    ]


@pytest.mark.parametrize(
    ("epochs", "words"),
    [
        (known(n3=(1, 0, 1)), "sentinel-n3 has forgotten that it voted in epoch 1: its file has a vote of epoch 0"),
        (known(n1=(1, 1, 0)), "sentinel-n1 has forgotten the epoch of its configuration: it knows 0"),
        (
            known(n1=(0, 1, 1)),
            "sentinel-n1 has forgotten or never adopted the current epoch: it knows 0; the newest is 1",
        ),
    ],
)
def test_what_was_forgotten_is_found(epochs: dict[str, tuple[int, int, int]], words: str) -> None:
    """A vote, the epoch of a configuration that it has announced, and the epoch that all others know."""
    story = clean()
    said(story, epochs)
    assert any(text.startswith(words) for text in noted(story))


def test_what_has_just_changed_may_not_be_known_to_all() -> None:
    """Sentinels tell each other every two seconds."""
    story = clean()
    story.restart(S1, 16_000, 17_000)
    said(story, known(n1=(0, 1, 1)))
    assert noted(story) == []


def test_replicas_that_are_not_known_any_more_are_found() -> None:
    """With the new primary a Sentinel announces its replicas; one that announces some and not all has forgotten the others."""
    story = Story(expect_failover=True)
    story.load()
    introduced(story)
    election(story, S2, 1, 5000)
    promotion(story, S2, N2, 5500, slaves=False, told=(S2,))
    assert noted(story) == [
        "sentinel-n2 has forgotten redis-n3 when it announced redis-n2 at 6.50 s: no failover could promote them next"
    ]


def test_who_is_known_by_a_floating_address_is_not_forgotten() -> None:
    """Sentinels that monitored an address which hosts share keep it for the old primary, and nobody can tell who is meant."""
    vip = PlacedFloating(
        address="10.77.9.1", written="10.5.0.100", hosts=("n1", "n2"), starts_on="n1", follows="primary", after_ms=2000
    )
    story = Story(expect_failover=True, floating=(vip,))
    story.load()
    introduced(story)
    election(story, S2, 1, 5000)
    promotion(story, S2, N2, 5500, slaves=False, told=(S2,))
    port = at(story, N1).split()[1]
    known = f"slave 10.77.9.1:{port} 10.77.9.1 {port} @ {MASTER} {at(story, N2)}"
    story.sentinel(6500, S2, "+slave", known)
    assert noted(story) == []


def test_an_older_configuration_that_wins_is_found() -> None:
    """A Sentinel announces the old primary again, and nobody had promoted that."""
    story = clean()
    story.sentinel(9000, S3, "+switch-master", f"{MASTER} {at(story, N2)} {at(story, N1)}")
    [text] = noted(story)
    assert text.startswith(
        "sentinel-n3 announced redis-n1 as primary again at 9.00 s, though redis-n2 had replaced it at 6.50 s"
    )


@pytest.mark.parametrize("fault", ["sentinel-old-config", "disk-full"])
def test_where_a_fault_takes_memory_away_nothing_is_said(fault: str) -> None:
    """A file of before the failover, or a disk that takes nothing."""
    story = clean()
    story.fault("f", fault, [S1], start_ms=8000, heal_ms=9000)
    story.sentinel(5050, S3, "+vote-for-leader", f"{identity(S1)} 1")
    said(story, known(n3=(0, 0, 0)))
    assert noted(story) == []
