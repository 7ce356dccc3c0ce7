"""The dialects are what the engines themselves say: directives, values, and settings of Sentinel."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from jsquared.deployment.dialect.dialect import OF_A_MODULE, Dialect, dialect_of, dialects
from jsquared.deployment.dialect.settings import SETTINGS, problem
from jsquared.deployment.dialect.values import Shape
from jsquared.deployment.model.directives import join_words, split_words
from jsquared.running.engine import identify
from support.engine_directives import FIXED, MONITOR, UNKNOWN, AskedEngine

MONITORED = join_words(MONITOR)
ALIASES = re.compile("slave|ziplist")
BY_BUILD = "activedefrag"
"""Takes ``yes`` only where it was built with a certain allocator."""
BAD_SETTINGS = """
down-after-milliseconds m 0|failover-timeout m 0|monitor n 127.0.0.1 1 0|monitor n 127.0.0.1 70000 1|monitor n 127.0.0.1 1
known-replica m 127.0.0.1 70000|resolve-hostnames 1|announce-hostnames ja|deny-scripts-reconfig ja|myid abc|announce-ip
rename-command m a|auth-pass m|down-after m 5|quorum m 2
""".strip().replace("\n", "|")


@pytest.fixture(
    scope="module", params=["valkey_engine", pytest.param("redis_engine", marks=pytest.mark.redis), "old_redis_engine"]
)
def asked(request: pytest.FixtureRequest) -> AskedEngine:
    """Each engine that is here."""
    path: Path = request.getfixturevalue(request.param)
    return AskedEngine(identify(path, where="the test"))


@pytest.fixture
def dialect(asked: AskedEngine) -> Dialect:
    """What is known of that engine."""
    found, is_known = dialect_of(asked.engine)
    assert is_known, f"{asked.engine} was never asked: scripts/directives makes its file"
    return found


def good_values(shape: Shape) -> Iterator[str]:
    """Values within the limits, at both ends; none where they depend on more than the value."""
    if shape.kind in ("integer", "memory", "octal"):
        yield from (limit for limit in shape.about if abs(int(limit)) < 2**64 - 1)
    elif shape.kind == "yes-or-no":
        yield from ("yes", "NO")
    elif shape.kind in ("one-of", "some-of"):
        yield from (shape.about[0], shape.about[-1].upper())
    elif shape.kind == "events":
        yield from (f"'{shape.about[0]}'", "''")
    elif shape.kind in GOOD:
        yield from GOOD[shape.kind]


GOOD: Mapping[str, tuple[str, ...]] = {
    "memory-or-percent": ("1GB", "100%"),
    "save": ("''", "60 1", "60 1 5 0"),
    "save-one": ("''", "60 1", "1 2 3"),
    "buffer-limits": ("normal 0 0 0", "replica 1mb 1kb 60 pubsub 1 1 0"),
    "percentiles": ("''", "0 99.9 100"),
    "oom-scores": ("-2000 0 2000",),
    "address-and-port": ("no one", "a 65535"),
}


def bad_values(shape: Shape) -> Iterator[str]:
    """Values of the wrong type, just out of range, and of the wrong number of words."""
    if shape.kind in ("text", "octal"):  # the server counts words in one place for all that take one
        yield "1 2"
    if shape.kind in ("integer", "memory"):
        lowest, highest = map(int, shape.about)
        yield from (str(lowest - 1), str(highest + 1)) if abs(lowest) < 2**63 and highest < 2**63 - 1 else ()
    if shape.kind not in ("text", "words", "save-one", "octal"):
        yield "jsquared."
    yield from BAD.get(shape.kind, ())


BAD: Mapping[str, tuple[str, ...]] = {
    "integer": ("010", "+1"),
    "memory": ("1.5gb",),
    "memory-or-percent": ("101%",),
    "octal": ("8", "1000"),
    "save": ("0 1", "60", "60 x"),
    "save-one": ("0 1", "x 1"),
    "buffer-limits": ("master 0 0 0", "replica 0 0 -1", "replica 0 0"),
    "percentiles": ("101", "x"),
    "oom-scores": ("1 2", "1 2 3000"),
    "address-and-port": ("a b", "a 65536", "a"),
}


def test_every_directive_that_the_engine_reports_is_known_with_its_default(
    asked: AskedEngine, dialect: Dialect
) -> None:
    """Each value that a server has of itself passes our own check, as one word or as several."""
    reported = asked.reported()
    assert len(reported) > 100
    for name, value in reported.items():
        if name == "watchdog-period" and name not in dialect.directives:
            continue  # Redis 6 reports it, and takes it from CONFIG SET alone
        shape = dialect.shape(name)
        assert shape is not None, name
        words = (split_words(value) or ("",)) if shape.problem((value,)) else (value,)
        if shape.kind in ("address-and-port", "text") and not value:
            continue
        for part in _parts(shape, words):
            assert not shape.problem(part), (name, value)


def _parts(shape: Shape, words: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Redis 6 reports several lines as one."""
    return [words[at : at + 4] for at in range(0, len(words), 4)] if "once" in shape.about else [words]


def test_values_within_the_limits_are_taken(asked: AskedEngine, dialect: Dialect) -> None:
    """In one question: the engine reads every one of these lines, and refuses the end alone."""
    lines = [
        f"{name} {value}"
        for name, shape in dialect.directives.items()
        if name not in FIXED and name != BY_BUILD
        for value in good_values(shape)
        if "once" not in shape.about or len(value.split()) == 4
    ]
    wrong = [line for line in lines if _problem(dialect, line)]
    assert (asked.refusal(lines), wrong) == (None, [])
    assert len(lines) > 200


def test_values_that_are_refused_here_are_refused_by_the_engine(asked: AskedEngine, dialect: Dialect) -> None:
    """Wrong types, just out of range, too many words."""
    lines = [
        f"{name} {value}"
        for name, shape in dialect.directives.items()
        if name not in FIXED and not ALIASES.search(name) and name != OF_A_MODULE
        for value in bad_values(shape)
        if "once" not in shape.about or value != "replica 0 0"
    ]
    refused = [line for line in lines if _problem(dialect, line)]
    assert len(refused) > 150
    assert asked.taken_of(refused) == []


def _problem(dialect: Dialect, line: str) -> str:
    name, *words = split_words(line) or ()
    shape = dialect.shape(name)
    assert shape is not None
    return shape.problem(words)


def test_names_of_other_versions_are_unknown_to_it(asked: AskedEngine, dialect: Dialect) -> None:
    """So that a line is never said to be another version's where it is this one's too."""
    others = {name for each in dialects() for name in each.directives if dialect.shape(name) is None}
    known = [name for name in sorted(others) if asked.reason(f"{name} 1") != UNKNOWN]
    assert known == []


def test_its_sentinel_knows_exactly_these_settings(asked: AskedEngine, dialect: Dialect) -> None:
    """Each with values that it takes, and none of those that are refused here."""
    assert set(asked.settings()) == dialect.settings
    for line in BAD_SETTINGS.split("|"):
        name, *words = split_words(line) or ()
        assert name not in SETTINGS or problem(name, words), line
        assert not asked.takes(MONITORED, f"sentinel {line}", sentinel=True), line
