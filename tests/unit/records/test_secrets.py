"""Secrets and their marks: by place whatever the secret is, by value where it cannot be anything else."""

import base64
import hashlib
import html
import json
import shlex
from urllib.parse import quote

import msgspec
import pytest

from jsquared.deployment.dialect.dialect import all_directives
from jsquared.deployment.model.known import OF_A_PRIMARY, OF_SENTINEL, STATE
from jsquared.records.secret_places import holds_secret, is_secret_name, secrets_in
from jsquared.records.secrets import Secrets, masked_at_the_door, remember

LONG = "k7Qz" * 16
ODD = "pass \"word\" with 'quotes' & <tags> \\ back\tand ümläuts 🔑"
SECRETS = Secrets().and_also(["geheim42", "redis", LONG, ODD, "ab", "geheim42", ""])


def test_the_same_secret_has_the_same_mark() -> None:
    """Numbers follow the first appearance, and an empty secret is none."""
    assert [SECRETS.mark(value) for value in ("geheim42", "redis", LONG, ODD, "ab", "")] == [
        "<secret-1>", "<secret-2>", "<secret-3>", "<secret-4>", "<secret-5>", "",
    ]  # fmt: skip
    assert SECRETS.mark("unknown") == "<secret>"
    assert SECRETS.mark("<secret-9>") == "<secret-9>"


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (("requirepass", "redis"), "requirepass <secret-2>"),
        (("MasterAuth", "ab", "redis"), "MasterAuth <secret-5> <secret-2>"),
        (("sentinel", "AUTH-PASS", "mymaster", "ab"), "sentinel AUTH-PASS mymaster <secret-5>"),
        (("sentinel", "sentinel-pass", "ab"), "sentinel sentinel-pass <secret-5>"),
        (("tls-key-file-pass", "ab"), "tls-key-file-pass <secret-5>"),
        (("tls-client-key-file-pass", "ab"), "tls-client-key-file-pass <secret-5>"),
        (("user", "app", "on", ">ab", "<redis", "#ab", "!ab", "~*"), "user app on ><secret-5> <<secret-2> #<secret-5> !<secret-5> ~*"),
        (("requirepass", ""), "requirepass "),
        (("masteruser", "redis"), "masteruser redis"),
        (("sentinel",), "sentinel"),
        ((), ""),
    ],
)  # fmt: skip
def test_a_directive_hides_what_is_its_secret(words: tuple[str, ...], shown: str) -> None:
    """By its place, so it does not matter how short or common it is."""
    assert " ".join(SECRETS.words(words)) == shown


@pytest.mark.parametrize(
    ("setting", "shown"),
    [
        ("redis.requirepass=ab", "redis.requirepass=<secret-5>"),
        ("sentinel@n1.auth-pass='ab'", "sentinel@n1.auth-pass=<secret-5>"),
        ("redis.user=app on >ab ~*", "redis.user=app on ><secret-5> ~*"),
        ("redis.appendonly=no", "redis.appendonly=no"),
        ("redis.requirepass=", "redis.requirepass="),
        ("no equals sign, geheim42", "no equals sign, <secret-1>"),
    ],
)
def test_a_setting_hides_its_value(setting: str, shown: str) -> None:
    """As on a command line."""
    assert SECRETS.setting(setting) == shown


@pytest.mark.parametrize("secret", [LONG, ODD])
def test_every_way_of_writing_it_is_masked(secret: str) -> None:
    """Plain, as redis.conf, JSON, HTML, a shell, YAML, Python and an address write it."""
    data = secret.encode()
    redis = "".join(
        chr(b) if 0x20 <= b <= 0x7E and b not in b'"\\' else {9: "\\t", 34: '\\"', 92: "\\\\"}.get(b, f"\\x{b:02x}")
        for b in data
    )
    ways = [
        secret, redis, json.dumps(secret)[1:-1], msgspec.json.encode(secret).decode()[1:-1], html.escape(secret),
        html.escape(secret).replace("&quot;", "&#34;").replace("&#x27;", "&#39;"), shlex.quote(secret),
        repr(secret), quote(secret, safe=""), secret.replace("'", "''"), " ".join(secret.split()),
    ]  # fmt: skip
    for way in ways:
        masked = SECRETS.mask(f"before {way} after")
        assert secret[:8] not in masked.replace("<secret-", ""), way
        assert masked.startswith("before "), way
        assert masked.endswith(" after"), way


def test_a_common_word_stays_where_it_is_no_secret() -> None:
    """The password 'redis' must not turn the engine's name into a mark, nor a short one a part of a word."""
    text = '{"engine": {"name": "redis"}} redis-n1 drab xgeheim42 about ab'
    assert SECRETS.mask(text) == text
    names = SECRETS.and_also(["redis-n1", "123456789"], ["redis-n1"])
    assert names.mask("redis-n1 waited 123456789") == "redis-n1 waited 123456789"
    assert SECRETS.mask("is geheim42, or 'geheim42'") == "is <secret-1>, or '<secret-1>'"
    assert Secrets().mask(text) == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (""">>> 'requirepass "redis" and more'""", ">>> 'requirepass <secret-2> <secret> <secret>'"),
        (">>> 'user app on >ab'", ">>> 'user app on ><secret-5>'"),
        ("Error in applying operation '>ab': no", "Error in applying operation '><secret-5>': no"),
        ("redis://app:ab@10.0.0.1:6379/0", "redis://app:<secret-5>@10.0.0.1:6379/0"),
        ("no scenario 'redis.requirepass=ab'", "no scenario 'redis.requirepass=<secret-5>'"),
        ("-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----\nafter", "<secret>\nafter"),
        ("a password (requirepass and masterauth)", "a password (requirepass and masterauth)"),
    ],
)
def test_what_cannot_be_anything_else_is_masked_in_any_text(text: str, masked: str) -> None:
    """What a server says of a line that it refuses, keys, addresses with logins."""
    assert SECRETS.mask(text) == masked


DOCUMENT = """\
# requirepass ab
requirepass ab
user app on >ab ~* +@all
sentinel auth-pass mymaster ab
redis: {requirepass: ab, masterauth: "ab", user: [app on >ab +@all]}
sentinel: {auth-pass: ab}
  requirepass:
    - ab
  masterauth: |
    ab
command: redis-server --requirepass ab --masterauth 'ab' --port 6379
command: ["redis-server", "--requirepass", "ab", "--sentinel", "auth-pass", "mymaster", "ab"]
  - --requirepass
  - ab
environment: {REDIS_PASSWORD: ab, APP_SECRET: "ab"}
  - REDIS_PASSWORD=ab
  - "REDIS_PASSWORD=ab"
  - REDIS_PASSWORD=${REDIS_PASSWORD:-ab}
test: redis-cli -a ab ping
test: ["CMD", "valkey-cli", "--pass", "ab", "ping"]
test: redis-cli AUTH app ab
url: rediss://:ab@redis:6379
user app on #%s
""" % ("0" * 64)  # fmt: skip


def test_a_document_is_masked_by_place() -> None:
    """Native lines, YAML and Compose in its many forms; nothing is left of a secret of two letters."""
    masked = SECRETS.document(DOCUMENT)
    assert [line for line in masked.splitlines() if "secret" not in line] == [
        "  requirepass:", "  masterauth: |", "  - --requirepass",
    ]  # fmt: skip
    assert not [
        line
        for line in masked.splitlines()
        if "ab" in line.replace("CMD", "").split() or ">ab" in line or "=ab" in line
    ]
    assert "0" * 64 not in masked
    assert SECRETS.document(masked) == masked


def test_what_is_no_secret_stays_in_a_document() -> None:
    """References to variables, files of secrets, truth values, and lines about other things."""
    text = (
        "REDIS_PASSWORD: ${REDIS_PASSWORD}\nREDIS_PASSWORD: '${REDIS_PASSWORD}'\nREDIS_PASSWORD_FILE: /run/secrets/redis\n"
        "ALLOW_EMPTY_PASSWORD=yes\n"
        'port 6379 # not here\nsave ""\nimage: redis:7\nrequirepass ""\nrequirepass <secret-1>\n'
    )
    assert SECRETS.document(text) == text


def test_fields_are_masked_by_name_and_by_value() -> None:
    """Plain data of an event: what stands under 'password' is one, whatever it is."""
    fields = {"parameters": {"password": "redis", "user": "redis"}, "targets": ("n1", "geheim42"), "n": 5}
    shown = {"parameters": {"password": "<secret-2>", "user": "redis"}, "targets": ["n1", "<secret-1>"], "n": 5}
    assert SECRETS.fields(fields) == shown
    assert SECRETS.login(("app", "ab")) == ("app", "<secret-5>")
    assert SECRETS.login(()) == ()


def test_an_error_is_masked_at_the_door() -> None:
    """What nobody foresaw is masked with the secrets that were read last."""
    remember(SECRETS)
    assert masked_at_the_door("KeyError: 'geheim42'") == "KeyError: '<secret-1>'"
    remember(Secrets())
    assert masked_at_the_door("KeyError: 'geheim42'") == "KeyError: 'geheim42'"


def test_many_secrets_take_no_more_time_than_few() -> None:
    """A text is looked through once, however many there are."""
    many = Secrets().and_also(f"secret-number-{number:05}" for number in range(5000))
    assert many.mask("x secret-number-04999 y secret-number-99999") == "x <secret-5000> y secret-number-99999"


NEARLY = [
    ("requirepas Kan7", "requirepas <secret>"),
    ('requirepass"Kan7"', "requirepass<secret>"),
    ("requirepassKan7", "requirepass<secret>"),
    ("requirepass: Kan7", "requirepass: <secret>"),
    ("requirepass:Kan7", "requirepass:<secret>"),
    ("requirepassphrase Kan7", "requirepass<secret> <secret>"),
    ("sentinel auth-pass Kan7", "sentinel auth-pass <secret>"),
    ("sentinel auth-pass m Kan7 Kan7", "sentinel auth-pass <secret> <secret> <secret>"),
    ("sentinel auth-pas m Kan7", "sentinel auth-pas m <secret>"),
    ("usre app on >Kan7", "usre app on ><secret>"),
]


@pytest.mark.parametrize(("line", "shown"), NEARLY)
def test_a_typing_error_in_a_name_does_not_show_the_secret(line: str, shown: str) -> None:
    """In the configuration, in the words of the server that refuses the line, and among the secrets that are known."""
    assert Secrets().document(line) == shown
    assert Secrets().mask(f">>> '{line}'") == f">>> '{shown}'"
    assert "Kan7" in "".join(secrets_in([line.split()]))
    assert "Kan7" not in " ".join(Secrets().words(line.split()))


@pytest.mark.parametrize(
    "text",
    [
        "redis: {requirepas: Kan7}", "command: redis-server --requirepas Kan7 --port 1", "redis-server --requirepassKan7",
        'command: ["redis-server", "--requirepas", "Kan7"]', "# requirepas Kan7",
    ],
)  # fmt: skip
def test_a_typing_error_in_yaml_or_an_option_does_not_show_the_secret(text: str) -> None:
    """Whatever form the configuration has."""
    assert "Kan7" not in Secrets().document(text)
    assert "<secret>" in Secrets().document(text)
    assert Secrets().setting("redis.requirepas=Kan7") == "redis.requirepas=<secret>"


def test_names_that_the_servers_know_are_not_taken_for_typing_errors() -> None:
    """Only the secrets' own directives hold some."""
    known = all_directives().union(OF_A_PRIMARY, OF_SENTINEL, STATE)
    assert {name for name in known if holds_secret(name)} == {name for name in known if is_secret_name(name)}


def test_a_secret_with_a_mark_in_it_is_found_by_value() -> None:
    """What is a mark already stays one only where no secret goes around it."""
    secrets = Secrets().and_also(["Zebra77<secret-1>Quagga88Xylo"])
    assert secrets.mask("x Zebra77<secret-1>Quagga88Xylo y <secret-9>") == "x <secret-1> y <secret-9>"


def test_base64_and_hashes_of_a_secret_are_found() -> None:
    """As other tools write them."""
    digest, code = hashlib.sha256(LONG.encode()).hexdigest(), base64.b64encode(LONG.encode()).decode()
    assert SECRETS.mask(f"{digest} {digest.upper()}") == "<secret-3> <secret-3>"
    assert SECRETS.mask(code).rstrip("=") == "<secret-3>"
