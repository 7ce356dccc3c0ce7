"""What the certificate of a server says: from its file, or from the bytes that a running server shows."""

import contextlib
import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from jsquared.analysis.certificates import shown_by
from jsquared.audit.evidence import CertificateFacts
from jsquared.deployment.model.references import find_file
from jsquared.deployment.model.spec import Deployment, Node

if TYPE_CHECKING:
    from cryptography import x509

SECONDS_A_DAY = 86_400


def certificate_of_files(node: Node, deployment: Deployment) -> CertificateFacts | None:
    """Return what the certificate says that a node's lines name, None where it is not on this machine."""
    shown = shown_by(node, deployment)
    return _facts(shown.server[0]) if shown else None


def certificate_of_bytes(data: bytes | None) -> CertificateFacts | None:
    """Return what a certificate in DER form says, None where there is none, or none that can be read."""
    from cryptography import x509  # noqa: PLC0415 -- few deployments need it, and every command would pay for it

    with contextlib.suppress(ValueError, TypeError):
        return _facts(x509.load_der_x509_certificate(data or b""))
    return None


def key_file_of(node: Node, deployment: Deployment) -> Path | None:
    """The file of a node's private key, None where it is not on this machine."""
    line = node.find("tls-key-file")
    if line is None or not line.arguments or deployment.reach.unpacked is not None:
        return None
    return find_file(line, node, deployment)


def _facts(certificate: "x509.Certificate") -> CertificateFacts:
    from cryptography import x509  # noqa: PLC0415 -- as above

    left = certificate.not_valid_after_utc - datetime.datetime.now(datetime.UTC)
    names: frozenset[str] = frozenset()
    with contextlib.suppress(x509.ExtensionNotFound, ValueError):
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        addresses = extension.get_values_for_type(x509.IPAddress)
        names = frozenset([*map(str, addresses), *extension.get_values_for_type(x509.DNSName)])
    return CertificateFacts(days_left=left.total_seconds() / SECONDS_A_DAY, names=names)
