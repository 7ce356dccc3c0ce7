"""Passwords that a deployment's YAML asks for by name, ``${password:NAME}``, so that none has to stand in a file.

Each name becomes another random password when the file is read, the same wherever it stands in that file. Servers and clients then have
it as if it were written there, and it is masked as every other password is.
"""

import re
import secrets

from jsquared.deployment.read.yaml.yaml_items import Item

BYTES = 32
"""As many as ``ACL GENPASS`` makes by default (ACLGenPass in acl.c): 256 bits, 64 hexadecimal digits."""
_BEGINS = "${password:"
_WORD = re.compile(r"\$\{password:([A-Za-z0-9_-]{1,40})\}")


class MadePasswords:
    """The passwords made for one file."""

    def __init__(self) -> None:
        self._by_name: dict[str, str] = {}

    def filled(self, word: str, item: Item) -> str:
        """Return a word with the passwords that it asks for.

        :param item: where the word stands.
        :raises BadInputError: it asks for one without a proper name.
        """
        whole = _WORD.sub(lambda found: self._of(found[1]), word)
        if _BEGINS in whole:
            raise item.bad(
                "a made password needs a name of up to 40 letters, digits, '-' or '_'", "${password:replication}"
            )
        return whole

    def _of(self, name: str) -> str:
        return self._by_name.setdefault(name, secrets.token_hex(BYTES))
