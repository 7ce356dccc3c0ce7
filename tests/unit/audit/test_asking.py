"""Running servers are strangers: what they say is reduced, bounded and never trusted, and secrets do not get past the adapter."""

import copy
import json
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

from jsquared.audit.asking import ask_data_node, ask_sentinel_node
from jsquared.audit.live_settings import READ
from jsquared.audit.local_process import is_own_address, process_of
from jsquared.deployment.model.users import refusal, users_of
from jsquared.records.hidden import HiddenSecret
from jsquared.running.access import Access
from jsquared.running.discovered import DiscoveredNode
from jsquared.testing.fake_deployment import encode
from jsquared.testing.scripted_server import ScriptedServer

CANARY = "canary-of-a-running-server-1234567890"
ACCESS = Access(timeout_s=5)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A server that answers what an audit asks."""
    made = ScriptedServer()
    made.script |= {
        "CONFIG GET": encode([]),
        "ACL LIST": encode(["user default on nopass ~* &* +@all"]),
        "ACL LOG": encode([["count", 2, "reason", "auth"], ["count", 1, "reason", "command"]]),
        "CLIENT LIST": encode("id=1 name=sentinel-0123abcd-cmd user=watcher\nid=2 name=x user=app\n"),
        "INFO": encode("server_name:valkey\nredis_version:7.2.4\nvalkey_version:9.1.2\nprocess_id:1\n"),
        "SENTINEL CKQUORUM": b"-NOQUORUM 1 usable Sentinels. Not enough\r\n",
    }
    yield made
    made.close()


def node(server: ScriptedServer, role: str = "replica") -> DiscoveredNode:
    """The server as it was found."""
    return DiscoveredNode(role=role, address=server.address[0], port=server.address[1])  # type: ignore[arg-type]


def test_only_names_are_asked_for(server: ScriptedServer) -> None:
    """Every setting by its own name, none by a pattern, and no command that changes anything."""
    ask_data_node(ACCESS, node(server))
    ask_sentinel_node(ACCESS, node(server, "sentinel"), ["mymaster"])
    asked = [[word.decode().upper() for word in words] for words in server.received]
    settings = [words[2] for words in asked if words[:2] == ["CONFIG", "GET"]]
    assert settings == [name.upper() for name in READ]
    assert not any(character in name for name in READ for character in "*?[")
    others = {" ".join(words[:2]) for words in asked if words[0] != "CONFIG"}
    assert others == {"ACL LIST", "ACL LOG", "INFO SERVER", "CLIENT LIST", "SENTINEL CKQUORUM"}


def test_what_is_told(server: ScriptedServer) -> None:
    """Users, refused logins, the version that counts, who is connected as whom, and how many Sentinels can be used."""
    told = ask_data_node(ACCESS, node(server))
    assert told.problem == ""
    assert ("user", "default", "on", "nopass", "~*", "&*", "+@all") in told.lines
    assert ("enable-debug-command", "yes") in told.lines  # a server without that setting lets everyone
    assert told.failed_logins == 1
    assert told.version is not None
    assert (told.version.server, told.version.version) == ("valkey", "9.1.2")
    assert told.sentinels == {"0123abcd": "watcher"}
    assert ask_sentinel_node(ACCESS, node(server, "sentinel"), ["mymaster"]).usable == {"mymaster": 1}


def test_secrets_stay_in_the_adapter(server: ScriptedServer) -> None:
    """A password that a server tells in clear is a mark as soon as it is read."""
    server.script["CONFIG GET"] = encode(["masterauth", CANARY])
    told = ask_data_node(ACCESS, node(server))
    [secret] = [words[1] for words in told.lines if words[0] == "masterauth"]
    assert isinstance(secret, HiddenSecret)
    for shown in (
        str(secret),
        repr(secret),
        f"{secret}",
        json.dumps(secret),
        repr(told),
        repr(pickle.dumps(secret)),
        repr(copy.copy(secret)),
    ):
        assert CANARY not in shown


def test_a_hidden_secret_compares() -> None:
    """Two of the same secret are equal, and none is equal to a text, not even to its own mark."""
    assert HiddenSecret(CANARY) == HiddenSecret(CANARY)
    assert HiddenSecret(CANARY) != HiddenSecret("another")
    assert HiddenSecret(CANARY) != "<secret>"
    assert HiddenSecret(CANARY) != CANARY
    assert len({HiddenSecret(CANARY), HiddenSecret(CANARY), "<secret>"}) == 2


@pytest.mark.parametrize(
    "reply",
    [b"*0\r\n", b"*-1\r\n", b":7\r\n", b"$-1\r\n", b"*1\r\n*1\r\n*1\r\n:1\r\n", b"*3\r\n$1\r\na\r\n:1\r\n*0\r\n", b"-NOPERM not you\r\n",
     b"%1\r\n*0\r\n:1\r\n",
     encode(["user", "user \0 on", "x" * 10, 7]), encode("\x1b[31m\0" * 10)],
)  # fmt: skip
def test_nonsense_is_no_crash(reply: bytes, server: ScriptedServer) -> None:
    """Whatever a server answers, asking ends, and users that were not told are not assumed."""
    for command in list(server.script):
        server.script[command] = reply
    for told in (ask_data_node(ACCESS, node(server)), ask_sentinel_node(ACCESS, node(server, "sentinel"), ["m"])):
        assert told.problem or told.refused or told.told


def test_a_silent_server_is_a_problem(server: ScriptedServer) -> None:
    """It is told as one, and nothing of it is known."""
    server.silent = True
    told = ask_data_node(Access(timeout_s=0.05), node(server))
    assert told.problem
    assert told.told == set()


def test_processes_on_this_machine(tmp_path: Path) -> None:
    """A process is a server's own if its title has the port; another machine's, another's and a hidden one are none."""
    folder = tmp_path / "42"
    folder.mkdir()
    (folder / "cmdline").write_bytes(b"redis-server 127.0.0.1:7001\0")
    (folder / "status").write_text("Name:\tredis\nUmask:\t0022\nUid:\t0\t0\t0\t0\n")
    info = {"process_id": "42", "config_file": "/etc/redis/redis.conf"}
    found = process_of("127.0.0.1", 7001, info, tmp_path)
    assert found is not None
    assert (found.umask, found.user_id, found.conf_file) == (0o022, 0, Path("/etc/redis/redis.conf"))
    assert process_of("127.0.0.1", 7002, info, tmp_path) is None
    assert process_of("192.0.2.1", 7001, info, tmp_path) is None
    assert process_of("127.0.0.1", 7001, {"process_id": "43"}, tmp_path) is None
    assert process_of("127.0.0.1", 7001, {"process_id": "../42"}, tmp_path) is None
    assert not is_own_address("a.name")


def test_a_hidden_secret_logs_in() -> None:
    """An ACL takes the stand-in of the password whose hash it has."""
    from jsquared.deployment.read.load import load_deployment  # noqa: PLC0415 -- only here

    deployment = load_deployment("stock")
    users = users_of(deployment.data[0], deployment, channels_open=False)
    assert users is not None
    users["default"].add_password(CANARY)
    assert refusal(users, "", HiddenSecret(CANARY)) == ""
    assert refusal(users, "", HiddenSecret("another")) != ""
