"""The HTML report: one file, safe, the same bytes for the same records."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from jsquared.errors import RecordError
from jsquared.records.event_types import SentinelEvent
from jsquared.records.placement import Placement
from jsquared.records.plan import Rewrite
from jsquared.records.verdict import (
    Advice,
    Anomaly,
    KindOfOperation,
    LossGroup,
    OperationCounts,
    Refusal,
    RunVerdict,
    TwoPrimaries,
    worst,
)
from jsquared.report import html
from jsquared.report.html import embed, write_run_report, write_trial_report
from jsquared.text import NONE, printable
from support.sample_run import SAMPLES, sample_record

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\u2028\u202e\x1b]0;x\x07\udcff&'\""
VOID = {"meta", "link", "br", "img", "hr", "input"}


class Page(HTMLParser):
    """Checks that elements nest, and collects them with their attributes and the texts of scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        """Remember it."""
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag):
        """It must be the one that is open."""
        assert self.open.pop() == tag

    def handle_data(self, data):
        """Keep scripts and visible text apart."""
        if self.open and self.open[-1] == "script":
            self.scripts[-1] += data
        elif self.open and self.open[-1] != "style":
            self.text += data

    def texts(self) -> str:
        """The visible text with its spaces collapsed."""
        return " ".join(self.text.split())


def page_of(path: Path, sample: str) -> Page:
    """The report of a sample."""
    write_trial_report(*sample_record(sample, Path("runs") / sample), path)
    return Page(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_sample_renders_to_well_formed_markup_with_data(tmp_path, sample) -> None:
    """Every kind of trial, even one without operations or verdict-worthy facts, has a report with its chart data."""
    page = page_of(tmp_path / "report.html", sample)
    assert set(json.loads(page.scripts[0])) >= {"end", "bucket", "groups", "events", "clients", "latency", "errors"}
    headings = ("Objectives", "Timeline", "Lost writes", "Write gaps", "Faults and their evidence", "Run it again")
    assert all(heading in page.texts() for heading in headings)


def test_the_same_records_give_the_same_bytes(tmp_path) -> None:
    """Nothing in the report depends on when or how often it is written."""
    for name in ("one", "two"):
        page_of(tmp_path / name, "split-brain")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_report_loads_nothing(tmp_path) -> None:
    """No element refers to anything outside the file, and the policy forbids it."""
    page = page_of(tmp_path / "report.html", "crash")
    addresses = [attrs.get(name) for _, attrs in page.elements for name in ("src", "href") if attrs.get(name)]
    assert addresses == ["data:,"]
    policy = next(attrs["content"] for tag, attrs in page.elements if attrs.get("http-equiv"))
    assert policy.startswith("default-src 'none'")
    digest = base64.b64encode(hashlib.sha256(page.scripts[-1].encode()).digest()).decode()
    assert f"'sha256-{digest}'" in policy
    style = next(re.findall(r"<style>(.*?)</style>", (tmp_path / "report.html").read_text(), re.DOTALL).__iter__())
    assert "url(" not in style
    assert "@import" not in style


def named(text: str, path: Path) -> Page:
    """The report of a split brain in which this text is whatever others may choose."""
    record, verdict = sample_record("split-brain", Path("runs/x"))
    rewrite = Rewrite(file=text, line=3, before=text, after=text, reason=text)
    clients = (msgspec.structs.replace(record.plan.clients[0], name=text), *record.plan.clients[1:])
    files = {
        text if name == "redis-n1.conf" else name: content + text
        for name, content in record.placement.config_files.items()
    }
    texts = dict.fromkeys(("title", "scenario", "description", "deployment", "deployment_description"), text)
    texts["command"] = ("jsquared", text)
    plan = msgspec.structs.replace(record.plan, **texts, clients=clients)
    rewrites = (*record.placement.rewrites[:-1], rewrite)
    placement = msgspec.structs.replace(record.placement, config_files=files, rewrites=rewrites)
    verdict.reasons = [text]
    verdict.losses[0].cause = verdict.losses[0].explanation = verdict.losses[0].node = text
    verdict.losses[0].keys = [text]
    verdict.faults[0].evidence = verdict.objectives[0].reason = verdict.facts[0] = text
    verdict.gaps[0].client = text
    refusal = Refusal(node=text, error=text, count=2, first_ms=1, last_ms=2, directive=text, meaning=text)
    verdict.gaps[0].refusals = verdict.refusals = [refusal]
    assert verdict.phases_ms is not None
    verdict.phases_ms["refused"] = 100.0
    verdict.two_primaries = [
        TwoPrimaries(node=text, beside=text, from_ms=7010, until_ms=23_000, acknowledged=1, lost=1, explanation=text)
    ]
    events = [
        msgspec.structs.replace(event, payload=text) if isinstance(event, SentinelEvent) else event
        for event in record.events
    ]
    changed = type(record)(plan, placement, events, record.operations, record.clock, record.path)
    write_trial_report(changed, verdict, path)
    return Page(path.read_text(encoding="utf-8"))


def test_names_from_outside_stay_text(tmp_path) -> None:
    """Markup in names, texts and configuration adds no element anywhere: not in tables, the picture or the data."""
    pages = [named(text, tmp_path / name) for text, name in (("plain", "plain.html"), (EVIL, "evil.html"))]
    kinds = [[tag for tag, _ in page.elements] for page in pages]
    assert kinds[0] == kinds[1]
    assert "alert(1)" in pages[1].texts()
    data = json.loads(pages[1].scripts[0])
    assert data["clients"][0]["name"] == printable(EVIL)
    assert not set("\u2028\u202e\x1b\x07") & set((tmp_path / "evil.html").read_text(encoding="utf-8"))


def test_the_head_says_a_loss_once_and_no_objective_by_its_raw_name(tmp_path) -> None:
    """A reason that states the losses stands for the headline's; the responsible line has a table, and only two reasons are open."""
    record, verdict = sample_record("split-brain", Path("runs/x"))
    line = "min-replicas-to-write 0"
    advice = Advice(objective="lost_writes", rule="x", directive=line, where="", message="It follows.", fix="a line")
    verdict.advice = [advice]
    verdict.objectives[1].reason = "lost 9 of 10 acknowledged writes: split brain"
    verdict.reasons = [verdict.objectives[1].reason, "another", "a third", f"lost writes: {advice}"]
    write_trial_report(record, verdict, tmp_path / "report.html")
    text = Page((tmp_path / "report.html").read_text(encoding="utf-8")).texts()
    head = text[: text.index("The fault in one picture")]
    assert head.count("were lost") == 0
    assert head.count("lost 9 of 10") == 1
    assert "1 more reason" in head
    assert line not in head
    assert "lost_writes" not in text


def test_refusals_have_a_phase_and_stand_beside_the_gap(tmp_path) -> None:
    """The waterfall says who refused, how often and because of which line, and so does the client's gap."""
    record, verdict = sample_record("crash", Path("runs/x"))
    refusal = Refusal(
        node="redis-n2", error="NOREPLICAS", count=3532, first_ms=7000, last_ms=7900,
        directive="min-replicas-to-write 1", meaning="too few replicas were attached to it",
    )  # fmt: skip
    verdict.refusals = verdict.gaps[0].refusals = [refusal]
    assert verdict.phases_ms is not None
    verdict.phases_ms["refused"] = 900.0
    verdict.phase_marks_ms["refused"] = 8860.0
    write_trial_report(record, verdict, tmp_path / "report.html")
    text = Page((tmp_path / "report.html").read_text(encoding="utf-8")).texts()
    said = (
        "redis-n2 answered NOREPLICAS 3,532 times, since too few replicas were attached to it (min-replicas-to-write 1)"
    )
    assert f"refused by the server {said}" in text
    assert text.count(said) == 2


def test_a_failover_that_no_client_felt_says_who_refused(tmp_path) -> None:
    """Another primary was promoted, and no write was ever acknowledged on it."""
    record, verdict = sample_record("crash", Path("runs/x"))
    refusal = Refusal(node="redis-n2", error="READONLY", count=1, first_ms=7000, last_ms=7900)
    marks = {name: at_ms for name, at_ms in verdict.phase_marks_ms.items() if name != "reconnect"}
    verdict = msgspec.structs.replace(
        verdict, phases_ms=None, phase_marks_ms=marks, refusals=[refusal], failover_ms=None
    )
    write_trial_report(record, verdict, tmp_path / "report.html")
    text = Page((tmp_path / "report.html").read_text(encoding="utf-8")).texts()
    assert "no client in scope had a write acknowledged on it: redis-n2 answered READONLY once." in text


def test_a_pass_with_two_primaries_says_so_in_its_head(tmp_path) -> None:
    """What could have gone wrong and did not is not hidden among the facts."""
    record, verdict = sample_record("crash", Path("runs/x"))
    why = "redis-n1 called itself primary again for 11 s: harmless here"
    verdict.two_primaries = [
        TwoPrimaries(
            node="redis-n1", beside="redis-n2", from_ms=9500, until_ms=20_500, acknowledged=0, lost=0, explanation=why
        )
    ]
    write_trial_report(record, verdict, tmp_path / "report.html")
    text = Page((tmp_path / "report.html").read_text(encoding="utf-8")).texts()
    assert f"{why}." in text[: text.index("The fault in one picture")]


def test_embedded_json_cannot_end_its_element() -> None:
    """What could be read as markup or break a line is escaped, and reads back as it was, but for what a browser would obey."""
    text = embed({"x": EVIL, "lines": ["a\n\tb"]})
    assert not set(text) & set("<>&\u2028")
    assert json.loads(text) == {"x": printable(EVIL), "lines": ["a\n\tb"]}


def test_no_asset_can_end_its_element() -> None:
    """Scripts and styles are embedded as they are, so they must not hold the end tag of their element."""
    for name in (*html._SCRIPTS, *html._STYLES):
        assert not re.search(r"</(script|style)|<!--", html._asset(name), re.IGNORECASE)


def test_the_vendored_library_is_the_one_named() -> None:
    """The files of uPlot are unchanged: their hashes are those in SOURCE."""
    folder = Path(html.__file__).parent / "assets" / "uplot"
    listed = dict(re.findall(r"^([0-9a-f]{64})  (\S+)$", (folder / "SOURCE").read_text(), re.MULTILINE))
    assert len(listed) == 3
    for digest, name in listed.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


def run_of(trials) -> RunVerdict:
    """The document of these trials."""
    verdicts = [verdict for _, verdict in trials]
    return RunVerdict(outcome=worst(one.outcome for one in verdicts), trials=verdicts)


def test_several_trials_are_listed_by_outcome_and_none_is_open(tmp_path) -> None:
    """Violated, inconclusive, passed, each with a section that is closed, so that many trials open fast; passes are folded."""
    trials = [sample_record(sample, Path("runs") / sample) for sample in SAMPLES]
    write_run_report(trials, run_of(trials), tmp_path / "run.html")
    page = Page((tmp_path / "run.html").read_text(encoding="utf-8"))
    sections = [attrs for tag, attrs in page.elements if tag == "details" and attrs.get("class") == "trial"]
    assert [attrs["id"] for attrs in sections] == [f"trial-{number}" for number in (2, 3, 4, 5, 1)]
    assert [attrs["data-outcome"] for attrs in sections] == ["violated", *["inconclusive"] * 3, "pass"]
    assert [attrs["id"] for attrs in sections if "open" in attrs] == []
    folded = [attrs for tag, attrs in page.elements if tag == "details" and attrs.get("class") == "passes"]
    assert [attrs["data-group"] for attrs in folded] == ["pass"]
    assert "5 trials: 1 violated, 3 inconclusive, 1 passed" in page.texts()


def test_a_run_without_trials_says_so(tmp_path) -> None:
    """An empty run is a page too."""
    write_run_report([], RunVerdict(outcome="inconclusive", trials=[]), tmp_path / "run.html")
    assert "No trial was run" in (tmp_path / "run.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("sample", "said"),
    [
        ("crash", "Every one of 7,440 acknowledged writes was read back at the end."),
        ("killed", "Losses are not known: the trial ended before its read-back."),
        ("killed", "never resumed"),
        ("idle", "No client had a write acknowledged."),
        ("idle", "Nothing was broken in this trial."),
        ("did-not-bite", "✗ did not bite"),
        ("did-not-bite", "Every operation was acknowledged."),
        ("split-brain", "redis-n1 went on acknowledging after redis-n3 was promoted"),
        ("crash", "jsquared run primary-crash --deployment reference --seed 7"),
    ],
)
def test_what_happened_and_what_did_not_is_said(tmp_path, sample, said) -> None:
    """Empty states are sentences, not holes."""
    assert said in page_of(tmp_path / "report.html", sample).texts()


@pytest.mark.parametrize(
    ("writes", "said"),
    [
        ({"lost": None}, "Losses are not known: the read-back does not settle them."),
        ({"lost": 3}, "3 acknowledged writes were lost; their causes were not recorded."),
        ({"lost": 0, "acknowledged": 0}, "No write was acknowledged, so there was none to lose."),
    ],
)
def test_losses_without_groups_are_told_honestly(tmp_path, writes, said) -> None:
    """The number of lost writes is never hidden by the lack of an explanation."""
    record, verdict = sample_record("crash", Path("runs/x"))
    verdict.writes = msgspec.structs.replace(verdict.writes, **writes)
    write_trial_report(record, verdict, tmp_path / "report.html")
    assert said in Page((tmp_path / "report.html").read_text(encoding="utf-8")).texts()


def test_operations_have_a_table(tmp_path) -> None:
    """Counts by kind, keys with a cause, and why operations are lost; without operations there is no such part."""
    record, verdict = sample_record("crash", Path("runs/x"))
    write_trial_report(record, verdict, tmp_path / "without.html")
    assert "Operations with a model" not in Page((tmp_path / "without.html").read_text(encoding="utf-8")).texts()
    kind = KindOfOperation(attempted=1201, acknowledged=1100, unknown=3, lost=7, anomalies=1)
    found = [Anomaly(cause="applied twice", kind="counter", key="jsq:app:counter:0:3", database=2, steps=[1, 4])]
    verdict.operations = OperationCounts(attempted=1201, kinds={"counter": kind}, found=found)
    verdict.operation_losses = [
        LossGroup(
            cause="split brain",
            explanation="Acknowledged by n1.",
            node="n1",
            client="client-1",
            count=7,
            first_ms=1,
            last_ms=2,
        )
    ]
    write_trial_report(record, verdict, tmp_path / "with.html")
    text = Page((tmp_path / "with.html").read_text(encoding="utf-8")).texts()
    for said in (
        "Operations with a model",
        "1,201",
        "applied twice",
        "jsq:app:counter:0:3",
        "in database 2",
        "1, 4",
        "split brain",
    ):
        assert said in text


def test_a_bare_trial_renders(tmp_path) -> None:
    """A plan without objectives, rewrites, configuration or command, and a verdict without facts, still make a report."""
    record, verdict = sample_record("crash", Path("runs/x"))
    bare = {"objectives": (), "command": (), "description": "", "faults": ()}
    plan = msgspec.structs.replace(record.plan, **bare, deployment_description="", expect_failover=False)
    verdict = msgspec.structs.replace(verdict, objectives=[], facts=[], phases_ms=None, faults=[])
    write_trial_report(
        type(record)(plan, Placement.nowhere(plan), [], record.operations, None, record.path),
        verdict,
        tmp_path / "report.html",
    )
    text = Page((tmp_path / "report.html").read_text(encoding="utf-8")).texts()
    for said in (
        "This trial asked for no objective.",
        "The configuration ran as given.",
        "No configuration was recorded.",
        "The command was not recorded.",
        "none was expected",
        "The Sentinels reported nothing.",
    ):
        assert said in text


def test_a_storm_of_sentinel_events_is_cut_in_the_table(tmp_path) -> None:
    """The table lists the first 500 events and says how many more there are."""
    record, verdict = sample_record("crash", Path("runs/x"))
    sample = next(event for event in record.events if isinstance(event, SentinelEvent))
    storm = [msgspec.structs.replace(sample, payload=str(number), t_ms=float(number)) for number in range(700)]
    record = type(record)(record.plan, record.placement, storm, record.operations, record.clock, record.path)
    write_trial_report(record, verdict, tmp_path / "report.html")
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert "200 more events in events.jsonl" in page.texts()


def test_the_size_depends_on_the_length_and_not_on_the_load(tmp_path) -> None:
    """Twenty times the writes make a file that is hardly larger, below 1.5 MB for 248,000 operations."""
    sizes = []
    for rate in (500, 10_000):
        record, verdict = sample_record("crash", Path("runs/x"), rate_per_s=rate)
        write_trial_report(record, verdict, tmp_path / "report.html")
        sizes.append((tmp_path / "report.html").stat().st_size)
    assert len(record.operations) == 248_000
    assert sizes[1] < sizes[0] * 1.1
    assert sizes[1] < 1_500_000


def test_a_file_that_cannot_be_written_is_one_line(tmp_path) -> None:
    """The error names the file and what to try."""
    record, verdict = sample_record("idle", Path("runs/x"))
    with pytest.raises(RecordError, match="cannot write"):
        write_trial_report(record, verdict, tmp_path / "missing" / "report.html")


def test_moments_are_seconds_with_milliseconds() -> None:
    """A moment that is not known is a dash."""
    assert [html.at(3000.4), html.at(None), html.at(float("inf"))] == ["3.000 s", NONE, NONE]
