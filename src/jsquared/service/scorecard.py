"""Computes the scorecard of a journal, and writes its page."""

import datetime as dt
from pathlib import Path

import msgspec

from jsquared.journal.front_matter import write_page
from jsquared.journal.journal_folder import parse_day, read_journal
from jsquared.journal.scorecard_page import scorecard_page
from jsquared.journal.scores import Scorecard, scorecard_of
from jsquared.journal.spans import Span
from jsquared.scenarios.catalogue import suite_named
from jsquared.service.journal import runs_of
from jsquared.service.request import require_range

SUITE = "standard"
PAGE = "scorecard.md"
MOST_DAYS = 366


class WrittenScorecard(msgspec.Struct, kw_only=True):
    """The scorecard, and its page."""

    page: str
    is_changed: bool
    scorecard: Scorecard


def scorecard(folder: Path, days: int, until: str, today: dt.datetime | None = None) -> WrittenScorecard:
    """Compute the scorecard of the days until a day, and write its page.

    :param until: empty: today, in the journal's zone.
    :raises BadInputError: there is no journal, something in it is malformed, or a number or a day is none.
    :raises RecordError: the page cannot be written.
    """
    require_range(days, "--days", least=1, most=MOST_DAYS)
    journal = read_journal(folder)
    last = parse_day(until, "--until") if until else journal.day_of(today or dt.datetime.now(dt.UTC))
    span = Span(last - dt.timedelta(days=days - 1), last)
    card = scorecard_of(journal, runs_of(journal) or [], [one.name for one in suite_named(SUITE)], span)
    page = folder / PAGE
    return WrittenScorecard(page=str(page), is_changed=write_page(page, scorecard_page(card)), scorecard=card)
