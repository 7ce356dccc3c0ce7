"""Clients of redis-py that find the primary through the Sentinels of a lab. redis-py is the user's own; without it there is one line."""

import contextlib
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from jsquared.errors import BadInputError
from jsquared.service.lab.running_lab import RunningLab

LIMITS = {"socket_timeout": 1.0, "socket_connect_timeout": 1.0}
"""A client without a limit waits forever for a primary that hangs. Whoever gives limits of their own has these."""


class RedisClients:
    """The clients of one test."""

    def __init__(self, lab: RunningLab, addresses: Sequence[tuple[str, int]], master_name: str) -> None:
        self._lab = lab
        self._addresses = addresses
        self._master_name = master_name
        self._open: list[Any] = []

    def blocking(self, options: Mapping[str, Any]) -> Any:
        """A ``redis.Redis``.

        :raises BadInputError: redis-py is missing, or the deployment speaks TLS.
        """
        sentinel = self._sentinel("redis.sentinel", options)
        client = sentinel.master_for(self._master_name)
        self._open += [client, *sentinel.sentinels]
        return client

    def asynchronous(self, options: Mapping[str, Any]) -> Any:
        """A ``redis.asyncio.Redis``.

        :raises BadInputError: likewise.
        """
        return self._sentinel("redis.asyncio.sentinel", options).master_for(self._master_name)

    def _sentinel(self, module: str, options: Mapping[str, Any]) -> Any:
        try:
            found = import_module(module)
        except ImportError as problem:
            raise BadInputError(
                "redis-py is not installed", where="sentinel.redis()", hint="pip install redis"
            ) from problem
        access = self._lab.access()
        if access.tls:
            hint = "a client of your own, with sentinel.addresses and your certificates"
            raise BadInputError("this deployment speaks TLS", where="sentinel.redis()", hint=hint)
        limits = {name: options.get(name, limit) for name, limit in LIMITS.items()}
        return found.Sentinel(
            self._addresses,
            sentinel_kwargs={**limits, **_login(access.sentinel_login)},
            **{**LIMITS, **_login(access.login), **options},
        )

    def close(self) -> None:
        """Close those that do not need an event loop for it."""
        while self._open:
            with contextlib.suppress(Exception):  # the server at the other end may be gone
                self._open.pop().close()


def _login(words: Sequence[str]) -> dict[str, str]:
    """The arguments of a client for what it says in AUTH: nothing, a password, or a user and a password."""
    return dict(zip(("password", "username"), reversed(words), strict=False))
