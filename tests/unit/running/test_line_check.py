"""Lines that an engine does not take are refused, and only those."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.read.load import load_deployment
from jsquared.deployment.read.overrides import apply_overrides
from jsquared.errors import BadInputError
from jsquared.records.plan import Engine
from jsquared.running.line_check import Ask, Words, check_lines, first_refused, question, refused_in

KNOWN = Engine(name="redis", version="7.0.15", path="/nowhere")
NEWER = Engine(name="redis", version="99.1.0", path="/nowhere")
REFUSAL = "*** FATAL CONFIG FILE ERROR ***\nReading the configuration file, at line {}\n>>> it\nBad directive\n"


def changed(*settings: str) -> Deployment:
    """The reference with these settings of ``--with``."""
    return apply_overrides(load_deployment("reference"), settings)


def answering(index: int | None, asked: list[tuple[list[Words], bool]]) -> Ask:
    """An engine that refuses the line at this index, and keeps what it was asked."""

    def ask(_engine: Engine, lines: Sequence[Words], sentinel: bool) -> int | None:
        asked.append((list(lines), sentinel))
        return index

    return ask


def unasked(_engine: Engine, _lines: Sequence[Words], _sentinel: bool) -> int | None:
    """An engine that must not be asked."""
    raise AssertionError


def test_a_deployment_without_doubtful_lines_asks_nothing() -> None:
    """So a sound one costs no process."""
    check_lines(changed("redis.maxmemory=1gb"), KNOWN, ask=unasked)


def test_the_engine_confirms_what_is_doubted() -> None:
    """The line that it refuses is the one in the error, not the first doubtful one."""
    asked: list[tuple[list[Words], bool]] = []
    with pytest.raises(BadInputError, match=r"^--with, redis.hz: 'x' is not a whole number from 0"):
        check_lines(changed("redis.zzz=1", "redis.hz=x"), KNOWN, ask=answering(1, asked))
    assert asked == [([("zzz", "1"), ("hz", "x")], False)]


def test_lines_of_sentinels_are_asked_about_with_their_primary_monitored() -> None:
    """Otherwise Sentinel refuses whatever is said of it."""
    asked: list[tuple[list[Words], bool]] = []
    with pytest.raises(BadInputError, match=r"did you mean 'down-after-milliseconds'\?"):
        check_lines(changed("sentinel.down-after=5"), KNOWN, ask=answering(1, asked))
    assert asked == [([("sentinel", "monitor", "mymaster", "127.0.0.1", "6379", "1"), ("down-after", "5")], True)]


@pytest.mark.parametrize("engine", [KNOWN, NEWER])
def test_an_engine_that_takes_a_doubtful_line_is_believed(engine: Engine) -> None:
    """As one of the same version that was built with more, or a newer one."""
    check_lines(changed("redis.brand-new=1"), engine, ask=answering(1, []))
    check_lines(changed("sentinel.brand-new=1"), engine, ask=answering(2, []))


def test_where_the_engine_cannot_be_asked_its_version_decides() -> None:
    """A version that is known is enough to refuse a line; of another one nothing is said."""
    with pytest.raises(BadInputError, match="unknown directive 'brand-new'"):
        check_lines(changed("redis.brand-new=1"), KNOWN, ask=answering(None, []))
    check_lines(changed("redis.brand-new=1"), NEWER, ask=answering(None, []))


def test_the_last_line_of_a_question_is_one_that_no_engine_takes() -> None:
    """For Sentinel one of its own, since it looks at these last."""
    assert question([("hz", "1 0")], sentinel=False) == b'hz "1 0"\njsquared-end-of-question\n'
    assert question([], sentinel=True) == b"sentinel jsquared-end-of-question\n"


@pytest.mark.parametrize(
    ("said", "index"),
    [
        (REFUSAL.format(1), 0),
        (REFUSAL.format(3), 2),
        (REFUSAL.format(4), None),
        (REFUSAL.format(0), None),
        ("started", None),
    ],
)
def test_the_line_is_found_in_the_words_of_an_engine(said: str, index: int | None) -> None:
    """Two lines were asked about: the third is the end, and anything else is no answer."""
    assert refused_in(said, 2) == index


@pytest.fixture
def engine_saying(tmp_path: Path) -> Callable[[str], Engine]:
    """An engine that prints this whatever it reads."""

    def make(words: str) -> Engine:
        program = tmp_path / "server"
        program.write_text(f"#!/bin/sh\ncat >/dev/null\ncat <<'E'\n{words}E\nexit 1\n")
        program.chmod(0o755)
        return Engine(name="redis", version="7.0.15", path=str(program))

    return make


def test_a_server_is_asked_by_what_it_reads(engine_saying: Callable[[str], Engine]) -> None:
    """One that says nothing of use, or is not there, gives no answer."""
    assert first_refused(engine_saying(REFUSAL.format(1)), [("zzz",)], sentinel=False) == 0
    assert first_refused(engine_saying("hello\n"), [("zzz",)], sentinel=True) is None
    assert first_refused(KNOWN, [("zzz",)], sentinel=False) is None
