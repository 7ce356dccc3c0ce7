"""Mutated inputs: a short part of what ``scripts/test --fuzz`` reads, and what it has found."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jsquared.analysis.analysis import analyse
from jsquared.deployment.model.directives import Directive, Source
from jsquared.deployment.read.containers.container_files import ContainerFiles
from jsquared.deployment.read.containers.shell import Container, follow
from jsquared.deployment.read.containers.shell_script import parse_script
from jsquared.deployment.read.containers.shell_words import Unreadable
from jsquared.deployment.read.load import load_deployment
from jsquared.errors import BadInputError
from jsquared.resp.replies import pairs
from jsquared.running.view import RoleView
from jsquared.scenario.moments import Moment

FUZZ = Path(__file__).parents[1] / "fuzz" / "fuzz.py"
INPUTS = 2_000
UNMEASURED = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
"""Every reader has unit tests, which measure it."""


def test_mutated_inputs_are_refused_in_one_line_or_read() -> None:
    """Over every reader no exception but ours, and nothing that takes long."""
    done = subprocess.run(
        [sys.executable, str(FUZZ), str(INPUTS), "--seed", "9", "--jobs", "2"],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
        env=UNMEASURED,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{INPUTS:,} inputs with seed 9" in done.stdout
    assert " 0 findings" in done.stdout


@pytest.mark.parametrize(
    "line",
    [
        "COPY",
        "COPY --chown=redis",
        'COPY "r.conf /etc',
        "COPY a /" + "b" * 300,
        "COPY a b " + "c" * 300,
        "ENTRYPOINT " + "[" * 20_000,
    ],
    ids=str.split,
)
def test_a_dockerfile_that_makes_no_sense_is_no_traceback(tmp_path: Path, line: str) -> None:
    """A COPY without words, with an open quote or with a name that is too long, and a command nested without end."""
    (tmp_path / "Dockerfile").write_text(f"FROM redis\n{line}\n", encoding="utf-8")
    (tmp_path / "compose.yaml").write_text("services: {r: {build: .}}\n", encoding="utf-8")
    with pytest.raises(BadInputError):
        load_deployment(tmp_path / "compose.yaml")


@pytest.mark.parametrize("opening", ["(", "{ ", "if true; then ", "while true; do "])
def test_statements_nested_without_end_are_unreadable(opening: str) -> None:
    """A script is not followed deeper than any is written."""
    with pytest.raises(Unreadable):
        parse_script(opening * 20_000)


@pytest.mark.parametrize("edit", ["s/(a*)*b/x/", "s/(a|a)+(b+)*$/x/"])
def test_an_edit_that_may_take_for_ever_is_unreadable(edit: str) -> None:
    """Repeats in repeats are refused before they are tried on a line."""
    files = ContainerFiles(workdir="/data")
    files.write("/f", "a" * 60 + "\n")
    inside = Container(files, {}, "box", "192.0.2.9", lambda _: "")
    with pytest.raises(Unreadable):
        follow(inside, ("sh", "-c", f"sed -E -i '{edit}' /f"))


def test_a_long_line_is_not_matched_for_ever() -> None:
    """Several repeats on a very long line are refused too."""
    files = ContainerFiles(workdir="/data")
    files.write("/f", "a" * 100_000 + "\n")
    inside = Container(files, {}, "box", "192.0.2.9", lambda _: "")
    with pytest.raises(Unreadable):
        follow(inside, ("sh", "-c", "sed -i 's/a*b*c/x/' /f"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("services:\n  a: &x {image: redis}\n  b: {<<: *x, [1, 2]: y}\n", "a key"),
        (f"services:\n  a: {{image: redis, command: '{'x ' * 20_000}'}}\n", "too long"),
    ],
)
def test_strange_compose_files_are_one_line(tmp_path: Path, text: str, words: str) -> None:
    """A list as a key beside a merge, and a command line longer than any."""
    (tmp_path / "compose.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(BadInputError, match=words):
        load_deployment(tmp_path / "compose.yaml")


def test_a_moment_later_than_any_is_refused() -> None:
    """A number of 5,000 digits is not a valid moment."""
    with pytest.raises(BadInputError, match="not a valid moment"):
        Moment.parse(f"{'9' * 5000} ms after load")


def test_numbers_of_info_that_are_none_count_as_nothing() -> None:
    """A server may say what it likes of its offset."""
    view = RoleView.parse({"role": "master", "master_repl_offset": "12;", "connected_slaves": "9" * 5000})
    assert (view.offset, view.replicas) == (0, 0)
    assert RoleView.parse({"role": "master", "master_repl_offset": "12"}).offset == 12


def test_a_reply_with_names_that_are_lists_is_read() -> None:
    """A server may answer with lists where names belong."""
    assert pairs([["a"], "b", {"c": 1}, "d"]) == {"['a']": "b", "{'c': 1}": "d"}  # type: ignore[list-item]


def test_the_key_of_a_line_is_worked_out_once() -> None:
    """A file of forty thousand lines is asked hundreds of times for a directive that it does not have."""
    line = Directive.make(("SENTINEL", "Monitor", "m"), Source("s.conf", "s.conf"), 1, "")
    assert line.key == "sentinel monitor"
    assert line.key is line.key


@pytest.mark.parametrize(
    "key", ["repl-diskless-sync-delay", "repl-backlog-size", "replica-priority", "repl-ping-replica-period"]
)
def test_a_number_of_thousands_of_digits_is_no_traceback(tmp_path: Path, key: str) -> None:
    """Python converts no more than 4,300 digits; a value that long is refused or taken as not written."""
    for host in ("n1", "n2", "n3"):
        (tmp_path / host).mkdir()
        follows = "" if host == "n1" else "replicaof n1 6379\n"
        (tmp_path / host / "redis.conf").write_text(f"port 6379\n{follows}{key} {'9' * 5000}\n", encoding="utf-8")
        (tmp_path / host / "sentinel.conf").write_text("sentinel monitor m n1 6379 2\n", encoding="utf-8")
    try:
        findings = analyse(load_deployment(tmp_path))
    except BadInputError:
        return
    assert all("9" * 5000 not in finding.message for finding in findings)
