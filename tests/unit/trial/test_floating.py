"""When a floating address moves: what each host decides, and what the keeper makes of it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jsquared.errors import SandboxError
from jsquared.records.event_types import FloatingMoved
from jsquared.records.placement import PlacedFloating
from jsquared.testing.fake_deployment import FakeDeployment, fake_deployment
from jsquared.trial.floating_keeper import FloatingKeeper
from jsquared.trial.floating_rule import Seat

HOSTS = ("n1", "n2", "n3")
ADDRESS = "127.0.9.1"


class Clock:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        """The time that it shows, in seconds."""
        return self.now_s


class StillKeeper(FloatingKeeper):
    """A keeper that does nothing by itself."""

    def run(self) -> None:
        """Leave it to the test."""


def seat(place: int = 1) -> Seat:
    """A host's part with two seconds of patience, from 0 s on."""
    return Seat(HOSTS, place, 2.0, "the primary", 0.0)


def acts(one: Seat, *looks: tuple[float, bool, list[int]]) -> list[str]:
    """What it does at each look: at a time, with what its check says and the places that it heard."""
    moves = [one.look(at_s, alive=True, passes=passes, heard=heard) for at_s, passes, heard in looks]
    return [move.act if move else "" for move in moves]


def test_it_is_taken_once_the_check_has_passed_for_long_enough() -> None:
    """The time counts from where the check began to pass, and begins anew where it failed meanwhile."""
    looks = ((1.0, True, []), (2.9, True, []), (2.95, False, []), (3.0, True, []), (4.9, True, []), (5.0, True, []))
    assert acts(seat(), *looks) == ["", "", "", "", "", "take"]


def test_it_is_given_up_once_the_check_has_failed_for_long_enough() -> None:
    """A check that fails for a moment costs nothing."""
    one = seat()
    one.begin()
    assert acts(one, (1.0, False, []), (2.0, True, []), (3.0, False, []), (4.9, False, []), (5.0, False, [])) == [
        "", "", "", "", "give up",
    ]  # fmt: skip


def test_a_holder_before_it_is_left_alone() -> None:
    """It waits as long as it hears of one, and for its time after the last word; of one that comes after it, it takes the address."""
    assert acts(seat(), (1.0, True, [0]), (2.9, True, [0]), (4.8, True, []), (4.9, True, [])) == ["", "", "", "take"]
    assert acts(seat(), (0.0, True, [2]), (2.0, True, [2])) == ["", "take"]


def test_a_later_host_waits_a_little_longer() -> None:
    """Of hosts that stop hearing a holder at the same time the first takes the address, and the others hear of it before they would."""
    one = Seat(HOSTS, 2, 2.0, "up", 0.0, skew_s=0.6)
    assert acts(one, (0.0, True, [0]), (2.5, True, [])) == ["", ""]
    assert acts(one, (2.55, True, [1]), (5.0, True, [])) == ["", ""]
    assert acts(one, (5.15, True, [])) == ["take"]


def test_who_does_not_preempt_leaves_every_holder_alone() -> None:
    """It takes the address only once nobody at all was heard to have it; of two holders the first keeps it all the same."""
    one = Seat(HOSTS, 1, 2.0, "the primary", 0.0, preempts=False)
    assert acts(one, (1.0, True, [2]), (3.5, True, [2]), (5.4, True, []), (5.5, True, [])) == ["", "", "", "take"]
    assert acts(one, (6.0, True, [2]), (7.0, True, [0])) == ["announce", "give up"]


def test_of_two_holders_the_first_keeps_it() -> None:
    """Who hears of one before it gives it up at once; who hears of one after it says again that it has it."""
    one = seat()
    one.begin()
    move = one.look(1.0, alive=True, passes=True, heard=[2])
    assert move is not None
    assert (move.act, move.why) == ("announce", "n3, which comes after it, has it too")
    move = one.look(1.2, alive=True, passes=True, heard=[2, 0])
    assert move is not None
    assert (move.act, move.why) == ("give up", "hears that n1, which comes before it, has it")


def test_a_host_that_is_down_loses_it_and_begins_anew() -> None:
    """A dead host has no address, and one that comes back waits like any other."""
    one = seat()
    one.begin()
    move = one.look(1.0, alive=False, passes=False, heard=[])
    assert move is not None
    assert (move.act, move.why) == ("give up", "is down")
    assert one.look(5.0, alive=False, passes=False, heard=[]) is None
    assert acts(one, (6.0, True, []), (7.9, True, []), (8.0, True, [])) == ["", "", "take"]


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[FakeDeployment]:
    """Three hosts that share an address which follows the primary, all started."""
    with fake_deployment(tmp_path, floating=(floating("primary"),)) as deployment:
        deployment.start()
        yield deployment


def floating(follows: str, **more: bool) -> PlacedFloating:
    """The address, as planned."""
    fields = {"address": ADDRESS, "written": "10.5.0.100", "hosts": HOSTS, "starts_on": "n1", "after_ms": 1000}
    return PlacedFloating(follows=follows, master_name="mymaster", **fields, **more)  # type: ignore[arg-type]


def begun(lab: FakeDeployment) -> tuple[FloatingKeeper, Clock]:
    """A keeper that looks only when the test lets it."""
    clock = Clock()
    keeper = StillKeeper(lab.deployment, clock)
    keeper.place()
    keeper.start()
    return keeper, clock


def look(keeper: FloatingKeeper, clock: Clock, seconds: float) -> None:
    """Let it look every quarter of a second for so long."""
    for _ in range(round(seconds / 0.25)):
        clock.now_s += 0.25
        keeper.look()


def courses(lab: FakeDeployment) -> list[tuple[str, str, list[str]]]:
    """Who left it, who got it and who has it then, of every event."""
    moved = lab.recorded(FloatingMoved)
    assert all(event.address == "10.5.0.100" and event.here == ADDRESS and event.why for event in moved)
    return [(event.from_host, event.to_host, [*event.holders]) for event in moved]


def test_it_follows_the_primary(lab: FakeDeployment) -> None:
    """It stays where the primary is, is nowhere while there is none, comes to the promoted one, and means whoever has it."""
    keeper, clock = begun(lab)
    port = lab.placement.node("redis-n1").port
    look(keeper, clock, 3)
    assert courses(lab) == [("", "n1", ["n1"])]
    assert lab.deployment.node_at(f"{ADDRESS}:{port}") == "redis-n1"
    lab.deployment.kill("redis-n1")
    lab.deployment.process("redis-n1").wait()
    look(keeper, clock, 1.5)
    assert lab.sandbox.floating.has[ADDRESS] == set()
    assert lab.deployment.node_at(f"{ADDRESS}:{port}") == ""
    lab.tell_role("redis-n2", "redis-n2")
    look(keeper, clock, 1.5)
    assert lab.sandbox.floating.has[ADDRESS] == {"n2"}
    assert lab.deployment.node_at(f"{ADDRESS}:{lab.placement.node('redis-n2').port}") == "redis-n2"
    assert courses(lab)[1:] == [("n1", "", []), ("", "n2", ["n2"])]
    lab.start("redis-n1")  # and says still that it is the primary
    look(keeper, clock, 2)
    assert courses(lab)[3:] == [("", "n1", ["n2", "n1"]), ("n2", "", ["n1"])]


def test_both_sides_of_a_cut_have_it(lab: FakeDeployment) -> None:
    """Who is cut off keeps it, and after that the first of the two does, who says so again."""
    keeper, clock = begun(lab)
    lab.sandbox.floating.cut_off = {"n1"}
    lab.tell_role("redis-n2", "redis-n2")
    look(keeper, clock, 2)
    assert lab.sandbox.floating.has[ADDRESS] == {"n1", "n2"}
    assert lab.deployment.node_at(f"{ADDRESS}:{lab.placement.node('redis-n1').port}") == ""
    lab.sandbox.floating.cut_off = set()
    lab.sandbox.floating.announced.clear()
    look(keeper, clock, 1)
    assert lab.sandbox.floating.has[ADDRESS] == {"n1"}
    assert ("n1", ADDRESS) in lab.sandbox.floating.announced


def test_it_follows_the_life_of_hosts(tmp_path: Path) -> None:
    """The first host that lives has it, whoever is the primary; a host of which nothing runs is down."""
    with fake_deployment(tmp_path, floating=(floating("host", nonlocal_bind=True),)) as lab:
        lab.start()
        keeper, clock = begun(lab)
        assert lab.sandbox.floating.early == list(HOSTS)
        for name in ("redis-n1", "sentinel-n1"):
            look(keeper, clock, 2)
            assert lab.sandbox.floating.has[ADDRESS] == {"n1"}
            lab.deployment.kill(name)
            lab.deployment.process(name).wait()
        look(keeper, clock, 2)
        assert lab.sandbox.floating.has[ADDRESS] == {"n2"}


def test_what_is_moved_by_hand_stays(tmp_path: Path) -> None:
    """An address without a rule is put where it begins, and nobody looks after it."""
    with fake_deployment(tmp_path, floating=(floating("manual"),)) as lab:
        keeper, clock = begun(lab)
        look(keeper, clock, 3)
        assert lab.sandbox.floating.has[ADDRESS] == {"n1"}
        assert courses(lab) == [("", "n1", ["n1"])]
        keeper.stop()


def test_without_such_addresses_nothing_is_done(tmp_path: Path) -> None:
    """A trial without floating addresses asks the sandbox for none, which may have none."""
    with fake_deployment(tmp_path) as lab:
        keeper, _ = begun(lab)
        keeper.stop()
        assert lab.sandbox.floating.has == {}


def test_what_cannot_be_moved_ends_the_trial(lab: FakeDeployment, wait_until: Callable[..., None]) -> None:
    """A sandbox that fails to move it is told of before anything is judged."""
    keeper = FloatingKeeper(lab.deployment)
    keeper.place()
    lab.converge("redis-n2")
    lab.sandbox.floating.rooted = True
    keeper.check()
    keeper.start()
    wait_until(lambda: keeper.problem is not None)
    keeper.stop()
    with pytest.raises(SandboxError, match="no address moves"):
        keeper.check()
