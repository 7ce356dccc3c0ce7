"""Big-key resync: replicas must copy a data set with very large keys as a whole, while clients go on writing.

Each replica is told ``REPLICAOF NO ONE`` and at once, in the same transaction, to follow its primary again: no one sees it as a primary,
but it has a history of its own now, so the primary can only send everything.
"""

from collections.abc import Sequence

from jsquared.faults.bulk_writer import MEGABYTE, WRITE_LIMIT_S, BulkWriter
from jsquared.faults.fault import ActiveFault, Evidence, Fault, FaultDetails, Parameter, ParameterValues, combine
from jsquared.faults.output_buffer_overflow import full_syncs
from jsquared.faults.settings import Settings
from jsquared.faults.targets import nodes_of
from jsquared.faults.waiting import prove_within
from jsquared.resp.replies import parse_info
from jsquared.running.deployment import RunningDeployment

BEGIN_LIMIT_S = 10.0
END_LIMIT_S = 20.0
LOOK_S = 0.02
DELAY = "rdb-key-save-delay"
"""Microseconds that the child which saves pauses after each key (a directive for tests, in every engine from 6.0 on)."""
WAIT = "repl-diskless-sync-delay"
"""Seconds for which a primary that sends without a disk waits for more replicas before it begins (5 by default since 7.0)."""


class BigKeyResync(Fault):
    """A full synchronisation of replicas with large keys in it."""

    name = "big-key-resync"
    aims = "data"
    usual_targets = ("replica:1",)
    description = "Write very large keys, then make replicas copy the whole data set from their primary."
    undo = "The copy ends by itself; the keys are removed, and the setting that slowed the copy is restored."
    evidence = "The primary holds the keys and counts one more full synchronisation for each replica; after healing their links are up."
    parameters = (
        Parameter("size_mb", 16, "how many megabytes are written first"),
        Parameter("keys", 1, "over how many keys they are spread"),
        Parameter("slow_ms", 0, "how long the primary takes to save what it sends (0: no delay)"),
    )

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:
        """Write the keys to the primary, then break each target's history off."""
        names = nodes_of(deployment, targets)
        primary = deployment.last_primary()
        if primary in names or any(deployment.plan.node(name).role != "data" for name in names):
            raise self.refusal("only replicas copy", hint="replica:1, replicas")
        active = ActiveBigKeyResync(deployment, names, primary, parameters)
        active.begin(parameters["slow_ms"])
        return active


class ActiveBigKeyResync(ActiveFault):
    """Replicas that copy everything."""

    def __init__(
        self, deployment: RunningDeployment, targets: Sequence[str], primary: str, parameters: ParameterValues
    ) -> None:
        super().__init__(deployment, targets)
        self._primary = primary
        self._bulk = BulkWriter(BigKeyResync.name, parameters["size_mb"] * MEGABYTE, parameters["keys"])
        self._settings = Settings(deployment)
        self._written = 0
        self._syncs = full_syncs(deployment, primary)

    @property
    def details(self) -> FaultDetails:
        """Return the primary's settings from before."""
        return {"before": self._settings.recorded()} if self._settings.before else {}

    def begin(self, slow_ms: int) -> None:
        """Write the keys; slow the copy down; let each replica begin it."""
        self._written = self._bulk.write(self._deployment, self._primary)
        if slow_ms:
            keys = max(1, int(self._deployment.ask(self._primary, "DBSIZE")))
            self._settings.change(self._primary, DELAY, max(1, slow_ms * 1000 // keys))
            self._settings.change(self._primary, WAIT, 0)
        for name in self.targets:
            self._break_off(name)

    def _break_off(self, name: str) -> None:
        view = parse_info(self._deployment.ask(name, "INFO", "replication"))
        with self._deployment.connect(name, WRITE_LIMIT_S) as replica:
            replica.command("MULTI")
            replica.command("REPLICAOF", "NO", "ONE")
            replica.command("REPLICAOF", view["master_host"], view["master_port"])
            replica.command("EXEC")

    def bit(self) -> Evidence:
        """The primary holds the keys, and has begun a full synchronisation for each replica."""
        return prove_within(self._shown, limit_s=BEGIN_LIMIT_S, look_s=LOOK_S)

    def _shown(self) -> Evidence:
        begun = full_syncs(self._deployment, self._primary) - self._syncs
        sent = Evidence(
            self._written == self._bulk.size_bytes and begun >= len(self.targets),
            f"{self._primary} took {self._written:,} of {self._bulk.size_bytes:,} bytes and began {begun} full synchronisations "
            f"for {len(self.targets)} replicas",
        )
        again = begun > len(self.targets)
        return combine([sent, *(self._copies(name, again) for name in self.targets if self._settings.before)])

    def _copies(self, name: str, again: bool) -> Evidence:
        """Show that a replica is in the midst of the slowed copy, or had to begin it again already."""
        view = parse_info(self._deployment.ask(name, "INFO", "replication"))
        copying = view.get("master_sync_in_progress")
        return Evidence(again or copying == "1", f"{name} says master_sync_in_progress:{copying}")

    def heal(self) -> None:
        """Take the pause back and remove the keys."""
        self._settings.restore()
        self._bulk.remove(self._deployment)

    def healed(self) -> Evidence:
        """Links are up again, and nothing is left."""
        links = [self._linked(name) for name in self.targets]
        return combine([*links, *self._settings.restored(), self._bulk.gone(self._deployment)])

    def _linked(self, name: str) -> Evidence:
        return prove_within(lambda: self._linked_now(name), limit_s=END_LIMIT_S, look_s=LOOK_S)

    def _linked_now(self, name: str) -> Evidence:
        role = self._deployment.role(name)
        if role is None or not (role.primary or role.link_up):
            return Evidence(False, f"{name} has had no link to its primary for {END_LIMIT_S:.0f} s")
        return Evidence(True, f"{name} {'is the primary' if role.primary else 'follows with its link up'}")
