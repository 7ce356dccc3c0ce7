"""Stand-ups from a file that a person keeps; nothing else knows who attended, so without it nothing is said.

::

    standups:
      - {date: 2026-03-02, attended: 4, invited: 5}
"""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from jsquared.deployment.model.directives import Source
from jsquared.deployment.read.yaml.yaml_items import Item, parse_yaml
from jsquared.errors import BadInputError
from jsquared.records.reading import read_bounded

STANDUPS = "standups.yaml"
LARGEST_STANDUPS_BYTES = 128 << 10
MOST_PEOPLE = 1000


@dataclass(frozen=True)
class Standup:
    """How many of those who were invited came."""

    date: dt.date
    attended: int
    invited: int


def read_standups(folder: Path) -> list[Standup] | None:
    """Return the stand-ups of a journal; None where it has no such file.

    :raises BadInputError: the file is malformed, or more came than were invited.
    """
    file = folder / STANDUPS
    if not file.exists() and not file.is_symlink():
        return None
    try:
        text = read_bounded(file, LARGEST_STANDUPS_BYTES).decode("utf-8")
    except UnicodeDecodeError as problem:
        raise BadInputError("is not UTF-8", where=str(file), hint="another encoding") from problem
    root = parse_yaml(text, Source(STANDUPS, str(file)))
    entries = root.mapping(("standups",))
    if "standups" not in entries:
        raise root.bad("has no list of stand-ups", "standups: [{date: 2026-03-02, attended: 4, invited: 5}]")
    listed = entries["standups"]
    return sorted(map(_standup, [] if listed.is_empty else listed.items()), key=lambda one: one.date)


def _standup(item: Item) -> Standup:
    entries = item.mapping(("date", "attended", "invited"))
    for key in ("date", "attended", "invited"):
        if key not in entries:
            raise item.bad(f"has no {key}", "{date: 2026-03-02, attended: 4, invited: 5}")
    try:
        day = dt.date.fromisoformat(entries["date"].text())
    except ValueError as problem:
        raise entries["date"].bad("is not a day", "2026-03-02") from problem
    invited = entries["invited"].integer(1, MOST_PEOPLE)
    return Standup(day, entries["attended"].integer(0, invited), invited)
