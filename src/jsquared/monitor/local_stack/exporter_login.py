"""The exporter's way into servers: its options, and the file that has the passwords.

A password is neither an argument nor a variable, which others may see. Version 1.45 finds it by the address alone, newer ones by the
user at the address, so the file has both. It is read once, when the exporter starts.
"""

import errno
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote


@dataclass(frozen=True, kw_only=True)
class ExporterTls:
    """Paths of certificates in PEM form; without ``authority`` nobody's certificate is checked."""

    authority: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


class PasswordFile:
    """The file of passwords, in memory: it has no name in any folder, so none is left behind however this process ends.

    A process that inherits ``descriptor`` opens it by ``path``.
    """

    def __init__(self) -> None:
        self.descriptor = os.memfd_create("passwords")
        self.path = Path(f"/proc/self/fd/{self.descriptor}")

    def write(self, text: str) -> None:
        """Put a text in the place of what is there."""
        data = text.encode()
        os.ftruncate(self.descriptor, 0)
        if os.pwrite(self.descriptor, data, 0) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def close(self) -> None:
        """Give it up; it is gone when those who have inherited it have ended too."""
        os.close(self.descriptor)


def user_of(login: tuple[str, ...]) -> str:
    """Return the user of a login, ``()``, ``(password,)`` or ``(user, password)``; empty for the default one."""
    return login[0] if len(login) == 2 else ""


def exporter_passwords(logins: Iterable[tuple[str, tuple[str, ...]]], *, tls: bool) -> str:
    """Return the file of passwords, JSON.

    :param logins: servers, ``address:port``, with the login of each.
    """
    scheme = "rediss" if tls else "redis"
    found = {}
    for where, login in logins:
        if login:
            found[f"{scheme}://{where}"] = login[-1]
            if user := user_of(login):
                found[f"{scheme}://{quote(user, safe='')}@{where}"] = login[-1]
    return json.dumps(found, indent=1)


def exporter_arguments(port: int, passwords: Path, user: str, tls: ExporterTls | None) -> list[str]:
    """Return the exporter's arguments; none of them is a secret.

    :param passwords: the file of passwords.
    """
    arguments = ["-web.listen-address", f"127.0.0.1:{port}", "-redis.addr", "", "-redis.password-file", str(passwords)]
    if user:
        arguments += ["-redis.user", user]
    if tls is None:
        return arguments
    named = {
        "-tls-ca-cert-file": tls.authority,
        "-tls-client-cert-file": tls.certificate,
        "-tls-client-key-file": tls.key,
    }
    arguments += [word for option, path in named.items() if path for word in (option, str(path.absolute()))]
    return arguments if tls.authority else [*arguments, "-skip-tls-verification"]
