"""The form of all lists: one line an entry, the whole entry for a name, a search for any other word.

On a terminal a line is cut to its width, and sentences are wrapped; in a pipe everything is there.
"""

import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from rich.text import Text

from jsquared.cli.output import print_lines, terminal_columns
from jsquared.errors import BadInputError
from jsquared.text import did_you_mean, one_line, printable

T = TypeVar("T")
GAP = "  "
LABEL_COLUMNS = 12
ELLIPSIS = "…"


@dataclass(frozen=True)
class Verbatim:
    """Lines that are shown as they are, never wrapped: those of a file."""

    lines: Sequence[str]

    def __bool__(self) -> bool:
        """True if there is one."""
        return bool(self.lines)


Part = tuple[str, str | Sequence[str] | Verbatim]
"""A label, and a sentence, several, or lines of a file."""


def is_name(words: Sequence[str], entries: Mapping[str, T]) -> bool:
    """True if the words are one entry's name, so that it is to be shown whole."""
    return len(words) == 1 and words[0] in entries


def search(
    words: Sequence[str], entries: Mapping[str, T], text: Callable[[T], str], *, what: str, command: str
) -> list[T]:
    """The entry of that name, else those that mention every word; without words all.

    :param text: what of an entry is searched, beside its name.
    :raises BadInputError: no entry mentions them.
    """
    if is_name(words, entries):
        return [entries[words[0]]]
    needles = [word.casefold() for word in words]
    found = [
        entry
        for name, entry in entries.items()
        if all(needle in f"{name} {text(entry)}".casefold() for needle in needles)
    ]
    if not found:
        shown = " ".join(words)[:100]
        near = did_you_mean(shown, entries, most=2) or _nearest_words(words, entries, command)
        hint = ", or ".join(filter(None, (near, f"jsquared {command}")))
        raise BadInputError(f"no {what} is called or mentions '{shown}'", where=f"jsquared {command}", hint=hint)
    return found


def _nearest_words(words: Sequence[str], names: Iterable[str], command: str) -> str:
    """Return the search that was probably meant, by the words that names consist of; empty if nothing is near."""
    known = {part for name in names for part in name.split("-")}
    meant = [did_you_mean(word, sorted(known), cutoff=0.7) for word in words]
    return f"jsquared {command} {' '.join(meant)}" if all(meant) else ""


def print_rows(columns: Sequence[str], rows: Sequence[Sequence[str]], advice: str = "") -> None:
    """A line for each row, in columns. ``advice`` is one more for people at a terminal; without it nothing is cut to the width there."""
    width = terminal_columns() if advice else None
    widths = [max(len(one_line(row[number])) for row in (columns, *rows)) for number in range(len(columns) - 1)]
    lines = [Text(_row(columns, widths, width), style="dim"), *(Text(_row(row, widths, width)) for row in rows)]
    print_lines([*lines, Text(), *_sentence(advice, width)] if width else lines)


def _row(cells: Sequence[str], widths: Sequence[int], width: int | None) -> str:
    shown = [one_line(cell) for cell in cells]
    line = GAP.join([*(cell.ljust(columns) for cell, columns in zip(shown, widths, strict=False)), shown[-1]]).rstrip()
    return line if width is None or len(line) <= width else line[: width - 1].rstrip() + ELLIPSIS


def print_entry(name: str, title: str, parts: Sequence[Part], next_command: str) -> None:
    """A whole entry: its name, what there is to know of it, and what to type next. Empty parts are left out."""
    print_lines(_entry(name, title, parts, next_command, terminal_columns()))


def _entry(name: str, title: str, parts: Sequence[Part], next_command: str, width: int | None) -> Iterator[Text]:
    head = Text(printable(name), style="bold")
    yield head.append(f": {one_line(title)}", style="not bold") if title else head
    for label, content in parts:
        if content:
            yield from _part(label, content, width)
            yield from () if label else [Text()]
    yield Text()
    yield Text("Next:")
    yield Text(f"  {printable(next_command)}", style="bold")


def _part(label: str, content: str | Sequence[str] | Verbatim, width: int | None) -> Iterator[Text]:
    start = f"  {label}".ljust(LABEL_COLUMNS) + GAP if label else "  "
    then = " " * len(start)
    if isinstance(content, Verbatim):
        for number, line in enumerate(content.lines):
            yield Text((then if number else start) + printable(line))
    elif isinstance(content, str):
        yield from _sentence(content, width, start, then)
    else:
        for number, sentence in enumerate(content):
            yield from _sentence(sentence, width, then if number else start, then + GAP)


def _sentence(text: str, width: int | None, start: str = "", then: str = "") -> Iterator[Text]:
    if width is None:
        yield Text(start + one_line(text))
        return
    lines = textwrap.wrap(
        one_line(text),
        max(width, 2 * len(start), 20),
        initial_indent=start,
        subsequent_indent=then,
        break_long_words=False,
        break_on_hyphens=False,
    )
    yield from map(Text, lines)
