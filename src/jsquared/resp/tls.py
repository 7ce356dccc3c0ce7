"""TLS for everybody who asks a server: what to trust and show, and a socket that never blocks.

Standard library only, as clients import it; and they do so only where a port speaks TLS, since the ssl module alone costs a client
15 ms at its start.
"""

import socket
import ssl
from collections.abc import Sequence
from pathlib import Path

RECORD_BYTES = 16_384
NO_CHECK_TIME = 0x20_0000
"""``X509_V_FLAG_NO_CHECK_TIME`` of OpenSSL's x509_vfy.h, for which the ssl module has no name."""


def client_context(
    authorities: Sequence[str],
    certificate: str = "",
    key: str = "",
    key_password: str = "",
    *,
    ignores_expiry: bool = False,
) -> ssl.SSLContext:
    """Return a context that trusts only these authorities and shows this certificate. Names are not checked: nodes are known by address.

    :param authorities: files or folders of certificates.
    :param ignores_expiry: trust a certificate of theirs whatever its dates, as only the lab may, which breaks them itself.
    :raises OSError: a file is missing or no certificate, or the password does not fit (ssl.SSLError is one).
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    if ignores_expiry:
        context.verify_flags |= NO_CHECK_TIME
    for authority in authorities:
        folder = Path(authority).is_dir()
        context.load_verify_locations(capath=authority) if folder else context.load_verify_locations(cafile=authority)
    if certificate:
        # Always a password: without one OpenSSL would ask the terminal for that of an encrypted key.
        context.load_cert_chain(certificate, key or None, password=key_password)
    return context


def shown_certificate(plain: socket.socket, context: ssl.SSLContext) -> bytes:
    """Return the certificate, as DER, that a server shows on a connected blocking socket, which is closed.

    :raises OSError: there is no handshake (``ssl.SSLCertVerificationError``: the certificate is not to be trusted).
    """
    try:
        with context.wrap_socket(plain) as secure:
            return secure.getpeercert(binary_form=True) or b""
    finally:
        plain.close()


class TlsSocket:
    """A connected non-blocking socket that speaks TLS; the handshake happens within the first calls.

    The socket itself stays as it is, with its descriptor, since it may be broken already: making one that speaks TLS of it is then refused,
    and loses it.
    """

    def __init__(self, plain: socket.socket, context: ssl.SSLContext) -> None:
        self._plain = plain
        self._context = context
        self._secure: ssl.SSLSocket | None = None
        self.established = False

    def _handshaken(self) -> ssl.SSLSocket:
        if self._secure is None:
            self._plain.getpeername()  # refuses what was broken meanwhile
            self._secure = self._context.wrap_socket(self._plain.dup(), do_handshake_on_connect=False)
        if not self.established:
            self._secure.do_handshake()
            self.established = True
        return self._secure

    def send(self, data: bytes | bytearray) -> int:
        """As socket.send.

        :raises BlockingIOError: nothing could be sent now.
        :raises OSError: the connection is broken, or the other side is not to be trusted.
        """
        try:
            return self._handshaken().send(data)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise BlockingIOError from None

    def recv(self, size: int) -> bytes:
        """Return the data that has arrived, at most ``size`` or a TLS record, whichever is more; empty at the end.

        :raises BlockingIOError: nothing has arrived.
        :raises OSError: as :meth:`send`.
        """
        try:
            # Never less than a record: what stays in the TLS layer would not make the descriptor readable again.
            return self._handshaken().recv(max(size, RECORD_BYTES))
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise BlockingIOError from None

    def close(self) -> None:
        """Close without a farewell."""
        if self._secure is not None:
            self._secure.close()
        self._plain.close()
