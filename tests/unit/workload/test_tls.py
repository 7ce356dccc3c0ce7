"""TLS towards data nodes and Sentinels: the same outcomes, and no word to a server that cannot prove itself."""

import ssl
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from jsquared.errors import BadInputError
from jsquared.records.history import OK
from jsquared.resp.nonblocking import CLOSED_STATE
from jsquared.workload.client import tls_context


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a self-signed certificate and its key, twice: ``own`` and ``foreign``."""
    folder = tmp_path_factory.mktemp("certificates")
    for name in ("own", "foreign"):
        words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
        files = ["-keyout", folder / f"{name}.key", "-out", folder / f"{name}.crt"]
        subprocess.run(["openssl", *words, *files], check=True, capture_output=True)
    return folder


def server_context(folder: Path, name: str, *, wants_certificate: bool = False) -> ssl.SSLContext:
    """What a server shows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{name}.crt", folder / f"{name}.key")
    if wants_certificate:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(folder / "own.crt")
    return context


@pytest.mark.parametrize("load", [{"rate_per_s": 500}, {"rate_per_s": 0, "pipeline": 16}], ids=["open", "closed"])
def test_writes_are_acknowledged_over_tls(lab, certificates: Path, load: dict[str, int]) -> None:
    """Client and servers that trust each other's certificate talk as without TLS."""
    own, key = str(certificates / "own.crt"), str(certificates / "own.key")
    lab.serve(tls=server_context(certificates, "own", wants_certificate=True))
    client = lab.begin(authorities=(own,), certfile=own, keyfile=key, operation_timeout_ms=5000, **load)
    lab.until(lambda: client.primary._recorder.acknowledged > 200, "writes")
    operations = lab.finish()
    assert set(operations.outcome.tolist()) == {OK}


def test_only_those_that_speak_tls_are_spoken_to_so(lab, certificates: Path) -> None:
    """Where neither data nodes nor Sentinels have a port for it, the files make no difference."""
    lab.serve()
    sentinels = tuple(replace(sentinel, plain=True) for sentinel in lab.spec().sentinels)
    own = str(certificates / "own.crt")
    client = lab.begin(authorities=(own,), plain=True, sentinels=sentinels)
    lab.until(lambda: client.primary._recorder.acknowledged > 20, "writes")
    assert set(lab.finish().outcome.tolist()) == {OK}


def test_large_batches_pass_through_tls(lab, certificates: Path) -> None:
    """What does not fit into the socket at once is sent on, record by record."""
    lab.serve(tls=server_context(certificates, "own"))
    load = {"rate_per_s": 0, "pipeline": 64, "value_bytes": 20_000, "operation_timeout_ms": 10_000}
    client = lab.begin(authorities=(str(certificates / "own.crt"),), **load)
    lab.until(lambda: client.primary._recorder.acknowledged > 1000, "writes")
    assert set(lab.finish().outcome.tolist()) == {OK}


def test_a_server_with_another_certificate_is_not_talked_to(lab, certificates: Path) -> None:
    """A Sentinel that shows a certificate of somebody else is not believed."""
    lab.serve(tls=server_context(certificates, "foreign"))
    client = lab.start(authorities=(str(certificates / "own.crt"),))
    link = client._sentinels.links[0]
    lab.until(lambda: link.opened_ns and link.state == CLOSED_STATE, "the connection was given up")
    lab.client.stop("stopped")
    lab.until(lambda: lab.has_said("ended"), "its end")
    assert "ready" not in lab.actions()
    assert not lab.sentinels[0].received


def test_a_missing_certificate_is_said(lab, tmp_path: Path) -> None:
    """A certificate that cannot be read is bad input, named."""
    lab.serve()
    with pytest.raises(BadInputError, match="no usable certificate"):
        tls_context(lab.spec(authorities=(str(tmp_path / "none.crt"),)))
