"""The name service answers each host as it was told to, and a lookup measures what a host gets."""

import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from jsquared.errors import SandboxError
from jsquared.sandbox.linux import names_files
from jsquared.sandbox.linux.name_service import Names

HOSTS = {"127.0.0.1": "n1", "127.0.0.2": "n2"}


def socket_on(host: str) -> socket.socket:
    """A socket that speaks from the host's address."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((next(address for address, name in HOSTS.items() if name == host), 0))
    return made


class Told:
    """Files on paper: what they know, and whether they are taken away."""

    def __init__(self) -> None:
        self.known: Mapping[str, str] = {}
        self.forgotten = 0

    def know(self, names: Mapping[str, str]) -> None:
        """Note it."""
        self.known = names

    def forget(self) -> None:
        """Note it."""
        self.forgotten += 1


@pytest.fixture
def told() -> Told:
    """The files of the name service."""
    return Told()


@pytest.fixture
def names(told: Told) -> Iterator[Names]:
    """A name service on a free port of loopback that knows one name."""
    service = Names("127.0.0.1", files=lambda _: told, socket_on=socket_on, host_of=lambda: HOSTS, port=0)
    service.serve({"Redis-1": "10.77.1.1"})
    yield service
    service.close()


def test_names_are_answered(names: Names) -> None:
    """A known name gives its address to every host, an unknown one none."""
    assert [names.lookup(host, "redis-1", limit_s=5).address for host in ("n1", "n2")] == ["10.77.1.1"] * 2
    unknown = names.lookup("n1", "redis-9", limit_s=5)
    assert (unknown.address, unknown.said) == ("", "no such name")


def test_answers_come_late_to_whom_it_was_said(names: Names) -> None:
    """One host waits for at least the delay, until it is answered as usual again; another host does not."""
    names.disturb(["n1"], after_ms=150)
    late = names.lookup("n1", "redis-1", limit_s=5)
    assert (late.address, late.said) == ("10.77.1.1", "address")
    assert late.ms >= 150
    assert names.lookup("n1", "redis-1", limit_s=0.01).said == "nothing"
    assert names.lookup("n2", "redis-1", limit_s=5).ms < late.ms
    names.disturb(["n1"])
    assert names.lookup("n1", "redis-1", limit_s=5).address == "10.77.1.1"


@pytest.mark.parametrize(("how", "said"), [("no-such-name", "no such name"), ("silence", "nothing")])
def test_answers_fail_as_it_was_said(names: Names, how: str, said: str) -> None:
    """A host is told that there is no such name, or nothing."""
    names.disturb(["n1"], how=how)  # type: ignore[arg-type]  # a parameter of the test
    lookup = names.lookup("n1", "redis-1", limit_s=0.2)
    assert (lookup.address, lookup.said) == ("", said)


def test_noise_is_not_answered(names: Names) -> None:
    """What is no question gets no answer, and the next question does."""
    with socket_on("n1") as noisy:
        noisy.sendto(b"noise", names._where)
    assert names.lookup("n1", "redis-1", limit_s=5).said == "address"


def test_an_answer_to_something_else_does_not_count(names: Names) -> None:
    """Only the answer to one's own question is one."""
    with socket_on("n1") as asking, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        asking.connect(names._where)
        other.bind(("127.0.0.1", 0))
        assert Names._await(asking, 1, 0.0) is None


def test_files_know_what_nobody_is_to_ask_for(names: Names, told: Told) -> None:
    """As long as the lookups of any host are disturbed, all must ask."""
    served = {"Redis-1": "10.77.1.1"}
    assert told.known == served
    names.disturb(["n1"], after_ms=20)
    names.disturb(["n2"], how="silence")
    assert told.known == {}
    names.disturb(["n1"])
    assert told.known == {}
    names.disturb(["n2"])
    assert told.known == served


def test_nobody_answers_before_and_after(names: Names, told: Told) -> None:
    """Without a service there is nothing to disturb, a lookup gets nothing, and closing twice undoes once."""
    names.close()
    names.close()
    assert told.forgotten == 1
    assert names.lookup("n1", "redis-1", limit_s=0.05).said == "nothing"
    with pytest.raises(SandboxError, match="no names are served"):
        names.disturb(["n1"])


def test_a_taken_port_is_said(names: Names) -> None:
    """Where somebody else listens, the error says so."""
    second = Names("127.0.0.1", files=lambda _: Told(), socket_on=socket_on, host_of=dict, port=names._where[1])
    with pytest.raises(SandboxError, match="names cannot be served"):
        second.serve({})


def test_files_know_names_while_they_are_served(tmp_path: Path) -> None:
    """Before and afterwards nobody is asked and nothing but localhost is known; meanwhile unknown names are asked of the server."""
    names_files.make(tmp_path)
    at_first = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert at_first == {"hosts": "127.0.0.1 localhost\n", "nsswitch.conf": "hosts: files\n", "resolv.conf": ""}
    with (tmp_path / "hosts").open() as seen_through_a_mount:
        files = names_files.NameFiles("10.77.0.1", tmp_path)
        assert "nameserver 10.77.0.1" in (tmp_path / "resolv.conf").read_text()
        assert (tmp_path / "nsswitch.conf").read_text() == "hosts: files dns\n"
        files.know({"redis-1.example": "10.77.1.1", "redis-2.example.": "10.77.1.2"})
        assert (
            seen_through_a_mount.read() == "127.0.0.1 localhost\n10.77.1.1 redis-1.example\n10.77.1.2 redis-2.example\n"
        )
        files.know({})
        assert (tmp_path / "hosts").read_text() == "127.0.0.1 localhost\n"
    files.forget()
    files.forget()
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == at_first


def test_processes_find_the_files_where_libraries_look(tmp_path: Path) -> None:
    """Each file is shown under its usual path."""
    assert dict(names_files.shown(tmp_path)) == {
        str(tmp_path / "hosts"): "/etc/hosts",
        str(tmp_path / "nsswitch.conf"): "/etc/nsswitch.conf",
        str(tmp_path / "resolv.conf"): "/etc/resolv.conf",
    }


def test_names_change_while_they_are_served(names: Names, told: Told) -> None:
    """A name means another address, or nothing, from then on; files know what is left, also after a disturbance."""
    names.change({"redis-2": "10.77.1.2", "Redis-1": "10.77.11.1"})
    assert names.lookup("n1", "redis-1", limit_s=5).address == "10.77.11.1"
    names.change({"Redis-1": ""})
    assert names.lookup("n1", "redis-1", limit_s=5).said == "no such name"
    assert told.known == {"redis-2": "10.77.1.2"}
    names.disturb(["n1"], after_ms=1)
    names.change({"redis-3": "10.77.1.3"})
    assert told.known == {}
    names.disturb(["n1"])
    assert told.known == {"redis-2": "10.77.1.2", "redis-3": "10.77.1.3"}
    names.close()
    with pytest.raises(SandboxError, match="no names are served"):
        names.change({})
