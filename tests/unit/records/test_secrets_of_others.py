"""Secrets as servers and users write them where nobody expects it."""

from pathlib import Path

import pytest

from jsquared.deployment.model.directives import Source
from jsquared.deployment.read.native.conf_files import parse_text
from jsquared.deployment.read.yaml.yaml_form import from_yaml
from jsquared.records.masked_files import masked_files
from jsquared.records.secret_places import secret_words, secrets_in
from jsquared.records.secrets import Secrets

LONG = "figtree" * 40


def test_what_a_server_repeats_of_a_command_is_hidden() -> None:
    """It cuts what it repeats, so nothing of a long secret may be left of it."""
    line = f"Unable to AUTH to MASTER: -ERR unknown command 'AUTH', with args beginning with: '{LONG[:125]}' "
    masked = Secrets().and_also([LONG]).mask(line)
    assert masked == "Unable to AUTH to MASTER: -ERR unknown command 'AUTH', with args beginning with: <secret>"


@pytest.mark.parametrize("sign", [">", "<", "#", "!"])
def test_a_sign_that_stands_alone_belongs_to_the_next_word(sign: str) -> None:
    """No server takes such a rule, and repeats it when it refuses it."""
    words = ("user", "bob", "on", sign, "mossy-figtree", "~*")
    assert list(secret_words(words)) == [(4, 0)]


def test_a_password_behind_a_bare_sign_is_hidden_in_texts() -> None:
    """Where it is not known by its value either."""
    text = "the server refuses 'user bob on > mossy-figtree ~* +@all'"
    assert "figtree" not in Secrets().document("user bob on > mossy-figtree ~* +@all\n")
    assert "figtree" not in Secrets().and_also(["mossy-figtree"]).mask(text)


def test_a_login_in_an_address_is_hidden_in_a_directives_text() -> None:
    """Scripts, idents and names may hold addresses with logins."""
    yaml = """
data: [n1, n2, n3]
sentinels: [n1, n2, n3]
redis: {syslog-ident: "redis://app:mossy-figtree@h:1"}
"""
    deployment = from_yaml(yaml, Source("d.yaml", "d.yaml"), Path())
    texts = [line.text for node in deployment.nodes for line in node.directives]
    assert any("redis://app:<secret>@h" in text for text in texts)
    assert not any("figtree" in text for text in texts)


@pytest.mark.parametrize("text", ["requirepass figtree-9: 1\n", "hosts: {n1: {requirepass figtree-9: x}}\n"])
def test_a_key_that_is_a_whole_line_hides_its_secret(text: str) -> None:
    """The colon stands in the wrong place; the error names the key without what is secret in it."""
    sound = "data: [n1, n2, n3]\nsentinels: [n1, n2, n3]\n"
    with pytest.raises(Exception, match="unknown key 'requirepass <secret>'") as caught:
        from_yaml(sound + text, Source("d.yaml", "d.yaml"), Path())
    assert "figtree" not in str(caught.value)


def test_the_words_of_such_a_line_are_known_as_secrets() -> None:
    """So that they are hidden by value from then on."""
    [line] = parse_text("user bob on > mossy-figtree\n", Source("x", "x"))
    assert (
        Secrets().and_also(word for word in line.words if "fig" in word).mask("x mossy-figtree y") == "x <secret-1> y"
    )


def test_a_mark_stays_a_mark() -> None:
    """Though a password be a part of it; masking twice changes nothing."""
    secrets = Secrets().and_also(["s3cret", "secret"])
    once = secrets.mask("masterauth <secret-1> or secret, <secret>")
    assert once == "masterauth <secret-1> or <secret-2>, <secret>"
    assert secrets.mask(once) == once


@pytest.mark.parametrize(
    "line",
    [
        "user bob on qZ7xW ~* +@all", "user bob on > qZ7xW ~*", "user >qZ7xW on", "usre bob on qZ7xW ~*",
        "sentinel set mymaster auth-pass qZ7xW", "sentinel auth-pas mymaster qZ7xW",
        "replicaauth qZ7xW", "replica-auth qZ7xW", "slaveauth qZ7xW",
        "auth qZ7xW", "auth app qZ7xW", "sentinel auth qZ7xW", "\ufeffrequirepass qZ7xW", "\ufeff\ufeffrequirepass qZ7xW",
        "hz 10\u2028requirepass qZ7xW", "hz 10\x85requirepass qZ7xW", "\frequirepass\fqZ7xW", "hz 10\frequirepass\fqZ7xW",
        '"requ\\x69repass" qZ7xW', "'requirepass' qZ7xW", "hz 10 requirepass=qZ7xW", 'requirepass "qZ\\x37xW"', 'requirepass "qZ7xW',
        'sentinel "auth-p\\x61ss" mymaster qZ7xW', "masterauth qZ7xW # why", "-requirepass qZ7xW",
    ],
)  # fmt: skip
def test_a_line_that_a_server_refuses_shows_no_password(line: str) -> None:
    """Where its sign or its form is wrong: in the words of the server, in the copy of the file and in what is run."""
    [directive] = parse_text(f"{line}\n", Source("x", "x")) if '"qZ7xW' not in line else [None]
    secrets = Secrets().and_also(secrets_in([directive.words]) if directive else ())
    for known in (secrets, Secrets()):
        for shown in (
            known.native(f"port 1\n{line}\nhz 10\n"), known.mask(f">>> '{line}'"), masked_files({"x.conf": f"{line}\n"}, known)["x.conf"]
        ):  # fmt: skip
            assert "qZ7xW" not in shown, shown
            assert 'qZ\\x37xW"' not in shown
            assert "<secret" in shown
    assert not directive or SHORT in "".join(secrets.values)
    assert not directive or SHORT not in " ".join(secrets.words(directive.words))


SHORT = "qZ7xW"


@pytest.mark.parametrize(
    "line",
    [
        "rename-command CONFIG other", "replicaof auth 6379", "sentinel monitor password 10.0.0.1 6379 2", "bind password 10.0.0.1",

        "user bob on nopass ~* &* +@all -@dangerous allkeys resetchannels (~a +get) %R~x sanitize-payload",
        "sentinel auth-user mymaster bob",
        "masteruser bob", 'save ""', "include /etc/pass/redis.conf", "tls-key-file /etc/redis.key", "hz 10 # why",
        "client-output-buffer-limit replica 0 0 0", "protected-mode no", "sentinel down-after-milliseconds auth 5000",
    ],
)  # fmt: skip
def test_a_line_without_a_secret_stays(line: str) -> None:
    """Names of commands, users, hosts and files may be such words."""
    assert Secrets().native(line) == line
    assert not list(secret_words(line.split()))
