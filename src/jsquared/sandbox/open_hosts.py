"""Hosts that hide nothing: a sandbox of them has nothing to make before a process starts, and runs no process of its own."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from pathlib import PurePath

from jsquared.sandbox.process import Process


class OpenHosts(ABC):
    """Two answers that all sandboxes of such hosts give."""

    def helpers(self) -> Mapping[str, Process]:
        """None."""
        return {}

    def expect(
        self,
        host: str,
        program: str,  # noqa: ARG002 -- nothing has to be made for any
        *,
        cwd: PurePath,  # noqa: ARG002
        sees: Sequence[str] = (),  # noqa: ARG002
        owns: Sequence[str] = (),  # noqa: ARG002
        needs: Collection[str] = (),  # noqa: ARG002
    ) -> None:
        """Nothing has to be made for a process.

        :raises SandboxError: there is no such host.
        """
        self._known(host)

    @abstractmethod
    def _known(self, host: str) -> None:
        """Refuse a host that is not there."""
