"""Lines of servers' files, changed by their meaning: a server that writes its file itself may have written a line in another way."""

from collections.abc import Iterable

from jsquared.deployment.dialect.dialect import Dialect
from jsquared.deployment.model.directives import Directive, Source, join_words, split_words
from jsquared.deployment.model.known import identity
from jsquared.errors import LabError
from jsquared.rollout.compared_values import Value, compared

_NOWHERE = Source("", "")
Key = tuple[str, str]


def key_and_value(line: str, dialect: Dialect) -> tuple[Key, Value] | None:
    """What a line is about, and its value in the form in which equal ones are equal; None for a comment and an empty line.

    A user is its name alone, of which case counts: servers write its rules in their own way.
    """
    words = split_words(line)
    if not words or words[0].startswith("#"):
        return None
    directive = Directive.make(words, _NOWHERE, None, "")
    key, master = identity(directive)
    if key == "user":
        return (key, words[1] if len(words) > 1 else ""), ()
    return (key, master), compared(key, [directive.arguments[1:] if master else directive.arguments], dialect)


def values_in(text: str, key: Key, dialect: Dialect) -> list[Value]:
    """The values of all lines of a file that are about something, in order."""
    found = (key_and_value(line, dialect) for line in text.splitlines())
    return [one[1] for one in found if one is not None and one[0] == key]


def edited(text: str, before: str, after: str, dialect: Dialect) -> str:
    """A file with ``after`` in the place of ``before``, which may be there already; an empty one is no line.

    :raises LabError: neither of the two is there.
    """
    lines = text.splitlines()
    old = key_and_value(before, dialect) if before else None
    new = key_and_value(after, dialect) if after else None
    places = [number for number, line in enumerate(lines) if key_and_value(line, dialect) == old] if old else []
    if places and after:
        lines[places[-1]] = after
    elif places:
        lines = [line for number, line in enumerate(lines) if number not in places]
    elif new is not None and not any(key_and_value(line, dialect) == new for line in lines):
        if before:
            raise LabError("the line that is to change is not there", hint="the file as the plan has it")
        lines.append(after)
    return "\n".join([*lines, ""])


def filled_line(line: str, values: Iterable[tuple[str, str]]) -> str:
    """A line with what its marks stand for, each word quoted as it must be."""
    words = list(split_words(line) or ())
    for mark, value in values:
        words = [word.replace(mark, value) for word in words]
    return join_words(words)
