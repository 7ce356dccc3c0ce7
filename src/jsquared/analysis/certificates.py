"""The certificates that a node shows and trusts, read from the files that its configuration names, as far as they are on this machine."""

import contextlib
import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jsquared.deployment.model.references import certificates_in, find_file, names_file
from jsquared.deployment.model.spec import Deployment, Node
from jsquared.errors import BadInputError

if TYPE_CHECKING:
    from cryptography import x509

    Chain = Sequence[x509.Certificate]

LONGEST_CHAIN = 8


@dataclass(frozen=True, eq=False)
class Shown:
    """The certificates that one node shows to clients and other servers (its own, then those up to its authority), and trusts."""

    node: Node
    server: "Chain"
    client: "Chain"
    authorities: "Chain"

    def is_valid(self, now: datetime.datetime) -> Iterator[bool]:
        """For each certificate of its own whether its time is now."""
        for chain in (self.server, self.client):
            for certificate in chain[:1]:
                yield certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc


def shown_by(node: Node, deployment: Deployment) -> Shown | None:
    """Return the certificates that a node shows and trusts; None if a file is missing or holds none (servers report that better)."""
    server = _named(node, deployment, "tls-cert-file")
    client = _named(node, deployment, "tls-client-cert-file") or server
    authorities = _named(node, deployment, "tls-ca-cert-file"), _named(node, deployment, "tls-ca-cert-dir")
    if not server or not client or None in authorities:
        return None
    return Shown(node, server, client, [one for some in authorities for one in some or ()])


def _named(node: Node, deployment: Deployment, key: str) -> "list[x509.Certificate] | None":
    """The certificates in the file or folder that a line names: none where it is not written, None where they cannot be read."""
    line = node.find(key)
    if line is None or not names_file(line):
        return []
    path = find_file(line, node, deployment)
    if path is None:
        return None
    try:
        files = certificates_in(path, deployment) if deployment.reach.is_folder(path) else [path]
        found = [certificate for file in files for certificate in _read(deployment.reach.data(file))]
    except BadInputError:
        return None
    return found or None


def _read(data: bytes) -> "list[x509.Certificate]":
    from cryptography import x509  # noqa: PLC0415 -- few deployments need it, and every command would pay for it

    with contextlib.suppress(ValueError):
        return x509.load_pem_x509_certificates(data)
    return []


def trusts(authorities: "Chain", chain: "Chain") -> bool:
    """True if signatures lead from the first certificate of a chain to one of the authorities."""
    current = chain[0]
    for _ in range(LONGEST_CHAIN):
        if any(current == authority or _signed(current, authority) for authority in authorities):
            return True
        above = next((one for one in chain[1:] if one != current and _signed(current, one)), None)
        if above is None:
            return False
        current = above
    return False


def _signed(certificate: "x509.Certificate", authority: "x509.Certificate") -> bool:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415

    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
