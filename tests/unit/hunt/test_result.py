"""What came of a hunt, for programs and in a sentence."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from jsquared.hunt.attempt import Attempt, AttemptResult
from jsquared.hunt.draw import Drawer
from jsquared.hunt.result import document_of, sentence_of
from jsquared.hunt.search import Hunt
from jsquared.hunt.shrink import Weakness
from jsquared.hunt.words import consequence, faults_in_words
from jsquared.records.plan import Ack, PlannedFault
from jsquared.records.verdict import LossGroup, ObjectiveResult, OperationCounts, TrialVerdict

Make = Callable[..., tuple[Hunt, Any]]
WAIT_1 = Ack(mode="wait", replicas=1)


def found_by(hunt: Hunt) -> Weakness:
    """What a hunt found."""
    hunt.run()
    assert hunt.found is not None
    return hunt.found


def is_whole_split(attempt: Attempt) -> bool:
    """Whether a schedule cuts off primary, replica and client."""
    return any(fault.name == "cut" and len(fault.targets) == 3 for fault in attempt.schedule)


@pytest.fixture
def apart(make_hunt: Make, make_drawer: Callable[..., Drawer]) -> Callable[..., Hunt]:
    """A hunt that begins with the split which breaks the level; ``below`` is the lowest level that it does not break."""

    def make(below: int, **options: Any) -> Hunt:
        drawer = make_drawer("apart", WAIT_1, prior=True)
        return make_hunt(
            lambda attempt: "loss" if is_whole_split(attempt) and attempt.ack.replicas < below else "pass",
            drawer=drawer,
            **options,
        )[0]

    return make


def test_the_sentence_says_what_why_and_what_helps(apart: Callable[..., Hunt]) -> None:
    """Faults, hosts, how often, how many writes and why, the split that it is, and the level that prevents it."""
    hunt = apart(below=2)
    sentence = sentence_of(hunt, found_by(hunt))
    assert sentence == (
        "With --ack wait:1, cut primary, replica:1 and client:1 at 1 s for 4.8 s (cut: n1) loses acknowledged writes in 5 of 5 runs: "
        "700 of 1,000 acknowledged writes were lost (split brain: acknowledged by redis-n1). "
        "This is the split {n1, n2, a client} | {n3, s1, s2, s3}, which the static analysis names for this level. "
        "With --ack wait:2 it lost nothing in 2 runs."
    )


def test_without_time_the_static_analysis_advises(apart: Callable[..., Hunt]) -> None:
    """Where no stronger level could be tried, what the text says about splits is told as such."""
    hunt = apart(below=2, budget_s=70)
    assert sentence_of(hunt, found_by(hunt)).endswith(
        "By the static analysis, --ack wait:2 is the lowest level that no split of the hosts breaks."
    )


def test_no_advice_where_nothing_helps(make_hunt: Make) -> None:
    """A loss of another kind, or a deployment that stays broken, is told without a level that would not help."""
    for does, effect in (("loss", "loses acknowledged writes"), ("stuck", "leaves the deployment broken")):
        hunt, _ = make_hunt(lambda _, does=does: does)
        found = found_by(hunt)
        for tried in found.tried:
            for loss in tried.verdict.losses:
                loss.cause = "empty restart"
        sentence = sentence_of(hunt, found)
        assert effect in sentence
        assert "--ack wait" not in sentence
        assert sentence.count(".") >= 1


def test_the_document_has_everything(apart: Callable[..., Hunt]) -> None:
    """The document names what was found, every trial, and what it cost."""
    hunt = apart(below=2)
    found_by(hunt)
    document = msgspec.json.decode(msgspec.json.encode(document_of(hunt, "runs/found.yaml", 123.4)))
    assert (document["outcome"], document["seed"], document["budget_ms"], document["took_ms"]) == (
        "violated", 1, 36_000_000, 123_400,
    )  # fmt: skip
    found = document["found"]
    assert (found["scenario_file"], found["kind"], found["runs"], found["violations"], found["lost"]) == (
        "runs/found.yaml", "loss", 5, 5, 700,
    )  # fmt: skip
    assert (found["causes"], found["prevented_by"], found["split"]) == (
        ["split brain"], "wait:2", "{n1, n2, a client} | {n3, s1, s2, s3}",
    )  # fmt: skip
    assert [fault["targets"] for fault in found["faults"]] == [["primary", "replica:1", "client:1"]]
    assert len(document["trials"]) == document["tried"] == len(hunt.tried)
    assert {trial["phase"] for trial in document["trials"]} == {"search", "confirm", "shrink", "prevent"}
    assert document["trials"][0]["number"] is not None


def test_moments_and_parameters_are_words() -> None:
    """A schedule reads as one line, also where a user's file has moments that a hunt never draws."""
    fault = PlannedFault(
        id="a", name="busy-script", targets=("primary", "replica:1"), parameters={"writes": True, "x": 3},
        start="2000 ms after other", heal="1000 ms after recovery",
    )  # fmt: skip
    assert faults_in_words((fault,)) == (
        "busy-script primary and replica:1 (writes yes, x 3) 2000 ms after other, healed 1000 ms after recovery"
    )


def test_a_loss_without_a_cause_is_told_too(make_hunt: Make) -> None:
    """Where the checker could not group the losses, the number alone is said; and what was not violated is not."""
    hunt, _ = make_hunt(lambda _: "loss")
    verdict: TrialVerdict = found_by(hunt).tried[0].verdict
    verdict.losses = []
    assert consequence(verdict) == "700 of 1,000 acknowledged writes were lost"
    verdict.objectives, verdict.outcome = [], "pass"
    assert consequence(verdict) == "nothing was violated"


def with_operations(verdict: TrialVerdict, *, lost: int, outcome: Any = "violated") -> TrialVerdict:
    """The verdict with as many lost operations, and no lost write."""
    loss = LossGroup(
        cause="split brain", explanation="Acknowledged by redis-n2.", node="redis-n2", client="client-1", count=lost,
        first_ms=0, last_ms=1,
    )  # fmt: skip
    objective = ObjectiveResult(
        name="lost_operations", limit=0, value=lost, unit="operations", outcome="violated" if lost else "pass"
    )
    return msgspec.structs.replace(
        verdict,
        outcome=outcome,
        operations=OperationCounts(attempted=90, acknowledged=80, lost=lost),
        operation_losses=[loss] if lost else [],
        objectives=[objective],
    )


def test_lost_operations_are_a_loss(apart: Callable[..., Hunt]) -> None:
    """Where no write is lost and operations are, they are what was found, with their cause."""
    hunt = apart(below=2)
    hunt.run()
    passed = next(one for one in hunt.tried if one.kind is None)
    lost = AttemptResult(passed.attempt, with_operations(passed.verdict, lost=3))
    assert (lost.kind, lost.lost, lost.lost_nothing) == ("loss", 3, False)
    assert consequence(lost.verdict) == (
        "3 of 80 acknowledged operations were lost (split brain: acknowledged by redis-n2)"
    )
    assert passed.lost_nothing


def test_what_is_always_wrong_is_found_too(apart: Callable[..., Hunt]) -> None:
    """A violation that no objective measures, such as an operation applied twice, is told with its reason."""
    hunt = apart(below=2)
    hunt.run()
    passed = next(one for one in hunt.tried if one.kind is None)
    wrong = AttemptResult(passed.attempt, with_operations(passed.verdict, lost=0))
    assert (wrong.kind, consequence(wrong.verdict)) == ("violation", wrong.verdict.reasons[0])
    assert wrong.lost_nothing
