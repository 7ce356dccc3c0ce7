"""A plan as Markdown, for a reviewer: what differs, what it costs, and every step with its gates and its undo."""

from collections.abc import Iterator, Sequence

from jsquared.records.findings import Finding
from jsquared.rollout.plan_document import ChangePlan
from jsquared.rollout.steps import Step
from jsquared.text import counted, one_line

OUTCOMES = {
    "pass": "it can be made",
    "violated": "it is refused",
    "inconclusive": "something that decides about it is not known",
}


def plan_as_markdown(plan: ChangePlan) -> str:
    """The whole plan as Markdown; what others wrote stands in it as code."""
    return "\n".join([*_head(plan), *_differences(plan), *_judged(plan), *_steps(plan), ""])


def _head(plan: ChangePlan) -> Iterator[str]:
    yield f"# Change of {', '.join(map(_code, plan.master_names))}: {OUTCOMES[plan.outcome]}"
    yield ""
    yield f"From {_code(plan.before)} to {_code(plan.after)}."
    same = plan.engine == plan.new_engine
    yield f"Engine: {plan.engine}{'' if same else f', then {plan.new_engine}'}; how directives take effect was tried on {plan.effects_of}."
    for refusal in plan.refusals:
        hint = f" Try: {one_line(refusal.hint)}." if refusal.hint else ""
        yield f"\n**Refused** ({_code(refusal.rule)}, {_code(refusal.target)}): {_plain(refusal.reason)}.{hint}"
    for sentence in plan.unknown:
        yield f"\n**Not known**: {_plain(sentence)}."


def _differences(plan: ChangePlan) -> Iterator[str]:
    yield "\n## What differs\n"
    if not plan.directives and not plan.nodes:
        yield "Nothing." if plan.engine == plan.new_engine else "The engine alone."
        return
    yield "| node | directive | takes effect | from | to |"
    yield "| --- | --- | --- | --- | --- |"
    for each in plan.nodes:
        sides = (_code(each.file), "") if each.kind == "removed" else ("", _code(each.file))
        yield f"| {_code(each.node)} | {each.kind} | | {' | '.join(sides)} |"
    for change in plan.directives:
        texts = [f"{_code(side.text)} ({_code(side.place)})" for side in (change.before, change.after)]
        yield f"| {_code(change.node)} | {_code(change.name)} | {change.effect} | {' | '.join(texts)} |"


def _judged(plan: ChangePlan) -> Iterator[str]:
    yield "\n## What the configuration's text says\n"
    yield f"Before: {plan.assessed_before.outcome}. After: {plan.assessed_after.outcome}."
    yield from _findings("Worse", plan.worse)
    yield from _findings("Better", plan.better)
    for note in plan.notes:
        yield f"\nNote: {_plain(note)}."


def _findings(word: str, findings: Sequence[Finding]) -> Iterator[str]:
    for finding in findings:
        yield f"\n{word}: {_code(finding.rule)}, {finding.outcome}: {_plain(finding.message)}"


def _steps(plan: ChangePlan) -> Iterator[str]:
    yield f"\n## {counted(len(plan.steps), 'step')}"
    for risk in plan.risks:
        yield f"\n**Steps {risk.first_step} to {risk.last_step}**: {_plain(risk.sentence)}."
    for step in plan.steps:
        yield from _step(step)


def _step(step: Step) -> Iterator[str]:
    yield f"\n### {step.number}. {step.kind}: {_code(step.node)}\n"
    yield f"{_plain(step.why)[:1].upper()}{_plain(step.why)[1:]}."
    for title, lines in (
        ("before", [gate.sentence for gate in step.before]),
        ("do", [action.sentence for action in step.actions]),
        ("after", [gate.sentence for gate in step.after]),
        ("undo", [action.sentence for action in step.undo]),
    ):
        if lines:
            yield f"\n{title}:\n"
            yield from (f"- {_code(line)}" for line in lines)
    if step.undo_why:
        yield f"\nundo: {_plain(step.undo_why)}."


def _code(text: str) -> str:
    return "`" + one_line(text).replace("`", "'").replace("|", "\\|") + "`"


def _plain(text: str) -> str:
    """A sentence of ours, in which names of others are no markup."""
    return "".join(f"\\{char}" if char in "\\`*_[]<>|#" else char for char in one_line(text)).rstrip(".")
