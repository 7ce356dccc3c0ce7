"""Applying an edit to a source text: exactly once, or not at all."""

import re

from engine_mutants.mutant import Mutant


class EditError(Exception):
    """The edit does not fit the source: it needs to be written anew, for a new version say."""


def edited(text: str, mutant: Mutant) -> str:
    """The source with the mutant's edit.

    :raises EditError: the function or the anchor is missing or ambiguous, or nothing would change.
    """
    start, end = _region(text, mutant)
    found = text.count(mutant.anchor, start, end)
    where = f"in {mutant.within!r} of {mutant.file}" if mutant.within else f"in {mutant.file}"
    if found != 1:
        raise EditError(f"{mutant.name}: the anchor {mutant.anchor!r} stands {found} times {where}, not once")
    if mutant.anchor == mutant.replacement:
        raise EditError(f"{mutant.name}: anchor and replacement are the same")
    at = text.index(mutant.anchor, start, end)
    return text[:at] + mutant.replacement + text[at + len(mutant.anchor) :]


def _region(text: str, mutant: Mutant) -> tuple[int, int]:
    """Where the anchor must stand: from the function's definition to the brace in the first column that closes it."""
    if not mutant.within:
        return 0, len(text)
    starts = [match.start() for match in re.finditer(f"^{re.escape(mutant.within)}", text, re.MULTILINE)]
    starts = [start for start in starts if _is_definition(text, start)]
    if len(starts) != 1:
        raise EditError(
            f"{mutant.name}: {len(starts)} functions begin with {mutant.within!r} in {mutant.file}, not one"
        )
    end = text.find("\n}", starts[0])
    return starts[0], len(text) if end < 0 else end + 2


def _is_definition(text: str, start: int) -> bool:
    """A declaration has its semicolon before any brace."""
    first = re.compile("[;{]").search(text, start)
    return first is not None and first.group() == "{"
