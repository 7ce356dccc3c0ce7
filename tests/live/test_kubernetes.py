"""Kubernetes manifests by the real command line: a chart's pods fail over by the names that they have in a cluster."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.namespaces, pytest.mark.timeout(240)]

KUBERNETES = Path(__file__).parents[1] / "fixtures" / "kubernetes"
BITNAMI = KUBERNETES / "bitnami-sentinel.yaml"
OPERATORS = ("opstree-kubectl.yaml", "opstree-resources.yaml", "spotahome-kubectl.yaml", "spotahome-resource.yaml")
"""Manifests of operators, as they are applied and as kubectl prints what became of them."""
CHARTS = ("plain.yaml", "redis-ha.yaml", "valkey-by-address.yaml")
"""What helm renders, and pods that somebody wrote; they differ from the first in how they are read, which unit tests look at."""


def fails_over(run_trials: Callable[..., Any], manifests: Path) -> dict[str, Any]:
    """The crash of its primary is survived without a loss; the trial."""
    trial: dict[str, Any] = run_trials("primary-crash", "--deployment", str(manifests), "--jobs", "1").trial
    assert trial["outcome"] == "pass", trial["reasons"]
    assert trial["writes"]["lost"] == 0
    assert trial["failover_ms"] < 10_000
    return trial


def test_a_chart_with_sentinels_fails_over(run_trials: Callable[..., Any]) -> None:
    """What Bitnami's start scripts make of ConfigMaps and Secrets runs, with names of pods, a password and renamed commands."""
    fails_over(run_trials, BITNAMI)


@pytest.mark.suites
@pytest.mark.parametrize("name", CHARTS)
def test_other_charts_fail_over(name: str, run_trials: Callable[..., Any]) -> None:
    """Every other form of manifests is run as well, and survives the crash of its primary."""
    fails_over(run_trials, KUBERNETES / name)


@pytest.mark.suites
@pytest.mark.parametrize("name", OPERATORS)
def test_what_an_operator_makes_fails_over(name: str, run_trials: Callable[..., Any]) -> None:
    """The operator itself does not run, and its servers survive the crash of their primary without it."""
    trial = fails_over(run_trials, KUBERNETES / name)
    assert any("perator" in sentence for sentence in trial["not_reproduced"])
