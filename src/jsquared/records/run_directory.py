"""The run folder of one trial: written at the start, while it runs, after the history and after the verdict.

::

    <time>-<scenario>-<seed>/    with the primary's name behind the scenario where several are monitored
        plan.json            the trial, resolved; with marks in the place of secrets
        placement.json       where it runs: addresses, ports, folders, rewrites; likewise
        events.jsonl         faults, Sentinel events, role changes on one clock
        history/             live files while it runs: <client>.ops, <client>.operations.ops, and <client>.<node>.found after the read-back
        history.parquet      every write, at the end (the live files are then gone)
        operations.parquet   every operation with a model, likewise
        contents/            <node>.parquet: what each data node held at the end, as it was read back
        logs/                one file a process
        config/              <node>.conf as rendered, <node>.* as made for it: these alone hold secrets
        config/shown/        the same with marks for them
        config/input/        the files as given, with marks too, numbered; manifest.json says which is which
        verdict.json         report.html
"""

import contextlib
import errno
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from jsquared.clock import TrialClock
from jsquared.errors import BadInputError, RecordError
from jsquared.records.completeness import Files, is_there, require_whole
from jsquared.records.contents import MOST_KEYS_IN_ALL, Contents, read_contents, write_contents
from jsquared.records.event import Event
from jsquared.records.events import read_events, zero_of
from jsquared.records.history import DIFFERENT, HistoryPeek
from jsquared.records.input_copies import write_input_copies
from jsquared.records.operations import Operations, read_live, read_parquet, require_known, write_parquet
from jsquared.records.parquet_pages import Allowance
from jsquared.records.placement import Placement
from jsquared.records.plan import Plan
from jsquared.records.plan_files import (
    decode,
    is_file,
    read_placement,
    read_plan,
    write_atomically,
    write_placement,
    write_plan,
)
from jsquared.records.private_files import make_private_folder, write_private
from jsquared.records.reading import ANOTHER, LARGEST_HISTORY_BYTES, MOST_OPERATIONS, open_regular
from jsquared.records.shown import shown_input, shown_plan
from jsquared.records.survival import require_survival
from jsquared.records.verdict import TrialVerdict
from jsquared.text import encode_json

E = TypeVar("E", bound=Event)


@contextlib.contextmanager
def explain_write_errors(where: Path) -> Iterator[None]:
    """Turn the operating system's refusals to write into one line (RecordError)."""
    try:
        yield
    except OSError as problem:
        name = problem.filename or where
        hints = {
            errno.ENOSPC: "freeing disk space, or --out on another disk",
            errno.EDQUOT: "freeing disk space, or --out on another disk",
            errno.EACCES: "--out with a folder you may write to",
            errno.EROFS: "--out with a folder you may write to",
            errno.EEXIST: "another --out",
            errno.ENOTDIR: "--out with the name of a folder",
        }
        raise RecordError(
            f"cannot write the run folder: {problem.strerror or problem}",
            where=str(name),
            hint=hints.get(problem.errno or 0, "--out with another folder"),
        ) from problem


@dataclass(frozen=True)
class TrialRecord:
    """A run folder, loaded: all that checkers and the report may know."""

    plan: Plan
    placement: Placement
    events: list[Event]
    operations: Operations
    clock: TrialClock | None
    path: Path
    modelled: Operations = field(default_factory=Operations.empty)
    """The operations with a model, where ``operations`` are the unique writes."""
    contents: dict[str, Contents] = field(default_factory=dict)
    """What was read of each data node at the end, by its name; nodes that were not read are missing."""

    def client_number(self, name: str) -> int:
        """The number that the history uses for a client's name."""
        return [client.name for client in self.plan.clients].index(name)

    def of(self, kind: type[E]) -> list[E]:
        """The events of this kind, in time order."""
        return [event for event in self.events if isinstance(event, kind)]


class RunDirectory:
    """Names, writes and reads the files of one run folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.plan_file = path / "plan.json"
        self.placement_file = path / "placement.json"
        self.events_file = path / "events.jsonl"
        self.history_dir = path / "history"
        self.parquet_file = path / "history.parquet"
        self.modelled_parquet_file = path / "operations.parquet"
        self.contents_dir = path / "contents"
        self.logs_dir = path / "logs"
        self.config_dir = path / "config"
        self.shown_dir = self.config_dir / "shown"
        self.verdict_file = path / "verdict.json"
        self.report_file = path / "report.html"

    @classmethod
    def create(cls, path: Path, plan: Plan) -> "RunDirectory":
        """Make the folder (it must not exist) with the plan in it, and the configuration as given.

        :raises RecordError: it cannot be written.
        """
        run = cls(path)
        with explain_write_errors(path):
            make_private_folder(path)
            for folder in (run.history_dir, run.logs_dir, run.config_dir, run.shown_dir):
                make_private_folder(folder)
            write_input_copies(run.config_dir, shown_input(plan))
            run.write_plan(plan)
        return run

    def write_plan(self, plan: Plan) -> None:
        """(Over)write plan.json, with marks for secrets."""
        with explain_write_errors(self.path):
            write_plan(plan, self.path)

    def write_placement(self, plan: Plan, placement: Placement) -> None:
        """(Over)write placement.json, with marks for secrets, and the rendered configuration beside it, with and without them."""
        with explain_write_errors(self.path):
            write_placement(plan, placement, self.path)

    def operations_file(self, client: str) -> Path:
        """The live history of a client."""
        return self.history_dir / f"{client}.ops"

    def modelled_file(self, client: str) -> Path:
        """The live history of a client's operations with a model."""
        return self.history_dir / f"{client}.operations.ops"

    def contents_file(self, node: str) -> Path:
        """What a data node held at the end."""
        return self.contents_dir / f"{node}.parquet"

    def found_file(self, client: str, node: str) -> Path:
        """What the read-back found in a node for each slot of a client: one byte a slot."""
        return self.history_dir / f"{client}.{node}.found"

    def log_file(self, name: str) -> Path:
        """The log of a node or client."""
        return self.logs_dir / f"{name}.log"

    def write_found(self, client: str, node: str, found: NDArray[np.uint8]) -> None:
        """Keep what the read-back saw."""
        with explain_write_errors(self.path):
            write_private(self.found_file(client, node), found.astype(np.uint8).tobytes())

    def write_contents(self, node: str, contents: Contents) -> None:
        """Keep what a data node held at the end."""
        with explain_write_errors(self.path):
            write_contents(contents, self.contents_file(node))

    def read_plan(self) -> Plan:
        """The plan.

        :raises BadInputError: no run folder, or its plan is damaged, contradicts itself or is of a newer JSquared.
        """
        return read_plan(self.path)

    def load(self, *, with_contents: bool = True) -> TrialRecord:
        """Everything that checkers need, from the final or the live files.

        :param with_contents: what was read of each data node too, which takes most of the time and is only judged.
        :raises BadInputError: files are missing or damaged; the line names the file.
        """
        plan = self.read_plan()
        with self._explain_unreadable():
            events = self._events(plan)
            placement = read_placement(plan, self.path)
            clock = zero_of(events)
            require_whole(self._files(plan), events)
            allowance = Allowance()
            operations, modelled = self._histories(plan, clock, allowance)
            contents = self._contents(plan, allowance) if with_contents else {}
        if plan.format < 2:  # it holds secrets itself
            plan = shown_plan(plan)
        return TrialRecord(plan, placement, events, operations, clock, self.path, modelled, contents)

    def load_of_others(self) -> TrialRecord:
        """As :meth:`load`, for a folder that may be somebody else's: it is tried in a process of its own first.

        For programs with one thread: the process is a fork.

        :raises BadInputError: files are missing or damaged, or reading them ends the process.
        """
        require_survival(self.load, self.path)
        return self.load()

    @contextlib.contextmanager
    def _explain_unreadable(self) -> Iterator[None]:
        try:
            yield
        except OSError as problem:
            raise BadInputError(
                f"unreadable: {problem.strerror}", where=str(problem.filename or self.path)
            ) from problem

    def _events(self, plan: Plan) -> list[Event]:
        if not is_file(self.events_file):
            raise BadInputError("events.jsonl is missing", where=str(self.path), hint="another run folder")
        return read_events(self.events_file, plan)

    def _files(self, plan: Plan) -> Files:
        """What must be there at some moments of the trial."""
        clients, nodes = [client.name for client in plan.clients], [node.name for node in plan.data_nodes()]
        return Files(
            events=self.events_file,
            whole=self.parquet_file,
            whole_modelled=self.modelled_parquet_file,
            live=[self.operations_file(name) for name in clients],
            live_modelled=[self.modelled_file(name) for name in clients if plan.workload.operations_per_s],
            found={node: [self.found_file(name, node) for name in clients] for node in nodes},
            contents={node: [self.contents_file(node)] for node in nodes},
        )

    def _histories(self, plan: Plan, clock: TrialClock | None, allowance: Allowance) -> tuple[Operations, Operations]:
        """The unique writes, and the operations with a model; times are the trial's."""
        zero_ns = clock.zero_monotonic_ns if clock else 0
        return self._operations(plan, zero_ns, allowance), self._modelled(plan, zero_ns, allowance)

    def _operations(self, plan: Plan, zero_ns: int, allowance: Allowance) -> Operations:
        whole = is_there(self.parquet_file)
        operations = read_parquet(self.parquet_file, allowance) if whole else self._live(plan, zero_ns)
        require_known(operations, len(plan.clients), [node.name for node in plan.data_nodes()], self.path)
        return operations

    def _modelled(self, plan: Plan, zero_ns: int, allowance: Allowance) -> Operations:
        whole = is_there(self.modelled_parquet_file)
        if whole:
            operations = read_parquet(self.modelled_parquet_file, allowance)
        else:
            self._require_no_link()
            self._require_few(self.modelled_file(client.name) for client in plan.clients)
            operations = Operations.concatenate(
                [
                    part
                    for number, client in enumerate(plan.clients)
                    if (part := _live_of(self.modelled_file(client.name), client.name, number, zero_ns)) is not None
                ]
            )
        require_known(operations, len(plan.clients), [node.name for node in plan.data_nodes()], self.path)
        return operations

    def _contents(self, plan: Plan, allowance: Allowance) -> dict[str, Contents]:
        if self.contents_dir.is_symlink():
            raise BadInputError("is a link, which is not followed", where=str(self.contents_dir), hint=ANOTHER)
        files = {node.name: self.contents_file(node.name) for node in plan.data_nodes()}
        contents: dict[str, Contents] = {}
        left = MOST_KEYS_IN_ALL
        for name, path in files.items():
            if is_there(path):
                contents[name] = read_contents(path, left, allowance)
                left -= len(contents[name])
        return contents

    def _require_no_link(self) -> None:
        if self.history_dir.is_symlink():
            raise BadInputError("is a link, which is not followed", where=str(self.history_dir), hint=ANOTHER)

    def _require_few(self, files: Iterable[Path]) -> None:
        """Refuse live histories that say to have too many operations together, before one of them is read."""
        slots = 0
        for path in files:
            if path.exists() and path.stat().st_size:
                with contextlib.closing(HistoryPeek(path)) as history:
                    slots += max(0, history.slots)
        if slots > MOST_OPERATIONS:
            words = f"more than {MOST_OPERATIONS:,} operations"
            raise BadInputError(words, where=str(self.history_dir), hint="a lower --rate")

    def _live(self, plan: Plan, zero_ns: int) -> Operations:
        self._require_no_link()
        self._require_few(self.operations_file(client.name) for client in plan.clients)
        parts = []
        read = [
            node.name
            for node in plan.data_nodes()
            if any(is_there(self.found_file(client.name, node.name)) for client in plan.clients)
        ]
        for number, client in enumerate(plan.clients):
            operations = _live_of(self.operations_file(client.name), client.name, number, zero_ns)
            if operations is None:
                continue
            for node in read:
                operations.found[node] = self._found(client.name, node, len(operations))
            parts.append(operations)
        return Operations.concatenate(parts)

    def _found(self, client: str, node: str, length: int) -> NDArray[np.uint8]:
        found = np.zeros(length, dtype=np.uint8)
        path = self.found_file(client, node)
        if is_there(path):
            with open_regular(path, LARGEST_HISTORY_BYTES) as file:
                seen = np.frombuffer(file.read(length), dtype=np.uint8)
            if len(seen) and int(seen.max()) > DIFFERENT:
                raise BadInputError(f"unknown code {int(seen.max())}", where=str(path), hint=ANOTHER)
            found[: len(seen)] = seen
        return found

    def finish_history(self) -> None:
        """Turn the live files into history.parquet and operations.parquet and remove them; nothing where it was done already."""
        if self.parquet_file.exists():
            return
        plan = self.read_plan()
        with self._explain_unreadable():
            events = self._events(plan)
            require_whole(self._files(plan), events)
            operations, modelled = self._histories(plan, zero_of(events), Allowance())
        with explain_write_errors(self.path):
            if len(modelled) or any(self.modelled_file(client.name).exists() for client in plan.clients):
                write_parquet(modelled, self.modelled_parquet_file)
            write_parquet(operations, self.parquet_file)
            shutil.rmtree(self.history_dir)

    def write_verdict(self, verdict: TrialVerdict) -> None:
        """(Over)write verdict.json."""
        with explain_write_errors(self.path):
            write_atomically(self.verdict_file, encode_json(verdict))

    def read_verdict(self) -> TrialVerdict | None:
        """The verdict, None while there is none.

        :raises BadInputError: the file is damaged.
        """
        return decode(self.verdict_file, TrialVerdict) if self.verdict_file.is_file() else None


def _live_of(path: Path, client: str, number: int, zero_ns: int) -> Operations | None:
    """A client's live history; None where it has not begun."""
    if not is_there(path) or not path.lstat().st_size:
        return None
    operations = read_live(path, zero_ns)
    if len(operations) and int(operations.client[0]) != number:
        raise BadInputError(f"is not the history of {client}", where=str(path), hint=ANOTHER)
    return operations
