"""Folders with a Compose file, and archives: read like what is in them."""

import io
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from jsquared.deployment.model.reach import Allowed
from jsquared.deployment.read.load import load_deployment
from jsquared.errors import BadInputError
from support.layouts import HOSTS, LAYOUTS, UNPAIRED, hosts_of, three

Tree = Callable[[dict[str, str]], Path]

# -- Compose

COMPOSE = """services:
  cache-1: {image: redis, command: redis-server --appendonly yes}
  cache-2: {image: redis, command: "redis-server --replicaof cache-1 6379"}
  watch: {image: redis, command: redis-sentinel /s.conf, volumes: ["./sentinel/sentinel.conf:/s.conf"]}
"""
WATCH = "sentinel resolve-hostnames yes\nsentinel monitor cache cache-1 6379 1\n"


@pytest.mark.parametrize("name", ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"])
def test_a_folder_with_a_compose_file_is_read_like_it(tree: Tree, name: str) -> None:
    """The services are the hosts, whatever configurations lie there for them."""
    root = tree({name: COMPOSE, "sentinel/sentinel.conf": WATCH})
    folder, file = load_deployment(root), load_deployment(root / name)
    assert hosts_of(folder) == hosts_of(file) == (["cache-1", "cache-2"], ["watch"])
    assert [node.directives for node in folder.nodes] == [node.directives for node in file.nodes]


def test_a_compose_file_of_something_else_is_no_deployment(tree: Tree) -> None:
    """One that speaks of no such server lies beside the files, and a mapping says that the files are meant."""
    files = three("n{}/redis.conf", "n{}/sentinel.conf")
    root = tree(files | {"compose.yaml": "services: {web: {image: nginx}}\n", "sentinel/sentinel.conf": WATCH})
    assert hosts_of(load_deployment(root, Allowed(hosts=["sentinel="]))) == (["n1", "n2", "n3"],) * 2
    (root / "compose.yaml").write_text(COMPOSE)
    assert hosts_of(load_deployment(root)) == (["cache-1", "cache-2"], ["watch"])
    said = Allowed(hosts=["sentinel="])
    assert hosts_of(load_deployment(root, said)) == (["n1", "n2", "n3"],) * 2


def test_variables_are_for_a_compose_file_in_a_folder_too(tree: Tree) -> None:
    """The options of a Compose file hold for the folder that it lies in, and for no other."""
    root = tree(
        {
            "compose.yaml": COMPOSE.replace("redis-server --appendonly yes", '"redis-server --appendonly ${AOF}"'),
            "sentinel/sentinel.conf": WATCH,
        }
    )
    assert load_deployment(root, Allowed(env=["AOF=yes"])).primary.is_on("appendonly")
    (root / "compose.yaml").write_text("services: {}\n")
    with pytest.raises(BadInputError, match="--env: this deployment is no Compose file"):
        load_deployment(root, Allowed(env=["AOF=yes"]))


# -- archives


def archive(path: Path, files: Mapping[str, str]) -> Path:
    """An archive of these files, of the kind that its name says."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, text in files.items():
                packed.writestr(name, text)
        return path
    with tarfile.open(path, "w:gz" if path.name.endswith("gz") else "w:") as packed_tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            packed_tar.addfile(info, io.BytesIO(text.encode()))
    return path


@pytest.mark.parametrize("ending", ["tar.gz", "tgz", "tar", "zip"])
@pytest.mark.parametrize(
    "layout",
    ["what rsync of /etc/redis gives", "flat, paired by number", "a folder a role", "any name, one folder a host"],
)
def test_an_archive_is_read_like_its_folder(tmp_path: Path, ending: str, layout: str) -> None:
    """Whichever layout lies in it, below one more folder or not, the hosts are the same; the deployment is called like the archive."""
    files, name = LAYOUTS[layout]
    for prefix in ("", "./", "prod/conf/"):
        packed = archive(tmp_path / f"live.{ending}", {f"{prefix}{path}": text for path, text in files.items()})
        deployment = load_deployment(packed)
        assert hosts_of(deployment) == ([name.format(number) for number in HOSTS],) * 2
        assert deployment.name == "live"


def test_a_compose_file_and_a_mapping_are_found_in_an_archive(tmp_path: Path) -> None:
    """Both may lie in the only folder of an archive."""
    compose = archive(tmp_path / "a.tgz", {"app/compose.yaml": COMPOSE, "app/sentinel/sentinel.conf": WATCH})
    assert hosts_of(load_deployment(compose)) == (["cache-1", "cache-2"], ["watch"])
    mapping = "hosts:\n  a: {redis: redis-master.conf, sentinel: watch.conf}\n  b: {redis: redis-slave.conf}\n"
    mapped = archive(
        tmp_path / "b.zip", {f"app/{name}": text for name, text in (UNPAIRED | {"jsquared.yaml": mapping}).items()}
    )
    assert hosts_of(load_deployment(mapped)) == (["a", "b"], ["a"])
    flat = archive(tmp_path / "c.tar", UNPAIRED)
    options = ["redis-master.conf=a", "redis-slave.conf=b", "watch.conf=b"]
    assert hosts_of(load_deployment(flat, Allowed(hosts=options))) == (["a", "b"], ["b"])


def test_manifests_are_found_in_a_folder_and_in_an_archive(tmp_path: Path) -> None:
    """A folder of Kubernetes manifests is one of the layouts, packed or not; a mapping makes it a folder of files again."""
    manifests = Path(__file__).parents[2] / "fixtures" / "kubernetes" / "redis-ha.yaml"
    text = manifests.read_text(encoding="utf-8")
    packed = archive(tmp_path / "live.tgz", {"chart/redis-ha.yaml": text})
    folder = tmp_path / "chart"
    folder.mkdir()
    (folder / "redis-ha.yaml").write_text(text)
    hosts = load_deployment(str(manifests)).hosts
    assert load_deployment(str(folder)).hosts == load_deployment(str(packed)).hosts == hosts
    with pytest.raises(BadInputError, match=r"redis-ha\.yaml"):
        load_deployment(str(folder), Allowed(hosts=("redis-ha.yaml=n1",)))


def test_messages_name_the_file_in_the_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is sent to a folder that is gone: places begin with the archive, and so do findings and files that are missing."""
    monkeypatch.chdir(tmp_path)
    files = three("n{}/redis.conf", "n{}/sentinel.conf")
    archive(tmp_path / "live.tgz", files)
    deployment = load_deployment("live.tgz")
    assert deployment.primary.directives[0].where == "live.tgz/n1/redis.conf:1, bind"
    archive(tmp_path / "bad.tgz", files | {"n2/redis.conf": 'requirepass "a"b'})
    with pytest.raises(BadInputError, match=r"^bad\.tgz/n2/redis\.conf:1: unbalanced quotes"):
        load_deployment("bad.tgz")
    archive(tmp_path / "odd.tgz", files | {"n2/redis.conf": "include none.conf\n"})
    with pytest.raises(
        BadInputError,
        match=r"^odd\.tgz/n2/redis\.conf:1, include: none.conf does not exist\. Try: putting it into odd\.tgz/n2",
    ):
        load_deployment("odd.tgz")
