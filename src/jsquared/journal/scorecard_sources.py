"""Everything that the figures of a scorecard are made from, read once."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from jsquared.journal.forge_export import ForgeItem
from jsquared.journal.journal_folder import Journal
from jsquared.journal.run_facts import RunFacts
from jsquared.journal.spans import Span
from jsquared.journal.standups import Standup


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Everything that figures are made from; None where a source is missing."""

    journal: Journal
    runs: list[RunFacts]
    """Those that say something about a deployment as it is, the oldest first."""
    suite: Sequence[str]
    """The scenarios that should be proven."""
    exports: list[ForgeItem] | None
    standups: list[Standup] | None
    documented: set[dt.date] = field(default_factory=set)
    """The days on which documentation was changed."""
    documented_unknown: str = ""
    """Why they are not known; empty where they are."""

    def within(self, span: Span) -> list[RunFacts]:
        """Return the runs that began on these days."""
        return [run for run in self.runs if span.has(self.journal.day_of(run.started))]

    def day(self, moment: dt.datetime) -> dt.date:
        """Return the day of a moment in the journal's zone."""
        return self.journal.day_of(moment)
