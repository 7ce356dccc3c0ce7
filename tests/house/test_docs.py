"""The documentation says what the code does: generated pages are current, and everything a user can name is written about."""

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import pytest

from jsquared.analysis.analysis import RULES
from jsquared.check.objectives import MEASURES
from jsquared.cli.main import GROUPS, command_line, completed
from jsquared.deployment.model.reach import Allowed
from jsquared.deployment.read.load import SHIPPED, load_deployment
from jsquared.deployment.read.overrides import apply_overrides
from jsquared.faults.catalogue import FAULTS
from jsquared.monitor.alert_catalogue import ALERTS
from jsquared.pytest_plugin.choice import ARGUMENTS
from jsquared.pytest_plugin.sentinel_under_test import USUAL_FAULTS
from jsquared.records import event_types, verdict
from jsquared.records.event import Event
from jsquared.records.event_types import EVENT_TYPES
from jsquared.records.history import ERROR_NAMES, OUTCOME_NAMES
from jsquared.records.operations import Operations, write_parquet
from jsquared.records.plan import Plan
from jsquared.records.verdict import RunVerdict
from jsquared.reference.event_page import described_fields
from jsquared.reference.pages import MAN_PAGES, PAGES, TABLES, commands, filled, main, outdated
from jsquared.scenarios.catalogue import SCENARIOS, scenario_named, suite_named
from jsquared.scenarios.known_ways import WAYS
from jsquared.service.request import parse_ack

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
SOURCES = ROOT / "src" / "jsquared"
GROUP = command_line()
COMMANDS = commands(GROUP)
ROOT_OPTIONS = {"--help", *(option for parameter in GROUP.params for option in parameter.opts)}
WRITTEN = sorted([*DOCS.rglob("*.md"), *(ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CHANGELOG.md"))])
_SHELL = re.compile(r"^ *```(?:sh|bash|console|shell)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
_INLINE = re.compile(r"`((?:jsquared|scripts/run) [^`]*)`")
_SHOWN = re.compile(r"^\s*(?:\$ )?(?:scripts/run|jsquared) (?P<words>.*)$", re.MULTILINE)
_PLACEHOLDER = re.compile(r"…|^[A-Z][A-Z_]+$|[<>]")
_LINK = re.compile(r"\]\((?![a-z]+:)([^)#\s]+)")
_OPTION = re.compile(r"`(--[a-z][a-z-]*)")
OTHERS_OPTIONS = {"--privileged", "--security-opt"}  # of programs that the pages tell about


def text_of(page: str) -> str:
    """A page of the reference."""
    return (REFERENCE / page).read_text(encoding="utf-8")


def named_in(pattern: str, folder: Path = SOURCES) -> set[str]:
    """What a pattern's first group finds in the sources."""
    return {name for path in folder.rglob("*.py") for name in re.findall(pattern, path.read_text(encoding="utf-8"))}


def shown_commands(page: Path) -> Iterator[tuple[list[str], bool]]:
    """The words after ``jsquared`` of every command line that a page shows; whether it is meant to be typed as it stands.

    It is in a block of shell without placeholders. Within a line of text only what matters is named.
    """
    text = page.read_text(encoding="utf-8")
    for lines, whole in (("\n".join(_SHELL.findall(text)), True), ("\n".join(_INLINE.findall(text)), False)):
        for match in _SHOWN.finditer(lines):
            words = shlex.split(re.split(r" [#>|] ?", match["words"])[0])
            if words and words[0] not in ROOT_OPTIONS and not _PLACEHOLDER.search(words[0]):
                words = completed(words)
                yield words, whole and not any(_PLACEHOLDER.search(word) for word in words)


def check_values(command: str, parameters: dict[str, object]) -> None:
    """Whether the values that a command line of ``run`` shows are such that it would begin."""
    if command != "run":
        return
    for name in parameters["names"] or ():  # type: ignore[attr-defined]
        scenario_named(name)
    if parameters["suite"]:
        suite_named(str(parameters["suite"]))
    parse_ack(str(parameters["ack"]))
    deployment = str(parameters["deployment"])
    shipped = deployment if deployment in SHIPPED else "reference"
    assert deployment in SHIPPED or re.search(r"[./-]", deployment), (
        f"no shipped deployment, file or folder: {deployment}"
    )
    # The hosts that a page names are those of its reader's deployment.
    floating = [re.sub(r",hosts=[^,]*", "", each) for each in parameters["floating"] or ()]  # type: ignore[attr-defined]
    apply_overrides(load_deployment(shipped, Allowed(floating=floating)), parameters["overrides"] or ())  # type: ignore[arg-type]


def test_generated_pages_are_current() -> None:
    """The reference pages are what scripts/docs writes now."""
    assert outdated(REFERENCE) == [], "out of date. Try: scripts/docs"


def test_the_generator_writes_and_checks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Pages that are missing or changed are named with exit code 1, and written anew they are current."""
    for name in TABLES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"By hand.\n\n<!-- generated: {next(iter(TABLES[name]))} -->\n<!-- end -->\n")
    assert main(["--check", str(tmp_path)]) == 1
    assert sorted(
        line.split(":")[0].removeprefix(f"{tmp_path}/") for line in capsys.readouterr().out.splitlines()
    ) == sorted({**PAGES, **MAN_PAGES, **TABLES})
    assert main([str(tmp_path)]) == 0
    assert main(["--check", str(tmp_path)]) == 0
    assert all((tmp_path / name).read_text().startswith("By hand.\n") for name in TABLES)


def test_a_page_cannot_ask_for_a_table_that_is_not_there() -> None:
    """A misspelt mark is an error, not an empty table."""
    with pytest.raises(KeyError):
        filled("<!-- generated: nothing -->\n<!-- end -->", {})


@pytest.mark.parametrize("page", TABLES)
def test_every_generated_table_is_on_its_page(page: str) -> None:
    """A page written by hand has a place for each of its generated tables."""
    assert sorted(re.findall(r"<!-- generated: ([\w-]+) -->", text_of(page))) == sorted(TABLES[page])


@pytest.mark.parametrize("name", [*SCENARIOS, *FAULTS, *SHIPPED, *COMMANDS, *ALERTS])
def test_everything_with_a_name_is_documented(name: str) -> None:
    """Every scenario and fault has a page in the reference, every deployment, command and alert a heading."""
    assert any(re.search(rf"^##? (jsquared )?{re.escape(name)}$", text_of(page), re.MULTILINE) for page in PAGES)


PLAIN_TAGS = set(
    (
        "addresses auth bandwidth big-key client clock command connections cpu crash day-after disk "
        "duplicates flapping hang latency loss memory monitoring names network one-host one-way operator overload "
        "partition persistence power primary replica restart resync script selection sentinel "
        "several-primaries security slow split-brain static tilt tls two-hosts upgrade zone"
    ).split()
)
"""What scenarios are tagged with beside known ways: a way that is misspelt is none of these."""


def test_every_known_way_is_covered() -> None:
    """Each known way to break Sentinel has a scenario, static or live, and scenarios and rules name none that is not known."""
    tagged = {tag for scenario in SCENARIOS.values() for tag in scenario.tags}
    assert tagged - PLAIN_TAGS == set(WAYS)
    assert {way for rule in RULES.values() for way in rule.ways} <= set(WAYS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_documented(command: str) -> None:
    """Every option of every command is in the command-line reference, and every command has an example."""
    section = text_of("cli.md").partition(f"## jsquared {command}\n")[2].partition("\n## ")[0]
    assert f"\njsquared {command}" in section
    for parameter in COMMANDS[command].params:
        for option in parameter.opts:
            assert not option.startswith("--") or f"`{option}" in section, f"{command} {option}"


@pytest.mark.parametrize("name", [name for name in (*ERROR_NAMES, *OUTCOME_NAMES) if name])
def test_every_outcome_and_error_of_an_operation_is_documented(name: str) -> None:
    """What a history can say of an operation is explained on its page."""
    assert f"| `{name}` |" in text_of("history.md")


def test_the_columns_documented_are_those_written(tmp_path: Path) -> None:
    """The table of columns names those of a real history.parquet, in order, with their types."""
    write_parquet(Operations.empty(), tmp_path / "history.parquet")
    schema = pq.read_schema(tmp_path / "history.parquet")
    shown = re.findall(r"^\| `(\w+)` \| (\w+)", text_of("history.md").partition("## Outcomes")[0], re.MULTILINE)
    written = [(field.name, str(field.type).partition("<")[0]) for field in schema]
    assert [(name, kind) for name, kind in shown if not name.startswith("found_")] == written


def test_every_kind_of_event_is_documented() -> None:
    """Every struct of an event is in the list that the page is made of, and says what it and its fields mean."""
    structs = [kind for kind in vars(event_types).values() if isinstance(kind, type) and issubclass(kind, Event)]
    kinds = [kind for kind in structs if kind.__struct_config__.tag != kind.__name__]
    assert sorted(kind.__name__ for kind in kinds) == sorted(kind.__name__ for kind in EVENT_TYPES)
    bare = [f"{kind.__name__}.{name}" for kind in kinds for name, text in described_fields(kind).items() if not text]
    assert [*bare, *(kind.__name__ for kind in kinds if not kind.__doc__)] == []


def test_every_action_of_a_client_is_documented() -> None:
    """Everything that a client can say of its view of the deployment is on the page of the run folder."""
    actions = named_in(r"\.say\(\s*\"([a-z-]+)\"") | named_in(r"_trouble\(\s*\"([a-z-]+)\"")
    assert {"ready", "connected"} <= actions
    assert [action for action in sorted(actions) if f"`{action}`" not in text_of("run-folder.md")] == []


def test_every_field_of_a_verdict_is_documented() -> None:
    """Every field that verdict.json and ``run --json`` can have is on the page of the run folder."""
    structs = [kind for kind in vars(verdict).values() if isinstance(kind, type) and issubclass(kind, msgspec.Struct)]
    kinds = [kind for kind in structs if kind is not Plan]  # a verdict is made from it and does not hold it
    fields = {field.name for kind in kinds for field in msgspec.structs.fields(kind)} - {"run"}
    assert RunVerdict in kinds
    assert [name for name in sorted(fields) if f"`{name}`" not in text_of("run-folder.md")] == []


@pytest.mark.parametrize("name", MEASURES)
def test_every_objective_is_documented(name: str) -> None:
    """What a scenario can ask for is explained where promises are."""
    assert f"`{name}`" in (DOCS / "concepts" / "what-can-be-promised.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_of_the_static_analysis_is_documented(rule: str) -> None:
    """Every rule that can give a finding has a row on the page of findings."""
    assert f"| `{rule}` |" in text_of("findings.md")


def test_every_cause_of_a_loss_is_explained() -> None:
    """Every cause that the checker of lost writes can give is in the table of causes."""
    causes = named_in(r"Cause\(\s*\"([a-z -]+)\"", SOURCES / "check")
    page = (DOCS / "concepts" / "how-a-loss-is-explained.md").read_text(encoding="utf-8")
    assert {"split brain", "unexplained"} <= causes
    assert [cause for cause in sorted(causes) if f"| {cause} |" not in page] == []


def test_every_setting_that_refuses_namespaces_is_in_the_guide() -> None:
    """Every sysctl that the error can name is in the guide for it."""
    settings = named_in(r"\"((?:kernel|user)\.[a-z_]+)\"", SOURCES / "sandbox")
    guide = (DOCS / "guides" / "when-namespaces-are-refused.md").read_text(encoding="utf-8")
    assert "user.max_user_namespaces" in settings
    assert [name for name in sorted(settings) if f"`{name}`" not in guide] == []


def test_every_package_is_in_the_architecture() -> None:
    """Every package has a paragraph in ARCHITECTURE.md and a place in its diagram, as the layers' contract has."""
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = {name for layer in contract["contracts"][0]["layers"] for name in re.findall(r"\w+", layer)}
    packages = [path.parent.name for path in SOURCES.glob("*/__init__.py")]
    diagram = page.partition("```mermaid")[2].partition("```")[0]
    assert set(packages) <= layers
    assert [name for name in packages if f"- **{name}**" not in page] == []
    assert [name for name in packages if not re.search(rf"\b{name}\b", diagram)] == []


def test_every_page_can_be_found_from_the_readme() -> None:
    """Following links from README.md leads to every page of the documentation."""
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page not in reached and page.suffix == ".md" and page.is_file():
            reached.add(page)
            waiting += [(page.parent / link).resolve() for link in _LINK.findall(page.read_text(encoding="utf-8"))]
    assert sorted(str(page.relative_to(ROOT)) for page in set(WRITTEN) - reached) == []


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_shown_would_run(page: Path) -> None:
    """Every command line that a page shows is one that the command line takes, with names and values that exist."""
    for words, whole in shown_commands(page):
        typed = " ".join(words[:2]) if words[0] in GROUPS else words[0]
        assert typed in COMMANDS, f"no command {typed!r}"
        command, rest = COMMANDS[typed], words[1 + typed.count(" ") :]
        if whole:
            check_values(typed, command.make_context(typed, rest).params)
        else:
            used = {word.partition("=")[0] for word in words if word.startswith("--")}
            known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
            assert used <= known, f"{words}: {used - known}"


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: str(page.relative_to(ROOT)))
def test_options_named_exist(page: Path) -> None:
    """Every option that a page names is one of a command, or one that a script explains itself."""
    known = {
        option for command in (GROUP, *COMMANDS.values()) for parameter in command.params for option in parameter.opts
    }
    known |= {
        word for path in (ROOT / "scripts").iterdir() for word in re.findall(r"--[a-z-]+", path.read_text("utf-8"))
    }
    known |= named_in(r"\"(--[a-z-]+)\"", ROOT / "benchmarks") | OTHERS_OPTIONS
    known |= named_in(r"\"(--[a-z-]+)\"", SOURCES / "pytest_plugin")
    assert set(_OPTION.findall(page.read_text(encoding="utf-8"))) <= known


def test_the_pytest_plugin_is_described() -> None:
    """Its guide names every option, ini option, argument of the marker and short name of a fault."""
    guide = (DOCS / "guides" / "test-your-application-with-pytest.md").read_text(encoding="utf-8")
    named = named_in(r"addini\(\s*\"(\w+)\"", SOURCES / "pytest_plugin") | {*ARGUMENTS, *USUAL_FAULTS}
    assert len(named) > 10
    assert [name for name in sorted({*named, "--jsquared-inside"}) if f"`{name}" not in guide] == []
