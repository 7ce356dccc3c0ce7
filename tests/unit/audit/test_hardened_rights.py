"""The rights that ``harden`` gives are those of the shipped deployment ``hardened``, which contract tests hold against the engines."""

from collections.abc import Iterable

from jsquared.audit.hardening.hardened_users import HardenedUsers
from jsquared.deployment.model.spec import Node
from jsquared.deployment.read.load import load_deployment


def rights(lines: Iterable[tuple[str, ...]]) -> dict[str, set[str]]:
    """Users to their rules, without their passwords; the application's keys and channels are its own."""
    return {
        words[1]: {word for word in words[2:] if word[0] not in "#>"} - {"~jsq:*"}
        for words in lines
        if words[0] == "user"
    }


def shipped(node: Node) -> dict[str, set[str]]:
    """Those of a shipped node."""
    return rights(line.words for line in node.directives)


def test_both_give_the_same_rights() -> None:
    """At data nodes and at Sentinels; whoever changes one of them changes the other."""
    hardened, made = load_deployment("hardened"), HardenedUsers((7, 0), keys=(), channels=("app:*",))
    assert rights(made.of_data_node()) == shipped(hardened.data[0])
    assert rights(made.of_sentinel()) == shipped(hardened.sentinels[0])
    assert {"default", "application", "sentinel"} < set(shipped(hardened.data[0]))
