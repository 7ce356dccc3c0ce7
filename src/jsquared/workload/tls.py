"""TLS behind the same two calls as a plain non-blocking socket: ``send`` and ``recv`` that raise BlockingIOError.

Imported only when a specification names a CA certificate: the ssl module alone costs a client 15 ms at its start.
"""

import socket
import ssl

RECORD_BYTES = 16_384


def client_context(cafile: str, certfile: str, keyfile: str) -> ssl.SSLContext:
    """What trusts ``cafile`` alone and shows ``certfile``. Names are not checked: nodes are known by address.

    :raises OSError: a file is missing or no certificate (ssl.SSLError is one).
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(cafile)
    if certfile:
        context.load_cert_chain(certfile, keyfile or None)
    return context


class TlsSocket:
    """A connected non-blocking socket that speaks TLS; the handshake happens within the first calls."""

    def __init__(self, plain: socket.socket, context: ssl.SSLContext) -> None:
        self._socket = context.wrap_socket(plain, do_handshake_on_connect=False)
        self.established = False

    def _handshake(self) -> None:
        if not self.established:
            self._socket.do_handshake()
            self.established = True

    def send(self, data: bytes | bytearray) -> int:
        """As socket.send.

        :raises BlockingIOError: nothing could be sent now.
        """
        try:
            self._handshake()
            return self._socket.send(data)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise BlockingIOError from None

    def recv(self, size: int) -> bytes:
        """What has arrived, at most ``size`` or a TLS record, whichever is more; empty at the end.

        :raises BlockingIOError: nothing has arrived.
        """
        try:
            self._handshake()
            # Never less than a record: what stays in the TLS layer would not make the descriptor readable again.
            return self._socket.recv(max(size, RECORD_BYTES))
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise BlockingIOError from None

    def close(self) -> None:
        """Close without a farewell."""
        self._socket.close()
