"""What the lab asks of real connections: votes of all Sentinels at once, roles, and why a deployment did not stand up."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from jsquared.errors import BadInputError, LabError, StandUpError
from jsquared.records.run_directory import RunDirectory
from jsquared.resp.failures import ServerReplyError, Unreachable
from jsquared.running import stand_up
from jsquared.running.deployment import RunningDeployment
from jsquared.running.failed_start import explain_failed_start
from jsquared.sandbox.linux.local_process import LocalLog
from jsquared.sandbox.linux.this_machine import LocalFolder
from jsquared.testing.scripted_server import ScriptedServer

AtAddresses = Callable[..., RunningDeployment]
PRIMARY = ("127.0.0.1", 2)
"""Where redis-n1 would be, if anybody listened there."""
SENTINELS = ["sentinel-n1", "sentinel-n2", "sentinel-n3"]


@pytest.fixture
def sentinels() -> Iterator[list[ScriptedServer]]:
    """Three scripted Sentinels that all name redis-n1."""
    with ExitStack() as stack:
        servers = [stack.enter_context(ScriptedServer()) for _ in SENTINELS]
        for server in servers:
            server.named = PRIMARY
        yield servers


def addresses(servers: list[ScriptedServer]) -> dict[str, tuple[str, int]]:
    """Node names with the addresses of these servers."""
    return {"redis-n1": PRIMARY, **dict(zip(SENTINELS, [server.address for server in servers], strict=True))}


def test_votes_are_those_that_come_in_time(at_addresses: AtAddresses, sentinels: list[ScriptedServer]) -> None:
    """A silent Sentinel does not vote, one that knows no primary votes for nobody, a stranger's address is nobody's."""
    deployment = at_addresses(addresses(sentinels))
    assert deployment.votes() == dict.fromkeys(SENTINELS, "redis-n1")
    assert deployment.primary() == "redis-n1"
    sentinels[0].silent = True
    sentinels[1].named = None
    sentinels[2].named = ("192.0.2.1", 6379)
    assert deployment.votes() == {"sentinel-n2": "", "sentinel-n3": ""}
    sentinels[1].close()
    sentinels[2].script["SENTINEL"] = b"-ERR No such master with that name\r\n"
    assert deployment.votes() == {}


def test_roles_are_asked_of_the_node(at_addresses: AtAddresses) -> None:
    """INFO replication becomes a role; an error or nobody there is no role."""
    with ScriptedServer() as server:
        deployment = at_addresses({"redis-n1": server.address})
        text = b"role:master\r\nmaster_repl_offset:42\r\n"
        server.script["INFO"] = b"$%d\r\n%b\r\n" % (len(text), text)
        role = deployment.role("redis-n1")
        assert role is not None
        assert (role.primary, role.offset) == (True, 42)
        assert deployment.answers("redis-n1")
        server.script["INFO"] = b"-NOAUTH Authentication required.\r\n"
        assert deployment.role("redis-n1") is None
        assert deployment.run_id("redis-n1") == ""
    assert not deployment.answers("redis-n1")


def test_the_login_of_the_plan_is_used(at_addresses: AtAddresses) -> None:
    """The lab authenticates with what the plan says of a node."""
    with ScriptedServer() as server:
        server.password = "s3cret"
        deployment = at_addresses({"redis-n1": server.address}, {"redis-n1": {"login": ("s3cret",)}})
        assert deployment.credentials("redis-n1") == ("s3cret",)
        assert deployment.credentials("redis-n2") == ()
        assert deployment.ask("redis-n1", "PING") == "PONG"
        assert server.received[0] == [b"AUTH", b"s3cret"]


class Ended:
    """A process that has ended."""

    def __init__(self, returncode: int | None) -> None:
        self.returncode = returncode
        self.pid = 4711

    def poll(self) -> int | None:
        """Its exit code."""
        return self.returncode


def with_process(deployment: RunningDeployment, name: str, returncode: int | None, *, ordered: bool = False) -> None:
    """Give a node a process that has ended so (None: it has not), by the lab's order or not."""
    process = Ended(None)
    deployment.lives.begin(name, cast("Any", process))
    if ordered:
        deployment.lives.order_end(name)
    process.returncode = returncode


def run_of(deployment: RunningDeployment) -> RunDirectory:
    """The run folder of a deployment."""
    return deployment._run


def test_a_crashed_server_s_last_words_count_most(at_addresses: AtAddresses) -> None:
    """A server that ended by itself explains the failure with the last line of its log, or with its silence."""
    deployment = at_addresses({})
    with_process(deployment, "redis-n1", -9, ordered=True)
    with_process(deployment, "redis-n2", None)
    with_process(deployment, "redis-n3", 1)
    why = explain_failed_start(deployment, run_of(deployment), "whatever")
    assert str(why).startswith("redis-n3: exited with code 1: it printed nothing. Try: reading ")
    run_of(deployment).log_file("redis-n3").write_text("one\n*** FATAL CONFIG FILE ERROR\nBad directive\n\n")
    refused = explain_failed_start(deployment, run_of(deployment), "whatever")
    assert isinstance(refused, BadInputError)
    assert "redis-n3: the server refuses its configuration: Bad directive. Try: correcting that line" in str(refused)


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        ("-DENIED Redis is running in protected mode because. In this mode\r\n", "redis.protected-mode=no"),
        ("-NOAUTH Authentication required.\r\n", "the password or the user"),
    ],
)
def test_a_server_that_refuses_the_others_is_named(at_addresses: AtAddresses, words: str, remedy: str) -> None:
    """A server that answers its observer with an error refuses the other hosts too."""
    with ScriptedServer() as well, ScriptedServer() as refusing:
        refusing.script["PING"] = words.encode()
        deployment = at_addresses({"redis-n1": well.address, "redis-n2": refusing.address})
        line = str(explain_failed_start(deployment, run_of(deployment), "whatever"))
    assert line.startswith("redis-n2: refuses the other hosts: ")
    assert remedy in line


def test_otherwise_the_symptom_is_the_reason(told: Any) -> None:
    """Without a crash and without a refusal, what was missing is said."""
    assert "it did not converge before the trial: redis-n2 does not answer" in str(
        explain_failed_start(told, run_of(told), "redis-n2 does not answer")
    )


def test_waiting_for_a_server_that_has_ended_is_in_vain(told: Any) -> None:
    """A server that ends instead of answering fails the stand-up at once."""
    with_process(told, "redis-n1", 1)
    with pytest.raises(StandUpError, match="redis-n1: exited with code 1"):
        stand_up.wait_until_listening(told, "redis-n1", run_of(told))


def test_waiting_for_a_silent_server_ends(told: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that runs and stays silent fails the stand-up after a while."""
    with_process(told, "redis-n1", None)
    monkeypatch.setattr(stand_up, "PING_LIMIT_S", 0.0)
    with pytest.raises(StandUpError, match="redis-n1 does not answer"):
        stand_up.wait_until_listening(told, "redis-n1", run_of(told))


def test_a_server_is_waited_for(told: Any) -> None:
    """A server that answers at the third question is there."""
    with_process(told, "redis-n1", None)
    replies: list[Any] = [Unreachable("no connection"), ServerReplyError("LOADING"), "PONG"]
    asked: list[str] = []

    def answer(*words: str) -> Any:
        asked.append(words[0])
        reply = replies[len(asked) - 1]
        if isinstance(reply, Exception):
            raise reply
        return reply

    told.told["redis-n1"] = answer
    stand_up.wait_until_listening(told, "redis-n1", run_of(told))
    assert asked == ["PING"] * 3


def test_a_running_server_is_not_started_twice(told: Any) -> None:
    """Starting what runs already is a mistake of the lab."""
    with_process(told, "redis-n1", None)
    with pytest.raises(LabError, match="redis-n1: already running"):
        told.start("redis-n1")


def test_standing_up_fails_with_the_reason(told: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The primary is started first and must listen; what never converges is given up with what is missing."""
    started: list[list[str]] = []

    def spawn(host: str, argv: list[str], **_: object) -> Ended:
        started.append([host, *argv[1:]])
        return Ended(None)

    told.sandbox = SimpleNamespace(
        spawn=spawn,
        log=lambda host, name: LocalLog(tmp_path / host / f"{name}.log"),
        folder=lambda host, name: LocalFolder(tmp_path / host / name),
        prepare=lambda folder, needs: None,
    )
    told.placement.config_files.update({f"{node.name}.conf": f"# {node.name}\n" for node in told.plan.nodes})
    told.told["redis-n1"] = "PONG"
    told.change("redis-n3", link_up=False)
    monkeypatch.setattr(stand_up, "CONVERGE_LIMIT_S", 0.0)
    with pytest.raises(StandUpError, match="redis-n3's link to redis-n1 is down"):
        stand_up.stand_up(told, run_of(told))
    assert [words[0] for words in started] == ["n1", "n2", "n3", "n1", "n2", "n3"]
    assert [words[-1] == "--sentinel" for words in started] == [False] * 3 + [True] * 3
    assert (tmp_path / "n2" / "sentinel-n2" / "sentinel-n2.conf").read_text() == "# sentinel-n2\n"
    told.change("redis-n3", link_up=True)
    for life in told.lives.all_newest():
        life.process.returncode = 0
    stand_up.stand_up(told, run_of(told))
