"""Failing BGSAVE: a data node cannot save its snapshot, because a folder lies where the file should go.

A primary with save points that may not lose them (``stop-writes-on-bgsave-error yes``, the default) then refuses every write with
MISCONF, and PING too, which makes Sentinels consider it down.
"""

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from jsquared.faults.fault import ActiveFault, ActivePerTarget, Evidence, Fault, ParameterValues
from jsquared.faults.settings import setting
from jsquared.faults.targets import data_nodes
from jsquared.faults.waiting import prove_within
from jsquared.resp.failures import ServerReplyError
from jsquared.resp.replies import parse_info
from jsquared.running.deployment import RunningDeployment

SAVE_LIMIT_S = 15.0
LOOK_S = 0.02
ASIDE = ".jsquared-aside"


class FailingBgsave(Fault):
    """A folder in the place of dump.rdb."""

    name = "failing-bgsave"
    aims = "data"
    description = "Put a folder where a data node saves its snapshot, and request one: BGSAVE fails."
    undo = "Removes the folder, puts the file back, and lets the node save again."
    evidence = "INFO says rdb_last_bgsave_status:err; after healing and another BGSAVE it says ok."

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:  # noqa: ARG002
        """Put the folder there, at each target."""
        names = data_nodes(deployment, targets, fault=self.name, do="save snapshots")
        active = ActiveFailingBgsave(deployment, {name: _snapshot(deployment, name) for name in names})
        active.begin()
        return active


def _snapshot(deployment: RunningDeployment, name: str) -> Path:
    """Return the path of a node's snapshot."""
    return Path(setting(deployment, name, "dir")) / setting(deployment, name, "dbfilename")


class ActiveFailingBgsave(ActivePerTarget):
    """Nodes that cannot save. ``files`` maps each to the place of its snapshot."""

    def __init__(self, deployment: RunningDeployment, files: Mapping[str, Path]) -> None:
        super().__init__(deployment, files)
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

    def bit_at(self, name: str) -> Evidence:
        """The last BGSAVE failed."""
        return self._says(name, "err")

    def _says(self, name: str, wanted: str) -> Evidence:
        """Show the result of the last BGSAVE; further ones are requested until the result is the wanted one."""

        def last() -> Evidence:
            view = parse_info(self._deployment.ask(name, "INFO", "persistence"))
            status = view.get("rdb_last_bgsave_status", "")
            if status != wanted:
                self._save(name)
            return Evidence(status == wanted, f"{name} says rdb_last_bgsave_status:{status}")

        return prove_within(last, limit_s=SAVE_LIMIT_S, look_s=LOOK_S)

    def heal(self) -> None:
        """Make room for the file again, and save."""
        for name, file in self._files.items():
            aside = file.with_name(file.name + ASIDE)
            if file.is_dir():
                file.rmdir()
            if aside.exists() and not file.exists():
                aside.rename(file)
            self._save(name)

    def healed_at(self, name: str) -> Evidence:
        """The last BGSAVE succeeded."""
        return self._says(name, "ok")
