"""Rooms: mount, PID and IPC namespaces for each server and client of a trial, in which it finds its own root.

A *doorkeeper*, forked from the trial's process while that is still small and has one thread, makes them: for each room it forks a *keeper*,
the first process of a new PID namespace, which builds the root (:mod:`jsquared.sandbox.linux.private_root`) and then only waits, so that
room and /proc outlive a crash of the server, and children that a crashed server leaves are somebody's. Processes are started by a thread of
the trial that enters the room, gives up all its powers, and ends: so they are the trial's own children, of known id.
"""

import gc
import json
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NoReturn

from jsquared.sandbox.linux import confinement, private_root, syscalls
from jsquared.sandbox.linux.private_root import View
from jsquared.sandbox.linux.refusal import explain_namespaces
from jsquared.sandbox.linux.supervise import FORWARDED

_LARGEST_MESSAGE = 1 << 16
MADE_WITHIN_S = 20.0
_LARGEST_DESCRIPTOR = 4096
_READY = b"ready"
_KINDS = ("mnt", "pid", "ipc")
_SYSTEM, _ROOM = "system", "room"


@dataclass(frozen=True)
class Room:
    """The namespaces of one process, by descriptor; it is there as long as its keeper."""

    mounts: int
    processes: int
    messages: int
    """System V and POSIX shared memory, semaphores and queues."""

    def close(self) -> None:
        """Let go of the descriptors."""
        for descriptor in (self.mounts, self.processes, self.messages):
            os.close(descriptor)


class Rooms:
    """The rooms of a trial, each made when it is first asked for. Construct it while this process has one thread.

    :param folder: an empty one that roots are made on.
    :param files: pairs of a file of the trial's and the path under which all processes find it.
    """

    def __init__(self, folder: Path, files: Iterable[tuple[str, str]]) -> None:
        self._rooms: dict[View, Room] = {}
        self._ordered: list[View] = []
        self._refused: dict[View, OSError] = {}
        self._lock = threading.Lock()
        for name in (_SYSTEM, _ROOM):
            (folder / name).mkdir()
        self._socket, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        if not os.fork():
            self._socket.close()
            _keep_doors(other, folder, tuple(files))
        other.close()
        self._socket.settimeout(MADE_WITHIN_S)

    def start(
        self, view: View, enter: Callable[[], None], start: Callable[[], subprocess.Popen[bytes]]
    ) -> subprocess.Popen[bytes]:
        """Start a process in the room with that view.

        :param enter: moves the thread that starts it into its host's network.
        :param start: starts it; called in a thread that has no powers any more.
        :raises SandboxError: the kernel refuses a room, or the process cannot be started.
        """
        room = self._room(view)
        outcome: list[subprocess.Popen[bytes] | Exception] = []

        def work() -> None:
            try:
                enter()
                _enter(room)
                confinement.confine_thread()
                outcome.append(start())
            except Exception as problem:  # noqa: BLE001 -- whatever it is, it is the caller's to hear of
                outcome.append(problem)

        thread = threading.Thread(target=work, name="starter", daemon=True)
        thread.start()
        thread.join()
        [result] = outcome
        if isinstance(result, OSError):
            raise explain_namespaces(result) from result
        if isinstance(result, Exception):
            raise result
        return result

    def order(self, view: View) -> None:
        """Let a room be made meanwhile, unless there is one: whoever starts a process in it later need not wait.

        :raises SandboxError: the kernel refuses.
        """
        with self._lock:
            self._order(view)

    def close(self) -> None:
        """Let go of all rooms; the keepers end with the trial, or with everything else inside."""
        with self._lock:
            for room in self._rooms.values():
                room.close()
            self._rooms.clear()
            self._ordered.clear()
            self._socket.close()

    def _room(self, view: View) -> Room:
        with self._lock:
            self._order(view)
            while view in self._ordered:
                self._take()
            if view in self._refused:
                raise explain_namespaces(self._refused.pop(view))
            return self._rooms[view]

    def _order(self, view: View) -> None:
        if view not in self._rooms and view not in self._ordered:
            try:
                self._socket.send(json.dumps(asdict(view)).encode())
            except OSError as problem:
                raise explain_namespaces(problem) from problem
            self._ordered.append(view)

    def _take(self) -> None:
        """The next answer, whichever room it is about: they are made one after the other, in the order in which they were asked for."""
        view = self._ordered.pop(0)
        try:
            answer, descriptors, _, _ = socket.recv_fds(self._socket, _LARGEST_MESSAGE, len(_KINDS))
            if len(descriptors) != len(_KINDS):
                raise OSError(*json.loads(answer or b'[0, "the room maker has ended"]'))
            self._rooms[view] = Room(*descriptors)
        except OSError as problem:
            self._refused[view] = problem


def _enter(room: Room) -> None:
    """Move this thread, and it alone, into a room; what it starts is in the room's PID namespace."""
    syscalls.unshare(syscalls.CLONE_FS)
    syscalls.setns(room.messages, syscalls.CLONE_NEWIPC)
    syscalls.setns(room.processes, syscalls.CLONE_NEWPID)
    syscalls.setns(room.mounts, syscalls.CLONE_NEWNS)


# --- In the doorkeeper's process.


@dataclass(frozen=True)
class _Workshop:
    """Where roots are made (``folder``), of what (``system``, with its ``entries``), and the PID namespace that keepers are forked from."""

    folder: str
    system: str
    entries: Sequence[tuple[str, str]]
    outside: int


def _keep_doors(requests: socket.socket, folder: Path, files: tuple[tuple[str, str], ...]) -> NoReturn:
    """Make rooms as they are asked for, until the trial ends or lets go."""
    try:
        syscalls.request_parent_death_signal()
        for number in (*FORWARDED, signal.SIGCHLD):  # for the trial alone
            signal.signal(number, signal.SIG_IGN)
        gc.freeze()  # pages that no fork writes to are not copied
        workshop: _Workshop | None = None
        while request := requests.recv(_LARGEST_MESSAGE):
            try:
                workshop = workshop or _begun(folder, files)
                _make(workshop, _view(request), requests)
            except OSError as problem:
                _refuse(requests, problem)
    finally:
        os._exit(0)


def _begun(folder: Path, files: tuple[tuple[str, str], ...]) -> _Workshop:
    outside = syscalls.own_namespace("pid")
    syscalls.unshare(syscalls.CLONE_NEWNS)
    system = str(folder / _SYSTEM)
    private_root.make_system(system, files)
    return _Workshop(str(folder / _ROOM), system, private_root.entries_of(system), outside)


def _view(request: bytes) -> View:
    given = json.loads(request)
    return View(tuple(given["sees"]), tuple(given["owns"]))


def _refuse(answers: socket.socket, problem: OSError) -> None:
    answers.send(json.dumps([problem.errno or 0, str(problem.strerror or problem)]).encode())


def _make(workshop: _Workshop, view: View, answers: socket.socket) -> None:
    """Fork a keeper, which answers for itself; wait until it has, so that answers come in the order of the requests."""
    syscalls.unshare(syscalls.CLONE_NEWPID)
    answered, held = os.pipe()
    try:
        if not os.fork():
            os.close(answered)
            _keep_room(workshop, view, answers, held)
    finally:
        syscalls.setns(workshop.outside, syscalls.CLONE_NEWPID)
        os.close(held)
        told = os.read(answered, 1)  # something once the keeper has answered, nothing where it has ended without
        os.close(answered)
    if not told:
        _refuse(answers, OSError(0, "the first process of a room has ended"))


def _keep_room(workshop: _Workshop, view: View, answers: socket.socket, held: int) -> NoReturn:
    """Build the root, hand the namespaces over and wait; the kernel collects children without a waiting parent."""
    try:
        syscalls.unshare(syscalls.CLONE_NEWNS | syscalls.CLONE_NEWIPC)
        namespaces = [syscalls.own_namespace(kind) for kind in _KINDS]
        private_root.build(workshop.folder, workshop.system, workshop.entries, view)
        confinement.hide_memory()
        socket.send_fds(answers, [_READY], namespaces)
        os.write(held, _READY)
    except OSError as problem:
        _refuse(answers, problem)
        os.write(held, _READY)
        os._exit(1)
    except BaseException:  # noqa: BLE001 -- nothing of the parent may run in a child that failed
        os._exit(1)
    os.closerange(0, _LARGEST_DESCRIPTOR)
    while True:
        signal.pause()
