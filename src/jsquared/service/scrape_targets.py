"""A running deployment as targets for Prometheus: found once, or followed through failovers."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from jsquared.errors import BadInputError
from jsquared.monitor.target_groups import TargetGroup, target_groups
from jsquared.records.private_files import make_private_folder, write_private
from jsquared.records.run_directory import explain_write_errors
from jsquared.running.access import Access
from jsquared.running.discover import discover, rediscover
from jsquared.running.discovered import Discovered
from jsquared.service.access import AccessRequest, access_of, seeds_of
from jsquared.text import encode_json


class TargetsRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The deployment to find, its name in labels, and the file to write, where there is one."""

    access: AccessRequest
    deployment: str = "redis"
    out: Path | None = None


class Targets(msgspec.Struct, frozen=True, kw_only=True):
    """What was found, and the targets that it becomes."""

    found: Discovered
    groups: list[TargetGroup]


def find_targets(request: TargetsRequest) -> Targets:
    """Find the deployment and write its targets, where that was asked for.

    :raises BadInputError: no Sentinel answers.
    """
    found = discover(seeds_of(request.access), access_of(request.access))
    return _told(request, found)


def follow_targets(
    request: TargetsRequest,
    wait: Callable[[], bool],
    changed: Callable[[Targets], None],
    access: Access | None = None,
) -> None:
    """Find the deployment again and again, and write its targets whenever they have changed.

    While no Sentinel answers, the last targets stay: monitoring must not lose sight of what is down.

    :param wait: waits for the next time; False ends it.
    :param changed: told at first, and of every change of targets, primaries or problems.
    :param access: the request's own, where it has been read already: a password may come from a pipe, which is read once.
    :raises BadInputError: no Sentinel answers at first.
    """
    seeds, access = seeds_of(request.access), access or access_of(request.access)
    found = discover(seeds, access)
    changed(_told(request, found))
    while wait():
        before, found = found, rediscover(found, seeds, access)
        if found != before:
            changed(_told(request, found))


def _told(request: TargetsRequest, found: Discovered) -> Targets:
    targets = Targets(found=found, groups=target_groups(found, request.deployment))
    if not found.masters:
        raise BadInputError(
            "its Sentinels monitor nothing", where="--sentinel", hint="a Sentinel of a running deployment"
        )
    if request.out is not None:
        _write(request.out, encode_json(targets.groups))
    return targets


def _write(path: Path, data: bytes) -> None:
    """Replace the file in one step, so that Prometheus never reads half of it. It is readable by all: it has no secrets."""
    with explain_write_errors(path):
        make_private_folder(path.parent, exist_ok=True)
        fresh = path.with_name(f".{path.name}.new")
        write_private(fresh, data)
        fresh.chmod(0o644)
        fresh.replace(path)
