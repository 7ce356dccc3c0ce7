"""Snapshots of scripted servers: what strangers answer is bounded, no password is asked for, and what is not known is told."""

import hashlib
from collections.abc import Iterator

import pytest

from jsquared.deployment.model.directives import split_words
from jsquared.running.access import Access
from jsquared.running.snapshot import Snapshot, take_snapshot
from jsquared.testing.fake_deployment import encode
from jsquared.testing.scripted_server import ScriptedServer

OWN, OTHERS = "own-password", "others-password"
USUAL = {"port": "6379", "maxmemory": "1024", "appendonly": "no", "masteruser": "", "aclfile": ""}
"""Values that a data node gives: all but ``maxmemory`` are the engine's own."""


def digest(password: str) -> str:
    """The hash that ACL LIST shows."""
    return "#" + hashlib.sha256(password.encode()).hexdigest()


class Pair:
    """A data node and a Sentinel that monitors it."""

    def __init__(self) -> None:
        self.data, self.sentinel = ScriptedServer(), ScriptedServer()
        self.data.script["INFO"] = encode("redis_version:7.0.15\r\nrole:master\r\n")
        self.settings(**USUAL)
        self.users("user default on nopass ~* &* +@all")
        address, port = self.data.address
        fields = {
            "name": "m",
            "ip": address,
            "port": port,
            "quorum": 1,
            "down-after-milliseconds": 5000,
            "parallel-syncs": 2,
        }
        fields |= {"failover-timeout": 9000, "flags": "master", "runid": "a" * 40}
        script = self.sentinel.script
        script["INFO"] = encode("redis_version:7.0.15\r\n")
        script["SENTINEL MASTERS"] = encode([[str(part) for pair in fields.items() for part in pair]])
        script["SENTINEL SLAVES"] = script["SENTINEL SENTINELS"] = encode([])
        script["SENTINEL MYID"] = encode("b" * 40)
        script["SENTINEL CONFIG"] = encode([])
        script["ACL LIST"] = encode(["user default on nopass ~* &* +@all"])

    def settings(self, **values: str) -> None:
        """Let the data node give these: a script has one answer for a command, so that each name gets the whole list."""
        flat = [part for name, value in values.items() for part in (name.replace("_", "-"), value)]
        self.data.script["CONFIG GET"] = encode(flat)

    def users(self, *lines: str) -> None:
        """Let the data node show these users."""
        self.data.script["ACL LIST"] = encode(list(lines))

    def snapshot(self, *passwords: str, access: Access | None = None) -> Snapshot:
        """Its snapshot."""
        return take_snapshot([self.sentinel.address], access or Access(timeout_s=5), passwords)

    def lines(self, taken: Snapshot, name: str = "redis.conf") -> list[tuple[str, ...]]:
        """The words of the lines of a file."""
        [text] = [text for file, text in taken.files.items() if file.endswith(name)]
        return [split_words(line) or () for line in text.splitlines()]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """A pair without passwords."""
    made = Pair()
    yield made
    made.data.close()
    made.sentinel.close()


def test_only_what_differs_from_the_engines_own_is_written(pair: Pair) -> None:
    """The port, what was changed, and what the Sentinel says of its primary."""
    taken = pair.snapshot()
    assert pair.lines(taken) == [("port", "6379"), ("maxmemory", "1024")]
    address, port = pair.data.address
    assert pair.lines(taken, "sentinel.conf")[1:] == [
        ("sentinel", "monitor", "m", address, str(port), "1"),
        ("sentinel", "down-after-milliseconds", "m", "5000"),
        ("sentinel", "failover-timeout", "m", "9000"),
        ("sentinel", "parallel-syncs", "m", "2"),
    ]
    assert taken.manifest.is_whole
    assert [one.version for one in taken.manifest.servers] == ["7.0.15", "7.0.15"]


def test_no_server_is_asked_for_a_password_or_for_everything(pair: Pair) -> None:
    """Each name is asked for by itself, and none of a password or a pattern is among them."""
    pair.snapshot()
    asked = [words[-1].decode().lower() for words in pair.data.received if words[0] == b"CONFIG"]
    asked += [words[-1].decode().lower() for words in pair.sentinel.received if words[1:2] == [b"CONFIG"]]
    assert len(asked) > 100
    assert not [name for name in asked if "*" in name or "pass" in name or name in ("masterauth", "requirepass")]
    changing = {b"SET", b"REWRITE", b"FAILOVER", b"RESET", b"SLAVEOF", b"REPLICAOF"}
    assert not [
        words for server in (pair.data, pair.sentinel) for words in server.received if changing & set(words[:3])
    ]


def test_passwords_are_recognised_by_their_hashes(pair: Pair) -> None:
    """One that was given is written wherever it is used; for another one a placeholder stands, and is told."""
    pair.users(f"user default on {digest(OWN)} ~* &* +@all")
    taken = pair.snapshot("something-else", OWN)
    assert ("requirepass", OWN) in pair.lines(taken)
    assert ("sentinel", "auth-pass", "m", OWN) in pair.lines(taken, "sentinel.conf")
    assert not [one for one in taken.manifest.assumed if one.placeholder]
    unknown = pair.snapshot("something-else")
    assert ("requirepass", "jsquared-placeholder-default") in pair.lines(unknown)
    assert ("sentinel", "auth-pass", "m", "jsquared-placeholder-default") in pair.lines(unknown, "sentinel.conf")
    assert {one.directive for one in unknown.manifest.assumed if one.placeholder} == {
        "masterauth", "requirepass", "sentinel auth-pass",
    }  # fmt: skip


def test_users_stand_in_the_file_that_the_server_names(pair: Pair) -> None:
    """With all rules, and passwords where they are known; without such a file they are lines."""
    lines = ["user default off ~* &* +@all", f"user app on {digest(OWN)} {digest(OTHERS)} ~app:* -@all +get"]
    pair.users(*lines)
    assert ("user", "app", "on", f">{OWN}", ">jsquared-placeholder-app", "~app:*", "-@all", "+get") in pair.lines(
        pair.snapshot(OWN)
    )
    pair.settings(**USUAL | {"aclfile": "/etc/redis/users.acl"})
    taken = pair.snapshot(OWN, OTHERS)
    assert ("aclfile", "/etc/redis/users.acl") in pair.lines(taken)
    assert pair.lines(taken, "users.acl")[1][2:5] == ("on", f">{OWN}", f">{OTHERS}")


def test_what_is_refused_is_told_and_the_rest_is_there(pair: Pair) -> None:
    """An account that may not ask leaves a snapshot that says so."""
    pair.data.script["CONFIG GET"] = b"-NOPERM this user has no permissions to run the 'config|get' command\r\n"
    pair.data.script["ACL LIST"] = b"-NOPERM no\r\n"
    taken = pair.snapshot()
    assert not taken.manifest.is_whole
    assert {part.what for part in taken.manifest.unread} == {"CONFIG GET", "ACL LIST"}
    assert pair.lines(taken) == [("port", str(pair.data.address[1]))]


def test_a_silent_data_node_is_still_in_the_topology(pair: Pair) -> None:
    """With its port, by the Sentinel's word."""
    pair.data.vanish()
    taken = pair.snapshot()
    assert [part.what for part in taken.manifest.unread] == ["everything"]
    assert pair.lines(taken) == [("port", str(pair.data.address[1]))]


@pytest.mark.parametrize(
    "info",
    ["redis_version:\r\n", "redis_version:not-a-version\r\n", "", "valkey_version:9.1.2\r\nredis_version:7.2.4\r\n"],
)
def test_a_server_that_does_not_say_its_version_is_asked_for_nothing(pair: Pair, info: str) -> None:
    """Since its defaults are not known; the newer fork is told by its own field."""
    pair.data.script["INFO"] = encode(info)
    taken = pair.snapshot()
    assert taken.manifest.is_whole == info.startswith("valkey")


def test_hostile_answers_do_no_harm(pair: Pair) -> None:
    """Values and users with line ends, zero bytes, bytes that are no text, or without end stay out; lines stay whole."""
    pair.settings(**USUAL | {"dbfilename": "a\nrequirepass x", "logfile": "\0", "pidfile": "x" * 10_000})
    pair.data.script["ACL LIST"] = encode(["user default on nopass ~* &* +@all\nuser evil on nopass +@all"])
    taken = pair.snapshot()
    lines = pair.lines(taken)
    assert ("dbfilename", "a\nrequirepass x") in lines
    assert not [words for words in lines if words[0] in ("requirepass", "user", "logfile", "pidfile")]
    assert {"logfile", "pidfile"} <= {part.what for part in taken.manifest.unread}
