"""Settings: directives that faults change at run time, with what they were before, so that every change can be undone."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from jsquared.errors import LabError
from jsquared.faults.fault import ActiveFault, Evidence, Fault, ParameterValues, combine
from jsquared.faults.targets import nodes_of
from jsquared.resp.replies import pairs
from jsquared.running.deployment import RunningDeployment


def setting(deployment: RunningDeployment, name: str, directive: str) -> str:
    """Return the value that a data node shows for a directive.

    :raises LabError: it does not answer, or knows no such directive.
    """
    shown = pairs(deployment.ask(name, "CONFIG", "GET", directive))
    if directive not in shown:
        raise LabError(f"knows no directive '{directive}'", where=name)
    return shown[directive]


class Settings:
    """Directives of data nodes, changed by CONFIG SET.

    ``before`` maps node and directive to the value from before the first change.
    """

    def __init__(self, deployment: RunningDeployment) -> None:
        self.before: dict[tuple[str, str], str] = {}
        self._deployment = deployment

    def note(self, name: str, directive: str) -> None:
        """Keep what a node shows for a directive, before it is changed.

        :raises LabError: the node does not answer, or knows no such directive.
        """
        if (name, directive) not in self.before:
            self.before[name, directive] = self.shown(name, directive)

    def change(self, name: str, directive: str, value: str | int) -> None:
        """Set a directive at a node.

        :raises LabError: the node refuses, or does not answer.
        """
        self.note(name, directive)
        self._set(name, directive, value)

    def recorded(self) -> dict[str, dict[str, str]]:
        """Return the values from before, by node and directive, for a fault's details."""
        nodes: dict[str, dict[str, str]] = {}
        for (name, directive), value in self.before.items():
            nodes.setdefault(name, {})[directive] = value
        return nodes

    def changed(self, value: str | int) -> list[Evidence]:
        """Show for each node and directive that it has the new value, which differs from the one before."""
        return [
            Evidence(
                (shown := self.shown(name, directive)) == str(value) != before,
                f"{self._describe(name, directive, shown)}, which was {before}",
            )
            for (name, directive), before in self.before.items()
        ]

    def restore(self) -> None:
        """Set back what was before, wherever that is needed."""
        for (name, directive), value in self.before.items():
            if self._must_be_restored(name):
                self._set(name, directive, value)

    def restored(self) -> list[Evidence]:
        """Show for each of these nodes and directives that it has the value from before."""
        return [
            Evidence((shown := self.shown(name, directive)) == value, self._describe(name, directive, shown))
            for (name, directive), value in self.before.items()
            if self._must_be_restored(name)
        ]

    def shown(self, name: str, directive: str) -> str:
        """Return the value that a node shows for a directive.

        :raises LabError: it does not answer, or knows no such directive.
        """
        return setting(self._deployment, name, directive)

    def _set(self, name: str, directive: str, value: str | int) -> None:
        self._deployment.ask(name, "CONFIG", "SET", directive, value)

    def _must_be_restored(self, name: str) -> bool:
        """Not at a node that is down: it starts with its file, which CONFIG SET leaves as it was."""
        return self._deployment.process(name).poll() is None

    def _describe(self, name: str, directive: str, value: str) -> str:
        return f"{name} has {directive} {value}"


class SentinelSettings(Settings):
    """Sentinels' settings for the primary that they monitor, changed by SENTINEL SET."""

    def shown(self, name: str, directive: str) -> str:
        """Return a Sentinel's present value."""
        return str(pairs(self._deployment.ask(name, "SENTINEL", "MASTER", self._deployment.master_name))[directive])

    def _set(self, name: str, directive: str, value: str | int) -> None:
        self._deployment.ask(name, "SENTINEL", "SET", self._deployment.master_name, directive, value)

    def _must_be_restored(self, name: str) -> bool:  # noqa: ARG002
        """Also at a Sentinel that is down: SENTINEL SET writes its file."""
        return True

    def _describe(self, name: str, directive: str, value: str) -> str:
        return f"{name} works with a {directive} of {value}"


class SettingFault(Fault):
    """A fault that sets one directive of each target to the number that is its only parameter."""

    directive: ClassVar[str]
    settings: ClassVar[type[Settings]] = Settings

    @property
    def active_kind(self) -> "type[ActiveSetting]":
        """Return the class of what is active: another one where there is more to prove than what the node shows."""
        return ActiveSetting

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:
        """Change it at each target, or at none: once all have said what they have, and back where one refuses."""
        [parameter] = self.parameters
        names, settings = nodes_of(deployment, targets), self.settings(deployment)
        for name in names:
            settings.note(name, self.directive)
        try:
            for name in names:
                settings.change(name, self.directive, parameters[parameter.name])
        except LabError:
            settings.restore()
            raise
        return self.active_kind(deployment, names, settings, parameters[parameter.name], self.before(settings))

    def before(self, settings: Settings) -> Mapping[str, Any]:
        """Return the event's record of the values from before, by node."""
        return {name: int(value) for (name, _), value in settings.before.items()}


class ActiveSetting(ActiveFault):
    """A directive that was changed at nodes."""

    def __init__(
        self,
        deployment: RunningDeployment,
        targets: Sequence[str],
        settings: Settings,
        value: int,
        before: Mapping[str, Any],
    ) -> None:
        super().__init__(deployment, targets, {"before": before})
        self._settings = settings
        self._value = value

    def bit(self) -> Evidence:
        """Each shows the new number, which is not the old one."""
        return combine(self._settings.changed(self._value))

    def heal(self) -> None:
        """Set the old number again."""
        self._settings.restore()

    def healed(self) -> Evidence:
        """Each shows the old number."""
        return combine(self._settings.restored())
