"""A replaced certificate is proven by what a new connection is shown, and by whether others trust it."""

import datetime
import ssl
from pathlib import PurePosixPath
from types import SimpleNamespace
from typing import Any, cast

import pytest
from cryptography import x509

from jsquared.deployment.render.certificates import make_material
from jsquared.errors import BadInputError, LabError
from jsquared.faults import replace_certificate
from jsquared.faults.fault import Evidence
from jsquared.faults.replace_certificate import ReplaceCertificate
from jsquared.running.deployment import RunningDeployment

MATERIAL = make_material(["127.0.0.1"])
CONF = "port 0\ntls-cert-file /run/s/sentinel-n1.crt\ntls-key-file /run/s/sentinel-n1.key\n"


class Folder:
    """A node's folder in memory."""

    def __init__(self, name: str) -> None:
        self.path = PurePosixPath("/run", name)
        self.files = {
            f"{name}.conf": CONF, f"{name}.crt": MATERIAL.certificate, f"{name}.key": MATERIAL.key(""),
        }  # fmt: skip

    def read_text(self, name: str) -> str:
        """A file."""
        return self.files[name]

    def write_text(self, name: str, text: str) -> None:
        """Overwrite it."""
        self.files[name] = text


class Deployment:
    """A data node that takes certificates by CONFIG SET, unless ``deaf``, and a Sentinel that takes them when it starts."""

    def __init__(self, *, deaf: bool = False, tls: bool = True) -> None:
        self.deaf = deaf
        nodes = [
            SimpleNamespace(name="redis-n1", role="data", tls=tls),
            SimpleNamespace(name="sentinel-n1", role="sentinel", tls=tls),
        ]
        self.plan = SimpleNamespace(nodes=nodes, node=self.node, sentinels=lambda: nodes[1:])
        self.nodes = nodes
        self.placement = SimpleNamespace(authority=(MATERIAL.authority, MATERIAL.authority_key))
        self.folders = {node.name: Folder(node.name) for node in nodes}
        self.config = {"tls-cert-file": "/run/redis-n1/redis-n1.crt", "tls-key-file": "/run/redis-n1/redis-n1.key"}
        self.config["tls-key-file-pass"] = ""
        self.shown = dict.fromkeys(("redis-n1", "sentinel-n1"), MATERIAL.certificate)
        self.started: list[str] = []
        self.code: int | None = None

    def node(self, name: str) -> Any:
        """One of the two."""
        return next(node for node in self.nodes if node.name == name)

    def last_primary(self) -> str:
        """The only one."""
        return "redis-n1"

    def address(self, name: str) -> str:
        """Where it is."""
        return "127.0.0.1"

    def folder(self, name: str) -> Folder:
        """Its files."""
        return self.folders[name]

    def process(self, name: str) -> Any:
        """Its process."""
        return SimpleNamespace(poll=lambda: self.code)

    def certificate(self, name: str) -> tuple[bytes, str]:
        """What it shows, and why it is not trusted, as a client would find."""
        found = x509.load_pem_x509_certificate(self.shown[name].encode())
        late = found.not_valid_after_utc < datetime.datetime.now(datetime.UTC)
        return ssl.PEM_cert_to_DER_cert(self.shown[name]), "certificate has expired" if late else ""

    def ask(self, name: str, *words: str) -> Any:
        """CONFIG GET, or CONFIG SET of several directives."""
        if words[1] == "GET":
            return [words[2], self.config[words[2]]]
        if not self.deaf:
            self.config |= dict(zip(words[2::2], words[3::2], strict=True))
            self.shown[name] = self.folders[name].files[PurePosixPath(self.config["tls-cert-file"]).name]
        return "OK"

    def start(self, name: str, *, reason: str) -> None:
        """It reads its files."""
        self.started.append(name)
        if not self.deaf:
            self.shown[name] = self.folders[name].files[f"{name}.crt"]


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replace_certificate, "PROOF_LIMIT_S", 0.01)
    monkeypatch.setattr(replace_certificate, "LOOK_S", 0.001)
    monkeypatch.setattr(replace_certificate, "kill_all", lambda *_: None)
    monkeypatch.setattr(replace_certificate, "answers_again", lambda *_: Evidence(True, "it answers"))


def inject(deployment: Deployment, *targets: str, expires_ms: int = 0) -> Any:
    """Replace them."""
    running = cast("RunningDeployment", deployment)
    return ReplaceCertificate().inject(running, targets or ("primary", "sentinel:1"), {"expires_ms": expires_ms})


def test_each_shows_another_one_and_then_its_own_again() -> None:
    """A data node takes it while it runs, a Sentinel by a restart; the key fits, and the authority is the same."""
    deployment = Deployment()
    active = inject(deployment)
    assert deployment.started == ["sentinel-n1"]
    assert deployment.config["tls-key-file"] == "/run/redis-n1/tls-replaced.key"
    bit = active.bit()
    assert (bit.ok, bit.sentence) == (
        True,
        "redis-n1 shows another certificate, which is trusted; sentinel-n1 shows another certificate, which is trusted",
    )
    certificate = x509.load_pem_x509_certificate(deployment.shown["redis-n1"].encode())
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(MATERIAL.authority.encode()))
    assert not active.healed().ok
    active.heal()
    assert active.healed().ok
    assert deployment.started == ["sentinel-n1", "sentinel-n1"]
    assert deployment.config["tls-cert-file"] == "/run/redis-n1/redis-n1.crt"
    assert deployment.folders["sentinel-n1"].files["sentinel-n1.key"] == MATERIAL.key("")


def test_one_that_expires_is_refused_by_others() -> None:
    """The fault waits until it has; a trusted one would prove nothing."""
    deployment = Deployment()
    active = inject(deployment, "primary", expires_ms=1)
    bit = active.bit()
    assert (bit.ok, bit.sentence) == (
        True, "redis-n1 shows another certificate, which is refused (certificate has expired)",
    )  # fmt: skip
    active.heal()
    assert active.healed().ok


def test_without_an_effect_it_did_not_bite() -> None:
    """Servers that say OK and show what they had are found out."""
    bit = inject(Deployment(deaf=True)).bit()
    assert not bit.ok
    assert "redis-n1 shows the same certificate" in bit.sentence


def test_a_data_node_that_was_restarted_has_its_own_already(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is told to it; a Sentinel that does not come back is the lab's failure."""
    deployment = Deployment()
    active = inject(deployment, "primary")
    deployment.code = 1
    active.heal()
    assert deployment.config["tls-cert-file"].endswith("tls-replaced.crt")
    monkeypatch.setattr(replace_certificate, "answers_again", lambda *_: Evidence(False, "it does not answer"))
    with pytest.raises(LabError, match="it does not answer"):
        inject(Deployment(), "sentinel:1")


def test_where_there_is_nothing_to_replace_it_is_refused() -> None:
    """A server without TLS has no certificate, and an authority of the user's signs none for the lab."""
    with pytest.raises(BadInputError, match="redis-n1 speaks no TLS"):
        inject(Deployment(tls=False))
    deployment = Deployment()
    deployment.placement.authority = None
    with pytest.raises(BadInputError, match="only the authority of throw-away certificates can sign others"):
        inject(deployment)
