"""A revoked right is proven by ACL DRYRUN before and after, and what CKQUORUM says of it stands beside it."""

from types import SimpleNamespace
from typing import Any

import pytest

from jsquared.errors import BadInputError
from jsquared.faults.revoke_command import RevokeCommand
from jsquared.resp.failures import ServerReplyError


@pytest.fixture
def secured(nodes: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Data nodes that keep the rights of ``watcher``, as whom the Sentinels log in, and Sentinels that notice nothing."""
    rights = {name: {"slaveof", "config|rewrite"} for name in nodes.nodes}

    def acl(node: Any, words: Any) -> Any:
        if words[1] == "DRYRUN":
            command = "|".join(words[3:]) if words[3] == "config" else words[3]
            return "OK" if command in rights[node.name] else f"User {words[2]} has no permissions to run it"
        if "ACL" not in node.deaf:
            change = rights[node.name].add if words[3][0] == "+" else rights[node.name].discard
            change(words[3][1:])
        return "OK"

    for node in nodes.nodes.values():
        node.hooks["ACL"] = acl
    ask = nodes.ask

    def ask_any(name: str, *words: Any, **more: Any) -> Any:
        if words[:2] != ("SENTINEL", "CKQUORUM"):
            return ask(name, *words, **more)
        if name == "sentinel-n2":
            raise ServerReplyError("NOQUORUM 1 usable Sentinels")
        return "OK 3 usable Sentinels. Quorum and failover authorization can be reached"

    monkeypatch.setattr(nodes, "ask", ask_any)
    monkeypatch.setattr(nodes, "sentinels", nodes.plan.sentinels(), raising=False)
    files = {f"{sentinel.name}.conf": "sentinel auth-user mymaster watcher\n" for sentinel in nodes.plan.sentinels()}
    monkeypatch.setattr(nodes, "placement", SimpleNamespace(config_files=files, node=nodes.placement.node))
    return nodes


def test_the_sentinels_user_loses_it_and_gets_it_back(secured: Any) -> None:
    """DRYRUN says so at each node, and the words of CKQUORUM are told whatever they are."""
    active = secured.inject(RevokeCommand(), "primary", "replica:1")
    bit = active.bit()
    assert bit.ok
    assert bit.sentence == (
        "user watcher may not give slaveof at redis-n1; user watcher may not give slaveof at redis-n2; "
        "asked for CKQUORUM, sentinel-n1 says OK, sentinel-n2 says NOQUORUM, sentinel-n3 says OK"
    )
    assert not active.healed().ok
    active.heal()
    assert active.healed().ok
    assert ("ACL", "SETUSER", "watcher", "-slaveof") in secured["redis-n2"].received


def test_without_an_effect_it_did_not_bite(secured: Any) -> None:
    """A server that says OK and changes nothing is found out."""
    secured["redis-n1"].deaf.add("ACL")
    assert not secured.inject(RevokeCommand()).bit().ok


def test_a_subcommand_is_one_right(secured: Any) -> None:
    """It is asked about in two words, and taken away in one."""
    active = secured.inject(RevokeCommand(), command="config|rewrite", user="watcher")
    assert active.bit().ok
    assert ("ACL", "SETUSER", "watcher", "-config|rewrite") in secured["redis-n1"].received


def test_a_node_that_is_down_gets_it_back_from_its_file(secured: Any) -> None:
    """Nothing is told to it."""
    active = secured.inject(RevokeCommand())
    secured["redis-n1"].code = 1
    active.heal()
    assert ("ACL", "SETUSER", "watcher", "+slaveof") not in secured["redis-n1"].received


def test_what_is_not_there_cannot_be_taken_away(secured: Any) -> None:
    """Neither a right that the user lacks anyway, nor one of Sentinels that log in as the default user."""
    with pytest.raises(BadInputError, match="user watcher may not give it at redis-n1 anyway"):
        secured.inject(RevokeCommand(), command="publish")
    secured.placement.config_files.clear()
    with pytest.raises(BadInputError, match="the Sentinels log in as the default user"):
        secured.inject(RevokeCommand())
