"""Certificates on disk, and a server that asks for one, for whoever speaks TLS in a test."""

import ssl
from pathlib import Path

from jsquared.deployment.render.certificates import make_material

PASSWORD = "of the key"


def write_tls_files(folder: Path) -> Path:
    """Write ``ca``, ``crt``, ``key`` (which has a password) and ``foreign``, another authority; return the folder."""
    material = make_material(["127.0.0.1"])
    texts = {"ca": material.authority, "crt": material.certificate, "key": material.key(PASSWORD)}
    for name, text in (texts | {"foreign": make_material(["127.0.0.1"]).authority}).items():
        (folder / name).write_text(text)
    return folder


def server_context(files: Path) -> ssl.SSLContext:
    """Return what a server shows that wants a certificate of its clients."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files / "crt", files / "key", PASSWORD)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(files / "ca")
    return context
