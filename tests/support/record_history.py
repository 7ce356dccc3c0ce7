"""The operations of a hand-written trial: runs of writes with the same fate, and what the read-back saw of them.

Used by ``records.py``; times are milliseconds on the trial's clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jsquared.clock import NS_PER_MS
from jsquared.records import history as h
from jsquared.records.operations import NEVER, Operations


@dataclass(frozen=True)
class Finding:
    """What the read-back saw of writes intended in a time, where it differs from what their outcome suggests.

    ``nodes`` empty is every node, ``client`` empty every client.
    """

    from_ms: float
    until_ms: float
    found: int
    nodes: tuple[str, ...]
    client: str

    def concerns(self, node: str, client: str) -> bool:
        """Whether it is about that node and client."""
        return self.client in ("", client) and (not self.nodes or node in self.nodes)


@dataclass
class StoryHistory:
    """All writes of a story, as columns by client."""

    blocks: dict[str, list[dict[str, NDArray[Any]]]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def add(
        self,
        client: str,
        intended_ms: NDArray[np.float64],
        *,
        outcome: int,
        error: int,
        node: int,
        latency_ms: float,
        replicas: int,
        found: int | None,
    ) -> None:
        """Writes of one client with the same fate; ``found`` None is what the outcome suggests."""
        intended = (intended_ms * NS_PER_MS).astype(np.int64)
        usual = h.PRESENT if outcome == h.OK else h.ABSENT
        fate = {"outcome": outcome, "error": error, "node": node, "replicas": replicas}
        columns: dict[str, NDArray[Any]] = {name: np.full(len(intended), value) for name, value in fate.items()}
        columns["intended_ns"] = intended
        columns["invoked_ns"] = np.full(len(intended), NEVER) if node == h.NO_NODE else intended
        columns["completed_ns"] = intended + int(latency_ms * NS_PER_MS)
        columns["found"] = np.full(len(intended), usual if found is None else found, np.uint8)
        self.blocks.setdefault(client, []).append(columns)

    def operations(self, clients: Sequence[str], read: Sequence[str]) -> Operations:
        """All writes, sorted by client and intended time, with what was found on the nodes that were read back."""
        parts = [self._client(number, client, read) for number, client in enumerate(clients) if self.blocks.get(client)]
        if not parts:
            nothing = Operations.empty()
            nothing.found = {node: np.empty(0, dtype=np.uint8) for node in read}
            return nothing
        return Operations.concatenate(parts)

    def _client(self, number: int, client: str, read: Sequence[str]) -> Operations:
        blocks = self.blocks[client]
        columns = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
        order = np.argsort(columns["intended_ns"], kind="stable")
        columns = {name: column[order] for name, column in columns.items()}
        columns["client"] = np.full(len(order), number)
        columns["slot"] = np.arange(len(order))
        usual = columns.pop("found")
        seen = {node: self._seen(node, client, columns["intended_ns"] / NS_PER_MS, usual) for node in read}
        return Operations.from_columns(columns, seen)

    def _seen(self, node: str, client: str, at_ms: NDArray[np.float64], usual: NDArray[np.uint8]) -> NDArray[np.uint8]:
        seen = usual.copy()
        for finding in self.findings:
            if finding.concerns(node, client):
                seen[(at_ms >= finding.from_ms) & (at_ms < finding.until_ms)] = finding.found
        return seen
