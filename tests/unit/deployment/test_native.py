"""Native files: comments, quotes and includes."""

import os
from pathlib import Path

import pytest

from jsquared.deployment.model import reach as reach_module
from jsquared.deployment.model.directives import Source
from jsquared.deployment.model.reach import Allowed, Reach
from jsquared.deployment.read.native import conf_files as native
from jsquared.deployment.read.native.conf_files import NativeReader, matching, parse_text
from jsquared.errors import BadInputError


def write(folder: Path, **files: str) -> None:
    """Files by name, ``__`` for a slash and ``_conf`` for the ending."""
    for name, text in files.items():
        path = folder / (name.replace("__", "/") + ".conf")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def words_of(folder: Path, name: str = "main.conf") -> list[tuple[str, ...]]:
    """The words of each line of a file with its includes."""
    return [directive.words for directive in NativeReader(folder, Reach.of(folder)).read(folder / name)]


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


LATIN = b"# Datei f\xfcr n1 \x9b\nport 1\nrequirepass p\xe4ss \xe2\x82\xac # no comment\n"


def test_bytes_of_any_encoding_are_read_as_a_server_reads_them(tmp_path: Path) -> None:
    """Bytes that are not UTF-8 stay the same in words, and in the kept text they are escapes that mean the same."""
    (tmp_path / "main.conf").write_bytes(LATIN)
    reader = NativeReader(tmp_path, Reach.of(tmp_path))
    lines = reader.read(tmp_path / "main.conf")
    assert [os.fsencode(word) for word in lines[1].words[:3]] == [b"requirepass", b"p\xe4ss", "\N{EURO SIGN}".encode()]
    kept = reader.texts["main.conf"]
    assert kept.splitlines()[:2] == [r"# Datei f\xfcr n1 \x9b", "port 1"]
    assert kept.isascii()
    assert [line.words for line in parse_text(kept, Source("f", "f"))] == [line.words for line in lines]
    assert all(line.text in kept for line in lines)


def test_an_open_quote_beside_a_byte_of_another_encoding_is_named(tmp_path: Path) -> None:
    """A line that cannot be split is refused as any other, and a file with zero bytes as before."""
    (tmp_path / "main.conf").write_bytes(b'port 1\nlogfile "\xfc\n')
    with pytest.raises(BadInputError, match=r"main\.conf:2: unbalanced quotes"):
        words_of(tmp_path)
    (tmp_path / "zero.conf").write_bytes(b"port 1\n\xfc\0\n")
    with pytest.raises(BadInputError, match=r"zero\.conf:2: a zero byte"):
        words_of(tmp_path, "zero.conf")


def test_includes_are_expanded_in_place(tmp_path: Path) -> None:
    """Lines of an included file stand where the include stood, under their own file's name."""
    write(tmp_path, main="port 1\ninclude sub/more.conf\ndir /x\n", sub__more="save 1 1\n")
    reader = NativeReader(tmp_path, Reach.of(tmp_path))
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


def test_a_file_elsewhere_is_read_where_that_is_allowed(tmp_path: Path) -> None:
    """Text from another folder that the user allows is recorded as such; without, the line is refused with the way to allow it."""
    root, other = tmp_path / "root", tmp_path / "other"
    write(other, x="port 1\n")
    write(root, main=f"include {other}/x.conf\n")
    reader = NativeReader(root, Reach.of(root, Allowed(paths=[str(other)])))
    reader.read(root / "main.conf")
    assert set(reader.texts) == {"main.conf", "allowed/1/x.conf"}
    with pytest.raises(BadInputError, match=rf"main.conf:1, include: .*outside the folders.*--allow-path {other}"):
        words_of(root)


@pytest.mark.parametrize(
    "include",
    ["link.conf", "out/../x.conf", "../other/x.conf", "sub/../../other/x.conf", "/proc/self/environ", "out/x.conf"],
)
def test_an_include_that_leads_out_is_refused(tmp_path: Path, include: str) -> None:
    """By a link, by dots, by dots behind a link, or to what the kernel shows: the text cannot be understood without it."""
    root, other = tmp_path / "root", tmp_path / "other"
    write(other, x="masterauth canary\n", sub__y="")
    write(root, main=f"include {include}\n", sub__z="")
    (root / "link.conf").symlink_to(other / "x.conf")
    (root / "out").symlink_to(other / ("sub" if ".." in include else ""))
    with pytest.raises(BadInputError, match="outside the folders that may be read") as refused:
        words_of(root)
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize("pattern", ["*.conf", "*/x.conf", "/nowhere/*.conf", "{other}/*.conf", "../../other/*"])
def test_what_a_pattern_matches_outside_is_not_read(tmp_path: Path, pattern: str) -> None:
    """Links that a pattern matches, and patterns that lead out themselves, are said to be no part of it."""
    root, other = tmp_path / "root", tmp_path / "other"
    write(other, x="masterauth canary\n")
    write(root, n1__main=f"include {pattern.format(other=other)}\nhz 9\n")
    (root / "n1" / "x.conf").symlink_to(other / "x.conf")
    (root / "n1" / "folder").symlink_to(other)
    reader = NativeReader(root, Reach.of(root))
    if pattern == "*.conf":
        (root / "n1" / "main.conf").rename(root / "n1" / "main.txt")
        (root / "n1" / "y.conf").write_text("hz 8\n")
    path = next((root / "n1").glob("main.*"))
    lines = reader.read(path)
    assert not any("canary" in line.text for line in lines)
    assert any("lies outside the folders that may be read" in note for note in reader.notes)


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


def test_includes_have_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A chain of files that include each other, and a pattern that matches too many, end with one line."""
    write(tmp_path, **{f"f{number}": f"include f{number + 1}.conf\n" for number in range(40)}, f40="hz 1\n")
    with pytest.raises(BadInputError, match="more than 32 files include each other"):
        words_of(tmp_path, "f0.conf")
    monkeypatch.setattr(native, "MOST_FILES", 3)
    write(tmp_path, main="include f*.conf\n")
    with pytest.raises(BadInputError, match="more than 3 included files"):
        words_of(tmp_path)


def test_patterns_match_as_a_shell_would(tmp_path: Path) -> None:
    """Names that begin with a dot only where the pattern does; no folder outside is looked into, and depth has a limit."""
    write(tmp_path, a__x="", a__sub__y="")
    (tmp_path / "a" / ".hidden.conf").touch()
    reach = Reach.of(tmp_path)

    def names(pattern: str) -> list[str]:
        return [str(path.relative_to(tmp_path)) for path in matching(reach, tmp_path / pattern)]

    assert names("a/*.conf") == ["a/x.conf"]
    assert names("a/.*") == ["a/.hidden.conf"]
    assert names("*/sub/[xy].conf") == ["a/sub/y.conf"]
    assert names("*/none/*") == []
    assert names("/".join("*" * 20)) == []
    assert matching(reach, Path("/etc/*")) == []


@pytest.mark.parametrize(
    ("pattern", "most"),
    [("x{}*.conf", 100_000), ("*/y{}*.conf", reach_module.MOST_LOOKED_AT), ("*/*/{}.conf", 100_000)],
)
def test_patterns_look_at_so_many_names_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pattern: str, most: int
) -> None:
    """Names of a folder are read once, and what all patterns of a deployment are compared with has a limit."""
    for number in range(40):
        (tmp_path / f"{number}").mkdir()
    scanned: list[Path] = []
    monkeypatch.setattr(reach_module, "MOST_LOOKED_AT", most)
    original = reach_module.os.scandir
    monkeypatch.setattr(reach_module.os, "scandir", lambda path: scanned.append(path) or original(path))
    write(tmp_path, few="".join(f"include {pattern.format(number)}\n" for number in range(5)))
    assert words_of(tmp_path, "few.conf") == []
    assert len(scanned) == len(set(scanned))
    write(tmp_path, many="".join(f"include {pattern.format(number)}\n" for number in range(5000)))
    with pytest.raises(BadInputError, match="the patterns of its includes look at too many folders and files"):
        words_of(tmp_path, "many.conf")
