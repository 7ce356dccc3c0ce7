"""Importing configurations: what is written means the same, needs nothing else, and replaces nothing."""

import io
import stat
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from jsquared.deployment.model.reach import Allowed
from jsquared.deployment.read.load import load_deployment
from jsquared.errors import BadInputError, LabError
from jsquared.service import import_folder as service
from jsquared.service.import_folder import Import, ImportRequest, import_folder

Tree = Callable[[dict[str, str]], Path]
MONITOR = "sentinel monitor cache redis-1 6379 2\n"
FLAT = {
    f"redis-{n}.conf": "# the cache\nappendonly yes\n" + ("" if n == 1 else "replicaof redis-1 6379\n")
    for n in (1, 2, 3)
}
FLAT |= {f"sentinel-{n}.conf": MONITOR for n in (1, 2, 3)}


def imported(root: Path, out: Path | None, **allowed: list[str]) -> Import:
    """The result of importing a folder."""
    return import_folder(ImportRequest(deployment=str(root), out=out, allowed=Allowed(**allowed)))


def test_a_flat_folder_becomes_one_folder_a_host(tree: Tree, tmp_path: Path) -> None:
    """Files keep their comments, and the mapping keeps the names by which the files call the hosts."""
    out = tmp_path / "out" / "plain"
    result = imported(tree(FLAT), out)
    assert [(file.host, file.role, file.file, file.written) for file in result.files[:2]] == [
        ("node1", "data node", "redis-1.conf", "node1/redis.conf"),
        ("node1", "Sentinel", "sentinel-1.conf", "node1/sentinel.conf"),
    ]
    assert (result.master_names, result.quorum, result.also_written) == (["cache"], 2, ["jsquared.yaml"])
    assert (out / "node2" / "redis.conf").read_text() == FLAT["redis-2.conf"]
    mapping = yaml.safe_load((out / "jsquared.yaml").read_text())["hosts"]
    assert mapping["node1"] == {
        "redis": "node1/redis.conf",
        "sentinel": "node1/sentinel.conf",
        "called": ["redis-1", "sentinel-1"],
    }
    assert load_deployment(out).primary.host == "node1"
    assert stat.S_IMODE(out.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in out.rglob("*.*")} == {0o600}


def test_files_that_lines_name_come_along(tree: Tree, tmp_path: Path) -> None:
    """Includes are written out in their places; users and certificates lie beside, and two of one name are told apart by their paths."""
    files = {
        f"n{n}/etc/redis/redis.conf": f"include common.conf\n{'' if n == 1 else 'replicaof n1 6379'}\n" for n in (1, 2)
    }
    files |= {f"n{n}/etc/redis/sentinel.conf": "sentinel monitor m n1 6379 1\n" for n in (1, 2)}
    lines = "aclfile /etc/redis/users.acl\ntls-cert-file /etc/a/x.crt\ntls-key-file keys/x.key\ntls-ca-cert-file /etc/b/x.crt\n"
    beside = {
        "redis/common.conf": lines,
        "redis/users.acl": "user default on nopass ~* +@all\n",
        "a/x.crt": "A",
        "b/x.crt": "B",
    }
    files |= {f"n{n}/etc/{name}": text for n in (1, 2) for name, text in beside.items()}
    out = tmp_path / "out"
    result = imported(tree(files), out)
    assert (
        out / "n2/redis.conf"
    ).read_text() == f"# from n2/etc/redis/common.conf\n{lines}# from n2/etc/redis/redis.conf\nreplicaof n1 6379\n"
    assert [name for name in result.also_written if name.startswith("n1")] == [
        "n1/users.acl",
        "n1/etc/a/x.crt",
        "n1/etc/b/x.crt",
    ]
    assert (out / "n1/etc/b/x.crt").read_text() == "B"
    assert any("keys/x.key is not there, or may not be read" in sentence for sentence in result.missing)


def test_an_archive_and_a_compose_file_are_imported(tree: Tree, tmp_path: Path) -> None:
    """What only Compose knows of names and ports is in the mapping, so that the folder means the same."""
    root = tree(
        {
            "compose.yaml": "services:\n  cache: {image: redis, command: redis-server --appendonly yes, ports: ['16379:6379']}\n"
            "  copy: {image: redis, command: redis-server --replicaof cache 6379, container_name: second}\n"
            "  watch: {image: redis, command: redis-sentinel /s.conf, volumes: ['./s.conf:/s.conf']}\n",
            "s.conf": "sentinel resolve-hostnames yes\nsentinel monitor m cache 6379 1\n",
        }
    )
    packed = tmp_path / "app.tgz"
    with tarfile.open(packed, "w:gz") as archive:
        for file in root.iterdir():
            info = tarfile.TarInfo(f"app/{file.name}")
            info.size = file.stat().st_size
            archive.addfile(info, io.BytesIO(file.read_bytes()))
    for number, given in enumerate((root, root / "compose.yaml", packed)):
        out = tmp_path / f"out{number}"
        assert [file.host for file in imported(given, out).files] == ["cache", "copy", "watch"]
        assert "appendonly yes\n" in (out / "cache/redis.conf").read_text()
        mapping = yaml.safe_load((out / "jsquared.yaml").read_text())["hosts"]
        assert mapping["cache"]["published"] == {"16379": 6379}
        assert "second" in mapping["copy"]["called"]


def test_one_file_of_several_hosts_is_written_for_each(tree: Tree, tmp_path: Path) -> None:
    """A mapping of the command line becomes the layout."""
    files = {name: text for name, text in FLAT.items() if name.startswith("redis")} | {"sentinel.conf": MONITOR}
    imported(tree(files), tmp_path / "out", hosts=[f"sentinel.conf=node{n}" for n in (1, 2, 3)])
    assert [node.host for node in load_deployment(tmp_path / "out").sentinels] == ["node1", "node2", "node3"]


def test_nothing_is_written_without_a_folder(tree: Tree, tmp_path: Path) -> None:
    """What was understood can be looked at first."""
    before = sorted(tree(FLAT).parent.rglob("*"))
    result = imported(tmp_path / "deployment", None)
    assert (result.out, result.also_written, {file.written for file in result.files}) == ("", [], {""})
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("there", ["file", "link", "folder"])
def test_nothing_is_overwritten(tree: Tree, tmp_path: Path, there: str) -> None:
    """A file, a link or a folder with anything in it is refused; an empty folder is taken."""
    root, out = tree(FLAT), tmp_path / "out"
    if there == "file":
        out.write_text("mine")
    elif there == "link":
        (tmp_path / "empty").mkdir()
        out.symlink_to(tmp_path / "empty")
    else:
        out.mkdir()
        (out / "mine").write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(BadInputError, match="is there already, and is not overwritten"):
        imported(root, out)
    assert sorted(tmp_path.rglob("*")) == before
    (tmp_path / "new").mkdir()
    assert imported(root, tmp_path / "new").out == str(tmp_path / "new")


def test_what_needs_no_import_is_refused(tmp_path: Path) -> None:
    """Shipped deployments and YAML files are one file already."""
    (tmp_path / "lab.yaml").write_text("data: [n1]\nsentinels: [n1]\n")
    for given, what in (
        ("reference", "reference is a shipped deployment"),
        (str(tmp_path / "lab.yaml"), "is a deployment in YAML"),
    ):
        with pytest.raises(
            BadInputError, match=rf"jsquared import: .*{what}.*Try: a folder, an archive or a Compose file"
        ):
            import_folder(ImportRequest(deployment=given))


def test_a_folder_that_means_something_else_is_not_passed_on(
    tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written is read again, and a difference is the lab's failure."""
    written = service._write

    def spoilt(folder: service.PlainFolder, out: Path) -> None:
        folder.files["node1/redis.conf"] += b"hz 99\n"
        written(folder, out)

    monkeypatch.setattr(service, "_write", spoilt)
    with pytest.raises(LabError, match="what was written means something else"):
        imported(tree(FLAT), tmp_path / "out")


def test_two_data_nodes_on_a_host_have_no_place(tmp_path: Path) -> None:
    """A host of two monitored primaries cannot be written as one redis.conf."""
    compose = tmp_path / "compose.yaml"
    compose.write_text(
        "services:\n  a: {image: redis, command: redis-server}\n"
        "  b: {image: redis, command: redis-server --port 6380 --replicaof a 6379, network_mode: 'service:a'}\n"
        "  s: {image: redis, command: redis-sentinel /s.conf, volumes: ['./s.conf:/s.conf']}\n"
    )
    (tmp_path / "s.conf").write_text("sentinel monitor m a 6379 1\n")
    with pytest.raises(BadInputError, match="a has several data nodes"):
        imported(compose, None)
