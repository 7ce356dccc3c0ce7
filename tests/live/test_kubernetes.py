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


def test_a_chart_with_sentinels_fails_over(run_trials: Callable[..., Any]) -> None:
    """What Bitnami's start scripts make of ConfigMaps and Secrets runs, with names of pods, a password and renamed commands."""
    trial = run_trials("primary-crash", "--deployment", str(BITNAMI)).trial
    assert trial["outcome"] == "pass"
    assert trial["writes"]["lost"] == 0
    assert trial["failover_ms"] < 10_000


@pytest.mark.suites
@pytest.mark.parametrize("name", OPERATORS)
def test_what_an_operator_makes_fails_over(name: str, run_trials: Callable[..., Any]) -> None:
    """The operator itself does not run, and its servers survive the crash of their primary without it."""
    trial = run_trials("primary-crash", "--deployment", str(KUBERNETES / name), "--jobs", "1").trial
    assert trial["outcome"] == "pass", trial["reasons"]
    assert trial["writes"]["lost"] == 0
    assert trial["failover_ms"] < 10_000
    assert any("perator" in sentence for sentence in trial["not_reproduced"])
