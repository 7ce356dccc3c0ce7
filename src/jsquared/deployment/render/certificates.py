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
    from cryptography.hazmat.primitives.asymmetric import ec

VALID = datetime.timedelta(days=1)
_PASSWORDS = {"tls-key-file": "tls-key-file-pass", "tls-client-key-file": "tls-client-key-file-pass"}


@dataclass(frozen=True)
class Material:
    """Certificates as PEM texts; ``_key`` is the private key as PEM without a password."""

    authority: str
    certificate: str
    _key: bytes
    authority_key: str
    """The authority's private key as PEM, for whoever makes more certificates with it while the trial runs."""

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

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "JSquared throw-away authority")])
    authority = (
        _begun(name, name, datetime.datetime.now(datetime.UTC) + VALID)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = authority.public_bytes(serialization.Encoding.PEM).decode()
    return make_certificate(pem, _plain(key).decode(), addresses)


def make_certificate(
    authority: str, authority_key: str, addresses: Iterable[str], *, until: datetime.datetime | None = None
) -> Material:
    """A further certificate of such an authority, with its own key.

    :param authority: the authority's certificate, and ``authority_key`` its key, as PEM.
    :param until: when it expires; in a day where nothing is said.
    """
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    signer = serialization.load_pem_private_key(authority_key.encode(), None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)  # as make_material makes it
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "JSquared throw-away certificate")])
    alternatives = [x509.IPAddress(ipaddress.ip_address(address)) for address in sorted(set(addresses))]
    issuer = x509.load_pem_x509_certificate(authority.encode()).subject
    certificate = (
        _begun(name, issuer, until or datetime.datetime.now(datetime.UTC) + VALID)
        .public_key(key.public_key())
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .sign(signer, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
    return Material(authority, pem, _plain(key), authority_key)


def _plain(key: "ec.EllipticCurvePrivateKey") -> bytes:
    """A private key as PEM without a password."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415

    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def _begun(subject: "x509.Name", issuer: "x509.Name", until: datetime.datetime) -> "x509.CertificateBuilder":
    from cryptography import x509  # noqa: PLC0415

    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.datetime.now(datetime.UTC) - VALID)
        .not_valid_after(until)
    )
