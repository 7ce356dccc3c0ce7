"""The writes as bytes: whole batches of SET in one formatting step, and what their replies look like.

Write ``i`` of client ``c`` sets ``<prefix>c:i`` to a value that starts with the key and is padded with ``x``.
"""

from collections.abc import Callable

from jsquared.records.history import key_of

OK_REPLY = b"+OK\r\n"
TEMPLATES_KEPT = 64


def value_of(key: bytes, value_bytes: int) -> bytes:
    """The value of a key: the key itself, padded to ``value_bytes`` (a longer key is not cut)."""
    return key.ljust(value_bytes, b"x")


def expected_value(prefix: str, client_number: int, value_bytes: int) -> Callable[[int], bytes]:
    """A function from slot to value, for the read-back."""
    return lambda slot: value_of(key_of(prefix, client_number, slot), value_bytes)


class Commands:
    """Builds the bytes of SET batches and of the wait that covers them."""

    def __init__(self, prefix: str, client_number: int, value_bytes: int, wait: bytes) -> None:
        self._start = key_of(prefix, client_number, 0)[:-1].replace(b"%", b"%%")
        self._start_bytes = len(key_of(prefix, client_number, 0)) - 1
        self._value_bytes = value_bytes
        self._wait = wait
        self._templates: dict[tuple[int, int], bytes] = {}

    def batch(self, slots: range) -> bytes:
        """SET for every slot, then the wait (nothing in mode async)."""
        digits = len(str(slots[0]))
        count = len(slots)
        if digits != len(str(slots[-1])):
            return b"".join([self._template(len(str(slot)), 1) % (slot, slot) for slot in slots]) + self._wait
        arguments = [0] * (2 * count)
        arguments[::2] = arguments[1::2] = slots
        return self._template(digits, count) % tuple(arguments) + self._wait

    def _template(self, digits: int, count: int) -> bytes:
        template = self._templates.get((digits, count))
        if template is None:
            if len(self._templates) >= TEMPLATES_KEPT:
                self._templates.clear()
            template = self._templates[digits, count] = self._set_template(digits) * count
        return template

    def _set_template(self, digits: int) -> bytes:
        key_bytes = self._start_bytes + digits
        value_bytes = max(key_bytes, self._value_bytes)
        padding = b"x" * (value_bytes - key_bytes)
        return b"*3\r\n$3\r\nSET\r\n$%d\r\n%b%%d\r\n$%d\r\n%b%%d%b\r\n" % (
            key_bytes,
            self._start,
            value_bytes,
            self._start,
            padding,
        )
