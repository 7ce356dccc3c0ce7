"""``journalctl -o export``: entries of fields, a line each, or with a length where a value is no plain text."""

from collections.abc import Iterator

from jsquared.logs.envelopes import Envelope, of_journal

BEGINNING = b"__CURSOR="
"""How every such export begins."""
MOST_FIELDS = 500
_LENGTH_BYTES = 8


def export_entries(data: bytes) -> Iterator[Envelope]:
    """Every entry that has a message; what is damaged ends the reading."""
    at, fields = 0, dict[str, str]()
    while at < len(data):
        end = data.find(b"\n", at)
        end = len(data) if end < 0 else end
        line, at = data[at:end], end + 1
        if not line:
            yield from _entry(fields)
            fields = {}
            continue
        name, equals, value = line.partition(b"=")
        if not equals:
            size = int.from_bytes(data[at : at + _LENGTH_BYTES], "little")
            if at + _LENGTH_BYTES + size > len(data):
                break
            value = data[at + _LENGTH_BYTES : at + _LENGTH_BYTES + size]
            at += _LENGTH_BYTES + size + 1
        if len(fields) < MOST_FIELDS:
            fields.setdefault(name.decode(errors="replace"), value.decode(errors="replace"))
    yield from _entry(fields)


def _entry(fields: dict[str, str]) -> Iterator[Envelope]:
    if "MESSAGE" in fields:
        yield of_journal(fields)
