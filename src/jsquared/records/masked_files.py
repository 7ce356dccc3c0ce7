"""The user's files with marks for secrets, YAML and Compose files among them.

YAML has many ways to write a value (escapes, anchors, folded lines). So each scalar is read as YAML reads it, and one that holds a secret
which its source does not show is replaced as a whole. A Compose file is a program besides: a shell can put a password together from parts,
and nobody can say which parts of the file make it up. Such a file is not kept at all.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from jsquared.records.secrets import Secrets

WITHHELD = (
    "# Not kept: it puts a secret together from parts, or writes it in a way in which it cannot be marked here.\n"
)
MOST_SEARCHED = 256 << 20
"""Characters that are searched for secrets, counted for each secret."""
CHARACTERS_OF_A_PIECE = 50
"""Beginning to search in a text takes as long as searching through so many characters."""
_YAML = (".yaml", ".yml")


def masked_files(files: Mapping[str, str], secrets: Secrets) -> dict[str, str]:
    """The texts of configuration files, by the names that they have for people, with marks for secrets."""
    return {
        name: secrets.document(_masked_scalars(text, secrets) if _is_yaml(name) else text)
        for name, text in files.items()
    }


def can_be_marked(texts: Iterable[str], secrets: Secrets, elsewhere: Iterable[str]) -> bool:
    """Whether each secret stands in one of these YAML texts as one piece, or in what came from elsewhere, such as variables.

    Where there are so many of both that it would take minutes to know: no.
    """
    pieces = [*elsewhere, *texts, *(value for text in texts for _, _, value in _scalars(text))]
    if len(secrets.values) * sum(len(piece) + CHARACTERS_OF_A_PIECE for piece in pieces) > MOST_SEARCHED:
        return False  # it would take minutes to know
    return all(secrets.stand_in(value, pieces) for value in secrets.values)


def _is_yaml(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in _YAML


def _scalars(text: str) -> Iterator[tuple[int, int, str]]:
    """Where each scalar begins and ends, and its value; those before the first mistake where the text is no YAML."""
    import yaml  # noqa: PLC0415 -- a trial without such files does not pay for it

    try:
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            if isinstance(event, yaml.ScalarEvent) and event.start_mark and event.end_mark:
                yield event.start_mark.index, event.end_mark.index, event.value
    except (yaml.YAMLError, ValueError):
        return


def _masked_scalars(text: str, secrets: Secrets) -> str:
    """The text with those scalars replaced that hold a secret and do not show it as it is."""
    out, done = [], 0
    for start, end, value in _scalars(text):
        written = text[start:end]
        if value in (written, written[1:-1]):
            continue  # what is found in the whole text is found there
        masked = secrets.mask(value)
        if masked != value and secrets.mask(written) == written:
            out += [text[done:start], "'" + " ".join(masked.replace("'", "''").split()) + "'"]
            done = end
    return "".join([*out, text[done:]])
