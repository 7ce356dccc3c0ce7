"""Commands as bytes, by the names that they have at a server with ``rename-command`` lines. The wire format is hiredis' business."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import hiredis

from jsquared.resp.failures import DisabledCommandError

Word = str | bytes | int
NOT_RENAMED: Mapping[str, str] = MappingProxyType({})
"""No command has another name."""


def packed(*words: Word) -> bytes:
    """A command as bytes."""
    return bytes(hiredis.pack_command(words))  # type: ignore[arg-type]  # its stub wants one word


def packed_each(command: str, words: Sequence[bytes], *more: Word) -> bytes:
    """The same command once for each word, in one piece: thousands of them cost a tenth of packing each by itself."""
    head = packed(command, b"", *more)
    first = head.index(b"$0\r\n\r\n")  # no command is an empty word, so this is the place of the word
    before, after = head[:first], head[first + 6 :]
    return b"".join(b"%b$%d\r\n%b\r\n%b" % (before, len(word), word, after) for word in words)


def renamed(words: Sequence[Word], renamed_commands: Mapping[str, str], where: str) -> tuple[Word, ...]:
    """A command as a server with ``rename-command`` lines knows it.

    :param renamed_commands: commands in upper case to the names that they have there (empty: taken away), where these differ.
    :raises DisabledCommandError: it does not know it at all.
    """
    command = str(words[0])
    there = renamed_commands.get(command.upper(), command) if renamed_commands else command
    if there:
        return (there, *words[1:])
    raise DisabledCommandError(
        f'{command} is taken away there (rename-command {command.upper()} "")',
        where=where,
        hint="a copy of the configuration without that line",
    )


def auth_command(username: str, password: str, renamed_commands: Mapping[str, str]) -> bytes:
    """AUTH with what there is, under the name that it has there; nothing without a user or password."""
    if not (username or password):
        return b""
    auth = renamed_commands.get("AUTH", "AUTH")
    return packed(auth, username, password) if username else packed(auth, password)
