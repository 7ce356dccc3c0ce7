"""A user whose own advisories lie in a folder of the test, and files of OSV."""

import datetime
import json
from pathlib import Path
from typing import Any

import pytest

from jsquared.advisories import database, matching, update

TODAY = datetime.date(2026, 10, 1)


@pytest.fixture(autouse=True)
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's file, which is not there yet; it is 1 October 2026."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for module in (database, matching, update):
        monkeypatch.setattr(module, "today_utc", lambda: TODAY)
    return tmp_path / "data" / "jsquared" / "advisories.json"


def bitnami(cve: str, *events: dict[str, str], engine: str = "redis", **more: Any) -> dict[str, Any]:
    """An advisory of Bitnami with one range."""
    return {
        "schema_version": "1.5.0",
        "id": f"BIT-{engine}-{cve.removeprefix('CVE-')}",
        "modified": "2026-09-30T10:00:00Z",
        "aliases": [cve],
        "affected": [
            {
                "package": {"ecosystem": "Bitnami", "name": engine, "purl": f"pkg:bitnami/{engine}"},
                "ranges": [{"type": "SEMVER", "events": list(events)}],
            }
        ],
        "database_specific": {"severity": "High"},
        **more,
    }


def debian(cve: str, release: str, fixed: str, engine: str = "redis") -> dict[str, Any]:
    """An advisory of Debian for one release; without a fixed version there is none."""
    events = [{"introduced": "0"}, *([{"fixed": fixed}] if fixed else [])]
    return {
        "id": f"DEBIAN-{cve}",
        "modified": "2026-09-29T10:00:00Z",
        "upstream": [cve],
        "affected": [
            {
                "package": {"ecosystem": f"Debian:{release}", "name": engine},
                "ranges": [{"type": "ECOSYSTEM", "events": events}],
            }
        ],
    }


def write_osv(folder: Path, *records: dict[str, Any]) -> Path:
    """Write files of OSV, each named after its id."""
    folder.mkdir(exist_ok=True)
    for record in records:
        (folder / f"{record['id']}.json").write_text(json.dumps(record), encoding="utf-8")
    return folder
