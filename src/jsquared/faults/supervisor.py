"""A supervisor: what starts servers that ended again after a while, and watches meanwhile that nobody answers for them."""

import threading
import time
from collections.abc import Sequence

from jsquared.cluster.cluster import Cluster

LOOK_S = 0.02


class Supervisor:
    """Starts nodes again after a delay, on a thread of its own.

    ``answered`` are those at whose address something answered before; ``down_ms`` is how long they were down.
    """

    def __init__(self, cluster: Cluster, names: Sequence[str], delay_s: float) -> None:
        self.answered: set[str] = set()
        self.down_ms = 0.0
        self._cluster = cluster
        self._names = names
        self._began_s = time.monotonic()
        self._until_s = self._began_s + delay_s
        self._thread = threading.Thread(target=self._wait_and_start, name="supervisor", daemon=True)

    def begin(self) -> None:
        """Let the delay run."""
        self._thread.start()

    def _wait_and_start(self) -> None:
        while (left_s := self._until_s - time.monotonic()) > 0:
            self.answered.update(name for name in self._names if self._cluster.answers(name))
            time.sleep(min(LOOK_S, left_s))
        for name in self._names:
            self._cluster.start(name, reason="fault")
        self.down_ms = (time.monotonic() - self._began_s) * 1000

    def wait(self) -> None:
        """Wait until all have been started."""
        self._thread.join()
