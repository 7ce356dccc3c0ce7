"""A connection of the observer's to one node: it connects by itself, and says for how long no one has answered."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from jsquared.clock import now_ns
from jsquared.resp.dialing import Dial, dial
from jsquared.resp.nonblocking import CLOSED_STATE, CONNECTING, OPEN, Link, Network
from jsquared.resp.packing import NOT_RENAMED, packed
from jsquared.resp.poller import Poller

if TYPE_CHECKING:
    import ssl

RECONNECT_AFTER_S = 0.02


class NodeLink(Link):
    """Keeps at most one question open.

    ``greeting`` are commands sent on every new connection, after authentication; their replies come like any other.
    """

    def __init__(
        self,
        poller: Poller,
        address: tuple[str, int],
        credentials: Sequence[str],
        *,
        on_reply: Callable[[object], None],
        on_silence: Callable[[], None],
        greeting: Sequence[tuple[str, ...]] = (),
        subscriber: bool = False,
        tls: "Callable[[], ssl.SSLContext | None]" = lambda: None,
        renamed_commands: Mapping[str, str] = NOT_RENAMED,
        dial: Dial = dial,
    ) -> None:
        """Nothing is sent before the first question.

        :param on_silence: called when a connection ends on which nothing was ever answered.
        :param subscriber: it only listens, so being quiet is no silence.
        :param tls: gives what to encrypt with; asked at each new connection.
        :param renamed_commands: commands in upper case to the names that they have there, where these differ.
        :param dial: how to connect.
        """
        super().__init__(Network(poller, dial), address)
        self.credentials = tuple(credentials)
        """What the next connection authenticates with."""
        self._on_reply = on_reply
        self._on_silence = on_silence
        self._greeting_commands = greeting
        self._subscriber = subscriber
        self._tls = tls
        self._renamed_commands = renamed_commands
        self._question: tuple[str, ...] = ()
        """What to ask as soon as the connection stands."""
        self._open_questions = 0
        self._since = time.monotonic()
        self._next_try = 0.0
        self._used = False
        self._answered = False

    def move_to(self, address: str) -> None:
        """The next connection goes to this address."""
        self.address = (address, self.address[1])

    def keep_connected(self) -> None:
        """Connect when there is no connection and it is time to try again."""
        if self.state == CLOSED_STATE and time.monotonic() >= self._next_try:
            self._used = True
            self._since = time.monotonic()
            self.network = replace(self.network, tls=self._tls())
            self.open(now_ns())

    def ask(self, *words: str) -> None:
        """Ask, unless a question is still open (then this round is left out)."""
        self.keep_connected()
        if self.state == CONNECTING:
            self._question = words
        elif self.state == OPEN and not self._open_questions:
            self._write(words)

    def silent_for(self, now: float) -> float:
        """Seconds for which a question has been open or no connection could be had; 0 when nothing is due."""
        waiting = self._open_questions > 0 or (self.state != OPEN and not self._subscriber)
        return now - self._since if waiting and self._used else 0.0

    def opened(self) -> None:
        """Log in, greet, and ask what was to be asked."""
        introduction = [("AUTH", *self.credentials)] if self.credentials else []
        question = [self._question] if self._question else []
        for words in [*introduction, *self._greeting_commands, *question]:
            self._write(words)

    def received(self, data: bytes) -> None:
        """Pass on what has arrived."""
        self._answered = True
        for reply in self.replies(data):
            self._open_questions = max(0, self._open_questions - 1)
            self._since = time.monotonic()
            self._on_reply(reply)

    def lost(self, problem: OSError | None) -> None:  # noqa: ARG002 -- whatever the reason, nobody is there
        """Try again soon.

        A connection that had answered and is closed means little: a Sentinel closes all when it reconfigures a node.
        """
        refused = not self._answered
        self.drop()
        if refused:
            self._on_silence()

    def drop(self) -> None:
        """Close; the next question connects again."""
        self.close()
        self._since = time.monotonic()
        self._answered = False
        self._question = ()
        self._open_questions = 0
        self._next_try = time.monotonic() + RECONNECT_AFTER_S

    def _write(self, words: tuple[str, ...]) -> None:
        if not self._open_questions:
            self._since = time.monotonic()
        if not self._subscriber:
            self._open_questions += 1
        self.send(packed(self._renamed_commands.get(words[0].upper(), words[0]), *words[1:]))
