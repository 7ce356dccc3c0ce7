"""Monitoring down: the exporter, Prometheus or Alertmanager dies, and comes back with what it had stored."""

from jsquared.faults.fault import Evidence, Parameter, ParameterValues
from jsquared.faults.monitored import LOOK_S, RETURN_LIMIT_S, ActiveOnMonitoring, MonitoringFault
from jsquared.faults.waiting import prove_within
from jsquared.running.deployment import RunningDeployment
from jsquared.running.monitoring_control import PARTS, Monitoring


class MonitoringDown(MonitoringFault):
    """SIGKILL to a part of the monitoring."""

    name = "monitoring-down"
    description = "End a part of what monitors the trial by SIGKILL: the exporter, Prometheus or Alertmanager."
    undo = "The part is started again with what it had stored."
    evidence = "Nobody answers at its port; after healing it says that it is ready."
    parameters = (Parameter("part", "alertmanager", "which of them", PARTS),)

    def active(
        self, deployment: RunningDeployment, monitoring: Monitoring, parameters: ParameterValues
    ) -> ActiveOnMonitoring:
        """Return a part that is to end."""
        return ActiveMonitoringDown(deployment, monitoring, parameters["part"])


class ActiveMonitoringDown(ActiveOnMonitoring):
    """A part that is away."""

    def __init__(self, deployment: RunningDeployment, monitoring: Monitoring, part: str) -> None:
        super().__init__(deployment, monitoring)
        self._part = part

    def begin(self) -> None:
        """End it."""
        self._monitoring.tolerate(self._part, True)
        self._monitoring.end(self._part)

    def bit(self) -> Evidence:
        """Nobody answers any more."""
        return self._answering(False)

    def heal(self) -> None:
        """Start it again."""
        self._monitoring.bring_back(self._part)
        self._monitoring.tolerate(self._part, False)

    def healed(self) -> Evidence:
        """It is ready."""
        return self._answering(True)

    def _answering(self, wanted: bool) -> Evidence:
        def look() -> Evidence:
            answers = self._monitoring.answers(self._part)
            return Evidence(
                answers is wanted, f"{self._part} {'says that it is ready' if answers else 'does not answer'}"
            )

        return prove_within(look, limit_s=RETURN_LIMIT_S, look_s=LOOK_S)
