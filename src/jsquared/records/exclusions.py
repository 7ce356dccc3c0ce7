"""Scenarios that a team's settings exclude from suites for a while, as plans, verdicts and reports hold them."""

from collections.abc import Iterable
from typing import Literal

import msgspec

Effect = Literal["left-out", "named", "not-in-suite", "expired"]
_EFFECTS: dict[Effect, str] = {
    "left-out": "not run: excluded until {until}",
    "named": "run, since it was named; excluded from suites until {until}",
    "not-in-suite": "not part of this run; excluded until {until}",
    "expired": "no longer excluded: the exclusion expired after {until}",
}


class Exclusion(msgspec.Struct, frozen=True, kw_only=True):
    """An excluded scenario with the reason, the last day on which that holds, and its place in the settings."""

    scenario: str
    reason: str
    until: str
    """The last day (UTC) on which it holds, such as ``2027-01-31``."""
    where: str
    effect: Effect = "not-in-suite"
    """``left-out``: it has kept the scenario out of this run. ``named``: the scenario was named, and ran all the same. ``not-in-suite``:
    nothing of this run would have had it. ``expired``: it no longer excludes."""

    def __str__(self) -> str:
        return f"{self.scenario}: {_EFFECTS[self.effect].format(until=self.until)}: {self.reason} ({self.where})"


def all_exclusions(several: Iterable[Iterable[Exclusion]]) -> list[Exclusion]:
    """Return the exclusions of several trials, each once, in their order."""
    return list(dict.fromkeys(one for exclusions in several for one in exclusions))
