"""Services that extend one of another Compose file: their paths, their places in messages, and what is refused."""

from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.deployment.model.reach import Allowed
from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.read.compose.compose_extended import MOST_FILES
from jsquared.deployment.read.load import load_deployment
from jsquared.errors import BadInputError
from support.compose_fixtures import COMPOSE_FIXTURES

Tree = Callable[[dict[str, str]], Path]
WATCH = "{image: redis, command: redis-sentinel /s.conf, configs: [{source: s, target: /s.conf}]}"
PROJECT = f"""services:
  one: {{extends: {{file: shared/base.yaml, service: node}}}}
  two:
    extends: {{file: shared/base.yaml, service: node}}
    command: redis-server /r.conf --replicaof one 6379
  watch: {WATCH}
configs: {{s: {{content: "sentinel resolve-hostnames yes\\nsentinel monitor m one 6379 1"}}}}
"""
BASE = (
    "services:\n  node: {image: redis, command: redis-server /r.conf, volumes: ['./r.conf:/r.conf', './data:/data']}\n"
)
Load = Callable[..., Deployment]


@pytest.fixture
def load(tree: Tree) -> Load:
    """``load(files, **allowed)``: the project above with these files beside it."""

    def read(files: dict[str, str], **allowed: list[str]) -> Deployment:
        given = {"compose.yaml": PROJECT, "shared/base.yaml": BASE, "shared/r.conf": "hz 50\n"}
        return load_deployment(tree({**given, **files}) / "compose.yaml", Allowed(**allowed))  # type: ignore[arg-type]

    return read


def test_a_template_in_a_folder_of_its_own() -> None:
    """Mounts and ``env_file`` begin at the extended file, an ``extends`` in it stays in it, and what the service adds is added."""
    deployment = load_deployment(COMPOSE_FIXTURES / "services-of-another-file")
    assert {node.value("appendonly") for node in deployment.data} == {"yes"}
    assert [node.value("replicaof") for node in deployment.data] == ["", "first", "first"]
    assert deployment.quorum == 2
    assert "common/servers.yaml" in deployment.input_files
    assert set(deployment.host_names.storage.values()) == {"first:.", "second:.", "third:."}


def test_paths_begin_at_the_file_that_they_stand_in(load: Load) -> None:
    """The extended service's file is found beside it, not beside the project, and a folder that services share is one."""
    deployment = load({"r.conf": "hz 10\n"})
    assert {node.value("hz") for node in deployment.data} == {"50"}
    assert set(deployment.host_names.storage.values()) == {"./shared/data:."}


def test_a_line_is_where_it_was_written(load: Load) -> None:
    """The place of an option of the extended service is the other file."""
    base = BASE.replace("redis-server /r.conf", "redis-server /r.conf --databases 3")
    [line] = [line for line in load({"shared/base.yaml": base}).data[0].directives if line.key == "databases"]
    assert line.where.endswith("shared/base.yaml:2, services.node.command")


def test_files_extend_each_other_in_turn(load: Load) -> None:
    """A chain through folders is followed, and variables are the project's, not those beside the other file."""
    files = {
        "shared/base.yaml": "services:\n  node: {extends: {file: ../deep/x.yaml, service: core}}\n",
        "deep/x.yaml": "services:\n  core: {image: redis, command: 'redis-server /r.conf --hz ${HZ}', volumes: ['./r.conf:/r.conf']}\n",
        "deep/r.conf": "databases 7\n",
        "deep/.env": "HZ=99\n",
        ".env": "HZ=20\n",
    }
    node = load(files).data[0]
    assert (node.value("databases"), node.value("hz")) == ("7", "20")


REFUSED = {
    "circle": (
        {"shared/base.yaml": "services:\n  node: {extends: {file: ../compose.yaml, service: one}}\n"},
        "no service 'one' to extend in compose.yaml",
    ),
    "unknown": ({"shared/base.yaml": "services:\n  other: {image: redis}\n"}, "no service 'node' to extend in shared/base.yaml"),
    "broken": ({"shared/base.yaml": "services: [\n"}, "shared/base.yaml:2:1: malformed YAML"),
    "elsewhere": (
        {"shared/base.yaml": "services:\n  node: {extends: {file: ../../x.yaml, service: a}}\n"},
        "x.yaml lies outside the folders that may be read. Try: a copy of it in the deployment's folder, or --allow-path",
    ),
    "too many": (
        {f"shared/{number}.yaml": "services:\n  n: {image: x}\n" for number in range(MOST_FILES + 1)}
        | {"compose.yaml": "services:\n" + "".join(
            f"  a{number}: {{extends: {{file: shared/{number}.yaml, service: n}}}}\n" for number in range(MOST_FILES + 1)
        )},
        "more than 100 files are extended",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_extended(load: Load, case: str) -> None:
    """One line names the place that extends, or the file that cannot be read."""
    files, message = REFUSED[case]
    with pytest.raises(BadInputError) as refused:
        load(files)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_elsewhere_may_be_allowed(load: Load, tmp_path: Path) -> None:
    """``--allow-path`` lets a file outside the deployment's folder be extended."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "base.yaml").write_text(BASE.replace("'./r.conf:/r.conf', ", "").replace("/r.conf", "--hz 33"))
    project = PROJECT.replace("shared/base.yaml", str(elsewhere / "base.yaml")).replace("/r.conf --", "--")
    with pytest.raises(BadInputError, match="lies outside the folders that may be read"):
        load({"compose.yaml": project})
    assert load({"compose.yaml": project}, paths=[str(elsewhere)]).data[0].value("hz") == "33"
