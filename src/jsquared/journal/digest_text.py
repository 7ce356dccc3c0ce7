"""The sections of a digest as Markdown. Sections without content are left out."""

from collections.abc import Iterator, Sequence

from jsquared.journal.blocks import block
from jsquared.journal.configuration_changes import ConfigurationChange
from jsquared.journal.digest import Digest, KindOfTrial, ObjectiveTrend
from jsquared.journal.findings_over_time import OpenFinding
from jsquared.journal.run_facts import State
from jsquared.report.markdown import code, text
from jsquared.report.words import quantity
from jsquared.text import NONE, count, counted, duration

MOST_ROWS = 60
WORDS: dict[State, str] = {"pass": "passed"}
"""Outcomes as people say them, where they are not called so."""


def tally(outcomes: dict[State, int]) -> str:
    """``3 passed, 1 violated``."""
    return ", ".join(f"{number} {WORDS.get(state, state)}" for state, number in outcomes.items())


def in_one_line(digest: Digest) -> str:
    """Return the digest in one sentence: of an empty one all that there is to say."""
    since = f"since {digest.since}" if digest.since else f"until {digest.until}"
    still = counted(len(digest.open_findings) + len(digest.new_findings), "open finding")
    if digest.is_empty:
        return f"Nothing new {since}: no trials, no changes, no decisions; {still}."
    news = [f"{counted(digest.trials, 'trial')} {since}{f': {tally(digest.outcomes)}' if digest.trials else ''}"]
    for number, noun in (
        (len(digest.new_findings), "new finding"),
        (len(digest.mended_findings), "mended finding"),
        (len(digest.configuration), "change of the configuration"),
        (len(digest.decisions), "decision"),
        (len(digest.tests), "test record"),
    ):
        news += (
            [counted(number, noun, noun.replace("change ", "changes ") if "change" in noun else "")] if number else []
        )
    return f"{'; '.join(news)}; {still}."


def sections(digest: Digest) -> Iterator[str]:
    """Yield the lines of every section but the first sentence."""
    yield from _objectives(digest.objectives)
    yield from _findings(digest)
    yield from _trials(digest.kinds)
    yield from _configuration(digest.configuration)
    yield from listed_section("Architecture", [text(sentence) for sentence in digest.architecture])
    yield from listed_section(
        "Decisions", [f"[{text(one.title)}](../{one.file}): {one.status}" for one in digest.decisions]
    )
    yield from listed_section(
        "Test records", [f"[{text(one.title)}](../{one.file}): {one.status}" for one in digest.tests]
    )
    yield from listed_section("Waivers", list(_waivers(digest)))
    yield from listed_section(
        "Damaged", [f"{code(name)} cannot be read, and is in no figure" for name in digest.damaged]
    )
    yield from listed_section("Next", [text(step) for step in digest.next])


def listed_section(title: str, lines: Sequence[str]) -> Iterator[str]:
    """Yield a section with a list, nothing where the list is empty."""
    if lines:
        yield from (f"## {title}", "", *(f"- {line}" for line in lines), "")


def _objectives(objectives: Sequence[ObjectiveTrend]) -> Iterator[str]:
    if not objectives:
        return
    yield from (
        "## Objectives",
        "",
        "| deployment | objective | limit | now | n | 14 days before | n | |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | --- |",
    )
    for one in objectives:
        limit, value, before = (quantity(each, one.unit) for each in (one.limit, one.value, one.before))
        yield f"| {text(one.deployment)} | {one.name} | {limit} | {value} | {one.n} | {before} | {one.n_before} | {_judged(one)} |"
    yield ""


def _judged(one: ObjectiveTrend) -> str:
    said = {True: "met", False: "**missed**", None: "not known" if one.value is None else ""}[one.is_met]
    if one.value is None or one.before is None or one.value == one.before:
        return said
    direction = "more than before" if one.value > one.before else "less than before"
    return f"{said}, {direction}" if said else direction


def _findings(digest: Digest) -> Iterator[str]:
    for title, findings in (
        ("New findings", digest.new_findings),
        ("Mended findings", digest.mended_findings),
        ("Still open", digest.open_findings),
    ):
        yield from listed_section(title, [_finding(one, is_mended=title.startswith("Mended")) for one in findings])


def _finding(one: OpenFinding, *, is_mended: bool) -> str:
    said = f"{one.kind}: {code(one.name)} on {text(one.deployment)}"
    if is_mended:
        return f"{said} (was shown by {code(one.run)})"
    since = f", first by {code(one.since_run)}" if one.since_run != one.run else ""
    return f"{said}: {text(one.message)} ({code(one.run)}{since})"


def _trials(kinds: Sequence[KindOfTrial]) -> Iterator[str]:
    if not kinds:
        return
    yield from (
        "## Trials",
        "",
        "| scenario | deployment | outcomes | failover p50 | worst | lost | to look at |",
        "| --- | --- | --- | ---: | ---: | ---: | --- |",
    )
    for one in kinds[:MOST_ROWS]:
        times = one.failover_ms or {}
        tried = f" with {', '.join(code(each, in_table=True) for each in one.changes)}" if one.changes else ""
        yield (
            f"| {code(one.label, in_table=True)}{tried} | {text(one.deployment)} | {tally(one.outcomes)} | {duration(times.get('p50'))} "
            f"| {duration(times.get('max'))} | {count(one.lost)} | {text(one.look_at) if one.look_at else NONE} |"
        )
    yield ""
    if len(kinds) > MOST_ROWS:
        yield from (f"{counted(len(kinds) - MOST_ROWS, 'more row')} in `jsquared runs list`.", "")


def _configuration(changes: Sequence[ConfigurationChange]) -> Iterator[str]:
    if not changes:
        return
    yield from ("## Configuration", "")
    for one in changes:
        proof = tally(one.proof)
        yield f"- {text(one.deployment)}: {code(one.before)} became {code(one.after)}, first run by {code(one.first_run)}; proof: {proof}"
        if one.unknown:
            yield f"  {text(one.unknown)}"
        else:
            yield from ("", *(f"  {line}" for line in block(one.lines, "diff")))
            yield from (f"  {counted(one.left_out, 'more line')} differ.",) if one.left_out else ()
        yield ""


def _waivers(digest: Digest) -> Iterator[str]:
    for one in digest.waivers:
        owner = f", {text(one.owner)}" if one.owner else ""
        target = f" ({text(one.target)})" if one.target else ""
        yield f"{text(one.rule)}{target}{owner}: {'ended' if one.has_ended else 'ends'} on {one.expires}"
