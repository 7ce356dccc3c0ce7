"""Small Compose files that would take gigabytes or minutes are refused in one line, or their work is done once."""

from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from jsquared.deployment.model.reach import Reach
from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.read.compose import compose_image, compose_project
from jsquared.deployment.read.containers.container_files import ContainerFiles
from jsquared.deployment.read.load import load_deployment
from jsquared.errors import BadInputError

Tree = Callable[[dict[str, str]], Path]
SENTINEL = "['sh', '-c', 'echo sentinel monitor mymaster r1 6379 2 > /s.conf; exec redis-sentinel /s.conf']"
SERVICES = {
    "r1": "{image: 'redis:7', command: redis-server}",
    "r2": "{image: 'redis:7', command: redis-server --replicaof r1 6379}",
    **{f"s{number}": f"{{image: 'redis:7', command: {SENTINEL}}}" for number in (1, 2, 3)},
}


@pytest.fixture
def compose(tree: Tree) -> Callable[..., Deployment]:
    """Reads a Compose file with these services (bodies in flow style) beside the plain ones, and other files."""

    def read(services: dict[str, str], files: dict[str, str] | None = None, top: str = "") -> Deployment:
        lines = [f"  {name}: {body}" for name, body in {**SERVICES, **services}.items()]
        text = "\n".join([top, "services:", *lines, ""])
        return load_deployment(tree({"compose.yaml": text, **(files or {})}) / "compose.yaml")

    return read


Read = Callable[..., Deployment]


def counted(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> list[Any]:
    """The arguments that a function is called with from now on."""
    calls: list[Any] = []
    original = getattr(owner, name)

    def call(*arguments: Any, **named: Any) -> Any:
        calls.append(arguments)
        return original(*arguments, **named)

    monkeypatch.setattr(owner, name, call)
    return calls


def test_variables_of_a_dockerfile_that_grow_are_refused(compose: Read) -> None:
    """Their length is counted before the text is made, over all Dockerfiles."""
    lines = ["FROM redis:7", "ENV A=" + "x" * 60_000, "ENV B=" + "$A" * 30_000, "ENV C=" + "$B" * 30_000]
    with pytest.raises(BadInputError, match=r"Dockerfile: variables expand to more than 4194304 characters"):
        compose({"r1": "{build: .}"}, {"Dockerfile": "\n".join(lines)})


def test_the_limit_is_of_all_dockerfiles_together(compose: Read) -> None:
    """The second of two that would pass alone is refused."""
    lines = ["FROM redis:7", "ENV A=" + "x" * 60_000, "ENV B=" + "$A" * 40]
    services = {"r1": "{build: a}", "app": "{build: b}"}
    with pytest.raises(BadInputError, match=r"b/Dockerfile: variables expand to more than"):
        compose(services, {"a/Dockerfile": "\n".join(lines), "b/Dockerfile": "\n".join(lines)})


def test_a_dockerfile_is_read_once(compose: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many services are built of it; instructions that say nothing of a configuration are not filled in."""
    calls = counted(monkeypatch, compose_image._Dockerfile, "_filled")
    lines = ["FROM redis:7", *(f"ENV A{number}={number}" for number in range(50)), *["RUN " + "$A1" * 1000] * 15]
    deployment = compose(
        {"r1": "{build: .}", **{f"app{number}": "{build: ., command: redis-cli ping}" for number in range(20)}},
        {"Dockerfile": "\n".join(lines)},
    )
    assert "r1" in {node.host for node in deployment.data}
    assert len(calls) == 51


@pytest.mark.parametrize(
    ("line", "words"),
    [("WORKDIR " + "a/" * 2100, "a working folder of more than 4096"), ("COPY " + "a " * 2001 + "/", "more than 2000")],
)
def test_paths_of_a_dockerfile_have_limits(compose: Read, line: str, words: str) -> None:
    """Working folders in each other, and files that are copied."""
    with pytest.raises(BadInputError, match=words):
        compose({"r1": "{build: .}"}, {"Dockerfile": f"FROM redis:7\n{line}\n"})


def test_a_file_of_variables_is_read_once(compose: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it is named; what all services have of them together has a limit."""
    calls = counted(monkeypatch, compose_project, "read_env")
    named = "{image: 'redis:7', command: redis-server, env_file: [" + ", ".join(["a"] * 100) + "]}"
    compose({"r1": named}, {"a": "A=1\nB=2\n"})
    assert len(calls) == 1


def test_variables_of_files_have_a_limit(compose: Read) -> None:
    """A file that is named again and again is refused before it is put together so often."""
    lines = "".join(f"A{number}=\n" for number in range(19_000))
    named = "{image: 'redis:7', command: redis-server, env_file: [" + ", ".join(["a"] * 8000) + "]}"
    with pytest.raises(BadInputError, match="more than 1000000 variables from files in all"):
        compose({"r1": named}, {"a": lines})


def test_mounts_of_all_services_have_a_limit(compose: Read) -> None:
    """An anchor repeats a list in a few characters."""
    volumes = ", ".join(f"'./a:/{number}'" for number in range(2000))
    services = {f"app{number}": "{image: other, volumes: *v}" for number in range(12)}
    with pytest.raises(BadInputError, match="more than 20000 volumes, configs and secrets in all"):
        compose(services, top=f"x-v: &v [{volumes}]")


def test_a_path_inside_is_looked_for_by_its_folders(tmp_path: Path) -> None:
    """And not among all mounts: the deepest that fits counts, and no path is longer than Linux has them."""

    class Unordered(dict[PurePosixPath, Path]):
        """Mounts that nobody may go through."""

        def __iter__(self) -> Iterator[PurePosixPath]:
            raise AssertionError

    for name in ("root", "deep"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_text(name)
    mounts = {PurePosixPath("/"): tmp_path / "root", PurePosixPath("/a/b"): tmp_path / "deep"}
    files = ContainerFiles(Unordered(mounts), reach=Reach.of(tmp_path))
    assert (files.text("/x"), files.text("/a/b/x"), files.text("/a/x")) == ("root", "deep", None)
    assert files.on_disk("/a/b/" + "c/" * 3000) is None
