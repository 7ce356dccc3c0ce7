"""Clock skew: the clocks of one or more servers run fast or slow, as a bad quartz or a virtual machine's clock does."""

import time
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

LOWEST_PPM = -900_000


class ClockSkew(Fault):
    """The clocks that server processes see gain or lose, the wall clock and the monotonic one alike."""

    name = "clock-skew"
    description = "Make the clocks that servers see run fast or slow: the wall clock and the monotonic one."
    undo = "The clocks run true again and the wall clock is set right; the monotonic one, which never goes back, keeps its gain."
    evidence = (
        "The server's own time has moved against the lab's clock as far as the rate says; after healing they agree."
    )
    needs = frozenset({Capability.PROCESS, Capability.CLOCK})
    parameters = (Parameter("rate_ppm", "200000", "microseconds gained in each second; negative: lost"),)

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:
        """Change the rate of the targets' clocks."""
        rate_ppm = signed(self, "rate_ppm", parameters["rate_ppm"])
        if not LOWEST_PPM <= rate_ppm <= 10_000_000:
            hint = f"{LOWEST_PPM} to 10000000"
            raise self.refusal(f"{rate_ppm} is out of range", parameter="rate_ppm", hint=hint)
        active = ActiveClockSkew(deployment, own_clocks(deployment, nodes_of(deployment, targets)), rate_ppm)
        active.skew()
        return active


class ActiveClockSkew(ActiveClocks):
    """Clocks that run at another rate."""

    proven_at_end = True

    def __init__(self, deployment: RunningDeployment, pages: Mapping[str, ServerClock], rate_ppm: int) -> None:
        super().__init__(deployment, pages)
        self._rate_ppm = rate_ppm
        self._began_s = time.monotonic()

    def skew(self) -> None:
        """Change the rate of each."""
        self._began_s = time.monotonic()
        for name, page in self._pages.items():
            page.skew_clocks(self._rate_ppm)
            record_clock(self._deployment, name, ahead_ms=0, rate_ppm=self._rate_ppm)

    def bit_at(self, name: str) -> Evidence:
        """The server's own time has gained as much as the rate says."""
        before = self._before[name]

        def gain_ms() -> float:
            return (time.monotonic() - self._began_s) * self._rate_ppm / 1000

        after = read_clock_until(self._deployment, name, lambda: before.ahead_ms + gain_ms())
        expected_ms = gain_ms()
        told = abs(expected_ms) > 2 * STALE_MS and after.is_near(before.ahead_ms + expected_ms)
        return Evidence(
            told,
            f"{name}'s clock has gained {after.ahead_ms - before.ahead_ms:+.0f} ms on the lab's, {expected_ms:+.0f} ms expected",
        )
