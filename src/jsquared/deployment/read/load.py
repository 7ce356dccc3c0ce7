"""Where deployments come from: a shipped name, a YAML file of ours, for Docker Compose or Kubernetes, a folder, or an archive of one."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path

from jsquared.deployment.model.directives import Source
from jsquared.deployment.model.input_files import LONGEST_PLACE, check_given, is_never_read, readable, resolved
from jsquared.deployment.model.reach import Allowed, Reach
from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.read.archive import Member, UnpackedArchive, is_archive, name_of, unpack
from jsquared.deployment.read.assemble import NotWholeError
from jsquared.deployment.read.compose.compose_file import (
    COMPOSE_FILES,
    OVERRIDES,
    is_compose,
    read_compose,
    read_machines,
)
from jsquared.deployment.read.compose.compose_folder import compose_file_in, machines_in
from jsquared.deployment.read.floating import from_option, with_floating
from jsquared.deployment.read.kubernetes.kubernetes_file import read_kubernetes
from jsquared.deployment.read.kubernetes.manifest_files import manifests_in
from jsquared.deployment.read.kubernetes.manifests import is_manifests
from jsquared.deployment.read.native.candidates import Finder
from jsquared.deployment.read.native.folder import LAYOUTS, read_folder
from jsquared.deployment.read.native.mapping import MAPPING_FILE
from jsquared.deployment.read.not_whole import with_native_files
from jsquared.deployment.read.yaml.yaml_form import from_yaml, read_yaml
from jsquared.errors import BadInputError
from jsquared.text import did_you_mean

# The one to copy first, then by how far each is from it.
SHIPPED = ("reference", "hardened", "hostnames", "five-hosts", "two-primaries", "apart", "stock", "classic-2013")
MOST_ONLY_FOLDERS = 5
"""So deep an archive's own folder may lie in folders that hold nothing else."""


def load_deployment(name_or_path: str | Path, allowed: Allowed | None = None) -> Deployment:
    """A shipped deployment by name, else the YAML file, folder or archive of that path (``./reference`` for a folder of a shipped name).

    :param allowed: what the user allows its configuration beyond its own folder.
    :raises BadInputError: there is no such thing, or what is there is wrong; one line with file, place and suggestion.
    """
    text, allowed = str(name_or_path), allowed or Allowed()
    if text in SHIPPED:
        _check_not_of_compose(allowed)
        _check_no_hosts(allowed)
        shipped = _shipped(text)
        reach = Reach(Reach.of(shipped.folders[0], allowed).folders, allowed.modules)
        return with_floating(replace(shipped, reach=reach), [from_option(each) for each in allowed.floating])
    path = Path(text)
    if (whole := resolved(path)) is not None and is_never_read(whole):
        raise BadInputError(
            "is neither a regular file nor a folder",
            where=readable(text, LONGEST_PLACE),
            hint="a YAML file, a folder or an archive",
        )
    if not text or not _is_there(path):
        raise BadInputError(
            f"'{readable(text)}' is neither a shipped deployment nor a file or folder",
            where="--deployment",
            hint=did_you_mean(text, SHIPPED, otherwise="a YAML file, a folder", listed_by="jsquared deployments"),
        )
    check_given(path)
    try:
        return _read(path, text, allowed)
    except RecursionError as problem:
        raise BadInputError(
            "nested too deeply", where=readable(text, LONGEST_PLACE), hint="a simpler configuration"
        ) from problem


def _read(path: Path, shown: str, allowed: Allowed) -> Deployment:
    if path.is_dir():
        return _read_folder(path, shown, Reach.of(path, allowed), allowed)
    if is_archive(path):
        return _read_archive(path, shown, allowed)
    reach = Reach.of(path.parent, allowed)
    _check_no_hosts(allowed)
    _check_not_native(path, shown, reach)
    text = reach.text(path)
    if is_compose(text):
        return read_compose(path, shown, reach, allowed)
    _check_not_of_compose(allowed)
    if is_manifests(text):
        return read_kubernetes([path], path.parent, shown, reach, allowed)
    return with_floating(read_yaml(path, shown, reach), [from_option(each) for each in allowed.floating])


def _check_not_native(path: Path, shown: str, reach: Reach) -> None:
    """Refuse the file of one server, which is a part of a deployment."""
    if path.suffix.lower() in (".yaml", ".yml", ".json"):
        return
    file, is_sentinel = Finder(path.parent, reach).look_at(path)
    if file.is_servers:
        what = (
            f"is the file of one {'Sentinel' if is_sentinel else 'data node'}, and a deployment is those of all hosts"
        )
        hint = f"the folder that they are in, {LAYOUTS}"
        raise BadInputError(what, where=readable(shown, LONGEST_PLACE), hint=hint)


def _read_folder(path: Path, shown: str, reach: Reach, allowed: Allowed, name: str = "") -> Deployment:
    """A folder with a Compose file or manifests is read like these, unless somebody says which of its files are whose."""
    try:
        return _read_described(path, shown, reach, allowed, name)
    except NotWholeError as problem:
        raise (problem if allowed.of_compose else with_native_files(problem, path, reach)) from problem


def _read_described(path: Path, shown: str, reach: Reach, allowed: Allowed, name: str) -> Deployment:
    is_mapped = allowed.hosts or reach.has(path / MAPPING_FILE)
    compose = "" if is_mapped else compose_file_in(path, reach)
    if compose:
        overrides = [path / name for name in OVERRIDES if reach.has(path / name)][:1]
        return read_compose(path / compose, f"{shown.rstrip('/')}/{compose}", reach, allowed, overrides)
    if not is_mapped and len(machines := machines_in(path, reach)) > 1:
        return read_machines(machines, reach, allowed)
    _check_not_of_compose(allowed)
    if not is_mapped and (manifests := manifests_in(path, reach)):
        return read_kubernetes(manifests, path, shown, reach, allowed)
    return read_folder(path, reach, [from_option(each) for each in allowed.floating], allowed.hosts, name)


def _read_archive(path: Path, shown: str, allowed: Allowed) -> Deployment:
    unpacked = unpack(path, shown)
    reach = replace(Reach.of(unpacked.folder, allowed), unpacked=unpacked)
    try:
        folder = _own_folder(unpacked.folder)
        return _read_folder(folder, reach.shown(folder), reach, allowed, name_of(path))
    except BadInputError as problem:
        inside = (str(unpacked.folder), unpacked.archive)
        raise BadInputError(
            problem.what.replace(*inside), where=problem.where.replace(*inside), hint=problem.hint.replace(*inside)
        ) from problem


def load_files(files: Mapping[str, bytes], shown: str, allowed: Allowed | None = None) -> Deployment:
    """The deployment that files in memory describe, as those of a folder; they lie in a private one that goes with it.

    :param shown: what stands for the folder in messages.
    :raises BadInputError: something in them is wrong.
    """
    unpacked = UnpackedArchive(shown, [Member(name, data) for name, data in files.items()])
    reach = replace(Reach.of(unpacked.folder, allowed or Allowed()), unpacked=unpacked)
    return _read_folder(unpacked.folder, reach.shown(unpacked.folder), reach, allowed or Allowed(), shown)


def _own_folder(folder: Path) -> Path:
    """The folder of an archive with a Compose file or a mapping in it: its own, or the only one that everything in it lies in."""
    at = folder
    for _ in range(MOST_ONLY_FOLDERS):
        entries = list(at.iterdir())
        if any(entry.name in (*COMPOSE_FILES, MAPPING_FILE) for entry in entries):
            return at
        if len(entries) != 1 or not entries[0].is_dir():
            break
        at = entries[0]
    return folder


def _is_there(path: Path) -> bool:
    try:
        return resolved(path) is not None and path.exists()
    except OSError:  # such as a folder that may not be entered, or a name that is too long
        return False


def _check_not_of_compose(allowed: Allowed) -> None:
    if option := allowed.of_compose:
        raise BadInputError("this deployment is no Compose file", where=option, hint="leaving it out")


def _check_no_hosts(allowed: Allowed) -> None:
    if allowed.hosts:
        what = "only files of a folder or an archive are mapped to hosts"
        raise BadInputError(what, where="--host", hint="leaving it out")


def shipped_deployments() -> list[Deployment]:
    """Every deployment that comes with JSquared, the one to copy first."""
    return [_shipped(name) for name in SHIPPED]


def is_shipped(deployment: Deployment) -> bool:
    """True if a deployment comes with JSquared: it has no machines, and no files but its own."""
    return deployment.folders == (_shipped_folder(),)


@cache
def _shipped(name: str) -> Deployment:
    text = (_shipped_folder() / f"{name}.yaml").read_text(encoding="utf-8")
    return from_yaml(text, Source(f"{name}.yaml", f"{name}.yaml"), _shipped_folder())


def _shipped_folder() -> Path:
    return Path(str(resources.files("jsquared.deployment"))) / "shipped"
