"""Adding OSV files: each source apart, contradictions named, and hostile files bounded."""

import json
import zipfile
from pathlib import Path

import pytest

from jsquared.advisories import osv_files
from jsquared.advisories.database import load_database
from jsquared.advisories.matching import advisories_for
from jsquared.advisories.update import update_from
from jsquared.errors import BadInputError

from .conftest import bitnami, debian, write_osv

NEW = bitnami("CVE-2026-99999", {"introduced": "7.0.0"})


def test_a_folder_is_added_and_counts(tmp_path: Path, user: Path) -> None:
    """Its advisories concern versions from then on, and the data is of the day of the newest one."""
    folder = write_osv(tmp_path / "osv", NEW, debian("CVE-2026-99999", "12", "5:7.0.15-1~deb12u11"))
    (folder / "notes.txt").write_text("redis")
    (folder / "other.json").write_text("{}")
    update = update_from(folder)
    assert (update.files, update.added, update.changed, update.sources) == (
        2,
        ("CVE-2026-99999",),
        (),
        ("Bitnami", "Debian"),
    )
    assert (update.file, update.as_of, update.unused) == (str(user), "2026-09-30", ())
    found = {one.id: one.status for one in advisories_for("redis", "", "5:7.0.15-1~deb12u10").advisories}
    assert found["CVE-2026-99999"] == "affected"
    assert {one.id for one in advisories_for("redis", "7.0.15").advisories} >= {"CVE-2026-99999"}
    assert update_from(folder).changed == ()


def test_one_file_does_not_make_the_data_fresh(tmp_path: Path) -> None:
    """A single advisory says nothing of those that are missing, and a day in the future is not believed."""
    folder = write_osv(tmp_path / "osv", NEW | {"modified": "2099-01-01T00:00:00Z"})
    assert update_from(next(folder.iterdir())).as_of == "2026-09-24"
    assert update_from(folder).as_of == "2026-10-01"


def test_a_later_file_of_a_source_replaces_its_earlier_word(tmp_path: Path) -> None:
    """The order is that of their days, not of their names; other advisories of the source stay."""
    update_from(write_osv(tmp_path / "a", NEW, bitnami("CVE-2026-88888", {"introduced": "0"})))
    second = NEW | {"affected": bitnami("CVE-2026-99999", {"introduced": "7.0.0"}, {"fixed": "7.4.9"})["affected"]}
    update = update_from(write_osv(tmp_path / "b", second))
    assert (update.added, update.changed) == ((), ("CVE-2026-99999",))
    [_, feed] = load_database().feeds
    assert [advisory.id for advisory in feed.advisories] == ["CVE-2026-88888", "CVE-2026-99999"]
    assert feed.advisories[1].engines["redis"][0].fixed == "7.4.9"  # type: ignore[index]


def test_contradictions_are_named(tmp_path: Path) -> None:
    """Of versions, packages, severities and withdrawals, each with what every source says."""
    update = update_from(
        write_osv(
            tmp_path / "osv",
            bitnami("CVE-2025-49844", {"introduced": "0"}, {"fixed": "6.2.1"}),
            debian("CVE-2024-31228", "12", "5:7.0.15-1~deb12u9"),
            bitnami("CVE-2025-21605", {"introduced": "0"}, withdrawn="2026-09-01T00:00:00Z"),
        )
    )
    text = "\n".join(update.contradictions)
    assert "CVE-2025-49844, redis: bundled has 0 to 6.2.20, " in text
    assert "; Bitnami has 0 to 6.2.1" in text
    assert "CVE-2025-49844, severity: bundled has critical; Bitnami has high" in text
    assert "CVE-2024-31228, redis of Debian 12: bundled has 5:7.0.15-1~deb12u2; Debian has 5:7.0.15-1~deb12u9" in text
    assert "CVE-2025-21605: Bitnami has withdrawn it, others have not" in text
    found = {one.id: one for one in advisories_for("redis", "7.0.15").advisories}
    assert found["CVE-2025-49844"].status == "possible"


def test_a_zip_is_read_where_it_lies(tmp_path: Path) -> None:
    """Names in it are never paths: nothing is unpacked."""
    archive = tmp_path / "all.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("../../outside.json", json.dumps(NEW))
        made.writestr("broken.json", "redis {")
        made.writestr("large.json", "redis" + " " * osv_files.LARGEST_OSV_BYTES)
        made.writestr("folder/", "")
        made.writestr("lzma.json", "redis", zipfile.ZIP_LZMA)
    before = sorted(tmp_path.rglob("*"))
    update = update_from(archive)
    assert update.added == ("CVE-2026-99999",)
    assert sorted(name.partition(":")[0] for name in update.unused) == ["broken.json", "large.json", "lzma.json"]
    assert [path for path in tmp_path.rglob("*") if path not in before and "data" not in path.parts] == []


def test_what_says_nothing_is_refused(tmp_path: Path, user: Path) -> None:
    """One line says why: nothing of use, no JSON, not there, no zip; and nothing is written."""
    only_npm = NEW | {"affected": [{"package": {"ecosystem": "npm", "name": "redis"}}]}
    folder = write_osv(tmp_path / "npm", only_npm)
    empty = tmp_path / "empty"
    empty.mkdir()
    fake = tmp_path / "fake.zip"
    fake.write_bytes(b"PK\x03\x04 not a zip")
    bare = tmp_path / "bare.zip"
    with zipfile.ZipFile(bare, "w") as made:
        made.writestr("notes.txt", "redis")
    text = tmp_path / "text.json"
    text.write_text("redis")
    reasons = {
        folder: "says nothing of Redis or Valkey that can be used",
        text: "text.json: not of the form of OSV",
        empty: "has no JSON files",
        fake: "cannot be unpacked: its end is missing",
        bare: "the archive has no JSON files",
        tmp_path / "none": "unreadable: No such file",
    }
    for path, reason in reasons.items():
        with pytest.raises(BadInputError) as refused:
            update_from(path)
        assert reason in str(refused.value)
    assert not user.exists()


def test_links_in_a_folder_are_not_followed(tmp_path: Path) -> None:
    """A link is named as not used, and a folder behind one is not entered."""
    folder = write_osv(tmp_path / "osv", NEW)
    (tmp_path / "secret.json").write_text("redis")
    (folder / "link.json").symlink_to(tmp_path / "secret.json")
    (folder / "up").symlink_to(tmp_path)
    assert update_from(folder).unused == ("link.json: is a link, which is not followed",)


def test_a_feed_has_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many files and bytes are read, and a zip's list may be so long."""
    folder = write_osv(tmp_path / "osv", NEW, bitnami("CVE-2026-1002", {"introduced": "0"}))
    archive = tmp_path / "all.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("a.json", json.dumps(NEW))
    monkeypatch.setattr(osv_files, "MOST_FILES", 1)
    with pytest.raises(BadInputError, match="more than 1 files"):
        update_from(folder)
    monkeypatch.setattr(osv_files, "MOST_DIRECTORY_BYTES", 10)
    with pytest.raises(BadInputError, match="its list of files is too long"):
        update_from(archive)
    monkeypatch.setattr(osv_files, "LARGEST_ZIP_BYTES", 10)
    with pytest.raises(BadInputError, match="bytes are too many"):
        update_from(archive)
