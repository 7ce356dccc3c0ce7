"""A lab as it was at its start: keys are deleted where there are any, and what is not well yet is named."""

from pathlib import Path

import pytest

from jsquared.errors import BadInputError
from jsquared.service.lab.lab_order import LabRequest
from jsquared.testing.fake_deployment import FakeDeployment
from jsquared.trial.lab.clean_slate import delete_keys, nodes_with_keys, unclean
from jsquared.trial.lab.lab_process import forget_session

WELL = ["name", "127.0.0.1:6380", "flags", "slave"]


@pytest.fixture
def clean(fake: FakeDeployment) -> FakeDeployment:
    """A deployment without keys, of which every Sentinel sees everyone well."""
    for node in fake.plan.data_nodes():
        fake.say(node.name, "INFO KEYSPACE", "# Keyspace\r\n")
        fake.say(node.name, "FLUSHALL", "OK")
    for node in fake.plan.sentinels():
        fake.say(node.name, "SENTINEL REPLICAS", [WELL, WELL])
    return fake


def test_what_is_clean_is_left_alone(clean: FakeDeployment) -> None:
    """No command that changes anything is sent then."""
    assert unclean(clean.deployment) == ""
    delete_keys(clean.deployment)
    assert not any(server.count("FLUSHALL") for server in clean.servers.values())


def test_keys_are_deleted_at_the_primary(clean: FakeDeployment) -> None:
    """Whoever has some, or says nothing, counts; replicas delete theirs with the primary."""
    clean.say("redis-n2", "INFO KEYSPACE", "# Keyspace\r\ndb0:keys=3,expires=0\r\n")
    clean.silence("redis-n3")
    assert nodes_with_keys(clean.deployment) == ["redis-n2", "redis-n3"]
    assert unclean(clean.deployment) == "redis-n2, redis-n3 still has keys"
    delete_keys(clean.deployment)
    assert [name for name, server in clean.servers.items() if server.count("FLUSHALL")] == ["redis-n1"]


def test_who_is_seen_as_down_is_named(clean: FakeDeployment) -> None:
    """A replica or a Sentinel that another Sentinel sees as down does not take part in the next failover yet."""
    down = ["name", "127.0.0.1:6381", "flags", "s_down,slave"]
    clean.say("sentinel-n2", "SENTINEL REPLICAS", [WELL, down])
    assert unclean(clean.deployment) == "sentinel-n2 sees 127.0.0.1:6381 as s_down,slave"
    clean.tell_view("sentinel-n1", flags="master,s_down")
    assert unclean(clean.deployment) == "sentinel-n1 sees the primary as master,s_down"


def test_a_session_leaves_nothing_to_the_next(fake: FakeDeployment, tmp_path: Path) -> None:
    """Its records, the files of its servers and their logs are gone, whatever its servers have made."""
    folder = fake.sandbox.folder(fake.plan.nodes[0].host, "redis-n1")
    folder.write_text("dump.rdb", "data")
    (Path(folder.path) / "appendonlydir").mkdir()
    log = Path(fake.sandbox.log(fake.plan.nodes[0].host, "redis-n1").path)
    log.write_text("old\n")
    forget_session(fake.plan, fake.sandbox, fake.run.path)
    assert (folder.names(), log.exists(), fake.run.path.exists()) == ([], False, False)


def test_a_lab_has_its_own_sandboxes() -> None:
    """Another name is refused with those that there are."""
    with pytest.raises(BadInputError, match="'docker' is not a sandbox of labs"):
        LabRequest(sandbox="docker").check()
