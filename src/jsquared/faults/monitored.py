"""Shared code of faults on the monitoring itself, which only a trial that is monitored has."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from jsquared.errors import BadInputError
from jsquared.faults.fault import ActiveFault, Fault, ParameterValues
from jsquared.running.deployment import RunningDeployment
from jsquared.running.monitoring_control import Monitoring

RETURN_LIMIT_S = 20.0
"""For a part of the monitoring to work again, on a busy machine."""
LOOK_S = 0.05


class MonitoringFault(Fault):
    """A fault that breaks what watches the deployment, and nothing of the deployment."""

    of_monitoring: ClassVar[bool] = True
    aims = "nothing"
    usual_targets = ()

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:
        """Break it.

        :raises BadInputError: nothing monitors this trial, or a target is named.
        """
        if targets:
            raise self.refusal(f"it has no targets, and '{targets[0]}' is one", hint="no targets")
        if deployment.monitoring is None:
            raise self.refusal("nothing monitors this trial", hint="jsquared run --alerts, or jsquared alerts matrix")
        active = self.active(deployment, deployment.monitoring, parameters)
        active.begin()
        return active

    @abstractmethod
    def active(
        self, deployment: RunningDeployment, monitoring: Monitoring, parameters: ParameterValues
    ) -> "ActiveOnMonitoring":
        """Return what it is while it lasts, before it has begun."""


class ActiveOnMonitoring(ActiveFault):
    """Monitoring that is broken. It has no targets: none of the deployment's nodes is."""

    def __init__(self, deployment: RunningDeployment, monitoring: Monitoring) -> None:
        super().__init__(deployment, ())
        self._monitoring = monitoring

    @abstractmethod
    def begin(self) -> None:
        """Break it."""


def check_monitored(faults: Sequence[Fault], *, is_monitored: bool, where: str) -> None:
    """Refuse faults on the monitoring where nothing is monitored.

    :raises BadInputError: one of them is such a fault.
    """
    if not is_monitored and any(fault.of_monitoring for fault in faults):
        raise BadInputError("it breaks what monitors a trial, and nothing does", where=where, hint="--alerts")
