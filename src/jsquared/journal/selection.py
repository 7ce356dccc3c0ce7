"""The choice of some runs among all: by scenario, deployment, outcome and time, as every command about runs takes it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from jsquared.errors import BadInputError
from jsquared.journal.run_facts import STATES, RunFacts
from jsquared.text import did_you_mean, one_of

_AGE = re.compile(r"(\d{1,6})(h|d|w)")
_HOURS = {"h": 1, "d": 24, "w": 168}


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Empty parts select everything; of several words of one part any is enough."""

    scenarios: Sequence[str] = ()
    deployments: Sequence[str] = ()
    outcomes: Sequence[str] = ()
    since: datetime | None = None

    def check(self) -> None:
        """Refuse an outcome that no run has.

        :raises BadInputError: there is no such outcome.
        """
        for word in self.outcomes:
            if word not in STATES:
                hint = did_you_mean(word, STATES, otherwise=one_of(STATES))
                raise BadInputError(f"'{word[:80]}' is not an outcome", where="--outcome", hint=hint)

    def of(self, runs: Sequence[RunFacts]) -> list[RunFacts]:
        """Return the selected runs, in their order.

        A damaged run has neither scenario nor deployment: it is selected where none is asked for.
        """
        return [run for run in runs if self._has(run)]

    def _has(self, run: RunFacts) -> bool:
        return (
            (not self.scenarios or run.scenario in self.scenarios or run.label in self.scenarios)
            and (not self.deployments or run.deployment in self.deployments)
            and (not self.outcomes or run.state in self.outcomes)
            and (self.since is None or run.started >= self.since)
        )


def parse_age(text: str, option: str) -> timedelta:
    """Return an age such as ``36h``, ``30d`` or ``8w``.

    :raises BadInputError: it is none.
    """
    found = _AGE.fullmatch(text)
    if not found:
        raise BadInputError(f"'{text[:80]}' is not an age", where=option, hint="36h, 30d or 8w")
    return timedelta(hours=int(found[1]) * _HOURS[found[2]])


def parse_since(text: str, now: datetime) -> datetime:
    """Return the moment of ``--since``: a day (its beginning, UTC), a moment, or an age such as ``7d`` before now.

    :raises BadInputError: it is none of these.
    """
    if _AGE.fullmatch(text):
        try:
            return now - parse_age(text, "--since")
        except OverflowError:
            return datetime.min.replace(tzinfo=UTC)
    try:
        if len(text) == len("2026-01-31"):
            return datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
        found = datetime.fromisoformat(text)
    except ValueError as problem:
        hint = "2026-01-31, 2026-01-31T09:00+00:00 or 7d"
        raise BadInputError(f"'{text[:80]}' is not a time", where="--since", hint=hint) from problem
    return found if found.tzinfo else found.replace(tzinfo=UTC)
