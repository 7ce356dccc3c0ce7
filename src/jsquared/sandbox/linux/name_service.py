"""The name service of one trial: it answers the hosts' questions for each other's names, late or not at all where a fault wants that.

It speaks DNS on the observer's address, which no cut touches, so names fail only where that is the fault. The trial's own
``/etc/resolv.conf`` points to it, and its ``/etc/hosts`` knows the names itself while no lookups are disturbed
(:mod:`jsquared.sandbox.linux.names_files`). Hosts are told apart by the address that a question comes from.
"""

import contextlib
import heapq
import secrets
import select
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from jsquared.errors import SandboxError
from jsquared.sandbox.facets import HowNamesAnswer, Lookup
from jsquared.sandbox.linux import dns

_WAKE_S = 0.25


@dataclass(frozen=True)
class _Manner:
    """How a host is answered."""

    after_s: float = 0.0
    how: HowNamesAnswer = "answer"


_AT_ONCE = _Manner()


class NameServer:
    """Answers on a UDP socket in its own thread, from construction until :meth:`close`.

    ``host_of`` maps the address that a question comes from to a host.
    """

    def __init__(self, server: socket.socket, names: Mapping[str, str], host_of: Mapping[str, str]) -> None:
        self._socket = server
        self._names = _wire_names(names)
        self._host_of = host_of
        self._manners: dict[str, _Manner] = {}
        self._late: list[tuple[float, int, bytes, tuple[str, int]]] = []
        self._count = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="names", daemon=True)
        self._thread.start()

    def disturb(self, hosts: Sequence[str], *, after_ms: int, how: HowNamesAnswer) -> None:
        """Answer these hosts in this manner from now on."""
        for host in hosts:
            self._manners[host] = _Manner(after_ms / 1000, how)

    def change(self, names: Mapping[str, str]) -> None:
        """Answer with these addresses from now on, or that there is no such name where one is empty."""
        self._names = self._names | _wire_names(names)

    def close(self) -> None:
        """Stop answering; a second call does nothing."""
        self._stopping.set()
        self._thread.join()
        self._socket.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            now = time.monotonic()
            while self._late and self._late[0][0] <= now:
                _, _, message, peer = heapq.heappop(self._late)
                self._send(message, peer)
            wait_s = min(_WAKE_S, self._late[0][0] - now) if self._late else _WAKE_S
            if select.select([self._socket], [], [], wait_s)[0]:
                with contextlib.suppress(OSError):
                    self._take(*self._socket.recvfrom(dns.LARGEST_BYTES))

    def _take(self, message: bytes, peer: tuple[str, int]) -> None:
        asked = dns.parse_question(message)
        manner = self._manners.get(self._host_of.get(peer[0], ""), _AT_ONCE)
        if asked is None or manner.how == "silence":
            return
        answer = dns.reply(asked, self._names, refuse=manner.how == "no-such-name")
        if not manner.after_s:
            self._send(answer, peer)
            return
        self._count += 1
        heapq.heappush(self._late, (time.monotonic() + manner.after_s, self._count, answer, peer))

    def _send(self, message: bytes, peer: tuple[str, int]) -> None:
        with contextlib.suppress(OSError):  # the asker's host may be gone
            self._socket.sendto(message, peer)


def _wire_names(names: Mapping[str, str]) -> dict[str, str]:
    """Names as questions have them."""
    return {name.lower().rstrip("."): address for name, address in names.items()}


class Files(Protocol):
    """The files that the processes of a trial read before they ask."""

    def know(self, names: Mapping[str, str]) -> None:
        """Know these names, with their addresses, and no others."""
        ...

    def forget(self) -> None:
        """Know nothing and ask no server; a second call does nothing."""
        ...


class Names:
    """The name service as a sandbox offers it: no answers before :meth:`serve`.

    ``address`` and ``port`` are where it listens (port 0: any free one); ``files`` makes the hosts ask there and gives back
    their files; ``socket_on`` makes a UDP socket on a host; ``host_of`` gives the addresses of all hosts.
    """

    def __init__(
        self,
        address: str,
        *,
        files: Callable[[str], Files],
        socket_on: Callable[[str], socket.socket],
        host_of: Callable[[], Mapping[str, str]],
        port: int = dns.PORT,
    ) -> None:
        self._wanted = self._where = (address, port)
        self._make_files = files
        self._socket_on = socket_on
        self._host_of = host_of
        self._server: NameServer | None = None
        self._files: Files | None = None
        self._served: Mapping[str, str] = {}
        self._disturbed: set[str] = set()

    def serve(self, names: Mapping[str, str]) -> None:
        """Answer with these addresses from now on, on every host.

        :raises SandboxError: the address cannot be listened on, or the hosts cannot be made to ask there.
        """
        self.close()
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        try:
            server.bind(self._wanted)
        except OSError as problem:
            server.close()
            raise SandboxError(f"names cannot be served: {problem.strerror}", where=self._wanted[0]) from problem
        self._where = server.getsockname()
        self._server = NameServer(server, names, self._host_of())
        self._files = self._make_files(self._where[0])
        self._served = names
        self._files.know(names)

    def change(self, names: Mapping[str, str]) -> None:
        """Let names mean other addresses from now on, or nothing any more; the others stay.

        :raises SandboxError: no names are served.
        """
        server, files = self._serving()
        server.change(names)
        self._served = {**self._served, **names}
        self._tell(files)

    def disturb(self, hosts: Sequence[str], *, after_ms: int = 0, how: HowNamesAnswer = "answer") -> None:
        """Answer these hosts so late, or so badly, from now on; without arguments: at once and well.

        :raises SandboxError: no names are served.
        """
        server, files = self._serving()
        server.disturb(hosts, after_ms=after_ms, how=how)
        change = self._disturbed.update if after_ms or how != "answer" else self._disturbed.difference_update
        change(hosts)
        self._tell(files)

    def _serving(self) -> tuple[NameServer, Files]:
        if self._server is None or self._files is None:
            raise SandboxError("no names are served", where="names")
        return self._server, self._files

    def _tell(self, files: Files) -> None:
        """Let the hosts' files know what they may know now."""
        files.know({} if self._disturbed else {name: address for name, address in self._served.items() if address})

    def lookup(self, host: str, name: str, *, limit_s: float) -> Lookup:
        """Ask for a name from a host, and measure what comes back and when."""
        number = secrets.randbelow(1 << 16)
        with self._socket_on(host) as asking:
            asking.connect(self._where)
            began = time.monotonic()
            answer = None
            with contextlib.suppress(OSError):  # nothing listens there
                asking.send(dns.question(number, name))
                answer = self._await(asking, number, began + limit_s)
            took_ms = (time.monotonic() - began) * 1000
        if answer is None:
            return Lookup("", "nothing", took_ms)
        return Lookup(answer.address, "address" if answer.address else "no such name", took_ms)

    @staticmethod
    def _await(asking: socket.socket, number: int, deadline: float) -> dns.Answer | None:
        while (left_s := deadline - time.monotonic()) > 0:
            if not select.select([asking], [], [], left_s)[0]:
                break
            answer = dns.parse_answer(asking.recv(dns.LARGEST_BYTES))
            if answer is not None and answer.number == number:
                return answer
        return None

    def close(self) -> None:
        """Stop answering and let the hosts ask as before; a second call does nothing."""
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._files is not None:
            self._files.forget()
            self._files = None
        self._disturbed.clear()
