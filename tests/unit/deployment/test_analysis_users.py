"""The users of a server as its configuration makes them."""

from dataclasses import replace
from pathlib import Path

import pytest

from jsquared.deployment.model import users as users_module
from jsquared.deployment.model.directives import Source
from jsquared.deployment.model.reach import Reach
from jsquared.deployment.model.spec import DataNode
from jsquared.deployment.model.users import OF_PEER, OF_REPLICA, OF_SENTINEL, Users, refusal, users_of
from jsquared.deployment.read.load import load_deployment
from jsquared.deployment.read.native.conf_files import parse_text


def users(text: str, *, channels_open: bool = False) -> Users:
    """The users that a redis.conf makes."""
    source = Source("redis.conf", "redis.conf")
    node = DataNode("n1", tuple(parse_text(text, source)), source, None, "mymaster")
    made = users_of(node, load_deployment("reference"), channels_open=channels_open)
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("text", "name", "password", "reason"),
    [
        ("", "", None, ""),
        ("", "default", "any", ""),
        ("", "", "any", "no password is asked for, and AUTH with one is an error"),
        ("requirepass a", "", None, "a password is asked for"),
        ("requirepass a", "", "a", ""),
        ("requirepass a", "", "b", "user default has another password"),
        ("requirepass a\nuser default on nopass", "", None, ""),
        ("user default off", "", None, "user default is off"),
        ("user u on >p", "nobody", "p", "there is no user nobody"),
        ("user u on >p >q <p", "u", "p", "user u has another password"),
        ("user u on >p >q <p", "u", "q", ""),
        ("user u on >p resetpass", "u", "p", "user u has another password"),
        ("user u on nopass", "u", "p", ""),
        ("user u on >p reset", "u", "p", "user u is off"),
        # The SHA-256 of "a", as ACL SAVE writes it
        ("user u on #ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb", "u", "a", ""),
        (
            "user u on >a !ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb",
            "u",
            "a",
            "user u has another password",
        ),
        ("user", "", None, ""),
    ],
)
def test_who_can_log_in(text: str, name: str, password: str | None, reason: str) -> None:
    """Passwords, hashes, switched-off users and rules in their order."""
    assert refusal(users(text), name, password) == reason


@pytest.mark.parametrize(
    ("rules", "lacking"),
    [
        ("+@all", []),
        ("allcommands", []),
        ("+@all nocommands", ["ping", "psync", "replconf"]),
        ("+ping +psync +replconf", []),
        ("+@all -@admin", ["psync", "replconf"]),
        ("-@all +@dangerous +@connection", []),
        ("+ping (+psync ~*) (+replconf &*)", []),
        ("+ping (+psync +replconf) clearselectors", ["psync", "replconf"]),
        ("+@ALL ~* %R~x sanitize-payload", []),
    ],
)
def test_what_a_replica_may_do(rules: str, lacking: list[str]) -> None:
    """Commands, categories and selectors, whatever the case of letters."""
    assert users(f"user u on >p {rules}")["u"].lacks(OF_REPLICA) == lacking


def test_subcommands() -> None:
    """A command with its subcommands, or some of them alone."""
    user = users("user u on >p +ping +sentinel|is-master-down-by-addr")["u"]
    assert user.lacks(OF_PEER) == []
    assert "config|rewrite" in user.lacks(OF_SENTINEL)
    assert users("user u on >p +@all -config|rewrite")["u"].lacks(OF_SENTINEL) == ["config|rewrite"]
    assert users("user u on >p +@all -client")["u"].lacks(OF_SENTINEL) == ["client|kill"]


@pytest.mark.parametrize(
    ("text", "hears"),
    [
        ("user u on >p", False),
        ("user u on >p &*", True),
        ("user u on >p &__sentinel__:hello", True),
        ("user u on >p &__sentinel__:*", True),
        ("user u on >p &news:*", False),
        ("user u on >p allchannels resetchannels", False),
        ("user u on >p allchannels reset", False),
        ("acl-pubsub-default allchannels\nuser u on >p", True),
    ],
)
def test_who_hears_the_hello_of_sentinels(text: str, hears: bool) -> None:
    """New users have no channel from 7.0 on, and every one before."""
    assert users(text)["u"].hears_hello is hears
    assert users("user u on >p", channels_open=True)["u"].hears_hello


def test_an_acl_file_is_read_beside_the_configuration(tmp_path: Path) -> None:
    """It is all there is; where it cannot be found, nothing is known."""
    (tmp_path / "users.acl").write_text("user u on nopass +@all\n\nnonsense\n")
    path = str(tmp_path / "redis.conf")
    for name, known in (("users.acl", {"default", "u"}), ("gone.acl", None), ('""', {"default"})):
        source = Source("redis.conf", path)
        node = DataNode("n1", tuple(parse_text(f"aclfile {name}", source)), source, None, "mymaster")
        deployment = replace(load_deployment("reference"), reach=Reach.of(tmp_path))
        made = users_of(node, deployment, channels_open=False)
        assert (set(made) if made is not None else None) == known


def test_an_acl_file_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many findings ask for its users: it may have thousands."""
    made: list[str] = []
    original = users_module._user
    monkeypatch.setattr(users_module, "_user", lambda rules, channels: made.append("") or original(rules, channels))
    (tmp_path / "once.acl").write_text("user u on >only-here\nuser default off\n")
    source = Source("redis.conf", str(tmp_path / "redis.conf"))
    node = DataNode("n1", tuple(parse_text("aclfile once.acl", source)), source, None, "mymaster")
    deployment = replace(load_deployment("reference"), folders=(tmp_path,), reach=Reach.of(tmp_path))
    first, second = (users_of(node, deployment, channels_open=False) for _ in range(2))
    assert first == second
    assert len(made) == 2
