"""Throw-away certificates: an authority and one certificate that it signs, for a trial of a deployment whose own are elsewhere.

All of a deployment's material is replaced together, since what one authority signed another does not trust.
"""

import datetime
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jsquared.deployment.model.directives import Directive
from jsquared.deployment.model.spec import Node

if TYPE_CHECKING:
    from cryptography import x509

VALID = datetime.timedelta(days=1)
_PASSWORDS = {"tls-key-file": "tls-key-file-pass", "tls-client-key-file": "tls-client-key-file-pass"}


@dataclass(frozen=True)
class Material:
    """Certificates as PEM texts; ``_key`` is the private key as PEM without a password."""

    authority: str
    certificate: str
    _key: bytes

    def key(self, password: str) -> str:
        """The private key as PEM, encrypted where there is a password."""
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 -- only where certificates are made

        encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
        if password:
            encryption = serialization.BestAvailableEncryption(password.encode("utf-8", "surrogateescape"))
        key = serialization.load_pem_private_key(self._key, None)
        form = serialization.PrivateFormat.PKCS8
        return key.private_bytes(serialization.Encoding.PEM, form, encryption).decode()

    def text(self, directive: Directive, node: Node) -> str:
        """Return the content of the file that a line of this node names, where ours stands for it."""
        if directive.key.startswith("tls-ca"):
            return self.authority
        if directive.key in _PASSWORDS:
            return self.key(node.value(_PASSWORDS[directive.key]))
        return self.certificate


def make_material(addresses: Iterable[str]) -> Material:
    """An authority, and a certificate for these IP addresses that servers and clients may show; good for a day."""
    # Imported inside: few deployments need it, and every command would pay for it.
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority_name, name = (
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])
        for text in ("JSquared throw-away authority", "JSquared throw-away certificate")
    )
    alternatives = [x509.IPAddress(ipaddress.ip_address(address)) for address in sorted(set(addresses))]
    authority = (
        _begun(authority_name, authority_name)
        .public_key(authority_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    certificate = (
        _begun(name, authority_name)
        .public_key(key.public_key())
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Material(authority.public_bytes(pem).decode(), certificate.public_bytes(pem).decode(), plain)


def _begun(subject: "x509.Name", issuer: "x509.Name") -> "x509.CertificateBuilder":
    from cryptography import x509  # noqa: PLC0415

    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - VALID)
        .not_valid_after(now + VALID)
    )
