"""What tests of faults share: data nodes in memory, and the same as a deployment to the type checker."""

import contextlib
from collections.abc import Iterator
from typing import Any, cast

import pytest

from jsquared.errors import LabError
from jsquared.faults import bulk_writer
from jsquared.faults.catalogue import complete
from jsquared.faults.fault import Fault
from jsquared.running.deployment import RunningDeployment
from jsquared.testing.fake_nodes import FakeNodes


class Nodes(FakeNodes):
    """Fake nodes that faults can be injected into; ``injected`` are those that were."""

    def __init__(self) -> None:
        super().__init__()
        self.injected: list[Any] = []

    def inject(self, fault: Fault, *targets: str, **parameters: Any) -> Any:
        """Break something, at the primary where nothing is said."""
        deployment = cast("RunningDeployment", self)
        self.injected.append(fault.inject(deployment, targets or ("primary",), complete(fault, parameters)))
        return self.injected[-1]


@pytest.fixture
def nodes(monkeypatch: pytest.MonkeyPatch) -> Iterator[Nodes]:
    """Three data nodes; what cannot be removed is given up soon, and what a test leaves broken is healed."""
    monkeypatch.setattr(bulk_writer, "REMOVE_LIMIT_S", 0.02)
    monkeypatch.setattr(bulk_writer, "RETRY_S", 0.001)
    nodes = Nodes()
    yield nodes
    for active in nodes.injected:
        with contextlib.suppress(LabError):
            active.heal()
