"""Which files of the user's a trial copies into its nodes' folders: servers read and write copies, never the files themselves.

A server could overwrite what it is given (``ACL SAVE``), and in a sandbox with its own file system it sees nothing else.
"""

from collections.abc import Iterator
from pathlib import Path

from jsquared.deployment.model.directives import Directive
from jsquared.deployment.model.input_files import LARGEST_BYTES, LARGEST_MODULE_BYTES
from jsquared.deployment.model.references import REPLACED, certificates_in, find_file, names_file
from jsquared.deployment.model.spec import Deployment, Node
from jsquared.deployment.render.rendering_context import Place
from jsquared.deployment.render.rewriting import copied_file
from jsquared.records.placement import CopiedFile


def copied_files(place: Place) -> tuple[CopiedFile, ...]:
    """Every copy, each target once: the last line of a kind is the one that counts.

    :raises BadInputError: a file's path cannot be written down.
    """
    found: dict[tuple[str, str], CopiedFile] = {}
    for node in place.deployment.nodes:
        for directive in node.directives:
            if names_file(directive) and _is_copied(directive, node, place):
                found |= {(copy.node, copy.target): copy for copy in _copies(directive, node, place.deployment)}
    return tuple(found.values())


def _is_copied(directive: Directive, node: Node, place: Place) -> bool:
    """True if it is the user's own file that a line names here: neither made by the lab nor left out."""
    if directive.key in REPLACED:
        return place.material is None
    if directive.key == "aclfile":
        return node.name not in place.copied_acls
    return directive.key != "loadmodule" or place.deployment.reach.modules


def _copies(directive: Directive, node: Node, deployment: Deployment) -> Iterator[CopiedFile]:
    path, target = find_file(directive, node, deployment), copied_file(node, directive)
    if path is None:
        return
    if directive.key != "tls-ca-cert-dir":
        limit = LARGEST_MODULE_BYTES if directive.key == "loadmodule" else LARGEST_BYTES
        yield _copy(directive, node, deployment, path, target, limit)
        return
    for file in certificates_in(path, deployment):
        yield _copy(directive, node, deployment, file, f"{target}/{file.name}", LARGEST_BYTES)


def _copy(
    directive: Directive, node: Node, deployment: Deployment, path: Path, target: str, limit_bytes: int
) -> CopiedFile:
    source = str(deployment.reach.resolve(path))
    try:
        source.encode()
    except UnicodeEncodeError as problem:
        raise directive.bad("the path of the file is not UTF-8", "a folder with another name") from problem
    return CopiedFile(node=node.name, source=source, target=target, limit_bytes=limit_bytes)
