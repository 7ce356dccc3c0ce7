"""Templates of labels and annotations: those that Go's text/template refuses are named, and no other."""

import pytest

from jsquared.monitor.rule_templates import template_problem


@pytest.mark.parametrize(
    "text",
    [
        "plain, with } and }} and {",
        "{{ $labels.instance }} is at {{ $value | humanizePercentage }}",
        "{{- /* said to nobody: {{ */ -}} ok",
        "{{/* c */}}",
        '{{ range $i, $x := query "up" }}{{ $x.Value }}{{ end }}',
        "{{ if gt $value 1.0 }}a{{ else if lt $value 2.0 }}b{{ else }}c{{ end }}",
        '{{ 1 | printf "%.2f}}" }}',
        "{{-3}} {{ 5 -3 }} {{ $value  -}} x",
        "{{ $x := 1 }}{{ $x }}",
        '{{ `raw " text` }}',
        "{{ with $labels }}{{ .instance }}{{ end }}",
        "{{ aFunctionOfALaterVersion 1 }}",
    ],
)
def test_a_template_that_prometheus_reads_is_left_alone(text: str) -> None:
    """Each was read by promtool, but for the last, which nobody can know."""
    assert template_problem(text) == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{ .Foo ", "'{{' without '}}'"),
        ("{{ .x } }}", "'{{' without '}}'"),
        ("{{ {{ .x }} }}", "'{{' without '}}'"),
        ("{{/* c }}", "a comment"),
        ("{{ }}", "an empty action"),
        ('{{ "a }}', "is not closed"),
        ("{{ 5% }}", "means nothing there"),
        ("{{ $label.x }}", "$labels is meant"),
        ("{{ humanise 3 }}", "humanize is meant"),
        ("{{ if .x }}", "has no '{{ end }}'"),
        ("{{ end }}", "ends nothing"),
        ("{{ else }}", "outside of a block"),
        ("{{ with }}{{ end }}", "nothing behind it"),
        ('{{ printf "%s" (.x }}', "'(' is not closed"),
        ("{{ $labels.instance) }}", "that nothing opens"),
        ("{{ | humanize }}", "one side of '|'"),
    ],
)
def test_a_template_that_prometheus_refuses_is_named(text: str, words: str) -> None:
    """Each was refused by promtool."""
    assert words in template_problem(text)
