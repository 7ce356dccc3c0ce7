"""Lines that lead elsewhere than to the primary: they are kept as they are, found by the analysis, and rendered as they were meant."""

from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.analysis.analysis import analyse
from jsquared.analysis.attachment import RULES
from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.read.native.folder import read_folder
from jsquared.deployment.read.overrides import apply_overrides
from jsquared.deployment.render.render import Rendered, render
from jsquared.records.findings import Finding
from jsquared.records.plan import Engine
from support.planted_deployments import DATA, SENTINEL, Folder

ENGINE = Engine(name="redis", version="7.0.15")
NAMES = {rule.id for rule in RULES}
FOLLOW = "replicaof 10.20.0.1 6379"
MONITOR = "sentinel monitor mymaster 10.20.0.1 6379 2"


@pytest.fixture
def planted(tmp_path: Path) -> Callable[..., Deployment]:
    """Makes the sound deployment with texts replaced: a file's name and two texts each time."""

    def make(*edits: tuple[str, str, str], sentinel: str = SENTINEL) -> Deployment:
        folder = Folder(DATA, sentinel, replaced={name: (before, after) for name, before, after in edits})
        return read_folder(folder.write(tmp_path / "d"))

    return make


def found(deployment: Deployment) -> list[Finding]:
    """What is wrong with who follows and monitors whom."""
    return [finding for finding in analyse(deployment, ENGINE) if finding.rule in NAMES]


def rendered(deployment: Deployment) -> Rendered:
    """The files for hosts 10.77.<role>.<number>."""
    hosts = {host: number for number, host in enumerate(deployment.hosts, 1)}
    return render(
        deployment,
        lambda host, role: f"10.77.{1 if role == 'data' else 2}.{hosts[host]}",
        lambda host: Path("/h") / host,
        ENGINE,
        1,
    )


CASES: dict[str, tuple[tuple[str, str, str], str, str, str, str]] = {
    "no replicaof": (
        ("n3/redis.conf", FOLLOW, ""),
        "replicaof-missing", "replicaof (none)", "redis-n3 replicates from no server", "port 6379",
    ),
    "replicaof no one": (
        ("n3/redis.conf", FOLLOW, "replicaof no one"),
        "replicaof-missing", "replicaof no one", "redis-n3 replicates from no server", "replicaof no one",
    ),
    "another replica": (
        ("n3/redis.conf", FOLLOW, "replicaof 10.20.0.2 6379"),
        "replicaof-astray", "replicaof 10.20.0.2 6379", "redis-n3 replicates from n2, which is a replica", "replicaof 10.77.1.2 6379",
    ),
    "a closed port": (
        ("n3/redis.conf", FOLLOW, "replicaof 10.20.0.1 6380"),
        "replicaof-astray", "replicaof 10.20.0.1 6380", "port 6380 of n1, which listens on 6379", "replicaof 10.77.1.1 6380",
    ),
    "itself": (
        ("n3/redis.conf", FOLLOW, "replicaof 127.0.0.1 6379"),
        "replicaof-astray", "replicaof 127.0.0.1 6379", "redis-n3 replicates from itself", "replicaof 127.0.0.1 6379",
    ),
    "a Sentinel of a replica": (
        ("n3/sentinel.conf", MONITOR, "sentinel monitor mymaster 10.20.0.2 6379 2"),
        "monitor-astray", "sentinel monitor mymaster 10.20.0.2 6379 2", "sentinel-n3 monitors n2, and the primary is redis-n1",
        "sentinel monitor mymaster 10.77.1.2 6379 2",
    ),
    "a Sentinel of a closed port": (
        ("n3/sentinel.conf", MONITOR, "sentinel monitor mymaster 10.20.0.1 7000 2"),
        "monitor-astray", "sentinel monitor mymaster 10.20.0.1 7000 2", "port 7000 of n1, which listens on 6379",
        "sentinel monitor mymaster 10.77.1.1 7000 2",
    ),
    "a Sentinel with another name": (
        ("n3/sentinel.conf", "mymaster", "mymastr"),
        "monitor-missing", "sentinel monitor mymastr 10.20.0.1 6379 2", "calls it mymastr", "sentinel monitor mymastr 10.77.1.1 6379 2",
    ),
    "a Sentinel of nothing": (
        ("n3/sentinel.conf", SENTINEL.format(), "port 26379\n"),
        "monitor-missing", "sentinel monitor (none)", "monitors nothing", "port 26379",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_line_that_leads_elsewhere_is_found_and_kept(planted: Callable[..., Deployment], case: str) -> None:
    """The finding names line, file and remedy; here the line leads to what it leads to at home."""
    edit, rule, directive, words, line = CASES[case]
    deployment = planted(edit)
    (finding,) = found(deployment)
    assert (finding.rule, finding.outcome) == (rule, "violated")
    assert directive in finding.directive
    assert words in finding.message
    assert finding.fix == (FOLLOW if edit[0].endswith("redis.conf") else MONITOR)
    if "(none)" not in directive:
        assert f"{edit[0]}:" in finding.where
    result = rendered(deployment)
    file = result.files["redis-n3" if edit[0].endswith("redis.conf") else "sentinel-n3"]
    assert line in file.splitlines()
    assert [node.name for node in result.nodes if node.initial_primary] == ["redis-n1"]
    assert deployment.primary.host == "n1"


@pytest.mark.parametrize("case", [case for case in CASES if "Sentinel" in case])
def test_a_sentinel_astray_is_told_of_nobody(planted: Callable[..., Deployment], case: str) -> None:
    """It must find out by itself what it would at home, and the others are not told of it either."""
    files = rendered(planted(CASES[case][0])).files
    assert "known-" not in files["sentinel-n3"]
    assert files["sentinel-n1"].count("known-sentinel") == 1
    assert files["sentinel-n1"].count("known-replica") == 2


def test_a_replica_of_a_replica_is_told_to_no_sentinel(planted: Callable[..., Deployment]) -> None:
    """Sentinels learn replicas from the primary, which does not know it."""
    files = rendered(planted(CASES["another replica"][0])).files
    assert files["sentinel-n1"].count("known-replica") == 1


def test_a_replica_that_gets_nothing_is_told_to_no_sentinel(planted: Callable[..., Deployment]) -> None:
    """A Sentinel that knew it would mend its line (+fix-slave-config)."""
    files = rendered(planted(CASES["a closed port"][0])).files
    assert files["sentinel-n1"].count("known-replica") == 1


def test_all_sentinels_may_be_astray(planted: Callable[..., Deployment]) -> None:
    """One finding for all of them; the replicas' own lines say which address is right."""
    deployment = planted(sentinel=SENTINEL.replace("10.20.0.1", "10.20.0.3"))
    (finding,) = found(deployment)
    assert finding.target == "sentinel-n1, sentinel-n2, sentinel-n3"
    assert "they agree with each other and replace it" in finding.message
    assert finding.fix == MONITOR
    assert deployment.primary.host == "n1"


def test_where_sentinels_differ_most_of_them_are_right(planted: Callable[..., Deployment]) -> None:
    """Two primaries, and the one that two of three Sentinels monitor is meant: the other one and its Sentinel are astray."""
    deployment = planted(("n3/redis.conf", FOLLOW, ""), ("n1/sentinel.conf", "10.20.0.1", "10.20.0.3"))
    assert {finding.rule: finding.target for finding in found(deployment)} == {
        "replicaof-missing": "redis-n3", "monitor-astray": "sentinel-n1",
    }  # fmt: skip


def test_replicas_of_each_other_belong_to_the_only_primary(planted: Callable[..., Deployment]) -> None:
    """Both follow a replica, and no Sentinel sees them."""
    deployment = planted(("n2/redis.conf", "10.20.0.1", "10.20.0.3"), ("n3/redis.conf", "10.20.0.1", "10.20.0.2"))
    assert [finding.target for finding in found(deployment)] == ["redis-n2", "redis-n3"]


def test_names_lead_where_they_lead(planted: Callable[..., Deployment]) -> None:
    """A host name in a line astray means the host that it names, and stays a name where names do."""
    sentinel = SENTINEL.replace("10.20.0.1", "n1") + "sentinel resolve-hostnames yes\n"
    deployment = planted(("n3/sentinel.conf", "mymaster n1", "mymaster n2"), sentinel=sentinel)
    (finding,) = found(deployment)
    assert finding.directive == "sentinel monitor mymaster n2 6379 2"
    assert "sentinel monitor mymaster 10.77.1.2 6379 2" in rendered(deployment).files["sentinel-n3"]


def test_changed_settings_leave_them_astray(planted: Callable[..., Deployment]) -> None:
    """What is tried with ``--with`` is tried on the same deployment."""
    deployment = planted(CASES["a Sentinel with another name"][0])
    assert apply_overrides(deployment, ["redis.appendonly=no"]).astray == deployment.astray


def test_a_sound_deployment_has_nothing_astray(planted: Callable[..., Deployment]) -> None:
    """No line leads elsewhere."""
    deployment = planted()
    assert not deployment.astray
    assert not found(deployment)
