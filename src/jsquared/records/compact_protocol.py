"""The compact protocol of Apache Thrift, as far as it is needed to look at Parquet before Arrow reads it: structs of scalars.

It is read more strictly than Arrow does. A reader passes over a field of another type than it expects, and takes the later one of two with
the same number; here both are refused, so that nothing means one thing to us and another to Arrow.
Source: thrift-compact-protocol.md of apache/thrift.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

STOP, TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, _, _, STRUCT = range(13)
DEEPEST = 4
MOST_FIELDS = 64
"""Of a struct with all that lie within; each takes time, and a file may have many."""
_NUMBERS = {I16: 1 << 15, I32: 1 << 31, I64: 1 << 63}
"""By the type, what a number lies below."""
Path = tuple[int, ...]


@dataclass
class Reader:
    """Reads what begins at a place in bytes; ``numbers`` are the whole numbers so far, by the path of their fields' numbers."""

    data: memoryview
    at: int
    kinds: Mapping[Path, tuple[int, ...]] = field(default_factory=dict)
    """The types that a field may have, by its path; others may have any."""
    numbers: dict[Path, int] = field(default_factory=dict)
    fields: int = 0

    def struct(self, path: Path = ()) -> None:
        """Read a struct.

        :raises ValueError: there is none, or one that Arrow does not write.
        """
        if len(path) > DEEPEST:
            raise ValueError("a page header that is too deep")
        number = 0
        while (head := self.byte()) != STOP:
            if head < 0x10:  # a number of its own, which may be one that was there before
                raise ValueError("a page header with fields out of order")
            self.fields += 1
            if self.fields > MOST_FIELDS:
                raise ValueError(f"a page header of more than {MOST_FIELDS} fields")
            number += head >> 4
            self._value(head & 0x0F, (*path, number))

    def _value(self, kind: int, path: Path) -> None:
        if kind not in self.kinds.get(path, (kind,)):
            raise ValueError("a page header with a field of the wrong type")
        if kind in _NUMBERS:
            self.numbers[path] = self.whole(_NUMBERS[kind])
        elif kind == STRUCT:
            self.struct(path)
        elif kind in (BYTE, DOUBLE):
            self.at += 1 if kind == BYTE else 8
        elif kind == BINARY:
            length = self.unsigned()
            self.at += length
        elif kind not in (TRUE, FALSE):
            raise ValueError("a page header with an unknown field")

    def byte(self) -> int:
        """The next one."""
        if not 0 <= self.at < len(self.data):
            raise ValueError("a page header beyond the end of the file, or too long")
        self.at += 1
        return self.data[self.at - 1]

    def unsigned(self) -> int:
        """A number without a sign."""
        value = shift = 0
        while shift < 64:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
        raise ValueError("an unterminated number in a page header")

    def whole(self, limit: int) -> int:
        """A number with a sign, which lies below the limit."""
        value = self.unsigned()
        number = (value >> 1) ^ -(value & 1)
        if not -limit <= number < limit:
            raise ValueError("a number in a page header that is too large")
        return number
