"""Decisions, kept trials, architecture pages, and the check of a journal."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from jsquared.errors import BadInputError
from jsquared.journal.architecture import architecture_of, differences, margins
from jsquared.journal.architecture_page import architecture_svg, mermaid
from jsquared.journal.retention import Retention, prune
from jsquared.journal.run_index import runs_in
from jsquared.service.journal import check, decide, keep_runs, start_journal, write_day
from jsquared.testing.fake_plan import fake_plan
from support.record_runs import at_day, record_run

DAY = at_day(0).date().isoformat()
NOW = at_day(0)


@pytest.fixture
def journal(tmp_path: Path, runs: Path) -> Path:
    """A journal with a page of one day, on which two scenarios passed."""
    folder = tmp_path / "journal"
    start_journal(folder, runs, None)
    record_run(runs, at_day(0), failover_ms=4000.0)
    record_run(runs, at_day(0, 1), scenario="primary-hang")
    write_day(folder, DAY)
    return folder


def problems(journal: Path, severity: str = "error") -> list[str]:
    """What the check says."""
    return [f"{one.file}: {one.what}" for one in check(journal, NOW).problems if one.severity == severity]


def test_a_sound_journal_passes(journal: Path) -> None:
    """A journal as the commands write it has no problem, decisions and test records included."""
    decide(journal, "Three Sentinels", DAY, ["primary-hang"], "")
    keep_runs(journal, ["primary-crash", "primary-hang"], "", DAY)
    write_day(journal, DAY)
    assert check(journal, NOW).problems == []
    assert check(journal, NOW).pages == 4


def test_decisions_are_numbered_and_supersede_each_other(journal: Path) -> None:
    """The new one names the old one, which says so from then on; a number that is none is one line."""
    first = Path(decide(journal, "Detect after 5 s: enough?", DAY, [], "").file)
    second = Path(decide(journal, "Detect after 2 s", DAY, [], "1").file)
    assert (first.name, second.name) == ("0001-detect-after-5-s-enough.md", "0002-detect-after-2-s.md")
    assert "superseded-by: 0002\n" in first.read_text()
    assert "status: superseded\n" in first.read_text()
    assert "[0001](0001-detect-after-5-s-enough.md)" in second.read_text()
    assert problems(journal) == []
    for title, number in (("", ""), ("x" * 200, ""), ("fine", "77")):
        with pytest.raises(BadInputError):
            decide(journal, title, DAY, [], number)


def test_kept_trials_stay_and_prove_themselves(journal: Path, runs: Path) -> None:
    """A second record of the same runs is the first one, nothing removes them, and a verdict that changed is an error."""
    record = keep_runs(journal, ["primary-crash"], "Before the upgrade", DAY)
    again = keep_runs(journal, ["primary-crash"], "Another title", DAY)
    assert (record.is_new, again.is_new, again.file) == (True, False, record.file)
    record_run(runs, at_day(0, 2), seed=5)
    done = prune(runs, runs_in(runs), Retention(keep=1), at_day(99), dry_run=False)
    assert done.removed == []
    [folder] = runs.glob("*-primary-crash-1")
    (folder / "verdict.json").write_bytes((folder / "verdict.json").read_bytes().replace(b"4000.0", b"3000.0"))
    assert any("is no longer the one that it names" in one for one in problems(journal))


def test_runs_without_a_verdict_prove_nothing(journal: Path, runs: Path) -> None:
    """An unfinished run can neither be kept nor speak for a decision."""
    record_run(runs, at_day(0, 5), None, seed=8)
    with pytest.raises(BadInputError, match="has no verdict"):
        keep_runs(journal, ["primary-crash-8"], "", DAY)
    with pytest.raises(BadInputError, match="has no verdict"):
        decide(journal, "x", DAY, ["primary-crash-8"], "")


def test_runs_that_are_elsewhere_are_a_note(journal: Path, runs: Path) -> None:
    """In a clone without run folders nothing is an error because of that, and nothing is claimed to be the same."""
    keep_runs(journal, ["primary-crash"], "", DAY)
    runs.rename(runs.parent / "elsewhere")
    found = check(journal, NOW)
    assert found.outcome == "pass"
    assert [one.severity for one in found.problems] == ["note"]
    assert "not compared" in found.problems[0].what


@pytest.mark.parametrize(
    ("file", "text", "part"),
    [
        ("days/2026-03-02.md", "no head", "has no head"),
        ("days/2026-03-01.md", "---\nkind: week\n---\n", "its kind is 'week'"),
        ("days/2026-03-01.md", "---\nkind: day\nmood: good\n---\n", "unknown key 'mood'"),
        ("days/2026-03-01.md", "---\nkind: [\n---\n", "malformed YAML"),
        ("days/2026-03-01.md", "---\nkind: day\n---\n[x](../nothing.md)\n", "links to ../nothing.md"),
        ("days/2026-03-01.txt", "", "is no page of a day"),
        ("days/today.md", "---\nkind: day\n---\n", "is not called like a day"),
        (
            "decisions/0002-x.md",
            "---\nkind: decision\nid: 0001\nstatus: proposed\ndate: 2026-03-02\n---\n",
            "is not its id",
        ),
        ("decisions/0001-x.md", "---\nkind: decision\nid: 0001\nstatus: maybe\n---\n", "is not a status"),
        (
            "decisions/0001-x.md",
            "---\nkind: decision\nid: 0001\nstatus: accepted\ndate: 2026-03-02\n---\n",
            "no alternative",
        ),
        (
            "decisions/0001-x.md",
            "---\nkind: decision\nid: 0001\nstatus: superseded\ndate: 2026-03-02\n---\n",
            "contradict",
        ),
        (
            "decisions/0001-x.md",
            "---\nkind: decision\nid: 0001\nstatus: proposed\ndate: 2026-03-02\nsupersedes: 0009\n---\n",
            "0009",
        ),
        ("decisions/0001-x.md", "---\nkind: decision\nid: 0001\nstatus: proposed\n---\n", "has no date"),
        (
            "tests/0001-x.md",
            "---\nkind: test\nid: 0001\ndate: 2026-03-02\nruns: [../../etc pass 00]\n---\n",
            "is not a run",
        ),
        ("architecture/reference.md", "---\nkind: architecture\n---\nold\n", "is stale"),
        ("waivers.yaml", "waivers: [{rule: S7, expires: 2026-01-01}]", "ended on 2026-01-01"),
        ("waivers.yaml", "waivers: {", "malformed"),
    ],
)
def test_the_check_names_what_is_wrong(journal: Path, file: str, text: str, part: str) -> None:
    """Each rule has an error that names the file and what to do."""
    path = journal / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    found = [one for one in check(journal, NOW).problems if part in one.what]
    assert found, problems(journal)
    assert found[0].severity == "error"
    assert found[0].hint


def test_two_records_do_not_share_a_number(journal: Path) -> None:
    """As after a merge of two branches that each took the next one."""
    one = Path(decide(journal, "One", DAY, [], "").file)
    one.with_name("0001-two.md").write_text(one.read_text())
    assert any("has the number of" in each for each in problems(journal))


def test_runs_that_are_on_no_page_are_an_error(journal: Path, runs: Path) -> None:
    """A day with runs needs its page."""
    record_run(runs, at_day(3), seed=9)
    assert any("has no page after 2026-03-02" in one for one in problems(journal))
    write_day(journal, at_day(3).date().isoformat())
    assert problems(journal) == []


def test_the_journals_deployment_needs_a_proof(tmp_path: Path, runs: Path, deployments: Path) -> None:
    """Its architecture is drawn from its files, and a configuration that no run, page or record knows is an error."""
    folder = tmp_path / "journal"
    start_journal(folder, runs, deployments / "production")
    done = write_day(folder, DAY)
    assert done.not_drawn == ""
    page = folder / "architecture" / "production.md"
    assert "(primary)" in page.read_text()
    assert [one for one in problems(folder) if "has no proof" in one]
    name = next(line for line in page.read_text().splitlines() if line.startswith("fingerprint: ")).partition(": ")[2]
    kept = folder / "tests" / "0001-x.md"
    kept.parent.mkdir()
    kept.write_text(f'---\nkind: test\nid: 0001\ndate: {DAY}\nfingerprints: ["production {name}"]\n---\n')
    assert problems(folder) == []
    settings = folder / "journal.yaml"
    settings.write_text(settings.read_text().replace("production", "nowhere"))
    assert "cannot be read" in write_day(folder, DAY).not_drawn
    with pytest.raises(BadInputError, match="cannot be read"):
        check(folder, NOW)


def test_margins_count_the_worst_hosts_first() -> None:
    """Three Sentinels with quorum 2 can spare one; Sentinels on one host can spare none."""
    sound = margins(architecture_of([fake_plan()], "x"))
    assert (
        "2 of 3 Sentinels consider the primary down (quorum), 2 elect a leader (majority), so any 1 Sentinel may fail"
        in sound[0]
    )
    assert sound[1] == "mymaster: with any 1 host lost, Sentinels can still agree"
    together = margins(architecture_of([fake_plan(("n1", "n2"))], "x"))
    assert "no Sentinel may fail" in together[0]
    assert together[1] == "mymaster: the loss of one host can leave too few Sentinels"


def test_differences_name_what_moved() -> None:
    """Nodes that came, went or moved are named with their hosts."""
    old, new = (architecture_of([fake_plan(hosts)], "x") for hosts in (("n1", "n2", "n3"), ("n1", "n2", "s4")))
    assert differences(old, new) == [
        "reference: new: sentinel-s4 (sentinel) on s4",
        "reference: gone: sentinel-n3 (sentinel) from n3",
    ]
    assert differences(old, old) == []


def test_drawings_are_well_formed_and_safe(tmp_path: Path, runs: Path) -> None:
    """The SVG is XML without scripts, and Mermaid gets no markup from a name."""
    plan = fake_plan()
    hostile = architecture_of([plan], "x")
    hostile.hosts[0].servers[0] = type(hostile.hosts[0].servers[0])(
        name='"]<script>\x1b', role="primary", master_name="m"
    )
    hostile.primaries.clear()
    drawing = architecture_svg(hostile)
    assert len(list(ElementTree.fromstring(drawing))) > 5
    assert "<script" not in drawing
    assert not any("<script" in line or '"]<' in line for line in mermaid(hostile))
    sound = architecture_svg(architecture_of([plan], "x"))
    assert sound.count("marker-end") == 2
    assert sound.count("stroke-dasharray") == 3
