"""Small deployments as folders of native files, and plans between them: three hosts with a data node and a Sentinel each."""

from collections.abc import Mapping
from pathlib import Path

from jsquared.deployment.read.load import load_deployment
from jsquared.records.plan import Engine
from jsquared.rollout.differences import Sides
from jsquared.rollout.plan_document import ChangePlan
from jsquared.rollout.steps import Step
from jsquared.service.change_plan import ChangeRequest, plan_between

REDIS = Engine(name="redis", version="7.0.15", path="/nowhere/redis-server")
VALKEY = Engine(name="valkey", version="9.1.2", path="/nowhere/valkey-server")
DATA = "bind 10.0.0.{n}\nprotected-mode no\nappendonly yes\nmin-replicas-to-write 1\nmin-replicas-max-lag 5\n"
SENTINEL = "sentinel down-after-milliseconds mymaster 5000\nsentinel failover-timeout mymaster 20000\n"


def write_folder(
    folder: Path,
    *,
    data: str = "",
    sentinel: str = "",
    hosts: int = 3,
    sentinels: int = 3,
    quorum: int = 2,
    port: int = 6379,
    base: str = DATA,
    files: Mapping[str, str] | None = None,
) -> Path:
    """Write a deployment; ``data`` and ``sentinel`` come to the end of every file of that kind."""
    for n in range(1, max(hosts, sentinels) + 1):
        host = folder / f"n{n}"
        host.mkdir(parents=True)
        if n <= hosts:
            follows = f"replicaof 10.0.0.1 {port}\n" if n > 1 else ""
            (host / "redis.conf").write_text(f"port {port}\n{base.format(n=n)}{follows}{data}")
        if n <= sentinels:
            monitor = f"port 26379\nsentinel monitor mymaster 10.0.0.1 {port} {quorum}\n"
            own = "" if n <= hosts else f"sentinel announce-ip 10.0.0.{n}\n"
            (host / "sentinel.conf").write_text(f"{monitor}{own}{SENTINEL}{sentinel}")
        for name, text in (files or {}).items():
            (host / name).write_text(text)
    return folder


def planned(before: Path, after: Path, engine: Engine = REDIS, new_engine: Engine | None = None) -> ChangePlan:
    """The plan between two folders."""
    request = ChangeRequest(before=before.name, after=after.name)
    return plan_between(
        request, Sides.of(load_deployment(before), load_deployment(after), engine), new_engine or engine
    )


def outline(plan: ChangePlan) -> list[str]:
    """The kind and node of each step but the checks, ``kind node``; a kind for several nodes in a row once."""
    lines: list[str] = []
    for step in plan.steps:
        node = step.node.replace("redis-n", "d").replace("sentinel-n", "s")
        if step.kind != "check" and lines and lines[-1].split(" ")[0] == step.kind:
            lines[-1] += f" {node}"
        elif step.kind != "check":
            lines.append(f"{step.kind} {node}")
    return lines


def done_by(step: Step) -> list[str]:
    """The actions of a step, a sentence each."""
    return [action.sentence for action in step.actions]
