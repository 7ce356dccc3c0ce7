"""Deployments as commands are given them: what is read from files, and ``sentinel://HOST:PORT``, which is asked while it runs."""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jsquared.deployment.model.reach import Allowed
from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.read.load import load_deployment, load_files
from jsquared.errors import BadInputError
from jsquared.running.snapshot import Snapshot, take_snapshot
from jsquared.service.access import AccessRequest, access_of, seeds_of
from jsquared.text import one_line

SCHEME = "sentinel://"
_PATHS = {"password-file", "sentinel-password-file", "tls-ca", "tls-cert", "tls-key"}
_FIELDS = {
    "user": "user",
    "sentinel-user": "sentinel_user",
    "password-file": "password_file",
    "sentinel-password-file": "sentinel_password_file",
    "tls": "tls",
    "tls-ca": "authority",
    "tls-cert": "certificate",
    "tls-key": "key",
}
"""Names behind the ``?`` of an address, as the options of commands are called, to the fields of an :class:`AccessRequest`."""


def load_given(deployment: str | Path, allowed: Allowed | None = None) -> Deployment:
    """A deployment that runs, else what :func:`jsquared.deployment.read.load.load_deployment` reads.

    :raises BadInputError: there is no such thing, or something in it is wrong.
    """
    text = str(deployment)
    if not is_running(text):
        return load_deployment(deployment, allowed)
    return load_snapshot(running_now(text), text, allowed)


@lru_cache(maxsize=8)
def running_now(address: str, passwords: tuple[str, ...] = ()) -> Snapshot:
    """Return the deployment at an address as it runs, asked once for all parts of a command.

    :param passwords: those that may be in use.
    :raises BadInputError: it is no such address, or no Sentinel answers.
    """
    access = _access_in(address)
    return take_snapshot(seeds_of(access), access_of(access), passwords)


def load_snapshot(taken: Snapshot, shown: str, allowed: Allowed | None = None) -> Deployment:
    """Read the files of a snapshot.

    :raises BadInputError: they are not understood.
    """
    files = {name: text.encode("utf-8", "surrogateescape") for name, text in taken.files.items()}
    return load_files(files, shown, allowed)


def passwords_of(deployment: Deployment) -> Iterable[str]:
    """The passwords in a deployment's files, which servers' hashes are compared with."""
    return deployment.secrets.values


def is_running(deployment: str) -> bool:
    """True if what is given as a deployment is the address of one that runs."""
    return deployment.startswith(SCHEME)


def _access_in(address: str) -> AccessRequest:
    """Return the access that ``sentinel://HOST:PORT[,HOST:PORT…][?user=NAME&…]`` describes.

    :raises BadInputError: it is none, or names something that is no option.
    """
    where = f"--deployment {one_line(address)[:100]}"
    try:
        parts = urlsplit(address)
        pairs = parse_qsl(
            parts.query, keep_blank_values=True, strict_parsing=bool(parts.query), max_num_fields=len(_FIELDS)
        )
    except ValueError as problem:
        raise BadInputError(f"is no address ({problem})", where=where, hint=f"{SCHEME}10.0.0.5:26379") from problem
    if parts.path not in ("", "/") or parts.fragment or "@" in parts.netloc or not parts.netloc:
        hint = f"{SCHEME}10.0.0.5:26379, and the password in JSQUARED_PASSWORD"
        raise BadInputError("is not only Sentinels' addresses and options", where=where, hint=hint)
    unknown = [name for name, _ in pairs if name not in _FIELDS]
    if unknown:
        raise BadInputError(f"'{one_line(unknown[0])[:60]}' is not an option", where=where, hint=", ".join(_FIELDS))
    given: dict[str, Any] = {name: _value(name, value) for name, value in pairs}
    return AccessRequest(sentinels=parts.netloc.split(","), **{_FIELDS[name]: value for name, value in given.items()})


def _value(name: str, text: str) -> str | Path | bool:
    if name in _PATHS:
        return Path(text)
    return text not in ("no", "0") if name == "tls" else text
