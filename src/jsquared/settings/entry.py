"""A value of a settings file that knows where it stands, so that every refusal is one line with file, line and key."""

import datetime
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsquared.deployment.model.input_files import LONGEST_PLACE, readable, resolved
from jsquared.errors import BadInputError
from jsquared.settings.toml_lines import Path as KeyPath
from jsquared.text import did_you_mean, one_line

LONGEST_TEXT = 500
_KINDS: dict[type, str] = {
    bool: "a truth value", int: "a whole number", float: "a number with decimals", str: "a text", list: "a list", dict: "a table",
    datetime.date: "a day", datetime.datetime: "a moment", datetime.time: "a time",
}  # fmt: skip


@dataclass(frozen=True)
class SettingsSource:
    """The file that entries stand in: how messages name it, where keys stand, and the folders of its paths."""

    shown: str
    lines: Mapping[KeyPath, int]
    folder: Path
    """The folder of the file, to which its paths are relative."""
    root: Path
    """The folder that no path leads out of: the repository's, or the file's own where there is none."""
    working: Path
    """The working folder, to which paths are relative for whoever uses them."""
    recorded: str
    """The file relative to the root: what records of runs call it, wherever they are made."""

    def line(self, path: KeyPath) -> int:
        """The line of a key, or that of what is nearest to it."""
        inside = (line for key, line in self.lines.items() if key[: len(path)] == path)
        first = min(inside, default=None)
        return first if first is not None else self.line(path[:-1]) if path else 1


@dataclass(frozen=True)
class Entry:
    """One value with its key: ``path`` is whole, ``key`` what a person calls it, without ``tool.jsquared``."""

    value: Any
    path: KeyPath
    key: str
    source: SettingsSource

    @property
    def where(self) -> str:
        """The file and line, such as ``jsquared.toml:3``, as records call them."""
        return f"{self.source.recorded}:{self.source.line(self.path)}"

    def bad(self, what: str, hint: str) -> BadInputError:
        """The error that this value is the cause of."""
        at = f"{self.source.shown}:{self.source.line(self.path)}"
        place = f"{at}, {self.key}" if self.key else at
        return BadInputError(what, where=readable(place, LONGEST_PLACE), hint=hint)

    def table(self, known: Sequence[str] = ()) -> dict[str, "Entry"]:
        """The entries of a table; with ``known``, only these keys are allowed.

        :raises BadInputError: no table, or an unknown key.
        """
        if not isinstance(self.value, dict):
            raise self.bad(f"must be a table, not {self._kind()}", "[name] on a line of its own, or { key = value }")
        entries = {name: self._inside(name, value) for name, value in self.value.items()}
        for name, entry in entries.items():
            if known and name not in known:
                hint = did_you_mean(name, known, otherwise=f"one of {', '.join(known)}")
                raise entry.bad(f"unknown key '{one_line(name)[:60]}'", hint)
        return entries

    def _inside(self, name: str, value: Any) -> "Entry":
        return Entry(value, (*self.path, name), f"{self.key}.{one_line(name)[:60]}".lstrip("."), self.source)

    def items(self) -> list["Entry"]:
        """The values of a list.

        :raises BadInputError: no list.
        """
        if not isinstance(self.value, list):
            raise self.bad(f"must be a list, not {self._kind()}", '["primary-crash", "primary-hang"]')
        return [
            Entry(value, self.path, f"{self.key}[{number}]", self.source) for number, value in enumerate(self.value)
        ]

    def text(self) -> str:
        """A text that is not empty, on one line.

        :raises BadInputError: something else.
        """
        if not isinstance(self.value, str):
            raise self.bad(f"must be a text in quotes, not {self._kind()}", f'{self._name()} = "…"')
        text = " ".join(self.value.split())
        if not text:
            raise self.bad("is empty", "a text, or leaving the key out")
        if len(text) > LONGEST_TEXT:
            raise self.bad(f"has more than {LONGEST_TEXT} characters", "fewer of them")
        if "\0" in text:
            raise self.bad("has a zero byte", "a text without it")
        return text

    def word(self, known: Sequence[str]) -> str:
        """One of these words.

        :raises BadInputError: something else.
        """
        text = self.text()
        if text not in known:
            raise self.bad(f"'{text[:60]}' is not known here", did_you_mean(text, known, otherwise=", ".join(known)))
        return text

    def whole(self, least: int, most: int) -> int:
        """A whole number within limits.

        :raises BadInputError: something else.
        """
        if not isinstance(self.value, int) or isinstance(self.value, bool):
            raise self.bad(f"must be a whole number, not {self._kind()}", f"{self._name()} = {least}")
        if not least <= self.value <= most:
            what = "small" if self.value < least else "large"
            shown = str(self.value) if abs(self.value) < 10**18 else "it"
            raise self.bad(f"{shown} is too {what}", f"{least} to {most}")
        return self.value

    def day(self) -> datetime.date:
        """A day, written without quotes.

        :raises BadInputError: something else.
        """
        if not isinstance(self.value, datetime.date) or isinstance(self.value, datetime.datetime):
            raise self.bad(f"must be a day without quotes, not {self._kind()}", f"{self._name()} = 2027-01-31")
        return self.value

    def file(self) -> str:
        """A path, relative to the file, as one that is relative to the working folder; whether there is anything is not looked at.

        :raises BadInputError: it leads out of the repository, or is absolute: such a path is for whoever types a command.
        """
        self.text()
        text, source = str(self.value), self.source
        target = Path(os.path.normpath(source.folder / text))
        real, root = resolved(target), resolved(source.root)
        if Path(text).is_absolute() or real is None or root is None or not real.is_relative_to(root):
            raise self.bad(
                f"'{readable(text, 100)}' leads out of {readable(source.root.name or '/', 100)}",
                "a path below the folder of the file; others are given on the command line",
            )
        shown = os.path.relpath(target, source.working)
        return shown if "/" in shown else f"./{shown}"

    def existing_file(self) -> str:
        """As :meth:`file`, of something that is there.

        :raises BadInputError: it leads out of the repository, or there is nothing.
        """
        shown = self.file()
        if not os.path.lexists(self.source.working / shown):
            raise self.bad(
                f"there is no '{readable(self.text(), 100)}'", "a path that is relative to the file's folder"
            )
        return shown

    def _kind(self) -> str:
        return _KINDS.get(type(self.value), "something else")

    def _name(self) -> str:
        return self.key.rpartition(".")[2]
