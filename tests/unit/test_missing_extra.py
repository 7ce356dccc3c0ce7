"""What comes with an extra and is not installed is one line that says what to install."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from jsquared.cli.command_table import COMMANDS
from jsquared.errors import EXTRAS, BadInputError, missing_extra, refusal_of

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("promql_parser", "grafana_foundation_sdk", "starlette", "uvicorn"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
from jsquared.__main__ import main
sys.exit(main())
"""


def jsquared(*words: str) -> "subprocess.CompletedProcess[str]":
    """Run a command line where the packages of the extra are not installed."""
    return subprocess.run([sys.executable, "-c", PROGRAM, *words], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("words", "package"),
    [(["alerts", "lint", "rules.yml"], "promql-parser"), (["monitor", "dashboards"], "grafana-foundation-sdk")],
)
def test_a_command_of_an_extra_says_what_to_install(words: list[str], package: str) -> None:
    """Exit code 2 and one line, whose advice is the extra."""
    done = jsquared(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"jsquared: error: this installation: {package} is not installed, which this command needs. "
        "Try: pip install 'jsquared[monitoring]'\n"
    )


def test_all_other_commands_load_without_an_extra() -> None:
    """Help loads a command's module: but for those two, none of them needs what may be missing."""
    words = [name.split() for name in COMMANDS if name not in ("alerts lint", "monitor dashboards")]
    program = PROGRAM.replace("sys.exit(main())", f"for words in {words!r}: load(words)").replace(
        "from jsquared.__main__ import main",
        "from importlib import import_module\nfrom jsquared.cli.command_table import COMMANDS\n"
        "load = lambda words: import_module('jsquared.cli.' + COMMANDS[' '.join(words)].module)",
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_rules_are_read_without_the_parser(tmp_path: Path) -> None:
    """Their form is checked, and what only the parser knows is left to promtool, which a run asks too."""
    rules = tmp_path / "rules.yml"
    rules.write_text("groups: [{name: g, rules: [{alert: A, expr: 'up =='}]}]\n", encoding="utf-8")
    read = f"from pathlib import Path\nfrom jsquared.monitor.rule_files import read_rules\nread_rules(Path({str(rules)!r}))"
    program = PROGRAM.replace("from jsquared.__main__ import main\nsys.exit(main())", read)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_commands_beside_it_need_no_extra() -> None:
    """Alerts are listed and their rules written without it."""
    assert jsquared("alerts", "list", "FailoverHappened").returncode == 0
    assert jsquared("alerts", "rules").returncode == 0


def test_an_import_that_fails_otherwise_is_no_missing_extra() -> None:
    """Only a module that is not there is, and only one of an extra."""
    assert missing_extra(ModuleNotFoundError(name="numpy")) is None
    assert missing_extra(ImportError("broken", name="promql_parser")) is None
    assert isinstance(refusal_of(ModuleNotFoundError(name="promql_parser.x")), BadInputError)


def test_the_extras_are_those_of_the_package() -> None:
    """Each package that a line names is in the extra that it names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for package, extra in EXTRAS.values():
        assert any(entry.startswith(package) for entry in project["optional-dependencies"][extra])
        assert not any(entry.startswith(package) for entry in project["dependencies"])
