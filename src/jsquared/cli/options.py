"""Options that several commands take, with their help and validation."""

from typing import Annotated

import typer

from jsquared.errors import BadInputError
from jsquared.records.plan import Ack

JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout; all else goes to stderr.")]


def parse_ack(text: str) -> Ack | None:
    """``--ack``: None for ``auto``.

    :raises BadInputError: none of the four forms.
    """
    return None if text == "auto" else Ack.parse(text)


def at_least(value: int, least: int, option: str, most: int | None = None) -> int:
    """The value, when it is neither too small nor too large.

    :raises BadInputError: it is.
    """
    if value < least:
        raise BadInputError(f"{value} is too small", where=option, try_=f"{least} or more")
    if most is not None and value > most:
        raise BadInputError(f"{value} is too large", where=option, try_=f"{most} or less")
    return value
