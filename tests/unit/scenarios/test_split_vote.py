"""A split vote is lost once: its repetition is not disturbed any more."""

import pytest

from jsquared.deployment.read.load import load_deployment
from jsquared.records.plan import Ack, Engine
from jsquared.scenario.moments import Moment
from jsquared.scenario.situation import Situation, hosts_away
from jsquared.scenarios.catalogue import SCENARIOS

LATEST_ELECTION_MS = 4_500
"""After down-after: the Sentinels agree within 2.5 s, start up to 1 s apart, and their votes travel."""


@pytest.mark.parametrize("name", ["reference", "apart"])
def test_the_votes_are_late_for_the_first_election_alone(name: str) -> None:
    """The delay ends once the first election is over, and before it is repeated after twice the failover-timeout."""
    deployment = load_deployment(name)
    scenario = SCENARIOS["split-vote"]
    situation = Situation(
        deployment=deployment,
        ack=Ack(mode="wait", replicas=1),
        away=hosts_away(deployment, scenario.away),
        cut_off=hosts_away(deployment, scenario.cut_off),
        engine=Engine(name="valkey", version="9.1.2"),
    )
    [late, crash] = scenario.faults(situation)
    heal = Moment.parse(late.heal)
    assert heal.anchor == crash.id
    election_ms = heal.after_ms - deployment.down_after_ms
    assert LATEST_ELECTION_MS <= election_ms < 2 * deployment.failover_timeout_ms
