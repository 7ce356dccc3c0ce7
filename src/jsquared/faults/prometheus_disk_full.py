"""Prometheus' disk is full: it stores nothing any more, so its rules see nothing new, or it ends.

Measured with 2.42.0: a scrape ends with ``write to WAL: no space left on device`` and its samples are dropped, though the target counts as
up; and Prometheus itself ends by SIGBUS as soon as it touches a page of its query log (``queries.active``, a sparse file that is mapped)
for which there is no room.
"""

from jsquared.faults.fault import Evidence, ParameterValues, combine
from jsquared.faults.monitored import LOOK_S, RETURN_LIMIT_S, ActiveOnMonitoring, MonitoringFault
from jsquared.faults.own_disks import disks_of
from jsquared.faults.planned_means import refuse_unplanned
from jsquared.faults.waiting import prove_within
from jsquared.running.deployment import RunningDeployment
from jsquared.running.monitoring_control import PROMETHEUS, Monitoring
from jsquared.sandbox.capability import Capability

OLD_S = 2.5
"""So much older than one scrape is the newest sample where one was missed."""
LONGEST_BLIND_S = 10.0
"""So much longer is waited for that, on a busy machine."""


class PrometheusDiskFull(MonitoringFault):
    """No free space where Prometheus stores its samples."""

    name = "prometheus-disk-full"
    description = "Leave no free space in the folder in which the trial's Prometheus stores its samples."
    undo = "There is free space again; if Prometheus has ended, it is started again with what it had stored."
    evidence = (
        "A write by the lab in the folder fails with ENOSPC, and Prometheus has missed a scrape, or ended; "
        "after healing it stores samples again."
    )
    needs = frozenset({Capability.PROCESS, Capability.DISK})

    def active(
        self,
        deployment: RunningDeployment,
        monitoring: Monitoring,
        parameters: ParameterValues,  # noqa: ARG002
    ) -> ActiveOnMonitoring:
        """Return a disk that is to be filled."""
        refuse_unplanned(deployment, Capability.DISK, "fill a disk or make it read-only")
        return ActivePrometheusDiskFull(deployment, monitoring)


class ActivePrometheusDiskFull(ActiveOnMonitoring):
    """A Prometheus without room for a sample."""

    proven_at_end = True

    def __init__(self, deployment: RunningDeployment, monitoring: Monitoring) -> None:
        super().__init__(deployment, monitoring)
        self._disks = disks_of(deployment)
        alerts = deployment.plan.alerts
        self._scrape_s = alerts.scrape_ms / 1000 if alerts else 0.0

    def begin(self) -> None:
        """Leave no room."""
        self._monitoring.tolerate(PROMETHEUS, True)
        self._disks.fill(self._monitoring.storage)

    def bit(self) -> Evidence:
        """Nothing can be written, and nothing is stored; a scrape is waited for."""
        error = self._disks.write_error(self._monitoring.storage)
        told = Evidence(error == "ENOSPC", f"a write of 64 KiB where Prometheus stores gives {error or 'no error'}")
        blind = prove_within(self._blind, limit_s=self._scrape_s + OLD_S + LONGEST_BLIND_S, look_s=LOOK_S)
        return combine([told, blind])

    def _blind(self) -> Evidence:
        if not self._monitoring.answers(PROMETHEUS):
            return Evidence(True, "Prometheus does not answer any more")
        age_s = self._monitoring.newest_sample_age_s()
        return Evidence(age_s > self._scrape_s + OLD_S, f"Prometheus' newest sample is {age_s:.1f} s old")

    def heal(self) -> None:
        """Make room, and start Prometheus again if it has ended."""
        self._disks.make_room(self._monitoring.storage)
        self._monitoring.bring_back(PROMETHEUS)
        self._monitoring.tolerate(PROMETHEUS, False)

    def healed(self) -> Evidence:
        """It stores samples again."""

        def look() -> Evidence:
            age_s = self._monitoring.newest_sample_age_s()
            return Evidence(age_s <= self._scrape_s + OLD_S, f"Prometheus' newest sample is {age_s:.1f} s old")

        return prove_within(look, limit_s=RETURN_LIMIT_S + 2 * self._scrape_s, look_s=LOOK_S)
