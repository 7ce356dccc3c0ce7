"""Logs are brought into the run folder all the time, and whoever writes without end is stopped."""

from collections.abc import Callable

import pytest

from jsquared.observe.log_watch import LogWatch
from jsquared.records.event_types import LogLimit
from jsquared.running import log_keeper
from jsquared.testing.fake_deployment import FakeDeployment

NODE = "redis-n2"


def test_what_is_printed_is_in_the_run_folder_soon(fake: FakeDeployment, wait_until: Callable[..., None]) -> None:
    """Without anybody asking for it."""
    fake.replace_engine(NODE, "#!/bin/sh\necho hello\nexec sleep 120\n")
    watch = LogWatch(fake.deployment, fake.events, lambda: None)
    watch.start()
    fake.start(NODE)
    wait_until(lambda: fake.run.log_file(NODE).read_text() == "hello\n")
    watch.stop()


def test_who_prints_without_end_is_ended(fake: FakeDeployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """By order, with an event, once; and the trial is told."""
    monkeypatch.setattr(log_keeper, "NODE_LIMIT_BYTES", 4096)
    fake.replace_engine(NODE, "#!/bin/sh\nwhile :; do echo 0123456789; done\n")
    told: list[bool] = []
    watch = LogWatch(fake.deployment, fake.events, lambda: told.append(True))
    fake.start(NODE)
    while not told:
        watch.look()
    fake.deployment.process(NODE).wait(20)
    watch.look()
    [event] = fake.recorded(LogLimit)
    assert (event.source, event.limit_bytes, event.alone) == (NODE, 4096, True)
    assert len(told) == 1
    assert fake.deployment.crashed() == []
    assert fake.run.log_file(NODE).stat().st_size < 4096 + 100


def test_a_full_disk_does_not_end_the_watch(fake: FakeDeployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be copied is copied later."""

    def full() -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(fake.deployment.logs, "catch_up", full)
    LogWatch(fake.deployment, fake.events, lambda: None).look()
