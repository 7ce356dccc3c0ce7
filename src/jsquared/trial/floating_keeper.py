"""The keeper of the floating addresses of a trial: puts them on a host at the start, then moves them as each host's own rule says."""

import json
import time
from collections.abc import Callable

from jsquared.errors import LabError
from jsquared.observe.background import Background
from jsquared.records.event_types import FloatingMoved
from jsquared.records.placement import PlacedFloating
from jsquared.resp.replies import parse_info
from jsquared.running.deployment import RunningDeployment
from jsquared.running.view import RoleView
from jsquared.sandbox.capability import Capability
from jsquared.sandbox.facets import given
from jsquared.trial.floating_rule import Move, Seat

LOOK_S = 0.2
"""How often every host looks, and every holder says that it is one."""
SKEW_S = 1.5 * LOOK_S
"""How much longer each later host waits for a word of a holder, as VRRP's skew time: enough to hear of one that took it just before."""
_REASONS = {"primary": "the primary by its server's word", "host": "up"}


class FloatingKeeper(Background):
    """Plays the part of every host that shares an address. Each move becomes an event ``floating-moved``."""

    def __init__(self, deployment: RunningDeployment, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__("floating addresses")
        self._deployment = deployment
        self._clock = clock
        self._seats: dict[str, list[Seat]] = {}
        self.problem: LabError | None = None
        """Why it stopped before it was told to; what follows proves nothing."""

    def place(self) -> None:
        """Put every address where it is at the start.

        :raises SandboxError: the sandbox cannot.
        """
        if not self._deployment.placement.floating:
            return
        floating = given(self._deployment.sandbox.floating, Capability.FLOATING)
        for one in self._deployment.placement.floating:
            for host in one.hosts if one.nonlocal_bind else ():
                floating.allow_early_binds(host)
            floating.take(one.starts_on, one.address)
            self._tell(one, "", one.starts_on, "is where it begins")

    def start(self) -> None:
        """Begin to move those that move by themselves; nothing where there are none."""
        now_s = self._clock()
        for one in self._deployment.placement.floating:
            if one.follows == "manual":
                continue
            reason = _REASONS[one.follows]
            seats = [
                Seat(one.hosts, place, one.after_ms / 1000, reason, now_s, preempts=one.preempts, skew_s=place * SKEW_S)
                for place in range(len(one.hosts))
            ]
            next(seat for seat in seats if seat.host == one.starts_on).begin()
            self._seats[one.address] = seats
        if self._seats:
            super().start()

    def run(self) -> None:
        """Look again and again."""
        try:
            while not self.stopping.wait(LOOK_S):
                self.look()
        except LabError as problem:
            self.problem = problem

    def check(self) -> None:
        """Raise what ended it too early.

        :raises LabError: the sandbox could not do what the rule asked for.
        """
        if self.problem is not None:
            raise self.problem

    def look(self) -> None:
        """Let every host decide once, then every holder say that it is one.

        :raises SandboxError: the sandbox cannot do what is decided.
        """
        running = self._deployment.running()
        living = {self._deployment.plan.node(name).host for name in running}
        heard = self._heard()
        for one in self._deployment.placement.floating:
            seats = self._seats.get(one.address, ())
            passing = living if one.follows == "host" or not seats else self._primaries(one)
            for seat in seats:
                alive = seat.host in living
                told = heard.get((seat.host, one.address), [])
                move = seat.look(self._clock(), alive=alive, passes=seat.host in passing, heard=told)
                if move is not None:
                    self._do(one, seat.host, move)
        self._say(living)

    def _primaries(self, one: PlacedFloating) -> set[str]:
        """The hosts whose data node says, at its own address, that it is a primary: what a check script on each of them asks."""
        nodes = {
            node.name: node.host for node in self._deployment.plan.group(one.master_name) if node.host in one.hosts
        }
        running = [name for name in self._deployment.running() if name in nodes]
        answers = self._deployment.ask_all(running, "INFO", "replication")
        return {nodes[name] for name, info in answers.items() if RoleView.parse(parse_info(info)).primary}

    def _heard(self) -> dict[tuple[str, str], list[int]]:
        """Host and address to the places of those who said to it that they have the address."""
        floating = given(self._deployment.sandbox.floating, Capability.FLOATING)
        found: dict[tuple[str, str], list[int]] = {}
        for host in {seat.host for seats in self._seats.values() for seat in seats}:
            for words in floating.heard(host):
                address, place = json.loads(words)
                found.setdefault((host, address), []).append(place)
        return found

    def _say(self, living: set[str]) -> None:
        floating = given(self._deployment.sandbox.floating, Capability.FLOATING)
        for address, seats in self._seats.items():
            for place, seat in enumerate(seats):
                if seat.has_it and seat.host in living:
                    floating.say(seat.host, json.dumps([address, place]).encode())

    def _do(self, one: PlacedFloating, host: str, move: Move) -> None:
        floating = given(self._deployment.sandbox.floating, Capability.FLOATING)
        if move.act == "give up":
            floating.give_up(host, one.address)
            self._tell(one, host, "", move.why)
            return
        floating.take(host, one.address)
        if move.act == "take":
            self._tell(one, "", host, move.why)

    def _tell(self, one: PlacedFloating, leaves: str, takes: str, why: str) -> None:
        holders = self._deployment.floating_moved(one.address, leaves=leaves, takes=takes)
        self._deployment.events.add(
            FloatingMoved(
                address=one.written,
                here=one.address,
                from_host=leaves,
                to_host=takes,
                holders=tuple(holders),
                why=f"{takes or leaves} {why}",
            )
        )
