"""Access to a running deployment from what a command was told: passwords from files or the environment, never from its line."""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from jsquared.deployment.model.input_files import read_given
from jsquared.errors import BadInputError
from jsquared.running.access import Access
from jsquared.text import one_line, whole_number

if TYPE_CHECKING:
    import ssl

DEFAULT_PORT = 26_379
PASSWORD, SENTINEL_PASSWORD = "JSQUARED_PASSWORD", "JSQUARED_SENTINEL_PASSWORD"
"""The environment variables that are looked at where no file is named."""
_HOST = re.compile(r"\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9_.-]{1,253}")


class AccessRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Where to begin, and how to log in.

    Paths are of files, variables are names in the environment; without either of a login the usual variable is looked at.
    """

    sentinels: list[str]
    user: str = ""
    password_file: Path | None = None
    password_variable: str = ""
    sentinel_user: str = ""
    sentinel_password_file: Path | None = None
    sentinel_password_variable: str = ""
    tls: bool = False
    """Whether servers speak TLS; their certificates are checked against ``authority`` where one is named."""
    authority: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


def seeds_of(request: AccessRequest) -> list[tuple[str, int]]:
    """Return the addresses of the Sentinels to begin with.

    :raises BadInputError: none was named, or one is no ``HOST:PORT``.
    """
    if not request.sentinels:
        raise BadInputError("names no Sentinel", where="--sentinel", hint=f"--sentinel 10.0.0.5:{DEFAULT_PORT}")
    return [_seed(text) for text in request.sentinels]


def _seed(text: str) -> tuple[str, int]:
    host, colon, port_text = text.rpartition(":") if not text.endswith("]") else (text, "", "")
    host, port = (host, whole_number(port_text)) if colon else (text, DEFAULT_PORT)
    if not _HOST.fullmatch(host) or port is None or not 0 < port < 65_536:
        where = f"--sentinel {one_line(text)[:100]}"
        raise BadInputError(
            "is no HOST:PORT", where=where, hint=f"10.0.0.5:{DEFAULT_PORT}, or [fd00::5]:{DEFAULT_PORT}"
        )
    return host.strip("[]"), port


def access_of(request: AccessRequest) -> Access:
    """Return how to log in and connect.

    :raises BadInputError: a file cannot be read, or is no certificate.
    """
    context = _context(request) if request.tls or request.authority or request.certificate else None
    return Access(
        data_login=_login(request.user, request.password_file, request.password_variable, PASSWORD),
        sentinel_login=_login(
            request.sentinel_user,
            request.sentinel_password_file,
            request.sentinel_password_variable,
            SENTINEL_PASSWORD,
        ),
        data_tls=context,
        sentinel_tls=context,
    )


def _login(user: str, file: Path | None, named: str, usual: str) -> tuple[str, ...]:
    if file and named:
        raise BadInputError("is given twice, by a file and by a variable", where="the password", hint="one of the two")
    if named and not os.environ.get(named):
        raise BadInputError(
            "is not set", where=f"${one_line(named)[:100]}", hint="the name of a variable, not a password"
        )
    variable = named or usual
    password = read_given(file).rstrip("\n") if file else os.environ.get(variable, "")
    if user and not password:
        raise BadInputError(
            "has no password", where=f"user {one_line(user)[:100]}", hint=f"a password file, or {variable}"
        )
    return (user, password) if user else (password,) * bool(password)


def _context(request: AccessRequest) -> "ssl.SSLContext":
    import ssl  # noqa: PLC0415 -- only those who use TLS pay for it

    from jsquared.resp.tls import client_context  # noqa: PLC0415 -- as above

    authorities = [str(request.authority)] if request.authority else []
    try:
        context = client_context(authorities, str(request.certificate or ""), str(request.key or ""))
    except OSError as problem:
        where = str(request.authority or request.certificate)
        raise BadInputError(f"no usable certificate ({problem})", where=where, hint="files in PEM form") from problem
    if not authorities:
        context.verify_mode = ssl.CERT_NONE  # encrypted, and whoever answers is believed: as redis-cli --insecure does
    return context
