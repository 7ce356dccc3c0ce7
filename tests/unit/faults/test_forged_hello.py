"""A forged hello is proven by whom the Sentinels name afterwards, or by the server's refusal of it."""

from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest

from jsquared.errors import BadInputError
from jsquared.faults import forged_hello
from jsquared.faults.forged_hello import ForgedHello
from jsquared.resp.failures import ServerReplyError
from jsquared.running.deployment import RunningDeployment

DATA = {
    f"redis-n{n}": SimpleNamespace(name=f"redis-n{n}", role="data", port=6379, client_login=("app", "a"))
    for n in (1, 2)
}
SENTINELS = [SimpleNamespace(name=f"sentinel-n{n}", role="sentinel", port=26379) for n in (1, 2)]


class Deployment:
    """Two data nodes, ``redis-n1`` the primary, and two Sentinels that believe messages, unless ``deaf``.

    ``refusal`` is what the server says to a message of anybody but the lab.
    """

    master_name = "mymaster"
    sentinels = SENTINELS

    def __init__(self, refusal: str = "", *, deaf: bool = False) -> None:
        self.refusal, self.deaf = refusal, deaf
        self.named, self.epoch = "redis-n1", 4
        self.published: list[tuple[tuple[str, ...], str]] = []
        nodes = [*DATA.values(), *SENTINELS]
        self.plan = SimpleNamespace(nodes=nodes, node=lambda name: next(each for each in nodes if each.name == name))

    def last_primary(self) -> str:
        """The one that really is."""
        return "redis-n1"

    def replicas(self) -> list[str]:
        """The other one."""
        return ["redis-n2"]

    def node(self, name: str) -> Any:
        """A data node."""
        return DATA[name]

    def address(self, name: str) -> str:
        """Addresses end with the host's number."""
        return f"10.0.0.{name[-1]}"

    def node_at(self, address: str) -> str:
        """Which data node that is."""
        return f"redis-n{address.partition(':')[0][-1]}"

    def credentials(self, name: str) -> tuple[str, ...]:
        """The lab's."""
        return ("lab", "l")

    def role(self, name: str) -> Any:
        """A role that no message changes."""
        return SimpleNamespace(primary=name == "redis-n1")

    def ask(self, name: str, *words: str) -> Any:
        """MYID or MASTER."""
        if words == ("SENTINEL", "MYID"):
            return "f" * 40
        return ["ip", self.address(self.named), "port", "6379", "config-epoch", str(self.epoch)]

    @contextmanager
    def connect(self, name: str, *, credentials: tuple[str, ...]) -> Any:
        """A connection on which a message is published."""

        def command(verb: str, channel: str, message: str) -> int:
            assert (verb, channel) == ("PUBLISH", "__sentinel__:hello")
            self.published.append((credentials, message))
            if self.refusal and credentials[0] != "lab":
                raise ServerReplyError(self.refusal)
            if not self.deaf:
                words = message.split(",")
                self.named, self.epoch = self.node_at(words[5]), int(words[7])
            return 2

        yield SimpleNamespace(command=command)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forged_hello, "BELIEF_LIMIT_S", 0.01)
    monkeypatch.setattr(forged_hello, "LOOK_S", 0.001)


def inject(deployment: Deployment, target: str = "replica:1") -> Any:
    """Forge a message."""
    return ForgedHello().inject(cast("RunningDeployment", deployment), [target], {})


def test_sentinels_that_believe_it_name_the_replica_until_it_is_undone() -> None:
    """It is published as clients log in, in a Sentinel's name and the next epoch; the undo as the lab, in the one after."""
    deployment = Deployment()
    active = inject(deployment)
    assert deployment.published == [(("app", "a"), f"10.0.0.1,26379,{'f' * 40},5,mymaster,10.0.0.2,6379,5")]
    bit = active.bit()
    assert (bit.ok, bit.sentence) == (True, "redis-n1 delivered the message to 2; the Sentinels name redis-n2")
    assert not active.healed().ok  # what they name is a replica
    active.heal()
    healed = active.healed()
    assert (healed.ok, healed.sentence) == (True, "the Sentinels name redis-n1, which is a primary")
    assert deployment.published[1][0] == ("lab", "l")
    assert deployment.epoch == 6


def test_a_refused_message_is_proven_by_its_refusal() -> None:
    """Where the channel is closed nothing is to be undone."""
    deployment = Deployment("NOPERM this user has no permissions to access one of the channels used as arguments")
    active = inject(deployment)
    assert active.bit().ok
    assert "refuses the message (NOPERM" in active.bit().sentence
    active.heal()
    assert len(deployment.published) == 1
    assert active.healed().ok


@pytest.mark.parametrize("deployment", [Deployment(deaf=True), Deployment("ERR something else")], ids=["deaf", "error"])
def test_without_an_effect_it_did_not_bite(deployment: Deployment) -> None:
    """Neither a message that nobody believes nor an error that is no refusal proves anything."""
    active = inject(deployment)
    assert not active.bit().ok
    active.heal()
    assert len(deployment.published) == 1


def test_the_primary_cannot_be_forged() -> None:
    """To name the node that is the primary already says nothing."""
    with pytest.raises(BadInputError, match="redis-n1 is the primary"):
        inject(Deployment(), "primary")
