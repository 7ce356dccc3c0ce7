"""Rules: does a Sentinel's file still hold after the Sentinel has written it anew, which each does as soon as it runs?"""

from collections.abc import Iterator

from jsquared.analysis.group import Group
from jsquared.analysis.rule import Problem, named, rule, together, written
from jsquared.deployment.model.directives import Directive

_WRITTEN_ANEW = (
    "sentinel auth-pass", "sentinel auth-user", "sentinel sentinel-pass", "sentinel sentinel-user", "sentinel rename-command",
    "sentinel notification-script", "sentinel client-reconfig-script",
)  # fmt: skip
_NEEDS_QUOTES = frozenset(" \t\n\r\"'")


def _needs_quotes(line: Directive) -> bool:
    return any(_NEEDS_QUOTES.intersection(word) for word in line.arguments)


@rule(
    "sentinel-file-unreadable",
    "critical",
    "violated",
    "A value that needs quotes: Redis' Sentinel writes it to its file without them, and cannot restart.",
    "sentinel-acl-lacks",
)
def sentinel_file_unreadable(group: Group) -> Iterator[Problem]:
    """rewriteConfigSentinelOption in sentinel.c; measured: Redis 6.2.14 and 7.0.15 did not start again, Valkey 9.1.2 wrote the quotes."""
    if group.engine is not None and group.engine.name == "valkey":
        return
    found = [
        (node, line)
        for node in group.sentinels
        for key in _WRITTEN_ANEW
        for line in node.all(key)
        if _needs_quotes(line)
    ]
    if found:
        lines = [line for _, line in found]
        names = together(" ".join(line.words[:2]) for line in lines)
        yield Problem(
            target=named(list(dict.fromkeys(node for node, _ in found))),
            lines=written(lines),
            message=f"The value of {names} has spaces or quotes. A Sentinel rewrites its file when it starts, and writes this value "
            "without quotes, so it runs until its next restart and then cannot read its own file.",
            fix="a value of letters, digits and signs that needs no quotes",
        )


RULES = (sentinel_file_unreadable,)
