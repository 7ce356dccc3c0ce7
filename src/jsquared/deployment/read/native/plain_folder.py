"""A deployment as the folder of native files that is read without questions: ``<host>/redis.conf`` and ``<host>/sentinel.conf``.

A file that includes no other stays as it is, with its comments. Otherwise its lines are written out, those of the included files in their
places. Files that lines name lie beside, so that nothing outside the folder is needed.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath

import yaml

from jsquared.deployment.model.directives import Directive, Source, join_words
from jsquared.deployment.model.input_files import LARGEST_BYTES, LARGEST_MODULE_BYTES, readable
from jsquared.deployment.model.references import certificates_in, find_file, names_file
from jsquared.deployment.model.spec import DataNode, Deployment, Node
from jsquared.deployment.read.native.candidates import SENTINEL_FILE
from jsquared.deployment.read.native.conf_files import parse_text
from jsquared.deployment.read.native.mapping import MAPPING_FILE
from jsquared.errors import BadInputError

DATA_FILE = "redis.conf"


@dataclass
class PlainFolder:
    """``files`` maps paths in the folder to contents, ``places`` nodes to the paths of their files; ``missing`` has a sentence each."""

    files: dict[str, bytes] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


def plain_folder(deployment: Deployment) -> PlainFolder:
    """The files of a deployment's nodes, with everything that they name and that may be read.

    :raises BadInputError: a host has several data nodes, for which the folder has no place.
    """
    folder = PlainFolder()
    for node in deployment.nodes:
        place = f"{node.host}/{DATA_FILE if isinstance(node, DataNode) else SENTINEL_FILE}"
        if place in folder.files:
            what = f"{node.host} has several data nodes, which one redis.conf cannot describe"
            raise BadInputError(what, where=node.source.place, hint="a separate host for each")
        folder.files[place] = _text_of(node, deployment).encode("utf-8", "surrogateescape")
        folder.places[node.name] = place
    for host in dict.fromkeys(node.host for node in deployment.nodes):
        _add_named_files(host, deployment, folder)
    folder.files[MAPPING_FILE] = _mapping_of(deployment, folder).encode()
    for floating in deployment.floating:
        folder.missing.append(f"The floating address {floating.address} is in no file: give it with --floating again.")
    return folder


def _text_of(node: Node, deployment: Deployment) -> str:
    """A node's file as the user wrote it, else its lines."""
    text = deployment.input_files.get(node.source.name, "")
    words = [directive.words for directive in node.directives]
    if _words_in(text, node.source) == words:
        return text
    lines: list[str] = []
    source = None
    for directive in node.directives:
        if directive.source != source:
            source = directive.source
            lines.append(f"# from {source.name}")
        lines.append(join_words(directive.words))
    return "".join(f"{line}\n" for line in lines)


def _words_in(text: str, source: Source) -> list[tuple[str, ...]] | None:
    try:
        return [directive.words for directive in parse_text(text, source)]
    except BadInputError:  # a Compose file, whose lines are made from its parts
        return None


def _add_named_files(host: str, deployment: Deployment, folder: PlainFolder) -> None:
    """Put the files that a host's lines name beside its own, by their bare names where no two are called alike."""
    found: dict[str, dict[str, bytes]] = {}
    for node in (node for node in deployment.nodes if node.host == host):
        for directive in filter(names_file, node.directives):
            for written, data in _named_by(directive, node, deployment, folder):
                found.setdefault(PurePosixPath(written).name, {})[written] = data
    for name, contents in found.items():
        alone = len(set(contents.values())) == 1 and f"{host}/{name}" not in folder.files
        for written, data in contents.items():
            path = PurePosixPath(written)
            inside = path.relative_to("/") if path.is_absolute() else path
            folder.files[f"{host}/{name if alone or '..' in inside.parts else inside.as_posix()}"] = data


def _named_by(
    directive: Directive, node: Node, deployment: Deployment, folder: PlainFolder
) -> Iterator[tuple[str, bytes]]:
    """The files of a line, each with the path by which it is found again."""
    written = directive.arguments[0]
    path = find_file(directive, node, deployment)
    try:
        if path is None:
            raise directive.bad(f"{readable(written)} is not there, or may not be read")
        limit = LARGEST_MODULE_BYTES if directive.key == "loadmodule" else LARGEST_BYTES
        if directive.key != "tls-ca-cert-dir":
            yield written, deployment.reach.data(path, limit)
            return
        for file in certificates_in(path, deployment):
            yield f"{written.rstrip('/')}/{file.name}", deployment.reach.data(file)
    except BadInputError as problem:
        folder.missing.append(f"Not copied, {problem.where}: {problem.what}.")


def _mapping_of(deployment: Deployment, folder: PlainFolder) -> str:
    """jsquared.yaml, which says of each host which files are its own and what else it is called."""
    hosts: dict[str, dict[str, object]] = {}
    for node in deployment.nodes:
        key = "redis" if isinstance(node, DataNode) else "sentinel"
        hosts.setdefault(node.host, {})[key] = folder.places[node.name]
    for host, entry in hosts.items():
        called = sorted(set(deployment.host_names.called.get(host, ())) - {host, host.lower()})
        published = {str(outer): inner for outer, inner in deployment.host_names.published.get(host, {}).items()}
        entry.update({"called": called} if called else {})
        entry.update({"published": published} if published else {})
    header = "# Which file belongs to which host, for jsquared --deployment with this folder.\n"
    return header + yaml.safe_dump({"hosts": hosts}, sort_keys=False, default_flow_style=None, width=10_000)
