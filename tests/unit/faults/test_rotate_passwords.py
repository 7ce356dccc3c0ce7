"""Passwords are rotated in one of two orders, which the commands show; it is proven by who is refused at each node."""

import hashlib
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest

from jsquared.errors import BadInputError
from jsquared.faults import rotate_passwords
from jsquared.faults.rotate_passwords import NEW_FIRST, OLD_FIRST, RotatePasswords
from jsquared.resp.failures import ServerReplyError
from jsquared.running.deployment import RunningDeployment

USERS = ("replica", "watcher", "app")
DATA = [
    SimpleNamespace(name=f"redis-n{n}", role="data", login=("lab", "l"), client_login=("app", "app-old"))
    for n in (1, 2)
]
SENTINEL = SimpleNamespace(name="sentinel-n1", role="sentinel")
FILE = "port 1\nsentinel auth-user mymaster watcher\nsentinel auth-pass mymaster watcher-old\n"


class Deployment:
    """Two data nodes with three users, a Sentinel and a client, which note in ``told`` what they are told, in order."""

    master_name = "mymaster"

    def __init__(self, *, deaf: bool = False) -> None:
        self.deaf = deaf
        self.told: list[tuple[str, ...]] = []
        self.passwords = {node.name: {user: {f"{user}-old"} for user in USERS} for node in DATA}
        self.config = {"masteruser": "replica", "masterauth": "replica-old"}
        self.link_up = True
        self.down: set[str] = set()
        self.sentinels = [SENTINEL]
        self.placement = SimpleNamespace(
            config_files={"sentinel-n1.conf": FILE}, clients=[SimpleNamespace(name="client-1")]
        )
        nodes = [*DATA, SENTINEL]
        self.plan = SimpleNamespace(nodes=nodes, node=lambda name: next(each for each in nodes if each.name == name))
        client = SimpleNamespace(tell=lambda words: self.told.append(("client-1", words.decode().strip())))
        self.lives = SimpleNamespace(newest=lambda _: SimpleNamespace(process=client))

    def group(self) -> list[Any]:
        """The data nodes."""
        return DATA

    def node(self, name: str) -> Any:
        """One of them."""
        return next(node for node in DATA if node.name == name)

    def last_primary(self) -> str:
        """The first."""
        return "redis-n1"

    def replicas(self) -> list[str]:
        """The other."""
        return ["redis-n2"]

    def process(self, name: str) -> Any:
        """Running, unless it is down."""
        return SimpleNamespace(poll=lambda: 1 if name in self.down else None)

    def role(self, name: str) -> Any:
        """The first is the primary."""
        return SimpleNamespace(primary=name == "redis-n1", link_up=self.link_up)

    def ask(self, name: str, *words: str) -> Any:
        """A command of the lab's."""
        if words[:2] == ("CONFIG", "GET"):
            return [words[2], self.config[words[2]]]
        self.told.append((name, *words))
        if words[:2] == ("ACL", "SETUSER") and not self.deaf:
            there = self.passwords[name][words[2]]
            (there.add if words[3][0] == ">" else there.discard)(words[3][1:])
        return "OK"

    @contextmanager
    def connect(self, name: str, *, credentials: tuple[str, ...]) -> Any:
        """A connection of a user's."""
        if credentials[1] not in self.passwords[name][credentials[0]]:
            raise ServerReplyError("WRONGPASS invalid username-password pair or user is disabled.")
        yield SimpleNamespace(command=lambda *_: "PONG")


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotate_passwords, "LINK_LIMIT_S", 0.01)
    monkeypatch.setattr(rotate_passwords, "LOOK_S", 0.001)


def inject(deployment: Deployment, *targets: str, order: str = NEW_FIRST) -> Any:
    """Rotate to ``new-USER``."""
    parameters = {"order": order, "step_ms": 0, "password": "new"}
    running = cast("RunningDeployment", deployment)
    return RotatePasswords().inject(running, targets or ("primary", "replicas"), parameters)


def steps(deployment: Deployment) -> list[str]:
    """What was done, in order, each step once."""
    done = []
    for name, *words in deployment.told:
        if words[:2] == ["ACL", "SETUSER"]:
            done.append({">": "accept", "<": "refuse"}[words[3][0]])
        else:
            done.append({"SENTINEL": "Sentinels", "CONFIG": words[1] if len(words) > 1 else ""}.get(words[0], name))
    return list(dict.fromkeys(step.split("-")[0] for step in done))


def test_in_the_right_order_the_old_one_goes_last() -> None:
    """Everybody has been told before it goes; then it is written down, and who logged in with it logs in anew."""
    deployment = Deployment()
    active = inject(deployment)
    assert steps(deployment) == ["accept", "Sentinels", "SET", "client", "refuse", "REWRITE", "redis"]
    assert ("sentinel-n1", "SENTINEL", "SET", "mymaster", "auth-pass", "new-watcher") in deployment.told
    assert ("redis-n2", "CONFIG", "SET", "masterauth", "new-replica") in deployment.told
    assert ("client-1", 'login ["app", "new-app"]') in deployment.told
    assert ("redis-n1", "CLIENT", "KILL", "USER", "app") in deployment.told
    bit = active.bit()
    assert bit.ok
    assert bit.sentence.startswith(
        "redis-n1 accepts the new password of app, replica, watcher and still the former one of no user; its link is up"
    )


def test_in_the_wrong_order_it_goes_first() -> None:
    """Nobody has been told by then."""
    deployment = Deployment()
    active = inject(deployment, order=OLD_FIRST)
    assert steps(deployment) == ["accept", "refuse", "REWRITE", "redis", "Sentinels", "SET", "client"]
    assert active.bit().ok


@pytest.mark.parametrize("order", [NEW_FIRST, OLD_FIRST])
def test_the_undo_is_a_rotation_in_the_right_order(order: str) -> None:
    """Afterwards every node accepts the former passwords alone."""
    deployment = Deployment()
    active = inject(deployment, order=order)
    assert not active.healed().ok
    deployment.told.clear()
    active.heal()
    assert steps(deployment)[-3:] == ["refuse", "REWRITE", "redis"]
    assert active.healed().ok
    assert deployment.passwords == Deployment().passwords
    assert "client-1" in {told[0] for told in deployment.told}


def test_without_an_effect_it_did_not_bite() -> None:
    """Servers that say OK and change nothing are found out, and so is a replica that lost its primary."""
    assert not inject(Deployment(deaf=True)).bit().ok
    deployment = Deployment()
    active = inject(deployment)
    deployment.link_up = False
    bit = active.bit()
    assert not bit.ok
    assert bit.sentence.endswith("its link is down")


def test_a_node_that_is_down_is_told_nothing() -> None:
    """It would not answer."""
    deployment = Deployment()
    deployment.down.add("redis-n2")
    inject(deployment)
    assert "redis-n2" not in {told[0] for told in deployment.told}


@pytest.mark.parametrize(
    ("change", "targets", "words"),
    [
        ({}, ("replica:1",), "a password is rotated on all data nodes"),
        ({"config": {"masteruser": "", "masterauth": "x"}}, (), "log in as the default user"),
        ({"placement": SimpleNamespace(config_files={}, clients=[])}, (), "log in as the default user"),
    ],
    ids=["some nodes", "replicas", "Sentinels"],
)
def test_what_cannot_be_rotated_is_refused(change: dict[str, Any], targets: tuple[str, ...], words: str) -> None:
    """All data nodes are meant, and users with names of their own."""
    deployment = Deployment()
    vars(deployment).update(change)
    with pytest.raises(BadInputError, match=words):
        inject(deployment, *targets)


def test_clients_that_log_in_as_the_lab_are_told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their user is not the deployment's."""
    for node in DATA:
        monkeypatch.setattr(node, "client_login", ("lab", "l"))
    deployment = Deployment()
    inject(deployment)
    assert "client-1" not in {told[0] for told in deployment.told}


def test_new_passwords_differ_by_user() -> None:
    """One that went to the wrong user would be noticed."""
    deployment = Deployment()
    inject(deployment)
    digests = {
        hashlib.sha256(str(sorted(one)).encode()).hexdigest() for one in deployment.passwords["redis-n1"].values()
    }
    assert len(digests) == len(USERS)
