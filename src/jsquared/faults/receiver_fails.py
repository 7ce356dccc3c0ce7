"""Receiver fails: whoever should be told of alerts refuses every message, as a chat's or a pager's service does on a bad day."""

from collections.abc import Mapping
from typing import Any

from jsquared.faults.fault import ActiveFault, Evidence
from jsquared.faults.monitored import MonitoringFault
from jsquared.running.deployment import RunningDeployment
from jsquared.running.monitoring_control import Monitoring


class ReceiverFails(MonitoringFault):
    """HTTP 503 in answer to every message."""

    name = "receiver-fails"
    description = "Let the receiver of the trial's alerts answer every message of Alertmanager with HTTP 503."
    undo = "It takes messages again."
    evidence = "The receiver has refused at least one message; after healing it refuses none."

    def break_monitoring(
        self,
        deployment: RunningDeployment,
        monitoring: Monitoring,
        parameters: Mapping[str, Any],  # noqa: ARG002
    ) -> ActiveFault:
        """Begin to refuse."""
        active = ActiveReceiverFails(deployment, monitoring)
        active.begin()
        return active


class ActiveReceiverFails(ActiveFault):
    """A receiver that refuses."""

    proven_at_end = True

    def __init__(self, deployment: RunningDeployment, monitoring: Monitoring) -> None:
        super().__init__(deployment, ())
        self._monitoring = monitoring
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
