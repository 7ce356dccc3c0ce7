"""Compose files by the real command line: what people write is run, fails over, and loses nothing."""

from collections.abc import Callable
from typing import Any

import pytest

from support.compose_fixtures import COMPOSE, COMPOSE_FIXTURES

pytestmark = [pytest.mark.namespaces, pytest.mark.timeout(240)]

EVERY_TIME = ("a-file-for-each-machine",)
"""The others differ in how they are read, which unit tests look at; they run with ``scripts/test --suites``."""


def fails_over(run_trials: Callable[..., Any], name: str) -> None:
    """The crash of its primary is survived without a loss."""
    done = run_trials(
        "primary-crash", "--deployment", str(COMPOSE_FIXTURES / name), *COMPOSE[name].allowed.options(), "--jobs", "1"
    )
    trial = done.trial
    assert trial["outcome"] == "pass", trial["reasons"]
    assert trial["writes"]["lost"] == 0
    assert trial["failover_ms"] < 10_000


@pytest.mark.parametrize("name", EVERY_TIME)
def test_machines_with_a_file_each_fail_over(run_trials: Callable[..., Any], name: str) -> None:
    """Sentinels that a start script configures find the data nodes of other machines."""
    fails_over(run_trials, name)


@pytest.mark.suites
@pytest.mark.parametrize("name", sorted(COMPOSE.keys() - set(EVERY_TIME)))
def test_what_people_write_fails_over(run_trials: Callable[..., Any], name: str) -> None:
    """Each of the fixtures, with the options that it cannot do without."""
    fails_over(run_trials, name)
