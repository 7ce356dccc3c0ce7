"""The common base of everything that observes a trial in its own thread: it begins, and it ends when it is told to."""

import threading
from abc import ABC, abstractmethod


class StopSignal:
    """An event as :class:`threading.Event` is one, made of a lock: watches wait twenty times a second, most of it in that class's Python.

    Any number of threads may wait, one at a time goes through.
    """

    def __init__(self) -> None:
        self._closed = threading.Lock()
        self._closed.acquire()
        self._is_set = False
        self._setting = threading.Lock()

    def set(self) -> None:
        """Let everyone through who waits, or will; a second call does nothing."""
        with self._setting:
            if not self._is_set:
                self._is_set = True
                self._closed.release()

    def is_set(self) -> bool:
        """True after :meth:`set`."""
        return self._is_set

    def wait(self, limit_s: float) -> bool:
        """Wait until it is set, at most so many seconds; returns whether it is."""
        if self._closed.acquire(timeout=limit_s):
            self._closed.release()
        return self._is_set


class Background(ABC):
    """Runs :meth:`run` in a thread between :meth:`start` and :meth:`stop`; ``stopping`` is set when it must return."""

    def __init__(self, name: str) -> None:
        self.stopping = StopSignal()
        self._thread = threading.Thread(target=self.run, name=name, daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Stop watching, and wait until that is done; a second call does nothing."""
        self.stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    @abstractmethod
    def run(self) -> None:
        """Watch until ``stopping`` is set."""
        ...
