"""The writes as bytes: whole batches of SET in one formatting step, and what their replies look like.

Write ``i`` of client ``c`` sets ``<prefix>c:i`` to a value that starts with the key and is padded with ``x``.
"""

from jsquared.records.history import key_of
from jsquared.workload.link import auth_command, packed
from jsquared.workload.workload import ClientSpec

OK_REPLY = b"+OK\r\n"
TEMPLATES_KEPT = 64


def value_of(key: bytes, value_bytes: int) -> bytes:
    """The value of a key: the key itself, padded to ``value_bytes`` (a longer key is not cut)."""
    return key.ljust(value_bytes, b"x")


def wait_command(spec: ClientSpec) -> bytes:
    """WAIT or WAITAOF as the specification asks for it; nothing in mode async."""
    if spec.ack_mode == "wait":
        return packed("WAIT", spec.ack_replicas, spec.wait_timeout_ms)
    if spec.ack_mode == "waitaof":
        return packed("WAITAOF", spec.ack_local, spec.ack_replicas, spec.wait_timeout_ms)
    return b""


class Commands:
    """Builds the bytes of SET batches and of the wait that covers them."""

    def __init__(
        self, prefix: str, client_number: int, value_bytes: int, *, wait: bytes = b"", auth: bytes = b""
    ) -> None:
        self.auth = auth
        start = key_of(prefix, client_number, 0)[:-1]
        self._start = start.replace(b"%", b"%%")
        self._start_bytes = len(start)
        self._value_bytes = value_bytes
        self._wait = wait
        self._templates: dict[tuple[int, int], bytes] = {}

    @classmethod
    def of(cls, spec: ClientSpec) -> "Commands":
        """The commands of one client."""
        auth = auth_command(spec.username, spec.password)
        return cls(spec.key_prefix, spec.number, spec.value_bytes, wait=wait_command(spec), auth=auth)

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
