"""How a client is driven: its specification, its orders, its end, and what it says when it cannot begin."""

import json
import os
from pathlib import Path

import pytest

from jsquared.records.history import ERROR_CODES, FAIL, OK, UNKNOWN
from jsquared.records.operations import read_live
from jsquared.workload import client as client_module
from jsquared.workload.client import main


def test_nothing_is_written_before_go(lab) -> None:
    """The client gets ready and waits for its order; orders may come in pieces, and unknown ones are ignored."""
    lab.serve()
    client = lab.start()
    lab.until(lambda: lab.has_said("ready"), "ready")
    os.write(lab.orders, b"unknown\ng")
    lab.until(lambda: client._words == b"g", "half an order")
    assert len(lab.operations()) == 0
    os.write(lab.orders, b"o\ngo\n")
    lab.until(lambda: lab.acknowledged() > 5, "writes")
    lab.finish()
    assert lab.actions().count("started") == 1


def test_intended_times_are_the_rate(lab) -> None:
    """Write i is intended at go + i / rate, whatever happens."""
    lab.serve()
    lab.begin(rate_per_s=300)
    lab.until(lambda: lab.acknowledged() > 20, "writes")
    operations = lab.finish()
    steps = operations.intended_ns - operations.intended_ns[0]
    assert steps.tolist() == [-(-slot * 10**9 // 300) for slot in range(len(operations))]


def test_stop_waits_for_what_is_in_flight(lab) -> None:
    """After stop nothing new is written, and replies that still come count."""
    lab.serve()
    client = lab.begin(operation_timeout_ms=5000)
    lab.until(lambda: lab.acknowledged() > 5, "writes")
    lab.nodes[0].deaf = True
    sent = len(lab.operations())
    lab.until(lambda: len(lab.operations()) > sent + 3, "writes in flight")
    lab.order("stop")
    lab.order("stop")
    lab.order("go")
    lab.until(lambda: bool(client._ending), "the order")
    assert not client.ended
    lab.nodes[0].deaf = False
    lab.until(lambda: client.ended, "its end")
    assert set(lab.operations().outcome.tolist()) == {OK}


def test_the_next_connections_log_in_with_what_it_is_told(lab) -> None:
    """Unique writes, operations and reads from replicas alike; connections that stand stay as they are."""
    lab.serve()
    lab.nodes[0].password = "old"
    own = str(lab.folder / "client-1.operations.ops")
    lab.begin(username="app", password="old", operations_per_s=50, operations_history=own)
    lab.until(lambda: lab.acknowledged() > 5, "writes")
    lab.order('login ["app", "new"]')
    lab.nodes[0].password = "new"
    lab.nodes[0].drop_connections()
    lab.until(lambda: [b"AUTH", b"app", b"new"] in lab.nodes[0].received, "a new login")
    lab.finish()


def test_the_rate_follows_its_order(lab) -> None:
    """From the order on there are more writes in the same time, and what was due before keeps its time."""
    lab.serve()
    lab.begin(rate_per_s=20)
    lab.until(lambda: lab.acknowledged() > 3, "writes")
    lab.order("rate 2000")
    lab.until(lambda: lab.acknowledged() > 100, "many writes")
    operations = lab.finish()
    steps = operations.intended_ns[1:] - operations.intended_ns[:-1]
    assert steps[0] == 50_000_000
    assert steps[-1] == 500_000
    assert (steps > 0).all()


def test_stop_does_not_wait_for_ever(lab) -> None:
    """What is unanswered after the operation timeout is unknown: stopped in flight, or timed out."""
    lab.serve()
    client = lab.begin()
    lab.until(lambda: lab.acknowledged() > 5, "writes")
    lab.nodes[0].silent = True
    sent = len(lab.operations())
    lab.until(lambda: len(lab.operations()) > sent + 3, "writes in flight")
    lab.order("stop")
    lab.until(lambda: client.ended, "its end")
    assert lab.errors(UNKNOWN) <= {ERROR_CODES["stopped in flight"], ERROR_CODES["timeout"]}
    assert lab.count(UNKNOWN) > 3
    assert lab.count(FAIL) == 0


def test_end_of_input_ends_at_once(lab) -> None:
    """When stdin ends, so does the client; what was in flight is unknown."""
    lab.serve()
    client = lab.begin(operation_timeout_ms=60_000, wait_timeout_ms=1)
    lab.until(lambda: lab.acknowledged() > 5, "writes")
    lab.nodes[0].deaf = True
    sent = len(lab.operations())
    lab.until(lambda: len(lab.operations()) > sent + 3, "writes in flight")
    lab.close_orders()
    lab.until(lambda: client.ended, "its end")
    assert lab.errors(UNKNOWN) == {ERROR_CODES["stopped in flight"]}
    assert lab.said()[-1]["detail"] == "end of input"


def test_time_is_bounded(lab) -> None:
    """A client that nobody stops ends by itself."""
    lab.serve()
    client = lab.begin(max_run_ms=700)
    lab.until(lambda: client.ended, "its end")
    assert lab.said()[-1]["detail"] == "time is up"
    assert lab.acknowledged() > 0


def test_counters_agree_with_the_operations(lab) -> None:
    """The header's counters are the sums over the operations."""
    lab.serve()
    client = lab.begin()
    lab.until(lambda: lab.acknowledged() > 5, "writes")
    lab.nodes[0].script["SET"] = b"-READONLY no\r\n"
    lab.until(lambda: lab.count(FAIL) > 5, "failures")
    lab.nodes[0].silent = True
    lab.nodes[0].script.clear()
    operations = lab.finish()
    _, slots, acknowledged, last_ack_ns, node, failed, unknown = client._recorder.header.tolist()
    assert slots == len(operations)
    assert acknowledged == int((operations.outcome == OK).sum())
    assert failed == int((operations.outcome == FAIL).sum())
    assert unknown == int((operations.outcome == UNKNOWN).sum())
    assert last_ack_ns == operations.completed_ns[operations.outcome == OK].max()
    assert node in (-1, 0)


def orders_of(folder: Path, text: str) -> int:
    """A descriptor to read these orders from: a file, so it cannot be waited for."""
    file = folder / "orders"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    return os.open(file, os.O_RDONLY)


def test_main_runs_a_specification(lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process entry reads the line it is given and obeys until its input ends; input that cannot be waited for has ended."""
    lab.serve()
    output = os.open(tmp_path / "out", os.O_WRONLY | os.O_CREAT)
    source = orders_of(tmp_path, lab.spec().to_json() + "\n")
    monkeypatch.setattr(client_module.signal, "signal", lambda *_: None)
    monkeypatch.setattr(client_module.gc, "disable", lambda: None)
    assert main([], source, output) == 0
    os.close(output)
    os.close(source)
    assert len(read_live(tmp_path / "client-1.ops", 0)) == 0
    assert json.loads((tmp_path / "out").read_text())["detail"] == "end of input"


@pytest.mark.parametrize(
    "what", ["an argument", "nothing", "no JSON", "no text", "no history folder", "no certificate"]
)
def test_main_says_what_is_wrong(
    lab, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What cannot begin ends with one line and an exit code of its own."""
    monkeypatch.setattr(client_module.signal, "signal", lambda *_: None)
    monkeypatch.setattr(client_module.gc, "disable", lambda: None)
    lab.serve()
    missing = str(tmp_path / "missing" / "file")
    changes = {"no history folder": {"history": missing}, "no certificate": {"authorities": (missing,)}}
    text = lab.spec(**changes.get(what, {})).to_json()
    source = orders_of(tmp_path, {"nothing": "", "no JSON": "{", "no text": "\udcff\n"}.get(what, text + "\n"))
    code = main(["spec.json"] if what == "an argument" else [], source)
    os.close(source)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert code == (4 if what == "no history folder" else 2)


def test_main_survives_what_the_system_refuses(
    lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A system call that fails in the middle is one line too."""
    monkeypatch.setattr(client_module.signal, "signal", lambda *_: None)
    monkeypatch.setattr(client_module.gc, "disable", lambda: None)

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    lab.serve()
    source = orders_of(tmp_path, lab.spec().to_json() + "\n")
    monkeypatch.setattr(client_module, "Client", refuse)
    assert main([], source) == 4
    os.close(source)
    assert "No space left" in capsys.readouterr().err
