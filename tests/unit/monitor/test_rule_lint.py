"""The linter of rules: each published mistake is named for what it is, and sound rules, ours among them, are left alone."""

import re
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from jsquared.errors import BadInputError
from jsquared.monitor.exporters import CURRENT, OLD, exporter_named, known_exporter
from jsquared.monitor.expressions.tree import Matcher
from jsquared.monitor.profile import PROFILES
from jsquared.monitor.promql import DEEPEST_TREE, MOST_OPERATORS, NotReadError, TooLargeError, parsed
from jsquared.monitor.recorded import RECORDED
from jsquared.monitor.rule_files import WrittenRule, read_rules
from jsquared.monitor.rule_lint import RuleFinding, lint
from jsquared.monitor.rules import rule_file

RULES = Path(__file__).parents[2] / "fixtures" / "rules"
MISTAKES = re.findall(
    r"# (never|always|dead|blind|labels|option|unknown): (.*)\n  - alert: (\w+)\n",
    (RULES / "impossible.yml").read_text(encoding="utf-8"),
)


def linted(path: Path, exporter: str = OLD, **options: float) -> list[RuleFinding]:
    """What the linter says of a file."""
    return lint(read_rules(path), exporter_named(exporter), **options)


@pytest.mark.parametrize(("outcome", "words", "name"), MISTAKES, ids=[name for *_, name in MISTAKES])
def test_a_published_mistake_is_named(outcome: str, words: str, name: str) -> None:
    """A finding with its kind, its words, and the line of its expression."""
    findings = [finding for finding in linted(RULES / "impossible.yml") if finding.rule == name]
    [found] = [finding for finding in findings if words in finding.message]
    assert {finding.outcome for finding in findings} == {outcome}
    lines = (RULES / "impossible.yml").read_text(encoding="utf-8").splitlines()
    assert "expr:" in lines[found.line - 1]


def test_there_are_more_than_twelve_mistakes() -> None:
    """The file has no rule that nothing is wrong with."""
    assert len(MISTAKES) >= 12
    assert {name for *_, name in MISTAKES} == {finding.rule for finding in linted(RULES / "impossible.yml")}


@pytest.mark.parametrize("exporter", [OLD, "current"])
def test_sound_rules_are_left_alone(exporter: str) -> None:
    """Also among other documents, and with metrics that are not the exporter's."""
    assert linted(RULES / "sound.yml", exporter) == []


@pytest.mark.parametrize("exporter", [OLD, "current"])
@pytest.mark.parametrize("profile", PROFILES.values(), ids=list(PROFILES))
def test_nothing_is_wrong_with_ours(tmp_path: Path, profile, exporter: str) -> None:
    """With each exporter, at each interval."""
    file = tmp_path / "ours.yml"
    file.write_text(rule_file(profile))
    rules = read_rules(file)
    assert sum(rule.records for rule in rules) == len(RECORDED)
    assert linted(file, exporter, scrape_s=profile.scrape_s) == []


def test_a_metric_of_a_newer_exporter_is_there_with_it() -> None:
    """What was added later is no mistake for whoever has it."""
    assert not [f for f in linted(RULES / "impossible.yml", CURRENT) if f.rule == "MetricOfALaterExporter"]


def test_labels_of_the_users_targets_are_believed() -> None:
    """Named on the command line they are no finding any more."""
    rules = read_rules(RULES / "impossible.yml")
    found = lint(rules, exporter_named(OLD), target_labels=["role"])
    assert "LabelOfAnotherMetric" not in {finding.rule for finding in found}


def written(expr: str, **more: float) -> list[str]:
    """The outcomes for one expression."""
    rule = WrittenRule(file="f", line=1, name="n", expr=expr, **more)
    return [finding.outcome for finding in lint([rule], known_exporter(OLD))]


@pytest.mark.parametrize(
    ("expr", "outcomes"),
    [
        ("absent(redis_nothing)", ["always"]),
        ("redis_up >= 0", []),
        ("redis_up <= -1", ["never"]),
        ("redis_connected_slaves <= 0", []),
        ("redis_up == 1 unless redis_sentinel_master_slaves", ["blind"]),
        ("redis_up unless on (instance) sum by (job) (redis_connected_slaves)", ["blind"]),
        ("(redis_up) and (sum(redis_connected_slaves))", ["never"]),
        ("sum without (job) (redis_up) > on (instance) redis_connected_slaves", []),
        ('{__name__="redis_nothing"}', ["never"]),
        ("max_over_time(redis_sentinel_master_status[1m]) == 0", []),
        ('changes(redis_sentinel_master_status{master_status="ok"}[5m]) > 0', ["blind"]),
        ("-redis_up > 0", ["never"]),
        ("vector(1)", []),
        ("redis_up == 0 and on () vector(1)", []),
        ("redis_up == 0 or vector(0)", ["always"]),
        ("redis_up == 0 or redis_upp == 0", ["dead"]),
        ("redis_up == 0 unless redis_upp", ["dead"]),
        ("redis_upp == 0 or redis_up > 1", ["never", "never"]),
        ("redis_upp == 0 and redis_up > 1", ["never", "never"]),
        ("redis_upp + redis_up", ["never"]),
        ('redis_up{rolle="master"} == 0', ["never"]),
        ('redis_up{rolle=~"master"} == 0', ["labels"]),
        ('redis_up{rolle=""} == 0', []),
        ('redis_instance_info{role=~"[[:alpha:]]+"} == 1', []),
        ("rate(redis_commands_processed_total[10s]) > 0", ["never"]),
        ("rate(redis_commands_processed_total[20s]) > 0", ["blind"]),
        ("rate(of_somebody_else[10s]) > 0", ["blind"]),
        ("changes(redis_up[10s]) >= 0", ["blind"]),
        ("shop:redis_failovers > 0", ["unknown"]),
        ("redus_up == 0", ["unknown"]),
        ("redis_sentinel_events_total > 0", []),
        ('{__name__=~"redis_.*"} == 7', []),
        ("scalar(redis_up) > bool 1", ["always"]),
        ("increase(redis_sentinel_events_total[1m]) > 0", []),
    ],
)
def test_expressions_are_judged_by_what_they_say(expr: str, outcomes: list[str]) -> None:
    """Each kind, next to what is like it and sound."""
    assert written(expr) == outcomes


@pytest.mark.parametrize(
    "expr",
    [
        "-" * (MOST_OPERATORS + 1) + "a",
        "(" * 100 + "a" + ")" * 100,
        "a" * 30_000,
        "a + " * 10_000 + "a",
        '"\\"' * 200_000,
    ],
)
def test_what_would_exhaust_the_parser_is_refused(expr: str) -> None:
    """It recurses in native code, where an end is a crash of everything."""
    with pytest.raises(TooLargeError):
        parsed(expr)


def test_the_largest_that_is_read_is_read() -> None:
    """The limits leave the parser room."""
    chain = "(" + "a+" * 99 + "a)"
    assert len(parsed("+".join([chain] * (MOST_OPERATORS // 100))).selectors) == MOST_OPERATORS
    deepest = "redis_up and " * (DEEPEST_TREE - 1) + "redis_up > 1"
    assert "never" in written(deepest)
    assert written(f"redis_up and {deepest}") == ["unknown"]
    assert parsed('a{b="' + "(" * 500 + '"}').selectors


@pytest.mark.parametrize(
    ("op", "value", "accepted"),
    [
        ("=", "a", True),
        ("!=", "a", False),
        ("=~", "a|b", True),
        ("!~", "a|b", False),
        ("=~", "(", True),
        ("=~", "(?i)A", True),
        ("!~", "(?i)A", True),
        ("=~", "", False),
    ],
)
def test_a_matcher_accepts_what_it_says(op: str, value: str, accepted: bool) -> None:
    """Patterns match whole values; one that cannot be read might match anything."""
    assert Matcher(op, "label", value).accepts("a") is accepted


@pytest.mark.parametrize(
    ("expr", "outcomes"),
    [
        ('redis_sentinel_master_status{master_status!="ok"} == 1', ["never"]),
        ('redis_sentinel_master_status{master_status=~"sdown|odown"} > 0', ["never"]),
        ('max_over_time(redis_sentinel_master_status{master_status="odown"}[1m]) == 1', ["never"]),
        ('sum by (master_name) (redis_sentinel_master_status{master_status=~"ok"}) == 0', ["never"]),
        ('max_over_time(redis_sentinel_master_status{master_status=~"ok|odown"}[1m]) == 0', []),
        ('max_over_time(redis_sentinel_master_status{master_status=~".*down"}[1m]) == 0', []),
        ('max_over_time(redis_sentinel_master_status{master_status=~"(?i)ok"}[1m]) == 0', []),
        ('redis_exporter_last_scrape_error{err=""} == 1', ["never"]),
        ('redis_exporter_last_scrape_error{err!=""} == 0', ["never"]),
        ('redis_exporter_last_scrape_error{err=~".+timeout.*"} == 1', []),
        ('redis_instance_info{role="slave"} != 1', ["never"]),
        ("redis_slave_info < 1", ["never"]),
        ('redis_up{instance="a"} == 0 and redis_up{instance="b"} == 0', ["never"]),
        ('redis_up{instance=~"a|b"} == 0 and redis_connected_slaves{instance=~"c.*"} == 0', ["never"]),
        ('redis_up{instance=~"a|b"} == 0 and redis_connected_slaves{instance=~"b.*"} == 0', []),
        ('redis_up{instance="a"} == 0 and on (job) redis_up{instance="b"} == 0', []),
        ('redis_up{instance="a"} == 0 and ignoring (instance) redis_up{instance="b"} == 0', []),
        ('sum by (job) (redis_up{job="a"}) == 0 and sum by (job) (redis_up{job="b"}) == 0', ["never"]),
        ('sum by (job) (redis_up{instance="a"}) == 0 and sum by (job) (redis_up{instance="b"}) == 0', []),
        ('redis_up{job="a"} + redis_up{job="b"}', ["never"]),
        ('redis_up{job="a"} + ignoring (job) redis_up{job="b"} == 0', []),
        ('redis_up{job="a"} == 0 or redis_up{job="b"} == 0', []),
        ('redis_up{job="a"} == 0 unless redis_up{job="b"} == 0', ["blind"]),
        ('label_replace(redis_up{job="a"}, "job", "b", "", "") == 0 and redis_up{job="b"} == 0', []),
        ('redis_up{job=~"a|b",job!~"[ab]"} == 0', ["never"]),
        ('max_over_time(redis_connected_slave_lag_seconds{slave_state="bg_transfer"}[1m]) > 9', []),
        (
            'redis_connected_clients_details{cmd="monitor",flags=~".*O.*",name="",host!="",db="0",omem!="0"} == 1',
            ["option"],
        ),
        ('redis_connected_clients_details{port!=""} == 1', ["option", "option"]),
        ('redis_connected_clients_details{prot="1"} == 1', ["never"]),
        ("redis_key_size > 1000", ["option"]),
        ("redis_tile38_num_hooks_total > 1", ["option"]),
        ('redis_config_key_value{key="maxmemory"} == 0', ["never"]),
        ("1", []),
        ("up[5m]", ["never"]),
        ("(up[5m:])", ["never"]),
        ("'x'", ["never"]),
        ("holt_winters(redis_memory_used_bytes[1h], 0.5, 0.5) > 1e9", []),
        ("holt_winters(redis_memory_usd_bytes[1h], 0.5, 0.5) > 1e9", ["never"]),
        ("count_scalar(redis_up) > 1", ["unknown"]),
        ("rate(redis_commands_processed_total[5m] smoothed) > 1", ["unknown"]),
        ("rate(redis_commands_processed_total[5m * 2]) > 1", ["unknown"]),
        ('redis_up{job=~"\\\\Qa.b\\\\E"} == 0', ["unknown"]),
        ("redis_up offset 1e30 == 0", ["unknown"]),
        ("redis_up offset 99999999y == 0", ["unknown"]),
        ("redis_connected_clients > 01e3", ["unknown"]),
        ("holt_winters # of 2\n(redis_up[5m], 0.5, 0.5)", ["unknown"]),
        ("redis_up{job=~`a\\.b`} == 0", []),
    ],
)
def test_what_labels_and_options_say_is_known(expr: str, outcomes: list[str]) -> None:
    """Values that follow from a label, sides that never meet, options of the exporter, and words of other versions of Prometheus."""
    assert written(expr) == outcomes


def test_a_label_of_the_newer_exporter_takes_its_option_or_server() -> None:
    """Beside any metric's own labels, and of Valkey alone; a target that carries such a label needs none."""

    def said(expr: str, *target_labels: str) -> list[str]:
        rule = WrittenRule(file="f", line=1, name="A", expr=expr)
        return [f.message for f in lint([rule], known_exporter(CURRENT), target_labels=target_labels)]

    by_role = 'redis_up{instance_role="master"} == 0'
    assert said(by_role) == ["redis_up has the label instance_role only with -append-instance-role-label"]
    assert said(by_role, "instance_role") == []
    assert "only with Valkey" in said('redis_instance_info{valkey_version=~"8.*"} == 1')[0]
    assert said('redis_active_time_io_thread_seconds_total{thread="1"} > 0') == []
    assert said('redis_connected_client_info{user="app"} == 1 and redis_connected_client_info{user="x"}')[0].startswith(
        "the two"
    )


@pytest.mark.parametrize(
    "expr",
    [
        'redis_up{a="' + "a" * 40 + '!",a=~"(a+)+"} == 0',
        'redis_up{a="' + "a" * 9000 + '!",a=~"(a*)*(a*)*(a*)*b"} == 0',
        'redis_up{a="a",a=~"' + "(" * 40 + ")" * 40 + '"} == 0',
        'redis_up{a="a",a=~"' + "(" * 40 + "){900}" * 40 + '"} == 0',
        "redis_up{" + ",".join(f'a="{number}",a=~"(a+)+{number}"' for number in range(600)) + "} == 0",
        " or ".join(f"redis_nothing_{number}" for number in range(MOST_OPERATORS // 2)),
        "redis_up" + " unless redis_down" * (DEEPEST_TREE - 2),
    ],
)
def test_no_expression_takes_long(expr: str) -> None:
    """Neither the patterns that make a matcher go back and forth without end, nor many parts: 5 s of processor time are plenty."""
    began_s = time.process_time()
    written(expr)
    assert time.process_time() - began_s < 5


def test_a_lint_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of rules after its time nothing is said but that."""
    monkeypatch.setattr("jsquared.monitor.rule_lint.LONGEST_LINT_S", -1.0)
    [found] = lint([WrittenRule(file="f", line=1, name="n", expr="redis_upp == 0")], known_exporter(OLD))
    assert (found.outcome, "took too long" in found.message) == ("unknown", True)


def test_a_parser_that_fails_is_no_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its panics are no errors of Python's kind; an interruption stays one."""

    class PanicException(BaseException):
        """As the parser has one."""

    def failing(problem: type[BaseException]) -> Callable[[str], None]:
        def parse(_: str) -> None:
            raise problem

        return parse

    monkeypatch.setattr("promql_parser.parse", failing(PanicException))
    assert written("redis_up == 0.0625") == ["unknown"]
    monkeypatch.setattr("promql_parser.parse", failing(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        written("redis_up == 0.03125")


@pytest.mark.parametrize(
    "expr", ["(", "redis_up ==", 'redis_up{a=~"("}', 'redis_up{a=~"a**"}', "raet(redis_up[5m])", "rate(redis_up)"]
)
def test_what_is_no_promql_is_refused(expr: str) -> None:
    """By the reader of files before, and here as well."""
    with pytest.raises(BadInputError, match="is no PromQL") as caught:
        written(expr)
    assert not isinstance(caught.value, NotReadError)


def test_what_a_rule_records_is_no_metric_of_the_exporter() -> None:
    """Its values and labels are the rule's, whatever its name."""
    recording = WrittenRule(
        file="f", line=1, name="redis_up", expr="sum by (shard) (redis_uptime_in_seconds)", records=True
    )
    alerts = [
        WrittenRule(file="f", line=line, name="A", expr=expr)
        for line, expr in enumerate(('redis_up{shard="a"} > 1', "redis_up == 0 or vector(0)"), 2)
    ]
    found = lint([recording, *alerts], known_exporter(OLD))
    assert [(finding.line, finding.outcome) for finding in found] == [(3, "always")]
    constant = WrittenRule(file="f", line=1, name="a:b", expr="redis_up or vector(0)", records=True)
    assert lint([constant], known_exporter(OLD)) == []


def test_a_label_that_is_carried_may_have_any_value() -> None:
    """A target's own role is not the one that INFO knows."""
    rule = WrittenRule(file="f", line=1, name="A", expr='redis_instance_info{role="cache"} == 1')
    assert [finding.outcome for finding in lint([rule], known_exporter(OLD))] == ["never"]
    assert lint([rule], known_exporter(OLD), target_labels=["role"]) == []


Serve = Callable[[bytes], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serves one page and gives its address."""
    servers: list[ThreadingHTTPServer] = []

    def start(page: bytes) -> str:
        class Page(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}/scrape"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_running_exporter_says_what_it_has(serve: Serve) -> None:
    """What it shows, beside what its version has: an error counter is not there before the first error."""
    page = (
        b'# HELP x y\nredis_exporter_build_info{version="v1.45.0"} 1\nredis_own{shard="a"} 1\nredis_up 1\ngo_info 1\n'
    )
    exporter = exporter_named(serve(page))
    assert exporter.metrics["redis_own"] == {"shard"}
    assert (exporter.option("redis_key_size"), exporter.option("redis_up")) != ("", "")
    assert exporter.may_have("redis_errors_total")
    assert not exporter.may_have("redis_sentinel_peer_info")
    newer = exporter_named(serve(page.replace(b"1.45.0", b"1.88.0")))
    assert newer.may_have("redis_sentinel_peer_info")
    between = exporter_named(serve(page.replace(b"1.45.0", b"1.60.0") + b'redis_key_size{db="db0"} 1\n'))
    assert all(between.may_have(name) for name in ("redis_connected_clients_details", "redis_sentinel_peer_info"))
    assert between.option("redis_key_size") == ""


@pytest.mark.parametrize(
    ("exporter", "words"),
    [("2.0", "no version that is known"), ("http://127.0.0.1:1/", "does not answer"), ("http://[", "does not answer")],
)
def test_an_exporter_that_is_none_is_refused(exporter: str, words: str) -> None:
    """By name or by address."""
    with pytest.raises(BadInputError, match=words):
        exporter_named(exporter)


def test_a_page_of_something_else_is_refused(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """One without its metrics, and one without end."""
    with pytest.raises(BadInputError, match="no metric of redis_exporter"):
        exporter_named(serve(b"go_info 1\n"))
    monkeypatch.setattr("jsquared.monitor.exporters.LARGEST_PAGE_BYTES", 10)
    with pytest.raises(BadInputError, match="too long"):
        exporter_named(serve(b"redis_up 1\n" * 10))
