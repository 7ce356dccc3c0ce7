"""Copies of the input: numbered, whatever their names are."""

import json
from pathlib import Path

import pytest

from jsquared.records.input_copies import write_input_copies

NAMES = [
    "n1/redis.conf", "x/../../../victim", "/etc/passwd", "..", "", "a\nb", "nul\0", "x" * 300, "users.acl", "a.CONF", ".sh",
    "manifest.json",
]  # fmt: skip


def test_no_name_is_a_path(tmp_path: Path) -> None:
    """Dots, absolute paths, long names and control characters become numbers with a harmless suffix, which the manifest tells."""
    config = tmp_path / "run" / "config"
    config.mkdir(parents=True)
    write_input_copies(config, {name: f"text of {name}" for name in NAMES})
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    written = {path.name: path.read_text() for path in (config / "input").iterdir()}
    manifest = json.loads(written.pop("manifest.json"))
    assert [manifest[name] for name in sorted(manifest)] == NAMES
    assert {name: written[name] for name in written} == {name: f"text of {manifest[name]}" for name in manifest}
    assert sorted(Path(name).suffix for name in manifest) == [".acl", ".conf", ".json", *[".txt"] * 9]
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in (config / "input").iterdir())


def test_nothing_is_made_of_nothing(tmp_path: Path) -> None:
    """A plan without input has no folder for it."""
    write_input_copies(tmp_path, {})
    assert not list(tmp_path.iterdir())


def test_a_link_in_the_way_is_refused(tmp_path: Path) -> None:
    """Neither the folder nor a file in it may be there already."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "input").symlink_to("elsewhere")
    with pytest.raises(FileExistsError):
        write_input_copies(tmp_path, {"a.conf": "x"})
    assert not list((tmp_path / "elsewhere").iterdir())
