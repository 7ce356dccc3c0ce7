"""Every audit rule fails where it must, and passes in a sound deployment: from files, and from what running servers tell."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jsquared.audit.evidence import CertificateFacts, Evidence, NodeFacts, ProcessFacts, VersionFacts
from jsquared.audit.judgement import judge_evidence
from jsquared.audit.rule_catalogue import AUDIT_RULES
from jsquared.deployment.read.load import load_deployment
from jsquared.records.audit_result import AuditFinding
from support.audited_files import HASHES, SECRETS

Audited = Callable[..., list[AuditFinding]]
DATA, SENTINEL = "redis.conf", "sentinel.conf"
APP = "-@scripting"
HELLO = "resetchannels &__sentinel__:hello"
NO_TLS = [
    (name, f"port 0\ntls-port {port}\ntls-replication yes", f"port {port}")
    for name, port in ((DATA, 6379), (SENTINEL, 26379))
]

BROKEN: dict[str, list[tuple[str, str, str]]] = {
    "N1 any": [(DATA, "bind 10.0.0.", "bind * 10.0.0.")],
    "N1 absent": [("n3/sentinel.conf", "bind 10.0.0.3\n", "")],
    "N2": [(DATA, "user default off", "user default on nopass ~* +@all"), (DATA, "", "protected-mode no\n")],
    "N3": [(DATA, "port 0\ntls-port 6379", "port 6380\ntls-port 6379")],
    "N4": [(DATA, "", "unixsocket /run/redis.sock\nunixsocketperm 777\n")],
    "A1": [(DATA, "user default off", "user default on nopass ~* +@all")],
    "A2": [("n1/redis.conf", "", f"requirepass {SECRETS['app']}\naclfile users.acl\n")],
    "A3": [(DATA, f"user app on #{HASHES['app']}", "user app on nopass")],
    "A4 short": [(SENTINEL, f"auth-pass mymaster {SECRETS['sentinel']}", "auth-pass mymaster canary-short1")],
    "A4 example": [(DATA, f"masterauth {SECRETS['replica']}", "masterauth foobared")],
    "A4 reused": [(DATA, f"#{HASHES['app']}", f"#{HASHES['replica']}")],
    "A5": [(DATA, f"#{HASHES['app']}", f">{SECRETS['app']}")],
    "A6": [(DATA, "user default off", f"user default on #{HASHES['client']} ~* +@all")],
    "P1": [(DATA, APP, "-@scripting +flushall +config|set")],
    "P2": [(DATA, APP, "+eval")],
    "P3": [(DATA, APP, "-@scripting +restore")],
    "P4": [(DATA, "~app:*", "~*")],
    "P5": [(DATA, "&app:*", "&*"), (DATA, APP, "-@scripting +publish")],
    "P6": [(DATA, "", "acl-pubsub-default allchannels\n")],
    "P7": [(DATA, "", "enable-debug-command local\n")],
    "R1": [("n1/redis.conf", f"masterauth {SECRETS['replica']}\n", "")],
    "R2": [(DATA, "+psync +replconf +ping", "+@all")],
    "R3": [(DATA, "", "replica-read-only no\n")],
    "R4": [(DATA, "tls-replication yes", "tls-replication no")],
    "R5 password": [("n2/redis.conf", HASHES["app"], HASHES["client"])],
    "R5 missing": [("n3/redis.conf", "user app", "user other")],
    "S1": [(SENTINEL, "user default off", "user default on nopass +@all")],
    "S2 missing": [
        (SENTINEL, f"sentinel auth-user mymaster sentinel\nsentinel auth-pass mymaster {SECRETS['sentinel']}\n", "")
    ],
    "S2 wrong": [(SENTINEL, SECRETS["sentinel"], SECRETS["app"])],
    "S3": [("n2/sentinel.conf", SECRETS["peer"], SECRETS["app"])],
    "S4": [(DATA, "+slaveof ", "")],
    "S4 busy": [(DATA, " +script|kill", "")],
    "S5": [(DATA, HELLO, "resetchannels")],
    "S6": [(DATA, HELLO, "allchannels")],
    "S7": [(DATA, "", "rename-command CONFIG hidden\n")],
    "S8": [(SENTINEL, "+sentinel|get-master-addr-by-name", "+sentinel")],
    "S9": [(SENTINEL, "", "sentinel deny-scripts-reconfig no\n")],
    "S10": [("n1/sentinel.conf", "", "sentinel notification-script mymaster notify.sh\n")],
    "S11": [(SENTINEL, "tls-replication yes", "tls-replication no")],
    "S12 quorum": [(SENTINEL, "6379 2", "6379 1")],
    "S13": [("n1/sentinel.conf", "", "sentinel resolve-hostnames yes\n")],
    "S14": [*NO_TLS, (SENTINEL, "user default off", "user default on nopass +@all")],
    "T1": NO_TLS,
    "T2": [(DATA, "", "tls-auth-clients optional\n")],
    "T3": [(DATA, "", 'tls-protocols "TLSv1.1 TLSv1.2"\n')],
    "F5": [(SENTINEL, "dir /var/lib/sentinel", "dir /tmp")],
    "O1": [(DATA, "", "loglevel debug\n")],
    "O1 data": [(DATA, "", "hide-user-data-from-log no\n")],
    "O2 memory": [(DATA, "maxmemory 1gb\n", "")],
    "O2 buffers": [(DATA, "client-output-buffer-limit normal 256mb 64mb 60\n", "")],
    "O4": [(DATA, "", "maxmemory 2gb\n")],
}
"""Rules, with a word for the way, to what breaks them. Rules that are broken otherwise have tests of their own below."""
OTHERWISE = {"F1", "F2", "F3", "F4", "O3", "T4", "V1", "V2"}


def outcomes(findings: list[AuditFinding]) -> dict[str, set[str]]:
    """Rules to the outcomes that they have."""
    found: dict[str, set[str]] = {}
    for one in findings:
        found.setdefault(one.rule, set()).add(one.outcome)
    return found


def failed(findings: list[AuditFinding]) -> set[str]:
    """The rules that fail."""
    return {one.rule for one in findings if one.outcome == "fail"}


def test_a_sound_deployment_passes(audited: Audited) -> None:
    """No rule fails or is unknown; those that files can answer and that have something to judge pass."""
    found = outcomes(audited())
    nothing_to_judge = {"F2", "F3", "F4", "N4", "O3", "S10", "V1", "V2"}
    assert set(found) == set(AUDIT_RULES)
    assert {rule: outcome for rule, outcome in found.items() if outcome != {"pass"}} == {
        rule: {"not-applicable"} for rule in nothing_to_judge
    }


@pytest.mark.parametrize("way", BROKEN)
def test_a_rule_fails_where_it_must(way: str, audited: Audited, evidence: Callable[..., Evidence]) -> None:
    """One change of the sound files lets the rule fail."""
    rule = way.partition(" ")[0]
    if rule in ("A2", "S10"):  # which need a file that the line names
        found = evidence(*BROKEN[way])
        folder = Path(found.deployment.nodes[0].source.path).parent
        (folder / "users.acl").write_text(f"user default on nopass ~* +@all\nuser app on #{HASHES['app']} +@all\n")
        (folder / "notify.sh").write_text("#!/bin/sh\n")
        (folder / "notify.sh").chmod(0o777)
        findings = judge_evidence(replace(found, deployment=load_deployment(folder.parent)))
    else:
        findings = audited(*BROKEN[way])
    assert rule in failed(findings), outcomes(findings)[rule]
    for one in findings:
        assert one.message
        assert not any(secret in str(one) for secret in (*SECRETS.values(), *HASHES.values(), "canary-short1"))


def test_every_rule_is_tried() -> None:
    """A rule without a failing fixture is not in the catalogue."""
    assert {way.split()[0] for way in BROKEN} | OTHERWISE == set(AUDIT_RULES)


def test_modes_of_files(audited: Audited) -> None:
    """Files that everyone can read fail F1, and the key among them T4; an archive's have no modes."""
    assert {"F1", "T4"} <= failed(audited(mode=0o644))
    assert not {"F1", "T4"} & failed(audited(mode=0o640))


@pytest.mark.parametrize(("days", "address"), [(29, ""), (-1, ""), (90, "10.9.9.9")])
def test_certificates(days: int, address: str, audited: Audited) -> None:
    """T4 fails where a certificate ends soon, has ended, or is for another address."""
    assert "T4" in failed(audited(days=days, address=address))


def test_what_cannot_be_read_is_unknown(audited: Audited) -> None:
    """An ACL file, a certificate or a script that is not there leaves rules open, and none of them passes."""
    found = outcomes(
        audited(
            ("n1/redis.conf", "", "aclfile gone.acl\n"),
            ("n1/sentinel.conf", "", "sentinel client-reconfig-script mymaster gone.sh\n"),
        )
    )
    for rule in ("A1", "A3", "P1", "P5", "R1", "R5", "S2", "S4", "S5", "S10"):
        assert "pass" not in found[rule], rule
        assert "unknown" in found[rule], rule
    assert "unknown" in outcomes(audited(("redis.conf", "tls-cert-file tls.crt", "tls-cert-file gone.crt")))["T4"]


def test_secrets_on_a_command_line(tmp_path: Path) -> None:
    """F3 fails for a Compose file whose command has a password, and passes for one whose command has none."""
    for word, is_failing in (("requirepass", True), ("maxmemory", False)):
        file = tmp_path / word / "compose.yaml"
        file.parent.mkdir()
        script = "printf 'sentinel resolve-hostnames yes\\\\nsentinel monitor m r1 6379 1\\\\n' > /s.conf && exec redis-sentinel /s.conf"
        watch = f'sh, -c, "{script}"'
        lines = [
            "services:",
            f"  r1: {{image: redis:7, command: [redis-server, --{word}, '10000000']}}",
            f"  s1: {{image: redis:7, command: [{watch}]}}",
        ]
        file.write_text("\n".join(lines) + "\n")
        deployment = load_deployment(file)
        findings = judge_evidence(Evidence(deployment=deployment, name="c"))
        assert ("F3" in failed(findings)) == is_failing, outcomes(findings)["F3"]
        assert "F3" in failed(findings) or outcomes(findings)["F3"] == {"pass"}


SOUND_VERSION = VersionFacts(server="valkey", version="9.1.2", package="")


def live(evidence: Evidence, **changes: Any) -> Evidence:
    """The same deployment, as running servers that tell all that files tell, and these facts besides."""
    told = frozenset(line.key for node in evidence.deployment.nodes for line in node.directives) | {
        "requirepass", "user", "aclfile", "protected-mode", "sentinel auth-user", "replica-read-only", "tls-protocols",
    }  # fmt: skip
    names = frozenset(node.name for node in evidence.sentinels)
    facts = NodeFacts(
        told=told, address="10.0.0.1", sentinels_logged_in=names, usable_sentinels=(3, 3), failed_logins=0, encrypted=True,
        version=SOUND_VERSION, certificate=CertificateFacts(days_left=90, names=frozenset({"10.0.0.1"})),
        process=ProcessFacts(umask=0o077, user_id=999, conf_file=Path(evidence.data[0].source.path)),
    )  # fmt: skip
    facts = replace(facts, **changes)
    return replace(evidence, looked_at="live", facts={node.name: facts for node in evidence.deployment.nodes})


LIVE_ONLY: dict[str, dict[str, Any]] = {
    "F2": {"process": ProcessFacts(umask=0o022, user_id=999)},
    "F4": {"process": ProcessFacts(umask=0o077, user_id=0)},
    "O3": {"failed_logins": 7},
    "S2": {"sentinels_logged_in": frozenset({"sentinel-n1"})},
    "S3": {"usable_sentinels": (1, 3)},
    "T4": {"certificate": CertificateFacts(days_left=3, names=frozenset())},
    "V1": {"version": VersionFacts(server="redis", version="8.2.1", package="")},
    "V2": {"version": VersionFacts(server="redis", version="6.0.16", package="")},
}


@pytest.mark.parametrize("rule", LIVE_ONLY)
def test_running_servers_tell_more(rule: str, evidence: Callable[..., Evidence]) -> None:
    """What only running servers tell fails where it must, and passes in a sound deployment."""
    sound = evidence()
    assert outcomes(judge_evidence(live(sound)))[rule] == {"pass"}
    assert rule in failed(judge_evidence(live(sound, **LIVE_ONLY[rule])))


def test_files_of_a_local_server(evidence: Callable[..., Evidence]) -> None:
    """F1 looks at the file that a server on this machine names."""
    assert "F1" in failed(judge_evidence(live(evidence(mode=0o644))))
    assert outcomes(judge_evidence(live(evidence())))["F1"] == {"pass"}


def test_folders_of_a_local_server(evidence: Callable[..., Evidence], tmp_path: Path) -> None:
    """F5 looks at the mode of the folder that a server on this machine writes to."""
    folder = tmp_path / "data"
    folder.mkdir(0o700)
    found = live(evidence(("redis.conf", "dir /var/lib/redis", f"dir {folder}")))
    assert "F5" not in failed(judge_evidence(found))
    folder.chmod(0o777)
    assert "F5" in failed(judge_evidence(found))


def test_a_server_that_refuses_is_unknown(evidence: Callable[..., Evidence]) -> None:
    """Where a server would not tell its users or settings no rule about them passes, and a server that is silent lets none pass at all."""
    refused = {
        "user": "NOPERM",
        "protected-mode": "NOPERM",
        "bind": "NOPERM",
        "tls-auth-clients": "NOPERM",
        "masterauth": "NOPERM",
    }
    found = outcomes(judge_evidence(live(evidence(), refused=refused, address="127.0.0.1")))
    for rule in ("A1", "A3", "P1", "P5", "S1", "S4", "S8", "N1", "N2", "T2", "R1"):
        assert found[rule] == {"unknown"}, rule
    silent = outcomes(judge_evidence(live(evidence(), problem="no connection")))
    assert all("pass" not in outcome for rule, outcome in silent.items() if rule != "S12")  # which asks nobody
    assert "unknown" in silent["A1"]


def test_fingerprints_stay(audited: Audited, evidence: Callable[..., Evidence]) -> None:
    """They are the same in another run, with another value that is wrong too, and with another primary; and differ between findings."""

    def prints(*changes: tuple[str, str, str]) -> dict[tuple[str, str, str], str]:
        found = evidence(*changes)
        named = replace(found, name="shop")
        return {(f.rule, f.target, f.key): f.fingerprint for f in judge_evidence(named) if f.outcome == "fail"}

    first = prints(("redis.conf", "", "loglevel debug\nenable-debug-command yes\n"))
    moved = prints(
        ("redis.conf", "", "loglevel debug\nenable-debug-command local\n"),
        ("n1/redis.conf", "", "replicaof 10.0.0.2 6379\n"),
        ("n2/redis.conf", "replicaof 10.0.0.1 6379\n", ""),
        ("n3/redis.conf", "replicaof 10.0.0.1 6379\n", "replicaof 10.0.0.2 6379\n"),
        ("sentinel.conf", "monitor mymaster 10.0.0.1", "monitor mymaster 10.0.0.2"),
    )
    assert first == moved
    assert len(set(first.values())) == len(first) == 6
