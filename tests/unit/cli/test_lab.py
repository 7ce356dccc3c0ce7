"""``jsquared lab faults``, ``events`` and ``load rate``: what a lab offers, what it has recorded, and another rate."""

import json

import pytest

from jsquared.cli import lab_commands
from jsquared.cli.main import main
from jsquared.faults.catalogue import FAULTS
from support.fake_lab import FakeLab


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> FakeLab:
    """A lab in memory, which the command line finds."""
    monkeypatch.setattr(FakeLab, "up", [], raising=False)
    monkeypatch.setattr(lab_commands, "Lab", FakeLab)
    made = FakeLab(name="try")
    made.start()
    return made


def test_faults_are_listed(lab: FakeLab, capsys: pytest.CaptureFixture[str]) -> None:
    """Each with its usual targets, and why it cannot be had; as a table and as JSON."""
    assert main(["lab", "faults"]) == 0
    shown = capsys.readouterr().out
    assert "cut" in shown
    assert "the memory sandbox lacks links" in " ".join(shown.split())
    assert main(["lab", "faults", "--json"]) == 0
    assert [one["name"] for one in json.loads(capsys.readouterr().out)] == list(FAULTS)


def test_events_are_printed_as_they_are(lab: FakeLab, capsys: pytest.CaptureFixture[str]) -> None:
    """All of them, or those behind the first N; what a terminal would obey is an escape."""
    lab.lines = ['{"kind": "a"}', '{"kind": "\x1b[2J"}', '{"kind": "c"}']
    assert main(["lab", "events"]) == 0
    assert capsys.readouterr().out == '{"kind": "a"}\n{"kind": "\\x1b[2J"}\n{"kind": "c"}\n'
    assert main(["lab", "events", "--since", "2"]) == 0
    assert capsys.readouterr().out == '{"kind": "c"}\n'


def test_following_ends_with_the_lab(
    lab: FakeLab, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes is printed as it comes; the end of the lab is no error then."""
    lab.lines = ["a"]
    answer = FakeLab._news

    def growing(self: FakeLab, question: object) -> object:
        told = answer(self, question)  # type: ignore[arg-type]
        self.lines.append("b")
        if len(self.lines) > 3:
            self.close()
        return told

    monkeypatch.setattr(FakeLab, "_news", growing)
    monkeypatch.setattr(FakeLab, "is_up", lambda self: not self.has_ended)
    assert main(["lab", "events", "--follow"]) == 0
    assert capsys.readouterr().out == "a\nb\nb\n"


def test_the_rate_is_changed(lab: FakeLab, capsys: pytest.CaptureFixture[str]) -> None:
    """While the load runs; without a number it is refused, as is another word."""
    assert main(["lab", "load", "start"]) == 0
    assert main(["lab", "load", "rate", "--rate", "900", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.partition("\n")[2])["rate_per_s"] == 900
    assert main(["lab", "load", "rate"]) == 2
    assert "no rate is given" in capsys.readouterr().err
    assert main(["lab", "load", "faster"]) == 2
    assert "none of start, rate and stop" in capsys.readouterr().err
