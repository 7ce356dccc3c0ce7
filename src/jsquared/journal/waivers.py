"""Waivers of findings, from a file that people keep: each has the rule that it waives and the day on which it ends.

::

    waivers:
      - rule: S7
        target: redis-n1
        reason: replaced in May
        owner: platform
        expires: 2026-05-31
"""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from jsquared.deployment.model.directives import Source
from jsquared.deployment.read.yaml.yaml_items import Item, parse_yaml
from jsquared.errors import BadInputError
from jsquared.records.reading import read_bounded

WAIVERS = "waivers.yaml"
LARGEST_WAIVERS_BYTES = 128 << 10


@dataclass(frozen=True, kw_only=True)
class Waiver:
    """A waiver; ``expires`` is its last day."""

    rule: str
    expires: dt.date
    target: str = ""
    reason: str = ""
    owner: str = ""


def read_waivers(folder: Path) -> list[Waiver]:
    """Return the waivers of a journal, those that end first at the beginning; none where it has no such file.

    Keys beside those above are for other programs.

    :raises BadInputError: the file is malformed, or a waiver has no rule or no day.
    """
    file = folder / WAIVERS
    if not file.exists() and not file.is_symlink():
        return []
    try:
        text = read_bounded(file, LARGEST_WAIVERS_BYTES).decode("utf-8")
    except UnicodeDecodeError as problem:
        raise BadInputError("is not UTF-8", where=str(file), hint="another encoding") from problem
    root = parse_yaml(text, Source(WAIVERS, str(file)))
    if root.is_mapping:
        entries = root.mapping()
        if "waivers" not in entries:
            raise root.bad("has no list of waivers", "waivers: [{rule: S7, expires: 2026-05-31}]")
        root = entries["waivers"]
    if root.is_empty:
        return []
    return sorted(map(_waiver, root.items()), key=lambda one: (one.expires, one.rule, one.target))


def _waiver(item: Item) -> Waiver:
    entries = item.mapping()
    for key in ("rule", "expires"):
        if key not in entries:
            raise item.bad(f"has no {key}", "rule: S7 and expires: 2026-05-31")
    try:
        expires = dt.date.fromisoformat(entries["expires"].text())
    except ValueError as problem:
        raise entries["expires"].bad("is not a day", "2026-05-31") from problem
    more = {
        key: entries[key].text()
        for key in ("target", "reason", "owner")
        if key in entries and not entries[key].is_empty
    }
    return Waiver(rule=entries["rule"].text(), expires=expires, **more)
