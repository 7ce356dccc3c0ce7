"""What the static rules say of TLS: what is missing, who does not trust whom, and what has expired."""

import datetime
from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.analysis import tls
from jsquared.analysis.analysis import analyse
from jsquared.analysis.certificates import trusts
from jsquared.deployment.read.native.folder import read_folder
from jsquared.deployment.render.certificates import Material, make_material
from jsquared.records.findings import Finding

Tree = Callable[[dict[str, str]], Path]

LINES = "tls-replication yes\ntls-cert-file tls.crt\ntls-key-file tls.key\n"
TRUST = "tls-ca-cert-file ca.crt\n"
TLS_RULES = {rule.id for rule in tls.RULES}


@pytest.fixture(scope="module")
def material() -> Material:
    """Certificates that fit together."""
    return make_material(["10.0.0.1"])


@pytest.fixture(scope="module")
def foreign() -> Material:
    """Certificates of somebody else."""
    return make_material(["10.0.0.1"])


@pytest.fixture
def found(tree: Tree, material: Material) -> Callable[..., dict[str, Finding]]:
    """What the TLS rules find in three hosts that speak nothing else; changes are more files, or texts to replace in those of n2."""

    def of(files: dict[str, str] | None = None, change: tuple[str, str] = ("", "")) -> dict[str, Finding]:
        texts = {}
        for number in (1, 2, 3):
            upstream = f"replicaof 10.0.0.1 6390\n{LINES}{TRUST}" if number > 1 else LINES + TRUST
            texts[f"n{number}/redis.conf"] = f"port 0\ntls-port 6390\nbind 10.0.0.{number}\n{upstream}"
            watch = "sentinel monitor mymaster 10.0.0.1 6390 2\n"
            texts[f"n{number}/sentinel.conf"] = f"port 0\ntls-port 26390\n{watch}{LINES}{TRUST}"
            texts[f"n{number}/tls.crt"] = material.certificate
            texts[f"n{number}/tls.key"] = material.key("")
            texts[f"n{number}/ca.crt"] = material.authority
        if change[0]:
            for name in ("n2/redis.conf", "n2/sentinel.conf"):
                texts[name] = texts[name].replace(*change)
        texts |= files or {}
        findings = analyse(read_folder(tree({name: text for name, text in texts.items() if text})))
        return {finding.rule: finding for finding in findings if finding.rule in TLS_RULES}

    return of


def test_a_deployment_that_speaks_only_tls_raises_no_alarm(found: Callable[..., dict[str, Finding]]) -> None:
    """Ports, certificates and authorities fit on both ends of every link."""
    assert not found()


def test_nodes_without_an_authority_are_named(found: Callable[..., dict[str, Finding]]) -> None:
    """A node whose configuration trusts nobody does not start, and the finding names the directive."""
    findings = found(change=(TRUST, ""))
    assert findings.keys() == {"tls-incomplete"}
    finding = findings["tls-incomplete"]
    assert (finding.target, finding.directive) == ("redis-n2, sentinel-n2", "tls-ca-cert-file (none) (default)")
    assert "an authority to trust" in finding.message


def test_nodes_that_speak_plain_are_named(found: Callable[..., dict[str, Finding]]) -> None:
    """Replicas and Sentinels without tls-replication are found with the directive and what to try."""
    findings = found(change=("tls-replication yes", "tls-replication no"))
    assert findings.keys() == {"tls-replication-differs"}
    finding = findings["tls-replication-differs"]
    assert finding.directive == "tls-replication no"
    assert finding.try_with == ("redis@n2.tls-replication=yes", "sentinel@n2.tls-replication=yes")


def test_a_sentinel_without_a_tls_port_is_out_of_reach(found: Callable[..., dict[str, Finding]]) -> None:
    """Sentinels ask each other over TLS too, so each needs a port for it."""
    findings = found(change=("port 0\ntls-port 26390", "port 26379"))
    assert findings["tls-replication-without-port"].target == "sentinel-n2"


@pytest.mark.parametrize("auth", ["yes", "no"])
def test_a_server_that_asks_nobody_needs_no_authority(found: Callable[..., dict[str, Finding]], auth: str) -> None:
    """Without TLS to others and without certificates of clients there is nothing to check."""
    lines = "tls-replication yes\n", f"tls-replication no\ntls-auth-clients {auth}\n"
    findings = found({"n2/ca.crt": ""}, change=lines)
    assert "tls-incomplete" not in findings


def test_an_authority_of_somebody_else_is_named(found: Callable[..., dict[str, Finding]], foreign: Material) -> None:
    """Who trusts none of the others has the wrong authority, and only that line is to blame."""
    findings = found({"n2/ca.crt": foreign.authority})
    assert findings.keys() == {"tls-untrusted"}
    finding = findings["tls-untrusted"]
    assert (finding.target, finding.directive) == ("redis-n2, sentinel-n2", "tls-ca-cert-file ca.crt")


def test_a_folder_of_authorities_is_read(
    found: Callable[..., dict[str, Finding]], foreign: Material, material: Material
) -> None:
    """Every certificate in the folder counts; what is none is passed over."""
    change = ("tls-ca-cert-file ca.crt", "tls-ca-cert-dir authorities")
    both = {"n2/authorities/a.crt": foreign.authority, "n2/authorities/notes": "none"}
    assert found(both, change=change)["tls-untrusted"].directive == "tls-ca-cert-dir authorities"


def test_a_folder_with_the_right_authority_will_do(
    found: Callable[..., dict[str, Finding]], material: Material
) -> None:
    """One fitting certificate among those of the folder is enough."""
    change = ("tls-ca-cert-file ca.crt", "tls-ca-cert-dir authorities")
    assert not found({"n2/authorities/a.crt": material.authority}, change=change)


def test_a_certificate_that_nobody_trusts_is_named(found: Callable[..., dict[str, Finding]], foreign: Material) -> None:
    """Whom all others refuse has the wrong certificate."""
    findings = found({"n2/tls.crt": foreign.certificate, "n2/tls.key": foreign.key("")})
    assert findings["tls-untrusted"].target == "redis-n2, sentinel-n2"
    assert findings["tls-untrusted"].directive == "tls-cert-file tls.crt"


@pytest.mark.parametrize("text", ["", "no certificate", "x" * 1_100_000])
def test_files_that_cannot_be_read_are_left_to_the_servers(found: Callable[..., dict[str, Finding]], text: str) -> None:
    """A missing, broken or huge file is no finding: what it should hold is not known."""
    assert not found({"n2/tls.crt": text})


def test_an_expired_certificate_is_named(
    found: Callable[..., dict[str, Finding]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outside its time a certificate is refused at the next handshake."""

    class Later(datetime.datetime):
        """A week from now."""

        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> "Later":
            """Now, and seven days."""
            return super().now(tz) + datetime.timedelta(days=7)

    monkeypatch.setattr(tls.datetime, "datetime", Later)
    findings = found()
    assert findings.keys() == {"tls-expired"}
    assert findings["tls-expired"].directive == "tls-cert-file tls.crt"


def test_chains_are_followed() -> None:
    """A certificate between leaf and authority counts where it is shown, and a chain that leads nowhere does not."""
    leaf, between, root = Link("leaf", "between"), Link("between", "root"), Link("root", "root")
    assert trusts([root], [leaf, between])
    assert not trusts([root], [leaf])
    assert not trusts([Link("other", "other")], [leaf, between])
    assert not trusts([root], [Link("a", "b"), *(Link(f"{name}", f"{chr(ord(name) + 1)}") for name in "bcdefghijk")])


class Link:
    """A certificate that says by whom it is signed."""

    def __init__(self, name: str, issuer: str) -> None:
        self.name = name
        self.issuer = issuer

    def verify_directly_issued_by(self, other: "Link") -> None:
        """Nothing where that one signed it."""
        if other.name != self.issuer:
            raise ValueError("somebody else")
