"""The picture's model: who is on which side, who led before and after, and where acknowledged writes went."""

import pytest
from msgspec.structs import replace

from jsquared.check.judge import judge
from jsquared.records import history as h
from jsquared.records.event_types import AgreementChanged
from jsquared.records.run_directory import TrialRecord
from jsquared.report.picture import DataNode, Host, Picture, picture_of
from support.record_plan import other_group, story_nodes
from support.records import Story, objective
from support.sample_run import SAMPLES

N1, N2, N3 = "redis-n1", "redis-n2", "redis-n3"
M = "master mymaster 10.83.1.1 6379"


def begun(**more: object) -> Story:
    """A story whose nodes have said what they are, and whose clients write to redis-n1."""
    story = Story(clients=2, objectives=[objective("lost_writes", 0, "writes")], **more)
    story.load()
    story.role(1, N1, "primary")
    for node in (N2, N3):
        story.role(1, node, "replica", link="up", of=N1)
    votes = {node.name: N1 for node in story.plan().sentinels()}
    story.event(AgreementChanged(primary=N1, votes=votes, t_ms=1))
    for client in ("client-1", "client-2"):
        story.writes(client, N1, 0, 1990)
    return story


def crash() -> Story:
    """The primary is killed at 2 s and n2 serves from 5 s on."""
    story = begun()
    story.fault("crash", "kill", [N1], start_ms=2000, heal_ms=9000)
    story.restart(N1, 2001, 9005)
    story.role(2100, N1, "down")
    story.failover(N1, N2, sdown_ms=3500)
    for client in ("client-1", "client-2"):
        story.writes(client, N2, 5000, 12_000)
    story.finish(N2, settle_ms=10_000, end_ms=12_000)
    return story


def split() -> Story:
    """The primary and client-1 are cut off and go on; n2 is promoted, and refuses client-2."""
    story = begun()
    sides = (("n1", "c1"), ("n2", "n3", "c2"))
    story.fault("cut", "cut", ["n1", "c1"], start_ms=2000, heal_ms=9000, sides=sides, links="all", direction="both")
    story.sentinel(3600, "sentinel-n2", "+sdown", M)
    story.sentinel(3700, "sentinel-n3", "+sdown", M)
    story.sentinel(3800, "sentinel-n2", "+elected-leader", M)
    story.role(4000, N2, "primary")
    story.sentinel(4000, "sentinel-n2", "+promoted-slave", "slave x 10.83.2.1 6379 @ mymaster 10.83.1.1 6379")
    for at_ms, sentinel in ((4400, "sentinel-n2"), (4500, "sentinel-n3")):
        story.sentinel(at_ms, sentinel, "+switch-master", "mymaster 10.83.1.1 6379 10.83.2.1 6379")
    votes = {"sentinel-n1": N1, "sentinel-n2": N2, "sentinel-n3": N2}
    story.event(AgreementChanged(primary=N2, votes=votes, t_ms=4501))
    story.role(11_000, N1, "replica", link="up", of=N2)
    story.writes("client-1", N1, 2000, 4000)
    story.writes("client-1", N1, 4000, 10_900, found=h.ABSENT)
    story.writes("client-2", N2, 5000, 11_000, outcome=h.FAIL, error="NOREPLICAS")
    for client in ("client-1", "client-2"):
        story.writes(client, N2, 11_100, 13_000)
    story.finish(N2, settle_ms=12_000, end_ms=13_000)
    return story


def drawn(story: Story | TrialRecord) -> Picture:
    """The picture of a story, judged as it would be."""
    record = story.record() if isinstance(story, Story) else story
    picture = picture_of(record, judge(record))
    assert picture is not None
    return picture


def node(picture: Picture, name: str) -> DataNode:
    """A data node of a picture."""
    return next(one for host in picture.hosts for one in host.data if one.name == name)


def host(picture: Picture, name: str) -> Host:
    """A host of a picture."""
    return next(one for one in picture.hosts if one.name == name)


def test_a_crash_shows_who_led_before_and_after() -> None:
    """One side, the old primary down with its fault, the promoted one, and where the writes went in each period."""
    picture = drawn(crash())
    assert (len(picture.sides), picture.border, picture.split_brain) == (1, None, False)
    old, new, other = (node(picture, name) for name in (N1, N2, N3))
    assert (old.before, old.after, old.faults) == ("primary", "down", ("kill",))
    assert (new.before, new.after) == ("replica", "primary")
    assert (other.before, other.after) == ("replica", "replica")
    assert [period.name for period in picture.periods] == [
        "before the fault", f"until {N2} was promoted", "until the faults were undone", "afterwards",
    ]  # fmt: skip
    assert (old.writes[0], new.writes[2], new.writes[3]) == ((1990, 0), (4000, 0), (3000, 0))
    assert picture.headline == f"{N1} led before the fault; {N2} was promoted 1.8 s after it."


def test_a_crash_shows_which_sentinels_agreed_and_who_led() -> None:
    """Each Sentinel says whether it considered the primary down, and whom it names."""
    picture = drawn(crash())
    seen = {one.name: (one.doubted, one.led, one.names) for host in picture.hosts for one in host.sentinels}
    assert seen == {f"sentinel-n{n}": (True, n == 1, N2) for n in (1, 2, 3)}
    agreed = "3 of 3 Sentinels considered the primary down (sentinel-n1, sentinel-n2 and sentinel-n3)"
    assert f"{agreed}; sentinel-n1 led the failover." in picture.sentences


def test_arrows_show_where_each_client_wrote_before_and_then() -> None:
    """Before the fault to the old primary, afterwards to the promoted one, with counts."""
    assert {(arrow.client, arrow.node, arrow.count, arrow.now) for arrow in drawn(crash()).arrows} == {
        ("client-1", N1, 995, False), ("client-2", N1, 995, False), ("client-1", N2, 2000, True), ("client-2", N2, 2000, True),
    }  # fmt: skip


def test_a_split_brain_shows_a_primary_on_each_side() -> None:
    """The old primary's side first; its losses, the refusals of the other, and a headline that says it."""
    picture = drawn(split())
    assert picture.harmful
    assert [side.primaries for side in picture.sides] == [(N1,), (N2,)]
    assert [[host.name for host in side.hosts] for side in picture.sides] == [["n1", "c1"], ["n2", "n3", "c2"]]
    assert picture.border is not None
    assert (picture.border.words, picture.border.impaired) == ("all links cut", False)
    assert (
        picture.headline == f"Two primaries: {N1} stayed primary beside {N2} for 7 s, and what it acknowledged is lost."
    )
    assert (node(picture, N1).lost, node(picture, N2).refused) == (3450, (3000, "NOREPLICAS"))
    assert picture.periods[picture.main].name == "while two nodes were primary"
    assert host(picture, "n1").sentinels[0].names == N1
    assert not host(picture, "n1").sentinels[0].doubted


def test_two_primaries_without_a_loss_are_no_alarm() -> None:
    """The cut-off primary has no client: the headline says that nothing came of it."""
    story = begun()
    sides = (("n1",), ("n2", "n3", "c1", "c2"))
    story.fault("cut", "cut", ["n1"], start_ms=2000, heal_ms=9000, sides=sides, links="all")
    story.failover(N1, N2, sdown_ms=3500)
    story.role(11_000, N1, "replica", link="up", of=N2)
    for client in ("client-1", "client-2"):
        story.writes(client, N2, 5000, 13_000)
    story.finish(N2, settle_ms=12_000, end_ms=13_000)
    picture = drawn(story)
    assert (picture.split_brain, picture.harmful) == (True, False)
    assert picture.headline == f"{N2} was promoted while {N1} stayed primary for 7.2 s more; {N1} acknowledged nothing."
    assert [one.name for one in picture.busy] == [N1, N2]


def test_a_cut_off_sentinel_agrees_with_no_one() -> None:
    """Those on the other side are counted, and the sentence says how many of all."""
    said = "2 of 3 Sentinels considered the primary down (sentinel-n2 and sentinel-n3); sentinel-n2 led the failover."
    assert said in drawn(split()).sentences


def test_nothing_broken_is_one_period() -> None:
    """A clean trial shows its topology and where writes went."""
    story = begun()
    story.finish(N1, settle_ms=3000, end_ms=4000)
    picture = drawn(story)
    assert picture.headline == f"Nothing was broken; {N1} was the primary."
    assert [period.name for period in picture.periods] == ["in the whole trial"]
    assert (picture.arrows, node(picture, N1).writes) == ((), ((1990, 0),))


def test_a_fault_without_a_failover_says_who_stayed() -> None:
    """A short hang: the same primary before and after, no Sentinel saw anything."""
    story = begun()
    story.fault("hang", "pause", [N1], start_ms=2000, heal_ms=3000)
    story.writes("client-1", N1, 3000, 4000)
    story.finish(N1, settle_ms=4000, end_ms=5000)
    picture = drawn(story)
    assert picture.headline == f"{N1} was the primary before the fault, and the Sentinels promoted no one else."
    assert "No Sentinel considered the primary down." in picture.sentences
    assert node(picture, N1).faults == ("pause",)


def test_a_sentinel_that_gave_up_says_why() -> None:
    """Its own reason stands in the picture, in words and as the event that it wrote."""
    story = begun()
    story.fault("crash", "kill", [N1], start_ms=2000, heal_ms=9000)
    story.sentinel(3600, "sentinel-n2", "+sdown", M)
    story.sentinel(4000, "sentinel-n2", "-failover-abort-no-good-slave", M)
    story.finish(N1, settle_ms=10_000, end_ms=12_000)
    reason = "no replica was fit for promotion (-failover-abort-no-good-slave)"
    assert f"sentinel-n2 gave up a failover: {reason}." in drawn(story).sentences


def test_faults_of_hosts_and_sentinels_are_where_they_struck() -> None:
    """A clock of a host, a Sentinel's process and a client's: each on what it was about."""
    story = begun()
    story.fault("clock", "clock-step", ["n2"], start_ms=2000, heal_ms=9000)
    story.fault("gone", "kill", ["sentinel-n3"], start_ms=2100, heal_ms=9000)
    story.fault("away", "pause", ["client-1"], start_ms=2200, heal_ms=9000)
    story.finish(N1, settle_ms=10_000, end_ms=12_000)
    picture = drawn(story)
    assert host(picture, "n2").faults == ("clock-step",)
    assert host(picture, "n3").sentinels[0].faults == ("kill",)
    assert host(picture, "c1").clients[0].faults == ("pause",)


@pytest.mark.parametrize(
    ("details", "words"),
    [
        ({"links": "replication"}, "only replication cut"),
        ({"links": "all", "direction": "outbound"}, "all links cut, only packets from n1"),
        ({"links": "sentinels", "direction": "inbound"}, "only traffic of Sentinels cut, only packets to n1"),
    ],
)
def test_a_partial_cut_says_what_it_cuts(details, words) -> None:
    """Only some traffic, or only one direction."""
    story = begun()
    sides = (("n1",), ("n2", "n3", "c1", "c2"))
    story.fault("cut", "cut", ["n1"], start_ms=2000, heal_ms=9000, sides=sides, **details)
    story.finish(N1, settle_ms=10_000, end_ms=12_000)
    border = drawn(story).border
    assert border is not None
    assert border.words == words


def test_hosts_that_a_cut_does_not_name_are_beside_it() -> None:
    """A cut between two data hosts leaves clients in touch with both."""
    story = begun()
    story.fault("cut", "cut", ["n1"], start_ms=2000, heal_ms=9000, sides=(("n1",), ("n2",)), links="all")
    story.finish(N1, settle_ms=10_000, end_ms=12_000)
    sides = drawn(story).sides
    assert [(side.apart, [host.name for host in side.hosts]) for side in sides] == [
        (True, ["n1"]), (True, ["n2"]), (False, ["n3", "c1", "c2"]),
    ]  # fmt: skip


def test_an_impairment_is_a_border_that_lets_packets_through() -> None:
    """Late packets between two sides; between any two hosts there are no sides."""
    for sides, words, number in (
        ([["n1"], ["n2", "n3", "c1", "c2"]], "all links delay", 2),
        ([["n1"], ["n2"], ["n3"]], "delay between any two hosts", 1),
    ):
        story = begun()
        story.fault("slow", "delay", ["n1"], start_ms=2000, heal_ms=9000, between=sides)
        story.finish(N1, settle_ms=10_000, end_ms=12_000)
        picture = drawn(story)
        assert picture.border is not None
        assert (picture.border.words, picture.border.impaired, len(picture.sides)) == (words, True, number)


def test_data_nodes_of_other_primaries_are_shown_as_such() -> None:
    """They have the name of their primary, no writes, and are no primary of a side."""
    nodes = (*story_nodes(3, apart=True), *other_group("orders"))
    story = begun(nodes=nodes, master_name="mymaster")
    story.fault("crash", "kill", [N1], start_ms=2000, heal_ms=9000)
    story.finish(N1, settle_ms=10_000, end_ms=12_000)
    picture = drawn(story)
    other = node(picture, "redis-m1")
    assert (other.own, other.master, other.before, other.writes) == (False, "orders", "primary", ())
    assert node(picture, N1).master == "mymaster"
    assert {one.name for one in picture.data} == {N1, N2, N3}


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_kind_of_trial_has_a_picture(samples, sample) -> None:
    """Whole, killed in the middle, or without one operation: every host is there once."""
    record, verdict = samples(sample)
    picture = picture_of(record, verdict)
    assert picture is not None
    hosts = {node.host for node in record.plan.nodes} | {client.host for client in record.plan.clients}
    assert sorted(host.name for host in picture.hosts) == sorted(hosts)


def test_a_static_check_has_none() -> None:
    """Nothing ran, so there is nothing to draw."""
    story = begun()
    story.finish(N1, settle_ms=3000, end_ms=4000)
    record = story.record()
    plan = replace(record.plan, rules=("quorum-one",))
    still = TrialRecord(plan, record.placement, [], record.operations, None, record.path)
    assert picture_of(still, judge(still)) is None
