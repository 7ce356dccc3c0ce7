"""The writes as bytes: whole batches of SET in one formatting step, and what their replies look like.

Write ``i`` of client ``c`` sets ``<prefix>c:i`` to a value that starts with the key and is padded with ``x``.
"""

from collections.abc import Mapping

from jsquared.records.history import key_of
from jsquared.resp.packing import auth_command, packed
from jsquared.workload.workload import ClientSpec

OK_REPLY = b"+OK\r\n"
TEMPLATES_KEPT = 64


def value_of(key: bytes, value_bytes: int) -> bytes:
    """The value of a key: the key itself, padded to ``value_bytes`` (a longer key is not cut)."""
    return key.ljust(value_bytes, b"x")


def wait_command(spec: ClientSpec) -> bytes:
    """WAIT or WAITAOF as the specification asks for it; nothing in mode async."""
    if spec.ack_mode == "wait":
        return packed(spec.words.get("WAIT", "WAIT"), spec.ack_replicas, spec.wait_timeout_ms)
    if spec.ack_mode == "waitaof":
        return packed(spec.words.get("WAITAOF", "WAITAOF"), spec.ack_local, spec.ack_replicas, spec.wait_timeout_ms)
    return b""


class Commands:
    """Builds the bytes of SET batches and of the wait that covers them."""

    def __init__(
        self,
        prefix: str,
        client_number: int,
        value_bytes: int,
        *,
        wait: bytes = b"",
        auth: bytes = b"",
        words: Mapping[str, str] | None = None,
    ) -> None:
        names = words or {}
        self.auth = auth
        self.role = packed(names.get("ROLE", "ROLE"))
        self.who = packed(names.get("INFO", "INFO"), "server")
        """Which server it is, where an address does not say it: by the name of its configuration file."""
        self._set = packed(names.get("SET", "SET"), "", "").split(b"\r\n$0", 1)[0]
        self._start = key_of(prefix, client_number, 0)[:-1]
        self._start_bytes = len(self._start)
        self._value_bytes = value_bytes
        self._wait = wait
        self._templates: dict[tuple[int, int], bytes] = {}

    @classmethod
    def of(cls, spec: ClientSpec) -> "Commands":
        """The commands of one client."""
        auth = auth_command(spec.username, spec.password, spec.words)
        wait = wait_command(spec)
        return cls(spec.key_prefix, spec.number, spec.value_bytes, wait=wait, auth=auth, words=spec.words)

    def batch(self, slots: range) -> bytes:
        """SET for every slot, then the wait (nothing in mode async)."""
        digits = len(str(slots[0]))
        count = len(slots)
        if digits != len(str(slots[-1])):
            return b"".join([self._template(len(str(slot)), 1) % (slot, slot) for slot in slots]) + self._wait
        arguments = [0] * (2 * count)
        arguments[::2] = arguments[1::2] = slots
        return self._template(digits, count) % tuple(arguments) + self._wait

    def pieces(self, low: int, count: int, digits: int) -> list[bytes]:
        """What ``count`` SETs are made of around the hundreds of their slots: ``b"12".join(pieces)`` are those from 1200 + ``low``.

        All slots have the same hundreds and ``digits`` (3 or more) digits. Joining is several times faster than formatting.
        """
        head, between, tail = self._around(digits)
        pieces = [head]
        for last in range(low, low + count):
            pieces += b"%02d%b" % (last, between), b"%02d%b%b" % (last, tail, head)
        pieces[-1] = pieces[-1][: -len(head)]
        return pieces

    def _around(self, digits: int) -> tuple[bytes, bytes, bytes]:
        """Return the parts of a SET before, between and after the two appearances of its slot."""
        key_bytes = self._start_bytes + digits
        value_bytes = max(key_bytes, self._value_bytes)
        return (
            b"%b\r\n$%d\r\n%b" % (self._set, key_bytes, self._start),
            b"\r\n$%d\r\n%b" % (value_bytes, self._start),
            b"x" * (value_bytes - key_bytes) + b"\r\n",
        )

    def _template(self, digits: int, count: int) -> bytes:
        template = self._templates.get((digits, count))
        if template is None:
            if len(self._templates) >= TEMPLATES_KEPT:
                self._templates.clear()
            template = self._templates[digits, count] = (
                b"%d".join(part.replace(b"%", b"%%") for part in self._around(digits)) * count
            )
        return template
