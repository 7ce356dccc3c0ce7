"""How directives take effect, as the shipped tables say it."""

import pytest

from jsquared.deployment.dialect.effects import effects_of, parse, sentinel_command
from jsquared.records.plan import Engine


def effects(name: str = "redis", version: str = "7.0.15"):
    """The effects of an engine."""
    return effects_of(Engine(name=name, version=version, path=""))[0]


def test_each_version_has_its_own_answers() -> None:
    """Threads need a restart on Redis and none on Valkey 9; where a file lies is protected; the role is REPLICAOF's."""
    assert effects().of_data_node("maxmemory") == "live"
    assert effects().of_data_node("io-threads") == "restart"
    assert effects("valkey", "9.1.2").of_data_node("io-threads") == "live"
    assert effects().of_data_node("dir") == "restart"
    assert effects().of_data_node("replicaof") == "never"
    assert effects().of_data_node("rename-command") == "restart"
    assert (effects().is_coordinated, effects("valkey", "9.1.2").is_coordinated) == (False, True)


def test_sentinels_take_some_settings_and_keep_their_state() -> None:
    """What no command sets needs a restart, and what Sentinel writes itself takes no effect."""
    found = effects()
    assert found.of_sentinel("sentinel down-after-milliseconds") == "live"
    assert found.of_sentinel("sentinel deny-scripts-reconfig") == "restart"
    assert found.of_sentinel("sentinel known-replica") == "never"
    assert found.of_sentinel("port") == "restart"
    assert sentinel_command(found, "quorum", "m", "2") == ("SENTINEL", "SET", "m", "quorum", "2")
    assert sentinel_command(found, "announce-ip", "", "a") == ("SENTINEL", "CONFIG", "SET", "announce-ip", "a")


def test_a_version_that_was_never_tried_is_said_to_be_so() -> None:
    """The nearest older one answers for it."""
    found, is_known = effects_of(Engine(name="redis", version="7.2.4", path=""))
    assert (found.about, is_known) == ("Redis 7.0.15", False)


def test_a_wrong_file_is_refused() -> None:
    """A way to take effect that there is not is a mistake in the file."""
    with pytest.raises(ValueError, match="'perhaps'"):
        parse("# Redis 7.0.15; made\nport  perhaps  6379\n")
