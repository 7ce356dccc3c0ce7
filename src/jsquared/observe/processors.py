"""The time that servers wait for a processor: the kernel's own account of each, read twice a second.

A timer of the lab's notices when the whole machine stands still (:mod:`jsquared.observe.stalls`). A machine that has too much to do keeps
every server waiting a little each time instead: a Sentinel that must wait 60 ms for each turn answers late, and no timer is very late.
Measured with ten reference trials side by side on two processors, a turn waits 0.9 ms (in one half second of a thousand: 24 ms or more);
with twenty encrypted ones, in which failovers took half a minute, 9 ms (in one of ten: 64 ms or more).
"""

import time
from collections.abc import Iterator, Mapping

from jsquared.observe.background import Background
from jsquared.records.event_types import Starved
from jsquared.records.events import EventLog
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.process import Account

EVERY_S = 0.5
STARVED_TURN_MS = 50.0
"""A server whose turns wait so long on average is kept from its work by the machine."""
STARVED_WINDOW_MS = 100.0
"""Less waiting than this between two looks is too little to say anything."""
_NS_PER_MS = 1_000_000


class ProcessorWatch(Background):
    """A half second in which a server was kept waiting becomes a ``starved`` event."""

    def __init__(self, deployment: RunningDeployment, events: EventLog) -> None:
        super().__init__("processors")
        self._deployment = deployment
        self._events = events
        self._before: dict[tuple[str, int], Account] = {}

    def run(self) -> None:
        """Look, twice a second."""
        before_s = time.monotonic()
        while not self.stopping.wait(EVERY_S):
            now_s = time.monotonic()
            self.look(dict(self._accounts()), (now_s - before_s) * 1000)
            before_s = now_s

    def _accounts(self) -> Iterator[tuple[tuple[str, int], Account]]:
        for name, process in self._deployment.running().items():
            if (account := process.account()) is not None:
                yield (name, process.pid), account

    def look(self, now: Mapping[tuple[str, int], Account], window_ms: float) -> None:
        """Compare with the last look, ``window_ms`` ago; of several servers that were kept waiting, the one that waited most is named."""
        waits: dict[str, tuple[float, int]] = {}
        for who, account in now.items():
            before = self._before.get(who)
            if before is not None:
                waits[who[0]] = ((account.waited_ns - before.waited_ns) / _NS_PER_MS, account.turns - before.turns)
        self._before = dict(now)
        starved = {name: wait for name, wait in waits.items() if _is_starved(*wait)}
        if starved:
            name, (waited_ms, turns) = max(starved.items(), key=lambda entry: entry[1][0])
            self._events.add(
                Starved(
                    waited_ms=round(waited_ms, 1),
                    turns=turns,
                    window_ms=round(window_ms, 1),
                    servers=len(starved),
                    source=name,
                )
            )


def _is_starved(waited_ms: float, turns: int) -> bool:
    return waited_ms >= STARVED_WINDOW_MS and waited_ms >= STARVED_TURN_MS * max(turns, 1)
