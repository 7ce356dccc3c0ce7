"""The user's files with marks for secrets: YAML by its structure (:mod:`jsquared.records.masked_yaml`), everything else by its lines.

A secret that is met in one file is looked for in all of them, and so is what variables hold that stand where a secret belongs.
A Compose file is a program besides: a shell can put a password together from parts, and no one can say which parts of the file make it
up. Such a file is not kept at all, and neither is a YAML file that cannot be read.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from jsquared.records.masked_text import TextMasker
from jsquared.records.masked_yaml import masked_yaml
from jsquared.records.secrets import Secrets
from jsquared.records.yaml_spans import NoYamlError, is_mapping, roots_of, scalars_of

WITHHELD = (
    "# Not kept: it puts a secret together from parts, or writes it in a way in which it cannot be marked here.\n"
)
MOST_SEARCHED = 256 << 20
"""Characters that are searched for secrets, counted for each secret."""
CHARACTERS_OF_A_PIECE = 50
"""Beginning to search in a text takes as long as searching through so many characters."""
MOST_ROUNDS = 4
"""So often variables that hold secrets may lead to others."""
_YAML = (".yaml", ".yml")
_SCRIPTS = (".sh", ".bash")
_VARIABLES = (".env",)


def masked_files(files: Mapping[str, str], secrets: Secrets) -> dict[str, str]:
    """The texts of configuration files, by the names that they have for people, with marks for secrets."""
    names: frozenset[str] = frozenset()
    known = secrets
    for _ in range(MOST_ROUNDS):
        masker = TextMasker(known, names)
        shown = {name: _masked(name, text, masker) for name, text in files.items()}
        found = known.besides(masker.values)
        more = names | masker.references
        if more == names and found.others == known.others:
            break
        names, known = more, found
    return {name: known.by_value(text) for name, text in shown.items()}


def _masked(name: str, text: str, masker: TextMasker) -> str:
    if text == WITHHELD:
        return text
    path = PurePosixPath(name)
    try:
        if path.suffix.lower() in _YAML or is_mapping(text):
            return masked_yaml(text, masker)
    except NoYamlError:
        if path.suffix.lower() in _YAML:
            return WITHHELD
    if path.suffix.lower() in _SCRIPTS or text.startswith("#!"):
        return masker.script(text)
    if path.suffix.lower() in _VARIABLES or path.name.startswith(_VARIABLES):
        return masker.lines(text)
    return masker.native(text)


def can_be_marked(texts: Iterable[str], secrets: Secrets, elsewhere: Iterable[str]) -> bool:
    """True if each secret is a part of one scalar of these YAML texts, or came as a whole from elsewhere, such as variables.

    What stands in comments is no part of what servers get. Where there are so many of both that it would take minutes to know: no.
    """
    pieces = [*elsewhere, *(value for text in texts for value in _scalars(text))]
    if len(secrets.values) * sum(len(piece) + CHARACTERS_OF_A_PIECE for piece in pieces) > MOST_SEARCHED:
        return False
    return all(secrets.stand_in(value, pieces) for value in secrets.values)


def _scalars(text: str) -> Iterator[str]:
    try:
        yield from (scalar.value for scalar in scalars_of(roots_of(text)))
    except NoYamlError:
        return
