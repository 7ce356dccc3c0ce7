"""Compares a running deployment with the files that it should run by."""

from dataclasses import dataclass

import msgspec

from jsquared.deployment.model.spec import DataNode, Deployment
from jsquared.records.plan import Engine
from jsquared.records.verdict import Outcome
from jsquared.rollout.changes import DirectiveChange, NodeChange
from jsquared.rollout.differences import Sides, differences, pairs_of
from jsquared.rollout.shown_by_servers import is_not_shown
from jsquared.running.snapshot import EVERYTHING, Snapshot, take_snapshot
from jsquared.running.snapshot_manifest import SnapshotManifest, UnreadPart
from jsquared.service.access import AccessRequest, access_of, seeds_of
from jsquared.service.given_deployment import load_snapshot, passwords_of
from jsquared.service.request import DeploymentRequest


@dataclass(frozen=True, kw_only=True)
class DriftRequest(DeploymentRequest):
    """The files, and where the deployment runs."""

    access: AccessRequest


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """Differences between what runs and what is written down: ``before`` of a change is the file, ``after`` what runs."""

    outcome: Outcome
    """``violated``: something differs; ``inconclusive``: nothing that could be read differs, and something could not be read."""
    deployment: str
    engine: str
    directives: tuple[DirectiveChange, ...]
    nodes: tuple[NodeChange, ...]
    """``added``: it runs and stands in no file; ``removed``: it stands in a file and was not found."""
    unread: tuple[UnreadPart, ...]
    not_compared: tuple[str, ...]
    notes: tuple[str, ...]
    """Differences that are none of the configuration: the primary is another one after a failover."""


def find_drift(request: DriftRequest) -> Drift:
    """Compare what runs with the files.

    :raises BadInputError: no Sentinel answers, or the files are not understood.
    """
    kept = request.load()
    access = request.access
    taken = take_snapshot(seeds_of(access), access_of(access), passwords_of(kept))
    runs = load_snapshot(taken, "running")
    engine = engine_that_runs(taken.manifest)
    found = differences(Sides.of(kept, runs, engine), is_not_shown(engine))
    silent = _silent(taken, kept, runs)
    directives = tuple(change for change in found.directives if change.node not in silent and change.effect != "never")
    differs = bool(directives or found.nodes)
    return Drift(
        outcome="violated" if differs else "pass" if taken.manifest.is_whole else "inconclusive",
        deployment=request.deployment,
        engine=f"{engine.name} {engine.version}",
        directives=directives,
        nodes=found.nodes,
        unread=taken.manifest.unread,
        not_compared=(*found.not_compared, *found.undecided),
        notes=(*_moved(kept, runs), *taken.manifest.problems),
    )


def engine_that_runs(manifest: SnapshotManifest) -> Engine:
    """Return the oldest engine among the servers of a snapshot, or the first that is known where none says its version."""
    said = {
        (one.engine, tuple(int(number) for number in one.version.split(".")[:3] if number.isdigit()), one.version)
        for one in manifest.servers
        if one.engine
    }
    name, _, version = min(said, default=("redis", (7, 0, 0), "7.0.0"))
    return Engine(name=name, version=version, path="")


def _silent(taken: Snapshot, kept: Deployment, runs: Deployment) -> set[str]:
    """The nodes, by their names in the files, of which nothing was read."""
    unread = {part.where.split(" ", 1)[1] for part in taken.manifest.unread if part.what == EVERYTHING}
    files = {one.file for one in taken.manifest.servers if one.where in unread}
    return {was.name for was, now in pairs_of(kept, runs) if was and now and now.source.name in files}


def _moved(kept: Deployment, runs: Deployment) -> list[str]:
    """A sentence about each node whose role is another one than in its file."""
    pairs = [(was, now) for was, now in pairs_of(kept, runs) if isinstance(was, DataNode) and isinstance(now, DataNode)]
    return [
        f"{was.name} is a {now.role} now, and a {was.role} in its file" for was, now in pairs if was.role != now.role
    ]
