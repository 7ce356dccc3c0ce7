"""Failing BGSAVE: a data node cannot save its snapshot, because a folder lies where the file should go.

A primary with save points that may not lose them (``stop-writes-on-bgsave-error yes``, the default) then refuses every write with
MISCONF, and PING too, which makes Sentinels consider it down.
"""

import contextlib
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from jsquared.errors import BadInputError
from jsquared.faults.fault import Evidence, Parameter, combine
from jsquared.faults.settings import setting
from jsquared.faults.targets import nodes_of
from jsquared.resp.failures import ServerReplyError
from jsquared.resp.replies import parse_info
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.sandbox import Capability

SAVE_LIMIT_S = 15.0
LOOK_S = 0.02
ASIDE = ".jsquared-aside"


class FailingBgsave:
    """A folder in the place of dump.rdb."""

    name: ClassVar[str] = "failing-bgsave"
    description: ClassVar[str] = "Put a folder where a data node saves its snapshot, and let it try: BGSAVE fails."
    undo: ClassVar[str] = "Removes the folder, puts the file back, and lets the node save again."
    evidence: ClassVar[str] = "INFO says rdb_last_bgsave_status:err; after healing and another BGSAVE it says ok."
    needs: ClassVar[frozenset[Capability]] = frozenset({Capability.PROCESS})
    parameters: ClassVar[tuple[Parameter, ...]] = ()

    def inject(
        self,
        deployment: RunningDeployment,
        targets: Sequence[str],
        parameters: Mapping[str, Any],  # noqa: ARG002
    ) -> "ActiveFailingBgsave":
        """Put the folder there, at each target."""
        names = nodes_of(deployment, targets)
        if any(deployment.plan.node(name).role != "data" for name in names):
            raise BadInputError("only data nodes save snapshots", where="fault 'failing-bgsave'", hint="primary")
        active = ActiveFailingBgsave(deployment, {name: _snapshot(deployment, name) for name in names})
        active.begin()
        return active


def _snapshot(deployment: RunningDeployment, name: str) -> Path:
    """Where a node saves its snapshot."""
    return Path(setting(deployment, name, "dir")) / setting(deployment, name, "dbfilename")


class ActiveFailingBgsave:
    """Nodes that cannot save. ``files`` maps each to the place of its snapshot."""

    proven_at_end: ClassVar[bool] = False

    def __init__(self, deployment: RunningDeployment, files: Mapping[str, Path]) -> None:
        self.targets: Sequence[str] = list(files)
        self.details: Mapping[str, Any] = {}
        self._deployment = deployment
        self._files = files

    def begin(self) -> None:
        """Set what is there aside, put a folder in its place, and ask for a snapshot."""
        for name, file in self._files.items():
            if file.exists():
                file.rename(file.with_name(file.name + ASIDE))
            file.mkdir()
            self._save(name)

    def _save(self, name: str) -> None:
        """Ask for a snapshot; one that is under way fails, or succeeds, just as well."""
        with contextlib.suppress(ServerReplyError):
            self._deployment.ask(name, "BGSAVE")

    def bit(self) -> Evidence:
        """The last BGSAVE failed."""
        return combine([self._wait_for(name, "err") for name in self.targets])

    def _wait_for(self, name: str, wanted: str) -> Evidence:
        deadline = time.monotonic() + SAVE_LIMIT_S
        while (status := self._status(name)) != wanted and time.monotonic() < deadline:
            self._save(name)
            time.sleep(LOOK_S)
        return Evidence(status == wanted, f"{name} says rdb_last_bgsave_status:{status}")

    def _status(self, name: str) -> str:
        view = parse_info(self._deployment.ask(name, "INFO", "persistence"))
        return view.get("rdb_last_bgsave_status", "")

    def heal(self) -> None:
        """Make room for the file again, and save."""
        for name, file in self._files.items():
            aside = file.with_name(file.name + ASIDE)
            if file.is_dir():
                file.rmdir()
            if aside.exists() and not file.exists():
                aside.rename(file)
            self._save(name)

    def healed(self) -> Evidence:
        """The last BGSAVE succeeded."""
        return combine([self._wait_for(name, "ok") for name in self.targets])
