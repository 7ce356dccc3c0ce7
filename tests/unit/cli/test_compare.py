"""``jsquared compare``: its table, its JSON and its exit code."""

from pathlib import Path

import msgspec
import pytest

from jsquared.cli.main import main
from jsquared.records.verdict import ObjectiveResult, RunVerdict
from support.sample_run import sample_record


@pytest.mark.parametrize(("new", "code"), [(5000.0, 0), (9900.0, 1)])
def test_the_exit_code_says_whether_it_got_worse(
    new: float, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1 when an objective got worse, in both ways of printing."""
    _, verdict = sample_record("crash", tmp_path)
    files = [tmp_path / "old.json", tmp_path / "new.json"]
    for file, value in zip(files, (5000.0, new), strict=True):
        objective = ObjectiveResult(name="failover", limit=10_000, value=value, unit="ms", outcome="pass")
        trial = msgspec.structs.replace(verdict, objectives=[objective])
        file.write_bytes(msgspec.json.encode(RunVerdict(outcome="pass", trials=[trial])))
    assert main(["compare", *map(str, files)]) == code
    assert "failover" in capsys.readouterr().out
    assert main(["compare", *map(str, files), "--json"]) == code
    assert msgspec.json.decode(capsys.readouterr().out)["outcome"] == ("worse" if code else "not worse")
