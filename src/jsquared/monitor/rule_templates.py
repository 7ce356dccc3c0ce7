"""Templates in labels and annotations, as far as Prometheus refuses a whole rule file for one that it cannot read.

It reads them with Go's text/template. What is checked here is what that refuses for sure: actions without end, quotes and brackets that
stay open, blocks without ``end``, variables that nobody has set, and functions that are nearly spelt like one that there is.
"""

import re
from collections.abc import Iterator

from jsquared.text import did_you_mean

VARIABLES = ("$labels", "$externalLabels", "$externalURL", "$value")
FUNCTIONS = (
    "query first label value sortByLabel stripPort stripDomain match title toUpper toLower graphLink tableLink reReplaceAll safeHtml "
    "externalURL pathPrefix parseDuration humanize humanize1024 humanizeDuration humanizePercentage humanizeTimestamp toTime args tmpl "
    "strvalue printf print println html js urlquery len index slice and or not eq ne lt le gt ge call"
).split()
OPENING = frozenset({"if", "range", "with", "define", "block"})
OTHER_WORDS = frozenset("else end template break continue true false nil".split())
_TOKEN = re.compile(
    r"""(?P<text>"(?:[^"\\\n]|\\.)*"|`[^`]*`|'(?:[^'\\\n]|\\.)+')|(?P<variable>\$[A-Za-z0-9_]*)|(?P<field>\.[A-Za-z0-9_]*)"""
    r"""|(?P<number>[0-9][A-Za-z0-9_.+-]*)|(?P<word>[A-Za-z_][A-Za-z0-9_]*)|(?P<sign>:=|[=|(),+-])|(?P<space>\s+)|(?P<other>.)""",
    re.DOTALL,
)
Token = tuple[str, str]


def template_problem(text: str) -> str:
    """Return what Prometheus would refuse about a template; empty for one that nothing is known against."""
    variables = {"$", *VARIABLES}
    blocks: list[str] = []
    for action in _actions(text):
        if isinstance(action, _Broken):
            return action.what
        problem = _action_problem(action, variables) or _block_problem(action, blocks)
        if problem:
            return problem
    return f"'{{{{ {blocks[-1]} … }}}}' has no '{{{{ end }}}}'" if blocks else ""


class _Broken:
    """What cannot even be taken apart."""

    def __init__(self, what: str) -> None:
        self.what = what


def _actions(text: str) -> Iterator[list[Token] | _Broken]:
    """The tokens of one action after the other; comments are none."""
    place = 0
    while (start := text.find("{{", place)) >= 0:
        place = start + 2
        if comment := re.compile(r"(?:- )?\s*/\*").match(text, place):
            ended = re.compile(r".*?\*/\s*(?:-)?\}\}", re.DOTALL).match(text, comment.end())
            if not ended:
                yield _Broken("a comment '{{/*' without '*/}}'")
                return
            place = ended.end()
            continue
        if re.compile(r"-\s").match(text, place):
            place += 1
        tokens: list[Token] = []
        while not (end := re.compile(r"(?:\s-)?\}\}").match(text, place)):
            token = _TOKEN.match(text, place)
            if token is None:
                yield _Broken("'{{' without '}}'")
                return
            kind = str(token.lastgroup)
            if kind == "other":
                yield _Broken(_unexpected(token[0]))
                return
            if kind != "space":
                tokens.append((kind, token[0]))
            place = token.end()
        place = end.end()
        yield tokens


def _unexpected(character: str) -> str:
    if character in "\"'`":
        return f"an action in which a {character} is not closed"
    return "'{{' without '}}'" if character in "{}" else f"an action with '{character}', which means nothing there"


def _action_problem(tokens: list[Token], variables: set[str]) -> str:
    if not tokens:
        return "an empty action '{{ }}'"
    depth = 0
    for number, (kind, word) in enumerate(tokens):
        following = tokens[number + 1][1] if number + 1 < len(tokens) else ""
        depth += (word == "(") - (word == ")")
        if depth < 0:
            return "an action with ')' that nothing opens"
        if kind == "variable":
            if following in (":=", ","):
                variables.add(word)
            elif word not in variables:
                return f"the variable {word}, which nobody has set{_near(word, VARIABLES)}"
        if (
            kind == "word"
            and word not in {*FUNCTIONS, *OPENING, *OTHER_WORDS}
            and (near := _near(word, FUNCTIONS, 0.8))
        ):
            return f"the function {word}, which there is not{near}"
        if word == "|" and (following in ("|", ")") or number == 0):
            return "an action in which nothing stands on one side of '|'"
    return "an action in which '(' is not closed" if depth else ""


def _near(word: str, known: tuple[str, ...] | list[str], cutoff: float = 0.6) -> str:
    near = did_you_mean(word, known, cutoff=cutoff)
    return f" ({near} is meant?)" if near else ""


def _block_problem(tokens: list[Token], blocks: list[str]) -> str:
    kind, word = tokens[0]
    if kind != "word":
        return ""
    if word in OPENING:
        if len(tokens) == 1:
            return f"'{{{{ {word} }}}}' with nothing behind it"
        blocks.append(word)
    elif word == "end":
        if not blocks:
            return "'{{ end }}' that ends nothing"
        blocks.pop()
    elif word == "else" and not blocks:
        return "'{{ else }}' outside of a block"
    return ""
