"""Names, files and folders, and the deployments that are shipped."""

from pathlib import Path

import pytest

from jsquared.errors import BadInputError
from jsquared.topology.load import SHIPPED, load_deployment, shipped_deployments


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
    """What is neither a name nor a path says what there is."""
    with pytest.raises(
        BadInputError, match=r"^--deployment: .* is neither a shipped deployment nor a file or folder"
    ) as caught:
        load_deployment(name)
    assert any(shipped in str(caught.value) for shipped in SHIPPED)


def test_a_device_is_no_deployment() -> None:
    """Reading does not begin on what never ends."""
    with pytest.raises(BadInputError, match="/dev/zero: is no regular file"):
        load_deployment("/dev/zero")
