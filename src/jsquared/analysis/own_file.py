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


def _remaining(group: Group) -> str:
    """Return how many Sentinels start at all, and what that means for a failover."""
    left, needed = sum(node.unsaved is None for node in group.sentinels), group.needed()
    counted = f"{left} of {len(group.sentinels)} Sentinels remain, and a failover needs {needed}"
    return f"{counted}." if left >= needed else f"{counted}: there is never one."


@rule(
    "sentinel-without-file",
    "critical",
    "violated",
    "A Sentinel is started without a configuration file, and exits at once.",
    "sentinel-majority-gone",
)
def sentinel_without_file(group: Group) -> Iterator[Problem]:
    """sentinelCheckConfigFile in sentinel.c: *Sentinel needs config file on disk to save state*; the same in Redis 7.0 and Valkey 9.1."""
    found = [(node, why) for node in group.sentinels if (why := node.unsaved) is not None and not why.path]
    if found:
        yield Problem(
            target=named(node for node, _ in found),
            lines=written(why.line for _, why in found),
            message="A Sentinel needs a configuration file to save its state to: with options alone it exits when it starts. "
            f"{_remaining(group)}",
            fix="redis-sentinel /data/sentinel.conf, with these options as lines of that file, on a volume that can be written to",
        )


@rule(
    "sentinel-file-read-only",
    "critical",
    "violated",
    "A Sentinel's configuration file is mounted read-only, and the Sentinel exits at once.",
    "sentinel-majority-gone",
)
def sentinel_file_read_only(group: Group) -> Iterator[Problem]:
    """sentinelCheckConfigFile in sentinel.c asks access(2) for W_OK, which a read-only mount refuses to root as well."""
    found = [(node, why) for node in group.sentinels if (why := node.unsaved) is not None and why.path]
    if found:
        path = found[0][1].path
        yield Problem(
            target=named(node for node, _ in found),
            lines=written(why.line for _, why in found),
            message=f"A Sentinel saves its state to its configuration file, and exits when it starts if it cannot: "
            f"{together(why.path for _, why in found)} is read-only. {_remaining(group)}",
            fix=f"sh -c 'cp {path} /data/sentinel.conf && exec redis-sentinel /data/sentinel.conf', with /data on a writable volume",
        )


RULES = (sentinel_file_unreadable, sentinel_without_file, sentinel_file_read_only)
