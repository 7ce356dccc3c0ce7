"""The steps of a change, judged from their events and from the times of lost writes."""

import pytest

from jsquared.check.change_steps import judge_steps, played_steps
from jsquared.check.judge import judge
from jsquared.records.event_types import SettingsCompared, StepBegan, StepEnded
from support.records import Story, objective

STEPS = objective("failed_steps", 0, "steps")


def changed(*ends: str | None, back: bool = False, same: bool | None = None) -> Story:
    """A trial with a step a second from 2 s on; each ends with this reason, or (None) not at all."""
    story = Story(objectives=[objective("lost_writes", 0, "writes"), STEPS])
    story.load(0)
    story.writes("client-1", "redis-n1", 0, 8000)
    for number, reason in enumerate(ends, 1):
        at_ms = 1000.0 + 1000.0 * number
        told = {"number": number, "does": "restart", "back": back, "source": "redis-n2"}
        story.event(StepBegan(**told, t_ms=at_ms))
        if reason is not None:
            story.event(StepEnded(**told, ok=not reason, reason=reason, t_ms=at_ms + 500))
    if same is not None:
        differing = () if same else ("maxmemory of redis-n2",)
        story.event(SettingsCompared(ok=same, settings=90, differing=differing, t_ms=7000.0))
    story.finish("redis-n1", settle_ms=7000, end_ms=8000)
    return story


@pytest.mark.parametrize(
    ("story", "judged"),
    [
        (changed("", ""), (0, "2 steps played, and all that must hold after each held")),
        (changed("", "the link is down"), (1, "step 2 (restart of redis-n2) failed: the link is down")),
        (changed("", None), (None, "not every step was played")),
        (changed(), (None, "not every step was played")),
        (
            changed("", back=True, same=False),
            (1, "taken back, the settings are not those of before: maxmemory of redis-n2"),
        ),
        (changed("", back=True), (None, "the settings were not compared after all steps were taken back")),
    ],
    ids=["played", "failed", "cut short", "none", "left something", "not compared"],
)
def test_steps_are_counted(story: Story, judged: tuple[int | None, str]) -> None:
    """A step that failed and settings that stay are violations; what was not played is unknown."""
    assert judge_steps(story.record()) == judged


def test_settings_that_are_as_before_are_told() -> None:
    """Taken back, everything was compared."""
    value, text = judge_steps(changed("", back=True, same=True).record())
    assert (value, text.partition(" and taken back, ")[2]) == (
        0,
        "after which all 90 settings were as before, and all that must hold after each held",
    )


def test_a_loss_names_its_step() -> None:
    """A write that was acknowledged while a step was played, or before the next one, is lost by it."""
    story = changed("", "")
    story.missing(2100, 2200)
    steps = played_steps(story.record())
    assert [bool(step.lost) for step in steps] == [True, False]
    assert steps[0].reason == f"{steps[0].lost} acknowledged writes of its time are lost"
    verdict = judge(story.record())
    assert verdict.outcome == "violated"
    assert any(fact.startswith("step 1 (restart of redis-n2): ") for fact in verdict.facts)


def test_a_step_that_failed_is_violated() -> None:
    """The verdict's reason names the step."""
    verdict = judge(changed("", "the link is down").record())
    assert verdict.outcome == "violated"
    assert any("step 2 (restart of redis-n2) failed: the link is down" in reason for reason in verdict.reasons)
    assert "step 2 (restart of redis-n2): the link is down" in verdict.facts


def test_a_step_has_all_that_it_broke() -> None:
    """Its failure and the writes of its time that are lost."""
    story = changed("", "the link is down")
    story.missing(3100, 3200)
    [good, bad] = played_steps(story.record())
    assert (good.reason, good.lost) == ("", 0)
    assert bad.reason == f"the link is down; {bad.lost} acknowledged writes of its time are lost"
