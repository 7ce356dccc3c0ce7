"""The runs' part of the live page: lists, one run, trends, comparisons, and reports that can reach nothing."""

from pathlib import Path

import pytest

from support.record_runs import at_day, record_run
from support.sample_run import write_sample_run


@pytest.fixture
def folders(served) -> list[str]:
    """Two runs of one scenario, with reports, and a damaged one."""
    for name in ("20260101T120000-crash-1", "20260102T120000-crash-2"):
        write_sample_run(served.runs / name)
        assert served.change({"do": "report", "run": name}).status == 200
    damaged = served.runs / "20260103T120000-crash-3"
    damaged.mkdir()
    (damaged / "plan.json").write_text("<script>")
    return ["20260101T120000-crash-1", "20260102T120000-crash-2", damaged.name]


def test_runs_are_listed(served, folders: list[str]) -> None:
    """All of them, the damaged one as such, with what the list of the command line knows."""
    told = served.get("/runs/list").told
    assert (told["total"], {run["run"] for run in told["runs"]}) == (3, set(folders))
    assert {run["state"] for run in told["runs"]} >= {"damaged"}


def test_a_folder_that_is_not_there_yet_is_empty(served) -> None:
    """Before the first run there is none, and no error."""
    served.runs.rmdir()
    assert served.get("/runs/list").told["runs"] == []


def test_one_run_is_shown(served, folders: list[str]) -> None:
    """Its facts, its objectives in words, and whether it has a report; a damaged one says why."""
    told = served.get(f"/runs/one/{folders[0]}").told
    assert told["has_report"]
    assert told["facts"]["run"] == folders[0]
    assert all(set(one) == {"name", "value", "limit", "outcome"} for one in told["objectives"])
    assert "damaged" in served.get(f"/runs/one/{folders[2]}").told["problem"]


def test_two_runs_are_compared(served, folders: list[str]) -> None:
    """As jsquared compare does it, in words."""
    told = served.get(f"/runs/compared/{folders[0]}/{folders[1]}").told
    assert told["outcome"] == "not worse"
    assert {"scenario", "objective", "old", "new", "change", "reason"} == set(told["differences"][0])
    assert served.get(f"/runs/compared/{folders[0]}/nothing").status == 400


def test_a_report_can_reach_nothing(served, folders: list[str]) -> None:
    """Its origin is a foreign one, it may load nothing, and only this page may frame it."""
    report = served.runs / folders[0] / "report.html"
    report.write_text("<script>parent.document.cookie</script>")
    answer = served.get(f"/frames/report/{folders[0]}")
    assert (answer.status, answer.body) == (200, report.read_bytes())
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-scripts; default-src 'none';")
    assert "allow-same-origin" not in policy
    assert "allow-top-navigation" not in policy
    assert "connect-src" not in policy
    assert "frame-ancestors 'self'" in policy
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"


def test_a_trend_is_a_frame_without_scripts(served) -> None:
    """The page that jsquared runs trend writes, by day or by week, and nothing else."""
    record_run(served.runs, at_day(1))
    for period in ("day", "week"):
        answer = served.get(f"/frames/trend/{period}")
        assert b"1 run, 1 configuration" in answer.body
        assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'; style-src")
    assert served.get("/frames/trend/century").status == 400


@pytest.mark.parametrize("name", ["..", "%2e%2e", "..%2f..%2fetc", "%2fetc%2fpasswd", "nothing", "%00", "a" * 3000])
def test_only_names_of_runs_are_looked_up(served, folders: list[str], name: str) -> None:
    """No path of a request is ever opened."""
    for path in (f"/runs/one/{name}", f"/frames/report/{name}", f"/runs/compared/{name}/{folders[0]}"):
        assert served.get(path).status in (400, 404)


def test_links_are_not_followed(served, folders: list[str], tmp_path: Path) -> None:
    """Neither a folder nor a report that is a link is a run's."""
    secret = tmp_path / "secret"
    secret.write_text("secret")
    (served.runs / "linked").symlink_to(served.runs / folders[0])
    report = served.runs / folders[1] / "report.html"
    report.unlink()
    report.symlink_to(secret)
    assert served.get("/frames/report/linked").status == 400
    answer = served.get(f"/frames/report/{folders[1]}")
    assert (answer.status, b"secret" in answer.body) == (400, False)
