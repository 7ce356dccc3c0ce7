"""Moments in words, such as ``2000 ms after load``: when a fault begins or heals."""

import re
from dataclasses import dataclass

from jsquared.errors import BadInputError

_MOMENT = re.compile(r"^([0-9]{1,12}) ms after ([A-Za-z0-9_.-]+)$")


@dataclass(frozen=True)
class Moment:
    """``after_ms`` milliseconds after an anchor."""

    after_ms: int
    anchor: str

    def __str__(self) -> str:
        return f"{self.after_ms} ms after {self.anchor}"

    @classmethod
    def parse(cls, text: str) -> "Moment":
        """From its words.

        :raises BadInputError: they are none.
        """
        match = _MOMENT.match(text)
        if match is None:
            raise BadInputError(f"'{text}' is not a valid moment", where="fault schedule", hint="'2000 ms after load'")
        return cls(int(match.group(1)), match.group(2))
