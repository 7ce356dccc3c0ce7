"""Causes at the edges: chains of promotions, records with gaps, and nodes that are not in the plan."""

from jsquared.check.judge import judge
from jsquared.check.lost_writes import LostWrites
from jsquared.records import history as h
from jsquared.records.verdict import LossGroup
from support.records import Story

N1, N2, N3 = "redis-n1", "redis-n2", "redis-n3"


def losses(story: Story) -> list[LossGroup]:
    """The groups of a story's losses, no crash hidden."""
    return LostWrites().check(story.record()).losses


def two_crashes() -> Story:
    """n1 crashes at 2 s, n2 leads from 3.8 s, crashes at 9 s, n3 leads from 10.8 s."""
    story = Story()
    story.load()
    story.writes("client-1", N1, 0, 2000)
    story.fault("first", "kill", [N1], start_ms=2000, heal_ms=6000)
    story.failover(N1, N2, sdown_ms=3500)
    story.writes("client-1", N2, 4400, 9000)
    story.fault("second", "kill", [N2], start_ms=9000, heal_ms=12_000)
    story.failover(N2, N3, sdown_ms=10_500)
    story.writes("client-1", N3, 12_000, 15_000)
    story.finish(N3, settle_ms=12_000, end_ms=15_000)
    return story


def test_a_write_lost_two_promotions_later_is_traced_along() -> None:
    """A write that reached the first heir is lost with the second change: the heir's own restart explains it."""
    story = two_crashes()
    story.fault("wipe", "kill", [N3], start_ms=9100, heal_ms=9500)
    story.restart(N3, 9100, 9500)
    story.missing(0, 9000)
    groups = {(group.node, group.cause) for group in losses(story)}
    assert groups == {(N1, "empty restart"), (N2, "empty restart")}


def test_what_nobody_explains_is_said_to_be_unexplained() -> None:
    """Long before a promotion and without a reason, a loss keeps the sentence honest."""
    story = Story()
    story.load()
    story.writes("client-1", N1, 0, 12_000)
    story.fault("crash", "kill", [N1], start_ms=12_000, heal_ms=14_000)
    story.failover(N1, N2, sdown_ms=13_000)
    story.missing(100, 102)
    story.finish(N2, settle_ms=14_000, end_ms=15_000)
    (group,) = losses(story)
    assert group.cause == "unexplained"
    assert "long before redis-n2 was promoted at 13.30 s; nothing recorded explains the loss" in group.explanation


def test_a_loss_passed_on_to_the_next_primary_names_both() -> None:
    """What n1 acknowledged long before, and n2's crash took, says that it was lost later."""
    story = Story()
    story.load()
    story.writes("client-1", N1, 0, 10_000)
    story.fault("first", "kill", [N1], start_ms=10_000, heal_ms=20_000)
    story.failover(N1, N2, sdown_ms=11_000)
    sides = [["n2"], ["n3"]]
    story.fault("cut", "cut", ["n2"], start_ms=10_500, heal_ms=20_000, sides=sides, links="replication")
    story.fault("second", "kill", [N2], start_ms=15_000, heal_ms=20_000)
    story.failover(N2, N3, sdown_ms=16_000)
    story.writes("client-1", N3, 17_000, 22_000)
    story.missing(100, 104)
    story.finish(N3, settle_ms=20_000, end_ms=22_000)
    (group,) = losses(story)
    assert (group.cause, group.fault) == ("replication cut", "cut")
    assert "before redis-n2 was promoted at 11.30 s; lost later" in group.explanation


def test_a_false_failover_s_tail_is_its_replacement() -> None:
    """Without any fault, writes just before a promotion are a tail, those after it split brain."""
    story = Story(expect_failover=False)
    story.load()
    story.writes("client-1", N1, 0, 4000)
    story.failover(N1, N2, sdown_ms=3500)
    story.missing(3790, 4000)
    story.writes("client-1", N2, 4000, 6000)
    story.finish(N2, settle_ms=5000, end_ms=6000)
    assert {(group.cause, group.fault) for group in losses(story)} == {("asynchronous tail", ""), ("split brain", "")}
    assert any("before its replacement" in group.explanation for group in losses(story))


def test_a_tail_before_a_full_cut_names_the_cut() -> None:
    """Writes acknowledged just before the cut were on their way: the cut ended the reign."""
    story = Story()
    story.load()
    story.writes("client-1", N1, 0, 2000)
    story.fault("isolation", "cut", ["n1"], start_ms=2000, heal_ms=6000)
    story.failover(N1, N2, sdown_ms=3500)
    story.missing(1990, 2000)
    story.finish(N2, settle_ms=6000, end_ms=7000)
    (group,) = losses(story)
    assert (group.cause, group.fault) == ("asynchronous tail", "isolation")
    assert "it was cut off (isolation at 2.00 s)" in group.explanation


def test_a_node_that_never_led_and_acknowledged_is_split_brain() -> None:
    """A replica that came up as a primary of its own loses what it took."""
    story = Story()
    story.load()
    story.writes("client-1", N1, 0, 2000)
    story.writes("client-1", N3, 2000, 2010, found=h.ABSENT)
    story.finish(N1, settle_ms=3000, end_ms=3000)
    (group,) = losses(story)
    assert (group.cause, group.node) == ("split brain", N3)


def test_no_primary_at_all_is_unexplained() -> None:
    """A plan without an initial primary and without failovers explains nothing, and does not crash."""
    story = Story()
    nodes = tuple(
        type(node)(**{name: getattr(node, name) for name in node.__struct_fields__} | {"initial_primary": False})
        for node in story.plan().nodes
    )
    story = Story(nodes=nodes)
    story.load()
    story.writes("client-1", N1, 0, 10, found=h.ABSENT)
    story.finish(N1, settle_ms=3000, end_ms=3000)
    (group,) = losses(story)
    assert (group.cause, group.fault) == ("unexplained", "")
    assert "when no primary is recorded" in group.explanation


def test_unknown_nodes_and_clients_are_named_as_such() -> None:
    """A history that names a node or client beyond the plan is still grouped."""
    story = Story(clients=2)
    story.load()
    story.writes("client-2", N1, 0, 10, found=h.ABSENT)
    story.finish(N1, settle_ms=3000, end_ms=3000)
    record = story.record()
    record.operations.node[:] = h.NO_NODE
    record.operations.client[:] = 7
    record.operations.completed_ns[:] = -1
    (group,) = LostWrites().check(record).losses
    assert (group.node, group.client) == ("an unknown node", "client number 7")
    assert (group.first_ms, group.last_ms) == (0.0, 8.0)


def test_a_restart_that_never_served_again_does_not_explain() -> None:
    """A restarted primary that was replaced before it served again took nothing with it: the tail explains the loss."""
    story = Story()
    story.load()
    story.writes("client-1", N1, 0, 2000)
    story.fault("restart", "restart", [N1], start_ms=2000, heal_ms=6000)
    story.restart(N1, 2000, 2100)
    story.failover(N1, N2, sdown_ms=3500)
    story.writes("client-1", N2, 4400, 9000)
    story.missing(1990, 2000)
    story.finish(N2, settle_ms=6000, end_ms=9000)
    (group,) = losses(story)
    assert (group.cause, group.fault) == ("asynchronous tail", "restart")
    assert "it was restarted (restart at 2.00 s)" in group.explanation


def test_an_empty_restart_before_a_later_failover_is_found() -> None:
    """The primary restarted empty and served; that another was promoted later does not hide it."""
    story = Story()
    story.load()
    story.writes("client-1", N1, 0, 2000)
    story.fault("restart", "restart", [N1], start_ms=2000, heal_ms=2500)
    story.restart(N1, 2000, 2100)
    story.writes("client-1", N1, 2200, 5000)
    story.fault("crash", "kill", [N1], start_ms=5000, heal_ms=8000)
    story.failover(N1, N2, sdown_ms=6000)
    story.missing(0, 2000)
    story.writes("client-1", N2, 7000, 9000)
    story.finish(N2, settle_ms=8000, end_ms=9000)
    (group,) = losses(story)
    assert (group.cause, group.fault) == ("empty restart", "restart")


def test_a_promotion_by_an_unplanned_address_does_not_crash() -> None:
    """A Sentinel that names an address outside the plan is taken at its word, and nothing crashes."""
    story = Story()
    story.load()
    story.writes("client-1", N1, 0, 9000)
    story.fault("crash", "kill", [N1], start_ms=9000, heal_ms=9500)
    story.sentinel(9400, "sentinel-n1", "+switch-master", "mymaster 10.83.1.1 6379 192.0.2.1 6379")
    story.sentinel(3000, "sentinel-n1", "+switch-master", "cut short")
    story.sentinel(2900, "sentinel-n1", "+promoted-slave", "slave x")
    story.missing(8998, 9000)
    story.finish(N1, settle_ms=10_000, end_ms=11_000)
    verdict = judge(story.record())
    assert not any("crashed" in reason for reason in verdict.reasons), verdict.reasons
    assert verdict.losses[0].cause == "asynchronous tail"
    assert "192.0.2.1:6379" in verdict.losses[0].explanation


def test_an_idle_primary_s_restart_is_told_by_its_own_word() -> None:
    """The restarted primary served no client again, but said that it is primary: what it lost was lost by the restart."""
    story = Story(clients=2)
    story.load()
    story.writes("client-1", N1, 0, 2000)
    story.fault("restart", "restart", [N1], start_ms=2000, heal_ms=4000)
    story.restart(N1, 2000, 2050)
    story.missing(1000, 2000)
    story.finish(N1, settle_ms=4000, end_ms=6000)
    assert [group.cause for group in losses(story)] == ["unexplained"]
    story.role(2100, N1, "primary")
    assert [group.cause for group in losses(story)] == ["rolled-back restart"]


def test_a_later_heir_s_harmless_restart_explains_nothing() -> None:
    """A replica that restarted with its data before it was promoted took nothing away."""
    story = two_crashes()
    story.fault("replica", "kill", [N3], start_ms=9100, heal_ms=9500)
    story.restart(N3, 9100, 9500)
    story.restart(N3, 9600, 9700)
    story.missing(8990, 9000)
    (group,) = losses(story)
    assert (group.cause, group.fault) == ("asynchronous tail", "second")
