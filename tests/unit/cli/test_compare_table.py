"""The table of ``jsquared compare`` on a terminal of 80 columns."""

from pathlib import Path

import msgspec
import pytest

from jsquared.cli.main import main
from jsquared.records.verdict import ObjectiveResult, RunVerdict
from support.sample_run import sample_record

OBJECTIVES = (("lost_writes", 0.0, 3058.0, "writes"), ("writes_resume_after_heal", 2790.0, 30_952.0, "ms"))


def test_nothing_but_reasons_is_broken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Long names stand on lines of their own, objectives have people's names, and times are seconds."""
    monkeypatch.setenv("COLUMNS", "80")
    _, verdict = sample_record("crash", tmp_path)
    files = [tmp_path / "old.json", tmp_path / "new.json"]
    for index, file in enumerate(files):
        results = [
            ObjectiveResult(name=name, limit=0, value=values[index], unit=unit, outcome="pass")
            for name, *values, unit in OBJECTIVES
        ]
        trial = msgspec.structs.replace(verdict, scenario="sentinels-partitioned-from-the-primary", objectives=results)
        file.write_bytes(msgspec.json.encode(RunVerdict(outcome="pass", trials=[trial])))
    assert main(["compare", *map(str, files)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[1].strip() == "sentinels-partitioned-from-the-primary"
    assert lines[2].split()[:7] == ["lost", "writes", "0", "writes", "3,058", "writes", "worse"]
    assert any(
        line.startswith("  writes resume after heal") and "2.79 s" in line and "31.0 s" in line for line in lines
    )
