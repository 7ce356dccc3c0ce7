"""The passwords that the marks of a plan stand for."""

import re
from collections.abc import Mapping

from jsquared.errors import LabError
from jsquared.records.secret_places import marks_in
from jsquared.records.secrets import Secrets

Marks = Mapping[str, str]
"""Marks to what they stand for."""


def marks_of(secrets: Secrets) -> dict[str, str]:
    """The mark of each secret with the secret."""
    found: dict[str, str] = {}
    for value in secrets.values:
        found.setdefault(secrets.mark(value), value)
    return found


def filled(text: str, marks: Marks) -> str:
    """A text with what its marks stand for.

    :raises LabError: one of them is not known.
    """
    unknown = [mark for mark in marks_in(text) if mark not in marks]
    if unknown:
        raise LabError(f"nothing says what {unknown[0]} stands for", where="the plan's passwords")
    return re.sub("|".join(map(re.escape, marks)), lambda found: marks[found[0]], text) if marks else text
