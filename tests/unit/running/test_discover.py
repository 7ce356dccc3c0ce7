"""A deployment is found from one Sentinel's address; what strangers' servers say is checked, bounded and never trusted."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from jsquared.errors import BadInputError
from jsquared.running.access import ANSWER_LIMIT_BYTES, Access
from jsquared.running.discover import discover, rediscover
from jsquared.running.discovered import Discovered, place
from jsquared.running.sentinel_answers import MOST_NODES
from jsquared.testing.fake_deployment import encode
from jsquared.testing.scripted_server import ScriptedServer

ACCESS = Access(timeout_s=5)
PRIMARY, REPLICA = ("10.0.0.1", 6379), ("10.0.0.2", 6379)


def flat(fields: Mapping[str, object]) -> list[str]:
    """A name-value list as Sentinels give it."""
    return [str(part) for pair in fields.items() for part in pair]


class Sentinels:
    """Scripted Sentinels of one deployment."""

    def __init__(self, count: int) -> None:
        self.servers = [ScriptedServer() for _ in range(count)]
        self.seeds = [server.address for server in self.servers]
        for number, server in enumerate(self.servers):
            self.say(number, "MYID", self.id(number))
            self.tell(number)
            others = [other for other in range(count) if other != number]
            self.say(number, "SENTINELS", [self.entry(*self.seeds[other], runid=self.id(other)) for other in others])
            assert server.named is None

    def id(self, number: int) -> str:
        """The id of a Sentinel."""
        return f"{number}" * 40

    def entry(self, address: str, port: int, **fields: object) -> list[str]:
        """A node as it stands in lists."""
        return flat({"ip": address, "port": port, **fields})

    def say(self, number: int, command: str, reply: Any) -> None:
        """Let one answer a subcommand so."""
        self.servers[number].script[f"SENTINEL {command}"] = encode(reply)

    def tell(
        self,
        number: int,
        primary: tuple[str, int] = PRIMARY,
        replicas: Sequence[tuple[str, int]] = (REPLICA,),
        **fields: object,
    ) -> None:
        """Let one tell of a primary and its replicas."""
        settings = {"quorum": 2, "down-after-milliseconds": 5000, "failover-timeout": 60000, "config-epoch": 3}
        self.say(number, "MASTERS", [self.entry(*primary, name="mymaster", runid="a" * 40, **settings | fields)])
        self.say(number, "SLAVES", [self.entry(*replica, runid="b" * 40, flags="slave") for replica in replicas])

    def close(self) -> None:
        """End them."""
        for server in self.servers:
            server.close()


@pytest.fixture
def sentinels() -> Iterator[Sentinels]:
    """Three Sentinels that agree."""
    made = Sentinels(3)
    yield made
    made.close()


def found(sentinels: Sentinels, access: Access = ACCESS) -> Discovered:
    """What is found from the first of them."""
    return discover(sentinels.seeds[:1], access)


def test_one_address_is_enough(sentinels: Sentinels) -> None:
    """All Sentinels, the primary, its replica and the settings come from one Sentinel's address."""
    deployment = found(sentinels)
    [master] = deployment.masters
    assert (master.name, master.primary, master.agreed) == ("mymaster", "10.0.0.1:6379", True)
    assert (master.quorum, master.down_after_ms, master.failover_timeout_ms, master.config_epoch) == (2, 5000, 60000, 3)
    assert [(node.role, node.where) for node in deployment.data] == [
        ("primary", "10.0.0.1:6379"),
        ("replica", "10.0.0.2:6379"),
    ]
    assert [node.where for node in deployment.sentinels] == sorted(place(*seed) for seed in sentinels.seeds)
    assert {node.id for node in deployment.sentinels} == {sentinels.id(number) for number in range(3)}
    assert deployment.problems == ()


def test_sentinels_that_disagree_are_told(sentinels: Sentinels) -> None:
    """The majority names the primary; the other address stays in sight as a replica, and the newest epoch's settings count."""
    sentinels.tell(2, REPLICA, [PRIMARY], **{"config-epoch": 4, "quorum": 3})
    deployment = found(sentinels)
    [master] = deployment.masters
    assert (master.primary, master.agreed, master.quorum) == ("10.0.0.1:6379", False, 3)
    assert [node.role for node in master.data] == ["primary", "replica"]
    assert deployment.problems == (
        "mymaster: the Sentinels disagree on the primary (2 Sentinels 10.0.0.1:6379, 1 Sentinel 10.0.0.2:6379)",
    )


def test_as_many_votes_are_no_majority(sentinels: Sentinels) -> None:
    """One against one names nobody, and both stay primaries in the list."""
    sentinels.servers[2].vanish()
    sentinels.tell(1, REPLICA, [PRIMARY])
    [master] = found(sentinels).masters
    assert master.primary == ""
    assert [node.role for node in master.data] == ["primary", "primary"]


def test_a_sentinel_that_cannot_be_asked_is_still_known(sentinels: Sentinels) -> None:
    """By what the others say of it, with the reason in one line."""
    sentinels.servers[1].vanish()
    deployment = found(sentinels)
    assert len(deployment.sentinels) == 3
    [problem] = deployment.problems
    assert problem.startswith(f"Sentinel {place(*sentinels.seeds[1])} could not be asked: ")


def test_a_sentinel_is_the_same_by_its_id(sentinels: Sentinels) -> None:
    """One that is reached at another address than it announces is neither asked nor listed twice."""
    for number in (1, 2):
        other = 3 - number
        entries = [("10.9.9.9", 26379, 0), (*sentinels.seeds[other], other)]
        peers = [sentinels.entry(address, port, runid=sentinels.id(which)) for address, port, which in entries]
        sentinels.say(number, "SENTINELS", peers)
    assert [node.where for node in found(sentinels).sentinels] == sorted(place(*seed) for seed in sentinels.seeds)


def test_flags_are_put_together(sentinels: Sentinels) -> None:
    """What one Sentinel sees as down is named, once a node."""
    sentinels.say(1, "SLAVES", [sentinels.entry(*REPLICA, flags="slave,s_down,disconnected")])
    deployment = found(sentinels)
    assert deployment.data[1].flags == ("disconnected", "s_down", "slave")
    assert deployment.problems == ("mymaster: replica 10.0.0.2:6379 is disconnected and s_down to a Sentinel",)


def test_one_that_monitors_nothing_says_so(sentinels: Sentinels) -> None:
    """It is a problem, and no vote."""
    sentinels.say(2, "MASTERS", [])
    deployment = found(sentinels)
    assert deployment.problems == (f"Sentinel {place(*sentinels.seeds[2])} monitors nothing",)
    assert len(deployment.masters[0].votes) == 2


@pytest.mark.parametrize(
    "reply",
    [
        7,
        None,
        ["text"],
        [["ip"]],
        [["name", "mymaster", "ip", "10.0.0.1", "port", "x"]],
        [["name", "mymaster", "ip", "10.0.0.1", "port", "0"]],
        [["name", "mymaster", "ip", "\x1b[2J", "port", "6379"]],
        [["name", "my\nmaster", "ip", "10.0.0.1", "port", "6379"]],
        [["name", ["x"], "ip", None, "port", 6379]],
    ],
)
def test_nonsense_is_no_deployment(sentinels: Sentinels, reply: Any) -> None:
    """Replies of another form, and names that are none, are left out."""
    for number in range(3):
        sentinels.say(number, "MASTERS", reply)
    assert found(sentinels).masters == ()


def test_lists_without_end_are_cut(sentinels: Sentinels) -> None:
    """A stranger's list is read up to a limit, and an answer that is too long is a problem of its own."""
    replicas = [(f"10.1.{number // 250}.{number % 250 + 1}", 6379) for number in range(MOST_NODES + 50)]
    for number in (0, 1):
        sentinels.tell(number, replicas=replicas)
    sentinels.servers[2].script["SENTINEL MASTERS"] = b"$%d\r\n" % (2 * ANSWER_LIMIT_BYTES) + b"x" * (
        2 * ANSWER_LIMIT_BYTES
    )
    deployment = found(sentinels)
    assert len(deployment.data) == MOST_NODES + 1
    [problem] = deployment.problems
    assert "its replies are too long" in problem


def test_one_of_before_version_6_2_has_no_id_to_tell(sentinels: Sentinels) -> None:
    """It is told apart by its address."""
    for server in sentinels.servers:
        server.script["SENTINEL MYID"] = b"-ERR Unknown sentinel subcommand 'myid'\r\n"
    deployment = found(sentinels)
    assert sorted(deployment.masters[0].votes) == sorted(place(*seed) for seed in sentinels.seeds)


@pytest.mark.parametrize(
    ("said", "words", "hint"),
    [
        (b"-ERR unknown command 'SENTINEL'\r\n", "is no Sentinel", "26379"),
        (b"-NOAUTH Authentication required.\r\n", "no Sentinel answers", "password"),
        (b"-ERR tired\r\n", "no Sentinel answers", ""),
    ],
)
def test_an_address_that_leads_nowhere_is_one_line(said: bytes, words: str, hint: str) -> None:
    """With what the server says, and what to try."""
    with ScriptedServer() as server:
        server.script["SENTINEL"] = said
        with pytest.raises(BadInputError, match=words) as caught:
            discover([server.address], ACCESS)
    assert place(*server.address) in str(caught.value)
    assert hint in (caught.value.hint or "")


def test_it_is_followed_through_a_failover(sentinels: Sentinels) -> None:
    """Later questions go to the Sentinels that are known by then, also when the first one has gone."""
    before = found(sentinels)
    sentinels.servers[0].vanish()
    for number in (1, 2):
        sentinels.tell(number, REPLICA, [PRIMARY])
    after = rediscover(before, sentinels.seeds[:1], ACCESS)
    assert after.masters[0].primary == "10.0.0.2:6379"
    for server in sentinels.servers[1:]:
        server.vanish()
    blind = rediscover(after, sentinels.seeds[:1], ACCESS)
    assert blind.masters == after.masters
    assert blind.problems[0].startswith("no Sentinel answers any more: ")


def test_logins_are_used_where_they_belong(sentinels: Sentinels) -> None:
    """Sentinels get theirs, data nodes their own."""
    sentinels.servers[0].password = "of-sentinels"
    access = Access(sentinel_login=("of-sentinels",), data_login=("of-data",), timeout_s=5)
    found(sentinels, access)
    assert [b"AUTH", b"of-sentinels"] in sentinels.servers[0].received
    with ScriptedServer() as data:
        data.password = "of-data"
        with access.to_data(*data.address) as connection:
            assert connection.command("PING") == "PONG"


def test_an_ipv6_address_is_told_in_brackets() -> None:
    """So that its port can be told."""
    assert place("fd00::1", 6379) == "[fd00::1]:6379"
