"""Numbers as the engines read them in a configuration (``string2ll`` and ``memtoull`` of util.c)."""

import re

_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,18}")
_LEADING = re.compile(r"\s*[+-]?[0-9]{1,19}")
_MEMORY = re.compile(r"(-?[0-9]{0,20})(b|k|kb|m|mb|g|gb)?", re.IGNORECASE)
_UNITS = {"": 1, "b": 1, "k": 10**3, "kb": 1 << 10, "m": 10**6, "mb": 1 << 20, "g": 10**9, "gb": 1 << 30}


def integer(word: str) -> int | None:
    """A whole number without leading zeros or a plus sign that fits into 64 bits; None for anything else."""
    number = int(word) if _INTEGER.fullmatch(word) else None
    return number if number is not None and -(2**63) <= number < 2**63 else None


def bytes_of(word: str) -> int | None:
    """An amount of memory in bytes, such as ``64mb``; None for anything else. A unit without digits is 0 to the engines."""
    found = _MEMORY.fullmatch(word)
    if found is None or not word or found[1] == "-":
        return None
    return int(found[1] or 0) * _UNITS[(found[2] or "").lower()]


def leading_integer(word: str) -> int:
    """The number that a word begins with, 0 where it begins with none (``atoi``): Sentinel reads ``5s`` as 5."""
    found = _LEADING.match(word)
    return int(found[0]) if found else 0
