"""A restart with a slow load: proven by a server that serves nobody for as long, and ended by loading at full speed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jsquared.errors import BadInputError, LabError
from jsquared.faults import process_state, slow_loading
from jsquared.faults.slow_loading import SlowLoading
from jsquared.testing.fake_deployment import FakeDeployment, encode

NODE = "redis-n1"
LOADING = "LOADING Redis is loading the dataset in memory"


@pytest.fixture(autouse=True)
def _short_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not come is not waited for as long as in a trial."""
    monkeypatch.setattr(process_state, "ANSWER_LIMIT_S", 0.2)
    monkeypatch.setattr(slow_loading, "SAVE_LIMIT_S", 0.2)
    monkeypatch.setattr(slow_loading, "LOOK_S", 0.001)


def server(fake: FakeDeployment, *, aof: str = "yes", knows_events: bool = True, busy: int = 0) -> None:
    """A node with 2,000 keys, whose process runs and which says LOADING from its next start on."""
    fake.say(NODE, "DBSIZE", 2000)
    fake.say(NODE, "CONFIG GET", [slow_loading.EVENTS if knows_events else "x", "2097152", "appendonly", aof])
    fake.say(NODE, "INFO", f"aof_rewrite_in_progress:{busy}\r\n")
    fake.start()
    script = fake.servers[NODE].script
    for saves in ("BGREWRITEAOF", "BGSAVE"):
        script[saves] = encode("Background saving started")
    script["CONFIG SET"] = encode("OK")
    fake.fail(NODE, "PING", LOADING)


def inject(fake: FakeDeployment, load_ms: int = 50, *targets: str) -> Any:
    """Load slowly, the primary where nothing is said."""
    return SlowLoading().inject(fake.deployment, targets or (NODE,), {"ms": load_ms})


def conf(fake: FakeDeployment) -> Path:
    """The node's file."""
    return Path(fake.deployment.folder(NODE).path) / f"{NODE}.conf"


def keep_its_file(
    fake: FakeDeployment, wait_until: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> Callable[[], str]:
    """What the engine read when it was started again; a start ends once it has read it."""
    kept = Path(fake.placement.engine.path).with_name("kept.conf")
    fake.replace_engine(NODE, f'#!/bin/sh\ncp "$1" {kept}.new && mv {kept}.new {kept}\nexec sleep 120\n')
    start = fake.deployment.start

    def start_and_read(name: str, *, reason: str = "") -> object:
        process = start(name, reason=reason)
        wait_until(kept.exists)
        return process

    monkeypatch.setattr(fake.deployment, "start", start_and_read)
    return kept.read_text


@pytest.mark.parametrize(("aof", "command"), [("yes", "BGREWRITEAOF"), ("no", "BGSAVE")])
@pytest.mark.parametrize("knows_events", [True, False])
def test_the_server_starts_with_a_pause_after_each_key(
    fake: FakeDeployment,
    wait_until: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    aof: str,
    command: str,
    knows_events: bool,
) -> None:
    """The data set is written out, the pauses add up to the time, only known lines are added, and the file is as before."""
    server(fake, aof=aof, knows_events=knows_events)
    before = conf(fake).read_text()
    kept = keep_its_file(fake, wait_until, monkeypatch)
    active = inject(fake, 5000)
    added = kept()
    assert "key-load-delay 2500\n" in added
    assert (slow_loading.EVENTS in added) == knows_events
    assert conf(fake).read_text() == before
    assert fake.servers[NODE].count(command) == 1
    active.heal()


def test_an_engine_that_looks_seldom_gets_more_to_load(fake: FakeDeployment, wait_until: Callable[..., None]) -> None:
    """Where its looks cannot be set, 16 MB are written first; what is left of them after healing is said."""
    server(fake, knows_events=False)
    node = fake.servers[NODE]
    node.script |= {"APPEND": encode(0), "UNLINK": encode(64), "EXISTS": encode(3)}
    active = inject(fake)
    written = sum(len(words[2]) for words in node.received if words[0] in (b"SET", b"APPEND"))
    assert written == slow_loading.FILL_BYTES
    wait_until(lambda: node.count("PING") > 2)
    del node.script["PING"]
    active.heal()
    assert node.count("UNLINK") == 1
    healed = active.healed()
    assert not healed.ok
    assert healed.sentence.endswith("and 3 of 64 keys are left")
    node.script["EXISTS"] = encode(0)
    assert active.healed().ok


def test_an_engine_that_looks_often_gets_no_more(fake: FakeDeployment) -> None:
    """Nothing is written to it."""
    server(fake)
    active = inject(fake)
    assert not fake.servers[NODE].count("SET")
    active.heal()


def test_what_was_written_meanwhile_is_loaded_too(
    fake: FakeDeployment, wait_until: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commands that the node got while it wrote its data set out have their share of the pauses."""
    server(fake)
    counted = iter([100, 3100])
    monkeypatch.setattr(slow_loading, "_changes", lambda *_: next(counted))
    kept = keep_its_file(fake, wait_until, monkeypatch)
    active = inject(fake, 5000)
    assert "key-load-delay 1000\n" in kept()
    active.heal()


def test_a_server_that_serves_nobody_for_so_long_is_proven(
    fake: FakeDeployment, wait_until: Callable[..., None]
) -> None:
    """LOADING is counted; healing ends the pauses, and a PING that is answered is the proof of it."""
    server(fake)
    active = inject(fake)
    wait_until(lambda: fake.servers[NODE].count("PING") > 2)
    bit = active.bit()
    assert bit.ok
    assert "said LOADING" in bit.sentence
    assert not active.healed().ok
    active.heal()
    assert [b"CONFIG", b"SET", b"key-load-delay", b"0"] in fake.servers[NODE].received
    del fake.servers[NODE].script["PING"]
    assert active.healed().ok


def test_a_server_that_is_back_at_once_did_not_load_slowly(
    fake: FakeDeployment, wait_until: Callable[..., None]
) -> None:
    """A PING that is answered long before its time disproves it."""
    server(fake)
    del fake.servers[NODE].script["PING"]
    active = inject(fake, 60_000)
    wait_until(lambda: not active._thread.is_alive())
    wait_until(lambda: not active.bit().ok)
    active.heal()
    assert active.healed().ok


def test_a_silent_server_serves_nobody_either(fake: FakeDeployment) -> None:
    """An engine that hears nobody while it loads says nothing; what it is told at healing it hears later."""
    server(fake)
    fake.servers[NODE].script["PING"] = b""
    fake.servers[NODE].script["CONFIG SET"] = b""
    active = inject(fake)
    bit = active.bit()
    assert bit.ok
    assert bit.sentence.endswith("said LOADING 0 times")
    active.heal()


def test_a_server_that_ends_is_not_loading(fake: FakeDeployment) -> None:
    """Its exit code is said."""
    server(fake)
    fake.replace_engine(NODE, "#!/bin/sh\nexit 3\n")
    active = inject(fake)
    fake.deployment.process(NODE).wait()
    bit = active.bit()
    assert (bit.ok, bit.sentence) == (False, f"{NODE} ended with code 3 instead of loading")
    active.heal()


def test_a_server_that_never_has_written_is_the_lab_s_failure(fake: FakeDeployment) -> None:
    """Without a snapshot there is nothing to load slowly."""
    server(fake, busy=1)
    with pytest.raises(LabError, match="did not write its data set out"):
        inject(fake)


@pytest.mark.parametrize("targets", [("sentinel:1",), ("replicas",)])
def test_one_data_node_loads(fake: FakeDeployment, targets: tuple[str, ...]) -> None:
    """Sentinels load nothing, and one at a time is enough."""
    with pytest.raises(BadInputError, match="one data node loads slowly"):
        inject(fake, 50, *targets)
