"""Names, files and folders, and the deployments that are shipped."""

from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.deployment.model.input_files import read_given
from jsquared.deployment.model.reach import Allowed
from jsquared.deployment.read.load import load_deployment, shipped_deployments
from jsquared.errors import BadInputError


def test_the_shipped_deployments_are_what_they_say() -> None:
    """Names, shapes and timings are those that the documentation names."""
    shapes = {
        deployment.name: (
            deployment.replica_count,
            [node.host for node in deployment.sentinels],
            deployment.quorum,
            deployment.down_after_ms,
            deployment.failover_timeout_ms,
            deployment.parallel_syncs,
            len(deployment.clients),
            deployment.aof_everywhere,
        )
        for deployment in shipped_deployments()
    }
    assert shapes == {
        "reference": (2, ["n1", "n2", "n3"], 2, 3500, 6000, 2, 2, True),
        "hardened": (2, ["n1", "n2", "n3"], 2, 3500, 6000, 2, 2, True),
        "hostnames": (2, ["n1", "n2", "n3"], 2, 3500, 6000, 2, 2, True),
        "five-hosts": (4, ["n1", "n2", "n3", "n4", "n5"], 3, 3500, 6000, 4, 2, True),
        "two-primaries": (2, ["n1", "n2", "n3"], 2, 3500, 6000, 2, 2, True),
        "apart": (2, ["s1", "s2", "s3"], 2, 3500, 6000, 2, 2, True),
        "stock": (2, ["n1", "n2", "n3"], 2, 30_000, 180_000, 1, 2, False),
        "classic-2013": (4, ["n1", "n2", "n3", "n4", "n5"], 3, 5000, 900_000, 5, 5, False),
    }
    assert all(deployment.description.endswith(".") for deployment in shipped_deployments())
    assert [client.asks for client in load_deployment("classic-2013").clients[:2]] == [("n1",), ("n2",)]


def test_apart_differs_from_the_reference_in_its_sentinels_only() -> None:
    """Both have the same settings, so what they show differently comes from the placement."""
    reference, apart = load_deployment("reference"), load_deployment("apart")

    def lines(name: str) -> list[list[str]]:
        deployment = load_deployment(name)
        return [[line.text for line in node.directives] for node in deployment.nodes]

    assert lines("reference") == lines("apart")
    assert reference.client_policy == apart.client_policy


def test_stock_sets_nothing() -> None:
    """Only who replicates from whom and who is monitored is written."""
    lines = {line.key for node in load_deployment("stock").nodes for line in node.directives}
    assert lines == {"replicaof", "sentinel monitor"}


def test_files_and_folders_are_loaded(tmp_path: Path, deployments: Path) -> None:
    """Whatever is no shipped name is a path; a copied shipped file is a deployment of its own."""
    copy = tmp_path / "mine.yaml"
    copy.write_text("data: [a]\nsentinels: [a]\n")
    assert load_deployment(copy).name == "mine"
    assert load_deployment(str(deployments / "production")).name == "production"


@pytest.mark.parametrize("name", ["refrence", "nowhere/at/all", "", "a\0b", "x" * 5000])
def test_unknown_names_are_refused(name: str) -> None:
    """What is neither a name nor a path says where to look for what there is."""
    with pytest.raises(
        BadInputError, match=r"^--deployment: .* is neither a shipped deployment nor a file or folder"
    ) as caught:
        load_deployment(name)
    assert "jsquared deployments" in str(caught.value)


def test_a_device_is_no_deployment() -> None:
    """Reading does not begin on what never ends."""
    with pytest.raises(BadInputError, match="/dev/zero: is neither a regular file"):
        load_deployment("/dev/zero")


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder ``repo`` with a deployment and links to it, to a folder beside it and to a neighbour."""
    repo = tmp_path / "repo"
    for folder in (repo / "ops" / "v2", repo / "private", tmp_path / "private"):
        folder.mkdir(parents=True)
        (folder / "d.yaml").write_text("data: [n1, n2, n3]\nsentinels: [n1, n2, n3]\n")
    (repo / "ops" / "out").symlink_to("../../private")
    (repo / "ops" / "neighbour").symlink_to("../private")
    (repo / "ops" / "current").symlink_to("v2")
    monkeypatch.chdir(repo)
    return repo


@pytest.mark.parametrize("name", ["ops/out", "ops/out/d.yaml", "ops/neighbour/d.yaml", "./ops/../ops/out/d.yaml"])
def test_a_link_below_the_working_folder_leads_nowhere_else(checkout: Path, name: str) -> None:
    """Who wrote the files may have made it: the folder or file itself has to be named, absolute paths below included."""
    for path in (name, str(checkout / name)):
        with pytest.raises(
            BadInputError, match=r"is a link that leads out of its folder\. Try: the (file|folder) itself, /"
        ):
            load_deployment(path)
    with pytest.raises(BadInputError, match="leads out of its folder"):
        read_given(Path(name))
    with pytest.raises(BadInputError, match="leads out of its folder"):
        load_deployment("ops/v2/d.yaml", Allowed(paths=["ops/out"]))


def test_the_users_own_word_is_followed(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Links that stay in their folder, dots of the user's, and an absolute path to elsewhere."""
    for name in ("ops/current/d.yaml", "../private/d.yaml", str(checkout.parent / "private" / "d.yaml")):
        assert len(load_deployment(name).data) == 3
    absolute = str(checkout / "ops" / "out" / "d.yaml")
    monkeypatch.chdir(checkout / "private")
    assert len(load_deployment(absolute).data) == 3
    with pytest.raises(BadInputError, match="leads out of its folder"):
        load_deployment("../ops/out/d.yaml")


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("n1/etc/redis/redis.conf", "port 6379\n", "data node"),
        ("n1/sentinel.conf", "sentinel monitor m 10.0.0.1 6379 2\n", "Sentinel"),
        ("cache.cfg", "appendonly yes\nport 6379\n", "data node"),
    ],
)
def test_the_file_of_one_server_is_not_a_deployment(
    tree: Callable[[dict[str, str]], Path], name: str, text: str, kind: str
) -> None:
    """Whoever gives a native file in place of a folder is told so, and to give the folder."""
    with pytest.raises(
        BadInputError, match=f"is the file of one {kind}, and a .*Try: the folder that they are in, FOLDER/<host>"
    ):
        load_deployment(tree({name: text}) / name)


TEMPLATE = """{{- if .Values.sentinel }}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ .Release.Name }}
{{- end }}
"""


def test_the_template_of_a_chart_is_not_manifests(tree: Callable[[dict[str, str]], Path]) -> None:
    """What helm has not filled in is named, in one file as in a folder; text in braces alone is no template."""
    root = tree({"templates/a.yaml": TEMPLATE})
    for given in (root, root / "templates" / "a.yaml"):
        with pytest.raises(BadInputError, match="Try: helm template RELEASE CHART"):
            load_deployment(given)
    other = tree({"a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: '{{ $labels.x }}'}\n"})
    with pytest.raises(BadInputError, match="Try: what helm template prints"):
        load_deployment(other)
