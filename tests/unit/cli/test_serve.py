"""``jsquared serve``: what it prints, what it refuses in one line, and its end."""

import importlib.util
import json
import threading
from pathlib import Path
from typing import Any

import pytest

from jsquared.cli import serve as module
from jsquared.cli.main import main
from jsquared.web.page_server import LivePageServer


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def asked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for Ctrl-C has it already."""

    class Asked:
        asked = True

        def start(self) -> None:
            """Nothing to begin."""

        def close(self) -> None:
            """Nothing to end."""

    monkeypatch.setattr(module, "Interruption", Asked)


@pytest.mark.usefixtures("asked_at_once")
def test_it_prints_its_address(capsys: pytest.CaptureFixture[str]) -> None:
    """With the token in it, as text or as JSON, and ends with 0; no thread of it goes on."""
    before = threading.active_count()
    assert main(["serve"]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("http://127.0.0.1:")
    assert "/?token=" in shown.out
    assert main(["serve", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["url"].startswith(f"http://127.0.0.1:{document['port']}/?token=")
    assert threading.active_count() <= before


@pytest.mark.usefixtures("asked_at_once")
def test_a_port_that_is_taken_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """With what to try; the page that has it goes on."""
    from jsquared.web.lab_watch import LabWatch  # noqa: PLC0415 -- as the command does

    server = LivePageServer(LabWatch(), Path("runs"))
    try:
        assert main(["serve", "--port", str(server.port)]) == 2
        assert "Try: --port 0" in capsys.readouterr().err
    finally:
        server.close()


def test_a_server_that_ends_by_itself_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command does not wait for Ctrl-C behind a page that answers no more."""
    monkeypatch.setattr(LivePageServer, "is_up", False)
    assert main(["serve"]) == 4
    assert "has ended by itself" in capsys.readouterr().err


def test_a_missing_extra_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """It says what to install."""
    find = importlib.util.find_spec

    def without(name: str, *rest: Any) -> Any:
        return None if name in module.LIBRARIES else find(name, *rest)

    monkeypatch.setattr(importlib.util, "find_spec", without)
    assert main(["serve"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "starlette and uvicorn not installed" in line
    assert "pip install 'jsquared[web]'" in line


def test_a_wrong_name_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A lab's name could be nothing else."""
    assert main(["serve", "--lab", "../x"]) == 2
    assert "is not a name for a lab" in capsys.readouterr().err
