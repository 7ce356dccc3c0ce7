"""Receiver fails: whoever should be told of alerts refuses every message, as a chat's or a pager's service does on a bad day."""

from jsquared.faults.fault import Evidence, ParameterValues
from jsquared.faults.monitored import ActiveOnMonitoring, MonitoringFault
from jsquared.running.deployment import RunningDeployment
from jsquared.running.monitoring_control import Monitoring


class ReceiverFails(MonitoringFault):
    """HTTP 503 in answer to every message."""

    name = "receiver-fails"
    description = "Let the receiver of the trial's alerts answer every message of Alertmanager with HTTP 503."
    undo = "It takes messages again."
    evidence = "The receiver has refused at least one message; after healing it refuses none."

    def active(
        self,
        deployment: RunningDeployment,
        monitoring: Monitoring,
        parameters: ParameterValues,  # noqa: ARG002
    ) -> ActiveOnMonitoring:
        """Return a receiver that is to refuse."""
        return ActiveReceiverFails(deployment, monitoring)


class ActiveReceiverFails(ActiveOnMonitoring):
    """A receiver that refuses."""

    proven_at_end = True

    def __init__(self, deployment: RunningDeployment, monitoring: Monitoring) -> None:
        super().__init__(deployment, monitoring)
        self._before = monitoring.refused

    def begin(self) -> None:
        """Refuse from now on."""
        self._monitoring.refuse(True)

    def bit(self) -> Evidence:
        """Some message was refused."""
        refused = self._monitoring.refused - self._before
        return Evidence(refused > 0, f"the receiver refused {refused} messages with HTTP 503")

    def heal(self) -> None:
        """Take messages again."""
        self._monitoring.refuse(False)
        self._before = self._monitoring.refused

    def healed(self) -> Evidence:
        """None is refused any more."""
        refused = self._monitoring.refused - self._before
        return Evidence(refused == 0, f"the receiver has refused {refused} messages since it takes them again")
