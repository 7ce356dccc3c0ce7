"""JUnit XML for CI."""

from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest
from msgspec.structs import replace

from jsquared.check.causes import explain
from jsquared.errors import RecordError
from jsquared.records.findings import Finding
from jsquared.records.verdict import RunVerdict
from jsquared.report.junit import write_junit
from support.violated import DOWN_AFTER, advice, trial

AT = datetime(2025, 6, 1, 12, 30, tzinfo=UTC)


@pytest.fixture
def run(samples) -> RunVerdict:
    """A passed, a violated and an inconclusive trial."""
    trials = [samples(sample)[1] for sample in ("crash", "split-brain", "killed")]
    return RunVerdict(outcome="violated", trials=trials)


def test_each_outcome_has_its_element(run, tmp_path) -> None:
    """A pass has none, violated is a failure, inconclusive an error; the counts say the same."""
    write_junit(run, tmp_path / "new" / "junit.xml", at=AT)
    suite = ET.parse(tmp_path / "new" / "junit.xml").getroot().find("testsuite")
    assert [[child.tag for child in case] for case in suite.iter("testcase")] == [[], ["failure"], ["error"]]
    counts = [suite.get(name) for name in ("tests", "failures", "errors", "skipped", "time")]
    assert counts == ["3", "1", "1", "0", "52.200"]
    failure = suite.find("testcase/failure")
    assert failure.get("message") == run.trials[1].reasons[0]
    assert "redis-n1 went on acknowledging" in failure.text
    assert "failover: 4.96 s (limit 10 s), pass" in failure.text


def test_the_form_is_the_one_that_both_schemas_take(run, tmp_path) -> None:
    """Required attributes are there and the children of a suite come in the schemas' order."""
    write_junit(run, tmp_path / "junit.xml", at=AT)
    root = ET.parse(tmp_path / "junit.xml").getroot()
    suite = root.find("testsuite")
    assert (root.tag, root.attrib) == ("testsuites", {})
    assert suite.get("timestamp") == "2025-06-01T12:30:00"
    required = {"name", "package", "id", "timestamp", "hostname", "tests", "failures", "errors", "time"}
    assert required <= set(suite.attrib)
    assert [child.tag for child in suite] == ["properties", *["testcase"] * 3, "system-out", "system-err"]
    for case in suite.iter("testcase"):
        assert set(case.attrib) == {"classname", "name", "time"}
        assert all({"message", "type"} == set(child.attrib) for child in case)


def test_a_violated_finding_is_a_failure_too(run, tmp_path) -> None:
    """CI that reads the file alone must not take a run for passed that ends with 1 for its configuration."""
    found = Finding(
        rule="quorum-unreachable", severity="critical", outcome="violated", target="sentinel-n1",
        directive="sentinel monitor m n1 6379 9", message="Nothing fails over.",
    )  # fmt: skip
    run.findings = [found, replace(found, outcome="warning")]
    write_junit(run, tmp_path / "junit.xml", at=AT)
    suite = ET.parse(tmp_path / "junit.xml").getroot().find("testsuite")
    last = list(suite.iter("testcase"))[-1]
    assert (suite.get("tests"), suite.get("failures")) == ("4", "2")
    assert last.get("name") == "configuration: quorum-unreachable (sentinel-n1)"
    assert "sentinel monitor m n1 6379 9" in last.find("failure").text


def test_causes_are_properties(tmp_path) -> None:
    """What CI shows of a suite: the sentence, each line with change and command, and what no line explains."""
    trials = [trial("primary-crash", advice(DOWN_AFTER)), trial("odd")]
    write_junit(explain(RunVerdict(outcome="violated", trials=trials)), tmp_path / "junit.xml", at=AT)
    found = ET.parse(tmp_path / "junit.xml").getroot().iter("property")
    properties = {each.get("name"): each.get("value") for each in found}
    assert properties["causes"] == "1 line explains 1 of 2 violations: down-after-milliseconds 30000 (1)"
    assert properties["cause.1.where"] == "n1/sentinel.conf:3"
    assert properties["cause.1.change"] == "sentinel down-after-milliseconds mymaster 3500"
    assert properties["cause.1.command"].startswith("jsquared run primary-crash --deployment ./mine")
    assert properties["unexplained"] == "odd"


def test_what_xml_cannot_hold_is_shown(run, tmp_path) -> None:
    """Control characters in a reason do not break the file, markup is escaped, and no reason is still a message."""
    run.trials[1].reasons = ["\x00\x1b[31m <b>&\u202e\ufffe\udcff"]
    run.trials[1].run_dir = ""
    run.trials[2].reasons = []
    write_junit(run, tmp_path / "junit.xml")
    root = ET.parse(tmp_path / "junit.xml").getroot()
    assert root.find(".//failure").get("message") == "\\x00\\x1b[31m <b>&\\u202e\ufffd\\udcff"
    assert root.find(".//error").get("message") == "inconclusive"


def test_a_file_that_cannot_be_written_is_one_line(run, tmp_path) -> None:
    """A folder in its place is an error of the record, not a traceback."""
    with pytest.raises(RecordError):
        write_junit(run, tmp_path)
