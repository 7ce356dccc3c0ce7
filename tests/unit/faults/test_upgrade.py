"""An upgrade: another engine in the same folder, proven by the version that it names and by another run id."""

import signal
from pathlib import Path
from typing import Any

import pytest

from jsquared.errors import BadInputError
from jsquared.faults import process_state, upgrade
from jsquared.faults.upgrade import Upgrade, said_by
from jsquared.records.event_types import ProcessChanged
from jsquared.records.plan import Engine
from jsquared.resp.failures import Unreachable
from jsquared.testing.fake_deployment import IDLE, FakeDeployment

NODE = "redis-n2"
OLD, NEW = "7.0.15", "9.1.2"


@pytest.fixture(autouse=True)
def _short_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not come is not waited for as long as in a trial."""
    monkeypatch.setattr(process_state, "ANSWER_LIMIT_S", 0.3)
    monkeypatch.setattr(upgrade, "SYNC_LIMIT_S", 0.05)


def other_engine(fake: FakeDeployment, text: str = IDLE, name: str = "valkey", version: str = NEW) -> Engine:
    """A second engine of the trial."""
    path = Path(fake.placement.engine.path).parent / "other"
    path.write_text(text)
    path.chmod(0o755)
    engine = Engine(name=name, version=version, path=str(path))
    fake.placement.other_engines["auto"] = engine
    return engine


def tell_version(fake: FakeDeployment, name: str, version: str, run_id: str) -> None:
    """Let a node name a version, beside what it says of its role."""
    fake.tell_role(name, "redis-n1", redis_version="7.2.4", valkey_version=version, run_id=run_id)


def inject(fake: FakeDeployment, name: str = NODE, **given: Any) -> Any:
    """Upgrade a node that named the old version."""
    fake.start(name)
    tell_version(fake, name, OLD, "first")
    return Upgrade().inject(fake.deployment, [name], {"engine": "auto", "down_ms": 0, **given})


def test_it_runs_another_engine_from_now_on(fake: FakeDeployment) -> None:
    """It ended in good order, another binary runs in its folder, names its version, and is in sync."""
    engine = other_engine(fake)
    active = inject(fake)
    tell_version(fake, NODE, NEW, "second")
    bit = active.bit()
    assert bit.ok, bit.sentence
    assert f"was version {OLD}, and is {NEW}, run id second" in bit.sentence
    assert fake.deployment.engine_of(NODE) == engine
    assert fake.deployment.engine_of("redis-n1") == fake.placement.engine
    assert active.details == {"engine": f"valkey {NEW}"}
    active.heal()
    assert active.healed().ok
    states = [event.state for event in fake.recorded(ProcessChanged)]
    assert states == ["started", "terminated", "exited", "started"]


def test_a_sentinel_needs_no_sync(fake: FakeDeployment) -> None:
    """A Sentinel has healed once it answers as the new version."""
    other_engine(fake)
    active = inject(fake, "sentinel-n1")
    tell_version(fake, "sentinel-n1", NEW, "second")
    assert active.bit().ok
    assert active.healed().ok


@pytest.mark.parametrize(("version", "run_id"), [(OLD, "second"), (NEW, "first"), ("", "")])
def test_without_an_effect_it_did_not_bite(fake: FakeDeployment, version: str, run_id: str) -> None:
    """The old version, the old run id or none of both prove nothing, and have not healed."""
    other_engine(fake)
    active = inject(fake)
    tell_version(fake, NODE, version, run_id)
    fake.say(NODE, "INFO", f"valkey_version:{version}\r\nrun_id:{run_id}\r\n")
    assert not active.bit().ok
    assert not active.healed().ok


def test_the_same_version_is_no_upgrade(fake: FakeDeployment) -> None:
    """What ran the other engine already was not upgraded by this."""
    other_engine(fake, version=OLD)
    active = inject(fake)
    tell_version(fake, NODE, OLD, "second")
    assert not active.bit().ok


def unreachable() -> str:
    """Nobody says who is primary."""
    raise Unreachable("no answer")


def test_a_replica_that_is_not_in_sync_has_not_healed(fake: FakeDeployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link that stays down, or silence, is no end of an upgrade."""
    other_engine(fake)
    active = inject(fake)
    active.heal()
    fake.tell_role(NODE, "redis-n1", valkey_version=NEW, run_id="second", master_link_status="down")
    assert not active.healed().ok
    fake.say(NODE, "INFO", f"valkey_version:{NEW}\r\nrun_id:second\r\n")
    assert not active.healed().ok
    monkeypatch.setattr(fake.deployment, "last_primary", unreachable)
    fake.tell_role(NODE, NODE, valkey_version=NEW, run_id="second")
    assert not active.healed().ok
    fake.vanish(NODE)
    assert not active.healed().ok
    assert said_by(fake.deployment, NODE) == ("", "")


def test_a_configuration_that_it_refuses_is_told_and_undone(fake: FakeDeployment) -> None:
    """The other engine's last words are the evidence, and healing starts the node as it was."""
    words = "*** FATAL CONFIG FILE ERROR ***\n>>> 'dynamic-hz yes'\nBad directive or wrong number of arguments"
    other_engine(fake, f'#!/bin/sh\necho "{words}"\nexit 1\n')
    active = inject(fake)
    active._supervisor.wait()
    fake.deployment.process(NODE).wait()
    bit = active.bit()
    assert not bit.ok
    assert "valkey 9.1.2 said" in bit.sentence
    assert "'dynamic-hz yes' / Bad directive" in bit.sentence
    active.heal()
    assert fake.deployment.engine_of(NODE) == fake.placement.engine
    assert fake.deployment.process(NODE).poll() is None
    assert not active.healed().ok


def test_one_that_does_not_end_is_killed(fake: FakeDeployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that ignores SIGTERM is not waited for without end."""
    monkeypatch.setattr(process_state, "EXIT_LIMIT_S", 0.5)
    Path(fake.placement.engine.path).write_text("#!/bin/sh\ntrap '' TERM\necho ready\nwhile true; do sleep 1; done\n")
    fake.start(NODE)
    fake.start("redis-n1")
    first = fake.deployment.process(NODE)
    while "ready" not in fake.deployment.log_of(NODE):
        assert first.poll() is None
    process_state.shut_down(fake.deployment, [NODE])
    assert first.returncode == -signal.SIGKILL


@pytest.mark.parametrize(
    ("name", "version", "text", "after"),
    [
        ("valkey", "9.1.2", "port 1", "port 1\nbind-source-addr 127.0.0.1\n"),
        ("redis", "7.0.15", "port 1\n", "port 1\nbind-source-addr 127.0.0.1\n"),
        ("redis", "6.2.14", "port 1\n", "port 1\n"),
        ("redis", "7.0.15", "bind-source-addr 10.0.0.1\n", "bind-source-addr 10.0.0.1\n"),
    ],
)
def test_it_speaks_from_its_own_address(fake: FakeDeployment, name: str, version: str, text: str, after: str) -> None:
    """From 7.0 on the source address is a directive of its own; an older engine took the first address of bind."""
    path = Path(fake.deployment.folder(NODE).path) / f"{NODE}.conf"
    path.write_text(text)
    upgrade.take_over(fake.deployment, NODE, Engine(name=name, version=version, path="/engine"))
    assert path.read_text() == after


def test_an_engine_that_the_plan_lacks_is_refused(fake: FakeDeployment) -> None:
    """Before anything is shut down."""
    with pytest.raises(BadInputError, match="no engine 'valkey'"):
        Upgrade().inject(fake.deployment, [NODE], {"engine": "valkey", "down_ms": 0})
