"""Volleys of datagrams, on loopback."""

import contextlib
import errno
import threading
import time

import pytest

from jsquared.errors import SandboxError
from jsquared.sandbox.link import Volley
from jsquared.sandbox.linux import datagram
from jsquared.sandbox.linux.datagram import _Volley, volley

HOME = (contextlib.nullcontext, "127.0.0.1")


def fire(count: int = 5, **how: float) -> Volley:
    """A volley to oneself."""
    settings = {"size": 64, "spacing_s": 0.0, "wait_s": 10.0} | how
    return volley(HOME, HOME, count=count, port=None, **settings)  # type: ignore[arg-type]


def test_all_arrive_where_nothing_is_impaired() -> None:
    """Each datagram has a delay, none is doubled, and it is over once all have arrived."""
    seen = fire()
    assert (seen.sent, len(seen.delays_ms), seen.duplicates) == (5, 5, 0)
    assert all(delay_ms > 0 for delay_ms in seen.delays_ms)


def test_spacing_keeps_datagrams_apart() -> None:
    """Between the first arrival and the last lie at least nearly all the pauses."""
    assert fire(5, spacing_s=0.01).span_ms > 20


def test_a_late_reader_does_not_shorten_the_span(monkeypatch: pytest.MonkeyPatch) -> None:
    """What arrived while the reader was held up has the kernel's times, not those of reading."""
    listen = datagram._Volley._listen

    def held_up(self: datagram._Volley, until_s: float, enough: int) -> None:
        if until_s > time.monotonic() + 1:  # the last call, which reads all
            listen(self, until_s, enough)
        else:
            threading.Event().wait(max(0.0, until_s - time.monotonic()))  # the spacing that is sent with

    monkeypatch.setattr(datagram._Volley, "_listen", held_up)
    assert fire(5, spacing_s=0.01).span_ms > 20


def test_nothing_sent_is_nothing_seen() -> None:
    """A volley of none has no delays and no span."""
    assert fire(0) == Volley(0, ())


def test_strangers_and_second_copies_are_told_apart() -> None:
    """Foreign datagrams are passed over; second copies are counted and keep the first one's delay; the missing are waited for."""

    class Line:
        sent: list[bytes] = []  # noqa: RUF012 -- one test's own

        def sendto(self, data: bytes, _address: object) -> None:
            self.sent += [b"stranger", data, data] if len(self.sent) < 3 else []

        def recvmsg(self, _size: int, _room: int) -> tuple[bytes, list[tuple[int, int, bytes]], int, None]:
            if not self.sent:
                raise TimeoutError
            return self.sent.pop(0), [], 0, None

        def setsockopt(self, *_option: int) -> None:
            raise OSError(errno.ENOPROTOOPT, "")

        def settimeout(self, _seconds: float) -> None:
            pass

        def getsockname(self) -> tuple[str, int]:
            return ("", 0)

    line = Line()
    seen = _Volley(line, line, 36).fire(2, 0.0, 0.01)  # type: ignore[arg-type]
    assert (seen.sent, len(seen.delays_ms), seen.duplicates) == (2, 1, 1)


def test_a_place_without_the_address_is_named() -> None:
    """An address that is not there is an error with both ends."""
    with pytest.raises(SandboxError, match=r"cannot measure 127.0.0.1 to 192.0.2.1"):
        volley(HOME, (contextlib.nullcontext, "192.0.2.1"), count=1, size=64, spacing_s=0, wait_s=0, port=None)
