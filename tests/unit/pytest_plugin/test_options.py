"""Ini options, markers and the command line of the plugin; and what its loading costs whoever does not use it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jsquared.errors import LabError
from jsquared.pytest_plugin import inside, lab_pool
from jsquared.pytest_plugin.choice import LabChoice
from jsquared.records import lab_variables
from support.pytest_labs import FakeLab, Labs

pytest_plugins = ["pytester"]
Run = Callable[..., pytest.RunResult]
HEAVY = (
    "jsquared.service",
    "jsquared.sandbox",
    "msgspec",
    "numpy",
    "jinja2",
    "redis",
    "yaml",
    "rich",
    "hiredis",
    "cryptography",
)


def test_a_start_of_pytest_loads_nothing_heavy(tmp_path: Path) -> None:
    """Whoever has JSquared installed and uses no fixture of it pays for a few small modules."""
    (tmp_path / "test_user.py").write_text(
        "import sys\ndef test_one(): print('LOADED', *sorted(name for name in sys.modules))\n"
    )
    argv = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:jsquared",
        "-p",
        "jsquared.pytest_plugin.plugin",
        "-sq",
        "-p",
        "no:cacheprovider",
    ]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    shown = subprocess.run(argv, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    [loaded] = [line.split()[1:] for line in shown.stdout.splitlines() if line.startswith("LOADED")]
    assert [name for name in loaded if name.startswith("jsquared")] == [
        "jsquared", "jsquared._version", "jsquared.pytest_plugin", "jsquared.pytest_plugin.choice",
        "jsquared.pytest_plugin.plugin", "jsquared.records", "jsquared.records.lab_variables",
    ]  # fmt: skip
    assert [name for name in loaded if name.startswith(HEAVY)] == []


def test_the_nearest_marker_says_which_lab(run: Run, labs: Labs, pytester: pytest.Pytester) -> None:
    """What it leaves open, those farther away say, then the ini options; a path counts from the root."""
    pytester.makeini(
        "[pytest]\njsquared_deployment = hardened\njsquared_engine = valkey\njsquared_needs = clock disk\njsquared_sandbox = loopback"
    )
    run(
        """
        import pytest
        pytestmark = pytest.mark.jsquared(deployment="here/redis", sandbox="auto")
        @pytest.mark.jsquared(engine="redis", needs=["clock"])
        def test_one(sentinel): pass
        def test_two(sentinel): pass
        def test_three(sentinel_lab): pass
        """
    ).assert_outcomes(passed=3)
    here = str(pytester.path / "here" / "redis")
    assert set(labs.opened) == {
        LabChoice(here, "redis", "auto", ("clock",)),
        LabChoice(here, "valkey", "auto", ("clock", "disk")),
        LabChoice("hardened", "valkey", "loopback", ("clock", "disk")),
    }


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ("'reference'", "takes names alone. Try: @pytest.mark.jsquared(deployment=*"),
        ("topology='x'", "'topology' is not an argument of it. Try: deployment, engine, sandbox, needs"),
        ("engine=7", "engine is not a text. Try: engine=*"),
        ("sandbox='docker'", "'docker' is not a sandbox. Try: auto, namespaces, loopback"),
        ("needs='clock'", "needs is not a list of texts. Try: needs=*"),
    ],
)
def test_a_wrong_marker_is_one_line(run: Run, labs: Labs, arguments: str, line: str) -> None:
    """Before any test runs, as pytest tells of its own options."""
    done = run(f"import pytest\n@pytest.mark.jsquared({arguments})\ndef test_one(sentinel): pass")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines([f"ERROR: test_user.py::test_one: @pytest.mark.jsquared*{line.replace('[', '[[]')}"])
    assert labs.tries == 0


def test_a_wrong_ini_option_is_one_line(run: Run, pytester: pytest.Pytester) -> None:
    """Likewise."""
    pytester.makeini("[pytest]\njsquared_sandbox = docker")
    done = run("def test_one(): pass")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(["ERROR: jsquared_sandbox: 'docker' is not a sandbox. Try: *"])


def test_servers_out_of_reach_are_one_line(run: Run, labs: Labs) -> None:
    """Which names the option that helps; the lab itself can be had."""
    done = run(
        """
        import pytest
        @pytest.mark.jsquared(sandbox="namespaces")
        def test_one(sentinel): pass
        """
    )
    done.stdout.fnmatch_lines(
        ["jsquared: the servers of the namespaces sandbox are out of reach here. Try: pytest --jsquared-inside"]
    )
    assert labs.tries == 0


def test_inside_the_lab_is_there_already(run: Run, labs: Labs, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that runs inside one uses that, does not end it, and cannot have another one."""
    lab = FakeLab("namespaces")
    monkeypatch.setenv(lab_variables.LAB, "/mnt/socket")
    monkeypatch.setattr(lab_pool.Lab, "attach", lambda: lab)
    done = run(
        """
        import pytest
        def test_one(sentinel):
            with sentinel.fault("cut", "primary"): pass
        @pytest.mark.jsquared(deployment="hardened")
        def test_two(sentinel): pass
        """,
        "--jsquared-inside",
    )
    done.assert_outcomes(passed=1, errors=1)
    done.stdout.fnmatch_lines(
        [
            "jsquared: inside a lab, as its host client-1",
            "jsquared: --jsquared-inside: pytest runs inside the lab of its ini options. Try: *",
        ]
    )
    assert (lab.done, lab.up, labs.tries) == (["reset", "break cut primary", "heal cut"], True, 0)


def test_inside_runs_the_same_command_line_there(run: Run, labs: Labs, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a lab of the ini options, and its exit code is that of pytest; what only looks starts none."""
    asked: list[Any] = []
    monkeypatch.setattr(inside, "run_in_lab", lambda *given: asked.append(given) or 1)
    text = "def test_one(sentinel): pass"
    assert run(text, "--jsquared-inside", "-k", "one").ret == 1
    [(choice, command, folder)] = asked
    assert (choice, command[:3], command[-3:]) == (
        LabChoice(),
        [sys.executable, "-m", "pytest"],
        ["--jsquared-inside", "-k", "one"],
    )
    assert (folder / "test_user.py").exists()
    assert run(text, "--jsquared-inside", "--collect-only").ret == 0
    assert len(asked) == 1

    def refused(*_given: object) -> int:
        raise LabError("namespaces are refused here", hint="sysctl")

    monkeypatch.setattr(inside, "run_in_lab", refused)
    run(text, "--jsquared-inside").stderr.fnmatch_lines(
        ["ERROR: --jsquared-inside: namespaces are refused here. Try: sysctl"]
    )


def test_an_interruption_ends_inside_too(monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config) -> None:
    """With the exit code that pytest has for it."""

    def interrupted(*_given: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(inside, "run_in_lab", interrupted)
    monkeypatch.setattr(inside, "usual_choice", lambda _: LabChoice())
    monkeypatch.setattr(pytestconfig.pluginmanager, "getplugin", lambda _: None)
    assert inside.run_pytest_inside(pytestconfig) == pytest.ExitCode.INTERRUPTED


def test_a_user_has_a_name_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one of outside, and its number where the machine knows none."""
    monkeypatch.setattr(inside.getpass, "getuser", lambda: "app")
    assert inside.environment_inside() == {**os.environ, "LOGNAME": "app"}

    def unknown() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr(inside.getpass, "getuser", unknown)
    assert inside.environment_inside()["LOGNAME"] == str(os.getuid())


def test_workers_are_sent_inside_one_by_one(
    labs: Labs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], pytestconfig: pytest.Config
) -> None:
    """Each is started by a Python that starts a lab first, with the choice of the run; one that cannot is one line."""

    class Config:
        class option:  # noqa: N801 -- as pytest calls it
            tx = ("popen", "2*popen", "ssh=somewhere")

    choice = LabChoice("hardened", needs=("clock",))
    monkeypatch.setattr(inside, "usual_choice", lambda _: choice)
    monkeypatch.setenv(inside.CHOICE_VARIABLE, "")
    inside.send_workers_inside(Config)  # type: ignore[arg-type]
    starter = f"//python={sys.executable} -m jsquared.pytest_plugin.inside"
    assert Config.option.tx == [f"popen{starter}", f"2*popen{starter}", "ssh=somewhere"]
    assert json.loads(os.environ[inside.CHOICE_VARIABLE])["deployment"] == "hardened"
    asked: list[Any] = []
    monkeypatch.setattr(inside, "run_in_lab", lambda *given: asked.append(given) or 0)
    assert inside.main(["-u", "-c", "pass"]) == 0
    assert asked == [(choice, [sys.executable, "-u", "-c", "pass"], Path.cwd())]
    monkeypatch.undo()
    monkeypatch.setenv(inside.CHOICE_VARIABLE, json.dumps({"sandbox": "loopback", "needs": []}))
    assert inside.main([]) == 4
    assert capsys.readouterr().err.startswith(
        "jsquared: --jsquared-inside: the loopback sandbox: has one network for all."
    )
