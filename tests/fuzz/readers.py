"""Every reader of what others wrote, each with its samples and how an input is made of them and read.

A reader may refuse by a ``JSquaredError``; anything else that it raises, and a checker that crashed, is a finding.
"""

import contextlib
import gzip
import io
import socket
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import hiredis
import samples
from mutations import Generator, mutate, mutate_footer, mutate_history, mutate_json

from jsquared.advisories.database import Database as Advisories
from jsquared.advisories.database import bundled, read_added
from jsquared.advisories.matching import advisories_for
from jsquared.advisories.update import update_from
from jsquared.analysis.analysis import analyse
from jsquared.audit.asking import ask_data_node, ask_sentinel_node
from jsquared.audit.baseline import read_baseline
from jsquared.audit.evidence import Evidence
from jsquared.audit.judgement import judge_evidence
from jsquared.audit.waivers import read_waivers
from jsquared.campaign.comparison import compare, read_run_document
from jsquared.check.judge import judge
from jsquared.cli.hunt import parse_budget
from jsquared.cli.output import SafeConsole
from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.read.load import load_deployment
from jsquared.deployment.read.overrides import apply_overrides
from jsquared.errors import LabError
from jsquared.journal.run_facts import read_facts
from jsquared.logs.server_lines import parse_lines, sentinel_event
from jsquared.monitor.contacts import read_contacts
from jsquared.monitor.exporters import OLD, known_exporter
from jsquared.monitor.log_store.event_store import LogStore
from jsquared.monitor.log_store.log_event import as_text, exported, pushed_event
from jsquared.monitor.log_store.log_query import parse_query
from jsquared.monitor.log_store.otlp_logs import encoded
from jsquared.monitor.log_store.store_search import Wanted, known_nodes, matching
from jsquared.monitor.logs.timeline_text import as_lines
from jsquared.monitor.routing import alertmanager_file
from jsquared.monitor.rule_files import read_rules
from jsquared.monitor.rule_lint import lint
from jsquared.records.event_types import SentinelEvent
from jsquared.records.events import master_of
from jsquared.records.plan import Engine, Workload
from jsquared.records.run_directory import RunDirectory, TrialRecord
from jsquared.records.verdict import RunVerdict
from jsquared.report.html import write_trial_report
from jsquared.report.junit import write_junit
from jsquared.report.summary_text import print_summary
from jsquared.resp import blocking
from jsquared.resp.failures import ServerReplyError
from jsquared.resp.nonblocking import OPEN
from jsquared.resp.replies import pairs, parse_info
from jsquared.rollout.plan_document import read_plan
from jsquared.rollout.plan_text import plan_as_markdown
from jsquared.running.access import Access
from jsquared.running.discovered import DiscoveredNode
from jsquared.running.view import RoleView
from jsquared.sandbox.loopback import LoopbackSandbox
from jsquared.scenario.moments import Moment
from jsquared.scenario.targets import is_target_word
from jsquared.scenarios.catalogue import SCENARIOS
from jsquared.scenarios.file_form import read_scenario_file
from jsquared.service.advisories import AdvisoriesRequest, list_advisories
from jsquared.service.journal import check as check_journal
from jsquared.service.journal import write_day
from jsquared.service.log_timeline import LogTimelineRequest, log_timeline
from jsquared.service.request import parse_ack
from jsquared.service.scorecard import scorecard
from jsquared.settings.team_settings import settings_in
from jsquared.text import encode_json, printable
from jsquared.trial.plan import assemble
from jsquared.workload.connection import WRITE, DataConnection, Exchange
from jsquared.workload.sentinels import SentinelLink
from jsquared.workload.workload import ClientSpec, SentinelAddress

ENGINE = Engine(name="valkey", version="9.1.2", path="/nowhere/valkey-server")
UNSAFE = set(map(chr, [*range(9), *range(11, 32), 127, *range(128, 160), *range(0x202A, 0x202F), 0x2028, 0x2066]))

Input = dict[str, bytes]
"""Files of an input by relative name; a single text is called ``input``."""


class CrashedError(Exception):
    """A checker crashed, or something unsafe came out."""


@dataclass
class Reader:
    """``make`` gives the next input, ``read`` reads it from the folder that it was written to; ``share`` is its part of all inputs."""

    name: str
    share: int
    make: Callable[[Generator], Input]
    read: Callable[[Path], None]
    made: list[Any] = field(default_factory=list)


def readers(scratch: Path) -> list[Reader]:
    """All of them; samples are written below ``scratch``."""
    native = samples.native_trees(scratch)
    runs = samples.run_trees(scratch)
    reference = load_deployment("reference")

    def deployment(path: Path) -> None:
        under_test = load_deployment(path)
        level = under_test.majority_ack
        analyse(under_test, ENGINE, level)
        encode_json(judge_evidence(Evidence(deployment=under_test, name="fuzz")))
        for name in under_test.master_names:
            one = under_test.about(name)
            assemble(
                SCENARIOS["primary-crash"].on(one), deployment=one, engine=ENGINE, sandbox=LoopbackSandbox.kind, ack=level,
                workload=Workload(), seed=1, command=("jsquared",),
            )  # fmt: skip

    def one_file(names: Sequence[str], trees: Sequence[samples.Tree], change: Any = mutate) -> Callable[..., Input]:
        """An input: a folder in which one file, whose name ends so, is changed."""

        def make(generator: Generator) -> Input:
            tree = dict(generator.choice(trees))
            able = [name for name in tree if name.endswith(tuple(names))]
            if able:
                changed = generator.choice(able)
                others = [data for other in trees for name, data in other.items() if name.endswith(tuple(names))]
                tree[changed] = change(generator, tree[changed], others)
            return tree

        return make

    def text(of: Sequence[bytes], change: Any = mutate) -> Callable[..., Input]:
        return lambda generator: {"input": change(generator, generator.choice(of), of)}

    def shown(read: Callable[[str], object]) -> Callable[[Path], None]:
        return lambda folder: void(read((folder / "input").read_bytes().decode("utf-8", "surrogateescape")))

    with_acl = [tree for tree in native if any(name.endswith(".acl") for name in tree)]
    projects = [samples.PROJECT, samples.PROJECT, samples.BITNAMI]
    shell = ("start.sh", "Dockerfile", ".env")
    return [
        Reader("redis.conf", 10, one_file(["redis.conf"], native), deployment),
        Reader("sentinel.conf", 10, one_file(["sentinel.conf"], native), deployment),
        Reader("ACL file", 6, one_file([".acl"], with_acl), deployment),
        Reader("jsquared.yaml", 4, one_file(["jsquared.yaml"], [samples.MAPPED]), deployment),
        *layout_readers(native, deployment),
        Reader("deployment YAML", 10, text(samples.yaml_texts()), lambda folder: deployment(folder / "input")),
        Reader("Compose", 8, one_file(["compose.yaml"], projects), lambda folder: deployment(folder / "compose.yaml")),
        Reader("Compose's files", 10, one_file(shell, [samples.PROJECT]), lambda folder: deployment(folder / "compose.yaml")),
        Reader("Kubernetes", 10, one_file([".yaml"], samples.manifest_trees()), lambda folder: deployment(folder / "manifests.yaml")),
        Reader("scenario file", 10, text(samples.scenario_texts()), lambda folder: scenario(folder / "input", reference)),
        Reader("settings", 6, settings_input, lambda folder: void(settings_in(folder, samples.TODAY))),
        Reader("plan", 4, one_file(["plan.json"], runs, mutate_json), run_folder),
        Reader("placement", 3, one_file(["placement.json"], runs, mutate_json), run_folder),
        Reader("events", 5, one_file(["events.jsonl"], runs, mutate_json), run_folder),
        Reader("history", 4, one_file([".parquet", ".ops", ".found"], runs, mutate_history), run_folder_of_others),
        Reader("Parquet", 4, one_file([".parquet"], runs, mutate_footer), run_folder_of_others),
        Reader("verdict", 2, one_file(["verdict.json"], runs, mutate_json), lambda folder: void(RunDirectory(folder).read_verdict())),
        Reader("run row", 3, one_file(["plan.json", "verdict.json"], runs, mutate_json), lambda folder: void(read_facts(folder))),
        Reader("journal", 5, one_file([""], [samples.JOURNAL]), journal),
        Reader("compare's JSON", 6, text(samples.run_documents(scratch), mutate_json), documents),
        Reader("change plan", 3, text([samples.change_plan(scratch)], mutate_json), lambda folder: change_plan(folder / "input")),
        Reader("log files", 5, one_file([""], samples.log_trees(scratch)), timeline),
        Reader("log store", 5, text([samples.log_store(scratch)], overwritten), lambda folder: log_store(folder / "input")),
        Reader("log query", 4, text(samples.LOG_QUERIES), shown(log_query)),
        Reader("alert rules", 4, text(samples.alert_rules()), lambda folder: alert_rules(folder / "input")),
        Reader("contacts", 3, text([samples.CONTACTS]), lambda folder: void(alertmanager_file(read_contacts(folder / "input")))),
        Reader("OSV file", 4, text(samples.OSV, mutate_json), osv),
        Reader("OSV zip", 3, osv_zip, osv),
        Reader("advisories", 3, text([samples.ADVISORIES], mutate_json), advisories),
        Reader("package versions", 3, text(samples.PACKAGE_VERSIONS), shown(package_version)),
        Reader("waivers", 4, text([samples.WAIVERS]), lambda folder: void(read_waivers(folder / "input", samples.TODAY))),
        Reader("baseline", 3, text([samples.BASELINE], mutate_json), lambda folder: void(read_baseline(folder / "input"))),
        Reader("replies to an audit", 6, text(samples.AUDIT_REPLIES), lambda folder: audit_replies((folder / "input").read_bytes())),
        Reader("--with", 6, text(samples.SETTINGS), shown(lambda word: apply_overrides(reference, [word]))),
        Reader("options", 5, text(samples.OPTIONS), shown(options)),
        Reader("replies to the lab", 6, text(samples.REPLIES), lambda folder: lab_replies((folder / "input").read_bytes())),
        Reader("replies to clients", 6, text(samples.REPLIES), lambda folder: client_replies((folder / "input").read_bytes())),
        Reader("server logs", 6, text([samples.LOG, samples.INFO, *samples.event_payloads()]), shown(logs)),
        Reader("printable", 3, text([samples.LOG, samples.ACL, samples.COMPOSE]), shown(safe)),
    ]  # fmt: skip


def settings_input(generator: Generator) -> Input:
    """A settings file with some of its bytes changed, with the files that it names."""
    changed = mutate(generator, samples.SETTINGS_FILE, [samples.SETTINGS_FILE])
    return {"jsquared.toml": changed, ".git": b"", "half-cut.yaml": b"", "prod/redis.conf": b""}


def layout_readers(native: Sequence[samples.Tree], read: Callable[[Path], None]) -> list[Reader]:
    """Those of folders whose files lie and are called otherwise, and of archives that are changed, before or after compression."""

    def archive(generator: Generator) -> Input:
        name, data = samples.packed(generator, generator.choice([*native, samples.MAPPED, samples.PROJECT]))
        changed = mutate(generator, data, [data]) if generator.random() < 0.8 else data
        if name == "live.tgz":
            whole = gzip.compress(changed, 1)
            changed = whole if generator.random() < 0.7 else mutate(generator, whole, [data])
        return {name: changed}

    return [
        Reader("folder", 8, lambda generator: dict(samples.strewn(generator, generator.choice(native))), read),
        Reader("archive", 8, archive, lambda folder: read(next(folder.iterdir()))),
    ]


def osv_zip(generator: Generator) -> Input:
    """A zip of OSV files, changed before or after it was packed."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, data in enumerate(samples.OSV):
            archive.writestr(f"{number}.json", data)
    return {"all.zip": mutate(generator, packed.getvalue(), [packed.getvalue()])}


def osv(folder: Path) -> None:
    """OSV files that somebody else wrote, added to what is known, and matched."""
    file, added = next(folder.iterdir()), folder / "own" / "advisories.json"
    update = encode_json(update_from(file, added)).decode()
    known = Advisories((bundled(), *read_added(added)))
    assessed = encode_json(advisories_for("redis", "7.0.15", "5:7.0.15-1~deb12u3", database=known)).decode()
    if UNSAFE & set(update + assessed):
        raise CrashedError("a control character came out")


def advisories(folder: Path) -> None:
    """A user's file of advisories, matched."""
    (folder / "input").chmod(0o600)
    known = Advisories((bundled(), *read_added(folder / "input")))
    advisories_for("redis", "7.0.15", database=known)


def package_version(text: str) -> None:
    """A version of an engine or of a package, as the command line has it."""
    list_advisories(AdvisoriesRequest(version=text))


def journal(folder: Path) -> None:
    """All that is made of a journal's files."""
    scorecard(folder, 10, "2026-03-05")
    write_day(folder, "2026-03-04")
    check_journal(folder)


def alert_rules(file: Path) -> None:
    """Lint rules for Prometheus, whose expressions a parser in native code reads."""
    lint(read_rules(file), known_exporter(OLD))


def void(_: object) -> None:
    """Nothing is done with what was read."""


def scenario(path: Path, deployment: Deployment) -> None:
    """A scenario file, on a deployment."""
    read = read_scenario_file(path)
    read.unresolved()
    read.scenario(deployment)


def run_folder_of_others(path: Path) -> None:
    """A run folder of which reading may end the process."""
    run_folder(path, RunDirectory.load_of_others)


def run_folder(path: Path, load: Callable[[RunDirectory], TrialRecord] = RunDirectory.load) -> None:
    """A run folder, as ``check`` and ``report`` have it."""
    record = load(RunDirectory(path))
    verdict = judge(record)
    crashed = [reason for reason in verdict.reasons if " crashed (" in reason]
    if crashed:
        raise CrashedError(crashed[0])
    run = RunVerdict(outcome=verdict.outcome, trials=[verdict])
    write_trial_report(record, verdict, path / "report.html")
    write_junit(run, path / "junit.xml")
    ET.parse(path / "junit.xml")
    console = SafeConsole()
    console.file = io.StringIO()
    print_summary(run, console)
    encode_json(run)
    page = (path / "report.html").read_text(encoding="utf-8")
    if UNSAFE & (set(console.file.getvalue()) | set(page)):
        raise CrashedError("a control character came out")


def documents(folder: Path) -> None:
    """Two outputs of ``run --json``, compared."""
    run = read_run_document(folder / "input")
    encode_json(compare(run, run))


def options(word: str) -> None:
    """The words of the command line, each refused or read."""
    refused: list[Exception] = []
    for parse in (parse_ack, parse_budget, Moment.parse, is_target_word):
        try:
            parse(word)
        except Exception as problem:
            refused.append(problem)
    for problem in sorted(refused, key=lambda one: hasattr(one, "exit_code")):
        raise problem


class Nothing:
    """Whatever is asked of it, it does nothing."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_arguments, **_more: None


def lab_replies(data: bytes) -> None:
    """Bytes of a server, as the lab's connection reads them."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(data[:100_000])
        theirs.shutdown(socket.SHUT_WR)
        connection = blocking.Connection("192.0.2.1", 1, dial=lambda *_: ours)
        while True:
            try:
                reply = connection.reply()
            except ServerReplyError:
                continue
            if isinstance(reply, str):
                info(reply)
            elif isinstance(reply, list):
                pairs(reply)


def audit_replies(data: bytes) -> None:
    """Bytes of a server, as an audit of running servers reads them."""

    with contextlib.ExitStack() as stack:

        def dial(*_: object) -> socket.socket:
            ours, theirs = map(stack.enter_context, socket.socketpair())
            theirs.sendall(data[:100_000])
            theirs.shutdown(socket.SHUT_WR)
            return ours

        access = Access(dial=dial)
        ask_data_node(access, DiscoveredNode(role="replica", address="192.0.2.1", port=1))
        ask_sentinel_node(access, DiscoveredNode(role="sentinel", address="192.0.2.1", port=1), ["mymaster"])


def info(text: str) -> None:
    """INFO of a data node."""
    try:
        RoleView.parse(parse_info(text))
    except LabError:
        return


def client_replies(data: bytes) -> None:
    """Bytes of a server, as a client's connections read them, whatever they wait for."""
    sentinel = SentinelAddress(address="192.0.2.1", port=1)
    for mode in ("async", "wait", "waitaof"):
        spec = ClientSpec(
            name="client-1", number=0, sentinels=(sentinel,), majority=1, master_name="mymaster", nodes=(("192.0.2.2", 6379),),
            history="", rate_per_s=1, connections=1, operation_timeout_ms=400, wait_timeout_ms=100, max_run_ms=1000, ack_mode=mode,
            ack_replicas=1, ack_local=1,
        )  # fmt: skip
        link = DataConnection(spec, Nothing(), 0, Nothing(), Nothing(), Nothing())  # type: ignore[arg-type]
        link.state = OPEN
        for kind, slots in ((1, range(0)), (2, range(0)), (WRITE, range(3)), (WRITE, range(3, 5))):
            link.in_flight.append(Exchange(kind, slots, 0))
        link.received(data)
    ask = SentinelLink(Nothing(), sentinel, "mymaster", void)  # type: ignore[arg-type]
    ask._reader, ask._awaited, ask.state = hiredis.Reader(encoding="utf-8", errors="replace"), 1, OPEN
    ask.received(data)


def timeline(folder: Path) -> None:
    """Log files, and all forms of the timeline that is rebuilt from them."""
    request = LogTimelineRequest(inputs=[folder], align_clocks=True, html=folder / "page.html")
    result = log_timeline(request)
    text = "\n".join([*as_lines(result, 80), (folder / "page.html").read_text(), encode_json(result).decode()])
    if UNSAFE & set(text):
        raise CrashedError("a control character came out")


def overwritten(generator: Generator, data: bytes, _: Sequence[bytes]) -> bytes:
    """Bytes in which a few are others, and all that follows is where it was: pages stay pages."""
    changed = bytearray(data)
    for _number in range(generator.randint(1, 20)):
        changed[generator.randrange(len(changed))] = generator.choice((0, 1, 0x7F, 0xFF, generator.randrange(256)))
    return bytes(changed)


def change_plan(file: Path) -> None:
    """Reads a plan, and writes its page."""
    void(plan_as_markdown(read_plan(file)))


def log_store(file: Path) -> None:
    """A store that others wrote: opened, searched, exported and added to."""
    with LogStore(file) as store:
        for words in (["mymaster"], ["-failover"], []):
            lines, _ = matching(store, Wanted(query=parse_query(words)), 100)
            text = "\n".join(map(as_text, lines))
            encode_json([exported(line) for line in lines])
            encoded(lines)
            if UNSAFE & set(text):
                raise CrashedError("a control character came out")
        known_nodes(store)
        store.positions("n1")
        store.add([pushed_event("n1", "+sdown", "master mymaster 10.0.0.1 6379", 1.0)])


def log_query(text: str) -> None:
    """What is typed to search logs, searched for."""
    with LogStore(None) as store:
        store.add([pushed_event("n1", "+sdown", "master mymaster 10.0.0.1 6379", 1.0)])
        matching(store, Wanted(query=parse_query([text])), 10)


def logs(text: str) -> None:
    """Lines of a server's log, and Sentinel events in them."""
    info(text)
    for line in [*parse_lines(text), *parse_lines(f"7:X 28 Nov 2026 10:00:00.123 # {text}")]:
        found = sentinel_event(line.text)
        if found is not None:
            master_of(SentinelEvent(event=found[0], payload=found[1], source="sentinel-n1", t_ms=0.0))


def safe(text: str) -> None:
    """Text made safe, in every way."""
    shown = printable(text, keep="\n\t")
    shown.encode()
    if (
        UNSAFE & set(shown)
        or printable(shown, keep="\n\t") != shown
        or UNSAFE & set(encode_json({text: text}).decode())
    ):
        raise CrashedError("a control character came out")
