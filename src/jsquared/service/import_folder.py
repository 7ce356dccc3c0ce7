"""Imports configurations as people have them: says what was understood, and writes the folder that is read without questions."""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from jsquared.deployment.model.input_files import LONGEST_PLACE, read_given, readable
from jsquared.deployment.model.spec import DataNode, Deployment
from jsquared.deployment.read.archive import is_archive
from jsquared.deployment.read.compose.compose_file import is_compose
from jsquared.deployment.read.load import SHIPPED, load_deployment
from jsquared.deployment.read.native.plain_folder import PlainFolder, plain_folder
from jsquared.deployment.render.not_reproduced import not_read
from jsquared.errors import BadInputError, LabError
from jsquared.records.private_files import make_private_folder, write_private
from jsquared.records.run_directory import explain_write_errors
from jsquared.service.request import DeploymentRequest


class ImportedFile(msgspec.Struct, kw_only=True):
    """A server: its host, ``data node`` or ``Sentinel``, and the file that it was read from."""

    host: str
    role: str
    file: str
    written: str = ""
    """The file that was written for it, in the folder ``out``; empty where none was."""


class Import(msgspec.Struct, kw_only=True):
    """What was understood, and where it was written; ``out`` is empty where it was only to be looked at."""

    deployment: str
    master_names: list[str]
    quorum: int
    files: list[ImportedFile]
    out: str = ""
    also_written: list[str] = []
    """Files that the servers' lines name, and jsquared.yaml."""
    missing: list[str] = []
    """A sentence about each thing that was not read or could not be copied."""


@dataclass(frozen=True, kw_only=True)
class ImportRequest(DeploymentRequest):
    """A folder, an archive or a Compose file to read, and the folder to write; None: only to be looked at."""

    out: Path | None = None


def import_folder(request: ImportRequest) -> Import:
    """Read a deployment's own files, and write them as a plain folder.

    :raises BadInputError: they are not understood, or something has the name of the folder to write.
    :raises RecordError: the folder cannot be written.
    """
    _check_own_files(request.deployment)
    deployment = load_deployment(request.deployment, request.allowed)
    folder = plain_folder(deployment)
    if request.out is not None:
        _write(folder, request.out)
        _check_same(deployment, request.out)
    return _understood(deployment, folder, request.out)


def _check_own_files(given: str) -> None:
    """Refuse what is not made of native files, so that there is nothing to bring into order."""
    path = Path(given)
    what = ""
    if given in SHIPPED:
        what = f"{given} is a shipped deployment"
    elif path.is_file() and not is_archive(path) and not is_compose(read_given(path)):
        what = f"{readable(given, LONGEST_PLACE)} is a deployment in YAML, which is one file already"
    if what:
        raise BadInputError(what, where="jsquared import", hint="a folder, an archive or a Compose file")


def _write(folder: PlainFolder, out: Path) -> None:
    where = readable(str(out), LONGEST_PLACE)
    if out.is_symlink() or (out.exists() and (not out.is_dir() or any(out.iterdir()))):
        raise BadInputError("is there already, and is not overwritten", where=where, hint="--out with a new folder")
    with explain_write_errors(out):
        make_private_folder(out, exist_ok=True)
        for name, data in folder.files.items():
            make_private_folder((out / name).parent, exist_ok=True)
            write_private(out / name, data)


def _check_same(deployment: Deployment, out: Path) -> None:
    """Read what was written, and compare it.

    :raises LabError: it means something else.
    """
    try:
        differs = _meaning(load_deployment(out.absolute())) != _meaning(deployment)
    except BadInputError as problem:
        raise LabError(f"what was written cannot be read: {problem}", where=str(out), hint="not using it") from problem
    if differs and not deployment.floating:
        raise LabError("what was written means something else", where=str(out), hint="not using it")


def _meaning(deployment: Deployment) -> object:
    nodes = {node.name: (node.host, [line.words for line in node.directives]) for node in deployment.nodes}
    return nodes, {node.name: node.replica_of for node in deployment.data}, deployment.monitored


def _understood(deployment: Deployment, folder: PlainFolder, out: Path | None) -> Import:
    nodes = sorted(deployment.nodes, key=lambda node: deployment.hosts.index(node.host))
    files = [
        ImportedFile(
            host=node.host,
            role="data node" if isinstance(node, DataNode) else "Sentinel",
            file=node.source.name,
            written=folder.places[node.name] if out else "",
        )
        for node in nodes
    ]
    servers = set(folder.places.values())
    return Import(
        deployment=deployment.name,
        master_names=list(deployment.master_names),
        quorum=deployment.quorum,
        files=files,
        out=str(out) if out else "",
        also_written=[name for name in folder.files if name not in servers] if out else [],
        missing=[*dict.fromkeys([*not_read(deployment), *map(deployment.secrets.mask, folder.missing)])],
    )
