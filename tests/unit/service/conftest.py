"""What tests of the service share: a progress that keeps what it is told, and proofs of plans without a server."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from jsquared.campaign import campaign
from jsquared.service import change_plan, change_prove
from jsquared.service.progress import Notice
from support.proving import Bench


@dataclass
class Heard:
    """The notices so far, in order."""

    notices: list[Notice] = field(default_factory=list)

    def tell(self, notice: Notice) -> None:
        """Keep it."""
        self.notices.append(notice)

    def of(self, *kinds: type) -> list[Notice]:
        """Those of these kinds."""
        return [notice for notice in self.notices if isinstance(notice, kinds)]


@pytest.fixture
def heard() -> Heard:
    """A progress."""
    return Heard()


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Nothing planned yet; no engine is started and no sandbox tried."""
    bench = Bench(tmp_path)
    monkeypatch.setattr(campaign, "POLL_S", 0.0)
    for module in (change_plan, change_prove):
        monkeypatch.setattr(module, "find_engine", lambda name: bench.engines[name])
    monkeypatch.setattr(change_prove, "choose_sandbox", bench.choose_sandbox)
    return bench
