"""Sentinel with a new id: its container is made anew from the original file, and the others count the dead one as well.

A Sentinel keeps its id and whom it knows in its configuration file. Where that file is not on a volume, each new container
invents an id. The others take it for one more Sentinel, mark the old one's address as invalid and go on counting it: the majority
that a failover needs grows, while no vote is added (sentinelProcessHelloMessage() in sentinel.c).
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from jsquared.cluster.cluster import Cluster
from jsquared.errors import BadInputError, LabError
from jsquared.faults.fault import Evidence, Parameter, combine
from jsquared.faults.kill import kill_all
from jsquared.faults.processes import answers_again
from jsquared.faults.sentinel_reset import check_sentinels, expected, known, reset, wait_until_known
from jsquared.faults.targets import nodes_of
from jsquared.sandbox.sandbox import Capability

COUNT_LIMIT_S = 10.0
LOOK_S = 0.02
STATE = ("myid", "known-sentinel", "known-replica", "known-slave", "config-epoch", "leader-epoch", "current-epoch")
"""The lines that a Sentinel itself adds to its file (rewriteConfigSentinelOption() in sentinel.c)."""


class SentinelNewId:
    """A Sentinel is killed and started from its original file."""

    name: ClassVar[str] = "sentinel-new-id"
    description: ClassVar[str] = (
        "Start a Sentinel anew from its original file, without its state: it has another id, and the others count the old one too."
    )
    undo: ClassVar[str] = (
        "SENTINEL RESET at the other Sentinels, one by one, each once the one before knows everybody again."
    )
    evidence: ClassVar[str] = (
        "SENTINEL MYID gives another id, and every other Sentinel counts one more each time; after healing they count those "
        "that exist."
    )
    needs: ClassVar[frozenset[Capability]] = frozenset({Capability.PROCESS})
    parameters: ClassVar[tuple[Parameter, ...]] = (Parameter("times", 1, "how often it is made anew"),)

    def inject(self, cluster: Cluster, targets: Sequence[str], parameters: Mapping[str, Any]) -> "ActiveSentinelNewId":
        """Make the first target anew; between two times, wait until the others have noticed."""
        [name, *more] = nodes_of(cluster, targets)
        check_sentinels(cluster, [name], self.name)
        if more:
            raise BadInputError("one Sentinel is made anew", where=f"fault '{self.name}'", try_="sentinel:1")
        if not parameters["times"]:
            raise BadInputError("0 times is never", where=f"fault '{self.name}', parameter 'times'", try_="1")
        active = ActiveSentinelNewId(cluster, name)
        for _ in range(parameters["times"]):
            active.recreate()
        return active


def without_state(text: str) -> str:
    """A Sentinel's file as its user wrote it, without the lines that hold its state."""
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if not _is_state(line.lower().split()))


def _is_state(words: Sequence[str]) -> bool:
    return words[:1] == ["sentinel"] and len(words) > 1 and words[1] in STATE


class ActiveSentinelNewId:
    """A Sentinel that was made anew. ``ids`` are those it had, in order."""

    proven_at_end: ClassVar[bool] = False

    def __init__(self, cluster: Cluster, name: str) -> None:
        self.targets: Sequence[str] = [name]
        self.ids: list[str] = [cluster.ask(name, "SENTINEL", "MYID")]
        self._cluster = cluster
        self._name = name
        self._others = [node.name for node in cluster.plan.sentinels() if node.name != name]
        self._before = {other: known(cluster, other).sentinels for other in self._others}
        self._counts: dict[str, int] = {}

    @property
    def details(self) -> Mapping[str, Any]:
        """The ids, the oldest first."""
        return {"ids": list(self.ids)}

    def recreate(self) -> None:
        """Once more: another process, from the original file; wait until it has an id and the others count it."""
        kill_all(self._cluster, [self._name])
        folder = self._cluster.folder(self._name)
        original = without_state(self._cluster.plan.config_files[f"{self._name}.conf"])
        (folder / f"{self._name}.conf").write_text(original, encoding="utf-8")
        self._cluster.start(self._name, reason="fault")
        if answers_again(self._cluster, self._name).ok:
            self.ids.append(self._cluster.ask(self._name, "SENTINEL", "MYID"))
            self._counts = {other: self._counted(other) for other in self._others}

    def _counted(self, other: str) -> int:
        """How many others a Sentinel counts, once it counts one more for each time, or after 10 s."""
        deadline = time.monotonic() + COUNT_LIMIT_S
        wanted, now = self._before[other] + len(self.ids) - 1, 0
        while now < wanted and time.monotonic() < deadline:
            try:
                now = known(self._cluster, other).sentinels
            except LabError:
                now = 0
            time.sleep(LOOK_S)
        return now

    def bit(self) -> Evidence:
        """Another id each time, and one more counted by each other Sentinel for each time."""
        return combine([self._renamed(), *(self._grown(other) for other in self._others)])

    def _renamed(self) -> Evidence:
        short = ", ".join(one[:8] for one in self.ids)
        new = len(self.ids) > 1 and len(set(self.ids)) == len(self.ids)
        return Evidence(new, f"{self._name} had the {'ids' if new else 'same or no other id'} {short} in turn")

    def _grown(self, other: str) -> Evidence:
        before, now = self._before[other], self._counts.get(other, 0)
        grown = now >= before + len(self.ids) - 1 > before
        return Evidence(grown, f"{other} counted {before} other Sentinels, now {now}")

    def heal(self) -> None:
        """Let the others forget the dead, one by one."""
        for other in self._others:
            if known(self._cluster, other).sentinels > expected(self._cluster).sentinels:
                reset(self._cluster, other, self._cluster.master_name)
                wait_until_known(self._cluster, other)

    def healed(self) -> Evidence:
        """Each counts those that exist, and no more."""
        return combine([self._cleaned(name) for name in (self._name, *self._others)])

    def _cleaned(self, name: str) -> Evidence:
        found = wait_until_known(self._cluster, name)
        now, exist = known(self._cluster, name).sentinels, expected(self._cluster).sentinels
        return Evidence(found.ok and now == exist, f"{found.sentence}; {exist} other Sentinels exist")
