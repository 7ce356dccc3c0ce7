"""An audit of running servers finds what the audit of their files finds, but for what only one of the two can know."""

import shutil
from pathlib import Path

import pytest

from jsquared.audit.evidence import Evidence
from jsquared.audit.from_live import evidence_of_running
from jsquared.audit.judgement import judge_evidence
from jsquared.deployment.model.reach import Allowed
from jsquared.deployment.read.load import load_deployment
from jsquared.records.audit_result import AuditFinding
from jsquared.resp.tls import client_context
from jsquared.running.access import Access
from jsquared.text import encode_json
from support.audited_files import HASHES, OF_SENTINEL, SECRETS
from support.tls_files import PASSWORD, write_tls_files

AUDITOR = (
    "resetchannels -@all +ping +info +role +config|get +acl|list +acl|users +acl|getuser +acl|dryrun +acl|whoami +acl|log "
    "+client|list +module|list"
)
"""All that an audit needs at a data node."""
LINES = (
    "user default off",
    f"user app on >{SECRETS['app']} ~* &* +@all",
    f"user replica on >{SECRETS['replica']} resetchannels -@all +psync +replconf +ping",
    f"user watcher on >{SECRETS['sentinel']} resetchannels &__sentinel__:hello -@all {OF_SENTINEL.replace('+slaveof ', '')}",
    f"user auditor on >{SECRETS['client']} {AUDITOR}",
    "masteruser replica",
    f"masterauth {SECRETS['replica']}",
    "acl-pubsub-default allchannels",
    "enable-debug-command local",
)
SENTINEL_LINES = ("sentinel auth-user mymaster watcher", f"sentinel auth-pass mymaster {SECRETS['sentinel']}")
ACCESS = Access(data_login=("auditor", SECRETS["client"]), timeout_s=5)

ONLY_RUNNING = {"F2", "F4", "O3", "V1", "V2"}
"""Rules about processes, logs and versions, which no file tells."""
OF_VERSIONS = {"V1", "V2"}
"""Rules whose answer is that of the installed engine, unknown where its package is not known."""
ONLY_FILES = {"A4", "A5", "F3", "O4", "S7", "S9", "S10", "S11", "S13"}
"""Rules about secrets in clear, command lines, lines that are not in force, and settings that no Sentinel tells."""
FEWER_SERVERS = {"S14", "T1"}
"""Rules about settings that running data nodes tell, and Sentinels only in their files: no Sentinel tells ``bind`` or ``tls-port``."""


def failures(findings: list[AuditFinding], names: dict[str, str] | None = None) -> set[tuple[str, str, str]]:
    """What fails: the rule, the target as files call it, the key."""
    names = names or {}
    return {
        (one.rule, names.get(one.target, one.target), one.key if one.rule != "F1" else "")
        for one in findings
        if one.outcome == "fail"
    }


def answered(findings: list[AuditFinding]) -> set[str]:
    """The rules that pass or fail."""
    return {one.rule for one in findings if one.outcome in ("pass", "fail")}


def test_running_servers_and_their_files_agree(either_lab, tmp_path: Path) -> None:
    """The same failures on the same nodes, also after a failover; no answer has a secret; what only one of them knows is named."""
    lab, servers = either_lab, either_lab.servers
    for number in range(3):
        servers.start_data(number, *LINES)
    for number in range(3):
        servers.start_sentinel(number, *SENTINEL_LINES)
    lab.wait_until(lambda: servers.sentinels_know(3, 2), what="Sentinels converged")

    def running() -> Evidence:
        return evidence_of_running([servers.sentinel(0)], ACCESS, "shop")

    lab.wait_until(lambda: not running().problems, what="all are connected")
    evidence = running()
    live = judge_evidence(evidence)
    files = judge_evidence(Evidence(load_deployment(_copied(servers, tmp_path / "copies"), Allowed()), "shop"))
    names = {
        **{f"redis-{servers.data(n)[0]}": f"redis-d{n}" for n in range(3)},
        **{f"sentinel-{servers.sentinel(n)[0]}": f"sentinel-s{n}" for n in range(3)},
    }
    assert not [one for one in (*live, *files) if one.outcome == "unknown" and one.rule not in OF_VERSIONS]
    assert {one.outcome for one in live if one.rule in OF_VERSIONS} <= {"pass", "fail", "unknown"}
    named = ONLY_RUNNING | ONLY_FILES | FEWER_SERVERS
    ours, theirs = failures(live, names), failures(files)
    assert {one for one in ours if one[0] not in named} == {one for one in theirs if one[0] not in named}
    assert answered(live) - answered(files) <= ONLY_RUNNING
    assert answered(files) - answered(live) <= ONLY_FILES | FEWER_SERVERS
    failed = {one[0] for one in ours}
    # SENTINEL CKQUORUM says OK where the user of Sentinels may not give SLAVEOF, which S4 finds
    assert {"A1", "S3"} & failed == set()
    assert {"P1", "P2", "P3", "P4", "P5", "P6", "P7", "S1", "S4", "S8", "O2"} <= failed
    assert all(facts.version and facts.version.version for facts in evidence.facts.values())
    shown = (
        encode_json(live).decode()
        + "".join(map(str, (one for one in live)))
        + repr(evidence.deployment.data[0].find("masterauth"))
    )
    assert not any(secret in shown for secret in (*SECRETS.values(), *HASHES.values()))

    before = {
        (one.rule, one.target, one.key): one.fingerprint for one in live if one.outcome == "fail" and one.rule != "S4"
    }
    for number in range(3):
        login, grant = ("AUTH", "app", SECRETS["app"]), ("ACL", "SETUSER", "watcher", "+slaveof")
        assert servers.ask(servers.data(number), login, grant) == "OK"
    primary = evidence.deployment.primary.host
    assert servers.ask(servers.sentinel(0), ("SENTINEL", "FAILOVER", "mymaster")) == "OK"
    lab.wait_until(
        lambda: not (now := running()).problems and now.deployment.primary.host != primary, what="a failover"
    )
    lab.wait_until(
        lambda: (
            not [one for one in judge_evidence(running()) if one.outcome == "unknown" and one.rule not in OF_VERSIONS]
        ),
        what="all is known",
    )
    after = judge_evidence(running())
    assert "S4" not in {one.rule for one in after if one.outcome == "fail"}
    assert {(one.rule, one.target, one.key): one.fingerprint for one in after if one.outcome == "fail"} == before


def test_rights_that_are_missing_leave_rules_open(either_lab) -> None:
    """A user that may not CONFIG GET, and one that may not ACL LIST: what they do not tell is unknown, and never passes."""
    lab, servers = either_lab, either_lab.servers
    servers.start_data(0, *LINES, f"user blind on >{SECRETS['peer']} -@all +ping +info")
    servers.start_sentinel(0, *SENTINEL_LINES, quorum=1)
    lab.wait_until(lambda: servers.sentinels_know(1, 0), what="the Sentinel sees its primary")
    access = Access(data_login=("blind", SECRETS["peer"]), timeout_s=5)
    found = judge_evidence(evidence_of_running([servers.sentinel(0)], access))
    outcomes = {one.rule: one.outcome for one in found if one.target != f"sentinel-{servers.sentinel(0)[0]}"}
    for rule in ("A1", "N2", "P1", "P5", "P7", "R3", "S2", "O2"):
        assert outcomes[rule] == "unknown", rule


@pytest.mark.redis
def test_tls_of_running_servers(make_lab, redis_engine: Path, tmp_path: Path) -> None:
    """With TLS the certificate that a server shows is judged, and that it follows without TLS and takes any client."""
    lab = make_lab(redis_engine)
    files = write_tls_files(tmp_path)
    lines = [
        f"tls-cert-file {files / 'crt'}", f"tls-key-file {files / 'key'}", f'tls-key-file-pass "{PASSWORD}"',
        f"tls-ca-cert-file {files / 'ca'}", "port 0",
    ]  # fmt: skip
    lab.servers.start_data(0, *lines, "tls-port 6379", "tls-auth-clients optional", 'tls-protocols "TLSv1.1 TLSv1.2"')
    lab.servers.start_sentinel(0, *lines, "tls-port 26379", "tls-replication yes", quorum=1)
    context = client_context([str(files / "ca")], str(files / "crt"), str(files / "key"), PASSWORD)
    context.check_hostname = False
    access = Access(data_tls=context, sentinel_tls=context, timeout_s=5)

    def found() -> list[AuditFinding]:
        try:
            return judge_evidence(evidence_of_running([lab.servers.sentinel(0)], access))
        except Exception:
            return []

    lab.wait_until(
        lambda: any(one.rule == "S2" and one.outcome == "pass" for one in found()), what="the Sentinel is connected"
    )
    outcomes = {(one.rule, one.target) for one in found() if one.outcome == "fail"}
    data = f"redis-{lab.servers.data(0)[0]}"
    assert {("T2", data), ("T3", data), ("T4", data), ("R4", data)} <= outcomes
    assert ("T1", data) not in outcomes


def _copied(servers, folder: Path) -> Path:
    """The files of all servers, one folder a host, with their modes."""
    for name in servers.processes:
        kind, number = name.split("-")
        host = folder / f"{kind[0]}{number}"
        host.mkdir(parents=True)
        shutil.copy2(
            servers.folder / name / "server.conf", host / ("redis.conf" if kind == "data" else "sentinel.conf")
        )
    return folder
