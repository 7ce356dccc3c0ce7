"""Scenarios about security are planned for deployments that have what they break; the others are told what they lack."""

import pytest

from jsquared.deployment.read.load import load_deployment
from jsquared.deployment.read.overrides import apply_overrides
from jsquared.records.plan import Engine
from jsquared.scenarios.catalogue import SCENARIOS, scenario_named
from jsquared.scenarios.conditions import needs_a_password, needs_named_users, needs_throw_away_certificates

ENGINE = Engine(name="redis", version="7.0.15")
SECURITY = [name for name, scenario in SCENARIOS.items() if "security" in scenario.tags]


@pytest.mark.parametrize("name", SECURITY)
def test_the_hardened_deployment_can_have_each(name: str) -> None:
    """Each says how it ends there, and what is in the suite standard passes."""
    scenario = scenario_named(name)
    assert not scenario.unsuited(load_deployment("hardened"), ENGINE)
    assert "standard" not in scenario.suites or scenario.expected["hardened"] == "pass"


def test_the_reference_can_have_the_forged_hello_alone() -> None:
    """It has neither TLS nor users nor a password, so the suite standard is the same for it as without these scenarios."""
    reference = load_deployment("reference")
    suited = [name for name in SECURITY if not scenario_named(name).unsuited(reference, ENGINE)]
    assert suited == ["forged-hello"]
    assert "standard" not in scenario_named("forged-hello").suites


def test_what_a_deployment_lacks_is_said_in_one_sentence() -> None:
    """About TLS, about users, about passwords."""
    reference = load_deployment("reference")
    assert needs_throw_away_certificates(reference, ENGINE).startswith("not every server speaks TLS")
    assert needs_named_users(reference, ENGINE).startswith("replicas or Sentinels log in as the default user")
    assert needs_a_password(reference, ENGINE).startswith("the primary asks for no password")
    assert not needs_a_password(apply_overrides(reference, ["redis.requirepass=secret"]), ENGINE)
