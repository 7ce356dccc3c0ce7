"""A scenario that upgrades gets its second engine into the plan, and its command line names it."""

from pathlib import Path

import pytest

from jsquared.campaign.planning import Request, plan_trials
from jsquared.errors import BadInputError
from jsquared.records.plan import Engine


def program(folder: Path, version: str) -> Path:
    """A server that says its version."""
    path = folder / f"redis-{version}"
    path.write_text(f"#!/bin/sh\necho 'Redis server v={version} sha=00000000:0'\n")
    path.chmod(0o755)
    return path


def test_the_plan_carries_the_other_engine(tmp_path: Path) -> None:
    """Resolved to a version; the order of the trial has its place on this machine too."""
    old, new = program(tmp_path, "6.2.14"), program(tmp_path, "7.0.15")
    request = Request(
        names=["rolling-upgrade"], engine=str(old), upgrade_to=str(new), sandbox="loopback", out=tmp_path / "runs"
    )
    [order] = plan_trials(request).orders
    plan = order.plan
    assert (plan.engine, order.engine.path) == (Engine(name="redis", version="6.2.14"), str(old))
    assert plan.other_engines == {"auto": Engine(name="redis", version="7.0.15")}
    assert {name: (other.path, other.anywhere()) for name, other in order.other_engines.items()} == {
        "auto": (str(new), Engine(name="redis", version="7.0.15"))
    }
    assert {fault.name for fault in plan.faults} == {"upgrade"}
    assert plan.command[plan.command.index("--upgrade-to") + 1] == str(new)


def test_without_a_newer_engine_it_is_not_planned(tmp_path: Path) -> None:
    """By name it is an error that says what is missing; other scenarios need none."""
    newest = program(tmp_path, "99.0.0")
    with pytest.raises(BadInputError, match=r"newer than redis 99\.0\.0"):
        plan_trials(Request(names=["rolling-upgrade"], engine=str(newest), sandbox="loopback", out=tmp_path / "runs"))
    [plan] = plan_trials(
        Request(names=["primary-crash"], engine=str(newest), sandbox="loopback", out=tmp_path / "runs")
    ).plans
    assert plan.other_engines == {}
