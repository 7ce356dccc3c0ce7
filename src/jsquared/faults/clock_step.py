"""Clock step: the wall clock of one or more servers jumps, as NTP, a restored VM or an administrator lets it."""

from collections.abc import Mapping, Sequence

from jsquared.faults.clocks import (
    STALE_MS,
    ActiveClocks,
    own_clocks,
    read_clock_until,
    record_clock,
    signed,
)
from jsquared.faults.fault import ActiveFault, Evidence, Fault, Parameter, ParameterValues
from jsquared.faults.targets import nodes_of
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.capability import Capability
from jsquared.sandbox.facets import ServerClock

LEAST_MS = int(3 * STALE_MS)


class ClockStep(Fault):
    """The wall clock that server processes see jumps; the monotonic clock does not."""

    name = "clock-step"
    description = (
        "Step the wall clock that servers see, forward or back; the monotonic clock continues, as on a real host."
    )
    undo = "The clock is stepped back to the true time."
    evidence = "The server's own time, against the lab's clock, before and after; after healing they agree."
    needs = frozenset({Capability.PROCESS, Capability.CLOCK})
    parameters = (Parameter("step_ms", "3600000", "how far the clock jumps, in milliseconds; negative: back"),)

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:
        """Step the targets' clocks, all of them at once as far as they are concerned."""
        step_ms = signed(self, "step_ms", parameters["step_ms"])
        if abs(step_ms) < LEAST_MS:
            problem = f"less than {LEAST_MS} ms cannot be distinguished from none"
            raise self.refusal(problem, parameter="step_ms", hint="1000")
        active = ActiveClockStep(deployment, own_clocks(deployment, nodes_of(deployment, targets)), step_ms)
        active.step()
        return active


class ActiveClockStep(ActiveClocks):
    """Clocks that were stepped."""

    def __init__(self, deployment: RunningDeployment, pages: Mapping[str, ServerClock], step_ms: int) -> None:
        super().__init__(deployment, pages)
        self._step_ms = step_ms

    def step(self) -> None:
        """Step each."""
        for name, page in self._pages.items():
            page.step_clock(self._step_ms)
            record_clock(self._deployment, name, ahead_ms=self._step_ms)

    def bit_at(self, name: str) -> Evidence:
        """The server's own time has jumped as far."""
        before = self._before[name]
        expected_ms = before.ahead_ms + self._step_ms
        after = read_clock_until(self._deployment, name, lambda: expected_ms)
        return Evidence(
            after.is_near(expected_ms),
            f"{name}'s clock was {before.ahead_ms:+.0f} ms from the lab's and is {after.ahead_ms:+.0f} ms from it",
        )
