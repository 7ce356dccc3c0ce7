"""What tests of a trial share: histories without clients."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jsquared.records.history import OK, HistoryWriter
from jsquared.testing.fake_deployment import FakeDeployment


@pytest.fixture
def histories(fake: FakeDeployment) -> Iterator[Callable[[str, int], HistoryWriter]]:
    """``histories(client, writes)``: the live history of a client with so many acknowledged writes to ``redis-n1``."""
    writers: list[HistoryWriter] = []

    def make(client: str, writes: int) -> HistoryWriter:
        path: Path = fake.run.operations_file(client)
        writer = HistoryWriter(path, [planned.name for planned in fake.plan.clients].index(client))
        writers.append(writer)
        chunk = writer.chunk(0)
        for slot in range(writes):
            at_ns = fake.events.clock.zero_monotonic_ns + slot * 1_000_000
            chunk.intended_ns[slot] = chunk.invoked_ns[slot] = chunk.completed_ns[slot] = at_ns
            chunk.outcome[slot] = OK
        writer.header[1] = writer.header[2] = writes
        return writer

    yield make
    for writer in writers:
        writer.close()
