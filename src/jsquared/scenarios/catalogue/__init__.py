"""The catalogue of scenarios and the suites made of them.

A live scenario is a module in one of the folders beside this file, which are families by what breaks; the static checks are a table.
"""

from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from pathlib import Path

from jsquared.errors import BadInputError
from jsquared.scenario.scenario import Scenario
from jsquared.scenarios.static_checks import STATIC_CHECKS
from jsquared.text import did_you_mean

ORDER = """
primary-crash primary-hang primary-isolated primary-isolated-with-client primary-and-replica-isolated
replication-cut-then-crash sentinels-paused-then-crash primary-restart-fast host-lost zone-lost zone-isolated
all-primaries-crash replica-crash sentinel-crash replica-isolated primary-outbound-cut primary-inbound-cut
sentinels-blind primary-short-hang primary-flapping sentinel-majority-lost client-misses-failover rolling-restart
manual-failover manual-failover-coordinated manual-failover-paused cold-restart cold-restart-after-failover power-cut
power-cut-after-restarts sentinels-down-then-crash replica-behind-then-crash failover-and-back
leader-crash-after-election leader-crash-after-promotion busy-script priority-beats-data quorum-too-low
quorum-too-high last-replica-empty primary-restart-empty slow-names very-slow-names failing-names primary-name-lost
replica-new-address primary-new-address primary-new-address-at-once primary-new-address-unasked sentinel-new-address
slow-command slow-command-too-long connection-storm connections-reset reconnect-then-crash big-key-resync
primary-dies-mid-sync replica-outage output-buffer-loop output-buffer-overflow bgsave-fails client-hangs short-loading
slow-loading stale-replica-links min-replicas-all clock-step-then-crash clock-step-primary clock-skew
clock-step-sentinels sentinels-read-only-then-crash primary-disk-full replica-disk-full primary-disk-slow
primary-cpu-starved primary-out-of-memory sentinels-forget static-checks sentinel-recreated stale-sentinels-counted
sentinels-reset-then-crash sentinels-reset-while-down sentinel-old-config sentinels-rolling-restart replica-repointed
replica-of-no-one primary-made-replica replica-wrong-masterauth replica-wrong-password primary-wrong-password
primary-restart-with-delay primary-back-too-late rolling-upgrade primary-links-slow network-lossy network-duplicating
replication-thin-then-crash sentinels-slow-then-crash split-vote certificates-replaced primary-certificate-expires
passwords-rotated passwords-rotated-wrongly sentinel-right-lost unauthenticated-flood forged-hello replica-hang
replication-flapping sentinel-forgets-primary primary-memory-full primary-flushed exporter-down
alertmanager-down-then-crash receiver-fails-then-crash prometheus-restarts-in-crash prometheus-disk-full-then-crash
""".split()
"""How scenarios are listed and in which order a suite begins them; one that is not named comes last.

Hunts draw from them in this order, so another one would give other schedules for the same seed.
"""


def _found() -> Iterator[Scenario]:
    """The scenario of each module, and the static checks."""
    yield from STATIC_CHECKS
    for file in sorted(Path(__file__).parent.glob("*/[!_]*.py")):  # half of what pkgutil takes
        yield import_module(f"{__name__}.{file.parent.name}.{file.stem}").SCENARIO


def scenarios_in_order() -> list[Scenario]:
    """All that were found, as ``ORDER`` says."""
    places = {name: place for place, name in enumerate(ORDER)}
    return sorted(_found(), key=lambda one: places.get("static-checks" if one.rules else one.name, len(ORDER)))


SCENARIOS: dict[str, Scenario] = {scenario.name: scenario for scenario in scenarios_in_order()}
SUITES = ("quick", "standard", "full", "alerts")


def scenario_named(name: str) -> Scenario:
    """The scenario of that name.

    :raises BadInputError: there is none; the nearest names are suggested.
    """
    try:
        return SCENARIOS[name]
    except KeyError:
        near = did_you_mean(name, SCENARIOS, most=2, listed_by="jsquared scenarios")
        raise BadInputError("no such scenario", where=f"scenario '{name}'", hint=near) from None


def suite_named(name: str, others: Iterable[str] = ()) -> Sequence[Scenario]:
    """The scenarios of a suite, or of several with commas between them, each scenario once.

    ``quick`` takes under a minute, ``standard`` is what a sound deployment survives, ``full`` is all of what breaks a deployment, and
    ``alerts`` is one for each kind of fault that a team wants to be told of, with those that break the monitoring itself.

    :param others: suites that there are beside them, for suggestions.
    :raises BadInputError: there is no such suite.
    """
    suites = name.split(",")
    for suite in suites:
        if suite not in SUITES:
            known = (*SUITES, *others)
            hint = did_you_mean(suite, known, otherwise=", ".join(known))
            raise BadInputError("no such suite", where=f"--suite {name}", hint=hint)
    return [scenario for scenario in SCENARIOS.values() if not set(suites).isdisjoint(scenario.suites)]
