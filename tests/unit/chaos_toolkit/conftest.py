"""Activities of Chaos Toolkit without servers: every lab is a fake one."""

from collections.abc import Callable, Iterator

import pytest

from jsquared.chaos_toolkit import actions, experiment_labs
from jsquared.chaos_toolkit.experiment_labs import LABS
from support.fake_lab import FakeLab


@pytest.fixture(autouse=True)
def _no_servers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every lab is a fake one, and none outlives its test."""
    FakeLab.up = []
    monkeypatch.setattr(experiment_labs, "Lab", FakeLab)
    monkeypatch.setattr(actions, "Lab", FakeLab)
    monkeypatch.setattr(experiment_labs, "names_of_labs", lambda: [str(lab.described["name"]) for lab in FakeLab.up])
    LABS.forget()
    yield
    LABS.forget()


@pytest.fixture
def foreign_lab() -> Callable[[str], FakeLab]:
    """Puts a lab up that somebody else has started, under a name."""

    def put_up(name: str) -> FakeLab:
        lab = FakeLab(name=name)
        lab.start()
        return lab

    return put_up


@pytest.fixture
def lab() -> FakeLab:
    """The lab that the experiment has started."""
    actions.start_lab()
    return FakeLab.up[0]
