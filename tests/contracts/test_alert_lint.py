"""The linter's word against Prometheus' own: what it calls never does not fire in promtool, and what fires it does not call never."""

import random
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from jsquared.errors import BadInputError
from jsquared.monitor.exporters import OLD, known_exporter
from jsquared.monitor.rule_files import WrittenRule, read_rules
from jsquared.monitor.rule_lint import lint

pytestmark = pytest.mark.distribution

SCRAPE_S = 15
FIRING = [
    "redis_up == 0 or redis_upp == 0",
    "redis_up == 0 or redis_up > 1",
    "redis_up == 0 unless redis_upp == 1",
    "redis_up > bool 1 == 0",
    "sum(redis_up > bool 1) == 0",
    "absent(redis_up > 1)",
    "redis_up == 0 unless redis_up > 1",
    "(redis_upp or redis_up) == 0",
    'absent(redis_instance_info{role="primary"})',
    "redis_rdb_bgsave_in_progress == 0 unless redis_nothing_here",
    "sum by (job) (redis_up) == 1 or sum by (job) (redis_nonexist)",
    'redis_instance_info{role="replica"} == 1 or redis_instance_info{role="slave"} == 1',
    'redis_up{deployment="shop"} == 0',
    "redis_exporter_last_scrape_error == 0 and redis_up == 1",
    "rate(redis_commands_processed_total[20s]) > 0",
    "changes(redis_up[5s]) >= 0",
    "redis_up >= 0 and redis_up <= max_over_time(redis_up[1m])",
    "redis_up >= 0 and on (instance) redis_up <= on (instance) max_over_time(redis_up[1m])",
    "min(redis_up) < 1 and on () hour() >= 0",
    "-redis_up < 0",
    "redis_up == 0 and redis_up offset 1m == 1",
    "redis_rdb_last_bgsave_duration_sec < 0",
    "redis_up unless redis_up == 1",
    "absent(redis_up) or redis_up",
    'redis_sentinel_master_status{master_status="odown"} == 0',
    'redis_sentinel_master_status{master_status=~"ok|sdown"} == 1',
    'redis_sentinel_master_status{master_status=~".*down"} < 1 and on (job) redis_up{instance=~"a.*"} >= 0',
    'redis_exporter_last_scrape_error{err=~"dial.+"} == 1',
    'redis_up{instance="a:1"} >= 0 and on (deployment) redis_up{instance="b:1"} >= 0',
    'redis_up{instance="a:1"} >= 0 and ignoring (instance, job) redis_connected_clients{instance="b:1"} >= 0',
    'redis_up{instance="a:1"} >= 0 unless redis_up{instance="b:1"} >= 0',
    'sum by (deployment) (redis_up{job="a"}) >= 0 and sum by (deployment) (redis_up{job="b"}) >= 0',
    "redis_instance_info{redis_mode=~`stand\\w+`} == 1",
    "holt_winters(redis_connected_clients[2m], 0.5, 0.5) > -1e9",
    'redis_up{job=~"\\\\Qa\\\\E"} >= 0',
    'redis_up{job=~"(?i)A"} >= 0',
    "1",
    "0",
    "scalar(redis_up)",
]
"""Each fires on the series below."""
NEVER = [
    "redis_upp == 0",
    "redis_up > 1",
    "1 < redis_up",
    "redis_up * 100 > 200",
    "redis_up * 100 == 50",
    "(redis_up == bool 0) > 1",
    "avg(redis_up) > 1",
    "min_over_time(redis_up[1m]) > 1",
    "sum(redis_connected_clients) < 0",
    "rate(redis_commands_processed_total[5m]) < 0",
    "changes(redis_up[5m]) < 0",
    "redis_up == 0 and redis_up == 1",
    "redis_connected_clients > 10 < 5",
    'redis_instance_info{role="master",role="slave"} == 1',
    "redis_up == 0 unless redis_up",
    "redis_up == 0 unless on (job) redis_up",
    "absent(redis_up) == 0",
    "count(redis_up == 0) == 0",
    "count(redis_up) < 1",
    "redis_up == 0 and on () hour() > 25",
    "redis_up == 0 and hour() >= 0",
    "redis_up == 0 unless on () vector(1)",
    "vector(0) > 1",
    "redis_up > redis_up",
    "redis_up >= 0 and redis_up <= on (instance) max_over_time(redis_up[1m])",
    'redis_up{rolle="master"} == 0',
    "rate(redis_commands_processed_total[10s]) >= 0",
    "changes(redis_up[10s]) > 0",
    "topk(0, redis_up)",
    "redis_up == 0 and sum(redis_up) > 0",
    'redis_sentinel_master_status{master_status="odown"} == 1',
    'redis_sentinel_master_status{master_status="ok"} == 0',
    'redis_sentinel_master_status{master_status!="ok"} > 0',
    'max_over_time(redis_sentinel_master_status{master_status=~"odown|sdown"}[1m]) == 1',
    'redis_exporter_last_scrape_error{err=""} == 1',
    'redis_exporter_last_scrape_error{err!=""} == 0',
    "redis_instance_info == 0",
    'redis_up{instance="a:1"} >= 0 and redis_connected_clients{instance="b:1"} >= 0',
    'redis_up{instance=~"a:1|c:1"} >= 0 and redis_connected_clients{instance=~"b.*"} >= 0',
    'redis_up{job="a"} + redis_up{job="b"} >= 0',
    'redis_up{job="a"} == on (job) redis_up{job="b"}',
    'sum by (job) (redis_up{job="a"}) >= 0 and sum by (job) (redis_up{job="b"}) >= 0',
    'redis_up{job=~"a|b", job!~"[ab]"} >= 0',
]
NO_VECTORS = ["redis_up[5m]", "redis_up[5m:1m]", "(redis_up == 0)[5m:1m]", '"redis_up"', "('redis_up')"]
"""Each is never, and is called so: Prometheus loads it, and fails each time that it computes it."""
"""Each is never, and is called so."""
REFUSED = [
    "up ==",
    "sum by (",
    "foo(up)",
    "rate(up)",
    'up{a=~"("}',
    'up{a=~"a**"}',
    'up{a=~"a{1001}"}',
    'up{a=~"(?=a)"}',
    'up == "a"',
    "{}",
]
"""No PromQL of any version."""
ALWAYS = [
    "absent(redis_upp)",
    "absent(redis_upp) or redis_up == 0",
    "redis_up == 0 or vector(0)",
    "absent(redis_up > 1) == 1",
    "vector(1) unless on () redis_upp",
    "max(absent(redis_upp)) + 1 > 1",
]
"""Each fires whatever the series are, and is called so."""
WORLDS: list[dict[str, str]] = [
    {
        "redis_up": "1 1 1 1 1 0 0 0 1 1 0 1",
        "redis_connected_clients": "0 3 5 7 12 0 0 0 4 100 2 2",
        'redis_master_link_up{master_host="10.0.0.1", master_port="6379"}': "1 0 1 0 1 1 1 1 1 1 1 1",
        "redis_commands_processed_total": "0 10 30 60 70 5 9 10 11 12 13 14",
        "redis_rdb_bgsave_in_progress": "0 1 0 0 0 0 0 0 0 0 0 0",
        "redis_rdb_last_bgsave_duration_sec": "-1 -1 3 3 3 -1 -1 -1 2 2 2 2",
        'redis_exporter_last_scrape_error{err=""}': "0 0 0 0 0 _ _ _ 0 0 0 0",
        'redis_exporter_last_scrape_error{err="dial tcp"}': "_ _ _ _ _ 1 1 1 _ _ _ _",
        'redis_sentinel_master_status{master_name="m", master_address="10.0.0.1:6379", master_status="ok"}': "1 1 1 _ _ _ _ 1 1 1 1 1",
        'redis_sentinel_master_status{master_name="m", master_address="10.0.0.1:6379", master_status="sdown"}': "_ _ _ 0 _ _ _ _ _ _ _ _",
        'redis_sentinel_master_status{master_name="m", master_address="10.0.0.1:6379", master_status="odown"}': "_ _ _ _ 0 0 0 _ _ _ _ _",
        'redis_instance_info{role="master", redis_mode="standalone"}': "1x11",
        'redis_instance_info{role="slave", redis_mode="standalone"}': "_x5 1x11",
    },
    {
        "redis_up": "1 1 _ _ 0 0 0 0 0 0 0 0",
        "redis_connected_clients": "1e3 1e9 0.1 0.1 0.1 0.3 NaN 0 0 0 0 0",
        "redis_commands_processed_total": "1e12 1e15 3 1e18 5 6 7 8 9 10 11 12",
        'redis_instance_info{role="slave", redis_mode="standalone"}': "1x11",
    },
    {},
]
"""Ordinary series at two instances, with a healthy and a failing one; gone ones; and none at all."""


MEETING = [
    "and",
    "or",
    "unless",
    "unless on ()",
    "and on ()",
    "and on (job)",
    "unless on (instance)",
    "and ignoring (instance)",
]


def outcomes(expr: str) -> set[str]:
    """What the linter says of an expression."""
    rule = WrittenRule(file="f", line=1, name="n", expr=expr)
    return {finding.outcome for finding in lint([rule], known_exporter(OLD), scrape_s=SCRAPE_S)}


def expressions(seed: int, number: int) -> Iterator[str]:
    """Made-up expressions, each of which Prometheus can compute: two vectors that meet have an element for each instance."""
    chance = random.Random(seed)
    names = [
        *("redis_up redis_connected_clients redis_master_link_up redis_upp redis_commands_processed_total".split()),
        *("redis_rdb_last_bgsave_duration_sec elsewhere redis_up{job='a'} redis_up{job!='a'}".split()),
        "redis_instance_info{role='master'}",
        "redis_instance_info{role='primary'}",
        "redis_instance_info",
        "redis_up{instance='a:1'}",
        "redis_connected_clients{instance=~'b.*'}",
        "redis_connected_clients{job=~'a|c', instance!='b:1'}",
        "redis_sentinel_master_status",
        *(
            f"redis_sentinel_master_status{{master_status{asked}}}"
            for asked in ("='odown'", "='ok'", "!='ok'", "=~'.*down'", "=~'o.+'")
        ),
        *(f"redis_exporter_last_scrape_error{{err{asked}}}" for asked in ("=''", "!=''", "=~'.*'", "=~'dial.*|'")),
    ]

    def vector(depth: int) -> str:
        return combined(depth, vector(depth - 1)) if depth else chance.choice(names)

    def combined(depth: int, inner: str) -> str:
        match chance.randrange(9):
            case 0 | 1 | 2:
                op = chance.choice(
                    ["==", "!=", ">", "<", ">=", "<=", "> bool", "== bool", "<= bool", "+", "-", "*", "/"]
                )
                number = chance.choice(["-1", "0", "0.5", "1", "2", "10"])
                return f"({inner} {op} {number})" if chance.random() < 0.7 else f"({number} {op} {inner})"
            case 3 | 4:
                other = vector(depth - 1)
                return f"({inner} {chance.choice(MEETING)} {other})"
            case 5:
                by = chance.choice(
                    ["", "", " by (job)", " by (instance)", " without (instance)", " by (master_status)"]
                )
                return f"{chance.choice(['sum', 'avg', 'min', 'max', 'count', 'group', 'stddev'])}{by}({inner})"
            case 6:
                return f"({chance.choice(['absent', '-', 'abs', 'ceil', 'floor', 'sgn', 'round'])}({inner}))"
            case 7:
                function = chance.choice(
                    "rate increase changes resets min_over_time avg_over_time sum_over_time".split()
                )
                return (
                    f"{function}({inner}[1m:15s])"
                    if depth > 1
                    else f"{function}({inner}[{chance.choice([10, 20, 60])}s])"
                )
        return f"(sum({inner}) {chance.choice(['>', '<', '==', '+', '*'])} sum({vector(depth - 1)}))"

    for _ in range(number):
        yield vector(chance.randrange(1, 5))


def series(world: dict[str, str]) -> list[dict[str, str]]:
    """The series of a world at two instances, the second a scrape later."""
    made = []
    for name, values in world.items():
        metric, _, labels = name.rstrip("}").partition("{")
        for job, late in (("a", ""), ("b", "_ ")):
            more = f", {labels}" if labels else ""
            text = f'{metric}{{job="{job}", instance="{job}:1", deployment="shop"{more}}}'
            made.append({"series": text, "values": late + values})
    return made


def complaint(promtool: Path, folder: Path, rules: dict[str, str], tests: list[dict[str, Any]]) -> str:
    """What promtool has to say against the rules; one run for all of them."""
    written = [{"alert": name, "expr": expr} for name, expr in rules.items()]
    (folder / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "g", "rules": written}]}))
    document = {"rule_files": ["rules.yml"], "evaluation_interval": f"{SCRAPE_S}s", "tests": tests}
    (folder / "tests.yml").write_text(yaml.safe_dump(document))
    done = subprocess.run(
        [promtool, "test", "rules", "tests.yml"], cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def fired(kind: str, names: list[str]) -> dict[str, Any]:
    """A test: exactly these alerts of a kind have fired at some time."""
    samples = [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in names]
    expr = f'group by (alertname) (count_over_time(ALERTS{{alertname=~"{kind}.*"}}[10m]))'
    return {"expr": expr, "eval_time": "4m", "exp_samples": samples}


def test_what_is_called_never_does_not_fire(tool, tmp_path: Path) -> None:
    """In no world, of a table and of thousands that are made up; what fires is not called never, and what always fires does in each."""
    made = {f"Firing{number}": expr for number, expr in enumerate(FIRING)}
    never = dict.fromkeys([*NEVER, *(expr for expr in expressions(7, 3000) if "never" in outcomes(expr))])
    always = dict.fromkeys([*ALWAYS, *(expr for expr in expressions(7, 1000) if "always" in outcomes(expr))])
    assert (len(never) > 500, len(always) > len(ALWAYS)) == (True, True)
    made |= {f"Never{number}": expr for number, expr in enumerate(never)}
    made |= {f"Always{number}": expr for number, expr in enumerate(always)}
    surely = [name for name in made if name.startswith("Always")]
    firing = [name for name in made if name.startswith("Firing")]
    tests = [
        {
            "interval": f"{SCRAPE_S}s",
            "input_series": series(world),
            "promql_expr_test": [
                fired("Never", []),
                fired("Always", surely),
                *([fired("Firing", firing)] if number == 0 else []),
            ],
        }
        for number, world in enumerate(WORLDS)
    ]
    said = complaint(tool("promtool").path, tmp_path, made, tests)
    assert not said, "\n".join(f"{name}: {expr}" for name, expr in made.items() if f'"{name}"' in said) + said[:3000]


def test_what_is_no_vector_is_loaded_and_never_computed(tool, tmp_path: Path) -> None:
    """Prometheus says of each that its result is none that a rule can have."""
    promtool = tool("promtool").path
    tests = [{"interval": "15s", "input_series": series(WORLDS[0]), "promql_expr_test": [fired("Never", [])]}]
    for number, expr in enumerate(NO_VECTORS):
        said = complaint(promtool, tmp_path, {f"Never{number}": expr}, tests)
        assert f"rule: Never{number}, time: 0s, err: " in said
        loaded = subprocess.run(
            [promtool, "check", "rules", tmp_path / "rules.yml"], capture_output=True, timeout=60, check=False
        )
        assert (loaded.returncode, outcomes(expr)) == (0, {"never"})


@pytest.mark.parametrize("expr", REFUSED)
def test_what_prometheus_refuses_is_refused(tool, tmp_path: Path, expr: str) -> None:
    """By promtool and by the reader of rule files, each with the whole file."""
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "g", "rules": [{"alert": "A", "expr": expr}]}]}))
    loaded = subprocess.run(
        [tool("promtool").path, "check", "rules", file], capture_output=True, timeout=60, check=False
    )
    assert loaded.returncode != 0
    with pytest.raises(BadInputError, match="Prometheus loads no file with it"):
        read_rules(file)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"alert": "A", "expr": "up", "labels": {"bad-label": "a"}}, "no name for one of the labels"),
        ({"alert": "A", "expr": "up", "annotations": {"bad-name": "a"}}, "no name for one of the annotations"),
        ({"record": "bad name", "expr": "up"}, "no name for a metric"),
    ],
)
def test_names_that_prometheus_refuses_are_refused(tool, tmp_path: Path, rule: dict[str, Any], words: str) -> None:
    """Of labels, of annotations and of what is recorded."""
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "g", "rules": [rule]}]}))
    loaded = subprocess.run(
        [tool("promtool").path, "check", "rules", file], capture_output=True, timeout=60, check=False
    )
    assert loaded.returncode != 0
    with pytest.raises(BadInputError, match=words):
        read_rules(file)


@pytest.mark.parametrize("expr", ALWAYS)
def test_what_always_fires_is_called_so(expr: str) -> None:
    """It is about series, and asks nothing of them."""
    assert outcomes(expr) == {"always"}


@pytest.mark.parametrize("expr", FIRING)
def test_what_fires_is_not_called_never(expr: str) -> None:
    """Whatever else is wrong with it."""
    assert "never" not in outcomes(expr)


@pytest.mark.parametrize("expr", NEVER)
def test_what_can_never_fire_is_called_so(expr: str) -> None:
    """And nothing else is said of it."""
    assert outcomes(expr) == {"never"}
