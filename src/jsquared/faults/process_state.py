"""Shared code of process faults: the kernel's own reports on a process, and waiting for a node to answer."""

import signal
import time
from collections.abc import Sequence

from jsquared.faults.fault import ActivePerTarget, Evidence
from jsquared.records.event_types import ProcessChanged
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.process import Process, ProcessReport

ANSWER_LIMIT_S = 20.0
REPORT_LIMIT_S = 2.0
EXIT_LIMIT_S = 10.0
"""A process that was killed and has not ended by then hangs in the kernel."""


def is_reported(process: Process, report: ProcessReport) -> bool:
    """True if the kernel reports this of a process within 2 s."""
    deadline = time.monotonic() + REPORT_LIMIT_S
    while time.monotonic() < deadline and process.poll() is None:
        if process.has_reported(report):
            return True
        time.sleep(0.001)
    return False


def has_ended(process: Process) -> bool:
    """True if a process that was told to end does so within 10 s."""
    return process.wait(EXIT_LIMIT_S) is not None


def shut_down(deployment: RunningDeployment, names: Sequence[str]) -> None:
    """SIGTERM to each, then wait for each; who does not end in time is killed.

    Since 7.0 a server waits up to 10 s for its replicas (shutdown-timeout) before it ends.
    """
    for name in names:
        deployment.signal(name, signal.SIGTERM, "terminated")
    for name in names:
        process = deployment.process(name)
        if not has_ended(process):
            process.kill()
        if has_ended(process):
            deployment.events.add(ProcessChanged(state="exited", pid=process.pid, reason="fault", source=name))


def answers_again(deployment: RunningDeployment, name: str) -> Evidence:
    """Wait until a node runs and answers; how long that took, or what it does instead."""
    began = time.monotonic()
    process = deployment.process(name)
    while time.monotonic() - began < ANSWER_LIMIT_S:
        if process.poll() is not None:
            return Evidence(False, f"{name} ended with code {process.returncode} after it was started")
        if deployment.answers(name):
            took_ms = (time.monotonic() - began) * 1000
            return Evidence(True, f"{name} (pid {process.pid}) answers, {took_ms:.0f} ms after it was asked")
        time.sleep(0.02)
    return Evidence(False, f"{name} has not answered for {ANSWER_LIMIT_S:.0f} s")


class ActiveAtProcesses(ActivePerTarget):
    """A fault of server processes: where one answers again, it has healed."""

    def healed_at(self, name: str) -> Evidence:
        """It answers."""
        return answers_again(self._deployment, name)
