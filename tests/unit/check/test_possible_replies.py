"""Which replies are possible after what is known of the operations before: of every kind, clean ones and planted ones."""

from collections.abc import Sequence

import pytest

from jsquared.check.possible_replies import BACK, WRONG, Answered, Impossible, find_impossible
from jsquared.check.reachable import Fate, Step, TooManyStatesError
from jsquared.records.history import IDENTIFIER
from jsquared.records.models.catalogue import MODELS, call_of, slots_of
from jsquared.records.models.kept_replies import CHOSEN, Kept, Reply, kept
from jsquared.records.models.model import Model, State

BY_NAME = {model.name: model for model in MODELS}
CALLS = {
    model.name: [call_of(b"t:", 0, slot) for slot in slots_of(kind, 0)] for kind, model in enumerate(MODELS)
}  # fmt: skip
STREAM = [(IDENTIFIER, 100 + step) for step in range(8)]


def replies_to(name: str, applied: Sequence[int]) -> list[tuple[Reply, ...]]:
    """What a server says to these steps, which it applies in this order."""
    state: State = (None,) * len(BY_NAME[name].suffixes)
    said = []
    for step in applied:
        said.append(BY_NAME[name].replies(state, CALLS[name][step]))
        state = BY_NAME[name].apply(state, CALLS[name][step])
    return said


def kept_of(said: tuple[Reply, ...], step: int) -> Kept:
    """What is kept of replies; identifiers rise from step to step."""
    return STREAM[step] if said == (CHOSEN,) else kept(said)


def told(
    name: str, lacking: Sequence[int] = (), fates: dict[int, Fate] | None = None, **others: tuple[Reply, ...]
) -> list[Answered]:
    """All eight steps, acknowledged unless ``fates`` says otherwise, answered by a server that lacks some of them from the next one on.

    :param others: what was replied instead, by ``step_N``.
    """
    answered = []
    for step in range(8):
        applied = [one for one in range(step) if one not in lacking]
        said = others.get(f"step_{step}", replies_to(name, [*applied, step])[-1])
        fate = (fates or {}).get(step, Fate.PLACED)
        reply = None if fate is Fate.LATE else kept_of(said, step)
        answered.append(Answered(Step(CALLS[name][step], fate, 1), reply))
    return answered


def found(name: str, answered: list[Answered]) -> tuple[str, int, tuple[int, ...]] | None:
    """The cause, whose reply it is, and what is lost."""
    one = find_impossible(BY_NAME[name], answered)
    return one and (one.cause, one.step, one.lost)


@pytest.mark.parametrize("name", BY_NAME)
def test_what_an_honest_server_replies_is_possible(name: str) -> None:
    """All eight steps applied one after the other."""
    assert found(name, told(name)) is None


@pytest.mark.parametrize("name", BY_NAME)
@pytest.mark.parametrize("step", range(8))
def test_a_reply_that_nothing_gives_is_wrong(name: str, step: int) -> None:
    """Of every kind and step, with what was expected."""
    answered = told(name, **{f"step_{step}": (b"nonsense",)})
    one = find_impossible(BY_NAME[name], answered)
    assert one == Impossible(WRONG, step, (replies_to(name, range(step + 1))[-1],))


SHOWN = {
    "counter": ([1], 2), "append": ([2], 3), "deletion": ([4], 5), "lasting": ([0], 1), "fields": ([0], 3),
    "queue": ([0], 1), "transaction": ([3], 4), "ranking": ([2], 5), "script": ([6], 7),
}  # fmt: skip


@pytest.mark.parametrize("name", SHOWN)
def test_a_loss_shows_in_a_later_reply(name: str) -> None:
    """An acknowledged step that is gone from the next one on makes a reply go back: named with the step that is missing."""
    lost, shown = SHOWN[name]
    assert found(name, told(name, lost)) == (BACK, shown, tuple(lost))


@pytest.mark.parametrize("name", SHOWN)
def test_what_nobody_confirmed_may_be_gone(name: str) -> None:
    """The same replies are possible where the missing step was not confirmed, or never answered."""
    [lost], _ = SHOWN[name]
    assert found(name, told(name, [lost], {lost: Fate.PERHAPS})) is None
    assert found(name, told(name, [lost], {lost: Fate.LATE})) is None


def test_what_was_never_answered_may_come_late() -> None:
    """A number without it, and then with it: it was applied in between. Without it once more, the one that had shown it is lost."""
    answered = told("counter", [1], {1: Fate.LATE})
    late = [
        Answered(one.step, kept((one.reply[1] + 10,)) if one.reply and one.step.call.step >= 5 else one.reply)
        for one in answered
    ]
    assert found("counter", late) is None
    again = [*late[:6], Answered(late[6].step, kept((1_011_101,)))]
    assert find_impossible(BY_NAME["counter"], again) == Impossible(BACK, 6, ((1_111_111,),), (5,))


def test_once_shown_it_stays_with_what_was_acknowledged_after_it() -> None:
    """A reply that had counted an unconfirmed step, and a later one that has the first and lacks the second: no loss makes that."""
    answered = told("counter", fates={1: Fate.PERHAPS}, step_3=(1101,))
    assert found("counter", answered) == (WRONG, 3, ())


def test_more_than_was_sent_is_wrong() -> None:
    """A number with a step counted twice, and jobs that were not the oldest or not there yet."""
    assert find_impossible(BY_NAME["counter"], told("counter", step_3=(1121,))) == Impossible(WRONG, 3, ((1111,),))
    jobs = [replies_to("queue", [step, 2])[-1] for step in range(7)]
    assert found("queue", told("queue", step_2=jobs[1])) == (WRONG, 2, ())
    assert found("queue", told("queue", step_4=jobs[6])) == (WRONG, 4, ())
    assert found("queue", told("queue", step_4=jobs[0])) == (BACK, 4, (2, 3)), "as if it had not been moved"


def test_a_torn_answer_is_wrong() -> None:
    """The two lengths that EXEC gives belong together, and the transaction that must be given up gives nothing."""
    whole = replies_to("transaction", range(4))[-1]
    assert found("transaction", told("transaction", step_3=(*whole[:-1], (64, 3)))) == (WRONG, 3, ())
    assert found("transaction", told("transaction", step_3=(*whole[:4], (16,), *whole[5:]))) == (WRONG, 3, ())


def test_identifiers_rise() -> None:
    """One that is not above those before goes back, as if they were gone; and what is no identifier is wrong."""
    model: Model = BY_NAME["stream"]
    answered = told("stream")
    low = [*answered[:3], Answered(answered[3].step, (IDENTIFIER, 101)), *answered[4:]]
    assert found("stream", low) == (BACK, 3, (1, 2))
    unsure = [Answered(Step(one.step.call, Fate.PERHAPS), one.reply) for one in low[:3]]
    assert find_impossible(model, [*unsure, *low[3:]]) is None
    assert found("stream", told("stream", step_3=(17,))) == (WRONG, 3, ())


def test_where_clocks_were_moved_a_key_may_have_expired() -> None:
    """EXPIRE may find nothing then; what stays must be there all the same."""
    gone = told("lasting", step_3=(0,))
    assert found("lasting", gone) == (BACK, 3, (0, 1, 2))
    assert find_impossible(BY_NAME["lasting"], gone, moved=True) is None
    assert find_impossible(BY_NAME["deletion"], told("deletion", step_3=(0,)), moved=True) is not None


def test_connections_that_broke_too_often_are_not_judged() -> None:
    """As the content is not."""
    answered = [Answered(Step(call, Fate.LATE, number)) for number, call in enumerate(CALLS["append"])]
    with pytest.raises(TooManyStatesError):
        find_impossible(BY_NAME["append"], answered)
