"""Settings changed at run time are proven by reading them back: quorum and priority."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from jsquared.faults.fault import Fault
from jsquared.faults.set_priority import SetPriority
from jsquared.faults.set_quorum import SetQuorum
from jsquared.resp.failures import Unreachable
from jsquared.running.deployment import RunningDeployment


class Settings:
    """A server with one number; ``deaf`` keeps it from changing, ``down`` from anything."""

    master_name = "mymaster"

    def __init__(self, field: str, value: int) -> None:
        self.field = field
        self.value = value
        self.deaf = False
        self.down = False
        self.plan = SimpleNamespace(nodes=[SimpleNamespace(name="node-1")])

    def process(self, name: str) -> Any:
        """A process that runs, or not."""
        return SimpleNamespace(poll=lambda: -9 if self.down else None)

    def ask(self, name: str, *words: str | int) -> Any:
        """SET changes it, everything else shows it."""
        if self.down:
            raise Unreachable("no connection", where=name)
        if "SET" not in words:
            return [self.field, str(self.value)]
        if not self.deaf:
            self.value = int(words[-1])
        return "OK"


KINDS = [
    pytest.param(SetQuorum(), "quorum", {"quorum": 1}, id="set-quorum"),
    pytest.param(SetPriority(), "replica-priority", {"priority": 1}, id="set-priority"),
]


@pytest.mark.parametrize(("fault", "field", "parameters"), KINDS)
def test_the_setting_is_changed_and_changed_back(fault: Fault, field: str, parameters: dict[str, int]) -> None:
    """It shows the new number, and the old one after healing."""
    server = Settings(field, 2)
    active = fault.inject(cast("RunningDeployment", server), ["node-1"], parameters)
    assert active.bit().ok
    assert server.value == 1
    assert active.details == {"before": {"node-1": 2}}
    active.heal()
    assert active.healed().ok
    assert server.value == 2


@pytest.mark.parametrize(("fault", "field", "parameters"), KINDS)
def test_without_an_effect_it_did_not_bite(fault: Fault, field: str, parameters: dict[str, int]) -> None:
    """A server that says OK and changes nothing is found out."""
    server = Settings(field, 2)
    server.deaf = True
    assert not fault.inject(cast("RunningDeployment", server), ["node-1"], parameters).bit().ok


@pytest.mark.parametrize(("fault", "field", "parameters"), KINDS)
def test_what_was_so_before_is_no_change(fault: Fault, field: str, parameters: dict[str, int]) -> None:
    """Setting what is set already breaks nothing."""
    assert not fault.inject(cast("RunningDeployment", Settings(field, 1)), ["node-1"], parameters).bit().ok


@pytest.mark.parametrize(("fault", "field", "parameters"), KINDS)
def test_an_undo_without_effect_did_not_heal(fault: Fault, field: str, parameters: dict[str, int]) -> None:
    """The old number must be back."""
    server = Settings(field, 2)
    active = fault.inject(cast("RunningDeployment", server), ["node-1"], parameters)
    server.deaf = True
    active.heal()
    assert not active.healed().ok


@pytest.mark.parametrize(("fault", "field", "parameters"), KINDS)
def test_the_proof_says_what_was_before(fault: Fault, field: str, parameters: dict[str, int]) -> None:
    """So a setting that was the same before explains itself."""
    active = fault.inject(cast("RunningDeployment", Settings(field, 2)), ["node-1"], parameters)
    assert active.bit().sentence.endswith(f"{field}{' of' * (field == 'quorum')} 1, which was 2")


def test_a_sentinel_that_is_down_is_not_left_out() -> None:
    """It has written the new quorum to its file, so an undo that cannot reach it has failed."""
    server = Settings("quorum", 2)
    active = SetQuorum().inject(cast("RunningDeployment", server), ["node-1"], {"quorum": 1})
    server.down = True
    with pytest.raises(Unreachable):
        active.heal()
