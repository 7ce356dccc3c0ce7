"""What all commands share: errors on stderr in one line, JSON and tables on stdout."""

import sys
from collections.abc import Sequence
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from jsquared.records.secrets import masked_at_the_door

PLAIN = {"highlight": False, "soft_wrap": True}


def error(line: str) -> None:
    """One line on stderr, without the secrets of the deployment that was read."""
    print(f"jsquared: error: {' '.join(masked_at_the_door(line).split())}", file=sys.stderr)  # noqa: T201


def stderr_console() -> Console:
    """For people: progress and tables beside the result."""
    return Console(stderr=True, highlight=False)


def print_json(document: Any) -> None:
    """Exactly one JSON document on stdout."""
    data = msgspec.json.format(msgspec.json.encode(document), indent=2)
    sys.stdout.write(data.decode() + "\n")
    sys.stdout.flush()


def print_text(text: str) -> None:
    """A document on stdout, as it is."""
    sys.stdout.write(text)
    sys.stdout.flush()


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> None:
    """A table on stdout."""
    table = Table(title=title or None, title_justify="left", box=None, padding=(0, 2, 0, 0))
    for number, column in enumerate(columns):
        table.add_column(column, no_wrap=number == 0, overflow="fold")
    for row in rows:
        table.add_row(*row)
    Console(highlight=False, markup=False).print(table)
