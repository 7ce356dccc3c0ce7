"""The files of the live page: all are there, none has anything that its policy would refuse, and nothing is made of text as markup."""

import re

import pytest

from jsquared.web.page_files import FILES, OWN, PAGES, file_of, page_of

INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\son\w+=|javascript:|https?:", re.IGNORECASE)
MAKES_MARKUP = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|setAttribute\(\"(?:style|on)"
)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_loads_its_own_files_alone(name: str) -> None:
    """Every script and style is a file of the server below its room; the mark of changes is filled in."""
    text = page_of(name, "r00m", "m4rk")
    loaded = re.findall(r'(?:src|href)="/([^/"]+)/files/([^"]+)"', text)
    assert {room for room, _ in loaded} == {"r00m"}
    assert {file for _, file in loaded} <= set(FILES)
    assert "{{" not in text
    assert '<meta name="change-mark" content="m4rk">' in text
    assert not INLINE.search(text)


@pytest.mark.parametrize("name", FILES)
def test_every_file_is_there(name: str) -> None:
    """With its media type; another name is none."""
    found = file_of(name)
    assert found is not None
    assert found[0]
    assert found[1].startswith("text/css" if name.endswith(".css") else "text/javascript")
    assert file_of(f"../{name}") is None


@pytest.mark.parametrize("name", [name for name in OWN if name.endswith(".js")])
def test_no_script_makes_markup_of_text(name: str) -> None:
    """Texts become text nodes, so there is nothing to escape and nothing to forget."""
    assert not MAKES_MARKUP.search((file_of(name) or (b"", ""))[0].decode())
