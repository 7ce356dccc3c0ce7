"""How a running deployment is spoken to: encrypted, logged in and with renamed commands, each node as its configuration wants it."""

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from jsquared.errors import EXIT_BAD_INPUT, BadInputError
from jsquared.records.placement import TlsFiles
from jsquared.resp.failures import DisabledCommandError, Unreachable
from jsquared.running.deployment import RunningDeployment
from jsquared.testing.fake_deployment import FakeDeployment, fake_deployment
from jsquared.testing.scripted_server import ScriptedServer
from support.tls_files import PASSWORD, server_context, write_tls_files

AtAddresses = Callable[..., RunningDeployment]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with certificates."""
    return write_tls_files(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def server(files: Path) -> Iterator[ScriptedServer]:
    """A server that wants a certificate."""
    with ScriptedServer(tls=server_context(files)) as started:
        yield started


def test_the_plan_says_what_to_trust_and_show(server: ScriptedServer, files: Path, at_addresses: AtAddresses) -> None:
    """A node that speaks TLS is asked with it; one that does not, without."""
    deployment = at_addresses({"redis-n1": server.address}, {"redis-n1": {"tls": True}})
    material = TlsFiles(
        authorities=(str(files / "ca"),), certificate=str(files / "crt"), key=str(files / "key"), key_password=PASSWORD
    )
    deployment._tls_files = material
    assert deployment.ask("redis-n1", "PING") == "PONG"
    assert deployment.tls("redis-n2") is None


def test_what_a_node_shows_is_looked_at_as_clients_do(
    server: ScriptedServer, files: Path, at_addresses: AtAddresses
) -> None:
    """Its certificate, and why others would not trust it; who does not listen shows nothing."""
    deployment = at_addresses({"redis-n1": server.address}, {"redis-n1": {"tls": True}})
    trusted = TlsFiles(
        authorities=(str(files / "ca"),), certificate=str(files / "crt"), key=str(files / "key"), key_password=PASSWORD
    )
    deployment._tls_files = trusted
    shown, refusal = deployment.certificate("redis-n1")
    assert (shown, refusal) == (ssl.PEM_cert_to_DER_cert((files / "crt").read_text()), "")
    deployment._tls_files = msgspec.structs.replace(trusted, authorities=(str(files / "foreign"),))
    shown, refusal = deployment.certificate("redis-n1")  # the lab's own context is the one from before
    assert shown
    assert "certificate" in refusal
    server.vanish()
    with pytest.raises(Unreachable, match="no TLS"):
        deployment.certificate("redis-n1")


@pytest.mark.parametrize("password", ["", "wrong"])
def test_a_key_that_does_not_open_is_bad_input(files: Path, at_addresses: AtAddresses, password: str) -> None:
    """It is said which certificate cannot be used; nobody is asked at the terminal for a password."""
    deployment = at_addresses({}, {"redis-n1": {"tls": True}})
    shown = {"certificate": str(files / "crt"), "key": str(files / "key"), "key_password": password}
    deployment._tls_files = TlsFiles(**shown)
    with pytest.raises(BadInputError, match=r"crt: no usable certificate .* Try: the certificates"):
        deployment.tls("redis-n1")


def test_commands_go_by_the_names_that_they_have_there(at_addresses: AtAddresses) -> None:
    """Whoever asks uses Redis' own words; what was taken away is not even sent."""
    with ScriptedServer() as plain:
        plain.script["KNOCK"] = b"+who is there\r\n"
        plain.script["ENTER"] = b"+OK\r\n"
        names = (("PING", "knock"), ("AUTH", "enter"), ("DEBUG", ""))
        of_node = {"renamed": names, "login": ("user", "password")}
        deployment = at_addresses({"redis-n1": plain.address}, {"redis-n1": of_node})
        assert deployment.ask("redis-n1", "ping") == "who is there"
        assert deployment.ask("redis-n1", "DBSIZE") == 0
        assert deployment.ask_all(["redis-n1"], "PING") == {"redis-n1": "who is there"}
        with pytest.raises(DisabledCommandError, match=r'DEBUG is taken away there .rename-command DEBUG ""') as caught:
            deployment.ask("redis-n1", "DEBUG", "SLEEP", 1)
        assert caught.value.exit_code == EXIT_BAD_INPUT
        assert [b"enter", b"user", b"password"] in plain.received
        assert not plain.count("DEBUG")


def test_files_that_were_made_are_installed_with_the_configuration(tmp_path: Path) -> None:
    """Each goes into the folder of its node, by the name that the configuration calls it."""
    with fake_deployment(tmp_path) as fake:
        made = {"redis-n1.users.acl": "user a", "redis-n2.tls.key": "key"}
        placed = fake.placement
        fake.deployment.placement = msgspec.structs.replace(placed, config_files=placed.config_files | made)
        _install_all(fake)
        assert (Path(fake.deployment.folder("redis-n1").path) / "redis-n1.users.acl").read_text() == "user a"
        assert not (Path(fake.deployment.folder("redis-n1").path) / "redis-n2.tls.key").exists()


def _install_all(fake: FakeDeployment) -> None:
    for node in fake.plan.nodes:
        fake.deployment.install(node.name)
