"""TLS in rendered deployments: ports, the user's own certificates, and throw-away ones where those are elsewhere."""

import datetime
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from jsquared.deployment.model.directives import Source
from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.read.native.folder import read_folder
from jsquared.deployment.read.yaml.yaml_form import from_yaml
from jsquared.deployment.render.certificates import make_certificate, make_material
from jsquared.deployment.render.render import Rendered, render
from jsquared.records.placement import CopiedFile
from jsquared.records.plan import Engine

Tree = Callable[[dict[str, str]], Path]
Render = Callable[..., Rendered]

CERTIFICATES = """
tls-cert-file /etc/redis/tls/redis.crt
tls-key-file /etc/redis/tls/redis.key
tls-ca-cert-file /etc/redis/tls/ca.crt
"""
TLS = f"port 0\ntls-port 6380\ntls-replication yes\n{CERTIFICATES}"
SENTINEL_TLS = TLS.replace("6380", "26380")
SENTINEL = "sentinel monitor m 10.0.0.1 6380 1\n"
MADE = "not all certificates and keys can be read here: throw-away ones replace all of them"


@pytest.fixture
def made(tree: Tree) -> Callable[..., Deployment]:
    """A primary, a replica and a Sentinel with these lines; ``files`` are further ones."""

    def of(redis: str = TLS, sentinel: str = SENTINEL_TLS, files: dict[str, str] | None = None) -> Deployment:
        texts = {
            "n1/redis.conf": f"bind 10.0.0.1\n{redis}",
            "n2/redis.conf": f"replicaof 10.0.0.1 6380\n{redis}",
            "n1/sentinel.conf": f"{SENTINEL}{sentinel}",
        }
        return read_folder(tree(texts | (files or {})))

    return of


def lines(result: Rendered, name: str) -> list[str]:
    """The lines of a rendered file."""
    return result.files[name].splitlines()


def test_the_users_own_certificates_are_used_where_all_are_here(
    made: Callable[..., Deployment], rendered: Render
) -> None:
    """Servers, the lab and the clients read copies in the nodes' folders, which are made of them."""
    deployment = made(files={"redis.crt": "c", "redis.key": "k", "ca.crt": "a"})
    result = rendered(deployment)
    folder, n1 = deployment.folders[0].resolve(), "/lab/n1/redis-n1/redis-n1"
    assert result.tls is not None
    assert (result.tls.certificate, result.tls.key) == (f"{n1}.tls.crt", f"{n1}.tls.key")
    assert result.tls.authorities[0] == f"{n1}.tls-ca.crt"
    assert "tls-key-file /lab/n1/sentinel-n1/sentinel-n1.tls.key" in lines(result, "sentinel-n1")
    assert not result.made_files
    assert len(result.copied_files) == 9
    key = CopiedFile(
        node="sentinel-n1", source=f"{folder}/redis.key", target="sentinel-n1.tls.key", limit_bytes=1 << 20
    )
    assert key in result.copied_files
    assert not [sentence for sentence in result.not_reproduced if "Certificates" in sentence]


def test_throw_away_certificates_stand_for_all_where_one_is_missing(
    made: Callable[..., Deployment], rendered: Render
) -> None:
    """What one authority signed another does not trust, so none of the user's own is used; that is listed and not proven."""
    result = rendered(made(files={"redis.crt": "c"}))
    here = "/lab/n2/redis-n2/redis-n2"
    assert [line for line in lines(result, "redis-n2") if line.startswith("tls-c")] == [
        f"tls-cert-file {here}.tls.crt",
        f"tls-ca-cert-file {here}.tls-ca.crt",
    ]
    assert result.tls is not None
    assert result.tls.certificate == "/lab/n1/redis-n1/redis-n1.tls.crt"
    assert len(result.made_files) == 9
    assert not result.copied_files
    assert sum(rewrite.reason == MADE for rewrite in result.rewrites) == 9
    assert any(
        "(/etc/redis/tls/redis.key, /etc/redis/tls/ca.crt)" in sentence and "expiry" in sentence
        for sentence in result.not_reproduced
    )


def test_made_certificates_fit_together(made: Callable[..., Deployment], rendered: Render, tmp_path: Path) -> None:
    """The authority has signed the certificate, whose key it is, encrypted with the user's password and good for this day."""
    result = rendered(made(redis=f'{TLS}tls-key-file-pass "pass word"\n'))
    files = {name.removeprefix("redis-n1."): text for name, text in result.made_files.items() if "redis-n1." in name}
    authority, certificate = (x509.load_pem_x509_certificate(files[n].encode()) for n in ("tls-ca.crt", "tls.crt"))
    certificate.verify_directly_issued_by(authority)
    key = serialization.load_pem_private_key(files["tls.key"].encode(), b"pass word")
    assert key.public_key() == certificate.public_key()
    assert certificate.not_valid_after_utc < datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=2)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "10.77.1.2" in {str(address) for address in names.get_values_for_type(x509.IPAddress)}
    assert result.tls is not None
    assert result.tls.key_password == "pass word"
    assert "ENCRYPTED" not in result.made_files["sentinel-n1.tls.key"]


def test_openssl_takes_them(tmp_path: Path) -> None:
    """What the servers' library refuses would be of no use."""
    material = make_material(["127.0.0.1"])
    for name, text in {"ca": material.authority, "crt": material.certificate, "key": material.key("x")}.items():
        (tmp_path / name).write_text(text)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "crt", tmp_path / "key", "x")
    context.load_verify_locations(tmp_path / "ca")


def test_a_folder_of_authorities_becomes_the_one(made: Callable[..., Deployment], rendered: Render) -> None:
    """Where a file is named too, that line is enough."""
    folder = "tls-ca-cert-dir /etc/ssl/certs-of-ours\n"
    result = rendered(
        made(redis=TLS + folder, sentinel=SENTINEL_TLS.replace("tls-ca-cert-file /etc/redis/tls/ca.crt\n", folder))
    )
    assert "tls-ca-cert-dir" not in "".join(result.files.values())
    assert "tls-ca-cert-file /lab/n1/sentinel-n1/sentinel-n1.tls-ca.crt" in lines(result, "sentinel-n1")
    assert sum(line.startswith("tls-ca-cert-file") for line in lines(result, "redis-n1")) == 1


def test_many_missing_files_are_counted(made: Callable[..., Deployment], rendered: Render) -> None:
    """A sentence names three of them."""
    more = "tls-client-cert-file /gone/client.crt\ntls-client-key-file /gone/client.key\n"
    result = rendered(made(redis=TLS + more))
    assert any("and 2 more" in sentence for sentence in result.not_reproduced)
    assert result.tls is not None
    assert result.tls.certificate == "/lab/n1/redis-n1/redis-n1.tls-client.crt"
    assert result.tls.key == "/lab/n1/redis-n1/redis-n1.tls-client.key"


def test_parameters_that_are_elsewhere_are_left_out(made: Callable[..., Deployment], rendered: Render) -> None:
    """The library has its own; those that are here are used."""
    more = "tls-dh-params-file {}\n"
    result = rendered(
        made(
            redis=TLS + more.format("/gone/other.pem"),
            sentinel=SENTINEL_TLS + more.format("dh.pem"),
            files={"dh.pem": ""},
        )
    )
    assert "tls-dh-params-file" not in result.files["redis-n1"]
    assert "tls-dh-params-file /lab/n1/sentinel-n1/sentinel-n1.tls-dh.pem" in lines(result, "sentinel-n1")
    assert [file.target for file in result.copied_files] == ["sentinel-n1.tls-dh.pem"]


def test_servers_are_known_by_the_port_that_they_tell_others(made: Callable[..., Deployment], rendered: Render) -> None:
    """With tls-replication it is the TLS port, beside a plain one too; without, the plain one."""
    both = f"port 6379\ntls-port 6380\n{CERTIFICATES}"
    over_tls = rendered(made(redis=f"{both}tls-replication yes\n"))
    assert [(node.port, node.tls) for node in over_tls.nodes] == [(6380, True), (6380, True), (26380, True)]
    assert "sentinel known-replica m 10.77.1.2 6380" in lines(over_tls, "sentinel-n1")
    assert "replicaof 10.77.1.1 6380" in lines(over_tls, "redis-n2")


def test_without_tls_between_servers_clients_speak_plain_too(tree: Tree, rendered: Render) -> None:
    """Sentinels name the plain port then, and nothing of TLS is needed; a link to the TLS port stays one."""
    both = f"port 6379\ntls-port 6380\n{CERTIFICATES}"
    files = {
        "n1/redis.conf": f"bind 10.0.0.1\n{both}",
        "n2/redis.conf": f"replicaof 10.0.0.1 6380\n{both}",
        "n1/sentinel.conf": "sentinel monitor m 10.0.0.1 6379 1\n",
    }
    result = rendered(read_folder(tree(files)))
    assert [(node.port, node.tls) for node in result.nodes] == [(6379, False), (6379, False), (26379, False)]
    assert result.tls is None
    assert "replicaof 10.77.1.1 6380" in lines(result, "redis-n2")
    assert "sentinel monitor m 10.77.1.1 6379 1" in lines(result, "sentinel-n1")


def test_ports_that_are_taken_give_way(made: Callable[..., Deployment]) -> None:
    """On one shared address TLS ports move as plain ones do, and lines that mean them follow."""
    engine = Engine(name="redis", version="7.0.15")
    result = render(made(), lambda host, role: "127.1.1.1", lambda host: Path("/lab") / host, engine, 1)
    assert [node.port for node in result.nodes] == [6380, 6381, 26380]
    assert "tls-port 6381" in lines(result, "redis-n2")
    assert "port 0" in lines(result, "redis-n2")
    assert "replicaof 127.1.1.1 6380" in lines(result, "redis-n2")


def test_a_port_that_one_node_wants_twice_stays(made: Callable[..., Deployment], rendered: Render) -> None:
    """That it cannot start so is the deployment's own fault, and the server says so."""
    result = rendered(made(redis=TLS.replace("port 0", "port 6380", 1)))
    assert {"port 6380", "tls-port 6380"} <= set(lines(result, "redis-n1"))


def test_a_yaml_deployment_may_speak_tls(rendered: Render) -> None:
    """The lines that JSquared writes itself name the port that the others know."""
    section = (
        "{tls-port: %d, tls-replication: yes, tls-cert-file: a.crt, tls-key-file: a.key, tls-ca-cert-file: ca.crt}"
    )
    text = f"data: [n1, n2]\nsentinels: [n1]\nredis: {section % 6390}\nsentinel: {section % 26390}\n"
    result = rendered(from_yaml(text, Source("d.yaml", "d.yaml"), Path()))
    assert "replicaof 10.77.1.1 6390" in lines(result, "redis-n2")
    assert "sentinel monitor mymaster 10.77.1.1 6390 1" in lines(result, "sentinel-n1")


def test_the_authority_signs_more_while_a_trial_runs(made: Callable[..., Deployment], rendered: Render) -> None:
    """Its certificate and key come with the rendered deployment, and make another certificate that expires when asked to."""
    authority = rendered(made()).authority
    assert authority is not None
    until = datetime.datetime.now(datetime.UTC).replace(microsecond=0) + datetime.timedelta(seconds=90)
    further = x509.load_pem_x509_certificate(
        make_certificate(*authority, ["10.0.0.1"], until=until).certificate.encode()
    )
    assert further.not_valid_after_utc == until
    further.verify_directly_issued_by(x509.load_pem_x509_certificate(authority[0].encode()))
    own = made(files={"redis.crt": "c", "redis.key": "k", "ca.crt": "a"})
    assert rendered(own).authority is None
