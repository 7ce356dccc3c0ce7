"""Where deployments come from: a shipped name, a YAML file of ours or for Docker Compose, or a folder of native files."""

from functools import cache
from importlib import resources
from pathlib import Path

from jsquared.errors import BadInputError
from jsquared.topology.compose import is_compose, read_compose
from jsquared.topology.directives import Source
from jsquared.topology.files import did_you_mean, is_there, read_text
from jsquared.topology.folder import read_folder
from jsquared.topology.spec import Deployment
from jsquared.topology.yaml_form import from_yaml, read_yaml

# The one to copy first, then by how far each is from it.
SHIPPED = ("reference", "hostnames", "five-hosts", "two-primaries", "apart", "stock", "classic-2013")


def load_deployment(name_or_path: str | Path) -> Deployment:
    """A shipped deployment by name, else the YAML file or folder of that path (``./reference`` for a folder of a shipped name).

    :raises BadInputError: there is no such thing, or what is there is wrong; one line with file, place and suggestion.
    """
    text = str(name_or_path)
    if text in SHIPPED:
        return _shipped(text)
    path = Path(text)
    if "\0" in text or not text or not is_there(path):
        near = did_you_mean(text, SHIPPED)
        raise BadInputError(
            f"'{text}' is neither a shipped deployment nor a file or folder",
            where="--deployment",
            try_=f"did you mean '{near}'?" if near else f"one of {', '.join(SHIPPED)}, a YAML file or a folder",
        )
    if path.is_dir():
        return read_folder(path)
    return read_compose(path, text) if is_compose(read_text(path)) else read_yaml(path, text)


def shipped_deployments() -> list[Deployment]:
    """Every deployment that comes with JSquared, the one to copy first."""
    return [_shipped(name) for name in SHIPPED]


@cache
def _shipped(name: str) -> Deployment:
    folder = resources.files("jsquared.topology") / "shipped"
    text = (folder / f"{name}.yaml").read_text(encoding="utf-8")
    return from_yaml(text, Source(f"{name}.yaml", f"{name}.yaml"), Path(str(folder)))
