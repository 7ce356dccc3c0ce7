"""A program that a run used, as its folder names it: enough to tell whether another run used the same one."""

from typing import Literal

import msgspec

ProgramSource = Literal["given", "PATH", "cache"]
"""Where a program was found: at a path that the user gave, on PATH, or among those that ``jsquared tools get`` fetched."""


class ProgramRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A program by its own words and its content. Its path is this machine's, so it is not part of it."""

    name: str
    version: str
    sha256: str
    """Of the file itself, without its libraries."""
    source: ProgramSource
