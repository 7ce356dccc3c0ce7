"""Slow loading: a data node restarts and takes long to load its data set, as a large one does.

The data set is written out as one snapshot first (BGREWRITEAOF where the append-only file is on, else BGSAVE), and the server is
started with a pause after each key that it loads (``key-load-delay``, a directive for tests that every engine from 6.0 on has).

A loading server looks at its clients now and then only. From 7.0 on a directive says how often; before, it is once in 2 MB, so there a
data set that is smaller is made larger first.
"""

import contextlib
import threading
import time
from collections.abc import Iterator, Sequence

from jsquared.errors import LabError
from jsquared.faults.bulk_writer import MEGABYTE, BulkWriter
from jsquared.faults.fault import ActiveFault, ActivePerTarget, Evidence, Fault, Parameter, ParameterValues
from jsquared.faults.kill import kill_all
from jsquared.faults.process_state import answers_again
from jsquared.faults.targets import one_data_node
from jsquared.faults.waiting import wait_until
from jsquared.resp.failures import ServerReplyError, Unreachable
from jsquared.resp.replies import pairs, parse_info
from jsquared.running.deployment import RunningDeployment

DELAY = "key-load-delay"
EVENTS = "loading-process-events-interval-bytes"
EVENTS_BYTES = 1024
"""How often a loading server looks at its clients (default 2 MB): often enough to say LOADING to them (since 7.0)."""
FILL_BYTES = 16 * MEGABYTE
FILL_KEYS = 64
"""Where that cannot be set, a data set of so much more makes a server look eight times while it loads."""
SAVE_LIMIT_S = 10.0
LOOK_S = 0.02
LONGER = 1.5
"""Each pause is a little longer than asked for, so loading is too."""
SHARE = 0.8
"""A server that served no one for so much of the time asked for, or until it was healed, proves it."""


class SlowLoading(Fault):
    """A restart with a slow load."""

    name = "slow-loading"
    aims = "data"
    description = "Crash a data node and start it again at once; loading its data set takes a given time."
    undo = "No further pause after each key: what is left to load is loaded at full speed. Keys that the fault wrote are removed."
    evidence = (
        "From its start on PING is answered with LOADING, or not at all, until the time is over; then it is answered, and no key of "
        "the fault's is left."
    )
    parameters = (Parameter("ms", 5000, "how long loading takes"),)

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:
        """Write the data set out, kill the target and start it."""
        name = one_data_node(deployment, targets, fault=self.name, does="loads slowly")
        often = _can_look_often(deployment, name)
        bulk = None if often else _fill(deployment, name)
        changes = _changes(deployment, name)
        _write_out(deployment, name)
        loaded = int(deployment.ask(name, "DBSIZE")) + max(0, _changes(deployment, name) - changes)
        lines = [f"{DELAY} {max(1, parameters['ms'] * 1000 // max(1, loaded))}"]
        kill_all(deployment, [name])
        with _added(deployment, name, lines + [f"{EVENTS} {EVENTS_BYTES}"] * often):
            deployment.start(name, reason="fault")
            active = ActiveSlowLoading(deployment, name, parameters["ms"], bulk)
            active.begin()
        return active


def _can_look_often(deployment: RunningDeployment, name: str) -> bool:
    """True if this engine has a setting for how often it serves its clients while it loads."""
    return EVENTS in pairs(deployment.ask(name, "CONFIG", "GET", EVENTS))


def _fill(deployment: RunningDeployment, name: str) -> BulkWriter:
    """Make the data set so large that the node looks at its clients several times while it loads."""
    bulk = BulkWriter(SlowLoading.name, FILL_BYTES, FILL_KEYS)
    bulk.write(deployment, name)
    return bulk


def _changes(deployment: RunningDeployment, name: str) -> int:
    """Return the node's number of changes since its last snapshot.

    Each command that the append-only file got while the snapshot was written is loaded, and waited for, like a key; during those a
    server may hear no one (it looks at its clients once in 1,024 of them), so they must not be forgotten.
    """
    return int(parse_info(deployment.ask(name, "INFO", "persistence")).get("rdb_changes_since_last_save", "0"))


def _write_out(deployment: RunningDeployment, name: str) -> None:
    """One snapshot of everything, on the disk."""
    aof = pairs(deployment.ask(name, "CONFIG", "GET", "appendonly")).get("appendonly") == "yes"
    deployment.ask(name, "BGREWRITEAOF" if aof else "BGSAVE")
    busy = ("aof_rewrite_in_progress", "aof_rewrite_scheduled", "rdb_bgsave_in_progress")

    def written() -> bool:
        view = parse_info(deployment.ask(name, "INFO", "persistence"))
        return all(view.get(field, "0") == "0" for field in busy)

    if not wait_until(written, limit_s=SAVE_LIMIT_S, look_s=LOOK_S):
        raise LabError(f"did not write its data set out within {SAVE_LIMIT_S:.0f} s", where=name)


@contextlib.contextmanager
def _added(deployment: RunningDeployment, name: str, lines: Sequence[str]) -> Iterator[None]:
    """The node's file with lines more, until the server has read it: the next start is a usual one."""
    folder, file = deployment.folder(name), f"{name}.conf"
    text = folder.read_text(file)
    folder.write_text(file, "\n".join([text.rstrip("\n"), *lines, ""]))
    try:
        yield
    finally:
        folder.write_text(file, text)


class ActiveSlowLoading(ActivePerTarget):
    """A server that loads; a thread asks it all the time what it does."""

    proven_at_end = True

    def __init__(self, deployment: RunningDeployment, name: str, load_ms: int, bulk: BulkWriter | None) -> None:
        super().__init__(deployment, [name])
        self._load_ms = load_ms
        self._bulk = bulk
        self._began_s = time.monotonic()
        self._served_ms: float | None = None
        self._loading = 0
        self._read = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="slow-loading", daemon=True)

    def begin(self) -> None:
        """Watch; returns once the server listens, so that it has read its file."""
        self._thread.start()
        self._read.wait(SAVE_LIMIT_S)

    def _watch(self) -> None:
        while not self._over.wait(LOOK_S):
            if self._serves():
                self._served_ms = self._ms()
                return

    def _ms(self) -> float:
        return (time.monotonic() - self._began_s) * 1000

    def _serves(self) -> bool:
        """True if it answers PING with anything other than LOADING."""
        try:
            self._deployment.ask(self.targets[0], "PING", timeout_s=0.25)
        except Unreachable as problem:
            if "no answer" in problem.what:
                self._read.set()
            return False
        except ServerReplyError as reply:
            loading = reply.what.startswith("LOADING")
            self._loading += loading
            self._read.set()
            return not loading
        self._read.set()
        return True

    def bit_at(self, name: str) -> Evidence:
        """For how long no one was served, and how often it said LOADING."""
        so_far = self._ms()
        lasted = so_far if self._served_ms is None else self._served_ms
        state = self._deployment.process(name).poll()
        if state is not None:
            return Evidence(False, f"{name} ended with code {state} instead of loading")
        return Evidence(
            lasted >= SHARE * min(self._load_ms, so_far),
            f"{name} served no one for {lasted:,.0f} ms after its start, and said LOADING {self._loading} times",
        )

    def heal(self) -> None:
        """Load the rest at full speed, and whatever it may load later, such as what a new primary sends; then remove what was written."""
        self._over.set()
        self._thread.join()
        self._load_at_full_speed()
        if self._bulk is not None:
            self._bulk.remove(self._deployment)

    def _load_at_full_speed(self) -> None:
        deadline = self._began_s + self._load_ms / 1000 * LONGER + SAVE_LIMIT_S
        while self._deployment.process(self.targets[0]).poll() is None:
            # An engine that hears nobody while it loads must be told as soon as it hears again.
            with contextlib.suppress(Unreachable):
                self._deployment.ask(self.targets[0], "CONFIG", "SET", DELAY, 0, timeout_s=0.25)
                return
            if time.monotonic() > deadline:
                return
            time.sleep(LOOK_S)

    def healed_at(self, name: str) -> Evidence:
        """It answers, and what was written is gone."""
        answers = answers_again(self._deployment, name)
        if self._bulk is None or not answers.ok:
            return answers
        left = self._bulk.left(self._deployment)
        return Evidence(not left, f"{answers.sentence}, and {left} of {len(self._bulk.keys)} keys are left")
