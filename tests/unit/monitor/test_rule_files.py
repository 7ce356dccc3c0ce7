"""Rule files: read as Prometheus reads them, and refused where it refuses them, with file, line and what to try."""

from pathlib import Path

import pytest

from jsquared.errors import BadInputError
from jsquared.monitor.rule_files import read_rules

FINE = """groups:
- name: g
  interval: 1m
  query_offset: 30s
  limit: 10
  labels: {team: shop}
  rules:
  - &first {alert: A, expr: up == 0, for: 0, keep_firing_for: 5m, labels: , annotations: {number: 5, truth: true, none: }}
  - {<<: *first, alert: B, for: 1h30m}
  - {<<: [*first], alert: C, for: , record: ""}
  - {record: "a:b", expr: up, labels: {template: "{{ not one }"}}
- name: other
  rules:
"""


def rules_in(folder: Path, text: str) -> Path:
    """A file with this text."""
    file = folder / "rules.yml"
    file.write_text(text, encoding="utf-8")
    return file


def with_rule(rule: str) -> str:
    """A file with one rule."""
    return f"groups:\n- name: g\n  rules:\n  - {rule}\n"


def test_every_field_that_prometheus_knows_is_read(tmp_path: Path) -> None:
    """Also those of versions after 2.42, what anchors bring along, and what says nothing."""
    rules = read_rules(rules_in(tmp_path, FINE))
    assert [(rule.name, rule.hold_s, rule.records) for rule in rules] == [
        ("A", 0, False),
        ("B", 5400, False),
        ("C", 0, False),
        ("a:b", 0, True),
    ]
    assert {rule.interval_s for rule in rules} == {60}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (with_rule("{alert: A, expr: up == 0, fro: 5m}"), 4, "unknown field 'fro'.* Try: for"),
        (with_rule("{alert: A, expr: up == 0, severity: page}"), 4, "unknown field 'severity'"),
        (with_rule("{alert: A, record: a, expr: up == 0}"), 4, "not both"),
        (with_rule("{alert: A, expr: up == 0, labels: [1, 2]}"), 4, "must be a mapping"),
        (with_rule("{alert: A, expr: up == 0, labels: {a: [1, 2]}}"), 4, "must be a text"),
        (with_rule("{alert: A, expr: up == 0, labels: {__name__: a}}"), 4, "no name for one of the labels"),
        (with_rule("{alert: A, expr: up == 0, annotations: {a: '{{ .Foo '}}"), 4, "no template that Prometheus reads"),
        (with_rule("{alert: A, expr: up == 0, labels: {a: '{{ $label.a }}'}}"), 4, "labels is meant"),
        (with_rule("{alert: A, expr: }"), 4, "needs an alert or a record"),
        (with_rule("{alert: A, expr: ''}"), 4, "is empty"),
        (with_rule("{alert: A, expr: 'sum by ('}"), 4, "is no PromQL.*Prometheus loads no file with it"),
        (with_rule("alert: A\n    for: 1m\n    expr: up ==\n"), 6, "is no PromQL"),
        (with_rule("{record: a, expr: 'up{a=~\"(\"}'}"), 4, "a '\\(' without '\\)'"),
        (with_rule("{alert: A, expr: 'redis_up == \"x\"'}"), 4, "is no PromQL"),
        (with_rule("{alert: A, expr: 'foo(up)'}"), 4, "unknown function with name 'foo'"),
        (with_rule("{alert: A, expr: up, labels: {bad-label: a}}"), 4, "'bad-label' is no name for one of the labels"),
        (with_rule("{alert: A, expr: up, annotations: {1a: a}}"), 4, "'1a' is no name for one of the annotations"),
        ("groups:\n- name: g\n  labels: {bad-label: a}\n", 3, "'bad-label' is no name for one of the labels"),
        (with_rule("{record: bad name, expr: up}"), 4, "'bad name' is no name for a metric"),
        (with_rule("{record: 'up{}', expr: up}"), 4, "is no name for a metric"),
        (with_rule("{expr: up}"), 4, "needs an alert or a record"),
        (with_rule("{record: a, expr: up, for: 5m}"), 4, "'for' is for alerts"),
        (with_rule("{record: a, expr: up, annotations: {a: b}}"), 4, "'annotations' is for alerts"),
        (with_rule("{alert: A, expr: up, for: soon}"), 4, "is not a duration"),
        (with_rule("{alert: A, expr: up, for: 5m1h}"), 4, "is not a duration"),
        (with_rule("{alert: A, expr: up, for: ''}"), 4, "is not a duration"),
        (with_rule("{alert: A, expr: up, keep_firing_for: soon}"), 4, "is not a duration"),
        ("groups:\n- rules:\n  - {alert: A, expr: up}\n", 2, "a group needs a name"),
        ("groups:\n- name: g\n  intervall: 5s\n", 3, "unknown field 'intervall'.* Try: interval"),
        ("groups:\n- name: g\n  limit: few\n", 3, "no whole number"),
        ("groups:\n- name: g\n  query_offset: few\n", 3, "is not a duration"),
        ("groups:\n- name: g\n  partial_response_strategy: warn\n", 3, "unknown field"),
        ("groups:\n- name: g\n  rules: []\n- name: g\n  rules: []\n", 4, "a second group 'g'; the first is in line 2"),
        ("groups:\n- name: g\nnamespace: n\n", 3, "unknown field 'namespace'"),
        ("groups: 7\n", 1, "must be a list"),
        (with_rule("{alert: A, expr: up}") + "---\ngroups: []\n", 6, "not the first document"),
    ],
)
def test_what_prometheus_does_not_load_is_refused(tmp_path: Path, text: str, line: int, words: str) -> None:
    """In one line with file, line, what is wrong and what to try."""
    file = rules_in(tmp_path, text)
    with pytest.raises(BadInputError, match=words) as caught:
        read_rules(file)
    assert str(caught.value).startswith(f"{file}:{line}, ") or str(caught.value).startswith(f"{file}:{line}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("groups: []\n", "has no rules"),
        ("- a list\n", "has no rules"),
        ("kind: Service\nspec: {ports: []}\n", "has no rules"),
        ("groups:\n- name: g\n  rules:\n" + "  - {alert: A, expr: up}\n" * 5001, "more than the 5,000"),
    ],
)
def test_a_file_without_rules_is_refused_in_one_line(tmp_path: Path, text: str, words: str) -> None:
    """With the file's name."""
    file = rules_in(tmp_path, text)
    with pytest.raises(BadInputError, match=words) as caught:
        read_rules(file)
    assert str(file) in str(caught.value)


def test_what_only_some_versions_read_is_no_reason_to_refuse(tmp_path: Path) -> None:
    """Functions that were removed or renamed, and grammar of later versions: the linter tells that nothing is known of them."""
    exprs = (
        "holt_winters(up[5m], 0.5, 0.5)",
        "count_scalar(up)",
        "rate(up[5m] anchored)",
        "up[5m + 1m]",
        "up offset 1e30",
    )
    for expr in exprs:
        assert len(read_rules(rules_in(tmp_path, with_rule(f"{{alert: A, expr: '{expr}'}}")))) == 1


def test_objects_of_kubernetes_are_files_of_their_own(tmp_path: Path) -> None:
    """Groups of two may have one name, and what the operator keeps to itself is no mistake."""
    one = "kind: PrometheusRule\nspec:\n  groups:\n  - name: g\n    partial_response_strategy: warn\n    rules: [{alert: A, expr: up}]\n"
    assert len(read_rules(rules_in(tmp_path, f"{one}---\nkind: Service\n---\n{one}"))) == 2
