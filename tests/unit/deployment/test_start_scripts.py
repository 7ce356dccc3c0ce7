"""Start scripts as people write them: what is read of each, that real shells agree, and the rate in the documentation."""

import re
from pathlib import Path

import pytest

from jsquared.deployment.read.containers.shell_words import Unreadable
from support.start_scripts import FOLDER, StartScript, corpus

CORPUS = corpus()
READ = [script for script in CORPUS if not script.unreadable]
PAGE = Path(__file__).parents[3] / "docs" / "reference" / "start-scripts.md"


def test_every_script_is_described() -> None:
    """Each script has its place among what is expected, and says in its first comment what it is modelled on."""
    assert sorted(script.name for script in CORPUS) == sorted(path.stem for path in FOLDER.glob("*.sh"))
    assert len(CORPUS) >= 30
    for script in CORPUS:
        first, second = script.text.splitlines()[:2]
        assert first in ("#!/bin/sh", "#!/bin/bash"), script.name
        assert re.fullmatch(r"# [A-Z].*\.", second), script.name


@pytest.mark.parametrize("script", READ, ids=lambda script: script.name)
def test_a_script_that_is_read_gives_its_configuration(script: StartScript) -> None:
    """Following it leaves the files and starts the servers that are expected."""
    assert script.followed() == script.expected


@pytest.mark.parametrize("script", READ, ids=lambda script: script.name)
def test_a_real_shell_makes_the_same_of_it(script: StartScript, tmp_path: Path) -> None:
    """The shell that it names leaves the same files and starts the same servers; those in the background may come in any order."""
    really = script.run(tmp_path)
    assert really.files == script.expected.files
    assert sorted(really.servers) == sorted(script.servers)


@pytest.mark.parametrize("script", [script for script in CORPUS if script.unreadable], ids=lambda script: script.name)
def test_a_script_that_cannot_be_read_says_why(script: StartScript) -> None:
    """Nothing is guessed: the statement that cannot be read is named, and no secret."""
    with pytest.raises(Unreadable) as refused:
        script.followed()
    assert str(refused.value) == script.unreadable


def rows() -> list[str]:
    """The table of the page as it should be."""
    said = {script.name: f"no: {script.unreadable}" if script.unreadable else "yes" for script in CORPUS}
    return [f"| `{script.name}` | {script.layout} | {said[script.name]} |" for script in CORPUS]


def test_the_page_has_the_rate() -> None:
    """The page about start scripts has a row for each, as it is read now, and counts them."""
    page = PAGE.read_text(encoding="utf-8")
    assert [line for line in page.splitlines() if line.startswith("| `")] == rows()
    assert f"**{len(READ)} of {len(CORPUS)}** are read" in page
