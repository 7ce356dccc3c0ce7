"""No output holds a secret: fresh canaries of every kind go through every command, and stand in no other file than what servers read."""

import base64
import hashlib
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from jsquared.campaign.planning import Request, plan_trials
from jsquared.clock import TrialClock
from jsquared.deployment.model.directives import quote_word
from jsquared.records.events import EventLog
from jsquared.records.run_directory import RunDirectory
from jsquared.sandbox.namespaces import NamespacesSandbox
from jsquared.trial.place import place

DATA = "min-replicas-to-write 1\nmin-replicas-max-lag 3\nappendonly yes\n"
MONITOR = (
    "sentinel monitor mymaster 10.0.0.1 6379 2\nsentinel down-after-milliseconds mymaster 1000\n"
    "sentinel failover-timeout mymaster 6000\n"
)
ROTATION = """\
name: rotation
title: A password is rotated
description: At a replica alone.
why: It is only a replica.
faults:
- name: change-password
  id: rotation
  targets: ['replica:1']
  parameters: {{password: '{password}', what: user, user: app}}
  start: 300 ms after load
  heal: 300 ms after injection
objectives:
- {{name: lost_writes, limit: 0, reason: the primary has every write}}
away: []
cut_off: []
expect_failover: false
"""


@dataclass
class Canaries:
    """Secrets that nobody ever had before. ``text`` and ``odd`` give one, ``hash`` one of an ACL."""

    cores: dict[str, str] = field(default_factory=dict)
    whole: list[str] = field(default_factory=list)

    def text(self, kind: str) -> str:
        """Letters and digits."""
        core = self.cores.setdefault(kind, "k" + secrets.token_hex(9))
        self.whole.append(core)
        return core

    def odd(self, kind: str) -> str:
        """With what has to be quoted somewhere."""
        whole = f"{self.text(kind)} \"x\" \\ 'y' <é>&{self.text(kind + ', its end')}"
        self.whole.append(whole)
        return whole

    def hash(self, kind: str) -> str:
        """As ACL SAVE writes it."""
        digest = hashlib.sha256(secrets.token_bytes(16)).hexdigest()
        self.cores[kind] = digest
        return digest

    def found_in(self, data: bytes) -> list[str]:
        """The kinds that stand in it, plain or in a form from which they can be computed."""
        cores = [kind for kind, core in self.cores.items() if core.encode() in data or core.upper().encode() in data]
        forms = [
            form
            for whole in self.whole
            for form in (
                base64.b64encode(whole.encode()), whole.encode().hex().encode(), quote(whole, safe="").encode(),
                hashlib.sha256(whole.encode()).hexdigest().encode(),
            )
            if form in data
        ]  # fmt: skip
        return cores + [form.decode() for form in forms]


def assert_kept(canaries: Canaries, folder: Path, *finished: Any) -> None:
    """No canary on a terminal, nor in any file but ``config/<node>.*``; nothing that others may read."""
    for each in finished:
        assert canaries.found_in(f"{each.stdout}{each.stderr}".encode()) == [], each
        assert "Traceback" not in each.stderr, each.stderr
    for path in [folder, *folder.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path
        if path.is_file() and path.parent.name != "config":
            assert canaries.found_in(path.read_bytes()) == [], path


def in_comments(c: Canaries, indent: str = "") -> str:
    """Lines that were commented out in ways that no server and no YAML has, each a comment of its own among lines that stay."""
    comments = (
        f"- [requirepass, {c.text('a list in a comment')}]", f"-requirepass {c.text('a sign in a comment')}",
        f"- requirepass{c.text('glued in a comment')}", f"- requirepass: >-\n#     {c.text('a block in a comment')}",
        f"? requirepass\n# : {c.text('a key in a comment')}", f"redis-cli -a{c.text('an option in a comment')} ping",
        f"pass: {c.text('a word in a comment')}", f"the login is\n\n# {c.text('prose in a comment')}",
    )  # fmt: skip
    return "".join(f"{indent}# {comment}\n" for comment in comments)


def native(folder: Path, c: Canaries) -> Path:
    """Native files with an ACL file, and passwords with everything in them that has to be quoted."""
    known = c.odd("default user's password")
    users = ("default", f">{c.text('data password')}"), ("app", f">{c.text('acl password')} #{c.hash('acl hash')}")
    acl = "".join(f"user {name} on {passwords} ~* &* +@all\n" for name, passwords in users)
    for number in (1, 2, 3):
        host = folder / f"n{number}"
        host.mkdir(parents=True)
        upstream = "replicaof 10.0.0.1 6379\n" if number > 1 else ""
        data = f"bind 10.0.0.{number}\n{upstream}{DATA}aclfile /etc/redis/users.acl\nmasterauth {c.text('data password')}\n"
        (host / "redis.conf").write_text(f"# requirepass {c.text('commented out')}\n{data}{in_comments(c)}")
        (host / "users.acl").write_text(acl)
        (host / "sentinel.conf").write_text(
            f"bind 10.0.0.{number}\n{MONITOR}requirepass {quote_word(known)}\n"
            f"sentinel auth-pass mymaster {c.text('data password')}\n"
        )
    return folder


def yaml(folder: Path, c: Canaries) -> Path:
    """Our own form, with passwords that do not fit, users, and a key with a passphrase whose file is elsewhere."""
    folder.mkdir()
    file = folder / "deployment.yaml"
    file.write_text(
        f"""data: [n1, n2, n3]
sentinels: [n1, n2, n3]
redis:
  requirepass: '{quote_word(c.odd("requirepass").replace("'", "''"))}'
  masterauth: {c.text("masterauth")}
  tls-port: 6390
  tls-cert-file: /etc/redis/redis.crt
  tls-key-file: /etc/redis/redis.key
  tls-key-file-pass: {c.text("passphrase")}
  tls-ca-cert-file: /etc/redis/ca.crt
  user: [app on >{c.text("user line")} ~* +get, "old on #{c.hash("user's hash")}"]
sentinel:
  auth-pass: {c.text("auth-pass")}
  sentinel-pass: {c.text("sentinel-pass")}
  requirepass: {c.text("a Sentinel's password")}
{in_comments(c)}"""
    )
    return file


def compose(folder: Path, c: Canaries) -> Path:
    """Docker Compose: variables of Bitnami's images, a command line, a health check and a ``.env`` file."""
    folder.mkdir()
    (folder / ".env").write_text(f"CACHE_PASSWORD={c.text('.env')}\n{in_comments(c)}")
    file = folder / "compose.yaml"
    file.write_text(
        f"""services:
  one:
    image: bitnami/redis:7.4
    environment: {{REDIS_REPLICATION_MODE: master, REDIS_PASSWORD: "${{CACHE_PASSWORD}}"}}
    healthcheck: {{test: [CMD, redis-cli, -a, "{c.text("health check")}", ping]}}
  two:
    image: bitnami/redis:7.4
    environment:
      - REDIS_REPLICATION_MODE=replica
      - REDIS_MASTER_HOST=one
      - REDIS_MASTER_PASSWORD={c.text("a variable")}
      - "REDIS_PASSWORD={c.text("a quoted variable")}"
      - AN_ADDRESS=redis://app:{c.text("address")}@one:6379/0
  three:
    image: redis:7
    command: redis-server --replicaof one 6379 --requirepass {c.text("command")} --masterauth "{c.text("quoted command")}"
  watch:
    image: bitnami/redis-sentinel:7.4
    scale: 3
    environment: {{REDIS_MASTER_SET: mymaster, REDIS_MASTER_HOST: one, REDIS_MASTER_PASSWORD: "${{CACHE_PASSWORD}}"}}
{in_comments(c, "    ")}"""
    )
    return file


def glued(folder: Path, c: Canaries) -> Path:
    """Names of secrets' directives with the secret glued to them in values of others, and in a folder that a link leads to."""
    native(folder, c)
    outside = folder.parent / f"requirepass={c.text('a folder')}"
    outside.mkdir(mode=0o700)
    (outside / "a.conf").touch(mode=0o600)
    (folder / "n1" / "l.conf").symlink_to(outside / "a.conf")
    with (folder / "n1" / "redis.conf").open("a") as file:
        file.write(
            f"include l*.conf\nmaxmemory 1gb#requirepass{c.text('a value')}\nlogfile /x/masterauth:{c.text('a path')}\n"
        )
        file.write(f"tls-cert-file /x/requirepass={c.text('a certificate')}/a.crt\ntls-port 6390\n")
    return folder


@pytest.fixture
def open_umask() -> Any:
    """The command lines of a test begin with a umask that takes nothing away."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.parametrize("form", [native, yaml, compose])
def test_what_is_said_of_a_deployment_holds_no_secret(
    tmp_path: Path, jsquared: Callable[..., Any], open_umask: None, form: Callable[[Path, Canaries], Path]
) -> None:
    """``analyse``, a run of two static checks, its reports, JUnit and JSON, ``check`` and ``compare``, the folder of a trial that was
    placed; also what --with adds."""
    c, out = Canaries(), tmp_path / "out" / "runs"
    deployment = str(form(tmp_path / "deployment", c))
    given = [
        "--with",
        f"redis.requirepass={quote_word(c.odd('--with'))}",
        "--with",
        f"sentinel.auth-pass={c.text('--with auth-pass')}",
    ]
    out.parent.mkdir(mode=0o700)
    said = [jsquared("analyse", deployment, *more, *json) for more in ([], given) for json in ([], ["--json"])]
    checks = ("config-replication-login", "config-sentinel-login")
    where = ["--deployment", deployment, "--out", str(out), "--junit", str(out.parent / "junit.xml")]
    said += [jsquared("run", *checks, *where), jsquared("run", *checks, *where, *given, "--json")]
    runs = sorted(map(str, out.glob("*-config-*")))
    assert len(runs) == 4, said[-1].stderr
    runs.append(str(placed(out / "placed", deployment, given[1::2])))
    said += [
        jsquared("check", *runs[:4]), jsquared("check", runs[0], "--json"), jsquared("compare", runs[0], runs[2], "--json"),
        jsquared("report", *runs, "--out", str(out / "all.html")), jsquared("report", runs[2]),
        jsquared("report", *runs, "--redact", "--out", str(out / "redacted.html")),
    ]  # fmt: skip
    assert all(each.code in (0, 1) for each in said), [each for each in said if each.code not in (0, 1)]
    assert "&lt;secret-1&gt;" in (out / "all.html").read_text()
    assert "Configuration as rendered" in (out / "all.html").read_text()
    assert "Configuration as rendered" not in (out / "redacted.html").read_text()
    assert "<secret-" in said[2].stdout  # the line that --with gave
    assert_kept(c, out.parent, *said)


def placed(folder: Path, deployment: str, changes: list[str]) -> Path:
    """The run folder of a trial that was placed and never began."""
    request = Request(
        names=["primary-crash"], deployment=deployment, overrides=changes, sandbox="namespaces", out=folder
    )
    [order] = plan_trials(request).orders
    run = RunDirectory.create(folder, order.plan)
    run.write_placement(order.plan, place(order, NamespacesSandbox()))
    EventLog(run.events_file, TrialClock.start()).close()
    return run.path


SCRIPT = """\
services:
  r:
    image: redis
    environment: [PW_SECRET={}]
    command: [sh, -c, 'unheard-of --requirepass {} $$PW_SECRET']
"""
BROKEN: dict[str, Callable[[Canaries], tuple[str, str]]] = {
    "unbalanced quotes": lambda c: ("a/redis.conf", f'requirepass "{c.text("quote")}\n'),
    "yaml: alias": lambda c: ("d.yaml", f"data: [n1]\nsentinels: [n1]\nredis: {{requirepass: *{c.text('alias')}}}\n"),
    "yaml: tag": lambda c: ("d.yaml", f"data: [n1]\nsentinels: [n1]\nredis: {{requirepass: !{c.text('tag')}!x y}}\n"),
    "yaml: a list": lambda c: (
        "d.yaml",
        f"data: [n1]\nsentinels: [n1]\nredis: {{requirepass: [[{c.text('list')}]]}}\n",
    ),
    "yaml: two lines": lambda c: (
        "d.yaml",
        f"data: [n1]\nsentinels: [n1]\nredis: {{requirepass: 'a \"{c.text('open')}'}}\n",
    ),
    "compose: default": lambda c: (
        "d.yaml",
        f"services: {{r: {{image: redis, command: '${{PW;-{c.text('default')}}}'}}}}\n",
    ),
    "compose: option": lambda c: (
        "d.yaml",
        f"services: {{r: {{image: redis, command: [redis-server, '--requirepass \"{c.text('o')}']}}}}\n",
    ),
    "compose: script": lambda c: ("d.yaml", SCRIPT.format(c.text("variable"), c.text("script"))),
}


@pytest.mark.parametrize("what", BROKEN)
def test_an_error_about_a_line_does_not_show_its_secret(
    tmp_path: Path, jsquared: Callable[..., Any], what: str
) -> None:
    """What cannot be read is refused with one line, which names the place."""
    c = Canaries()
    name, text = BROKEN[what](c)
    file = tmp_path / "deployment" / name
    file.parent.mkdir(parents=True)
    file.write_text(text)
    refused = jsquared("analyse", str(file if name == "d.yaml" else tmp_path / "deployment"))
    assert (refused.code, len(refused.stderr.splitlines())) == (2, 1), refused
    (tmp_path / "nothing").mkdir(mode=0o700)
    assert_kept(c, tmp_path / "nothing", refused)


def test_an_error_about_an_option_does_not_show_its_secret(tmp_path: Path, jsquared: Callable[..., Any]) -> None:
    """A mistyped --with, or one in the wrong place."""
    c = Canaries()
    value = c.text("--with")
    said = [
        jsquared("run", "config-quorum", "--with", f"redis.requirepass:{value}"),
        jsquared("analyse", "--with", f'redis.requirepass="{value}'),
        jsquared("analyse", "--with", f"redis.requirepas={value}"),
        jsquared("run", f"redis.requirepass={value}"),
        jsquared("analyse", "reference", f"redis.requirepass={value}"),
    ]
    assert [each.code for each in said] == [2] * len(said)
    (tmp_path / "nothing").mkdir(mode=0o700)
    assert_kept(c, tmp_path / "nothing", *said)


def process_texts(folder: Path) -> bytes:
    """Command lines and environments of all processes that were started for runs in a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes()
            if b"jsquared.trial" in line or b"jsquared.workload" in line or b"-server" in line:
                found.append(line)
        except OSError:  # it has ended
            continue
    return b"\n".join(found)


@pytest.mark.namespaces
@pytest.mark.timeout(240)
def test_a_live_trial_keeps_secrets(
    tmp_path: Path,
    jsquared: Callable[..., Any],
    start_jsquared: Callable[..., Any],
    finish_jsquared: Callable[..., Any],
    open_umask: None,
) -> None:
    """Servers and clients log in with them; no file of theirs, no event, no process shows them, nor what a fault rotates in."""
    c, out = Canaries(), tmp_path / "out"
    deployment = native(tmp_path / "deployment", c)
    scenario = tmp_path / "rotation.yaml"
    scenario.write_text(ROTATION.format(password=c.text("a fault's password")))
    junit = ["--junit", str(out / "junit.xml")]
    process = start_jsquared("run", str(scenario), "--deployment", str(deployment), "--out", str(out), "--json", *junit)
    texts = b""
    while process.poll() is None and not list(out.glob("*/history/*.ops")):
        texts = process_texts(out)
    texts += process_texts(out)
    finished = finish_jsquared(process)
    assert finished.trial["writes"]["acknowledged"] > 0, (
        finished
    )  # everybody could log in; a busy machine may leave it inconclusive
    assert b"jsquared.trial" in texts
    assert c.found_in(texts) == []
    [run] = out.glob("*-rotation-*")
    assert "<secret-" in (run / "events.jsonl").read_text()
    again = [
        jsquared("check", str(run), "--json"),
        jsquared("report", str(run), "--redact", "--out", str(out / "r.html")),
    ]
    assert [each.code for each in again] == [finished.code, 0], again
    assert_kept(c, out, finished, *again)
    assert c.found_in((run / "config" / "redis-n1.conf").read_bytes()) != []  # or the test would show nothing


@pytest.mark.namespaces
@pytest.mark.timeout(240)
def test_a_refusal_of_lines_that_run_together_holds_no_secret(
    tmp_path: Path, jsquared: Callable[..., Any], open_umask: None
) -> None:
    """What a missing line break has made of two lines is quoted with marks, by every command that reads it."""
    c, out = Canaries(), tmp_path / "out" / "runs"
    deployment = str(glued(tmp_path / "deployment", c))
    out.parent.mkdir(mode=0o700)
    said = [
        jsquared("analyse", deployment), jsquared("analyse", deployment, "--json"),
        jsquared("run", "config-replication-login", "--deployment", deployment, "--out", str(out)),
    ]  # fmt: skip
    assert all(each.code == 2 for each in said), said
    assert "<secret-" in said[0].stderr
    assert_kept(c, out.parent, *said)


def test_a_line_that_a_server_refuses_is_told_without_its_secret(
    tmp_path: Path, jsquared: Callable[..., Any], open_umask: None
) -> None:
    """A line with a secret that no server takes is refused with its reason, and without the secret."""
    c, out = Canaries(), tmp_path / "out"
    out.mkdir(mode=0o700)
    lines = [
        "--with",
        f"redis.requirepass={c.text('first')} {c.text('second')}",
        "--with",
        f"redis.masterauth={c.text('first')}",
    ]
    refused = jsquared("run", "primary-crash", *lines, "--out", str(out), "--json")
    assert refused.code == 2, refused
    assert "redis.requirepass: takes one value, not 2" in refused.stderr
    assert_kept(c, out, refused)
