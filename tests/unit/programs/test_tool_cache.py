"""The cache of fetched tools believes only what it can have written itself."""

import json
from pathlib import Path
from typing import Any

import pytest

from jsquared.errors import LabError
from jsquared.programs import tool_cache
from jsquared.programs.fetch import fetch
from support.package_repository import FakeRepository


@pytest.fixture
def record(repository: FakeRepository, cache: Path) -> Path:
    """The record of a fetched tool."""
    [fetched] = fetch(["prometheus"])
    return fetched.tool.folder / "tool.json"


def changed(record: Path, **fields: Any) -> None:
    """Write other values into a record."""
    record.write_text(json.dumps({**json.loads(record.read_text()), **fields}))


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "redis"},
        {"programs": [{"name": "prometheus", "path": "/usr/bin/prometheus", "sha256": ""}]},
        {"programs": [{"name": "prometheus", "path": "root/../../../evil", "sha256": ""}]},
        {"libraries": ["/tmp"]},
        {"libraries": [""]},
        {"version": 7},
    ],
)
def test_records_that_lead_elsewhere_count_for_nothing(fields: dict[str, Any], record: Path) -> None:
    """A tool whose record names a place outside its folder, or another tool, is not there."""
    assert tool_cache.newest("prometheus") is not None
    changed(record, **fields)
    assert tool_cache.newest("prometheus") is None


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "null", "\xff"])
def test_broken_records_count_for_nothing(text: str, record: Path) -> None:
    """A record that cannot be read is no tool."""
    record.write_bytes(text.encode("latin-1"))
    assert tool_cache.versions("prometheus") == []


def test_what_others_may_write_to_is_not_used(record: Path, cache: Path) -> None:
    """A folder that is open to others holds nothing, and nothing is fetched into it."""
    cache.chmod(0o777)
    assert tool_cache.newest("prometheus") is None
    with pytest.raises(LabError, match=r"others may write to it, so nothing is run from there. Try: XDG_CACHE_HOME"):
        tool_cache.make_tools_folder()


def test_no_home_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user without a home has no cache folder."""
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    with pytest.raises(LabError, match=r"there is no cache folder: this user has no home. Try: XDG_CACHE_HOME=FOLDER"):
        tool_cache.make_tools_folder()


@pytest.mark.parametrize("name", ["a:b", "a;b", "a$b"])
def test_a_path_that_no_loader_can_be_told(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused before anything is fetched."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / name))
    with pytest.raises(LabError, match=r"cannot hold programs with libraries. Try: XDG_CACHE_HOME"):
        tool_cache.make_tools_folder()


def test_a_cache_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's reason is in the line."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(LabError, match=r"cannot be written: Not a directory. Try: XDG_CACHE_HOME"):
        tool_cache.make_tools_folder()


def test_a_version_that_is_no_name_of_a_folder(cache: Path) -> None:
    """Such a tool is not kept."""
    tool_cache.make_tools_folder()
    record = tool_cache.ToolRecord(name="redis", version="../1", fetched_at="")
    with tool_cache.staging() as folder, pytest.raises(LabError, match=r"has a version that cannot be kept"):
        tool_cache.put(folder, record)


def test_a_path_belongs_to_the_version_that_it_lies_in(record: Path, cache: Path) -> None:
    """Elsewhere it belongs to none."""
    found = tool_cache.containing(record.parent / "root" / "usr" / "bin" / "prometheus")
    assert found is not None
    assert found.folder == record.parent
    for path in (cache, cache / "prometheus", cache / "redis" / "1" / "redis-server", Path("/usr/bin/redis-server")):
        assert tool_cache.containing(path) is None
