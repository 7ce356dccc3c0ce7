"""Somebody's rule files for Prometheus: plain ones, and PrometheusRule objects of Kubernetes.

Prometheus refuses a whole file for one field that it does not know; so does this, in the place of a verdict on rules that never run.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jsquared.deployment.model.directives import Source
from jsquared.deployment.model.input_files import read_given
from jsquared.deployment.model.known import shown_name
from jsquared.deployment.read.yaml.yaml_items import Item, parse_documents
from jsquared.errors import BadInputError
from jsquared.monitor.rule_templates import template_problem
from jsquared.text import did_you_mean

LARGEST_RULES = 512 << 10
MOST_RULES = 5000
GROUP_FIELDS = ("name", "interval", "query_offset", "limit", "labels", "rules")
OPERATOR_FIELDS = ("partial_response_strategy",)
"""What Kubernetes' objects have beside them; the operator does not hand it on to Prometheus."""
RULE_FIELDS = ("alert", "record", "expr", "for", "keep_firing_for", "labels", "annotations")
ALERTS_ONLY = ("for", "keep_firing_for", "annotations")
_DURATION = re.compile("".join(f"(?:([0-9]{{1,9}}){unit})?" for unit in ("y", "w", "d", "h", "m", "s", "ms")))
_UNITS_S = (31_536_000, 604_800, 86_400, 3600, 60, 1, 0.001)
_LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_METRIC_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
"""Prometheus 3 takes other names too, and 2 refuses a file for one."""
_LIMIT = re.compile(r"[-+]?[0-9]{1,18}")


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

    :raises BadInputError: it cannot be read, is no YAML, has what Prometheus does not know or an expression that is none, or holds
        no rules.
    """
    documents = parse_documents(read_given(path), Source(path.name, str(path)), LARGEST_RULES)
    rules = [rule for number, document in enumerate(documents) for rule in _document(document, first=number == 0)]
    if not rules:
        hint = "a file with groups: [{name: …, rules: […]}], or a PrometheusRule"
        raise BadInputError("has no rules for Prometheus", where=str(path), hint=hint)
    if len(rules) > MOST_RULES:
        raise BadInputError(f"has {len(rules):,} rules, more than the {MOST_RULES:,} that are read", where=str(path))
    return rules


def _document(document: Item, *, first: bool) -> Iterator[WrittenRule]:
    """The rules of one document: of a Helm chart's output most documents are something else."""
    if not document.is_mapping:
        return
    entries = _entries(document)
    known: tuple[str, ...] = GROUP_FIELDS
    inside = entries["spec"] if "spec" in entries and entries["spec"].is_mapping else None
    if inside is not None:
        entries, known = _entries(inside), (*GROUP_FIELDS, *OPERATOR_FIELDS)
    if "groups" not in entries:
        return
    if inside is None and not first:
        what = "is not the first document of the file, and Prometheus reads no other"
        raise document.bad(what, "one list of groups, or a file for each")
    _only(entries, ("groups",), "a rule file")
    names: dict[str, int] = {}
    for group in entries["groups"].items():
        settings = _entries(group)
        settings = _only(settings, known, "a group")
        name = _name(group, settings)
        if name in names:
            what = f"a second group '{shown_name(name)}'; the first is in line {names[name]}"
            raise settings["name"].bad(what, "another name: Prometheus wants one group of each in a file")
        names[name] = settings["name"].line
        yield from _rules(settings)


def _name(group: Item, settings: dict[str, Item]) -> str:
    if "name" not in settings or settings["name"].is_empty:
        raise group.bad("a group needs a name", "name: redis")
    return settings["name"].text()


def _rules(settings: dict[str, Item]) -> Iterator[WrittenRule]:
    interval_s = seconds(settings["interval"]) if "interval" in settings else None
    if "query_offset" in settings:
        seconds(settings["query_offset"])
    if "limit" in settings and not _LIMIT.fullmatch(settings["limit"].text()):
        raise settings["limit"].bad("is no whole number", "limit: 10")
    _texts(settings, "labels")
    for rule in settings["rules"].items() if "rules" in settings else ():
        yield _rule(rule, interval_s)


def _rule(rule: Item, interval_s: float | None) -> WrittenRule:
    entries = _only(_entries(rule), RULE_FIELDS, "a rule")
    kinds = [kind for kind in ("alert", "record") if kind in entries and not entries[kind].is_empty]
    if not kinds or "expr" not in entries:
        raise rule.bad("a rule needs an alert or a record, and an expr", "alert: Name, expr: up == 0")
    if len(kinds) > 1:
        raise entries["record"].bad("a rule is an alert or a record, not both", "two rules")
    if entries["expr"].is_empty:
        raise entries["expr"].bad("is empty", "expr: up == 0")
    _is_promql(entries["expr"])
    records = kinds == ["record"]
    _suits(entries, records=records)
    hold_s = seconds(entries["for"]) if "for" in entries else 0
    if "keep_firing_for" in entries:
        seconds(entries["keep_firing_for"])
    return WrittenRule(
        file=rule.source.path,
        line=entries["expr"].line,
        name=entries[kinds[0]].text(),
        expr=entries["expr"].text(),
        records=records,
        hold_s=hold_s,
        interval_s=interval_s,
    )


def _suits(entries: dict[str, Item], *, records: bool) -> None:
    """Refuse what does not suit a rule of this kind: names, fields and templates."""
    if records:
        _is_metric(entries["record"])
    for field in ALERTS_ONLY if records else ():
        if field in entries and not entries[field].is_empty:
            raise entries[field].bad(f"'{field}' is for alerts, and this rule records", f"removing {field}")
    for field in ("labels", "annotations"):
        for text in _texts(entries, field):
            if not records:
                _is_template(text)


def _is_template(item: Item) -> None:
    if problem := template_problem(item.text()):
        raise item.bad(f"is no template that Prometheus reads: {problem}", "{{ $labels.instance }}, or {{ $value }}")


def _is_metric(item: Item) -> None:
    if not _METRIC_NAME.fullmatch(item.text()):
        what = f"'{shown_name(item.text())}' is no name for a metric, and Prometheus 2 loads no file with it"
        raise item.bad(what, "letters, digits, '_' and ':', as in job:redis_errors:rate5m")


def _is_promql(item: Item) -> None:
    """Refuse an expression that no version of Prometheus reads; of one that is not read for another reason the linter tells.

    Without the extra that has the parser nothing is refused here: whoever runs rules asks promtool as well.
    """
    try:
        from jsquared.monitor.promql import NotReadError, parsed  # noqa: PLC0415
    except ModuleNotFoundError:
        return
    try:
        parsed(item.text())
    except NotReadError:
        return
    except BadInputError as problem:
        raise item.bad(f"{problem.what}; Prometheus loads no file with it", "promtool check rules") from problem


def _entries(item: Item) -> dict[str, Item]:
    """The entries of a mapping, with those that ``<<: *anchor`` brings along."""
    entries = item.mapping()
    merged = entries.pop("<<", None)
    for other in () if merged is None else merged.items() if merged.is_list else (merged,):
        entries = {**other.mapping(), **entries}
    return entries


def _only(entries: dict[str, Item], known: tuple[str, ...], whose: str) -> dict[str, Item]:
    """The entries, if all are known; those that say nothing are as if they were not there."""
    for key, item in entries.items():
        if key not in known:
            hint = did_you_mean(key, known, otherwise=f"one of {', '.join(known)}")
            raise item.bad(
                f"unknown field '{shown_name(key)}': {whose} has none of this name, and Prometheus loads no file with it",
                hint,
            )
    return {key: item for key, item in entries.items() if not item.is_null}


def _texts(entries: dict[str, Item], field: str) -> Iterator[Item]:
    """The values of labels or annotations, each a text."""
    if field not in entries:
        return iter(())
    named = _entries(entries[field])
    for name, item in named.items():
        if not _LABEL_NAME.fullmatch(name) or (field == "labels" and name == "__name__"):
            what = f"'{shown_name(name)}' is no name for one of the {field}, and Prometheus 2 loads no file with it"
            raise item.bad(what, "letters, digits and '_', as in severity: critical")
        if item.is_mapping or item.is_list:
            raise item.bad(f"one of the {field} must be a text", f'{shown_name(name)}: "…"')
    return (item for item in named.values() if not item.is_null)


def seconds(item: Item) -> float:
    """Return a duration as Prometheus writes it, such as ``1m30s``, in seconds.

    :raises BadInputError: it is none.
    """
    text = item.text()
    parts = _DURATION.fullmatch(text) if text else None
    if parts is None:
        if text == "0":
            return 0
        raise item.bad(f"'{text}' is not a duration", "30s, 5m or 1h30m")
    return sum(int(number) * unit_s for number, unit_s in zip(parts.groups(), _UNITS_S, strict=True) if number)
