"""Inputs made wrong: bytes, words, lines and JSON values of samples changed at random, repeatably by the generator that is given."""

import copy
import io
import json
import random
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from support import compact_structs as parts

TOKENS = [
    *(bytes([number]) for number in (0, 7, 8, 9, 10, 11, 13, 27, 127, 128, 155, 255)),
    *(
        text.encode("utf-8", "surrogatepass")
        for text in (
            "\x1b[2J\x1b]0;x\x07", "\u202e", "\u2028", "\u0085", "\ufeff", "\udcff", "²", "\u0661", "\U000e0041", "\xe4\xf6", "NaN",
            "Infinity", "-Infinity", "-1", "0", "-0", "1e309", "1e-400", "0x7fffffff", "9" * 20, "9" * 400, "9" * 5000,
            "18446744073709551616", "''", '""', "'", '"', "\\", "\\x", "$", "${", "${A:-${B", "$(", "`", "%s%n", "{{", "}}", "[", "]",
            "(", ")", "{", "}", "<", ">", "|", "&", ";", "#", "!", "*", "&a", "*a", "<<: *a", "!!python/object/apply:os.system [x]",
            "!!binary x", "? ", "- ", ": ", "---", "...", "null", "true", "../../../../../../nowhere", "/nowhere/at/all", "/dev/zero",
            "/proc/self/environ", ".", "..", "~", "a" * 300, "[red]", "[link=x]", "\r\n", "include *", "include .", "user", ">pw",
            "#" + "0" * 64, "~*", "&*", "+@all", "-@all", "(~a", "replicaof", "no", "yes", "sentinel", "monitor", "mymaster",
            "127.0.0.1", "::1", "6379", "65536", "1gb", "1tb", "99999999gb", "EOF", "<<EOF\n", "if", "then", "fi", "done",
        )
    ),
]  # fmt: skip
NESTING = [
    b"[",
    b"{",
    b"(",
    b"{a: ",
    b"- ",
    b'{"a":',
    b"[[",
    b"${A:-",
    b"$(",
    b"`",
    b"!",
    b"if true; then ",
    b"<<",
    b"*1\r\n",
    b"\\\n",
    b"'",
    b'"',
]
DEPTHS = (2, 10, 100, 1_000, 20_000)
VALUES: list[Any] = [
    None, True, False, 0, -1, 1, 2**31, 2**63, 2**64, 10**15, 10**400, 1e308, -1e308, 5e-324, 0.5, "", "x", "\x1b[2J", "\u202e",
    "../../x", "a/b", "\x00", "a" * 5_000, [], {}, [[]], [None], {"a": None}, {"": {}}, [1, "a"], "lab", "redis-n1", "client-1", "f1",
    float("nan"), float("inf"), "9" * 5_000, "primary", "done", "clock", [["n1"], ["n2"]], [[{}]],
]  # fmt: skip

Generator = random.Random


def mutate(generator: Generator, data: bytes, others: Sequence[bytes]) -> bytes:
    """The bytes, changed once to four times."""
    for _ in range(generator.choice((1, 1, 1, 2, 3, 4))):
        data = generator.choice(_CHANGES)(generator, data, others)
    return data[: 1 << 20]


def _somewhere(generator: Generator, data: bytes) -> tuple[int, int]:
    """The beginning and end of a part, mostly a short one."""
    begin = generator.randint(0, len(data))
    return begin, min(len(data), begin + generator.choice((1, 2, 4, 8, 30, 200, 2_000)))


def _flip(generator: Generator, data: bytes, _: Sequence[bytes]) -> bytes:
    changed = bytearray(data)
    for _ in range(generator.choice((1, 2, 8))):
        if changed:
            changed[generator.randrange(len(changed))] ^= 1 << generator.randrange(8)
    return bytes(changed)


def _insert(generator: Generator, data: bytes, _: Sequence[bytes]) -> bytes:
    at = generator.randint(0, len(data))
    return data[:at] + generator.choice(TOKENS) + data[at:]


def _delete(generator: Generator, data: bytes, _: Sequence[bytes]) -> bytes:
    begin, end = _somewhere(generator, data)
    return data[:begin] + data[end:]


def _duplicate(generator: Generator, data: bytes, _: Sequence[bytes]) -> bytes:
    begin, end = _somewhere(generator, data)
    return data[:end] + data[begin:end] * generator.choice((1, 1, 2, 50)) + data[end:]


def _truncate(generator: Generator, data: bytes, _: Sequence[bytes]) -> bytes:
    return data[: generator.randint(0, len(data))]


def _splice(generator: Generator, data: bytes, others: Sequence[bytes]) -> bytes:
    other = generator.choice(others)
    return data[: generator.randint(0, len(data))] + other[generator.randint(0, len(other)) :]


def _nest(generator: Generator, data: bytes, _: Sequence[bytes]) -> bytes:
    at = generator.randint(0, len(data))
    return data[:at] + generator.choice(NESTING) * generator.choice(DEPTHS) + data[at:]


def _words(generator: Generator, data: bytes, others: Sequence[bytes]) -> bytes:
    """A word replaced by a token, or by a word of another sample."""
    words = data.split(b" ")
    given = generator.choice(others).split()
    chosen = generator.choice(given) if given and generator.random() < 0.5 else generator.choice(TOKENS)
    words[generator.randrange(len(words))] = chosen
    return b" ".join(words)


def _lines(generator: Generator, data: bytes, others: Sequence[bytes]) -> bytes:
    """A line moved, repeated, removed, or taken from another sample."""
    lines = data.split(b"\n")
    at, to = generator.randrange(len(lines)), generator.randrange(len(lines))
    match generator.randrange(4):
        case 0:
            lines[at], lines[to] = lines[to], lines[at]
        case 1:
            lines.insert(to, lines[at])
        case 2:
            del lines[at]
        case _:
            lines.insert(at, generator.choice(generator.choice(others).split(b"\n")))
    return b"\n".join(lines)


_CHANGES: tuple[Callable[[Generator, bytes, Sequence[bytes]], bytes], ...] = (
    _flip, _insert, _insert, _delete, _duplicate, _truncate, _splice, _nest, _words, _words, _lines, _lines,
)  # fmt: skip


def mutate_json(generator: Generator, data: bytes, others: Sequence[bytes]) -> bytes:
    """A JSON document, or one a line, with values replaced, removed or nested; now and then its bytes changed instead."""
    if generator.random() < 0.3:
        return mutate(generator, data, others)
    lines = data.split(b"\n") if data.count(b"\n{") > 3 else [data]
    for _ in range(generator.choice((1, 1, 2, 3))):
        at = generator.randrange(len(lines))
        try:
            document = json.loads(lines[at])
        except (ValueError, RecursionError):
            continue
        lines[at] = _dump(_changed(generator, document))
    return b"\n".join(lines)


def _dump(document: Any) -> bytes:
    return json.dumps(document).encode()


def _changed(generator: Generator, document: Any) -> Any:
    """The document with a value somewhere in it replaced; it may be the whole."""
    if isinstance(document, dict) and document and generator.random() < 0.95:
        key = generator.choice(list(document))
        return _changed_in(generator, document, key)
    if isinstance(document, list) and document and generator.random() < 0.9:
        return _changed_in(generator, document, generator.randrange(len(document)))
    return generator.choice(VALUES)


def _changed_in(generator: Generator, inside: Any, key: Any) -> Any:
    match generator.randrange(8):
        case 0:
            del inside[key]
        case 1 if isinstance(inside, list):
            inside.insert(key, inside[key])
        case 1:
            inside[generator.choice(["name", "x", "", "\x1b[2J", "fault"])] = inside[key]
        case _:
            inside[key] = _changed(generator, inside[key])
    return inside


NUMBERS = (-(2**63), -(2**62), -1, 0, 1, 3, 4, 17, 18, 200, 254, 255, 2**16, 2**31, 2**48, 10**15, 2**62, 2**63 - 1)


def mutate_history(generator: Generator, data: bytes, others: Sequence[bytes]) -> bytes:
    """A history with other numbers in it, in its own format; now and then its bytes changed instead."""
    if data.startswith(b"PAR1") and generator.random() < 0.8:
        return _with_column(generator, data)
    if data.startswith(b"JSQHIST1") and generator.random() < 0.8:
        at = (
            generator.choice((8, 16, 4096, 4104, 4096 + 65_536 * 8, 4096 + 65_536 * 24, 4096 + 65_536 * 26))
            + generator.randrange(3) * 8
        )
        changed = data[:at] + generator.choice(NUMBERS).to_bytes(8, "little", signed=True) + data[at + 8 :]
        return changed[: generator.choice((len(changed), len(changed), 4096, 100_000))]
    return mutate(generator, data, others)


def mutate_footer(generator: Generator, data: bytes, others: Sequence[bytes]) -> bytes:
    """A Parquet file that says something else of itself, by bytes or by parts; what is none is changed as any bytes are."""
    length = int.from_bytes(data[-8:-4], "little")
    if not data.endswith(b"PAR1") or not 0 < length <= len(data) - 12:
        return mutate(generator, data, others)
    if generator.random() < 0.5:
        return _with_other_parts(generator, data)
    changed = bytearray(data)
    for _ in range(generator.randint(1, 4)):
        at = len(data) - 8 - 1 - generator.randrange(length)
        changed[at] = generator.choice((generator.randrange(256), changed[at] ^ (1 << generator.randrange(8)), 0, 0x7E))
    return bytes(changed)


def _with_other_parts(generator: Generator, data: bytes) -> bytes:
    """A Parquet file of which some numbers, groups, columns or headers of pages are others, all of it well formed."""
    pages, footer = parts.take_apart(data)
    for _ in range(generator.choice((1, 1, 2, 3))):
        groups = parts.groups_of(footer)
        if not groups:
            break
        change = generator.choice((_other_number, _other_number, _other_groups, _other_place, _other_page))
        pages = change(generator, pages, footer, generator.choice(groups))
    return parts.put_together(pages, footer)


def _other_number(generator: Generator, pages: bytes, footer: parts.Struct, group: parts.Struct) -> bytes:
    inside = generator.choice((footer, group, generator.choice(parts.columns_of(group))))
    field = generator.choice([field for field in inside if field[1] in (parts.I32, parts.I64)])
    field[2] = generator.choice((*NUMBERS, field[2] - 1, field[2] + 1, field[2] // 2, field[2] * 2))
    return pages


def _other_groups(generator: Generator, pages: bytes, footer: parts.Struct, group: parts.Struct) -> bytes:
    """The group is gone, or there as often as that, now and then without rows or with fewer columns."""
    groups, columns = parts.groups_of(footer), parts.get(group, parts.COLUMNS)[1]
    before = parts.get(group, parts.GROUP_ROWS)
    groups[:] = groups * generator.choice((0, 1, 2, 63))
    if generator.random() < 0.3 and len(columns) > 1:
        columns.pop()
    if generator.random() < 0.5:
        parts.put(group, parts.GROUP_ROWS, generator.choice((0, 1, before // 2)))
    if generator.random() < 0.7:
        parts.put(footer, parts.ROWS, sum(parts.get(one, parts.GROUP_ROWS) for one in groups))
    return pages


def _other_place(generator: Generator, pages: bytes, _: parts.Struct, group: parts.Struct) -> bytes:
    """A column has the pages of another."""
    columns = parts.columns_of(group)
    generator.choice(columns)[:] = copy.deepcopy(generator.choice(columns))
    return pages


def _other_page(generator: Generator, pages: bytes, _: parts.Struct, group: parts.Struct) -> bytes:
    """A column's first page says something else of itself, or is there more than once; behind all others."""
    column = generator.choice(parts.columns_of(group))
    begin = parts.get(column, parts.DICTIONARY_AT) or parts.get(column, parts.DATA_AT)
    length = parts.get(column, parts.PACKED_BYTES)
    if not 0 <= begin < len(pages) or not 0 < length <= len(pages) - begin:
        return pages
    header, end = parts.decode(pages, begin)
    told = next(field[2] for field in header if field[1] == parts.STRUCT)
    for field in generator.sample([*header, *told], 1):
        if field[1] == parts.I32:
            field[2] = generator.choice((0, 1, 2, 3, field[2] + 1, field[2] * 2, 1 << 22, (1 << 31) - 1))
    rest = pages[end : begin + length]
    data = parts.encode(header) * generator.choice((1, 1, 1, 2, 2_000)) + rest
    shift = len(pages) - begin + len(data) - length
    for number in (parts.DATA_AT, parts.DICTIONARY_AT):
        at = parts.get(column, number)
        if at is not None:
            parts.put(column, number, len(pages) if at == begin else at + shift)
    parts.put(column, parts.PACKED_BYTES, len(data))
    return pages + data


def _with_column(generator: Generator, data: bytes) -> bytes:
    """The same table with a column removed, renamed, of another type, or with other values in it."""
    table = pq.ParquetFile(pa.BufferReader(data)).read(use_threads=False)
    at = generator.randrange(table.num_columns)
    name, column = table.column_names[at], table.column(at)
    if generator.random() < 0.2:
        table = table.remove_column(at)
    else:
        values: list[Any] = column.to_pylist()
        for _ in range(generator.choice((1, 3, len(values)))):
            if values:
                values[generator.randrange(len(values))] = generator.choice((None, *NUMBERS, 0.5, "x", "ok", [1]))
        kind = generator.choice(
            (column.type, None, pa.int64(), pa.float64(), pa.string(), pa.uint8(), pa.list_(pa.int64()))
        )
        try:
            changed = pa.array(values, type=kind)
        except (pa.ArrowException, OverflowError, TypeError, ValueError):
            changed = pa.array([generator.choice(NUMBERS)] * table.num_rows, type=pa.int64())
        names = [name, name, name, "found_redis-n9", "found_../../x", "x", "found_redis-n1"]
        table = table.set_column(at, generator.choice(names), changed)
    if table.num_rows and generator.random() < 0.1:
        table = table.take([generator.randrange(table.num_rows) for _ in range(table.num_rows)])
    written = io.BytesIO()
    pq.write_table(table, written, compression=generator.choice(("zstd", "none")))
    return written.getvalue()
