"""A quorum that is neither too low nor too high: a static check."""

from jsquared.scenarios.static_check import static_check

SCENARIO = static_check(
    name="config-quorum",
    title="A quorum that is neither too low nor too high",
    description="The quorum of every Sentinel, held against the number of Sentinels and the loss of any one host.",
    why_fair="The quorum is a number in a file; a wrong one causes failovers that nobody needs, or prevents those that everybody needs.",
    ways=("wrong-quorum", "sentinels-blind"),
    rules=(
        "quorum-unreachable",
        "quorum-dies-with-host",
        "quorum-one",
        "quorum-below-majority",
        "quorums-differ",
        "sentinels-differ",
    ),
    expected={"reference": "pass", "apart": "pass", "classic-2013": "pass", "stock": "pass"},
)
