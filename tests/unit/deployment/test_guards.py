"""What a configuration must refuse follows from its text."""

from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.deployment.model.guards import PROBE_KEY, WRONG_PASSWORD, guards_of
from jsquared.deployment.read.native.folder import read_folder
from jsquared.records.plan import Engine, PlannedGuard

REDIS = Engine(name="redis", version="7.0.15")
Tree = Callable[[dict[str, str]], Path]
Guards = Callable[..., list[PlannedGuard]]


@pytest.fixture
def guards(tree: Tree) -> Guards:
    """The guards of the first of two data nodes with these lines each, of one name."""

    def of(name: str, redis: str = "", files: dict[str, str] | None = None) -> list[PlannedGuard]:
        texts = {
            "n1/redis.conf": f"bind 10.0.0.1\n{redis}\n",
            "n2/redis.conf": f"replicaof 10.0.0.1 6379\n{redis}\n",
            "n1/sentinel.conf": "sentinel monitor m 10.0.0.1 6379 1\n",
        }
        found = guards_of(read_folder(tree(texts | (files or {}))), REDIS)
        return [guard for guard in found if guard.name == name and guard.node == "redis-n1"]

    return of


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("", []),
        ("min-replicas-to-write 1", [(1, 10)]),
        ("min-slaves-to-write 2\nmin-slaves-max-lag 3", [(2, 3)]),
        ("min-replicas-to-write 1\nmin-replicas-max-lag 0", []),
        ("min-replicas-to-write 0", []),
    ],
)
def test_min_replicas(guards: Guards, lines: str, expected: list[tuple[int, int]]) -> None:
    """By either name, with its lag; not where it is off."""
    assert [(guard.replicas, guard.lag_s) for guard in guards("min-replicas", lines)] == expected


@pytest.mark.parametrize(
    ("lines", "directives"),
    [
        ("", ["replica-read-only yes (the default)"]),
        ("slave-read-only yes", ["slave-read-only yes"]),
        ("replica-read-only no", []),
    ],
)
def test_read_only_replicas(guards: Guards, lines: str, directives: list[str]) -> None:
    """Replicas refuse writes unless a line lets them in."""
    found = guards("read-only", lines)
    assert [guard.directive for guard in found] == directives
    assert all(guard.refusals == ("READONLY",) for guard in found)


def test_passwords(guards: Guards) -> None:
    """A wrong password and none at all, and the line has a mark in the place of the right one."""
    found = guards("password", "requirepass s3cret-word")
    assert [guard.credentials for guard in found] == [(WRONG_PASSWORD,), ("",)]
    assert all("s3cret-word" not in guard.directive for guard in found)
    assert all(guard.directive.startswith("requirepass ") for guard in found)


def test_no_password_is_no_guard(guards: Guards) -> None:
    """Where the default user needs none there is nothing to refuse."""
    assert guards("password") == []


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ("on >pw ~app:* +@all", [("GET", PROBE_KEY)]),
        ("on >pw ~* +@read -@dangerous", [("CONFIG", "GET", "maxmemory")]),
        ("on >pw ~app:* +@read", [("CONFIG", "GET", "maxmemory"), ("GET", PROBE_KEY)]),
        ("on >pw ~* &* +@all", []),
        ("off >pw ~app:* +@read", [("GET", PROBE_KEY)]),
        ("off ~app:* +@read", []),
        ("on ~app:* +@read", []),
        ("on >pw ~app:* +@all (~* +get)", []),
    ],
)
def test_users_with_limits(guards: Guards, rules: str, words: list[tuple[str, ...]]) -> None:
    """A key outside and a dangerous command, for whoever can log in and may not everything; whoever is off may not even log in."""
    found = guards("acl", f"user app {rules}")
    assert [guard.words for guard in found] == words
    assert all(guard.credentials == ("app", "pw") and "pw" not in guard.directive for guard in found)


@pytest.mark.parametrize(
    ("pattern", "words"), [("[" * 20_000, []), ("[ab", [("GET", PROBE_KEY)])], ids=["long", "short"]
)
def test_a_pattern_that_would_take_long_is_believed_to_match(
    guards: Guards, pattern: str, words: list[tuple[str, ...]]
) -> None:
    """Nothing is tried of it, and nobody waits for it."""
    assert [guard.words for guard in guards("acl", f"user app on >moss-9 ~{pattern} +@all")] == words
