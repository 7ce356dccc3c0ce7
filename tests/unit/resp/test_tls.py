"""The lab's connections over TLS, and to servers with renamed commands."""

import datetime
import select
import socket
import ssl
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from jsquared.deployment.render.certificates import make_certificate, make_material
from jsquared.resp.blocking import Connection
from jsquared.resp.failures import Unreachable
from jsquared.resp.tls import TlsSocket, client_context, shown_certificate
from jsquared.testing.scripted_server import ScriptedServer
from support.tls_files import PASSWORD, server_context, write_tls_files


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with certificates."""
    return write_tls_files(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def server(files: Path) -> Iterator[ScriptedServer]:
    """A server that wants a certificate."""
    with ScriptedServer(tls=server_context(files)) as started:
        yield started


def context(files: Path, authority: str = "ca") -> ssl.SSLContext:
    """What the lab trusts and shows."""
    return client_context((str(files / authority),), str(files / "crt"), str(files / "key"), PASSWORD)


def test_a_connection_speaks_tls(server: ScriptedServer, files: Path) -> None:
    """Questions and replies pass as they do without."""
    with Connection(*server.address, tls=context(files)) as connection:
        assert connection.command("SET", "key", "x" * 100_000) == "OK"
        assert connection.command("MGET", "key") == ["x" * 100_000]


def test_a_server_of_another_authority_is_not_talked_to(server: ScriptedServer, files: Path) -> None:
    """It counts as unreachable, with the library's words."""
    with pytest.raises(Unreachable, match=r"no connection .*CERTIFICATE_VERIFY_FAILED"):
        Connection(*server.address, tls=context(files, "foreign"))
    assert not server.received


def broken_pair() -> socket.socket:
    """A connected socket that the other side has reset, which nobody has noticed yet."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        plain = socket.create_connection(listening.getsockname())
        plain.setblocking(False)
        other, _ = listening.accept()
        other.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        other.close()
    watching = select.poll()
    watching.register(plain, select.POLLIN)
    assert watching.poll(5000), "the reset does not arrive"
    return plain


@pytest.mark.parametrize("call", ["send", "recv"])
def test_a_connection_that_broke_before_its_handshake_is_a_broken_one(files: Path, call: str) -> None:
    """The library refuses to make a TLS socket of it; here that is said by the first call, as of any broken connection."""
    plain = broken_pair()
    stream = TlsSocket(plain, context(files))
    with pytest.raises(OSError, match=r"not connected|reset|Broken pipe") as refused:
        stream.send(b"PING") if call == "send" else stream.recv(1)
    assert not isinstance(refused.value, BlockingIOError)
    assert plain.fileno() >= 0, "who watches the descriptor must find it until it is closed"
    stream.close()
    assert plain.fileno() < 0


def test_a_folder_of_authorities_is_looked_up_by_hash(server: ScriptedServer, files: Path, tmp_path: Path) -> None:
    """As the servers' library does it."""
    words = ["openssl", "x509", "-hash", "-noout", "-in", str(files / "ca")]
    digest = subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()
    (tmp_path / f"{digest}.0").write_text((files / "ca").read_text())
    trusting = client_context((str(tmp_path),), str(files / "crt"), str(files / "key"), PASSWORD)
    with Connection(*server.address, tls=trusting) as connection:
        assert connection.command("PING") == "PONG"


def test_what_a_server_shows_is_its_certificate(server: ScriptedServer, files: Path) -> None:
    """As DER; nothing is shown to whom the server's authority is unknown."""
    expected = ssl.PEM_cert_to_DER_cert((files / "crt").read_text())
    assert shown_certificate(socket.create_connection(server.address), context(files)) == expected
    with pytest.raises(ssl.SSLCertVerificationError):
        shown_certificate(socket.create_connection(server.address), context(files, "foreign"))


def test_an_expired_certificate_is_trusted_by_the_lab_alone(tmp_path: Path) -> None:
    """Clients refuse it; the lab, which lets certificates expire, may look all the same, and trusts no other authority for that."""
    material = make_material(["127.0.0.1"])
    yesterday = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=1)
    late = make_certificate(material.authority, material.authority_key, ["127.0.0.1"], until=yesterday)
    texts = {"ca": material.authority, "crt": late.certificate, "key": late.key(PASSWORD)}
    for name, text in (texts | {"foreign": make_material(["127.0.0.1"]).authority}).items():
        (tmp_path / name).write_text(text)
    shows = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shows.load_cert_chain(tmp_path / "crt", tmp_path / "key", PASSWORD)
    with ScriptedServer(tls=shows) as expired:
        with pytest.raises(Unreachable, match="certificate has expired"):
            Connection(*expired.address, tls=client_context((str(tmp_path / "ca"),)))
        with Connection(*expired.address, tls=client_context((str(tmp_path / "ca"),), ignores_expiry=True)) as lab:
            assert lab.command("PING") == "PONG"
        with pytest.raises(Unreachable):
            Connection(*expired.address, tls=client_context((str(tmp_path / "foreign"),), ignores_expiry=True))
