"""Plays the steps of a change in a trial, under load; each begins and ends with an event."""

import time
from collections.abc import Callable, Iterable

from jsquared.deployment.dialect.dialect import dialect_of
from jsquared.deployment.dialect.effects import effects_of
from jsquared.records.event_types import Phase, SettingsCompared, StepBegan, StepEnded
from jsquared.records.events import EventLog
from jsquared.resp.replies import pairs
from jsquared.rollout.compared_values import compared
from jsquared.rollout.file_lines import key_and_value, values_in
from jsquared.rollout.step_player import StepError, StepPlayer
from jsquared.rollout.steps import Step
from jsquared.running.deployment import RunningDeployment
from jsquared.trial.changed_servers import ChangedServers
from jsquared.trial.order import ChangeOrder

BEFORE_S = 2.0
"""Load goes on so long before the first step, so that the history shows service as usual at its beginning."""
GATE_LIMIT_MS = 60_000
"""A gate is waited for no longer: in the lab data sets are small, and what takes longer would take hours elsewhere."""
CONVERGE_S = 30.0
OF_ROLES = frozenset({"replicaof", "slaveof"})
SHOWN_BY_SENTINEL = ("quorum", "down-after-milliseconds", "failover-timeout", "parallel-syncs")
LOOK_S = 0.05
USUAL_FLAG = " sanitize-payload"
"""Of every user, but shown only of those that were read from a file."""


class PlayedChange:
    """The steps of an order at the servers of a trial."""

    def __init__(self, order: ChangeOrder, deployment: RunningDeployment, events: EventLog) -> None:
        self._order, self._deployment, self._events = order, deployment, events
        engine = deployment.placement.engine
        self._dialect, self._effects = dialect_of(engine)[0], effects_of(engine)[0]
        self._servers = ChangedServers(deployment, self._dialect, order.directives, order.marks)
        self._player = StepPlayer(
            self._servers,
            order.marks,
            self._dialect,
            coordinated=self._effects.is_coordinated,
            most_ms=GATE_LIMIT_MS,
        )

    def run(self, load_began_s: float) -> None:
        """Play all steps, and take them back where the order says so; ends with the first step that fails."""
        time.sleep(max(0.0, load_began_s + BEFORE_S - time.monotonic()))
        self._events.add(Phase("change"))
        before = self._settings() if self._order.takes_back else {}
        if not self._each(self._order.steps, self._player.play, back=False) or not self._order.takes_back:
            return
        if self._each(reversed(self._order.steps), self._player.take_back, back=True):
            self._compare(before)

    def _each(self, steps: Iterable[Step], play: Callable[[Step], None], *, back: bool) -> bool:
        return all(self._one(step, play, back=back) for step in steps)

    def _one(self, step: Step, play: Callable[[Step], None], *, back: bool) -> bool:
        self._events.add(StepBegan(number=step.number, does=step.kind, back=back, source=step.node))
        try:
            play(step)
            reason = self._unconverged()
        except StepError as problem:
            reason = problem.what
        ended = StepEnded(number=step.number, does=step.kind, back=back, ok=not reason, reason=reason, source=step.node)
        self._events.add(ended)
        return ended.ok

    def _unconverged(self) -> str:
        """Why the deployment has not converged within 30 s, empty if it has."""
        deadline_s = time.monotonic() + CONVERGE_S
        while (why := self._deployment.unconverged()) and time.monotonic() < deadline_s:
            time.sleep(LOOK_S)
        return f"the deployment has not converged within {CONVERGE_S:.0f} s: {why}" if why else ""

    def _compare(self, before: dict[tuple[str, str], object]) -> None:
        now = self._settings()
        differing = sorted({key for key in (*before, *now) if before.get(key) != now.get(key)})
        self._events.add(
            SettingsCompared(
                ok=not differing, settings=len(now), differing=tuple(f"{name} of {node}" for node, name in differing)
            )
        )

    def _settings(self) -> dict[tuple[str, str], object]:
        """All that servers show of their settings, and what their files say of everything that the change changes."""
        found: dict[tuple[str, str], object] = {}
        for node in self._deployment.nodes:
            shown = self._shown_by_sentinel(node.name) if node.role == "sentinel" else self._shown_by_data(node.name)
            found |= {(node.name, name): value for name, value in shown.items()}
            found |= {(node.name, f"the line of {name}"): value for name, value in self._written(node.name).items()}
        return found

    def _shown_by_data(self, name: str) -> dict[str, object]:
        shown = pairs(self._servers.ask(name, "CONFIG", "GET", "*"))
        users = [line.replace(USUAL_FLAG, "") for line in self._servers.ask(name, "ACL", "LIST")]
        return {key: value for key, value in shown.items() if key not in OF_ROLES} | {"users": sorted(users)}

    def _shown_by_sentinel(self, name: str) -> dict[str, object]:
        found: dict[str, object] = {}
        for master_name in self._deployment.master_names:
            view = pairs(self._servers.ask(name, "SENTINEL", "MASTER", master_name))
            found |= {f"{setting} {master_name}": view.get(setting) for setting in SHOWN_BY_SENTINEL}
        return found

    def _written(self, node: str) -> dict[str, object]:
        """The values in a node's file of the directives that the change changes there; the default where none is written."""
        text = self._servers.text_of(node)
        found: dict[str, object] = {}
        for change in self._order.directives:
            if change.node != node or change.effect == "never" or change.directive.startswith("sentinel monitor"):
                continue
            for side in (change.before, change.after):
                about = key_and_value(side.text, self._dialect) if side.written else None
                if about is not None and about[0][0] != "sentinel monitor":
                    key = about[0]
                    default = self._effects.default(key[0])
                    usual = [] if default is None else [compared(key[0], [(default,)], self._dialect)]
                    found[" ".join(key).strip()] = values_in(text, key, self._dialect) or usual
        return found
