"""Settings: directives that faults change at run time, with what they were before, so that every change can be undone."""

from jsquared.errors import LabError
from jsquared.faults.fault import Evidence
from jsquared.resp.replies import pairs
from jsquared.running.deployment import RunningDeployment


def setting(deployment: RunningDeployment, name: str, directive: str) -> str:
    """What a data node shows for a directive.

    :raises LabError: it does not answer, or knows no such directive.
    """
    shown = pairs(deployment.ask(name, "CONFIG", "GET", directive))
    if directive not in shown:
        raise LabError(f"knows no directive '{directive}'", where=name)
    return shown[directive]


class Settings:
    """Directives changed by CONFIG SET. ``before`` maps node and directive to the value from before the first change."""

    def __init__(self, deployment: RunningDeployment) -> None:
        self.before: dict[tuple[str, str], str] = {}
        self._deployment = deployment

    def change(self, name: str, directive: str, value: str | int) -> None:
        """Set a directive at a node.

        :raises LabError: the node refuses, or does not answer.
        """
        self.before.setdefault((name, directive), setting(self._deployment, name, directive))
        self._deployment.ask(name, "CONFIG", "SET", directive, value)

    def recorded(self) -> dict[str, dict[str, str]]:
        """What was before, by node and directive, for a fault's details."""
        nodes: dict[str, dict[str, str]] = {}
        for (name, directive), value in self.before.items():
            nodes.setdefault(name, {})[directive] = value
        return nodes

    def restore(self) -> None:
        """Set back what was before, at every node that runs: one that is down starts with its file."""
        for (name, directive), value in self.before.items():
            if self._runs(name):
                self._deployment.ask(name, "CONFIG", "SET", directive, value)

    def restored(self) -> list[Evidence]:
        """What each node that runs shows for each directive."""
        return [
            Evidence((shown := setting(self._deployment, name, directive)) == value, f"{name} has {directive} {shown}")
            for (name, directive), value in self.before.items()
            if self._runs(name)
        ]

    def _runs(self, name: str) -> bool:
        return self._deployment.process(name).poll() is None
