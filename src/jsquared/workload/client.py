"""One client process: ``python -m jsquared.workload.client``.

An honest client: it believes a primary only when enough Sentinels name it and it says so itself; after any failure it asks
again; it never sends a write twice; and what it cannot know it records as unknown.

Driven by lines on stdin: the first one is its specification, ``go`` starts the load, ``login ["USER", "PASSWORD"]`` is what it says in
AUTH on its next connections to data nodes, ``rate 500`` how many writes a second it begins from now on, ``stop`` ends it when what is in
flight is settled (at the latest after the operation timeout), end of file ends it at once.
What it says on stdout: :mod:`jsquared.workload.reporter`.
"""

import gc
import os
import signal
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from jsquared.clock import NS_PER_MS, now_ns
from jsquared.errors import BadInputError, JSquaredError, RecordError
from jsquared.records.client_orders import LOGIN, RATE, login_in, rate_in
from jsquared.records.history import PLAIN, WITH_REPLIES, HistoryWriter, Layout
from jsquared.records.private_files import private_umask
from jsquared.resp.dialing import Dial, dial
from jsquared.resp.nonblocking import Network
from jsquared.resp.packing import auth_command
from jsquared.resp.poller import READABLE, Poller
from jsquared.workload.commands import Commands
from jsquared.workload.connection import STOPPED
from jsquared.workload.due_times import FOREVER_NS, ClosedLoop, OpenLoop
from jsquared.workload.fast_path import FastPath
from jsquared.workload.operations import OperationStream
from jsquared.workload.primary import Primary
from jsquared.workload.recorder import Recorder
from jsquared.workload.reporter import Reporter
from jsquared.workload.sentinels import NOBODY, Sentinels
from jsquared.workload.workload import ClientSpec

if TYPE_CHECKING:
    import ssl

TICK_NS = 10 * NS_PER_MS
TICK_SLACK_NS = 10 * NS_PER_MS
"""A tick waits so long for something else to wake the client: under load it never costs a wake-up of its own."""
ORDER_BYTES = 4096


class Client:
    """One client: its Sentinels, its primary, its load and its history, in one thread."""

    def __init__(self, spec: ClientSpec, orders: int, output: int, connect: Dial | None = None) -> None:
        """``orders`` and ``output`` are the descriptors of stdin and stdout.

        :param connect: how to connect, if not from the source address of the specification.
        :raises RecordError: the history cannot be written.
        :raises BadInputError: a TLS file cannot be read.
        """
        self._spec = spec
        tls = tls_context(spec)
        self._history = open_history(spec, spec.history)
        self._recorder = Recorder(self._history)
        self.poller = Poller()
        from_own_address = connect or partial(dial, source_address=spec.source_address)
        network = Network(self.poller, from_own_address, None if spec.plain else tls)
        to_sentinels = Network(self.poller, from_own_address, tls)
        self._reporter = Reporter(output)
        self._commands = commands = Commands.of(spec)
        self.primary = Primary(spec, network, self._recorder, commands, self._reporter)
        self._sentinels = Sentinels(spec, to_sentinels, self.primary.named, lambda: self.primary.doubt_ns)
        self.operations = (
            OperationStream(spec, network, open_history(spec, spec.operations_history, WITH_REPLIES), self._reporter)
            if spec.operations_per_s
            else None
        )
        if self.operations is not None:
            self.operations.ask(self._sentinels, lambda: self.primary.wants_answer)
        self._load = self._make_load(commands)
        self.primary.room = self._load.room
        self._orders = orders
        self._words = b""
        self._tick_ns = 0
        self._end_ns = now_ns() + spec.max_run_ms * NS_PER_MS
        self._stop_by_ns = FOREVER_NS
        self._ending = ""
        self.ended = False

    def _make_load(self, commands: Commands) -> OpenLoop | ClosedLoop:
        spec = self._spec
        if spec.rate_per_s:
            return OpenLoop(spec.rate_per_s, self._recorder, self.primary)
        loop = ClosedLoop(spec.pipeline, self._recorder, self.primary)
        if spec.ack_mode == "async":
            loop.took = FastPath(loop, spec.pipeline, self._history, commands).take
        return loop

    # -- the loop

    def run(self) -> None:
        """Until it is told to end, or its time is up."""
        self.listen()
        while not self.ended:
            self.turn()
        self.close()

    def turn(self) -> None:
        """Do what is due, then handle what arrives until the next thing is due."""
        now = now_ns()
        load = self._load
        if now >= load.due_ns:
            load.advance(now)
        due_ns = load.due_ns
        wants_answer = self.primary.wants_answer
        if self.operations is not None:
            due_ns = min(due_ns, self.operations.advance(now))
            wants_answer = wants_answer or self.operations.primary.wants_answer
        if now >= self._tick_ns:
            self._tick(now)
        wake_ns = min(self._tick_ns + TICK_SLACK_NS, due_ns)
        if wants_answer:
            if now >= self._sentinels.due_ns:
                self._ask(now)
            wake_ns = min(wake_ns, self._sentinels.due_ns)
        self.poller.run(max(0, wake_ns - now_ns()), fine=wake_ns == due_ns)

    def _ask(self, now: int) -> None:
        if self._sentinels.due_ns and self._sentinels.told == NOBODY and self.primary.wants_answer:
            self._reporter.say("asked", detail=self._sentinels.votes())
        self._sentinels.ask(now)

    def _tick(self, now: int) -> None:
        self._tick_ns = now + TICK_NS
        for primary in self._primaries():
            primary.tick(now)
        self._reporter.flush()
        if now >= self._end_ns:
            self.stop("time is up")
        if self._ending and (now >= self._stop_by_ns or all(primary.idle() for primary in self._primaries())):
            self.end(self._ending)

    def _primaries(self) -> tuple[Primary, ...]:
        return (self.primary,) if self.operations is None else (self.primary, self.operations.primary)

    def _loads(self) -> "tuple[OpenLoop | ClosedLoop, ...]":
        return (self._load,) if self.operations is None else (self._load, self.operations.load)

    # -- orders

    def listen(self) -> None:
        """Take orders; input that cannot be waited for (a file, no input at all) counts as its end."""
        os.set_blocking(self._orders, False)
        try:
            self.poller.watch(self._orders, READABLE, self._ordered)
        except PermissionError:
            self.end("end of input")

    def _ordered(self, mask: int) -> None:  # noqa: ARG002 -- every readiness of stdin is read the same way
        data = os.read(self._orders, ORDER_BYTES)
        if not data:
            self.end("end of input")
        *words, self._words = (self._words + data).split(b"\n")
        for word in words:
            if word == b"go":
                self.go()
            elif word == b"stop":
                self.stop("stopped")
            elif word.startswith(LOGIN):
                self._log_in_as(*login_in(word))
            elif word.startswith(RATE) and isinstance(self._load, OpenLoop):
                self._load.change_rate(rate_in(word), now_ns())

    def _log_in_as(self, username: str, password: str) -> None:
        """Say this in AUTH from the next connection on; those that stand stay logged in, as at any server."""
        self._commands.auth = auth = auth_command(username, password, self._spec.words)
        if self.operations is not None:
            self.operations.log_in_with(auth)

    def go(self) -> None:
        """Start the load."""
        if not self._load.running and not self._ending:
            self._reporter.say("started", self.primary.node)
            for load in self._loads():
                load.start(now_ns())

    def stop(self, why: str) -> None:
        """Start nothing any more; end when what is in flight is settled or its time is up."""
        if not self._ending:
            self._ending = why
            for load in self._loads():
                load.stop()
            self._stop_by_ns = now_ns() + self._spec.operation_timeout_ms * NS_PER_MS
            self._tick_ns = -TICK_SLACK_NS

    def end(self, why: str) -> None:
        """End now."""
        if not self.ended:
            self.ended = True
            for load in self._loads():
                load.stop()
            self._give_up()
            if self.operations is not None:
                self.operations.elsewhere.report(self._reporter)
            self._reporter.say("ended", self.primary.node, why)

    def _give_up(self) -> None:
        for primary in self._primaries():
            primary.give_up(STOPPED)

    def close(self) -> None:
        """Close connections and histories."""
        self._give_up()
        self._sentinels.close()
        if self.operations is not None:
            self.operations.elsewhere.close()
        self.poller.close()
        self._history.close()
        if self.operations is not None:
            self.operations.history.close()


def open_history(spec: ClientSpec, path: str, layout: Layout = PLAIN) -> HistoryWriter:
    """A history of a client, its first chunk made already: making it later would delay the first writes.

    :raises RecordError: it cannot be written there.
    """
    try:
        history = HistoryWriter(Path(path), spec.number, layout)
        history.chunk(0)
    except OSError as problem:
        raise RecordError(f"cannot be written ({problem.strerror})", where=path) from problem
    return history


def tls_context(spec: ClientSpec) -> "ssl.SSLContext | None":
    """The TLS context of connections; None without the certificate of an authority.

    :raises BadInputError: a file is missing or holds no certificate.
    """
    if not spec.authorities:
        return None
    from jsquared.resp.tls import client_context  # noqa: PLC0415 -- only those who use TLS pay for it

    try:
        return client_context(spec.authorities, spec.certfile, spec.keyfile, spec.keypass)
    except OSError as problem:
        raise BadInputError(f"no usable certificate ({problem})", where=f"client {spec.name}") from problem


def main(arguments: list[str], orders: int = 0, output: int = 1) -> int:
    """Run the client whose specification is the first line on stdin; gives the exit code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group: whoever started it decides
    gc.disable()  # nothing here makes cycles that matter, and a collection would show as latency
    try:
        if arguments:
            raise BadInputError("takes no arguments", where="jsquared.workload.client", hint="a specification on stdin")
        with private_umask():
            Client(read_spec(orders), orders, output).run()
    except JSquaredError as problem:
        print(problem, file=sys.stderr)  # noqa: T201 -- a client's stderr is its log
        return problem.exit_code
    except OSError as problem:
        print(RecordError(f"cannot go on ({problem})"), file=sys.stderr)  # noqa: T201
        return RecordError.exit_code
    return 0


def read_spec(orders: int) -> ClientSpec:
    """The specification that is the first line to be read from a descriptor; what follows stays there.

    :raises BadInputError: it cannot be read, or is none.
    """
    where = "stdin, first line"
    try:
        line = b"".join(iter(lambda: _byte(orders), b""))
        return ClientSpec.from_json(line.decode(), where=where)
    except (OSError, UnicodeDecodeError) as problem:
        raise BadInputError(f"unreadable ({problem})", where=where) from problem


def _byte(orders: int) -> bytes:
    """The next byte of a line, nothing at its end: a few thousand single reads take a millisecond or two."""
    byte = os.read(orders, 1)
    return b"" if byte == b"\n" else byte


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
