"""Findings for other tools: SARIF that its schema allows, workflow commands and Markdown in which nothing of others has a meaning."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from jsquared.records.findings import ResponsibleLine
from jsquared.report.findings.github import as_commands
from jsquared.report.findings.markdown import as_markdown, code, plain
from jsquared.report.findings.sarif import LINE_HASH, as_sarif, fingerprints
from support.json_schema import violations
from support.sample_findings import finding, sample_document

SCHEMA = json.loads((Path(__file__).parents[2] / "fixtures" / "sarif" / "sarif-2.1.0.json").read_text(encoding="utf-8"))


def run_of(document: Any) -> Any:
    """The only run of a SARIF log that its schema allows."""
    assert list(violations(document, SCHEMA)) == []
    [run] = document["runs"]
    return run


def test_sarif_is_what_its_schema_allows() -> None:
    """The log has the tool with its rules, and a result for each finding with level, places and fingerprint."""
    run = run_of(as_sarif(sample_document()))
    rules = run["tool"]["driver"]["rules"]
    assert [result["level"] for result in run["results"]] == ["error", "error", "error", "warning", "note"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])
    assert all(rule["help"]["text"] and rule["shortDescription"]["text"] for rule in rules)
    lines = next(result for result in run["results"] if result["ruleId"] == "failover-over-10s")["locations"]
    places = [line["physicalLocation"] for line in lines]
    assert [place["artifactLocation"]["uri"] for place in places] == [
        f"my%20config/n{n}/sentinel.conf" for n in (1, 2, 3)
    ]
    assert [place["region"]["startLine"] for place in places] == [4, 7, 1]
    assert ["snippet" in place["region"] for place in places] == [True, True, False]
    notes = run["invocations"][0]["toolExecutionNotifications"]
    assert notes[0]["message"]["text"] == "The pattern /gone/*.conf leads to nothing."


def test_the_schema_is_really_asked() -> None:
    """A log with a level that does not exist, or a member too many, is refused."""
    document = as_sarif(sample_document())
    document["runs"][0]["results"][0] |= {"level": "bad", "surplus": 1}
    assert len(list(violations(document, SCHEMA))) == 2


def test_sarif_without_findings_is_valid() -> None:
    """A deployment without findings is a run without results, which closes what earlier runs opened."""
    assert run_of(as_sarif(replace(sample_document(), findings=[])))["results"] == []


def test_files_in_the_working_folder_are_relative() -> None:
    """Code scanning matches paths with the repository's; what lies elsewhere is a file URI; an option lies in the deployment."""
    document = replace(sample_document(Path("/repo")), deployment="ops/redis")
    assert document.uri("/repo/ops/n 1/redis.conf") == "ops/n%201/redis.conf"
    assert document.uri("./ops/../redis.conf") == "redis.conf"
    assert document.uri("/etc/redis.conf") == "file:///etc/redis.conf"
    assert document.uri("--with") == "ops/redis"


def test_fingerprints_outlive_changes_around_them() -> None:
    """A moved line, another wrong value or another wording is the same finding; another rule, file or node is not."""
    document = sample_document()
    moved = finding(message="Other words.", lines=tuple(
        msgspec.structs.replace(line, line=99, text="sentinel down-after-milliseconds mymaster 20000") for line in finding().lines
    ))  # fmt: skip
    others = [
        finding("other"),
        finding(target="n9"),
        finding(lines=(ResponsibleLine(file="x"),)),
        finding(master_name="m"),
    ]
    first, *changed = fingerprints([finding()], document) + fingerprints([moved], document)
    assert changed == [first]
    found = fingerprints([finding(), *others, finding()], document)
    assert len(set(found)) == 6
    assert run_of(as_sarif(document))["results"][0]["partialFingerprints"][LINE_HASH]


def test_workflow_commands_are_escaped() -> None:
    """One command a finding; what others wrote ends neither a property nor the line."""
    lines = as_commands(sample_document()).splitlines()
    assert [line.partition(" ")[0] for line in lines[:5]] == ["::error"] * 3 + ["::warning", "::notice"]
    [quoted] = [line for line in lines if "title=quoted::" in line]
    assert quoted.startswith("::error file=a%2Cb%3Ac%25d.conf,line=3,title=quoted::a|b `c` @team <b> *d* http://e%0A")
    assert quoted.endswith("%0Atry: save 60 1%0A--with 'redis.save=60 1'")
    assert lines[5:] == ["not read: The pattern /gone/*.conf leads to nothing.", "3 violated, 1 warning, 1 fact"]


def test_a_finding_without_a_line_is_annotated_at_the_beginning() -> None:
    """A workflow command needs a line; the deployment stands for a file that is not known."""
    [line, _] = as_commands(replace(sample_document(), findings=[finding(lines=())], not_reproduced=[])).splitlines()
    assert line.startswith("::error file=my config,line=1,title=failover-over-10s::")


def test_markdown_is_one_row_a_finding() -> None:
    """The heading counts, each finding is one row of five cells, and the next command is a block."""
    text = as_markdown(sample_document())
    rows = [line for line in text.splitlines() if line.startswith("| ")][2:]
    assert text.startswith("### `my config`: 3 violated, 1 warning, 1 fact\n")
    assert len(rows) == 5
    assert {row.replace("\\|", "").count("|") for row in rows} == {6}
    assert "```sh\njsquared analyse 'my config' --with redis.appendonly=yes\n```" in text
    assert "- not read: The pattern /gone/\\*.conf leads to nothing." in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a|b `c` <b> *d*", "a\\|b \\`c\\` \\<b\\> \\*d\\*"),
        ("ask @team", "ask @<!-- -->team"),
        ("see http://e\nnow", "see http://<!-- -->e now"),
        ("www.e.org", "www<!-- -->.e.org"),
    ],
)
def test_markdown_of_others_is_text(text: str, shown: str) -> None:
    """Neither markup, nor a mention, nor a link."""
    assert plain(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"), [("port 1", "`port 1`"), ("a|b", "`a\\|b`"), ("`x`", "`` `x` ``"), ("\x1b", "`\\x1b`")]
)
def test_code_in_a_cell(text: str, shown: str) -> None:
    """Code keeps what it holds, in as many backticks as it takes."""
    assert code(text) == shown
