"""Agreement of a key's content with the expected one: type, value, and time to live."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jsquared.records.contents import STAYS, Entry
from jsquared.records.models.model import Held, State

SLACK_MS = 1000.0
"""Between the clocks of the lab and of a server, and for what a server rounds."""


@dataclass(frozen=True)
class Seen:
    """The observed content of a key, in the form of :class:`~jsquared.records.models.model.Held`."""

    type: str
    value: Any
    expires_ms: float = STAYS

    @classmethod
    def of(cls, entry: Entry) -> "Seen":
        """From what was read; the identifiers of a stream are the server's own."""
        value = entry.value
        if value is None:
            return cls(entry.type, ("digest", entry.digest), entry.expires_ms)
        if entry.type == "stream":
            value = [tuple(fields) for _, fields in value]
        return cls(entry.type, value if isinstance(value, bytes) else tuple(value), entry.expires_ms)


@dataclass(frozen=True)
class Lifetimes:
    """The possible moments of expiry of keys with a time to live.

    ``invoked_ms`` has when each step's operation was sent, ``read_ms`` is when the node had been read. An operation was applied between
    the two, on a replica as late as it lagged behind (before version 7 replicas are told how long, not until when). Where a fault moved a
    clock (``moved``), keys may expire at any time, and only whether they have one is judged.
    """

    invoked_ms: Sequence[float]
    read_ms: float
    moved: bool = False

    def may_be_gone(self, held: Held) -> bool:
        """True if it may have expired before it was read."""
        if held.ttl_s is None:
            return False
        return self.moved or self.invoked_ms[held.set_by] + held.ttl_s * 1000 <= self.read_ms + SLACK_MS

    def may_expire(self, held: Held, at_ms: float) -> bool:
        """True if a key with this content may be about to expire then."""
        if held.ttl_s is None or at_ms == STAYS:
            return held.ttl_s is None and at_ms == STAYS
        ttl_ms = held.ttl_s * 1000
        earliest, latest = self.invoked_ms[held.set_by] + ttl_ms - SLACK_MS, self.read_ms + ttl_ms + SLACK_MS
        return self.moved or earliest <= at_ms <= latest

    def agree(self, state: State, seen: Sequence[Seen | None]) -> bool:
        """True if keys that were observed like this may have this content."""
        return all(self._agrees(held, one) for held, one in zip(state, seen, strict=True))

    def _agrees(self, held: Held | None, seen: Seen | None) -> bool:
        if held is None or seen is None:
            return (held is None or self.may_be_gone(held)) and seen is None
        return same_value(held, seen) and self.may_expire(held, seen.expires_ms)


def same_value(held: Held, seen: Seen) -> bool:
    """True if type and value are the same, whatever the lifetimes."""
    return held.type == seen.type and held.value == seen.value
