"""The certificates that a user gives for a hardened deployment: a folder with an authority, and a certificate and key for each host."""

from collections.abc import Sequence
from pathlib import Path

from jsquared.deployment.model.input_files import LONGEST_PLACE, read_given, readable
from jsquared.errors import BadInputError

AUTHORITY, CERTIFICATE, KEY = "ca.crt", "node.crt", "node.key"
"""Names in the folder of each host."""
PLACE = "/etc/redis/tls"
"""Where the lines look for them on the machines."""


def read_material(folder: Path, hosts: Sequence[str]) -> dict[str, bytes]:
    """Return the files for each host, such as ``HOST/node.crt``.

    They are made of ``ca.crt``, and of ``HOST.crt`` and ``HOST.key``, else of ``node.crt`` and ``node.key``.

    :raises BadInputError: one is missing, cannot be read, or is not in PEM form.
    """
    files = {}
    for host in hosts:
        own = folder / f"{host}.crt"
        stem = host if own.exists() else "node"
        for name, given in ((AUTHORITY, AUTHORITY), (CERTIFICATE, f"{stem}.crt"), (KEY, f"{stem}.key")):
            files[f"{host}/{name}"] = _pem(folder / given, host).encode()
    return files


def _pem(path: Path, host: str) -> str:
    where = readable(str(path), LONGEST_PLACE)
    if not path.is_file():
        hint = f"{AUTHORITY}, {host}.crt and {host}.key there, or {CERTIFICATE} and {KEY} for all hosts"
        raise BadInputError("is not there", where=where, hint=hint)
    text = read_given(path)
    if "-----BEGIN " not in text or "ENCRYPTED" in text:
        raise BadInputError(
            "has no certificate or key in PEM form without a password", where=where, hint="a file in PEM form"
        )
    return text


def tls_lines(port: int) -> list[tuple[str, ...]]:
    """The lines with which a server speaks TLS alone, on the port that it had."""
    return [
        ("port", "0"),
        ("tls-port", str(port)),
        ("tls-replication", "yes"),
        ("tls-auth-clients", "yes"),
        ("tls-protocols", "TLSv1.2 TLSv1.3"),
        ("tls-ca-cert-file", f"{PLACE}/{AUTHORITY}"),
        ("tls-cert-file", f"{PLACE}/{CERTIFICATE}"),
        ("tls-key-file", f"{PLACE}/{KEY}"),
    ]
