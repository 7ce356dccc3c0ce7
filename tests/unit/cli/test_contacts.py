"""``jsquared contacts check``: every alert has an owner, and every owner a receiver that works."""

import json
from pathlib import Path

import pytest

from jsquared.cli.main import main
from jsquared.monitor.alert_catalogue import ALERTS
from jsquared.monitor.delivery import Delivery
from jsquared.service import contact_list

SOUND = """
teams:
  DevOps: {webhook: "https://hooks.example.org/secret-path"}
  Backend: {webhook: "https://hooks.example.org/secret-path"}
watchdog: {webhook: "https://deadman.example.org/secret-path"}
"""


def checked(capsys: pytest.CaptureFixture[str], folder: Path, text: str, *words: str) -> tuple[int, dict]:
    """The exit code and the document of a check."""
    file = folder / "contacts.yml"
    file.write_text(text)
    code = main(["contacts", "check", str(file), "--json", *words])
    captured = capsys.readouterr()
    assert "secret-path" not in captured.out + captured.err
    return code, json.loads(captured.out)


def test_a_sound_list_passes_without_sending(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Each alert of the catalogue is named with its owners, and no receiver is tried."""
    code, found = checked(capsys, tmp_path, SOUND, "--no-delivery")
    assert (code, found["outcome"], found["problems"]) == (0, "pass", [])
    assert [one["alert"] for one in found["alerts"]] == list(ALERTS)
    owners = {one["alert"]: one["owners"] for one in found["alerts"]}
    assert (owners["RedisDown"], owners["Watchdog"]) == (["DevOps"], ["watchdog"])
    assert {one["delivery"] for one in found["receivers"]} == {"not tried"}


def test_an_alert_without_owner_is_violated(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """An area that no team has, and a watchdog that no one listens for."""
    code, found = checked(
        capsys, tmp_path, "teams: {Full-stack: {webhook: 'https://h.example.org/x'}}", "--no-delivery"
    )
    assert (code, found["outcome"]) == (1, "violated")
    watchdog, *areas = found["problems"]
    assert watchdog.startswith("Watchdog has no owner")
    assert any("no team has the area infrastructure" in one and "RedisDown" in one for one in areas)


def test_a_secret_that_is_not_here_is_unknown(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The receiver is not tried then, which is inconclusive; an empty file is violated."""
    monkeypatch.setattr(contact_list, "find", lambda *_, **__: object())
    monkeypatch.setattr(contact_list, "deliver", lambda *_, **__: Delivery(delivered=True))
    key = tmp_path / "key"
    text = SOUND.replace("Backend: {", f"Backend: {{pagerduty: {{key_file: {key}}}, ")
    code, found = checked(capsys, tmp_path, text)
    assert (code, found["outcome"]) == (3, "inconclusive")
    assert [one["delivery"] for one in found["receivers"]] == ["accepted", "accepted", "unknown", "accepted"]
    key.touch()
    code, found = checked(capsys, tmp_path, text, "--no-delivery")
    assert (code, found["problems"]) == (1, [f"{key}: is empty"])


def test_a_receiver_that_refuses_is_violated(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the reason, in the table for people too."""
    monkeypatch.setattr(contact_list, "find", lambda *_, **__: object())
    monkeypatch.setattr(contact_list, "deliver", lambda *_, **__: Delivery(delivered=False, problem="500"))
    assert checked(capsys, tmp_path, SOUND)[0] == 1
    assert main(["contacts", "check", str(tmp_path / "contacts.yml")]) == 1
    shown = capsys.readouterr()
    assert "violated: DevOps: hooks.example.org (webhook): 500" in shown.out
    assert "secret-path" not in shown.out + shown.err
