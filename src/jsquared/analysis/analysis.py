"""The static analysis of a deployment: every rule on every monitored primary, without a server.

A rule that fails would be a fault of ours, not of the deployment's: nothing is caught here.
"""

from collections import Counter
from collections.abc import Sequence
from typing import TypeVar

import msgspec

from jsquared.analysis import (
    acknowledgement,
    admission,
    agreement,
    attachment,
    commands,
    connections,
    floating,
    host_names,
    links,
    logins,
    majorities,
    own_file,
    persistence,
    promotion,
    reachability,
    timings,
    tls,
    transactions,
)
from jsquared.analysis.group import Group, groups_of
from jsquared.analysis.rule import Rule
from jsquared.analysis.splits import SplitSafety
from jsquared.deployment.model.input_files import LONGEST_PLACE, readable
from jsquared.deployment.model.spec import Deployment
from jsquared.records.findings import FINDING_OUTCOMES, SEVERITIES, Finding, ResponsibleLine
from jsquared.records.plan import Ack, Engine

_MODULES = (
    attachment, majorities, acknowledgement, timings, logins, persistence, promotion, admission, reachability, connections, commands,
    host_names, agreement, own_file, tls, links, transactions, floating,
)  # fmt: skip
RULES: dict[str, Rule] = {rule.id: rule for module in _MODULES for rule in module.RULES}
"""Every rule by its id, in the order of the reference page."""


def analyse(deployment: Deployment, engine: Engine | None = None, ack: Ack | None = None) -> list[Finding]:
    """Return the rules' findings, the worst first; within the same weight in the order of the rules.

    :param engine: what it will run on, for defaults that differ; None for those of Redis 7 and later.
    :param ack: what clients count as acknowledged; None for the majority level.
    """
    groups = groups_of(deployment, engine, ack)
    found = [as_text(finding) for rule in RULES.values() for finding in _of_all(rule, groups)]
    return sorted(found, key=lambda finding: (_OUTCOMES.index(finding.outcome), SEVERITIES.index(finding.severity)))


def as_text(finding: Finding) -> Finding:
    """The finding with the bytes that are no text, which quoted words of a configuration may have, written out: it goes into JSON."""
    try:
        msgspec.json.encode(finding)
    except UnicodeEncodeError:
        lines = tuple(_readable(line) for line in finding.lines)
        return _readable(msgspec.structs.replace(finding, lines=lines))
    return finding


T = TypeVar("T", Finding, ResponsibleLine)


def _readable(data: T) -> T:
    """The same with its own texts as what can be written anywhere."""
    fields = {name: getattr(data, name) for name in data.__struct_fields__}
    texts = {name: readable(text, LONGEST_PLACE) for name, text in fields.items() if isinstance(text, str)}
    lists = {
        name: tuple(readable(one, LONGEST_PLACE) for one in several)
        for name, several in fields.items()
        if isinstance(several, tuple) and all(isinstance(one, str) for one in several)
    }
    return msgspec.structs.replace(data, **texts, **lists)


def _of_all(rule: Rule, groups: Sequence[Group]) -> list[Finding]:
    """Return one rule's findings: once where it is the same for every primary, as of Sentinels alone, else with the primary's name."""
    found = {group.master: list(dict.fromkeys(rule.findings(group))) for group in groups}
    every = Counter(finding for findings in found.values() for finding in findings)
    common = [finding for finding, count in every.items() if count == len(groups)]
    own = [
        msgspec.structs.replace(finding, master_name=master)
        for master, findings in found.items()
        for finding in findings
        if finding not in common
    ]
    return [*common, *own]


_OUTCOMES = FINDING_OUTCOMES


def split_safety_of(deployment: Deployment) -> dict[str, SplitSafety]:
    """Names of monitored primaries to the acknowledgement levels that every split of the hosts keeps, and the splits that break others."""
    return {group.master: acknowledgement.safety_of(group) for group in groups_of(deployment, None, None)}
