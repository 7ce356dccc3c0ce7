"""A Sentinel that is made anew: another id each time, which the others list, beside those that are dead."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jsquared.errors import BadInputError
from jsquared.faults import process_state, sentinel_new_id
from jsquared.faults.fault import Evidence
from jsquared.faults.sentinel_new_id import SentinelNewId, at_address, listed, original
from jsquared.records.event_types import ProcessChanged
from jsquared.testing.fake_deployment import FakeDeployment

NAME = "sentinel-n1"
OTHERS = ("sentinel-n2", "sentinel-n3")
FILE = """port 26379
bind 127.0.0.1
sentinel monitor mymaster 10.0.0.1 6379 2
sentinel myid aaaa
sentinel announce-ip 10.9.9.9
sentinel known-replica mymaster 10.0.0.2 6379
sentinel known-sentinel mymaster 10.0.1.2 26379 bbbb
"""


@pytest.fixture(autouse=True)
def _short_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not come is not waited for as long as in a trial."""
    monkeypatch.setattr(sentinel_new_id, "LISTED_LIMIT_S", 0.05)
    monkeypatch.setattr(process_state, "ANSWER_LIMIT_S", 0.2)


@pytest.fixture
def anew(fake: FakeDeployment, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Make ``sentinel-n1`` anew in a deployment in which it then has new ids, and the others list what the test says."""

    def inject(
        *, times: int = 1, moved: bool = True, ids: tuple[str, ...] = ("new1", "new2"), others: str = "all"
    ) -> Any:
        fake.start(NAME, *OTHERS)
        had = ["old"]
        lives = iter(ids)
        start = fake.deployment.start

        def started(name: str, *, reason: str = "") -> Any:
            if reason == "fault":
                had.append(next(lives, had[-1]))
                tell(fake, had, others)
            return start(name, reason=reason)

        tell(fake, had, others)
        monkeypatch.setattr(fake.deployment, "start", started)
        return SentinelNewId().inject(fake.deployment, [NAME], {"times": times, "moved": moved})

    return inject


def tell(fake: FakeDeployment, had: list[str], others: str) -> None:
    """Let it have the last of these ids, and let the others list ``all`` of them, the ``last`` one, or the ``first``."""
    fake.say(NAME, "SENTINEL MYID", had[-1])
    seen = {"all": had, "last": had[-1:], "first": had[:1]}[others]
    for other in OTHERS:
        rest = next(name for name in OTHERS if name != other)
        fake.say(other, "SENTINEL SENTINELS", [["name", one, "runid", one] for one in [*dict.fromkeys(seen), rest]])
        fake.tell_view(other, num_other_sentinels=len(seen) + 1)
    fake.say(NAME, "SENTINEL SENTINELS", [["name", one, "runid", one] for one in OTHERS])


def remember(fake: FakeDeployment, name: str, *ids: str) -> None:
    """Write these ids into a Sentinel's file, quoted as Valkey does."""
    lines = "".join(f'sentinel known-sentinel mymaster 127.0.0.1 1 "{one}"\n' for one in ids)
    (Path(fake.deployment.folder(name).path) / f"{name}.conf").write_text(f"port 1\n{lines}")


def test_a_moved_one_is_counted_beside_the_dead(fake: FakeDeployment, anew: Callable[..., Any]) -> None:
    """Twice anew: the others list three ids of which two are dead; the undo takes those out of their files, and only there."""
    active = anew(times=2)
    assert active.details == {"ids": ["old", "new1", "new2"]}
    bit = active.bit()
    assert bit.ok, bit.sentence
    assert "sentinel-n2 lists 4 other Sentinels, of which 2 no longer exist" in bit.sentence
    assert not active.healed().ok
    for other in OTHERS:
        remember(fake, other, "old", "new1", "new2")
    remember(fake, "sentinel-n3", "new2")
    active.heal()
    tell(fake, ["new2"], "all")
    assert active.healed().ok
    assert (Path(fake.deployment.folder("sentinel-n2").path) / "sentinel-n2.conf").read_text().count(
        "known-sentinel"
    ) == 1
    restarted = [event.source for event in fake.recorded(ProcessChanged) if event.reason == "healed"]
    assert restarted == ["sentinel-n2"]
    active.heal()
    assert restarted == [event.source for event in fake.recorded(ProcessChanged) if event.reason == "healed"]


def test_it_announces_an_address_of_its_own(fake: FakeDeployment, anew: Callable[..., Any]) -> None:
    """Where it moved, its file announces where it is reached now; otherwise the file is the original."""
    anew()
    text = (Path(fake.deployment.folder(NAME).path) / f"{NAME}.conf").read_text()
    assert f"sentinel announce-port {fake.placement.node(NAME).port}\n" in text


def test_at_the_same_address_the_others_forget_the_dead_one(anew: Callable[..., Any]) -> None:
    """One id for another is enough where nothing moved, and would not be enough where it did."""
    assert anew(moved=False, others="last").bit().ok


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ids": ("old",)}, "same or no other id"),
        ({"others": "last"}, "0 no longer exist"),
        ({"others": "first"}, "1 no longer exist"),
    ],
)
def test_without_an_effect_it_did_not_bite(anew: Callable[..., Any], changes: dict[str, Any], words: str) -> None:
    """The same id, or others that do not list the new one or the dead one, prove nothing."""
    bit = anew(**changes).bit()
    assert not bit.ok
    assert words in bit.sentence


def test_one_that_stays_down_did_not_bite(anew: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A Sentinel that does not answer after its start has no new id."""
    monkeypatch.setattr(sentinel_new_id, "answers_again", lambda deployment, name: Evidence(False, f"{name} is silent"))
    active = anew()
    assert active.details == {"ids": ["old"]}
    assert not active.bit().ok


@pytest.mark.parametrize(
    ("targets", "times", "words"),
    [(["sentinels"], 1, "one Sentinel"), (["primary"], 1, "only Sentinels"), (["sentinel:1"], 0, "0 times")],
)
def test_one_sentinel_at_least_once(fake: FakeDeployment, targets: list[str], times: int, words: str) -> None:
    """Neither several, nor a data node, nor never."""
    with pytest.raises(BadInputError, match=words):
        SentinelNewId().inject(fake.deployment, targets, {"times": times, "moved": True})


def test_the_original_file_has_no_state(fake: FakeDeployment) -> None:
    """What Sentinel itself writes is left out, and an address is announced and bound beside its own."""
    assert "known" not in original(FILE)
    assert "myid" not in original(FILE)
    assert "announce-ip" in original(FILE)
    moved = at_address(FILE, fake.placement.node(NAME), "10.0.2.1", 26380)
    assert moved.endswith("sentinel announce-ip 10.0.2.1\nsentinel announce-port 26380\n")
    assert "10.9.9.9" not in moved
    assert "bind 127.0.0.1 10.0.2.1\n" in moved


def test_a_silent_other_lists_nobody(fake: FakeDeployment, anew: Callable[..., Any]) -> None:
    """Others that cannot be asked have noticed nothing."""
    fake.vanish("sentinel-n2")
    bit = anew().bit()
    assert not bit.ok
    assert "sentinel-n2 lists 0" in bit.sentence
    assert listed(fake.deployment, "sentinel-n3")
