"""What keeps a plan from being played: it is refused, the lab cannot play it, or it is not of what is here by now."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from jsquared.errors import BadInputError, RecordError
from jsquared.records.plan import Engine
from jsquared.running import engine_features
from support.changes import REDIS, VALKEY
from support.fake_executor import FakeExecutor
from support.proving import LIVE, Bench


def test_a_plan_that_is_refused_is_violated_without_a_trial(bench: Bench) -> None:
    """Each reason for refusing it is a harm of the plan as a whole."""
    bench.plan({"quorum": 4})
    executor = FakeExecutor()
    proof = bench.prove(executor).proof
    assert proof.outcome == "violated"
    [harm] = proof.harms
    assert (harm.step, harm.trial) == (None, "")
    assert harm.what == "sentinel-n1, sentinel-n2, sentinel-n3: quorum-unreachable"
    assert harm.reason.startswith("There are 3 Sentinel(s) and the quorum is 4")
    assert (executor.trials, executor.prepared, proof.trials) == ([], 0, ())


def test_what_the_lab_cannot_play_is_not_proven(bench: Bench) -> None:
    """A replica that joins takes a host that a trial does not have: nothing is played, and nothing is said of the change."""
    bench.plan({"hosts": 4})
    executor = FakeExecutor()
    proof = bench.prove(executor).proof
    assert (proof.outcome, proof.trials, executor.trials) == ("inconclusive", (), [])
    assert proof.cannot == ("adding a replica: a trial has the nodes of FROM alone",)


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_line_that_the_lab_runs_in_another_way_is_not_proven(bench: Bench, side: str) -> None:
    """Servers of a trial log where the lab reads it, whatever is written, on whichever side it is written."""
    sides: dict[str, Mapping[str, Any]] = {"before": {}, "after": {}, side: {"data": "logfile /var/log/redis.log\n"}}
    bench.plan(**sides)
    executor = FakeExecutor()
    proof = bench.prove(executor).proof
    assert (proof.outcome, executor.trials) == ("inconclusive", [])
    assert proof.cannot == ("logfile: servers have another one in a trial, since it is about their machine",)


def test_a_plan_without_steps_is_an_error(bench: Bench) -> None:
    """There is nothing to prove, and nothing is written."""
    bench.plan({})
    with pytest.raises(BadInputError, match="has no steps: nothing differs") as caught:
        bench.prove({})
    assert caught.value.where == str(bench.folder)
    assert not (bench.folder / "proof.json").exists()


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"write_gap_limit_ms": 0}, "--write-gap"),
        ({"write_gap_limit_ms": 600_001}, "--write-gap"),
        ({"jobs": -1}, "--jobs"),
        ({"suite": "standart"}, "--suite standart"),
        ({"ack": "wait:9"}, "--ack"),
    ],
)
def test_a_wrong_request_is_refused_before_a_trial(bench: Bench, fields: dict[str, Any], where: str) -> None:
    """The suite too, although it comes last: the trials before it may take an hour."""
    bench.plan()
    executor = FakeExecutor()
    with pytest.raises(BadInputError) as caught:
        bench.prove(executor, **fields)
    assert caught.value.where == where
    assert executor.trials == []


def test_a_proof_that_cannot_be_written_is_refused_before_a_trial(bench: Bench) -> None:
    """A folder is in its place."""
    bench.plan()
    (bench.folder / "proof.json").mkdir()
    executor = FakeExecutor()
    with pytest.raises(RecordError):
        bench.prove(executor)
    assert executor.trials == []


def _edit_now(bench: Bench) -> None:
    bench.write("now", data="maxmemory 2gb\n")


def _edit_was(bench: Bench) -> None:
    bench.write("was", data="maxmemory 2gb\n")


def _add_a_node(bench: Bench) -> None:
    bench.write("now", sentinels=4, **LIVE)


def _edit_plan(bench: Bench) -> None:
    text = bench.file.read_text()
    assert '"after_value": "1gb"' in text
    bench.file.write_text(text.replace('"after_value": "1gb"', '"after_value": "3gb"'))


def _add_a_node_to_the_plan(bench: Bench) -> None:
    node = {"node": "sentinel-n4", "role": "Sentinel", "kind": "added", "file": "n4/sentinel.conf"}
    bench.rewrite(nodes=[node])


@pytest.mark.parametrize(
    "change", [_edit_now, _edit_was, _add_a_node, _edit_plan, _add_a_node_to_the_plan], ids=lambda one: one.__name__[1:]
)
def test_a_plan_of_other_deployments_is_an_error(bench: Bench, change: Callable[[Bench], None]) -> None:
    """What differs between FROM and TO by now is not what the plan says; the error names its folder."""
    bench.plan()
    change(bench)
    executor = FakeExecutor()
    with pytest.raises(BadInputError, match="is not of these deployments any more") as caught:
        bench.prove(executor)
    assert caught.value.where == str(bench.folder)
    assert executor.trials == []


OLDER = Engine(name="redis", version="6.2.14", path="/nowhere/older")
OTHER_VALKEY = Engine(name="valkey", version="9.1.1", path="/nowhere/older-valkey")


@pytest.mark.parametrize(
    ("planned", "engines", "fields", "option"),
    [
        ("", {"redis": OLDER}, {}, "--engine"),
        ("", {}, {"engine": "valkey"}, "--engine"),
        ("", {}, {"new_engine": "valkey"}, "--to-engine"),
        ("valkey", {"redis": OLDER}, {"new_engine": "valkey"}, "--engine"),
        ("valkey", {"valkey": OTHER_VALKEY}, {"new_engine": "valkey"}, "--to-engine"),
        ("valkey", {}, {}, "--to-engine"),
    ],
)
def test_an_engine_of_another_version_is_an_error(
    bench: Bench, planned: str, engines: dict[str, Engine], fields: dict[str, str], option: str
) -> None:
    """The option is named, and the version that the plan is for."""
    bench.plan({} if planned else LIVE, new_engine=planned)
    bench.engines |= engines
    executor = FakeExecutor()
    with pytest.raises(BadInputError, match=r"the plan is for (redis 7\.0\.15|valkey 9\.1\.2), and here is") as caught:
        bench.prove(executor, **fields)
    assert caught.value.where == option
    assert executor.trials == []


TLS = {
    "data": "tls-cert-file tls.crt\ntls-key-file tls.key\ntls-ca-cert-file ca.crt\ntls-port 6380\n",
    "files": {"tls.crt": "", "tls.key": "", "ca.crt": ""},
}


@pytest.mark.parametrize(
    ("new_engine", "without", "option"),
    [("", REDIS, "--engine"), ("valkey", REDIS, "--engine"), ("valkey", VALKEY, "--to-engine")],
)
def test_an_engine_without_tls_is_an_error(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, new_engine: str, without: Engine, option: str
) -> None:
    """A deployment that speaks TLS takes an engine that does, before the change and after it; the option is named."""
    monkeypatch.setattr(engine_features, "speaks_tls", lambda engine, **_: engine != without)
    bench.plan({**TLS, "data": TLS["data"] + "maxmemory 1gb\n"}, TLS, new_engine=new_engine)
    executor = FakeExecutor()
    with pytest.raises(BadInputError, match="was built without TLS") as caught:
        bench.prove(executor, new_engine=new_engine or "auto")
    assert caught.value.where == option
    assert executor.trials == []
