"""Which engine the last run in a folder had."""

from pathlib import Path

from jsquared.service.last_engine import last_engine


def run_folder(out: Path, name: str, plan: str) -> None:
    """A run folder with this plan."""
    (out / name).mkdir()
    (out / name / "plan.json").write_text(plan, encoding="utf-8")


def test_the_newest_readable_run_counts(tmp_path: Path) -> None:
    """Hunts, damaged plans and folders of others are passed over."""
    assert last_engine(tmp_path / "nowhere") is None
    assert last_engine(tmp_path) is None
    run_folder(tmp_path, "20260101T000000-a-1", '{"engine": {"name": "redis", "version": "7.0.15"}, "seed": 1}')
    run_folder(tmp_path, "20260102T000000-b-1", '{"engine": {"name": "valkey", "version": "9.1.2"}}')
    run_folder(tmp_path, "20260103T000000-c-1", '{"engine": 5}')
    run_folder(tmp_path, "20260104T000000-d-1", "{")
    run_folder(tmp_path, "zzz", '{"engine": {"name": "redis", "version": "1"}}')
    (tmp_path / "20260105T000000-hunt-1").mkdir()
    (tmp_path / "20260106T000000-e-1").symlink_to(tmp_path / "gone")
    engine = last_engine(tmp_path)
    assert engine is not None
    assert (engine.name, engine.version) == ("valkey", "9.1.2")
