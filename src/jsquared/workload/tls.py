"""TLS behind the same two calls as a plain non-blocking socket: ``send`` and ``recv`` that raise BlockingIOError.

Imported only when a specification names a CA certificate: the ssl module alone costs a client 15 ms at its start.
"""

import socket
import ssl

RECORD_BYTES = 65_536


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
        self._established = False

    def _handshake(self) -> None:
        if not self._established:
            self._socket.do_handshake()
            self._established = True

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
        """All that has arrived, at least one byte and at most ``size`` plus a TLS record; empty at the end.

        :raises BlockingIOError: nothing has arrived.
        """
        try:
            self._handshake()
            data = self._socket.recv(size)
            # Everything at once: what stays in the TLS layer's buffer would not make the descriptor readable again.
            while data and (pending := self._socket.pending()):
                data += self._socket.recv(pending)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise BlockingIOError from None
        return data

    def fileno(self) -> int:
        """The descriptor."""
        return self._socket.fileno()

    def close(self) -> None:
        """Close without a farewell."""
        self._socket.close()
