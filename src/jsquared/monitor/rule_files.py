"""Somebody's rule files for Prometheus: plain ones, and PrometheusRule objects of Kubernetes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jsquared.deployment.model.directives import Source
from jsquared.deployment.model.input_files import read_given
from jsquared.deployment.read.yaml.yaml_items import Item, parse_documents
from jsquared.errors import BadInputError

LARGEST_RULES = 512 << 10
MOST_RULES = 5000
_DURATION = re.compile(r"([0-9]{1,9})(ms|[smhdwy])")
_UNITS_S = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "y": 31_536_000}


@dataclass(frozen=True, kw_only=True)
class WrittenRule:
    """One rule. ``line`` is where its expression stands; ``interval_s`` is how often it is computed, None where the file does not say."""

    file: str
    line: int
    name: str
    expr: str
    records: bool = False
    """It records a series, and is no alert."""
    hold_s: float = 0
    interval_s: float | None = None


def read_rules(path: Path) -> list[WrittenRule]:
    """Return the rules of a file.

    :raises BadInputError: it cannot be read, is no YAML, or holds no rules.
    """
    documents = parse_documents(read_given(path), Source(path.name, str(path)), LARGEST_RULES)
    rules = [rule for document in documents for rule in _document(document)]
    if not rules:
        hint = "a file with groups: [{name: …, rules: […]}], or a PrometheusRule"
        raise BadInputError("has no rules for Prometheus", where=str(path), hint=hint)
    if len(rules) > MOST_RULES:
        raise BadInputError(f"has {len(rules):,} rules, more than the {MOST_RULES:,} that are read", where=str(path))
    return rules


def _document(document: Item) -> Iterator[WrittenRule]:
    """The rules of one document: of a Helm chart's output most documents are something else."""
    if not document.is_mapping:
        return
    entries = document.mapping()
    if "spec" in entries and entries["spec"].is_mapping:
        entries = entries["spec"].mapping()
    for group in entries["groups"].items() if "groups" in entries else ():
        settings = group.mapping()
        interval_s = seconds(settings["interval"]) if "interval" in settings else None
        for rule in settings["rules"].items() if "rules" in settings else ():
            yield _rule(rule, interval_s)


def _rule(rule: Item, interval_s: float | None) -> WrittenRule:
    entries = rule.mapping()
    named = next((entries[kind] for kind in ("alert", "record") if kind in entries), None)
    if named is None or "expr" not in entries:
        raise rule.bad("a rule needs an alert or a record, and an expr", "alert: Name, expr: up == 0")
    return WrittenRule(
        file=rule.source.path,
        line=entries["expr"].line,
        name=named.text(),
        expr=entries["expr"].text(),
        records="record" in entries,
        hold_s=seconds(entries["for"]) if "for" in entries else 0,
        interval_s=interval_s,
    )


def seconds(item: Item) -> float:
    """Return a duration as Prometheus writes it, such as ``1m30s``, in seconds.

    :raises BadInputError: it is none.
    """
    text = item.text()
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        if text == "0":
            return 0
        raise item.bad(f"'{text}' is not a duration", "30s, 5m or 1h30m")
    return sum(int(number) * _UNITS_S[unit] for number, unit in parts)
