"""The Compose files in tests/fixtures/compose, with what each is expected to be."""

from dataclasses import dataclass, field
from pathlib import Path

from jsquared.deployment.model.reach import Allowed

COMPOSE_FIXTURES = Path(__file__).parents[1] / "fixtures" / "compose"
WATCHES = ["s1", "s2", "s3"]


@dataclass(frozen=True)
class Expected:
    """The hosts by their roles, and the options that a fixture cannot do without."""

    primary: str
    replicas: list[str]
    sentinels: list[str]
    allowed: Allowed = field(default_factory=Allowed)


COMPOSE = {
    "a-file-for-each-machine": Expected("node1", ["node2", "node3"], ["node1", "node2", "node3"]),
    "a-secret-and-a-shell": Expected("r1", ["r2", "r3"], WATCHES),
    "a-stack-for-a-swarm": Expected(
        "redis-primary",
        ["redis-replica-1", "redis-replica-2"],
        ["sentinel-1", "sentinel-2", "sentinel-3"],
        Allowed(scale=["sentinel=3"]),
    ),
    "addresses-of-a-network": Expected("r1", ["r2", "r3"], ["w1", "w2", "w3"]),
    "files-side-by-side": Expected("alpha", ["beta", "gamma"], ["alpha", "beta", "gamma"]),
    "laid-over": Expected("one", ["two", "three"], ["watch-1", "watch-2", "watch-3"]),
    "options-of-the-command-line": Expected(
        "primary", ["replica-1", "replica-2"], ["sentinel-1", "sentinel-2", "sentinel-3"]
    ),
    "ports-of-one-machine": Expected("prim", ["rep1", "rep2"], WATCHES),
    "profiles": Expected(
        "redis",
        ["redis-replica-1", "redis-replica-2"],
        ["sentinel-1", "sentinel-2", "sentinel-3"],
        Allowed(profiles=["ha"], scale=["redis-replica=2", "sentinel=3"]),
    ),
    "services-of-another-file": Expected("first", ["second", "third"], ["guard-1", "guard-2", "guard-3"]),
    "variables-of-bitnami": Expected(
        "cache", ["cache-replica-1", "cache-replica-2"], ["watcher-1", "watcher-2", "watcher-3"]
    ),
}
