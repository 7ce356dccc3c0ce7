"""Shared code of clock faults: the server's own word on the time, against the lab's clock, and the record of all changes.

The server's word is ``server_time_usec`` of INFO (Sentinels answer that too), or TIME where an old version lacks it. It is a time that
the server cached: when the command came (Redis), or at its last tick (Valkey, with a processor's counter to measure commands by).
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from jsquared.faults.fault import ActivePerTarget, Evidence, Fault
from jsquared.faults.planned_means import refuse_unplanned
from jsquared.faults.waiting import wait_until
from jsquared.records.event_types import NodeClockSet
from jsquared.resp.replies import parse_info
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.capability import Capability
from jsquared.sandbox.facets import ServerClock, given

STALE_MS = 100.0
"""How much older than the question the time in an answer may be: a tick of serverCron at hz 10."""
READ_LIMIT_S = 2.0


class ClockReading(NamedTuple):
    """The lead of a server's wall clock over the lab's (negative: behind), with its uncertainty."""

    ahead_ms: float
    within_ms: float

    def is_near(self, expected_ms: float) -> bool:
        """True if it equals ``expected_ms`` within its uncertainty."""
        return abs(self.ahead_ms - expected_ms) <= self.within_ms


def read_clock(deployment: RunningDeployment, name: str) -> ClockReading:
    """Ask a server for its time.

    :raises Unreachable: it does not answer.
    """
    asked_s = time.time()
    info = parse_info(deployment.ask(name, "INFO", "server"))
    if "server_time_usec" not in info:
        asked_s = time.time()
        seconds, microseconds = deployment.ask(name, "TIME")
        info["server_time_usec"] = f"{seconds}{int(microseconds):06}"
    answered_s = time.time()
    middle_ms = (asked_s + answered_s) * 500
    half_ms = (answered_s - asked_s) * 500
    return ClockReading(int(info["server_time_usec"]) / 1000 - middle_ms, half_ms + STALE_MS)


def read_clock_until(deployment: RunningDeployment, name: str, expected_ms: Callable[[], float]) -> ClockReading:
    """Ask a server for its time until that is so far ahead of the lab's, for 2 s at most; the last answer.

    A server that has not ticked since its clock was set answers with the time from before.

    :raises Unreachable: it does not answer.
    """
    return wait_until(
        lambda: read_clock(deployment, name), lambda at: at.is_near(expected_ms()), limit_s=READ_LIMIT_S, look_s=0.01
    )


def signed(fault: Fault, parameter: str, text: str) -> int:
    """The whole number of a parameter that may be negative.

    :raises BadInputError: it is none, or 0.
    """
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number == 0 or abs(number) > 10**12:
        problem = f"'{text}' is not a whole number other than 0"
        raise fault.refusal(problem, parameter=parameter, hint="3600000 or -3600000")
    return number


def own_clocks(deployment: RunningDeployment, names: Sequence[str]) -> dict[str, ServerClock]:
    """The clocks of nodes, to be set.

    :raises BadInputError: the servers were started without, as the plan does not say that it needs them.
    """
    refuse_unplanned(deployment, Capability.CLOCK, "set a clock")
    clocks = given(deployment.sandbox.clock, Capability.CLOCK)
    return {name: clocks.of(deployment.folder(name)) for name in names}


def record_clock(deployment: RunningDeployment, name: str, *, ahead_ms: float, rate_ppm: int = 0) -> None:
    """Record what a node's wall clock shows from now on, so that the stamps in its log can be put right."""
    deployment.events.add(NodeClockSet(ahead_ms=ahead_ms, rate_ppm=rate_ppm, source=name))


class ActiveClocks(ActivePerTarget):
    """Clocks that were set; a subclass sets them, and says of each whether its server shows it."""

    def __init__(self, deployment: RunningDeployment, pages: Mapping[str, ServerClock]) -> None:
        super().__init__(deployment, pages)
        self._pages = pages
        self._before: dict[str, ClockReading] = {name: read_clock(deployment, name) for name in pages}

    def heal(self) -> None:
        """The true time again."""
        for name, page in self._pages.items():
            page.right_wall_clock()
            record_clock(self._deployment, name, ahead_ms=0)

    def healed_at(self, name: str) -> Evidence:
        """The server says the lab's time again."""
        reading = read_clock_until(self._deployment, name, lambda: 0.0)
        return Evidence(
            reading.is_near(0),
            f"{name}'s clock is {reading.ahead_ms:+.0f} ms from the lab's (known within {reading.within_ms:.0f} ms)",
        )
