"""A supervisor: what starts servers that ended again after a while, and watches meanwhile that no one answers for them."""

import threading
import time
from collections.abc import Sequence

from jsquared.running.deployment import RunningDeployment

LOOK_S = 0.02
LIFE_LOOK_S = 0.2


class Supervisor:
    """Starts nodes again after a delay, on a thread of its own, which lives as long as they do.

    It must: in a sandbox without namespaces of its own a process ends with the thread that started it.

    ``answered`` are those at whose address something answered before; ``down_ms`` is how long they were down.
    """

    def __init__(self, deployment: RunningDeployment, names: Sequence[str], delay_s: float) -> None:
        self.answered: set[str] = set()
        self.down_ms = 0.0
        self._deployment = deployment
        self._names = names
        self._began_s = time.monotonic()
        self._until_s = self._began_s + delay_s
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._supervise, name="supervisor", daemon=True)

    def begin(self) -> None:
        """Let the delay run."""
        self._thread.start()

    def _supervise(self) -> None:
        try:
            while (left_s := self._until_s - time.monotonic()) > 0:
                self.answered.update(name for name in self._names if self._deployment.answers(name))
                time.sleep(min(LOOK_S, left_s))
            for name in self._names:
                self._deployment.start(name, reason="fault")
            started = [self._deployment.process(name) for name in self._names]
            self.down_ms = (time.monotonic() - self._began_s) * 1000
        finally:
            self._done.set()
        while any(process.poll() is None for process in started):
            time.sleep(LIFE_LOOK_S)

    def wait(self) -> None:
        """Wait until all have been started."""
        self._done.wait()
