"""The tables of a settings file that change what runs ask for: own limits, own suites, and scenarios that are excluded for a while."""

import datetime
import re
from collections.abc import Iterable

from jsquared.records.exclusions import Exclusion
from jsquared.scenario.limits import USUAL_LIMITS
from jsquared.scenario.team_rules import OwnLimit
from jsquared.settings.entry import Entry
from jsquared.text import did_you_mean

LEAST_MS, MOST_MS = 100, 3_600_000
MOST_LOST = 1_000_000_000
LONGEST_DAYS = 366
"""An exclusion must be looked at again within a year."""
MOST_ENTRIES = 500
SUITE_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_COUNTS = ("lost_writes", "lost_operations")
LIMIT_KEYS: dict[str, str] = {name if name in _COUNTS else f"{name}_ms": name for name in USUAL_LIMITS}
"""The keys of ``[objectives]`` with the objectives that they limit."""


def read_limits(entry: Entry) -> list[OwnLimit]:
    """Return the limits of ``[objectives]``.

    :raises BadInputError: one of them is wrong, or laxer than usual and has no reason.
    """
    return [_limit(LIMIT_KEYS[name], value) for name, value in entry.table(tuple(LIMIT_KEYS)).items()]


def _limit(objective: str, entry: Entry) -> OwnLimit:
    reason = ""
    value = entry
    if isinstance(entry.value, dict):
        keys = entry.table(("limit", "reason"))
        if "limit" not in keys:
            raise entry.bad("has no limit", '{ limit = 5000, reason = "…" }')
        value = keys["limit"]
        reason = keys["reason"].text() if "reason" in keys else ""
    limit = value.whole(0, MOST_LOST) if objective in _COUNTS else value.whole(LEAST_MS, MOST_MS)
    usual = USUAL_LIMITS[objective]
    if limit > usual and not reason:
        raise entry.bad(
            f"{limit} is laxer than JSquared's own {usual}, so it needs a reason",
            f'{{ limit = {limit}, reason = "…" }}',
        )
    return OwnLimit(objective=objective, limit=limit, reason=reason, where=entry.where)


def read_suites(entry: Entry) -> dict[str, tuple[str, ...]]:
    """Return the suites of ``[suites]`` with their scenarios, files of scenarios relative to the working folder.

    :raises BadInputError: a name is wrong or taken, or a scenario does not exist.
    """
    from jsquared.scenarios.catalogue import SUITES  # noqa: PLC0415 -- few settings need the catalogue, which takes long to load

    suites: dict[str, tuple[str, ...]] = {}
    for name, listed in _bounded(entry).items():
        if name in SUITES:
            raise listed.bad(f"'{name}' is a suite of JSquared itself", f"my-{name}")
        if not SUITE_NAME.fullmatch(name):
            raise listed.bad("a suite's name is one word of small letters, digits and '-'", "smoke = […]")
        items = listed.items()
        if not 0 < len(items) <= MOST_ENTRIES:
            raise listed.bad(
                "has no scenarios" if not items else f"has more than {MOST_ENTRIES} scenarios",
                '["primary-crash"]' if not items else "several suites",
            )
        suites[name] = tuple(dict.fromkeys(map(_scenario, items)))
    return suites


def _scenario(item: Entry) -> str:
    from jsquared.scenarios.catalogue import SCENARIOS  # noqa: PLC0415 -- as above
    from jsquared.scenarios.scenario_file import SUFFIXES  # noqa: PLC0415 -- as above

    text = item.text()
    if text in SCENARIOS:
        return text
    if text.endswith(SUFFIXES) or "/" in text:
        return item.existing_file()
    raise item.bad(f"no such scenario '{text[:60]}'", _nearest(text))


def _nearest(text: str) -> str:
    from jsquared.scenarios.catalogue import SCENARIOS  # noqa: PLC0415 -- as above

    return did_you_mean(text, SCENARIOS, most=2, listed_by="jsquared scenarios")


def check_suite(entry: Entry, own: Iterable[str]) -> str:
    """Return the value of the key ``suite``: names of suites with commas between them.

    :raises BadInputError: there is no such suite.
    """
    from jsquared.scenarios.catalogue import SUITES  # noqa: PLC0415 -- as above

    known = (*SUITES, *own)
    names = [name.strip() for name in entry.text().split(",")]
    for name in names:
        if name not in known:
            raise entry.bad(f"no such suite '{name[:60]}'", did_you_mean(name, known, otherwise=", ".join(known)))
    return ",".join(names)


def read_exclusions(entry: Entry, today: datetime.date) -> list[Exclusion]:
    """Return the exclusions of ``[exclusions]``; those that have expired say so.

    :raises BadInputError: there is no such scenario, or it lacks a reason or a day within a year.
    """
    return [_exclusion(name, table, today) for name, table in _bounded(entry).items()]


def _exclusion(name: str, entry: Entry, today: datetime.date) -> Exclusion:
    from jsquared.scenarios.catalogue import SCENARIOS  # noqa: PLC0415 -- as above

    if name not in SCENARIOS:
        raise entry.bad(f"no such scenario '{name[:60]}'", _nearest(name))
    keys = entry.table(("reason", "until"))
    for key, example in (("reason", '"…"'), ("until", (today + datetime.timedelta(days=60)).isoformat())):
        if key not in keys:
            raise entry.bad(f"has no {key}", f"{key} = {example}")
    until = keys["until"].day()
    if (until - today).days > LONGEST_DAYS:
        last = today + datetime.timedelta(days=LONGEST_DAYS)
        raise keys["until"].bad("is more than a year ahead", f"{last.isoformat()} or before")
    return Exclusion(
        scenario=name,
        reason=keys["reason"].text(),
        until=until.isoformat(),
        where=entry.where,
        effect="expired" if until < today else "not-in-suite",
    )


def _bounded(entry: Entry) -> dict[str, Entry]:
    entries = entry.table()
    if len(entries) > MOST_ENTRIES:
        raise entry.bad(f"has more than {MOST_ENTRIES} entries", "fewer of them")
    return entries
