"""The files of the user's that the lines of a configuration name."""

import re
from pathlib import Path

from jsquared.deployment.model.directives import Directive
from jsquared.deployment.model.input_files import readable
from jsquared.deployment.model.reach import allowing
from jsquared.deployment.model.spec import Deployment, Node
from jsquared.errors import BadInputError

# Lines that name what the throw-away material stands for, each with the file that it becomes.
REPLACED = {
    "tls-ca-cert-file": "tls-ca.crt",
    "tls-ca-cert-dir": "tls-ca.crt",
    "tls-cert-file": "tls.crt",
    "tls-key-file": "tls.key",
    "tls-client-cert-file": "tls-client.crt",
    "tls-client-key-file": "tls-client.key",
}
# Directives whose first argument is a file or folder that must exist.
_FILES = ("aclfile", "loadmodule", "tls-dh-params-file", *REPLACED)
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,199}")


def referenced_file(directive: Directive, node: Node, deployment: Deployment) -> Path | None:
    """The file or folder that a directive names, as it is on this machine; None where it names none.

    It is looked for beside the file that names it, in the host's folder, in the deployment's, and last at an absolute path as written.
    What is out of reach is in none of these places.

    :raises BadInputError: it is in none of them.
    """
    if not names_file(directive):
        return None
    found = find_file(directive, node, deployment)
    if found is None:
        near = Path(directive.source.place).parent
        written = readable(directive.arguments[0])
        if Path(written).is_absolute():
            what = f"{written} is neither a copy in the deployment's folder nor in a folder that may be read"
            raise directive.bad(what, f"a copy of it in {near}, or {allowing(Path(written).parent)}")
        raise directive.bad(f"{written} does not exist", f"a copy of it in {near}")
    return found


def names_file(directive: Directive) -> bool:
    """True if a directive names a file or folder that must exist."""
    return directive.key in _FILES and bool(directive.arguments and directive.arguments[0])


def find_file(directive: Directive, node: Node, deployment: Deployment) -> Path | None:
    """The file or folder that such a directive names, None where it is not on this machine."""
    if directive.located:
        located = Path(directive.arguments[0])
        return located if deployment.reach.has(located) else None
    near = (Path(directive.source.path).parent, Path(node.source.path).parent, *deployment.folders)
    found = deployment.reach.find_beside(directive.arguments[0], near)
    return found.absolute() if found else None


def certificates_in(folder: Path, deployment: Deployment) -> list[Path]:
    """The files of a folder of certificates, those with plain names, as those are that the TLS library looks for (``9d66eef0.0``).

    :raises BadInputError: it cannot be read.
    """
    reach = deployment.reach
    files = [folder / name for name in reach.names(folder) if _PLAIN_NAME.fullmatch(name)]
    for file in files:
        if reach.leads_out(file):
            what = "leads out of the folders that may be read"
            raise BadInputError(what, where=str(file), hint=reach.advice(file))
    return [file for file in files if reach.is_file(file)]
