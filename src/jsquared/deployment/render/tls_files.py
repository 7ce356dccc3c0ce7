"""Which certificates a deployment runs with here: its own where all of them are on this machine, else throw-away ones for all."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from jsquared.deployment.model.directives import Directive, canonical
from jsquared.deployment.model.input_files import readable
from jsquared.deployment.model.reach import is_too_wide
from jsquared.deployment.model.references import REPLACED, certificates_in, find_file, names_file
from jsquared.deployment.model.spec import Deployment, Node
from jsquared.deployment.render.certificates import Material, make_material
from jsquared.deployment.render.rendering_context import Place, Words, own_address
from jsquared.deployment.render.rewriting import made_file
from jsquared.errors import BadInputError
from jsquared.records.placement import TlsFiles


def missing_certificates(deployment: Deployment) -> list[str]:
    """The files and folders of certificates and keys that the configuration names and that cannot be read here, as written, each once."""
    written = [line.arguments[0] for node, line in _lines(deployment) if not _is_here(line, node, deployment)]
    return list(dict.fromkeys(written))


def _is_here(line: Directive, node: Node, deployment: Deployment) -> bool:
    path = find_file(line, node, deployment)
    if path is None or line.key != "tls-ca-cert-dir":
        return path is not None
    try:
        certificates_in(path, deployment)
    except BadInputError:  # such as links that lead out of what may be read
        return False
    return True


def _lines(deployment: Deployment) -> Iterator[tuple[Node, Directive]]:
    for node in deployment.nodes:
        for line in node.directives:
            if line.key in REPLACED and names_file(line):
                yield node, line


def material_for(place: Place) -> Material | None:
    """Throw-away certificates where the user's own are not all here; None where they are, or there are none."""
    deployment = place.deployment
    if not missing_certificates(deployment):
        return None
    return make_material(own_address(node, place.addresses) for node in deployment.nodes)


def not_proven(missing: Sequence[str]) -> tuple[str, ...]:
    """Return one sentence about the limits of a trial with throw-away certificates; nothing where none are missing."""
    if not missing:
        return ()
    few = ", ".join(map(readable, missing[:3])) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
    folders = sorted({str(PurePosixPath(path).parent) for path in missing if path.startswith("/")})
    folders = [folder for folder in folders if not is_too_wide(Path(folder))]
    allow = f" If they are on this machine, {_allow(folders)} allows reading them." if folders else ""
    sentence = (
        f"Certificates and keys are not in the deployment's folder ({few}), so throw-away ones replace all of "
        f"them: whether the real ones match, their names and their expiry are not tested.{allow}"
    )
    return (sentence,)


def _allow(folders: Sequence[str]) -> str:
    return " ".join(f"--allow-path {readable(folder)}" for folder in folders[:3])


def made_certificates(place: Place) -> dict[str, str]:
    """The files of throw-away certificates, ``<node>.<name>`` to text; none where the user's own are here."""
    if place.material is None:
        return {}
    return {made_file(node, line): place.material.text(line, node) for node, line in _lines(place.deployment)}


def files_for_clients(deployment: Deployment, rendered: Mapping[str, Sequence[Words]]) -> TlsFiles | None:
    """Return the certificates that the lab and clients trust and show: all authorities, and the primary's own; None without TLS.

    :param rendered: node names to the lines that they have here.
    """
    if not any(node.tls for node in deployment.nodes):
        return None
    own = [_last(rendered[node.name]) for node in (deployment.primary, *deployment.nodes)]
    authorities = [lines.get(key, "") for lines in own for key in ("tls-ca-cert-file", "tls-ca-cert-dir")]
    shows = next((lines for lines in own if lines.get("tls-cert-file")), {})
    client = "client-" if shows.get("tls-client-cert-file") else ""  # what tls.c shows where it connects to others
    return TlsFiles(
        authorities=tuple(dict.fromkeys(filter(None, authorities))),
        certificate=shows.get(f"tls-{client}cert-file", ""),
        key=shows.get(f"tls-{client}key-file", ""),
        key_password=shows.get(f"tls-{client}key-file-pass", ""),
    )


def _last(lines: Sequence[Words]) -> dict[str, str]:
    return {canonical(words[0]): words[1] for words in lines if len(words) > 1}
