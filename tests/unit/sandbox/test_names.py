"""The name service answers each host as it was told to, and a lookup measures what a host gets."""

import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from jsquared.errors import SandboxError
from jsquared.sandbox import names_files, syscalls
from jsquared.sandbox.names import Names

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
        self.uncovered = 0

    def know(self, names: Mapping[str, str]) -> None:
        """Note it."""
        self.known = names

    def uncover(self) -> None:
        """Note it."""
        self.uncovered += 1


@pytest.fixture
def told() -> Told:
    """The files of the name service."""
    return Told()


@pytest.fixture
def names(told: Told) -> Iterator[Names]:
    """A name service on a free port of loopback that knows one name."""
    service = Names("127.0.0.1", prepare=lambda _: told, socket_on=socket_on, host_of=lambda: HOSTS, port=0)
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
    assert told.uncovered == 1
    assert names.lookup("n1", "redis-1", limit_s=0.05).said == "nothing"
    with pytest.raises(SandboxError, match="no names are served"):
        names.disturb(["n1"])


def test_a_taken_port_is_said(names: Names) -> None:
    """Where somebody else listens, the error says so."""
    second = Names("127.0.0.1", prepare=lambda _: Told(), socket_on=socket_on, host_of=dict, port=names._where[1])
    with pytest.raises(SandboxError, match="names cannot be served"):
        second.serve({})


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine's files in a folder, of which no mount is really made."""
    for name in ("HOSTS", "SWITCH", "RESOLVER"):
        path = tmp_path / name.lower()
        path.touch()
        monkeypatch.setattr(names_files, name, path)
    monkeypatch.setattr(names_files, "CACHE_DAEMON", tmp_path / "nscd")
    return tmp_path


def test_the_machines_files_are_covered(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hosts, switch and resolver are covered by the trial's own, a cache daemon is hidden, and all is taken away again."""
    covered: list[tuple[str, str]] = []
    detached: list[str] = []
    monkeypatch.setattr(syscalls, "mount", lambda source, target, *_: covered.append((Path(source).name, target)))
    monkeypatch.setattr(syscalls, "detach", detached.append)
    (machine / "nscd").mkdir()
    files = names_files.NameFiles("10.77.0.1", machine / "own")
    targets = [str(machine / name) for name in ("hosts", "switch", "resolver", "nscd")]
    assert covered == list(zip(["hosts", "switch", "resolver", "none"], targets, strict=True))
    assert "nameserver 10.77.0.1" in (machine / "own" / "resolver").read_text()
    own = machine / "own" / "hosts"
    assert own.read_text() == "127.0.0.1 localhost\n"
    files.know({"redis-1.example": "10.77.1.1", "redis-2.example.": "10.77.1.2"})
    assert own.read_text() == "127.0.0.1 localhost\n10.77.1.1 redis-1.example\n10.77.1.2 redis-2.example\n"
    files.know({})
    assert own.read_text() == "127.0.0.1 localhost\n"
    files.uncover()
    files.uncover()
    assert detached == targets[::-1]


def test_a_missing_switch_needs_no_cover(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a switch file libraries ask files and dns anyway; without a resolver's file the error names it."""
    covered: list[str] = []
    monkeypatch.setattr(syscalls, "mount", lambda source, target, *_: covered.append(target))
    monkeypatch.setattr(syscalls, "detach", lambda _: None)
    (machine / "switch").unlink()
    names_files.NameFiles("10.77.0.1", machine / "own").uncover()
    assert covered == [str(machine / "hosts"), str(machine / "resolver")]
    (machine / "resolver").unlink()
    with pytest.raises(SandboxError, match="resolver: is missing"):
        names_files.NameFiles("10.77.0.1", machine / "own")


def test_a_refused_mount_is_explained(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused mount becomes one line, and what was covered before is uncovered."""

    def refuse(_source: str, target: str, *_: object) -> None:
        if target.endswith("resolver"):
            raise PermissionError(1, "Operation not permitted")

    detached: list[str] = []
    monkeypatch.setattr(syscalls, "mount", refuse)
    monkeypatch.setattr(syscalls, "detach", detached.append)
    with pytest.raises(SandboxError, match="cannot be replaced in the trial: Operation not permitted"):
        names_files.NameFiles("10.77.0.1", machine / "own")
    assert len(detached) == 2
