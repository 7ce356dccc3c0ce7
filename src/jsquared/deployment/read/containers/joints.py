"""Where the texts of a deployment were put together: a secret that goes over a joint stands there in parts, and cannot be marked."""

from collections.abc import Iterable
from dataclasses import dataclass, field

MOST_CHARACTERS = 2 << 20
"""Of all texts that are remembered; where there are more, every secret may be put together."""

LONGEST = 4096
"""Characters on either side of a joint that are looked at."""


@dataclass
class Joints:
    """Texts that were made of others, each with those that it was made of."""

    made: dict[str, list[tuple[str, ...]]] = field(default_factory=dict)
    characters: int = 0

    def note(self, whole: str, pieces: Iterable[str]) -> str:
        """Remember that a text was made of pieces; the text."""
        parts = tuple(piece for piece in pieces if piece)
        if whole and whole not in parts and self.characters <= MOST_CHARACTERS:
            self.characters += len(whole) + sum(map(len, parts))
            self.made.setdefault(whole, []).append(parts)
        return whole

    def note_behind(self, before: str, text: str) -> None:
        """Remember that a text came behind another one; no secret goes over the end of a line."""
        if before and text and not before.endswith("\n"):
            ends = before[-LONGEST:], text[:LONGEST]
            self.note("".join(ends), ends)

    def join(self, secret: str) -> bool:
        """True if a secret was, or may have been, put together from parts: it is in a text and whole in none of its pieces."""
        if self.characters > MOST_CHARACTERS:
            return True
        makings = (parts for whole, each in self.made.items() if secret in whole for parts in each)
        return any(not any(secret in part for part in parts) for parts in makings)
