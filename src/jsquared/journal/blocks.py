"""Blocks of code in Markdown whose lines come from others: nothing in them ends the block, hides or reorders."""

import re
from collections.abc import Sequence

from jsquared.text import printable


def block(lines: Sequence[str], language: str) -> list[str]:
    """Return a block; its fence is longer than any run of backticks inside."""
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}{language}", *map(printable, lines), fence]
