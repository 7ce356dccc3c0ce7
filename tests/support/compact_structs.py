"""Structs in the compact protocol of Apache Thrift, decoded, changed and encoded again: what Parquet files say of themselves.

A struct is a list of fields, each ``[number, type, value]``; a list is ``(type, values)``. Sources: thrift-compact-protocol.md of
apache/thrift; parquet.thrift of apache/parquet-format, of which the numbers below are.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

TRUE, FALSE, BYTE, I32, I64, DOUBLE, BINARY, LIST, STRUCT = 1, 2, 3, 5, 6, 7, 8, 9, 12
ROWS, GROUPS = 3, 4
"""Of the footer."""
COLUMNS, GROUP_ROWS = 1, 3
"""Of a group of rows."""
ABOUT = 3
"""Of a column in a group."""
CODEC, VALUES, PACKED_BYTES, DATA_AT, DICTIONARY_AT = 4, 5, 7, 9, 11
"""Of what a column in a group is about."""
Struct = list[list[Any]]


def decode(data: bytes, at: int = 0) -> tuple[Struct, int]:
    """The struct that begins there, and where it ends."""
    fields: Struct = []
    number = 0
    while head := data[at]:
        at += 1
        if head >> 4:
            number += head >> 4
        else:
            number, at = _whole(data, at)
        value, at = _value(data, at, head & 15)
        fields.append([number, head & 15, value])
    return fields, at + 1


def _unsigned(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while data[at] > 127:
        value |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
    return value | data[at] << shift, at + 1


def _whole(data: bytes, at: int) -> tuple[int, int]:
    value, at = _unsigned(data, at)
    return (value >> 1) ^ -(value & 1), at


def _value(data: bytes, at: int, kind: int) -> tuple[Any, int]:
    if kind in (TRUE, FALSE):
        return kind == TRUE, at
    if kind == STRUCT:
        return decode(data, at)
    if kind == LIST:
        return _list(data, at)
    if kind == BINARY:
        length, at = _unsigned(data, at)
        return data[at : at + length], at + length
    if kind in (BYTE, DOUBLE):
        length = 1 if kind == BYTE else 8
        return data[at : at + length], at + length
    return _whole(data, at)


def _list(data: bytes, at: int) -> tuple[Any, int]:
    head, values = data[at], []
    count, at = (head >> 4, at + 1) if head >> 4 < 15 else _unsigned(data, at + 1)
    kind = head & 15
    for _ in range(count):
        value, at = _value(data, at, BYTE if kind in (TRUE, FALSE) else kind)
        values.append(value)
    return (kind, values), at


def encode(fields: Struct) -> bytes:
    """A struct as bytes."""
    encoded, before = b"", 0
    for number, kind, value in fields:
        of_kind = (TRUE if value else FALSE) if kind in (TRUE, FALSE) else kind
        delta = number - before
        encoded += bytes([delta << 4 | of_kind]) if 0 < delta < 16 else bytes([of_kind]) + _signed(number)
        encoded += _encoded(kind, value)
        before = number
    return encoded + b"\0"


def unsigned(value: int) -> bytes:
    """A number without a sign."""
    value &= (1 << 64) - 1
    encoded = b""
    while value > 127:
        encoded += bytes([value & 127 | 128])
        value >>= 7
    return encoded + bytes([value])


def _signed(value: int) -> bytes:
    return unsigned((value << 1) ^ (value >> 63))


def _encoded(kind: int, value: Any) -> bytes:
    if kind in (TRUE, FALSE):
        return b""
    if kind == STRUCT:
        return encode(value)
    if kind == BINARY:
        return unsigned(len(value)) + bytes(value)
    if kind in (BYTE, DOUBLE):
        return bytes(value)
    if kind != LIST:
        return _signed(value)
    of, values = value
    head = bytes([len(values) << 4 | of]) if len(values) < 15 else bytes([0xF0 | of]) + unsigned(len(values))
    return head + b"".join(_encoded(BYTE if of in (TRUE, FALSE) else of, one) for one in values)


def get(fields: Struct, number: int) -> Any:
    """The value of a field, None where there is none."""
    return next((field[2] for field in fields if field[0] == number), None)


def put(fields: Struct, number: int, value: Any, kind: int = I64) -> None:
    """Give a field another value, or add it."""
    for field in fields:
        if field[0] == number:
            field[2] = value
            return
    fields.append([number, kind, value])
    fields.sort(key=lambda field: int(field[0]))


def take_apart(data: bytes) -> tuple[bytes, Struct]:
    """A Parquet file's pages, with what stands before them, and its footer."""
    begin = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    return data[:begin], decode(data, begin)[0]


def put_together(pages: bytes, footer: Struct | bytes) -> bytes:
    """A Parquet file again."""
    encoded = footer if isinstance(footer, bytes) else encode(footer)
    return pages + encoded + len(encoded).to_bytes(4, "little") + b"PAR1"


def groups_of(footer: Struct) -> list[Struct]:
    """Its groups of rows."""
    return get(footer, GROUPS)[1]  # type: ignore[no-any-return]


def columns_of(group: Struct) -> list[Struct]:
    """What the columns of a group are about."""
    return [get(column, ABOUT) for column in get(group, COLUMNS)[1]]


def change(path: Path, how: Callable[[bytes, Struct], bytes]) -> None:
    """Change the footer of a file in place; ``how`` gives what its pages are then."""
    pages, footer = take_apart(path.read_bytes())
    pages = how(pages, footer)
    path.write_bytes(put_together(pages, footer))


def page(kind: int, unpacked: int, data: bytes, about: int, *fields: int) -> bytes:
    """A page with its header: the struct of that number has these 32-bit numbers, one for each field from the first."""
    told = [[number, I32, value] for number, value in enumerate(fields, 1)]
    return encode([[1, I32, kind], [2, I32, unpacked], [3, I32, len(data)], [about, STRUCT, told]]) + data
