"""The base of all events of a trial, and the kinds of values in their fields."""

import math
import sys
from typing import Annotated

import msgspec
from msgspec import Meta

from jsquared.records.reading import LONGEST_MS
from jsquared.records.sources import LAB

Time = Annotated[float, Meta(ge=-LONGEST_MS, le=LONGEST_MS)]
"""A time on a trial's clock, or a length of time, in ms: finite, and not longer than any trial goes on."""
Integer = Annotated[int, Meta(ge=-(1 << 63), le=(1 << 63) - 1)]
Finite = Annotated[float, Meta(ge=-sys.float_info.max, le=sys.float_info.max)]
ParameterValue = str | bool | Integer | Finite | list[str]
"""What a fault can be told, as a plan has it."""
Names = tuple[str, ...]
NOW = math.nan
"""In the place of a time: the log of events fills in when it records the event."""


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """The base of all kinds."""

    t_ms: Time = NOW
    """When it happened, on the trial's clock."""
    source: str = LAB
    """Whom it is about: ``lab``, a node or a client."""

    @property
    def kind(self) -> str:
        """The kind as the file names it."""
        return str(self.__struct_config__.tag)


class OtherEvent(Event, frozen=True):
    """An event of a kind that this JSquared does not know: it is kept, and nothing looks at it."""

    written: str

    @property
    def kind(self) -> str:
        """The kind as the file names it."""
        return self.written
