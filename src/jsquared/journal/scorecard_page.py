"""The scorecard as a page of the journal."""

from collections.abc import Iterator

from jsquared.journal.front_matter import page_text
from jsquared.journal.scores import Score, Scorecard
from jsquared.report.markdown import code, text
from jsquared.report.words import quantity
from jsquared.text import counted

NOT_KNOWN = "not known"


def scorecard_page(card: Scorecard) -> str:
    """Return the page; the same sources give the same bytes."""
    head = {"kind": "scorecard", "first": card.first.isoformat(), "last": card.last.isoformat(), "zone": card.zone}
    lines = [f"# Scorecard, {card.first} to {card.last}", ""]
    for group in ("technical", "operational"):
        scores = [one for one in card.scores if one.group == group]
        lines += [
            f"## {group.capitalize()}",
            "",
            "| objective | limit | value | n | | trend |",
            "| --- | ---: | ---: | ---: | --- | --- |",
        ]
        lines += [
            f"| {one.name} | {limit(one)} | {value(one)} | {one.n} | {judged(one)} | {trend(one)} |" for one in scores
        ]
        lines += ["", *(line for one in scores for line in _explained(one)), ""]
    return page_text(head, "\n".join(lines))


def limit(one: Score) -> str:
    """Return the limit in words; empty where there is none."""
    if one.at_most is not None:
        return f"at most {quantity(one.at_most, one.unit)}"
    return f"at least {quantity(one.at_least, one.unit)}" if one.at_least is not None else ""


def value(one: Score) -> str:
    """Return the value with its unit, or that it is not known."""
    return NOT_KNOWN if one.value is None else quantity(one.value, one.unit)


def judged(one: Score) -> str:
    """Return whether the limit is kept; empty where there is none, or nothing to hold against it."""
    return {True: "met", False: "**missed**", None: ""}[one.is_met]


def trend(one: Score) -> str:
    """Return the values of the spans, the oldest first; a question mark for one that is not known."""
    return " → ".join("?" if each is None else quantity(each, one.unit) for each in one.trend)


def _explained(one: Score) -> Iterator[str]:
    said = [f"- **{one.name}**: {text(one.definition)} Source: {text(one.source)}."]
    if one.reason:
        said.append(f"Not known: {text(one.reason)}.")
    if one.note:
        said.append(f"{text(one.note[:1].upper() + one.note[1:])}.")
    if one.items:
        more = f" and {counted(one.items_left_out, 'more')}".replace("mores", "more") if one.items_left_out else ""
        said.append(f"Items: {', '.join(code(item) for item in one.items)}{more}.")
    yield " ".join(said)
