"""A secret in a YAML file is marked as a whole, whatever YAML, a shell or a command does to write it."""

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from jsquared.deployment.dialect.dialect import all_directives
from jsquared.deployment.model.directives import Source
from jsquared.deployment.model.known import OF_A_PRIMARY, OF_SENTINEL, STATE
from jsquared.deployment.read.yaml.yaml_form import from_yaml
from jsquared.records.comments import LEFT_OUT
from jsquared.records.masked_files import WITHHELD, masked_files
from jsquared.records.secret_names import names_secret
from jsquared.records.secret_places import is_secret_name
from jsquared.records.secrets import Secrets

K = "Zebra77Quagga88Xylo"
SHORT = "qZ7xW"


def masked(text: str, secrets: Secrets = Secrets(), name: str = "compose.yaml") -> str:  # noqa: B008 -- nobody can change it
    """The text of one file as a run folder keeps it."""
    return masked_files({name: text}, secrets)[name]


def parts_of(secret: str) -> list[str]:
    """What must not be left of it: six characters of it, or all of a short one."""
    return [secret[at : at + 6] for at in range(max(1, len(secret) - 5))]


def assert_hidden(shown: str, *secrets: str) -> None:
    """Nothing of the secrets is left, and a mark stands there."""
    assert "<secret" in shown or LEFT_OUT in shown or shown == WITHHELD, shown
    assert not [part for secret in secrets for part in parts_of(secret) if part in shown], shown


ENVIRONMENT = [
    "APP_PASSWORD:\n        K",
    "APP_PASSWORD: correct K battery",
    "APP_PASSWORD: 'correct\n          K battery'",
    'APP_PASSWORD: "correct\n          K battery"',
    "APP_PASSWORD: |2-\n         correct K\n         battery K",
    "APP_PASSWORD: >- # hello\n          K\n          K",
    "APP_PASSWORD: |\n          correct\n          K",
    "APP_PASSWORD: !!str &pw K",
    "X: &pw K\n      APP_PASSWORD: *pw",
    "X: &pw qZ7xW\n      APP_PASSWORD: *pw",
    "? APP_PASSWORD\n      : K",
    '"APP_P\\x41SSWORD": K',
    '"APP_P\\x41SSWORD": >-\n         qZ7xW',
    "db2_password: K",
    "client_secret: K",
    "api-token: K",
    'X: "${APP_PASSWORD:-${B:-K}}"',
    "X: ${APP_PASSWORD:-first}K",
    "X: ${APP_PASSWORD:?K}",
    "APP_PASSWORD: [a, qZ7xW, {b: K}]",
    "URL: redis://:first/K@host",
    "URL: redis://:first@K@host",
    "URL: redis://app:first@K@host:6379/0?x=y",
    "P: qZ7xW\n      X: redis-cli -a $$P ping",
]
ENTRIES = [
    "- APP_PASSWORD=correct K battery",
    '- "APP_PASSWORD=correct K battery"',
    "- APP_PASSWORD=correct\n        K battery",
    "- name: APP_PASSWORD\n        value: K",
    "- value: K\n        name: APP_PASSWORD",
    "- com.x.password=K",
    "- com.x.password = qZ7xW x",
    '- "X=${APP_PASSWORD:-${B:-K}}"',
]
COMMANDS = [
    "\n      - redis-cli\n      - -a\n      - K",
    "\n      - redis-cli\n      - -a\n      # why\n      - qZ7xW",
    ' "redis-cli \\\n      -a K"',
    " |\n      redis-cli \\\n        -a K",
    " redis-cli -a 'first K' ping",
    " redis-cli -a first,K ping",
    " redis-cli -aK ping",
    " redis-cli -a first;K ping",
    " redis-cli --pass=K",
    " redis-benchmark -a K -n 1",
    " [app, --password, K]",
    " [app, --password=K]",
    " exporter -redis.password K",
    " exporter --redis-password 'first K'",
    " sh -c 'redis-cli -a qZ7xW ping | grep PONG'",
    " [sh, -c, 'until redis-cli -a \"first K\" ping; do sleep 1; done']",
    " sh -c \"printf 'requirepass %s\\n' qZ7xW > /r.conf; exec redis-server /r.conf\"",
    " sh -c 'P=qZ7xW; exec redis-server --requirepass $$P'",
    ' redis-server --requirepass "$$(echo qZ7xW)"',
    " [redis-server, --requirepass, qZ7xW, --masterauth, K]",
    " [redis-server, --sentinel, auth-pass, mymaster, qZ7xW]",
    " [redis-server, --user, bob, 'on', '>qZ7xW', '~*']",
    " redis-cli AUTH app qZ7xW",
    " [redis-cli, config, set, requirepass, qZ7xW]",
]
REST = [
    "x-a: {content: |\n    a: b\n    APP_PASSWORD: correct K\n    c: d}\n",
    "configs:\n  a:\n    content: |\n      APP_PASSWORD=correct K battery\n",
    "configs:\n  a:\n    content: |\n      requirepass:\n        K\n",
    "# APP_PASSWORD: correct K battery\na: b\n",
    "# APP_PASSWORD:\n#   K\na: b\n",
    "a: b # redis-cli -a K\n",
    "# - --requirepass\n# - qZ7xW\na: b\n",
    "secrets: K\n",
    "a: [b\nAPP_PASSWORD: K\n",
]


def with_secrets(text: str) -> tuple[str, list[str]]:
    """The text with both secrets put in, and those that it has."""
    written = re.sub(r"\bK\b", K, text).replace("-aK", f"-a{K}").replace("}K", f"}}{K}")
    return written, [secret for secret in (K, SHORT) if secret in written]


@pytest.mark.parametrize(
    "text",
    [
        *(f"services:\n  r:\n    environment:\n      {entry}\n    image: redis:7\n" for entry in ENVIRONMENT),
        *(f"services:\n  r:\n    labels:\n      {entry}\n    image: redis:7\n" for entry in ENTRIES),
        *(f"services:\n  r:\n    command:{words}\n    image: redis:7\n" for words in COMMANDS),
        *(f"services:\n  r:\n    healthcheck: {{interval: 1s}}\n    test:{words}\n" for words in COMMANDS[:2]),
        *REST,
    ],
)
def test_no_way_to_write_a_secret_shows_it(text: str) -> None:
    """Nothing is known of it but its place."""
    written, secrets = with_secrets(text)
    assert secrets
    shown = masked(written)
    assert_hidden(shown, *secrets)
    assert shown == WITHHELD or "image" not in written or "image: redis:7" in shown
    assert masked(shown) == shown


OWN = [
    "requirepass:\n    qZ7xW", "requirepass: !!str &p qZ7xW", "requirepass: |2-\n     qZ7xW", "requirepass: |- # c\n    qZ7xW",
    "? requirepass\n  : qZ7xW", '"requir\\x65pass": qZ7xW', "requirepass: >-\n    qZ7xW", "requirepass: [qZ7xW]",
    "user: >-\n    bob on\n    >qZ7xW ~*", "user: [bob on >qZ7xW ~*, 'al on\n     >qZ7xW']", "requirepass: '\"qZ7xW\"'",
]  # fmt: skip


@pytest.mark.parametrize("line", OWN)
def test_a_short_password_in_our_own_form_is_hidden_by_its_place(line: str) -> None:
    """It is too short to be looked for; the deployment is understood and knows it."""
    text = f"data: [n1, n2, n3]\nsentinels: [n1, n2, n3]\nredis:\n  {line}\n  port: 6379\n"
    deployment = from_yaml(text, Source("d", "d"), Path())
    assert SHORT in deployment.secrets.values
    for name in ("d.yaml", "deployment"):
        shown = masked(text, deployment.secrets, name)
        assert_hidden(shown, SHORT)
        assert "<secret-1>" in shown
        assert "port: 6379" in shown


@pytest.mark.parametrize(
    "text",
    [
        "sentinel:\n  auth-pass:\n    qZ7xW\n", 'redis: {"requirepass":\n qZ7xW}\n',
        "description: &p qZ7xW\nredis: {requirepass: *p}\n", "redis: {requirepass: &p qZ7xW}\ndescription: *p\n",
    ],
)  # fmt: skip
def test_a_short_password_is_hidden_wherever_it_is_written_once(text: str) -> None:
    """An anchor's text is a secret where one of its aliases is; what people read of the deployment has no such text either."""
    whole = f"data: [n1, n2, n3]\nsentinels: [n1, n2, n3]\n{text}"
    deployment = from_yaml(whole, Source("d", "d"), Path())
    assert_hidden(masked(whole, deployment.secrets), SHORT)
    assert SHORT not in deployment.description


def test_a_copy_elsewhere_is_found() -> None:
    """A value that has a secret's name in one file is looked for in all of them, however it is written there."""
    files = {
        "compose.yaml": f"a: {{APP_PASSWORD: {K}}}\n",
        "b.yaml": 'x: "it is Zebra77\\x51uagga88Xylo"\n',
        "x.conf": f"# {K}\n",
    }
    shown = masked_files(files, Secrets())
    assert shown == {
        "compose.yaml": "a: {APP_PASSWORD: <secret>}\n",
        "b.yaml": "x: 'it is <secret>'\n",
        "x.conf": "# <secret>\n",
    }


def test_a_file_of_variables_hides_whole_values() -> None:
    """Values of several words, and variables that a command logs in with."""
    files = {
        "compose.yaml": "services: {r: {command: redis-server --requirepass $P}}\n",
        ".env": f"APP_PASSWORD=correct {K} battery\nP={SHORT}\nTAG=7\n",
    }
    shown = masked_files(files, Secrets())
    assert shown[".env"] == "APP_PASSWORD=<secret>\nP=<secret>\nTAG=7\n"
    assert shown["compose.yaml"] == files["compose.yaml"]


PLAIN = """\
# Three nodes of the shop: one primary, two replicas.
services:
  redis: &node
    image: 'redis:7'   # why
    command: redis-server --replicaof r1 6379 --requirepass ${REDIS_PASSWORD} --appendonly yes
    environment:
      REDIS_PASSWORD: ${REDIS_PASSWORD}
      REDIS_PASSWORD_FILE: /run/secrets/redis
      ALLOW_EMPTY_PASSWORD: "yes"
      REDIS_PORT: "6379"
    volumes: [./redis.conf:/etc/redis.conf, "data:/data"]
    secrets: [redis_password]
    healthcheck:
      test: ["CMD", "redis-cli", "-a", "${REDIS_PASSWORD}", "ping"]
  sentinel:
    <<: *node
    entrypoint:
      - sh
      - -c
      - |
        cat /etc/sentinel.conf | tee -a /tmp/sentinel.conf
        echo "sentinel auth-pass mymaster $$REDIS_PASSWORD" >> /tmp/sentinel.conf
        exec redis-server /tmp/sentinel.conf --sentinel
secrets:
  redis_password: {file: ./redis-password.txt}
"""


def test_what_is_no_secret_stays_readable() -> None:
    """References, names, files, structure and comments; of a secret's own place only the value goes."""
    shown = masked(PLAIN)
    changed = [line for line in shown.splitlines() if line not in PLAIN.splitlines()]
    assert changed == ["  redis_password: {file: <secret>}"]


@pytest.mark.parametrize(
    "text", ["a: &NAME 1\nb: *NAME\n", "a: !NAME 1\n", "a: &NAME [1]\n", "a: !NAME {b: 1}\n", "a: &NAME\n  requirepass: x\n", "a: &NAME http://u:p@h\n"]
)  # fmt: skip
@pytest.mark.parametrize("name", ["requirepassK", "6379masterauth-K"])
def test_a_tag_and_an_anchor_show_no_secret_that_is_glued_in_them(text: str, name: str) -> None:
    """Whether their value is written anew or stays."""
    assert "Zebra" not in masked(text.replace("NAME", name.replace("K", K)))


BLOCK = """\
a:
  - |
    set -e
    redis-cli -a Kan7 ping

    exec redis-server
  - b
"""


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a: | # requirepass K\n  b\n", "a: | # LEFT\n  b\n"), ("a: &x # pass\n  # K\n  b\n", "a: &x # LEFT\n  # LEFT\n  b\n"),
        ("a: >-\n  b\n# secret: K\nc: d\n", "a: >-\n  b\n# LEFT\nc: d\n"), ("a: 'x # y'\n", "a: 'x # y'\n"),
        ("a: 1 # auth\nb: 2 # K\nc: 3\n# d\n", "a: 1 # LEFT\nb: 2 # LEFT\nc: 3\n# d\n"),
        ("a: [1,#requirepass K\n  2]\n", "a: [1,# LEFT\n  2]\n"), ("# pw K\r\na: 1\r\n", "# LEFT\r\na: 1\r\n"),
        ("command: |\n  # redis-cli -aK\n\n  # why\n  run\n", "command: |\n  # LEFT\n\n  # LEFT\n  run\n"),
        ("content: |\n  # - [requirepass, K]\n  hz 10\n  # d\n", "content: |\n  # LEFT\n  hz 10\n  # d\n"),
        ("command: 'run # [pass, K]'\n", "command: 'run # LEFT'\n"),
    ],
)  # fmt: skip
def test_a_comment_is_found_wherever_yaml_or_a_script_in_it_has_one(text: str, kept: str) -> None:
    """Behind the sign of a block, a tag or an anchor, in lists, and in the lines of a value; what is quoted is none."""
    assert masked(text.replace("K", K)) == kept.replace("# LEFT", LEFT_OUT)


def test_a_script_keeps_its_lines() -> None:
    """Only what is secret is another text."""
    assert masked(BLOCK) == BLOCK.replace("Kan7", "<secret>")
    assert yaml.safe_load(masked(BLOCK))["a"][1] == "b"


def test_what_is_not_read_is_withheld() -> None:
    """Too large, too deep, no YAML, complex keys without an end: no guess is made."""
    for text in ("a: [", "a: b\n" * 40_000, "[" * 500, "a: *unknown\n", "a: &x [*x]\n&: %"):
        assert masked(text) == WITHHELD


def test_a_structure_that_holds_itself_is_read() -> None:
    """An alias within its own anchor ends the walk."""
    assert masked(f"a: &x {{b: *x, pass: {K}}}\n") == "a: &x {b: *x, pass: <secret>}\n"


def test_names_that_the_servers_know_name_a_secret_only_where_they_are_one() -> None:
    """Keys of our own form are directives."""
    known = all_directives().union(OF_A_PRIMARY, OF_SENTINEL, STATE)
    assert {name for name in known if names_secret(name)} == {name for name in known if is_secret_name(name)}


ALPHABET = st.sampled_from("abcXYZ0189_-+.,:;!?%&*#@'\"\\/|<>[]{}()=~^$ é🔑\n")


@st.composite
def secret_texts(draw: st.DrawFn) -> str:
    """A secret of at least one run of letters that nothing else has."""
    before, behind = draw(st.text(ALPHABET, max_size=6)), draw(st.text(ALPHABET, max_size=6))
    return f"{before}QqvVx77{behind}".strip() or "QqvVx77"


def dumped(secret: str, style: str, tag: str) -> str:
    """The secret as one scalar of YAML in this style, on one or several lines."""
    dumper = yaml.SafeDumper
    text = yaml.dump(secret, Dumper=dumper, default_style=style or None, allow_unicode=True, width=20)
    text = text.removesuffix("...\n").rstrip("\n")
    return tag + text.replace("\n", "\n        ")


@pytest.mark.unmeasured
@given(
    secret=secret_texts(),
    style=st.sampled_from(["", "'", '"', "|", ">"]),
    tag=st.sampled_from(["", "!!str ", "&a ", "&a !!str "]),
    form=st.sampled_from(["{name}: {value}", "{name}:\n        {value}", "? {name}\n      : {value}", "x: {value}\n      {name}: *a"]),
    name=st.sampled_from(["APP_PASSWORD", "requirepass", "masterauth", "db2_password", '"APP_P\\x41SSWORD"', "api-token", "com.x.secret"]),
)  # fmt: skip
@settings(max_examples=300)
def test_no_style_of_yaml_shows_a_secret(secret: str, style: str, tag: str, form: str, name: str) -> None:
    """Plain, quoted, block, with tag and anchor, by an alias, on the next line: none is read otherwise than YAML does."""
    tag = tag if "*a" not in form or "&a" in tag else "&a " + tag
    text = f"services:\n  r:\n    environment:\n      {form.format(name=name, value=dumped(secret, style, tag))}\n      y: 1\n"
    shown = masked(text)
    assert "QqvVx77" not in shown, (text, shown)


@pytest.mark.unmeasured
@given(
    words=st.lists(st.sampled_from(["redis-cli", "app", "ping", "-h", "r1", "|", "PORT=1", "--port", "6379"]), max_size=3),
    option=st.sampled_from(["-a", "--pass", "--password", "-redis.password", "--requirepass", "--masterauth", "--api-token"]),
    secret=st.text(st.sampled_from("ab01_+.,:;!?%*#@/=~^ "), max_size=8).map(lambda text: f"{text}QqvVx77{text[::-1]}".strip()),
    form=st.sampled_from(["flow", "block", "line"]),
)  # fmt: skip
@settings(max_examples=300)
def test_no_command_shows_what_follows_an_option(words: list[str], option: str, secret: str, form: str) -> None:
    """In lists of either style and in command lines."""
    every = [*words, option, secret, "x"]
    if form == "line":
        quoted = [*words, option, f"'{secret}'", "x"]
        text = yaml.safe_dump({"command": " ".join(quoted)}, width=30)
    else:
        text = yaml.safe_dump({"command": every}, default_flow_style=form == "flow", width=30)
    assert "QqvVx77" not in masked(text), text
