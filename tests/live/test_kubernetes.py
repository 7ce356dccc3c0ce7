"""Kubernetes manifests by the real command line: a chart's pods fail over by the names that they have in a cluster."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.namespaces, pytest.mark.timeout(240)]

BITNAMI = Path(__file__).parents[1] / "fixtures" / "kubernetes" / "bitnami-sentinel.yaml"


def test_a_chart_with_sentinels_fails_over(run_trials: Callable[..., Any]) -> None:
    """What Bitnami's start scripts make of ConfigMaps and Secrets runs, with names of pods, a password and renamed commands."""
    trial = run_trials("primary-crash", "--deployment", str(BITNAMI)).trial
    assert trial["outcome"] == "pass"
    assert trial["writes"]["lost"] == 0
    assert trial["failover_ms"] < 10_000
