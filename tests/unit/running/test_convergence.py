"""When a deployment has converged, and the first reason why it has not; who leads, and who is primary by majority."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from jsquared.errors import BadInputError, LabError
from jsquared.records.ends import exit_words
from jsquared.resp.failures import ServerReplyError, Unreachable
from jsquared.resp.replies import pairs
from jsquared.running.view import RoleView

ALL = ["sentinel-n1", "sentinel-n2", "sentinel-n3"]


def flat(**fields: str) -> list[str]:
    """A flat list of names and values as Sentinels give it."""
    return [word for name, value in fields.items() for word in (name.replace("_", "-"), value)]


def one_silent(told: Any) -> None:
    """A Sentinel gives no vote."""
    del told.named["sentinel-n2"]


def two_opinions(told: Any) -> None:
    """A Sentinel names another primary."""
    told.named["sentinel-n3"] = "redis-n2"


def primary_unknown(told: Any) -> None:
    """All Sentinels name an address that is none of ours."""
    told.named = dict.fromkeys(ALL, "")


def primary_silent(told: Any) -> None:
    """The primary says nothing."""
    told.roles["redis-n1"] = None


def primary_is_replica(told: Any) -> None:
    """The named primary says that it is a replica."""
    told.change("redis-n1", primary=False)


def replica_silent(told: Any) -> None:
    """A replica says nothing."""
    told.roles["redis-n3"] = None


def two_primaries(told: Any) -> None:
    """A replica says that it is a primary."""
    told.change("redis-n2", primary=True)


def follows_another(told: Any) -> None:
    """A replica follows a node of ours that is not the primary."""
    told.change("redis-n2", follows="10.83.3.1:6379")


def follows_a_stranger(told: Any) -> None:
    """A replica follows an address that is none of ours."""
    told.change("redis-n2", follows="192.0.2.1:6379")


def link_down(told: Any) -> None:
    """A replica's link is down."""
    told.change("redis-n3", link_up=False)


def behind(told: Any) -> None:
    """A replica lacks a part of the stream."""
    told.change("redis-n1", offset=2345)


def sentinel_dies(told: Any) -> None:
    """A Sentinel does not answer about its view."""
    told.told["sentinel-n2"] = Unreachable("no connection", where="10.83.2.2:26379")


def sees_it_down(told: Any) -> None:
    """A Sentinel sees the primary down."""
    told.told["sentinel-n1"] = flat(flags="s_down,master")


def sees_it_disconnected(told: Any) -> None:
    """A Sentinel has no link to the primary."""
    told.told["sentinel-n1"] = flat(flags="master,disconnected")


def misses_a_replica(told: Any) -> None:
    """A Sentinel has not found all replicas."""
    told.told["sentinel-n3"] = flat(flags="master", num_slaves="1", num_other_sentinels="2")


def misses_a_sentinel(told: Any) -> None:
    """A Sentinel has not found all others."""
    told.told["sentinel-n3"] = flat(flags="master", num_slaves="2", num_other_sentinels="1")


REASONS: dict[Callable[[Any], None], str] = {
    one_silent: "sentinel-n2 does not answer",
    two_opinions: "the Sentinels name different primaries: sentinel-n1 redis-n1, sentinel-n2 redis-n1, sentinel-n3 redis-n2",
    primary_unknown: "the primary does not answer",
    primary_silent: "redis-n1 does not answer",
    primary_is_replica: "redis-n1 is named primary but says that it is a replica",
    replica_silent: "redis-n3 does not answer",
    two_primaries: "redis-n2 says that it is a primary beside redis-n1",
    follows_another: "redis-n2 follows redis-n3 instead of redis-n1",
    follows_a_stranger: "redis-n2 follows 192.0.2.1:6379 instead of redis-n1",
    link_down: "redis-n3's link to redis-n1 is down",
    behind: "redis-n2 is 2,245 bytes behind redis-n1",
    sentinel_dies: "sentinel-n2: 10.83.2.2:26379: no connection",
    sees_it_down: "sentinel-n1 sees the primary as s_down,master",
    sees_it_disconnected: "sentinel-n1 sees the primary as master,disconnected",
    misses_a_replica: "sentinel-n3 sees 1 of 2 replicas",
    misses_a_sentinel: "sentinel-n3 sees 1 of 2 other Sentinels",
}


@pytest.mark.parametrize("change", REASONS, ids=lambda change: change.__name__)
def test_the_first_reason_is_named(told: Any, change: Callable[[Any], None]) -> None:
    """One thing that is not as it should be is said by node and by what it is instead."""
    assert told.unconverged() == ""
    change(told)
    assert told.unconverged() == REASONS[change]


def test_convergence_is_recorded_either_way(told: Any, tmp_path: Any) -> None:
    """Waiting ends as soon as nothing is missing, or with the reason when the time is over."""
    link_down(told)
    assert not told.wait_until_converged(0, "stand-up")

    def repair() -> None:
        told.change("redis-n3", link_up=True)

    assert told.wait_until_converged(30, "settle", poll_s=0, meanwhile=repair)
    lines = [json.loads(line) for line in (tmp_path / "run" / "events.jsonl").read_text().splitlines()]
    said = [(line["stage"], line["ok"], line["detail"]) for line in lines if line["kind"] == "converged"]
    assert said == [("stand-up", False, "redis-n3's link to redis-n1 is down"), ("settle", True, "")]


def test_the_majority_names_the_primary(told: Any) -> None:
    """Two of three are enough, one of three is not, and the last known primary stands in meanwhile."""
    assert (told.primary(), told.replicas()) == ("redis-n1", ["redis-n2", "redis-n3"])
    told.named = {"sentinel-n1": "redis-n2", "sentinel-n3": "redis-n2"}
    assert told.primary() == "redis-n2"
    told.named = {"sentinel-n1": "redis-n3", "sentinel-n2": ""}
    assert (told.primary(), told.last_primary()) == ("", "redis-n2")
    assert told.replicas() == ["redis-n1", "redis-n3"]
    told.named = {}
    assert told.last_primary() == "redis-n2"


def voters(told: Any, *votes: tuple[str, int]) -> None:
    """Each Sentinel tells its own id, and of its two peers whom they voted for in which epoch."""
    for name in ALL:

        def reply(*words: str, name: str = name) -> object:
            if words[1] == "MYID":
                return f"id-{name}"
            return [flat(voted_leader=f"id-{leader}", voted_leader_epoch=str(epoch)) for leader, epoch in votes]

        told.told[name] = reply


def test_the_leader_is_the_one_of_the_newest_epoch(told: Any) -> None:
    """Votes of an older epoch do not count, nor those for nobody or for a Sentinel that is none of ours."""
    voters(told, ("sentinel-n1", 3), ("sentinel-n3", 4), ("?", 5), ("stranger", 9))
    assert told.leading_sentinel() == "sentinel-n3"


def test_there_is_no_leader_before_a_vote(told: Any) -> None:
    """Before any election ``sentinel:leader`` cannot be resolved, and the line says what to name instead."""
    voters(told, ("?", 0))
    with pytest.raises(BadInputError, match=r"sentinel:leader: no Sentinel leads.*Try: sentinel:1"):
        told.leading_sentinel()


def test_an_answer_is_an_answer_unless_it_is_loading(told: Any) -> None:
    """An error reply shows that somebody is there; a server that still loads is not there yet."""
    told.told["redis-n1"] = "PONG"
    told.told["redis-n2"] = ServerReplyError("NOAUTH Authentication required.")
    told.told["redis-n3"] = ServerReplyError("LOADING Redis is loading the dataset in memory")
    assert [told.answers(name) for name in ("redis-n1", "redis-n2", "redis-n3")] == [True, True, False]
    del told.told["redis-n1"]
    assert not told.answers("redis-n1")
    assert told.run_id("redis-n1") == ""
    told.told["redis-n1"] = "# Server\r\nrun_id:abc\r\n"
    assert told.run_id("redis-n1") == "abc"


def test_only_started_processes_can_be_signalled(told: Any) -> None:
    """A node that was never started has no process."""
    with pytest.raises(LabError, match="redis-n1: was never started"):
        told.process("redis-n1")
    assert told.crashed() == []


def test_endings_have_words() -> None:
    """A signal is named, a code is a code."""
    assert exit_words(-11) == "was killed by SIGSEGV"
    assert exit_words(1) == "exited with code 1"


def test_roles_are_read_from_either_engines_words() -> None:
    """Redis and Valkey say master or primary; an empty reply is a replica that knows nothing."""
    for word in ("master", "primary"):
        view = RoleView.parse({"role": word, "master_repl_offset": "7", "connected_slaves": "2"})
        assert view == RoleView(primary=True, offset=7, link_up=False, follows="", replicas=2)
    replica = {"role": "slave", "slave_repl_offset": "5", "master_host": "n1", "master_port": "6379"}
    assert RoleView.parse({**replica, "master_link_status": "up"}) == RoleView(False, 5, True, "n1:6379", 0)
    assert RoleView.parse({}) == RoleView(False, 0, False, ":", 0)
    assert pairs(flat(num_slaves="2")) == {"num-slaves": "2"}


def test_every_group_must_have_converged(told_two: Any) -> None:
    """Another monitored primary is looked at too, and the reason begins with its name; one's own comes first."""
    assert told_two.unconverged() == ""
    assert (told_two.replicas(), told_two.primaries()) == (
        ["redis-n2", "redis-n3"],
        {"mymaster": "redis-n1", "sessions": "redis-m1"},
    )
    told_two.change("redis-m2", link_up=False)
    assert told_two.unconverged() == "sessions: redis-m2's link to redis-m1 is down"
    told_two.elsewhere["sentinel-n2"] = "redis-m2"
    assert told_two.unconverged().startswith("sessions: the Sentinels name different primaries")
    link_down(told_two)
    assert told_two.unconverged() == "mymaster: redis-n3's link to redis-n1 is down"


def test_each_group_has_a_last_known_primary(told_two: Any) -> None:
    """While the Sentinels name none, the one of that group stands in."""
    told_two.elsewhere = dict.fromkeys(ALL, "redis-m2")
    assert (told_two.primary("sessions"), told_two.primary()) == ("redis-m2", "redis-n1")
    told_two.elsewhere = {}
    assert told_two.primaries() == {"mymaster": "redis-n1", "sessions": "redis-m2"}
