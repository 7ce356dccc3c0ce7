"""The password that a rendered configuration asks for."""

from pathlib import Path

import pytest

from jsquared.errors import BadInputError
from jsquared.topology.passwords import password_in


@pytest.mark.parametrize(
    ("text", "password"),
    [
        ("port 1\nsave ''", ""),
        ("RequirePass a\nrequirepass 'two \"words\"'", 'two "words"'),
        ("user other on >x\nuser default on ~* >pa55 +@all", "pa55"),
        ("user default on >a >b <b", ""),
        ("user default on >a #0123", "a"),
        ("user default on #0123 >a", "a"),
        ("requirepass a\nuser default on nopass", ""),
        ("requirepass\naclfile\nuser", ""),
        ("requirepass a\naclfile ''", "a"),
    ],
)
def test_the_default_users_password_is_read_as_the_server_does(text: str, password: str) -> None:
    """Quotes, rules in their order and the last line count."""
    assert password_in(text) == password


def test_an_acl_file_replaces_the_configuration(tmp_path: Path) -> None:
    """With an ACL file only its own default user counts, which has no password where it is not named."""
    acl = tmp_path / "users.acl"
    acl.write_text("user other on >x\n\nuser default on >from-file ~*\n")
    assert password_in(f"requirepass a\naclfile {acl}\n") == "from-file"
    acl.write_text("user other on >x\n")
    assert password_in(f"requirepass a\naclfile {acl}\n") == ""


def test_a_password_that_only_its_hash_is_known_of_is_refused(tmp_path: Path) -> None:
    """ACL SAVE writes hashes: nobody could log in, which is said before a server is started."""
    acl = tmp_path / "users.acl"
    acl.write_text("user default on #5e884898da28 ~*\n")
    with pytest.raises(
        BadInputError, match=r"users.acl: the default user's password is given as a hash only.* Try: a '>password'"
    ):
        password_in(f"aclfile {acl}")
