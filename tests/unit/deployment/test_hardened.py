"""The hardened deployment as text: nothing to mend, no secret in its file, and users that may do what they are there for."""

import pytest

from jsquared.analysis.analysis import analyse
from jsquared.deployment.model.spec import Deployment, Node
from jsquared.deployment.model.users import OF_CLIENT, OF_PEER, OF_REPLICA, OF_SENTINEL, Users, users_of
from jsquared.deployment.read.load import load_deployment
from jsquared.deployment.render.logins import access_for
from jsquared.records.history import KEY_PREFIX
from jsquared.records.plan import Ack, Engine

ENGINES = [Engine(name="redis", version="7.0.15"), Engine(name="valkey", version="9.1.2")]


@pytest.fixture(scope="module")
def hardened() -> Deployment:
    """It."""
    return load_deployment("hardened")


def users(node: Node, deployment: Deployment) -> Users:
    """The users of a node."""
    found = users_of(node, deployment, channels_open=False)
    assert found is not None
    return found


@pytest.mark.parametrize("engine", ENGINES, ids=str)
def test_the_analysis_finds_nothing_to_mend(hardened: Deployment, engine: Engine) -> None:
    """Facts alone, with either engine: logins fit, TLS fits, rights suffice, also for a coordinated failover."""
    findings = analyse(hardened, engine=engine, ack=Ack(mode="wait", replicas=1))
    assert {finding.outcome for finding in findings} <= {"fact"}, [finding.message for finding in findings]


def test_no_secret_stands_in_its_file(hardened: Deployment) -> None:
    """Passwords are made when it is read, each of them once for each purpose."""
    [text] = hardened.input_files.values()
    passwords = {user.known_password for node in hardened.nodes for user in users(node, hardened).values()} - {None}
    assert len(passwords) == 5 + 4
    assert not [password for password in passwords if password and password in text]


def test_every_link_is_encrypted_and_asks_for_a_certificate(hardened: Deployment) -> None:
    """No plain port is open anywhere, and whoever connects shows a certificate."""
    for node in hardened.nodes:
        assert (node.plain_port, node.tls, node.value("tls-auth-clients")) == (0, True, "yes")
        assert node.value("bind") == node.host
        assert node.value("protected-mode") == "yes"


def test_users_may_do_their_work_and_no_more(hardened: Deployment) -> None:
    """Nobody logs in without a password or as the default user, and only Sentinels hear the hello channel."""
    for node in hardened.data:
        there = users(node, hardened)
        assert not there["default"].on
        assert not [name for name, user in there.items() if user.nopass]
        assert [name for name, user in there.items() if user.hears_hello and name != "default"] == ["sentinel"]
        assert not there["sentinel"].lacks([*OF_SENTINEL, "failover"])
        assert not there["replication"].lacks(OF_REPLICA)
        assert there["replication"].lacks(["set", "get", "config|get"]) == ["set", "get", "config|get"]
        application = there["application"]
        assert application.may_itself(OF_CLIENT)
        assert application.may_set(KEY_PREFIX)
        assert application.lacks(["config|get", "slaveof", "failover"]) == ["config|get", "slaveof", "failover"]
        assert there["audit"].lacks(["config|get", "role", "set", "get"]) == ["set", "get"]
    for sentinel in hardened.sentinels:
        peer = users(sentinel, hardened)["peer"]
        assert not peer.lacks(OF_PEER)


def test_clients_log_in_as_the_application(hardened: Deployment) -> None:
    """At data nodes and at Sentinels; the lab itself has a user of its own."""
    for access in access_for(hardened, ENGINES[0]).values():
        assert access.clients[0] == "application"
        assert access.lab[0] == "jsquared"
