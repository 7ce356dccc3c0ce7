"""Names that promise a secret where others choose the names: variables, keys of YAML, labels and options of commands.

Names of directives are in :mod:`jsquared.records.secret_places`; here more counts, since nothing is lost where too much is masked.
"""

import re
from functools import lru_cache

from jsquared.records.secret_places import holds_secret

_HOLDS = re.compile(
    r"password|passwd|passphrase|passwort|passcode|secret|token|credential|api[-_.]?key|access[-_.]?key|private[-_.]?key|cliauth|pass\d*$"
)
_PARTS = frozenset(("pass", "passwd", "pwd", "pw", "auth", "psk"))
"""Names that end in one of these, behind a sign or a digit."""
_ELSEWHERE = re.compile(r"[-_.](file|path|dir|user|username|name)$")
"""Such a name says where the secret is, or whose."""
_NO_SECRETS = frozenset(("secrets", "tls-key-file", "tls-client-key-file", "pwd", "oldpwd"))
_HARMLESS = re.compile(r"(?i)(.*_)?(host|hostname|port|name|user|dir|path|file|home|pwd|set|id|shell|tz|lang)|[0-9_]+")


@lru_cache(maxsize=4096)
def names_secret(name: str) -> bool:
    """True if a value of this name is probably a secret: ``db2_password``, ``api-token``, ``com.x.secret``, ``requirepass``."""
    lowered = name.strip("\"' \t\r\n").lower().lstrip("-")
    if lowered in _NO_SECRETS or _ELSEWHERE.search(lowered):
        return False
    parts = [part for part in re.split(r"[^a-z]+", lowered) if part]
    return bool(_HOLDS.search(lowered)) or (bool(parts) and parts[-1] in _PARTS) or holds_secret(lowered)


def may_carry_secret(variable: str) -> bool:
    """True if a variable in a secret's place counts as a secret everywhere else: not one with the name of a place."""
    return not _HARMLESS.fullmatch(variable)
