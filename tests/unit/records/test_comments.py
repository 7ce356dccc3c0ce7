"""Comments of copied files: what may tell a secret is left out, in whatever form, and what people wrote for each other stays."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jsquared.records.comments import LEFT_OUT, may_tell
from jsquared.records.masked_files import masked_files
from jsquared.records.secrets import Secrets

K = "Zebra77Quagga88Xylo"
FILES = ("redis.conf", "sentinel.conf", "users.acl", "deployment.yaml", "compose.yml", ".env", "start.sh", "deployment")
ORDINARY = [
    "Three nodes, one in each rack", "see docs/runbook.md, section 3", "9000 ms: the network is slow in the evening", "-----",
    "at least 2 replicas, >= 1 of them near", "RAM: 4 GB of 8", "the default is 10", "http port 80", "TODO: raise maxmemory (#712)",
    "client-output-buffer-limit replica 256mb 64mb 60", "maxmemory-policy noeviction", "automatic failover",
]  # fmt: skip
REPORTED = [
    "# - [requirepass, K]", "# -requirepass K", "# - requirepassK", "# - requirepass: >-\n#     K", "# ? requirepass\n# : K",
    "#-requirepass K", "# [requirepass, K]", "# redis-cli -aK ping", "# pass: K",
]  # fmt: skip


def masked(name: str, text: str) -> str:
    """One file as a run folder keeps it, with as many lines as it had."""
    [shown] = masked_files({name: text}, Secrets()).values()
    assert shown.count("\n") == text.count("\n")
    assert masked_files({name: shown}, Secrets())[name] == shown
    return shown


def file_with(name: str, comment: str) -> str:
    """A file of that name, with a comment at its beginning, between its lines and at its end."""
    line = {".env": "A=1", "start.sh": "exec redis-server", "users.acl": "user app off"}.get(name, "hz 10")
    lines = (
        ["redis:", "COMMENT", "  hz: 10", "  port: 6379", "COMMENT"]
        if "y" in name
        else [line, "COMMENT", line, line, "COMMENT"]
    )
    return "\n".join(["COMMENT", *lines, ""]).replace("COMMENT", comment)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("comment", REPORTED)
def test_a_secret_in_a_comment_is_left_out(name: str, comment: str) -> None:
    """In every syntax; around it the lines stay."""
    shown = masked(name, file_with(name, comment.replace("K", K)))
    assert "Zebra" not in shown
    assert set(shown.split("\n")) - {LEFT_OUT} == set(file_with(name, "").split("\n"))


@pytest.mark.parametrize("name", FILES)
def test_an_ordinary_comment_stays(name: str) -> None:
    """Numbers, reasons, names of settings and references to elsewhere."""
    for comment in ORDINARY:
        text = file_with(name, f"# {comment}")
        assert masked(name, text) == text


def test_a_block_of_comments_goes_as_a_whole() -> None:
    """With the comments behind its lines, and over blank lines; a line without a comment ends it."""
    text = f"# one\n\n# the password is\n#\n# {K}\nhz 10 # {K}\nport 6379\n# other\n"
    left = f"{LEFT_OUT}\n\n" + f"{LEFT_OUT}\n" * 3
    assert masked("redis.conf", text) == f"{left}hz 10 {LEFT_OUT}\nport 6379\n# other\n"


@pytest.mark.parametrize(
    "comment",
    [
        "# REQUIREPASS x", "# requ\u200birepass x", "# \uff50\uff41ss x", "# require-p.a.s.s x", "# requirepas x", "# reqirepass x",
        '# "requir\\x65p\\x61ss" x', "# mastreauth x", "# masteraut x", "# on >x", "# on x ~* +@all", "# redis://:x@h", "# pásswórd x",
        "# Kennwort x", "# пароль x", "# DB_PW x", "# " + "x" * 3000,
        "# #" + "0f" * 32,
    ],
)  # fmt: skip
def test_a_comment_tells_in_many_ways(comment: str) -> None:
    """Capitals, typing errors, invisible letters, other languages, rules of users, addresses, hashes, and what nobody would read."""
    assert may_tell(comment)


def test_variables_that_hold_secrets_make_a_comment_telling() -> None:
    """Whatever they are called."""
    files = {
        "compose.yaml": "services: {r: {command: redis-server --requirepass $P7}}\n",
        ".env": f"# P7 was {K}\nTAG=7\n",
    }
    assert masked_files(files, Secrets())[".env"] == f"{LEFT_OUT}\nTAG=7\n"


def test_what_is_no_comment_stays() -> None:
    """Hashes of users' lines have marks of their own, and a secret that begins so is marked by its place."""
    text = f"user app on #{'0f' * 32} ~* +@all\nrequirepass #{K}\nuser bob on !pass ~*\n"
    assert (
        masked("redis.conf", text) == "user app on #<secret> ~* +@all\nrequirepass <secret>\nuser bob on !<secret> ~*\n"
    )


@pytest.mark.parametrize("line", ["save 900 1 # pass: K", "hz 10 #[auth K]", "port 6379 # - passwdK"])
def test_a_comment_behind_a_line_is_told_by_nobody(line: str) -> None:
    """Servers refuse such a line and quote it, and findings are about its words."""
    line, kept = line.replace("K", K), line.partition(" #")[0]
    quoted = f"*** FATAL CONFIG FILE ERROR ***\n>>> '{line}'\nwrong number of arguments"
    assert Secrets().mask(quoted) == quoted.replace(line, f"{kept} {LEFT_OUT}")
    assert Secrets().native(f"{line}\n") == f"{kept} {LEFT_OUT}\n"
    assert Secrets().words(line.split()) == (*kept.split(), "#", "<secret>")
    assert Secrets().words(["hz", "10", "#", "why"]) == ("hz", "10", "#", "why")


NAMES = st.sampled_from(
    ["requirepass", "masterauth", "primaryauth", "auth-pass", "sentinel auth-pass mymaster", "password", "PASS", "pwd", "secret", "token",
     "API_KEY", "user app on", "redis-cli -a", "AUTH", "tls-key-file-pass", "DB_PASSWORD", "my login"]
)  # fmt: skip
SIGNS = st.text(st.sampled_from(" -:=,;[]{}()'\"?>|&*!#/\\.~\t"), max_size=4)
BREAKS = st.sampled_from(["", "", "\n#", "\n# ", "\n#\n#   - ", "\n\n# ", "\n  # "])


@pytest.mark.unmeasured
@given(
    file=st.sampled_from(FILES), before=SIGNS, name=NAMES, between=SIGNS, broken=BREAKS, behind=SIGNS,
    words=st.lists(st.sampled_from(ORDINARY), max_size=2), change=st.sampled_from([str, str.upper, str.title]),
)  # fmt: skip
@settings(max_examples=400, deadline=None)
def test_no_form_of_a_comment_shows_a_secret(
    file: str, before: str, name: str, between: str, broken: str, behind: str, words: list[str], change: type[str]
) -> None:
    """A name that is about secrets, with any signs around it, glued to the secret or lines away from it in the same comment."""
    comment = "# " + " ".join([*words[:1], f"{before}{change(name)}{between}{broken}{behind}{K}", *words[1:]])
    shown = masked(file, file_with(file, comment))
    assert not re.search(r"(?i)zebra|quagga", shown), shown
