"""The common base of everything that observes a trial in its own thread: it begins, and it ends when it is told to."""

import threading
from abc import ABC, abstractmethod


class Background(ABC):
    """Runs :meth:`run` in a thread between :meth:`start` and :meth:`stop`; ``stopping`` is set when it must return."""

    def __init__(self, name: str) -> None:
        self.stopping = threading.Event()
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
