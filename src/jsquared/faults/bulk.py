"""Bulk: large values of random bytes, which nothing can compress, written to a data node and taken away again."""

import os
import time

from jsquared.cluster.cluster import Cluster
from jsquared.cluster.connection import ServerReplyError
from jsquared.errors import LabError

MEGABYTE = 1 << 20
WRITE_LIMIT_S = 10.0
REMOVE_LIMIT_S = 10.0
RETRY_S = 0.05


class Bulk:
    """``keys`` values that are ``size_bytes`` together. The keys are a fault's own and never a client's."""

    def __init__(self, fault: str, size_bytes: int, keys: int) -> None:
        self.keys = [f"jsquared:{fault}:{number}" for number in range(max(1, keys))]
        self.size_bytes = size_bytes // len(self.keys) * len(self.keys)
        self._value = os.urandom(size_bytes // len(self.keys))

    def write(self, cluster: Cluster, name: str) -> int:
        """Write every key once; gives how many bytes the node took.

        :raises LabError: the node does not answer.
        """
        taken = 0
        with cluster.connect(name, WRITE_LIMIT_S) as connection:
            for key in self.keys:
                try:
                    connection.command("SET", key, self._value)
                    taken += len(self._value)
                except ServerReplyError:  # such as NOREPLICAS: what was refused does not count
                    continue
        return taken

    def remove(self, cluster: Cluster) -> None:
        """Take the keys away, wherever the primary is now; gives up after 10 s, which :meth:`left` then shows."""
        deadline = time.monotonic() + REMOVE_LIMIT_S
        while True:
            try:
                cluster.ask(cluster.last_primary(), "UNLINK", *self.keys)
            except LabError:
                if time.monotonic() > deadline:
                    return
                time.sleep(RETRY_S)
            else:
                return

    def left(self, cluster: Cluster) -> int:
        """How many of the keys the primary holds.

        :raises LabError: it does not answer.
        """
        return int(cluster.ask(cluster.last_primary(), "EXISTS", *self.keys))
