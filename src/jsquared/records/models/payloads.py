"""Values of 16 bytes to 64 kB: unique, half of them such that nothing can compress them, with any byte in them."""

import hashlib

from jsquared.records.models.model import Call

SIZES = (16, 48, 120, 400, 1500, 20)
LARGE_EVERY, LARGE_BYTES = 64, 65_536
MEDIUM_EVERY, MEDIUM_BYTES = 16, 8_192


def size_of(number: int) -> int:
    """Return the length of an operation's value: one of 64 is large, the others are as applications usually store them."""
    if number % LARGE_EVERY == LARGE_EVERY - 1:
        return LARGE_BYTES
    if number % MEDIUM_EVERY == MEDIUM_EVERY - 1:
        return MEDIUM_BYTES
    return SIZES[number % len(SIZES)]


def payload_of(call: Call) -> bytes:
    """The value that an operation writes: its token, then bytes that follow from it."""
    size = size_of(call.number)
    rest = size - len(call.token)
    if rest <= 0:
        return call.token
    return call.token + (hashlib.shake_128(call.token).digest(rest) if call.series % 2 else b"x" * rest)


def short_of(call: Call) -> bytes:
    """A value of 16 bytes for what is put together from many: the token, padded in front of its end."""
    return call.token[:-1].ljust(15, b"_") + b";"
