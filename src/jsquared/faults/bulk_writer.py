"""Bulk: large values of random bytes, which nothing can compress, written to a data node and taken away again."""

import contextlib
import os

from jsquared.errors import LabError
from jsquared.faults.fault import Evidence
from jsquared.faults.waiting import wait_until
from jsquared.resp.blocking import Connection
from jsquared.resp.failures import ServerReplyError
from jsquared.running.view import DeploymentView

MEGABYTE = 1 << 20
WRITE_LIMIT_S = 10.0
REMOVE_LIMIT_S = 10.0
RETRY_S = 0.05


class BulkWriter:
    """``keys`` values that are ``size_bytes`` together. The keys are a fault's own and never a client's."""

    def __init__(self, fault: str, size_bytes: int, keys: int) -> None:
        self.keys = [f"jsquared:{fault}:{number}" for number in range(max(1, keys))]
        self._each = size_bytes // len(self.keys)
        self.size_bytes = self._each * len(self.keys)
        self._piece = os.urandom(min(self._each, MEGABYTE))

    def write(self, deployment: DeploymentView, name: str) -> int:
        """Write every key once; gives how many bytes the node took.

        :raises LabError: the node does not answer.
        """
        with deployment.connect(name, WRITE_LIMIT_S) as connection:
            return sum(self._grow(connection, key) for key in self.keys)

    def _grow(self, connection: Connection, key: str) -> int:
        """Write one key in pieces, so that the lab itself never holds, or waits for, more than one of them."""
        taken, command = 0, "SET"
        while taken < self._each:
            piece = self._piece[: self._each - taken]
            try:
                connection.command(command, key, piece)
            except ServerReplyError:  # such as NOREPLICAS: what was refused does not count
                break
            taken, command = taken + len(piece), "APPEND"
        return taken

    def remove(self, deployment: DeploymentView) -> None:
        """Take the keys away, wherever the primary is now; gives up after 10 s, which :meth:`left` then shows."""

        def removed() -> bool:
            with contextlib.suppress(LabError):
                deployment.ask(deployment.last_primary(), "UNLINK", *self.keys)
                return True
            return False

        wait_until(removed, limit_s=REMOVE_LIMIT_S, look_s=RETRY_S)

    def left(self, deployment: DeploymentView) -> int:
        """Return the number of these keys that the primary holds.

        :raises LabError: it does not answer.
        """
        return int(deployment.ask(deployment.last_primary(), "EXISTS", *self.keys))

    def gone(self, deployment: DeploymentView) -> Evidence:
        """The primary holds none of them.

        :raises LabError: it does not answer.
        """
        left = self.left(deployment)
        return Evidence(not left, f"{left} of its keys are left")
