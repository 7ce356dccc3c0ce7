"""What a step needs of the servers that it changes: questions, files, processes, and clients that are told of new logins.

A trial of the lab keeps this protocol, and so can whatever reaches servers that the lab did not start.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from jsquared.running.view import RoleView


class Servers(Protocol):
    """The servers of one deployment, by node name. Errors of a server that cannot be reached or refuses are :class:`LabError`."""

    @property
    def sentinel_names(self) -> Sequence[str]:
        """Every Sentinel."""
        ...

    def group_of(self, node: str) -> tuple[str, Sequence[str]]:
        """The monitored primary that a data node belongs to, and all data nodes of it."""
        ...

    def ask(self, name: str, *words: str | int, timeout_s: float = 1.0) -> Any:
        """One command to a node.

        :raises LabError: it does not answer, or answers with an error.
        """
        ...

    def role(self, name: str, timeout_s: float = 0.5) -> RoleView | None:
        """A data node's own account of its role, None without an answer."""
        ...

    def node_at(self, address: str) -> str:
        """The node name of ``address:port``, empty when it is none of these."""
        ...

    def log_in(self, node: str, user: str, password: str) -> None:
        """Try a login.

        :raises LabError: it is refused.
        """
        ...

    def edit(self, node: str, file: str, before: str, after: str) -> None:
        """Change a line of a node's file; empty texts mean that a line comes to the end, or goes.

        :raises LabError: the line is not there.
        """
        ...

    def stop_server(self, node: str) -> None:
        """Stop a server in good order, and wait for its end.

        :raises LabError: it does not end.
        """
        ...

    def start_server(self, node: str, engine: str) -> None:
        """Start a server with its file; with another engine where one is named.

        :raises LabError: it cannot be started.
        """
        ...

    def confirm(self, what: str, *, back: bool = False) -> None:
        """See to it that something holds which no server shows; ``back``: that clients log in as before again.

        :raises LabError: it does not.
        """
        ...
