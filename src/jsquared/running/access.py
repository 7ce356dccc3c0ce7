"""Access to servers that the lab did not start: logins, TLS, and connections that are bounded in time and size."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jsquared.resp.blocking import Connection
from jsquared.resp.dialing import Dial, dial

if TYPE_CHECKING:
    import ssl

ANSWER_LIMIT_BYTES = 8 << 20
"""Of all answers on one connection: INFO and the lists of Sentinels are far shorter, and a stranger's server may send without end."""


@dataclass(frozen=True, kw_only=True)
class Access:
    """Logins, ``()``, ``(password,)`` or ``(user, password)``, and the way to connect."""

    data_login: tuple[str, ...] = ()
    sentinel_login: tuple[str, ...] = ()
    data_tls: "ssl.SSLContext | None" = None
    sentinel_tls: "ssl.SSLContext | None" = None
    timeout_s: float = 2.0
    """How long a server may be silent; everything asked on one connection may take twice as long."""
    dial: Dial = dial

    def to_data(self, address: str, port: int) -> Connection:
        """Connect to a data node and log in.

        :raises Unreachable: there is no answer in time.
        :raises ServerReplyError: the login is refused.
        """
        return self._connect(address, port, self.data_login, self.data_tls)

    def to_sentinel(self, address: str, port: int) -> Connection:
        """Connect to a Sentinel and log in.

        :raises Unreachable: there is no answer in time.
        :raises ServerReplyError: the login is refused.
        """
        return self._connect(address, port, self.sentinel_login, self.sentinel_tls)

    def subscription(self, address: str, port: int) -> Connection:
        """Connect to a Sentinel and log in, for a connection without an end.

        :raises Unreachable: there is no answer in time.
        :raises ServerReplyError: the login is refused.
        """
        return self._connect(address, port, self.sentinel_login, self.sentinel_tls, math.inf)

    def _connect(
        self,
        address: str,
        port: int,
        login: tuple[str, ...],
        tls: "ssl.SSLContext | None",
        limit_s: float | None = None,
    ) -> Connection:
        return Connection(
            address,
            port,
            credentials=login,
            timeout_s=self.timeout_s,
            limit_s=2 * self.timeout_s if limit_s is None else limit_s,
            limit_bytes=ANSWER_LIMIT_BYTES,
            tls=tls,
            dial=self.dial,
        )
