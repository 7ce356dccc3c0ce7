"""How a command is told to look at a running deployment: addresses, passwords from files or the environment, TLS."""

import ssl
from pathlib import Path

import pytest

from jsquared.deployment.render.certificates import make_material
from jsquared.errors import BadInputError
from jsquared.service.access import AccessRequest, access_of, seeds_of


@pytest.mark.parametrize(
    ("text", "seed"),
    [
        ("10.0.0.5:26380", ("10.0.0.5", 26380)),
        ("10.0.0.5", ("10.0.0.5", 26379)),
        ("sentinel-1.example.org:1", ("sentinel-1.example.org", 1)),
        ("[fd00::5]:26380", ("fd00::5", 26380)),
        ("[fd00::5]", ("fd00::5", 26379)),
    ],
)
def test_an_address_is_read(text: str, seed: tuple[str, int]) -> None:
    """With the usual port where none is given."""
    assert seeds_of(AccessRequest(sentinels=[text])) == [seed]


@pytest.mark.parametrize("text", ["", ":", "host:port", "host:0", "host:65536", "redis://h:1", "a b:1", "\x1b[2J:1"])
def test_what_is_no_address_is_refused(text: str) -> None:
    """With an example, and nothing that a terminal would obey."""
    with pytest.raises(BadInputError, match=r"is no HOST:PORT") as caught:
        seeds_of(AccessRequest(sentinels=[text]))
    assert "\x1b" not in str(caught.value)


def test_no_address_is_refused() -> None:
    """The option is named."""
    with pytest.raises(BadInputError, match="names no Sentinel"):
        seeds_of(AccessRequest(sentinels=[]))


def test_passwords_come_from_files_or_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file comes first; a user needs one of them."""
    (tmp_path / "secret").write_text("of the file\n")
    monkeypatch.setenv("JSQUARED_PASSWORD", "of data")
    monkeypatch.setenv("JSQUARED_SENTINEL_PASSWORD", "of sentinels")
    access = access_of(AccessRequest(sentinels=["h"], user="me", sentinel_password_file=tmp_path / "secret"))
    assert (access.data_login, access.sentinel_login) == (("me", "of data"), ("of the file",))
    assert access_of(AccessRequest(sentinels=["h"])).sentinel_login == ("of sentinels",)
    monkeypatch.delenv("JSQUARED_PASSWORD")
    assert access_of(AccessRequest(sentinels=["h"])).data_login == ()
    with pytest.raises(BadInputError, match="has no password"):
        access_of(AccessRequest(sentinels=["h"], user="me"))


def test_certificates_are_checked_where_an_authority_is_named(tmp_path: Path) -> None:
    """Without one the connection is encrypted, and whoever answers is believed."""
    (tmp_path / "ca").write_text(make_material(["127.0.0.1"]).authority)
    checked = access_of(AccessRequest(sentinels=["h"], authority=tmp_path / "ca"))
    assert checked.data_tls is not None
    assert checked.data_tls.verify_mode == ssl.CERT_REQUIRED
    unchecked = access_of(AccessRequest(sentinels=["h"], tls=True))
    assert unchecked.sentinel_tls is not None
    assert unchecked.sentinel_tls.verify_mode == ssl.CERT_NONE
    assert access_of(AccessRequest(sentinels=["h"])).data_tls is None
    with pytest.raises(BadInputError, match="no usable certificate"):
        access_of(AccessRequest(sentinels=["h"], authority=tmp_path / "none"))
