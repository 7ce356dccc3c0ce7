"""Where deployments come from: a shipped name, a YAML file of ours, for Docker Compose or for Kubernetes, or a folder of files."""

from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path

from jsquared.deployment.model.directives import Source
from jsquared.deployment.model.input_files import LONGEST_PLACE, check_given, is_never_read, readable, resolved
from jsquared.deployment.model.reach import Allowed, Reach
from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.read.compose.compose_file import is_compose, read_compose
from jsquared.deployment.read.floating import from_option, with_floating
from jsquared.deployment.read.kubernetes.kubernetes_file import read_kubernetes
from jsquared.deployment.read.kubernetes.manifest_files import manifests_in
from jsquared.deployment.read.kubernetes.manifests import is_manifests
from jsquared.deployment.read.native.folder import read_folder
from jsquared.deployment.read.yaml.yaml_form import from_yaml, read_yaml
from jsquared.errors import BadInputError
from jsquared.text import did_you_mean

# The one to copy first, then by how far each is from it.
SHIPPED = ("reference", "hostnames", "five-hosts", "two-primaries", "apart", "stock", "classic-2013")


def load_deployment(name_or_path: str | Path, allowed: Allowed | None = None) -> Deployment:
    """A shipped deployment by name, else the YAML file or folder of that path (``./reference`` for a folder of a shipped name).

    :param allowed: what the user allows its configuration beyond its own folder.
    :raises BadInputError: there is no such thing, or what is there is wrong; one line with file, place and suggestion.
    """
    text, allowed = str(name_or_path), allowed or Allowed()
    if text in SHIPPED:
        _check_no_variables(allowed)
        shipped = _shipped(text)
        reach = Reach(Reach.of(shipped.folders[0], allowed).folders, allowed.modules)
        return with_floating(replace(shipped, reach=reach), [from_option(each) for each in allowed.floating])
    path = Path(text)
    if (whole := resolved(path)) is not None and is_never_read(whole):
        raise BadInputError(
            "is neither a regular file nor a folder",
            where=readable(text, LONGEST_PLACE),
            hint="a YAML file or a folder",
        )
    if not text or not _is_there(path):
        near = did_you_mean(text, SHIPPED)
        raise BadInputError(
            f"'{readable(text)}' is neither a shipped deployment nor a file or folder",
            where="--deployment",
            hint=f"did you mean '{near}'?" if near else f"one of {', '.join(SHIPPED)}, a YAML file or a folder",
        )
    check_given(path)
    try:
        return _read(path, text, allowed)
    except RecursionError as problem:
        raise BadInputError(
            "nested too deeply", where=readable(text, LONGEST_PLACE), hint="a simpler configuration"
        ) from problem


def _read(path: Path, shown: str, allowed: Allowed) -> Deployment:
    floating = [from_option(each) for each in allowed.floating]
    if (manifests := _manifests(path, allowed)) is not None:
        return manifests
    if path.is_dir():
        _check_no_variables(allowed)
        return read_folder(path, Reach.of(path, allowed), floating)
    reach = Reach.of(path.parent, allowed)
    if is_compose(reach.text(path)):
        return read_compose(path, shown, reach, allowed)
    _check_no_variables(allowed)
    return with_floating(read_yaml(path, shown, reach), floating)


def _manifests(path: Path, allowed: Allowed) -> Deployment | None:
    """The deployment of a file or folder of Kubernetes manifests, None where it is none."""
    is_folder = path.is_dir()
    folder = path if is_folder else path.parent
    reach = Reach.of(folder, allowed)
    paths = manifests_in(path, reach) if is_folder else [path] if is_manifests(reach.text(path)) else []
    if not paths:
        return None
    _check_no_variables(allowed)
    return read_kubernetes(paths, folder, str(path), reach, allowed)


def _is_there(path: Path) -> bool:
    try:
        return resolved(path) is not None and path.exists()
    except OSError:  # such as a folder that may not be entered, or a name that is too long
        return False


def _check_no_variables(allowed: Allowed) -> None:
    if allowed.variables:
        option = "--env-file" if allowed.env_files else "--env"
        raise BadInputError("only a Compose file has variables", where=option, hint="leaving it out")


def shipped_deployments() -> list[Deployment]:
    """Every deployment that comes with JSquared, the one to copy first."""
    return [_shipped(name) for name in SHIPPED]


@cache
def _shipped(name: str) -> Deployment:
    folder = resources.files("jsquared.deployment") / "shipped"
    text = (folder / f"{name}.yaml").read_text(encoding="utf-8")
    return from_yaml(text, Source(f"{name}.yaml", f"{name}.yaml"), Path(str(folder)))
