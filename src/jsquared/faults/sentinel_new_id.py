"""Sentinel with a new id: its container is made again from the original file, and the others may count the dead one as well.

A Sentinel keeps its id and whom it knows in its configuration file. Where that file is not on a volume, each new container
invents an id. At the same address the others replace the old one by it. A new container has another address, too: then the
others go on counting the dead one, and the majority that a failover needs grows, while no vote is added
(sentinelProcessHelloMessage() in sentinel.c of both engines).
"""

import contextlib
from collections.abc import Sequence

import msgspec

from jsquared.deployment.model.directives import split_words
from jsquared.errors import LabError
from jsquared.faults.fault import ActiveFault, Evidence, Fault, FaultDetails, Parameter, ParameterValues, combine
from jsquared.faults.kill import kill_all
from jsquared.faults.process_state import answers_again
from jsquared.faults.sentinel_reset import expected, wait_until_known
from jsquared.faults.targets import sentinels
from jsquared.faults.waiting import wait_until
from jsquared.records.placement import PlacedNode
from jsquared.resp.replies import pairs
from jsquared.running.deployment import RunningDeployment

LISTED_LIMIT_S = 10.0
LOOK_S = 0.02
STATE = ("myid", "known-sentinel", "known-replica", "known-slave", "config-epoch", "leader-epoch", "current-epoch")
"""The lines that a Sentinel itself adds to its file (rewriteConfigSentinelOption() in sentinel.c)."""
ANNOUNCED = ("announce-ip", "announce-port")


class SentinelNewId(Fault):
    """A Sentinel is killed and started from its original file."""

    name = "sentinel-new-id"
    aims = "sentinels"
    usual_targets = ("sentinel:1",)
    description = (
        "Start a Sentinel again from its original file, without its state and at another address, like a new container."
    )
    undo = "Takes the dead ones out of the other Sentinels' files, which are restarted one by one; its new id and address stay."
    evidence = (
        "SENTINEL MYID gives another id, which every other Sentinel lists; at another address they list the old one too. "
        "After healing they list only those that exist."
    )
    parameters = (
        Parameter("times", 1, "how often it is recreated"),
        Parameter("moved", True, "announce another address each time; at the same one the others forget the dead one"),
    )

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:
        """Recreate the first target; between two times, wait until the others have noticed."""
        [name, *more] = sentinels(deployment, targets, fault=self.name)
        if more:
            raise self.refusal("one Sentinel is recreated", hint="sentinel:1")
        if not parameters["times"]:
            raise self.refusal("0 times does nothing", parameter="times", hint="1")
        active = ActiveSentinelNewId(deployment, name, moved=parameters["moved"])
        for left in reversed(range(parameters["times"])):
            active.recreate(left)
        return active


def original(text: str, *dropped: str) -> str:
    """A Sentinel's file as its user wrote it: without the lines that hold its state, or are of the other kinds given."""
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if _kind(line) not in (*STATE, *dropped))


def _kind(line: str) -> str:
    words = line.lower().split()
    return words[1] if words[:1] == ["sentinel"] and len(words) > 1 else ""


def at_address(text: str, node: PlacedNode, address: str, port: int) -> str:
    """A Sentinel's file with which it also listens at that address, and announces it with that port."""
    lines = original(text, *ANNOUNCED).splitlines()
    bound = [f"{line} {address}" if line.lower().split()[:2] == ["bind", node.address] else line for line in lines]
    return "\n".join([*bound, f"sentinel announce-ip {address}", f"sentinel announce-port {port}", ""])


def listed(deployment: RunningDeployment, sentinel: str) -> list[str]:
    """The ids of the other Sentinels that a Sentinel lists, dead ones too."""
    peers = deployment.ask(sentinel, "SENTINEL", "SENTINELS", deployment.master_name)
    return [pairs(peer).get("runid", "") for peer in peers]


class ActiveSentinelNewId(ActiveFault):
    """A recreated Sentinel. ``ids`` are those it had, in order."""

    def __init__(self, deployment: RunningDeployment, name: str, *, moved: bool) -> None:
        super().__init__(deployment, [name])
        self.ids: list[str] = [deployment.ask(name, "SENTINEL", "MYID")]
        self._name = name
        self._moved = moved
        self._others = [node.name for node in deployment.plan.sentinels() if node.name != name]
        self._listed: dict[str, list[str]] = {other: [] for other in self._others}

    @property
    def details(self) -> FaultDetails:
        """The ids, the oldest first."""
        return {"ids": list(self.ids)}

    def recreate(self, left: int) -> None:
        """Once more: another process, from the original file; wait until it has an id and the others list it.

        :param left: how often it will be recreated after this; only the last one needs to be reached at the port it announces.
        """
        node = self._deployment.node(self._name)
        text = self._deployment.at_home(self._name, self._deployment.placement.config_files[f"{self._name}.conf"])
        address = self._deployment.sandbox.address(node.host, "client")
        kill_all(self._deployment, [self._name])
        node = msgspec.structs.replace(node, address=self._deployment.address(self._name))
        self._write(at_address(text, node, address, node.port + left) if self._moved else original(text))
        self._deployment.start(self._name, reason="fault")
        if answers_again(self._deployment, self._name).ok:
            self.ids.append(self._deployment.ask(self._name, "SENTINEL", "MYID"))
            self._listed = {other: self._once_listed(other) for other in self._others}

    def _write(self, text: str) -> None:
        self._deployment.folder(self._name).write_text(f"{self._name}.conf", text)

    def _once_listed(self, other: str) -> list[str]:
        """Return the ids that a Sentinel lists, once the newest is among them, or after 10 s."""

        def now() -> list[str]:
            with contextlib.suppress(LabError):
                return listed(self._deployment, other)
            return []

        return wait_until(now, lambda ids: self.ids[-1] in ids, limit_s=LISTED_LIMIT_S, look_s=LOOK_S)

    def bit(self) -> Evidence:
        """Another id each time, which each other Sentinel lists, where it moved beside all those that are dead."""
        return combine([self._renamed(), *(self._noticed(other) for other in self._others)])

    def _renamed(self) -> Evidence:
        short = ", ".join(one[:8] for one in self.ids)
        new = len(self.ids) > 1 and len(set(self.ids)) == len(self.ids)
        return Evidence(new, f"{self._name} had the {'ids' if new else 'same or no other id'} {short} in turn")

    def _noticed(self, other: str) -> Evidence:
        now = self._listed[other]
        wanted = self.ids if self._moved else self.ids[-1:]
        dead = len(set(self.ids[:-1]) & set(now))
        return Evidence(
            len(self.ids) > 1 and set(wanted) <= set(now),
            f"{other} lists {len(now)} other Sentinels, of which {dead} no longer exist",
        )

    def heal(self) -> None:
        """Let the others forget the dead, one by one.

        SENTINEL RESET would do it, but those that do it know no replica for up to 10 s; so their files are put right instead.
        """
        dead = set(self.ids[:-1])
        for other in self._others:
            folder, file = self._deployment.folder(other), f"{other}.conf"
            lines = folder.read_text(file).splitlines(keepends=True)
            kept = [
                line for line in lines if not (_kind(line) == "known-sentinel" and dead & set(split_words(line) or ()))
            ]
            if kept != lines:
                kill_all(self._deployment, [other])
                folder.write_text(file, "".join(kept))
                self._deployment.start(other, reason="healed")
                answers_again(self._deployment, other)

    def healed(self) -> Evidence:
        """Each lists those that exist, and no others."""
        return combine([self._cleaned(name) for name in (self._name, *self._others)])

    def _cleaned(self, name: str) -> Evidence:
        found = wait_until_known(self._deployment, name)
        now, exist = listed(self._deployment, name), expected(self._deployment).sentinels
        clean = not set(self.ids[:-1]) & set(now) and len(now) == exist
        return Evidence(found.ok and clean, f"{found.sentence}, and lists {len(now)}; {exist} others exist")
