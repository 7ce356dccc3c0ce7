"""A change as a trial plays it: each step begins and ends with an event, and what taking back leaves behind is found out."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from jsquared.errors import LabError
from jsquared.records.event_types import SettingsCompared, StepBegan, StepEnded
from jsquared.records.events import EventLog, TrialClock, read_events
from jsquared.records.findings import ResponsibleLine
from jsquared.rollout.changes import DirectiveChange
from jsquared.rollout.steps import EditFile, SendCommand, Step
from jsquared.running.deployment import RunningDeployment
from jsquared.trial import played_change as module
from jsquared.trial.order import ChangeOrder
from jsquared.trial.played_change import PlayedChange
from support.changes import REDIS

CHANGE = DirectiveChange(
    node="d1",
    role="data node",
    directive="maxmemory",
    effect="live",
    before=ResponsibleLine(file="d1.conf", line=2, text="maxmemory 1gb"),
    after=ResponsibleLine(file="d1.conf", line=2, text="maxmemory 2gb"),
    before_value="1gb",
    after_value="2gb",
)


class Deployment:
    """A data node and a Sentinel in memory. ``sticky`` has settings that a node keeps whatever it is told."""

    master_names = ("mymaster",)

    def __init__(self) -> None:
        self.placement = SimpleNamespace(engine=REDIS)
        self.nodes = [SimpleNamespace(name="d1", role="data"), SimpleNamespace(name="s1", role="sentinel")]
        self.settings = {"maxmemory": "1073741824", "appendfsync": "everysec", "replicaof": ""}
        self.views = {"quorum": "2", "down-after-milliseconds": "5000"}
        self.users = ["user default on nopass sanitize-payload ~* &* +@all"]
        self.files = {"d1.conf": "port 6379\nmaxmemory 1gb\n", "s1.conf": "port 26379\n"}
        self.sticky: set[str] = set()
        self.why = ""

    def unconverged(self) -> str:
        """Say what was put in."""
        return self.why

    def ask(self, name: str, *words: str | int, timeout_s: float = 1.0) -> Any:
        """Answer as a server does."""
        match words:
            case ("CONFIG", "GET", "*"):
                return [word for pair in self.settings.items() for word in pair]
            case ("CONFIG", "SET", "refused", _):
                raise LabError("ERR no such directive", where=name)
            case ("CONFIG", "SET", setting, value):
                if setting not in self.sticky:
                    self.settings[str(setting)] = str(value)
            case ("ACL", "LIST"):
                return self.users
            case ("SENTINEL", "MASTER", "mymaster"):
                return [word for pair in self.views.items() for word in pair]
            case _:
                raise AssertionError(words)
        return "OK"

    def folder(self, _node: str) -> Any:
        """The files of every node."""
        return SimpleNamespace(read_text=self.files.__getitem__, write_text=self.files.__setitem__)


class Played:
    """Plays orders at a deployment, and has the events of it."""

    def __init__(self, folder: Path) -> None:
        self.deployment = Deployment()
        self._path = folder / "events.jsonl"

    def play(self, *steps: Step, takes_back: bool = True) -> "Played":
        """Play the steps."""
        events = EventLog(self._path, TrialClock.start())
        order = ChangeOrder(steps=steps, takes_back=takes_back, directives=(CHANGE,), marks={})
        PlayedChange(order, cast("RunningDeployment", self.deployment), events).run(load_began_s=-module.BEFORE_S)
        events.close()
        return self

    def of(self, kind: type) -> list[Any]:
        """The events of a kind."""
        return [event for event in read_events(self._path) if isinstance(event, kind)]

    @property
    def way(self) -> list[str]:
        """The steps that were begun, those that were taken back with a minus."""
        return [f"{'-' if one.back else '+'}{one.number}" for one in self.of(StepBegan)]

    @property
    def differing(self) -> tuple[str, ...]:
        """What the one comparison found."""
        [compared] = self.of(SettingsCompared)
        assert compared.ok == (not compared.differing)
        return tuple(compared.differing)


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Played]:
    """A player that waits for nothing."""
    monkeypatch.setattr(module, "CONVERGE_S", 0.0)
    return Played(tmp_path)


def live(number: int, name: str = "maxmemory", value: str = "2147483648", back: str = "1073741824") -> Step:
    """A setting changed in the server and, for ``maxmemory``, in its file."""
    edits = [("1gb", "2gb"), ("2gb", "1gb")] if name == "maxmemory" else [None, None]
    actions = [
        (SendCommand(node="d1", words=("CONFIG", "SET", name, set_to)), *(_edit(*edit) if edit else ()))
        for set_to, edit in zip((value, back), edits, strict=True)
    ]
    return Step(number=number, kind="set-live", node="d1", why="", actions=actions[0], undo=actions[1])


def _edit(was: str, now: str) -> tuple[EditFile, ...]:
    return (EditFile(node="d1", file="d1.conf", before=f"maxmemory {was}", after=f"maxmemory {now}"),)


def test_steps_are_played_and_taken_back_the_last_first(played: Played) -> None:
    """Each way ends well, and all settings and lines are as before."""
    played.play(live(1), live(2, "appendfsync", "always", "everysec"))
    assert played.way == ["+1", "+2", "-2", "-1"]
    assert all(one.ok for one in played.of(StepEnded))
    assert played.differing == ()


def test_nothing_is_compared_where_nothing_is_taken_back(played: Played) -> None:
    """The change alone leaves its settings behind, as it should."""
    assert played.play(live(1), takes_back=False).way == ["+1"]
    assert played.of(SettingsCompared) == []


def test_the_first_step_that_fails_ends_it(played: Played) -> None:
    """It is recorded with its reason; no other is begun, none is taken back, and nothing is compared."""
    played.play(live(1), live(2, "refused"), live(3, "appendfsync"))
    assert played.way == ["+1", "+2"]
    assert [(one.ok, one.reason) for one in played.of(StepEnded)] == [
        (True, ""),
        (False, "at d1: CONFIG SET refused 2147483648: d1: ERR no such directive"),
    ]
    assert played.of(SettingsCompared) == []


def test_a_way_back_that_fails_is_no_comparison(played: Played) -> None:
    """A step that cannot be taken back has failed as any other."""
    step = live(1, "appendfsync", "always", "everysec")
    bad = SendCommand(node="d1", words=("CONFIG", "SET", "refused", "1"))
    played.play(Step(number=1, kind="set-live", node="d1", why="", actions=step.actions, undo=(bad,)))
    assert [(one.back, one.ok) for one in played.of(StepEnded)] == [(False, True), (True, False)]
    assert played.of(SettingsCompared) == []


def test_a_step_after_which_nothing_converges_has_failed(played: Played) -> None:
    """The reason says what is missing."""
    played.deployment.why = "redis-n2 follows nobody"
    played.play(live(1))
    [ended] = played.of(StepEnded)
    assert not ended.ok
    assert ended.reason == "the deployment has not converged within 0 s: redis-n2 follows nobody"


def test_a_setting_that_stays_changed_is_found_out(played: Played) -> None:
    """A server that keeps the new value, whatever the way back tells it, differs from before."""
    keeps_always = Step(
        number=1, kind="set-live", node="d1", why="", actions=live(1, "appendfsync", "always").actions, undo=()
    )
    assert played.play(keeps_always).differing == ("appendfsync of d1",)


def test_what_only_one_side_has_differs(played: Played) -> None:
    """A setting that came with the change and stays is one that was not there."""
    step = live(1, "new-setting", "1")
    assert played.play(Step(number=1, kind="set-live", node="d1", why="", actions=step.actions, undo=())).differing == (
        "new-setting of d1",
    )


def test_a_line_that_stays_changed_is_found_out(played: Played) -> None:
    """The server is as before and its file is not: the next restart would bring the change back."""
    step = live(1)
    step = Step(number=1, kind="set-live", node="d1", why="", actions=step.actions, undo=step.undo[:1])
    assert played.play(step).differing == ("the line of maxmemory of d1",)


def test_roles_and_the_usual_flag_are_no_difference(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who follows whom may be another after a failover, and a flag is shown only of users that came from a file."""
    compare = PlayedChange._compare

    def after_a_failover(self: PlayedChange, before: dict[tuple[str, str], object]) -> None:
        played.deployment.settings["replicaof"] = "10.0.0.2 6379"
        played.deployment.users = ["user default on nopass ~* &* +@all"]
        compare(self, before)

    monkeypatch.setattr(PlayedChange, "_compare", after_a_failover)
    assert played.play(live(1)).differing == ()


@pytest.mark.parametrize(
    ("what", "differing"), [("users", "users of d1"), ("views", "down-after-milliseconds mymaster of s1")]
)
def test_users_and_what_sentinels_have_are_compared(
    played: Played, monkeypatch: pytest.MonkeyPatch, what: str, differing: str
) -> None:
    """A user that stays, or a timing that a Sentinel keeps, is a difference."""
    compare = PlayedChange._compare

    def with_a_rest(self: PlayedChange, before: dict[tuple[str, str], object]) -> None:
        if what == "users":
            played.deployment.users.append("user left-behind on nopass ~* &* +@all")
        else:
            played.deployment.views["down-after-milliseconds"] = "60000"
        compare(self, before)

    monkeypatch.setattr(PlayedChange, "_compare", with_a_rest)
    assert played.play(live(1)).differing == (differing,)
