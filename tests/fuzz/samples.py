"""What is mutated: shipped and planted deployments, Compose projects, scenarios, run folders, documents and replies."""

import datetime
import io
import json
import random
import shutil
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from importlib import resources
from pathlib import Path, PurePosixPath

import msgspec
import numpy as np

from jsquared.audit.live_settings import READ
from jsquared.deployment.read.load import SHIPPED, load_deployment
from jsquared.monitor.log_store.event_store import LogStore, Position
from jsquared.monitor.log_store.line_reader import LineReader
from jsquared.monitor.log_store.log_event import pushed_event
from jsquared.monitor.profile import PROFILES
from jsquared.monitor.rules import rule_file
from jsquared.records import history as h
from jsquared.records.event_lines import fields_of
from jsquared.records.event_types import SentinelEvent
from jsquared.records.run_directory import RunDirectory
from jsquared.records.verdict import RunVerdict
from jsquared.scenarios.catalogue import SCENARIOS
from jsquared.scenarios.scenario_file import file_of, to_yaml
from jsquared.testing.fake_deployment import encode
from jsquared.text import encode_json
from support.changes import planned, write_folder
from support.log_variants import VARIANTS, logs_of
from support.planted_deployments import BAD, SECRET, SOUND, USERS
from support.records import Story, objective
from support.sample_events import sample_events
from support.sample_run import sample_record, write_sample_run

Tree = Mapping[str, bytes]
"""Files of a folder: relative name to content."""

ACL = b"""user default on >pw ~* &* +@all
user sentinel on #%s allchannels +multi +slaveof +ping +exec +subscribe +config|rewrite +role +publish +info +client|setname
user client on nopass ~jsq:* -@all +@write +role +wait (~a* +get) %%RW~b
user replica on >r +psync +replconf +ping resetchannels &x
""" % (b"ab" * 32)
COMPOSE = b"""name: ${PROJECT:-cache}
x-base: &base
  image: "redis:${TAG:-7}"
  networks: [back]
services:
  redis-1:
    <<: *base
    command: redis-server /usr/local/etc/redis/redis.conf --port 6379
    volumes: ["./redis.conf:/usr/local/etc/redis/redis.conf:ro"]
    environment: {PASSWORD: "${PASSWORD:?needed}", LIST: a}
  redis-2:
    <<: *base
    entrypoint: ["/bin/sh", "/start.sh"]
    command: redis-server
    volumes: [{type: bind, source: ./start.sh, target: /start.sh}]
    env_file: [.env]
    deploy: {replicas: 2}
  redis-3: {build: {context: ./image, args: {V: "7"}}, depends_on: {redis-1: {condition: service_started}}}
  sentinel:
    image: redis
    scale: 3
    command: >
      sh -c 'cp /conf/sentinel.conf /data/s.conf && sed -i "s/PRIMARY/redis-1/" /data/s.conf && exec redis-sentinel /data/s.conf'
    configs: [{source: s, target: /conf/sentinel.conf}]
configs: {s: {file: ./sentinel.conf}}
networks: {back: {}}
"""
PROJECT: Tree = {
    "compose.yaml": COMPOSE,
    ".env": b"PASSWORD='s3cret'\nTAG=7.2\nexport MORE=\"a ${TAG}\" # why\n",
    "redis.conf": b"appendonly yes\nrequirepass \"s3cret\"\nmasterauth s3cret\n",
    "sentinel.conf": b"sentinel monitor mymaster PRIMARY 6379 2\nsentinel auth-pass mymaster s3cret\nsentinel resolve-hostnames yes\n",
    "start.sh": b"#!/bin/sh\nset -e\nif [ -n \"$PASSWORD\" ]; then\n  cat > /r.conf <<EOF\nrequirepass $PASSWORD\n"
    b"masterauth ${PASSWORD}\nEOF\nfi\n"
    b"until redis-cli -h redis-1 ping >/dev/null 2>&1; do sleep 1; done\nIP=$(getent hosts redis-1 | awk '{ print $1 }')\n"
    b"echo \"replicaof redis-1 6379\" >> /r.conf; printf 'port %s\\n' 6379 | tee -a /r.conf\nexec \"$@\" /r.conf\n",
    "image/Dockerfile": b"ARG V=6\nFROM redis:${V} AS base\nENV A=1 B=\"2 3\"\nCOPY --chown=redis r.conf /etc/r.conf\nRUN echo x\n"
    b'ENTRYPOINT ["redis-server"]\nCMD ["/etc/r.conf", \\\n  "--port", "6379"]\n',
    "image/r.conf": b"replicaof redis-1 6379\nappendonly yes\nrequirepass s3cret\nmasterauth s3cret\n",
}  # fmt: skip
BITNAMI: Tree = {
    "compose.yaml": b"""services:
  redis-1: {image: "bitnami/redis:7.2", environment: [REDIS_REPLICATION_MODE=master, REDIS_PASSWORD=pw, REDIS_AOF_ENABLED=yes]}
  redis-2:
    image: bitnami/redis
    environment: {REDIS_REPLICATION_MODE: slave, REDIS_MASTER_HOST: redis-1, REDIS_MASTER_PASSWORD: pw, REDIS_PASSWORD: pw}
  sentinel:
    image: bitnami/redis-sentinel
    deploy: {replicas: 3}
    environment: {REDIS_MASTER_HOST: redis-1, REDIS_MASTER_PASSWORD: pw, REDIS_SENTINEL_QUORUM: 2}
"""
}
LOG = b"""7:X 28 Nov 2026 10:00:00.123 # +sdown master mymaster 10.83.0.10 6379
7:X 28 Nov 2026 10:00:01.123 * +switch-master mymaster 10.83.0.10 6379 10.83.0.20 6379
7:X 28 Nov 2026 10:00:01.200 # +vote-for-leader 8a0 1
7:X 28 Nov 2026 10:00:02.123 # +slave slave 10.83.0.20:6379 10.83.0.20 6379 @ mymaster 10.83.0.10 6379
7:X 28 Nov 2026 10:00:02.999 # Next failover delay: I will not start a failover before Sat
7:S 28 Nov 2026 10:00:03.001 * Full resync from master: 8a0:123
7:M 29 Feb 2026 10:00:03.001 - DB loaded from disk: 0.000 seconds
"""
INFO = b"# Replication\r\nrole:slave\r\nmaster_host:10.83.0.10\r\nmaster_port:6379\r\n"
INFO += b"master_link_status:up\r\nslave_repl_offset:123\r\nconnected_slaves:0\r\n"
REPLIES = [
    b"+OK\r\n:1\r\n", b"-READONLY You can't write\r\n", b"$5\r\nhello\r\n", b"*2\r\n$10\r\n10.83.0.10\r\n$4\r\n6379\r\n",
    b"$-1\r\n*-1\r\n", b"*3\r\n$6\r\nmaster\r\n:3129\r\n*0\r\n",
    b"*4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$6\r\n+sdown\r\n$6\r\nmaster\r\n", b"$%d\r\n%s\r\n" % (len(INFO), INFO),
    b"*2\r\n:1\r\n:2\r\n", b"%1\r\n+a\r\n:1\r\n", b",1.5\r\n", b"#t\r\n", b"_\r\n",
]  # fmt: skip
AUDIT_REPLIES = [
    b"".join(
        encode(reply)
        for reply in (
            *([name, "10.0.0.1 -::1" if name == "bind" else "canary-17"] for name in READ),
            [
                "user default on nopass ~* &* +@all",
                "user app on #" + 64 * "a" + " ~app:* resetchannels -@all (+get ~x) +set",
            ],
            [["count", 1, "reason", "auth", "username", "x"]],
            INFO.decode(),
        )
    ),
    b"+OK 3 usable Sentinels. Quorum and failover authorization can be reached\r\n-NOPERM no\r\n*0\r\n-ERR\r\n"
    + encode("id=3 addr=10.0.0.1:1 name=sentinel-0123abcd-cmd user=default\nid=4 name= user=app\n"),
]
TODAY = datetime.date(2026, 11, 30)
WAIVERS = b"""waivers:
  - {rule: T1, target: redis-n1, reason: "soon, and not before", owner: ops, expires: 2026-12-31}
  - rule: S7
    fingerprint: %s
    reason: renamed by the vendor
    owner: platform team
    expires: "2027-01-31"
""" % (b"0" * 64)
BASELINE = json.dumps(
    {
        "outcome": "violated",
        "findings": [
            {"rule": "T1", "outcome": "fail", "fingerprint": 64 * "0"},
            {"outcome": "pass", "fingerprint": ""},
        ],
    }
).encode()
SETTINGS_FILE = b"""deployment = "prod"
ack = "waitaof:1,1"
jobs = 2
runs = "build/runs"
suite = "quick,smoke"
[objectives]
failover_ms = 5000
convergence_ms = { limit = 45000, reason = "slow \\"disks\\" # really" }
[suites]
smoke = ["primary-crash", # first
  "half-cut.yaml"]
[exclusions]
replica-crash = { reason = '''the new
disks''', until = 2027-01-31 }
[exclusions.zone-lost]
reason = "one zone"
until = 2026-01-31
"""
SETTINGS = [
    b"sentinel.failover-timeout=5000", b"redis.maxmemory=100mb", b"redis@n2.repl-backlog-size=1mb", b"quorum=3", b"clients.count=4",
    b"redis.save=900 1", b"clients.on=n1,n2", b"clients.ask=1", b"sentinel.quorum=1",
]  # fmt: skip
OPTIONS = [
    b"wait:1", b"waitaof:1,2", b"async", b"auto", b"10m", b"90s", b"2000 ms after load", b"500 ms after f1", b"replica:1", b"host:n1",
    b"client:2",
]  # fmt: skip


def tree_of(folder: Path) -> Tree:
    """The files below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def native_trees(scratch: Path) -> list[Tree]:
    """Folders of native files, sound and bad, one with users and one with an ACL file."""
    with_file = replace(
        SECRET, data_lines={0: "aclfile users.acl\n"}, files={f"n{n}/users.acl": ACL.decode() for n in (1, 2, 3)}
    )
    folders = [SOUND, SECRET, USERS, with_file, *(bad.folder for bad in BAD.values())]
    return [tree_of(folder.write(scratch / f"native-{number}")) for number, folder in enumerate(folders)]


MAPPED: Tree = {
    "jsquared.yaml": b"""hosts:
  a: {redis: master.conf, sentinel: watch.conf, called: [cache.example.com, 10.0.0.1]}
  b: {redis: slave.conf, sentinel: watch.conf, published: {16379: 6379}}
ignore: [old.conf, more]
""",
    "master.conf": b"appendonly yes\ninclude more/common.conf\n",
    "slave.conf": b"replicaof cache.example.com 6379\n",
    "watch.conf": b"sentinel monitor mymaster 10.0.0.1 6379 2\nsentinel resolve-hostnames yes\n",
    "old.conf": b"port 6380\n",
    "more/common.conf": b"save 900 1\n",
}  # fmt: skip
"""A folder whose files are mapped to hosts."""
FOLDERS = (
    "",
    "n1",
    "n2",
    "n3",
    "etc",
    "redis",
    "sentinel",
    "conf.d",
    "10.0.0.1",
    "old",
    "site-a",
    "node 1",
    ".git",
    "\u202e",
    "redis.conf",
)
STEMS = (
    "redis", "valkey", "sentinel", "redis-1", "sentinel-1", "redis2", "sentinel2", "6379", "26379", "6380-2", "10.0.0.1", "slave1",
    "redis-10-0-0-2", "common", "sentinel.redis", "-", "--", "x" * 200, "\x1b[2J",
)  # fmt: skip
ENDINGS = (".conf", ".conf", ".conf", "", ".cfg", ".conf.bak", ".yaml", ".txt", ".1")


def strewn(generator: random.Random, tree: Tree) -> Tree:
    """The files of a folder under other names, in other folders; a name is a file's or a folder's, as it comes first."""
    files: dict[str, bytes] = {}
    taken: set[str] = set()
    for data in tree.values():
        parts = [generator.choice(FOLDERS) for _ in range(generator.randrange(4))]
        path = PurePosixPath(*filter(None, parts), generator.choice(STEMS) + generator.choice(ENDINGS))
        above = {str(folder) for folder in path.parents}
        if str(path) not in taken and not above & files.keys():
            files[str(path)] = data
            taken |= above | {str(path)}
    return files


def packed(generator: random.Random, tree: Tree) -> tuple[str, bytes]:
    """An archive of a folder, of any kind that is read, with its name."""
    name = generator.choice(("live.tar", "live.tgz", "live.zip"))
    made = io.BytesIO()
    if name == "live.zip":
        with zipfile.ZipFile(made, "w", generator.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
            for path, data in tree.items():
                archive.writestr(zipfile.ZipInfo(path), data)
        return name, made.getvalue()
    with tarfile.open(
        fileobj=made, mode="w:", format=generator.choice((tarfile.PAX_FORMAT, tarfile.GNU_FORMAT))
    ) as tar:
        for path, data in tree.items():
            info = tarfile.TarInfo(path)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return name, made.getvalue()


def manifest_trees() -> list[Tree]:
    """Kubernetes manifests, each a folder of one file."""
    folder = Path(__file__).parents[1] / "fixtures" / "kubernetes"
    return [{"manifests.yaml": path.read_bytes()} for path in sorted(folder.glob("*.yaml"))]


def yaml_texts() -> list[bytes]:
    """The shipped deployments, and one whose hosts share an address."""
    folder = resources.files("jsquared.deployment") / "shipped"
    shared = (folder / "reference.yaml").read_bytes() + (
        b"floating:\n  - {address: 10.5.0.100, hosts: [n2, n1], follows: primary, after: 2s, preempt: no, nonlocal_bind: yes}\n"
    )
    return [*((folder / f"{name}.yaml").read_bytes() for name in SHIPPED), shared]


def scenario_texts() -> list[bytes]:
    """Scenarios of the catalogue as files."""
    reference = load_deployment("reference")
    chosen = ("primary-crash", "primary-isolated-with-client", "network-lossy", "rolling-restart", "clock-skew")
    return [to_yaml(file_of(SCENARIOS[name], reference)).encode() for name in chosen]


def run_trees(scratch: Path) -> list[Tree]:
    """Run folders: finished, killed, and one whose history is still live."""
    trees = []
    for sample in ("crash", "split-brain", "did-not-bite", "killed", "idle"):
        run = write_sample_run(scratch / f"run-{sample}", sample, rate_per_s=20)
        for extra in (run.logs_dir, run.config_dir):
            for path in extra.iterdir():
                path.unlink() if path.is_file() else None
        tree = tree_of(run.path)
        trees.append({name: data for name, data in tree.items() if not name.startswith(("logs/", "config/"))})
    return [*trees, _modelled_tree(scratch / "run-modelled"), _live_tree(scratch / "run-live", trees[0])]


def _modelled_tree(folder: Path) -> Tree:
    """A run folder with operations and contents: of each kind some, and some that nobody knows the outcome of."""
    story = Story(objectives=[objective("lost_operations", 0, "operations")])
    story.load()
    story.writes("client-1", "redis-n1", 0, 100)
    story.gives("client-1", "redis-n1", 0, 1200)
    for error in ("timeout", "too few replicas acknowledged", "partly refused"):
        story.gives("client-1", "redis-n1", 1200, 1300, outcome=h.UNKNOWN, error=error)
    story.gives("client-1", "redis-n1", 1500, 1600, applied=False)
    story.finish("redis-n1", settle_ms=1600, end_ms=2000)
    tree = tree_of(story.write(folder).path)
    return {name: data for name, data in tree.items() if not name.startswith(("logs/", "config/"))}


def _live_tree(folder: Path, finished: Tree) -> Tree:
    run = RunDirectory(folder)
    run.history_dir.mkdir(parents=True)
    for name in ("plan.json", "placement.json", "events.jsonl"):
        (folder / name).write_bytes(finished[name])
    record, _ = sample_record("crash", folder, 20)
    for number, client in enumerate(record.plan.clients):
        with h.HistoryWriter(run.operations_file(client.name), number) as writer:
            chunk = writer.chunk(0)
            for slot in range(60):
                at = 1_000_000_000_000 + 10_000_000 * (slot + 60)
                chunk.intended_ns[slot], chunk.invoked_ns[slot], chunk.completed_ns[slot] = at, at + 1000, at + 900_000
                chunk.outcome[slot], chunk.node[slot], chunk.replicas[slot] = h.OK, 0, 1
            writer.header[1] = writer.header[2] = 60
        for node in record.plan.data_nodes():
            run.write_found(client.name, node.name, np.full(60, h.PRESENT, dtype=np.uint8))
    return tree_of(folder)


def run_documents(scratch: Path) -> list[bytes]:
    """What ``run --json`` prints."""
    verdicts = [sample_record(sample, scratch)[1] for sample in ("crash", "split-brain", "did-not-bite")]
    runs = [RunVerdict(outcome="violated", trials=verdicts), RunVerdict(outcome="pass", trials=[verdicts[0]] * 6)]
    return [msgspec.json.encode(run) for run in runs]


def event_payloads() -> list[bytes]:
    """The payloads of Sentinel events."""
    return [
        json.dumps(fields_of(event)).encode() for event in sample_events("crash") if isinstance(event, SentinelEvent)
    ]


def log_trees(scratch: Path) -> list[Tree]:
    """The end of some servers' logs of a real trial, as several collectors export them."""
    logs = {name: lines[-15:] for name, lines in logs_of("redis-7.0").items() if name.endswith(("n1", "n2"))}
    trees = []
    for number, kind in enumerate(("plain", "compose -t", "kubectl", "journal json", "journal export", "syslog", "gz")):
        folder = scratch / f"logs-{number}"
        folder.mkdir()
        VARIANTS[kind](logs, folder)
        trees.append({path.name: path.read_bytes() for path in folder.iterdir()})
    return trees


JOURNAL: Tree = {
    "journal.yaml": b"""format: 1
zone: Europe/Berlin
runs: nowhere
objectives: {failover_ms: 9000, lost_writes: 0}
stale_after_days: 7
""",
    "days/2026-03-02.md": b"""---
kind: day
date: 2026-03-02
since: ""
trials: 2
fingerprints:
  - "a 0"
---
# D

## Notes
[x](../README.md)
""",
    "decisions/0001-a.md": b"""---
kind: decision
id: 0001
title: A
status: accepted
date: 2026-03-01
runs: ["r pass %s"]
---
"""
    % (b"0" * 64),
    "tests/0001-a.md": b"""---
kind: test
id: 0001
title: A
date: 2026-03-01
outcome: pass
fingerprints: []
runs: []
---
""",
    "waivers.yaml": b"waivers:\n- {rule: S7, target: n1, expires: 2026-03-05, owner: ops}\n",
    "standups.yaml": b"standups:\n- {date: 2026-03-02, attended: 4, invited: 5}\n",
    "forge/issues.json": b'[{"number": 1, "createdAt": "2026-03-02T10:00:00Z", "closedAt": "2026-03-03T10:00:00Z"}]',
    "forge/changes.json": b"""[{"iid": 4, "created_at": "2026-03-02T10:00:00Z", "merged_at": "2026-03-02T20:00:00Z",
 "reviews": [{"submittedAt": "2026-03-02T14:00:00Z"}], "approved_by": [{"approved_at": null}]}]""",
}
"""A journal with every file that others may have written."""

CONTACTS = b"""smtp: {host: "mail.example.org:587", from: alerts@example.org, user: alerts, password_file: /etc/secrets/smtp}
teams:
  DevOps: {slack: {channel: "#ops", url_file: /etc/secrets/slack}, pagerduty: {key_file: /etc/secrets/pagerduty}}
  Night: {areas: [infrastructure], webhook: "https://night.example.org/x", email: [a@example.org, b@example.org]}
watchdog: {webhook: "https://deadman.example.org/ping"}
"""


def alert_rules() -> list[bytes]:
    """Ours, and those of the linter's own tests."""
    folder = Path(__file__).parents[1] / "fixtures" / "rules"
    return [rule_file(PROFILES["5s"]).encode(), *(path.read_bytes() for path in sorted(folder.glob("*.yml")))]


LOG_QUERIES = [b'failover -abort "10.0.0.1 6379"', b"+switch-master mymaster -sdown", b'"a phrase" -"another one" word']
"""Queries of ``jsquared logs``."""


def log_store(scratch: Path) -> bytes:
    """A store of logs with a few lines and positions."""
    path = scratch / "events.db"
    path.unlink(missing_ok=True)
    with LogStore(path) as store:
        lines = LineReader("n1", "n1.log", 1_796_036_400.0).lines(LOG.splitlines())
        store.add([*lines, pushed_event("n2", "+failover-end", "master mymaster 10.0.0.1 6379", 1.0)])
        store.add([], [Position("n1", b"1:X 30 Nov", 100)])
    return path.read_bytes()


OSV = [
    b"""{"schema_version": "1.5.0", "id": "BIT-redis-2025-49844", "modified": "2026-09-30T10:00:00Z", "aliases": ["CVE-2025-49844"],
"severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:H/I:H/A:H"}], "database_specific": {"severity": "Critical"},
"affected": [{"package": {"ecosystem": "Bitnami", "name": "redis"}, "severity": [],
"ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "6.2.20"},
{"introduced": "7.0.0"}, {"last_affected": "7.2.10"}]}]}]}""",
    b"""{"id": "DEBIAN-CVE-2025-49844", "upstream": ["CVE-2025-49844"], "modified": "2026-09-30T10:00:00Z", "affected": [
{"package": {"ecosystem": "Debian:12", "name": "redis"}, "ecosystem_specific": {"urgency": "not yet assigned"},
"ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "5:7.0.15-1~deb12u6"}]}]},
{"package": {"ecosystem": "Ubuntu:24.04:LTS", "name": "valkey"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]}]}""",
    b"""{"id": "CVE-2026-27623", "withdrawn": "2026-10-01T00:00:00Z", "affected": [{"ranges": [{"type": "GIT",
"repo": "https://github.com/valkey-io/valkey", "events": [{"introduced": "abc"}],
"database_specific": {"versions": [{"introduced": "9.0.0"}, {"fixed": "9.0.3"}]}}]}]}""",
]
"""Files of OSV."""
ADVISORIES = b"""{"feeds": [{"source": "Bitnami", "as_of": "2026-09-30", "advisories": [{"id": "CVE-2025-49844", "severity": "critical",
"confidence": "medium", "preconditions": ["lua"], "engines": {"redis": [{"introduced": "0", "fixed": "6.2.20"}], "valkey": null},
"packages": [{"distribution": "debian", "release": "12", "engine": "redis", "fixed": "5:7.0.15-1~deb12u6"}], "note": "a note"}]}]}"""
"""A user's file of advisories."""
PACKAGE_VERSIONS = [b"5:7.0.15-1~deb12u10", b"8.1.1+dfsg1-3+deb13u2", b"5:7.0.15-1ubuntu0.24.04.1", b"7.0.15-rc1"]


def change_plan(scratch: Path) -> bytes:
    """A plan with steps of many kinds."""
    shutil.rmtree(scratch / "change", ignore_errors=True)
    was = write_folder(scratch / "change" / "was", data="requirepass one-password\nmasterauth one-password\n", hosts=4)
    now = write_folder(
        scratch / "change" / "is", data="requirepass two-password\nmasterauth two-password\ntcp-backlog 9\n"
    )
    return encode_json(planned(was, now))
