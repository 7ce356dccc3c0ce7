"""The default user's password, as a server will have it: from ``requirepass``, ``user default …`` or the file of ``aclfile``.

An ACL file replaces what the configuration says of users (ACLLoadFromFile in acl.c of both engines).
"""

from collections.abc import Iterable
from pathlib import Path

from jsquared.errors import BadInputError
from jsquared.topology.directives import split_words
from jsquared.topology.files import read_text

Words = tuple[str, ...]


def password_in(text: str) -> str:
    """The password that a rendered configuration asks of the default user; empty where it asks for none.

    :raises BadInputError: it is known as a hash only, or the ACL file is unreadable.
    """
    return default_password(words for line in text.splitlines() if (words := split_words(line)))


def default_password(lines: Iterable[Words]) -> str:
    """The same of the words of its lines.

    :raises BadInputError: it is known as a hash only, or the ACL file is unreadable.
    """
    password, acl = "", ""
    for name, *arguments in lines:
        if name.lower() == "requirepass" and arguments:
            password = arguments[0]
        elif name.lower() == "aclfile" and arguments:
            acl = arguments[0]
        elif name.lower() == "user" and arguments[:1] == ["default"]:
            password = _after_rules(password, arguments[1:], "user default")
    return _in_acl_file(Path(acl)) if acl else password


def _in_acl_file(path: Path) -> str:
    password = ""
    for line in read_text(path).splitlines():
        words = line.split()  # ACL files have no quotes
        if words[:2] == ["user", "default"]:
            password = _after_rules(password, words[2:], str(path))
    return password


def _after_rules(password: str, rules: Iterable[str], where: str) -> str:
    """The password after the rules of one line, which are applied in order."""
    hashed = False
    for rule in rules:
        if rule.startswith(">"):
            password, hashed = rule[1:], False
        elif rule.startswith("#"):
            hashed = not password
        elif rule in ("nopass", "resetpass", "reset") or rule == f"<{password}":
            password, hashed = "", False
    if hashed:
        raise BadInputError(
            "the default user's password is given as a hash only, so no client of the lab can log in",
            where=where,
            try_="a '>password' beside it in a copy for the lab",
        )
    return password
