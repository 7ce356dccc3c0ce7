"""Commands as bytes, by the names that they have at a server that renamed them."""

import pytest

from jsquared.resp.failures import DisabledCommandError
from jsquared.resp.packing import NOT_RENAMED, auth_command, packed, packed_each, renamed


def test_a_command_is_an_array_of_strings() -> None:
    """Numbers too."""
    assert packed("SET", "key", 7) == b"*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$1\r\n7\r\n"


@pytest.mark.parametrize("more", [(), (0, b"$0\r\n\r\n")])
def test_one_command_about_many_words_is_packed_as_each_alone(more: tuple[int | bytes, ...]) -> None:
    """Whatever the words are, and whatever follows them."""
    words = [b"key", b"", b"$0\r\n\r\n", b"%b"]
    assert packed_each("GETRANGE", words, *more) == b"".join(packed("GETRANGE", word, *more) for word in words)


@pytest.mark.parametrize(("names", "there"), [(NOT_RENAMED, "ping"), ({"PING": "knock"}, "knock")])
def test_a_command_has_the_name_that_it_has_there(names: dict[str, str], there: str) -> None:
    """Whatever the case in which it was asked for."""
    assert renamed(("ping", 1), names, "n1") == (there, 1)


def test_a_command_that_was_taken_away_is_refused() -> None:
    """Before anything is sent."""
    with pytest.raises(DisabledCommandError, match="DEBUG is taken away there"):
        renamed(("DEBUG",), {"DEBUG": ""}, "n1")


@pytest.mark.parametrize(
    ("username", "password", "words"),
    [("", "", ()), ("", "secret", ("LOGIN", "secret")), ("me", "", ("LOGIN", "me", ""))],
)
def test_auth_says_what_there_is(username: str, password: str, words: tuple[str, ...]) -> None:
    """Nothing where there is nothing, by the name that AUTH has there."""
    assert auth_command(username, password, {"AUTH": "LOGIN"}) == (packed(*words) if words else b"")
