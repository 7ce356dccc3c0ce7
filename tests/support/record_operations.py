"""The operations with a model of a hand-written trial, and what the nodes hold of them.

Used by ``records.py``; times are milliseconds on the trial's clock.
"""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jsquared.clock import NS_PER_MS
from jsquared.records import history as h
from jsquared.records.contents import STAYS, Contents, Entry, digest_of
from jsquared.records.models.catalogue import call_of, model_of, series_of
from jsquared.records.models.kept_replies import CHOSEN, Kept, kept
from jsquared.records.models.model import Call, Held, Model, State
from jsquared.records.operations import NEVER, Operations

LATENCY_NS = NS_PER_MS


@dataclass
class StoryOperations:
    """All operations of a story, client by client in the order in which they were added."""

    blocks: dict[int, list[dict[str, NDArray[Any]]]] = field(default_factory=dict)
    changed: dict[tuple[str, int, bytes], Entry | None] = field(default_factory=dict)
    """By node, database and key: what it holds whatever was given."""
    replied: dict[tuple[int, int], Kept] = field(default_factory=dict)
    """By client and slot: what was replied whatever the keys held."""

    def add(
        self, client: int, intended_ms: NDArray[np.float64], *, outcome: int, error: int, node: int, applied: bool
    ) -> None:
        """Operations of one client with the same fate."""
        intended = (intended_ms * NS_PER_MS).astype(np.int64)
        fate = {"outcome": outcome, "error": error, "node": node, "replicas": 0, "applied": applied, "client": client}
        columns: dict[str, NDArray[Any]] = {name: np.full(len(intended), value) for name, value in fate.items()}
        columns["intended_ns"] = intended
        columns["invoked_ns"] = np.full(len(intended), NEVER) if node == h.NO_NODE else intended
        columns["completed_ns"] = intended + LATENCY_NS
        self.blocks.setdefault(client, []).append(columns)

    def operations(self) -> Operations:
        """All operations, sorted by client and slot."""
        return Operations.concatenate([Operations.from_columns(columns) for columns in self._columns().values()])

    def _columns(self) -> dict[int, dict[str, NDArray[Any]]]:
        columns: dict[int, dict[str, NDArray[Any]]] = {}
        for client, blocks in sorted(self.blocks.items()):
            columns[client] = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
            columns[client]["slot"] = np.arange(len(columns[client]["outcome"]))
            columns[client] |= self._replies(client, columns[client])
        return columns

    def _replies(self, client: int, columns: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """What was said to acknowledged operations: what is lost later had been applied, and is gone for the next one that stays."""
        count = len(columns["slot"])
        replies = {"reply": np.zeros(count, np.int64), "reply_kind": np.full(count, h.NOT_RECORDED)}
        stays: dict[tuple[bytes, ...], State] = {}
        shown: dict[tuple[bytes, ...], State] = {}
        for slot in range(count):
            call, model = _called(client, slot)
            nothing: State = (None,) * len(call.keys)
            acknowledged, applied = columns["outcome"][slot] == h.OK, bool(columns["applied"][slot])
            before = stays.get(call.keys, nothing) if applied else shown.get(call.keys, nothing)
            if acknowledged:
                said = model.replies(before, call)
                kind, value = self.replied.get((client, slot)) or (
                    (h.IDENTIFIER, call.step + 1 << 20) if said == (CHOSEN,) else kept(said)
                )
                replies["reply"][slot], replies["reply_kind"][slot] = value, kind
            if acknowledged or applied:
                shown[call.keys] = model.apply(before, call)
            if applied:
                stays[call.keys] = shown[call.keys]
        return replies

    def applied(self) -> Contents:
        """What every node holds of them: those that were applied, in order; what lives for a second has expired."""
        states: dict[tuple[int, tuple[bytes, ...]], State] = {}
        invoked: dict[tuple[bytes, int], float] = {}
        for client, columns in self._columns().items():
            for slot in np.flatnonzero(columns["applied"]).tolist():
                call, model = _called(client, slot)
                place = (model.database(series_of(slot)[0]), call.keys)
                before = states.get(place, (None,) * len(call.keys))
                states[place] = model.apply(before, call)
                invoked[call.keys[0], call.step] = columns["invoked_ns"][slot] / NS_PER_MS
        contents: Contents = {}
        for (database, keys), state in states.items():
            for key, held in zip(keys, state, strict=True):
                if held is not None and held.ttl_s != 1:
                    contents[database, key] = entry_of(held, invoked.get((keys[0], held.set_by), 0.0))
        return contents

    def contents(self, node: str, unique: Contents, applied: Contents) -> Contents:
        """All that a node holds; ``unique`` is what it holds of unique writes, ``applied`` what every node holds of the others."""
        contents = {**unique, **applied}
        for (where, database, key), entry in self.changed.items():
            if where == node and entry is None:
                contents.pop((database, key), None)
            elif where == node and entry is not None:
                contents[database, key] = entry
        return contents


@cache
def _called(client: int, slot: int) -> tuple[Call, Model]:
    """An operation, which is the same in every story."""
    return call_of(h.KEY_PREFIX.encode(), client, slot), model_of(slot)


def entry_of(held: Held, invoked_ms: float) -> Entry:
    """What is read of a key that holds this since an operation of that time."""
    value = held.value if isinstance(held.value, bytes) else list(held.value)
    if held.type == "stream":
        value = [(b"%d-0" % (_step_of(fields) + 1), list(fields)) for fields in held.value]
    expires_ms = STAYS if held.ttl_s is None else invoked_ms + held.ttl_s * 1000
    return Entry(held.type, expires_ms, digest_of(held.type, value), value)


def _step_of(fields: tuple[bytes, ...]) -> int:
    """The step that wrote an entry, from its token."""
    return int(fields[1].rstrip(b"_;").rpartition(b".")[2])


def unique_contents(operations: Operations, node: str, value_bytes: int) -> Contents:
    """What a node holds of unique writes, as the read-back found it."""
    present = operations.found[node] == h.PRESENT
    written = zip(operations.client[present].tolist(), operations.slot[present].tolist(), strict=True)
    return dict(_unique(client, slot, value_bytes) for client, slot in written)


@cache
def _unique(client: int, slot: int, value_bytes: int) -> tuple[tuple[int, bytes], Entry]:
    """A unique write and what is read of it, which are the same in every story."""
    key = h.key_of(h.KEY_PREFIX, client, slot)
    return (0, key), Entry("string", STAYS, digest_of("string", key.ljust(value_bytes, b"x")))
