"""Standing a deployment up with servers that idle while others answer for them, and what is said when it fails."""

import signal
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.errors import LabError, StandUpError
from jsquared.records.event_types import Converged, ProcessChanged
from jsquared.resp.blocking import Connection
from jsquared.resp.failures import Unreachable
from jsquared.running import stand_up as module
from jsquared.running.stand_up import stand_up
from jsquared.testing.fake_deployment import FakeDeployment

PROTECTED = "DENIED Redis is running in protected mode because protected mode is enabled. Do this. And that."


def engine(fake: FakeDeployment, script: str) -> None:
    """Let every server be this program from now on."""
    Path(fake.placement.engine.path).write_text(f"#!/bin/sh\n{script}\n")


def test_every_server_runs_the_primary_first(fake: FakeDeployment) -> None:
    """Servers start in the order primary, replicas, Sentinels, each with its configuration in its own folder, and converge."""
    stand_up(fake.deployment, fake.run)
    started = [event.source for event in fake.recorded(ProcessChanged)]
    assert started == ["redis-n1", "redis-n2", "redis-n3", "sentinel-n1", "sentinel-n2", "sentinel-n3"]
    [converged] = fake.recorded(Converged)
    assert (converged.ok, converged.stage) == (True, "stand-up")
    for name in started:
        assert (Path(fake.deployment.folder(name).path) / f"{name}.conf").is_file()
        assert fake.deployment.process(name).poll() is None


def test_what_can_wait_is_done_while_the_primary_starts(fake: FakeDeployment) -> None:
    """What the caller has to do once is called when the primary has been started, and nothing else has."""
    seen: list[list[str]] = []
    stand_up(
        fake.deployment,
        fake.run,
        while_primaries_start=lambda: seen.append([event.source for event in fake.recorded(ProcessChanged)]),
    )
    assert seen == [["redis-n1"]]


def test_servers_get_their_configuration(fake: FakeDeployment, wait_until: Callable[..., None]) -> None:
    """A Sentinel is told that it is one; logs are in UTC."""
    engine(fake, 'echo "$@ $TZ"; exec sleep 120')
    fake.start("redis-n1", "sentinel-n1")
    wait_until(lambda: all(fake.deployment.log_of(name) for name in ("redis-n1", "sentinel-n1")))
    assert (
        fake.run.log_file("redis-n1").read_text()
        == f"{Path(fake.deployment.folder('redis-n1').path)}/redis-n1.conf UTC\n"
    )
    assert (
        fake.deployment.log_of("sentinel-n1")
        == f"{Path(fake.deployment.folder('sentinel-n1').path)}/sentinel-n1.conf --sentinel UTC\n"
    )


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo 'Bad directive'; echo; exit 1", "redis-n1: exited with code 1: Bad directive. Try: reading "),
        ("exit 3", "redis-n1: exited with code 3: it printed nothing. Try: reading "),
        ("kill -TERM $$", "redis-n1: was killed by SIGTERM: it printed nothing. Try: reading "),
    ],
)
def test_a_server_that_ends_is_named_with_its_last_words(fake: FakeDeployment, script: str, message: str) -> None:
    """What the server said last, not that nobody converges, is what a user needs."""
    engine(fake, script)
    fake.silence("redis-n1")
    with pytest.raises(StandUpError) as raised:
        stand_up(fake.deployment, fake.run)
    assert str(raised.value).startswith(message)
    assert str(raised.value).endswith("redis-n1.log")


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (PROTECTED, "redis-n2: refuses the other hosts: DENIED .* enabled. Try: --with redis.protected-mode=no"),
        (
            "NOAUTH Authentication required.",
            "redis-n2: refuses the other hosts: NOAUTH .* Try: the password or the user",
        ),
    ],
)
def test_a_server_that_refuses_the_others_is_named(
    fake: FakeDeployment, monkeypatch: pytest.MonkeyPatch, reply: str, message: str
) -> None:
    """Deployments that fail for protected mode or a password say so, with the remedy."""
    monkeypatch.setattr(module, "CONVERGE_LIMIT_S", 0.05)
    fake.vanish("redis-n3")
    fake.fail("redis-n2", "PING", reply)
    fake.fail("redis-n2", "INFO", reply)
    with pytest.raises(StandUpError, match=message):
        stand_up(fake.deployment, fake.run)


def test_a_node_runs_once(fake: FakeDeployment) -> None:
    """A second start while the first process runs is our own mistake; after its end it is a restart."""
    fake.start("redis-n1")
    with pytest.raises(LabError, match="redis-n1: already running"):
        fake.start("redis-n1")
    with pytest.raises(LabError, match="redis-n2: was never started"):
        fake.deployment.process("redis-n2")
    fake.deployment.signal("redis-n1", signal.SIGKILL, "killed")
    fake.deployment.process("redis-n1").wait()
    assert fake.deployment.crashed() == [], "the lab killed it"
    fake.start("redis-n1")


def test_an_answer_cut_in_two_is_no_answer() -> None:
    """A server that dies in the middle of a reply has not answered."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def half() -> None:
            client, _ = listener.accept()
            with client:
                client.recv(100)
                client.sendall(b"$5\r\nhal")

        server = threading.Thread(target=half)
        server.start()
        with Connection(*listener.getsockname()) as connection, pytest.raises(Unreachable, match="connection closed"):
            connection.command("PING")
        server.join()
