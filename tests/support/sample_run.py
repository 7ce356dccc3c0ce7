"""Sample runs: realistic synthetic run folders, made in milliseconds, to try reports and checkers on without any server.

Three hosts with a data node and a Sentinel each, two clients at 500 writes a second. The times follow what real trials
of these scenarios show. ``SAMPLES`` names them:

- ``crash``: the primary is killed at 3 s and service is back about 5 s later; nothing is lost
- ``split-brain``: the primary, a replica and ``client-1`` are cut off; what the cut-off side acknowledged is lost
- ``did-not-bite``: a pause without effect: inconclusive
- ``killed``: the lab itself was killed in the middle: no heal, no read-back
- ``idle``: stand-up, but not one operation
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from msgspec.structs import replace

from jsquared.clock import TrialClock
from jsquared.records import history as h
from jsquared.records.events import EventLog
from jsquared.records.operations import NEVER, Operations, write_parquet
from jsquared.records.plan import Plan, PlannedFault, PlannedObjective, Workload
from jsquared.records.run_directory import RunDirectory, TrialRecord
from jsquared.records.verdict import TrialVerdict
from jsquared.testing.fake_plan import HOSTS, fake_placement, fake_plan
from support.sample_events import sample_events
from support.sample_operations import sample_operations
from support.sample_verdict import sample_verdict

SAMPLES = ("crash", "split-brain", "did-not-bite", "killed", "idle")
ZERO = TrialClock(1_000_000_000_000, 1_750_000_000_000_000_000)

_TITLES = {
    "crash": ("primary-crash", "The primary crashes", "kill", "primary"),
    "split-brain": (
        "primary-and-replica-isolated",
        "The primary, one replica and a client are cut off",
        "cut",
        "primary",
    ),
    "did-not-bite": ("primary-hang", "The primary hangs", "pause", "primary"),
    "killed": ("primary-crash", "The primary crashes", "kill", "primary"),
    "idle": ("primary-crash", "The primary crashes", "kill", "primary"),
}


def sample_plan(sample: str, rate_per_s: int = 500) -> Plan:
    """The plan of a sample (one of ``SAMPLES``)."""
    scenario, title, fault, target = _TITLES[sample]
    apart = sample == "split-brain"
    plan = fake_plan(tuple(host.replace("n", "s") for host in HOSTS) if apart else HOSTS)
    deployment = "apart" if apart else "reference"
    return replace(
        plan,
        scenario=scenario,
        title=title,
        description=_DESCRIPTIONS[fault],
        tags=("sample",),
        deployment=deployment,
        deployment_description="Three hosts, a data node and a Sentinel each; AOF everysec; quorum 2.",
        workload=Workload(rate_per_s=rate_per_s),
        faults=(
            PlannedFault(id="f1", name=fault, targets=(target,), start="2400 ms after load", heal="when writes resume"),
        ),
        objectives=(
            PlannedObjective(name="failover", limit=10_000, unit="ms", reason="down-after 3.5 s plus one election"),
            PlannedObjective(
                name="lost_writes",
                limit=0,
                unit="writes",
                reason="the majority level keeps them on the majority's side",
            ),
        ),
        command=("jsquared", "run", scenario, "--deployment", deployment, "--seed", "7"),
    )


_DESCRIPTIONS = {
    "kill": "The primary is killed with SIGKILL. A replica must take over and no acknowledged write may be missing.",
    "pause": "The primary is stopped with SIGSTOP and goes on later, as after a long stall of its machine.",
    "cut": "{primary, a replica, client-1} are cut from {the other replica, all Sentinels}, then the links come back.",
}


def sample_record(sample: str, path: Path, rate_per_s: int = 500) -> tuple[TrialRecord, TrialVerdict]:
    """A sample as the report and the checkers see it, with its verdict; nothing is written (``path`` is only named).

    ``rate_per_s`` is a client's, so twice as many operations are intended each second.
    """
    plan = sample_plan(sample, rate_per_s)
    operations = sample_operations(sample, plan)
    record = TrialRecord(plan, fake_placement(plan), sample_events(sample), operations, ZERO, path)
    return record, sample_verdict(sample, record)


def write_live(operations: Operations, files: Iterable[Path], layout: h.Layout = h.PLAIN) -> None:
    """Write operations as clients do while a trial runs, a file for each client; they have a row for every slot."""
    for number, path in enumerate(files):
        rows = operations.client == number
        with h.HistoryWriter(path, number, layout) as writer:
            writer.header[1] = int(rows.sum())
            for first in range(0, int(rows.sum()), h.CHUNK_SLOTS):
                chunk = writer.chunk(first)
                for name, code, _ in layout.columns:
                    values = getattr(operations, name)[rows][first : first + h.CHUNK_SLOTS]
                    if name.endswith("_ns"):
                        values = np.where(values == NEVER, 0, values + ZERO.zero_monotonic_ns)
                    getattr(chunk, name)[: len(values)] = memoryview(values.tobytes()).cast(code)


def write_sample_run(folder: Path, sample: str = "crash", rate_per_s: int = 500) -> RunDirectory:
    """Write a sample as a run folder (it must not exist), verdict included; a ``killed`` one has none.

    :raises RecordError: it cannot be written.
    """
    record, verdict = sample_record(sample, folder, rate_per_s)
    run = RunDirectory.create(folder, record.plan)
    run.write_placement(record.plan, record.placement)
    log = EventLog(run.events_file, ZERO)
    for event in record.events[1:]:
        log.add(event)
    log.close()
    if sample == "killed":
        write_live(record.operations, [run.operations_file(client.name) for client in record.plan.clients])
    else:
        write_parquet(record.operations, run.parquet_file)
        run.write_verdict(verdict)
    for node in record.plan.nodes:
        run.log_file(node.name).write_text("", encoding="utf-8")
    return run
