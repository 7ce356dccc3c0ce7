"""A process that has loaded the whole command line, and becomes ``jsquared ARGUMENTS`` by forking.

:mod:`support.command_lines` starts it, with one end of a socket as its stdin. A request is one packet: the arguments, folder, umask and
environment of a command line as JSON, with three descriptors: its stdout, its stderr, and a pipe for what becomes of it. Into this pipe
go its process id and, when it has ended, its exit code.
"""

import contextlib
import gc
import os
import selectors
import signal
import socket
import sys
from dataclasses import dataclass, field

import msgspec

from jsquared import __main__ as door

LONGEST_REQUEST_BYTES = 1 << 17
STDIN, STDOUT, STDERR = range(3)


class Order(msgspec.Struct):
    """A command line that is asked for."""

    arguments: tuple[str, ...]
    folder: str
    umask: int
    environment: dict[str, str]


def main() -> int:
    """Serve until the other end of the socket is closed, or become a command line and give its exit code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for pytest, which then closes the socket
    channel = socket.socket(fileno=os.dup(STDIN))
    os.dup2(os.open(os.devnull, os.O_RDONLY), STDIN)
    preload()
    return Server(channel).serve()


def preload() -> None:
    """Load what any command line loads, and ask once what holds for all: which engines and sandboxes work here.

    No thread may come of it, which a process that forks must not have.
    """
    os.environ.update(door._ENVIRONMENT)
    gc.disable()
    from jsquared.cli.main import load  # noqa: PLC0415 -- numerical libraries look at the environment
    from jsquared.report.html import load_templates  # noqa: PLC0415
    from jsquared.running.engine import installed_engines  # noqa: PLC0415
    from jsquared.sandbox.choose import try_namespaces  # noqa: PLC0415

    load(())
    load_templates()
    installed_engines()
    try_namespaces()
    gc.enable()
    gc.freeze()
    assert len(os.listdir("/proc/self/task")) == 1, "a library that was loaded has started a thread"  # noqa: PTH208


@dataclass
class Server:
    """Forks command lines, and tells how they end: their process ids and pipes by the descriptors that stand for them."""

    channel: socket.socket
    running: dict[int, tuple[int, int]] = field(default_factory=dict)

    def serve(self) -> int:
        """Until the socket is closed; or, in a process that has become a command line, until that has ended."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.channel, selectors.EVENT_READ)
            while True:
                ready = {key.fd for key, _ in selector.select()}
                for ended in ready & self.running.keys():
                    selector.unregister(ended)
                    self._tell_end(ended)
                if self.channel.fileno() not in ready:
                    continue
                request, descriptors, _, _ = socket.recv_fds(self.channel, LONGEST_REQUEST_BYTES, 3)
                if not request:
                    return 0
                pid = os.fork()
                if not pid:
                    break
                selector.register(self._keep(pid, descriptors), selectors.EVENT_READ)
        self._let_go()
        return become(msgspec.json.decode(request, type=Order), descriptors)

    def _keep(self, pid: int, descriptors: list[int]) -> int:
        """Say the id of a process that was forked; the descriptor that is readable when it has ended."""
        stdout, stderr, told = descriptors
        os.close(stdout)
        os.close(stderr)
        os.write(told, f"{pid} ".encode())
        descriptor = os.pidfd_open(pid)
        self.running[descriptor] = pid, told
        return descriptor

    def _tell_end(self, descriptor: int) -> None:
        pid, told = self.running.pop(descriptor)
        os.close(descriptor)
        _, status = os.waitpid(pid, 0)
        with contextlib.suppress(BrokenPipeError):  # nobody waits for it any more
            os.write(told, str(os.waitstatus_to_exitcode(status)).encode())
        os.close(told)

    def _let_go(self) -> None:
        """Close what is the server's alone."""
        self.channel.close()
        for descriptor, (_, told) in self.running.items():
            os.close(descriptor)
            os.close(told)


def become(order: Order, descriptors: list[int]) -> int:
    """Run a command line as a process of its own would, and give its exit code."""
    stdout, stderr, told = descriptors
    os.dup2(stdout, STDOUT)
    os.dup2(stderr, STDERR)
    for descriptor in (stdout, stderr, told):
        os.close(descriptor)
    os.chdir(order.folder)
    os.umask(order.umask)
    os.environ.clear()
    os.environ.update(order.environment)
    sys.argv = [str(door.__file__), *order.arguments]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    return door.main()


if __name__ == "__main__":
    sys.exit(main())
