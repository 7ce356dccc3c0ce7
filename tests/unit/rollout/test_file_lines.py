"""Lines of files that are changed by their meaning, whoever wrote them last."""

import pytest

from jsquared.deployment.dialect.dialect import dialect_of
from jsquared.errors import LabError
from jsquared.rollout.file_lines import edited, filled_line
from support.changes import REDIS

DIALECT = dialect_of(REDIS)[0]


@pytest.mark.parametrize(
    ("text", "before", "after", "result"),
    [
        ("a-name 1\nmaxmemory 1gb\n", "maxmemory 1073741824", "maxmemory 2gb", "a-name 1\nmaxmemory 2gb\n"),
        ("maxmemory 2147483648\n", "maxmemory 1gb", "maxmemory 2gb", "maxmemory 2147483648\n"),
        ("port 6379\n", "", "tcp-backlog 1024", "port 6379\ntcp-backlog 1024\n"),
        ("tcp-backlog 1024\n", "", "tcp-backlog 1024", "tcp-backlog 1024\n"),
        ("port 6379\ntcp-backlog 1024\n", "tcp-backlog 1024", "", "port 6379\n"),
        ("port 6379\n", "tcp-backlog 1024", "", "port 6379\n"),
        ("# maxmemory 1gb\nmaxmemory 1gb\n", "maxmemory 1gb", "maxmemory 2gb", "# maxmemory 1gb\nmaxmemory 2gb\n"),
        ("user a on #12ab ~*\n", "user a on >one", "user a on >two ~*", "user a on >two ~*\n"),
        ("user A on >one\nuser a on >two\n", "user A on >one", "user A on >six", "user A on >six\nuser a on >two\n"),
        ("user a on >two\nuser A on >one\n", "user a on >two", "", "user A on >one\n"),
        (
            "sentinel down-after-milliseconds one 5000\nsentinel down-after-milliseconds two 5000\n",
            "sentinel down-after-milliseconds two 5000",
            "sentinel down-after-milliseconds two 6000",
            "sentinel down-after-milliseconds one 5000\nsentinel down-after-milliseconds two 6000\n",
        ),
    ],
)
def test_a_line_is_found_by_its_meaning(text: str, before: str, after: str, result: str) -> None:
    """Units do not count, a change that is there already is left, and other lines stay as they are."""
    assert edited(text, before, after, DIALECT) == result


def test_a_line_that_is_not_there_is_not_changed() -> None:
    """The file is another one than the plan was made of."""
    with pytest.raises(LabError, match="the line that is to change is not there"):
        edited("maxmemory 3gb\n", "maxmemory 1gb", "maxmemory 2gb", DIALECT)


def test_a_password_is_filled_in_and_quoted() -> None:
    """A word with a space in it stays one word."""
    assert filled_line("requirepass <secret-1>", [("<secret-1>", "two words")]) == 'requirepass "two words"'
