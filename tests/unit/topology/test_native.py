"""Native files: comments, quotes and includes."""

from pathlib import Path

import pytest

from jsquared.errors import BadInputError
from jsquared.topology import native
from jsquared.topology.directives import Source
from jsquared.topology.native import NativeReader, parse_text


def write(folder: Path, **files: str) -> None:
    """Files by name, ``__`` for a slash and ``_conf`` for the ending."""
    for name, text in files.items():
        path = folder / (name.replace("__", "/") + ".conf")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def words_of(folder: Path, name: str = "main.conf") -> list[tuple[str, ...]]:
    """The words of each line of a file with its includes."""
    return [directive.words for directive in NativeReader(folder).read(folder / name)]


def test_comments_and_blank_lines_are_left_out() -> None:
    """Only what the server would act on is kept, each with its line; Windows line ends do not matter."""
    lines = parse_text('# c\r\n\r\n  port 7000\r\nsave ""\n""\n\v\n', Source("f", "f"))
    assert [(line.words, line.line, line.text) for line in lines] == [
        (("port", "7000"), 3, "port 7000"),
        (("save", ""), 4, 'save ""'),
        (("",), 5, '""'),
    ]


def test_unbalanced_quotes_are_refused_with_their_line() -> None:
    """An open quote is found where it is."""
    with pytest.raises(BadInputError, match=r"a\.conf:2: unbalanced quotes"):
        parse_text('port 1\nlogfile "x\n', Source("a.conf", "a.conf"))


def test_includes_are_expanded_in_place(tmp_path: Path) -> None:
    """Lines of an included file stand where the include stood, under their own file's name."""
    write(tmp_path, main="port 1\ninclude sub/more.conf\ndir /x\n", sub__more="save 1 1\n")
    reader = NativeReader(tmp_path)
    lines = reader.read(tmp_path / "main.conf")
    assert [(line.words[0], line.source.name, line.line) for line in lines] == [
        ("port", "main.conf", 1),
        ("save", "sub/more.conf", 1),
        ("dir", "main.conf", 3),
    ]
    assert set(reader.texts) == {"main.conf", "sub/more.conf"}


def test_an_include_of_the_users_server_is_found_by_its_name(tmp_path: Path) -> None:
    """/etc/redis/common.conf means the copy in the deployment's folder."""
    write(tmp_path, n1__main="include /nowhere/redis/common.conf\n", common="port 5\n")
    assert words_of(tmp_path, "n1/main.conf") == [("port", "5")]


@pytest.mark.parametrize("absolute", [False, True])
def test_wildcards_are_expanded_in_order(tmp_path: Path, absolute: bool) -> None:
    """Files that a pattern matches come in order of their names; none at all is fine, as for the server."""
    write(tmp_path, a__2="two 2\n", a__1="one 1\n")
    prefix = f"{tmp_path}/" if absolute else ""
    write(tmp_path, main=f"include {prefix}a/*.conf\ninclude {prefix}none/*.conf\n")
    assert words_of(tmp_path) == [("one", "1"), ("two", "2")]


def test_a_file_elsewhere_keeps_its_whole_path(tmp_path: Path) -> None:
    """Text from outside of the deployment's folder is recorded as included, with its path."""
    root, other = tmp_path / "root", tmp_path / "other"
    write(other, x="port 1\n")
    write(root, main=f"include {other}/x.conf\n")
    reader = NativeReader(root)
    reader.read(root / "main.conf")
    assert f"included{other.resolve()}/x.conf" in reader.texts


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("include none.conf", r"main.conf:1, include: none.conf does not exist"),
        ("include main.conf", r"includes itself"),
        ("include a.conf b.conf", r"include takes one path"),
        ("include", r"include takes one path"),
    ],
)
def test_an_include_that_cannot_be_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    """A missing, circular or malformed include is named with its place."""
    write(tmp_path, main=text)
    with pytest.raises(BadInputError, match=problem):
        words_of(tmp_path)


def test_too_many_includes_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that include each other again and again end at a limit."""
    monkeypatch.setattr(native, "MOST_FILES", 3)
    write(tmp_path, main="include b.conf\n" * 4, b="port 1\n")
    with pytest.raises(BadInputError, match="more than 3 included files"):
        words_of(tmp_path)
