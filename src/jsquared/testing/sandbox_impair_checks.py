"""The part of the sandbox contract that is about impaired links: each function is one check in an entered sandbox.

Delays are asserted from below only: a busy machine may make a packet later, never earlier.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from jsquared.sandbox.link import Endpoint, Impaired, Impairment, LinkSelector, Volley
from jsquared.sandbox.sandbox import Sandbox
from jsquared.testing.sandbox_means import (
    PORT,
    WAIT_LIMIT_S,
    Check,
    ask,
    both_ways,
    expect,
    impairments_of,
    links_of,
    reaches,
    refused,
    start_echo,
    wait,
)

HERE, THERE = Endpoint("n1"), Endpoint("n2")
LINK = LinkSelector(HERE, THERE)
DELAY_MS = 40.0
DELAYED = Impairment(delay_ms=DELAY_MS)
COUNT = 400


def impairing_is_refused(sandbox: Sandbox, _folder: Path) -> None:
    """A sandbox that cannot impair has no such facet."""
    expect(sandbox.impairments is None, "it says that it lacks impairments, and offers some")


@contextmanager
def impaired(sandbox: Sandbox, links: list[LinkSelector], **impairment: float) -> Iterator[Impaired]:
    """Links that are impaired within the block."""
    made = impairments_of(sandbox).impair(links, Impairment(**impairment))  # type: ignore[arg-type]
    yield made
    made.restore()


def volley(sandbox: Sandbox, source: Endpoint = HERE, destination: Endpoint = THERE, **how: Any) -> Volley:
    """A few datagrams over a link; it waits long for those that come late."""
    return impairments_of(sandbox).volley(source, destination, **({"count": 5, "wait_ms": 2000} | how))


def late(sandbox: Sandbox, by_ms: float, *ends: Endpoint, **how: Any) -> None:
    """Expect that all datagrams arrive, none of them earlier than this."""
    seen = volley(sandbox, *ends, **how)
    expect(len(seen.delays_ms) == seen.sent, f"{len(seen.delays_ms)} of {seen.sent} arrive")
    expect(min(seen.delays_ms) >= by_ms, f"arrives after {min(seen.delays_ms)} ms instead of {by_ms} ms")


def prompt(sandbox: Sandbox, *ends: Endpoint, **how: Any) -> None:
    """Expect that datagrams are not delayed; on a machine that stalls, sooner or later."""
    wait(lambda: min(volley(sandbox, *ends, **how).delays_ms) < DELAY_MS / 2, "delayed although nothing delays it")


def delay_takes_one_direction(sandbox: Sandbox, _folder: Path) -> None:
    """A delay holds packets of its direction only, counts them, and ends with restore, which may be called twice."""
    with impaired(sandbox, [LINK], delay_ms=DELAY_MS) as delayed:
        expect(delayed.counts().packets == 0, "counts before anything was sent")
        late(sandbox, DELAY_MS)
        prompt(sandbox, THERE, HERE)
        prompt(sandbox, HERE, Endpoint("n3"))
        expect(delayed.counts().delayed == 5, f"5 packets were delayed, counted are {delayed.counts()}")
    counts = delayed.counts()
    delayed.restore()
    prompt(sandbox)
    expect(delayed.counts() == counts, "forgets or changes its counts after restore")


def jitter_keeps_order_and_bounds(sandbox: Sandbox, _folder: Path) -> None:
    """With jitter, delays differ and none is shorter than the least."""
    with impaired(sandbox, [LINK], delay_ms=DELAY_MS, jitter_ms=20):
        seen = volley(sandbox, count=40, spacing_ms=2)
    expect(min(seen.delays_ms) >= DELAY_MS - 20, f"arrives after {min(seen.delays_ms)} ms")
    expect(max(seen.delays_ms) - min(seen.delays_ms) > 1, "all are delayed alike")


def loss_takes_its_share(sandbox: Sandbox, _folder: Path) -> None:
    """Of many packets about the share asked for is lost, the same ones for the same seed, and all are counted."""
    arrived = []
    for _ in range(2):
        with impaired(sandbox, [LINK], loss_percent=30, seed=7) as lossy:
            seen = volley(sandbox, count=COUNT, spacing_ms=0.2, wait_ms=300)
        share = 1 - len(seen.delays_ms) / COUNT
        expect(0.18 < share < 0.42, f"{share:.0%} are lost instead of 30 %")
        expect(lossy.counts().lost == COUNT - len(seen.delays_ms), f"counts {lossy.counts()}")
        arrived.append(len(seen.delays_ms))
    expect(arrived[0] == arrived[1], f"the same seed loses {arrived}")
    reaches(sandbox, ("n1", "n2", True))


def duplicates_arrive_twice(sandbox: Sandbox, _folder: Path) -> None:
    """Of many packets about the share asked for arrives twice, and none is lost."""
    with impaired(sandbox, [LINK], duplicate_percent=30) as twice:
        seen = volley(sandbox, count=COUNT, spacing_ms=0.2)
        wanted = twice.counts().duplicated
    expect(len(seen.delays_ms) == COUNT, f"{len(seen.delays_ms)} of {COUNT} arrive")
    expect(0.18 * COUNT < wanted < 0.42 * COUNT, f"{wanted} of {COUNT} are counted")
    expect(wanted - 1 <= seen.duplicates <= wanted, f"{seen.duplicates} arrive twice, counted are {wanted}")


def rate_is_kept(sandbox: Sandbox, _folder: Path) -> None:
    """A limited link takes its time: 20 packets of 1250 bytes at 2 Mbit/s are 5 ms apart."""
    with impaired(sandbox, [LINK], rate_kbit=2000):
        seen = volley(sandbox, count=20, size=1250)
    expect(len(seen.delays_ms) == 20, f"{len(seen.delays_ms)} of 20 arrive")
    expect(seen.span_ms >= 19 * 5 * 0.9, f"the last arrives {seen.span_ms} ms after the first")


def a_full_queue_drops(sandbox: Sandbox, _folder: Path) -> None:
    """What would wait too long before a thin link is dropped and counted."""
    with impaired(sandbox, [LINK], rate_kbit=500) as thin:
        seen = volley(sandbox, count=70, size=1250, wait_ms=1500)
        counts = thin.counts()
    expect(counts.overflowed > 0, f"nothing is dropped: {counts}")
    expect(len(seen.delays_ms) == 70 - counts.overflowed, f"{len(seen.delays_ms)} of 70 arrive, counted are {counts}")


def impairment_may_name_roles_and_ports(sandbox: Sandbox, _folder: Path) -> None:
    """An impairment between roles, or of a port, leaves other traffic of the same hosts alone."""
    sentinel, data = Endpoint("n1", "sentinel"), Endpoint("n2", "data")
    with impaired(sandbox, [LinkSelector(sentinel, data), LinkSelector(HERE, data, PORT)], delay_ms=DELAY_MS):
        late(sandbox, DELAY_MS, sentinel, data)
        late(sandbox, DELAY_MS, Endpoint("n1", "client"), data, port=PORT)
        prompt(sandbox, Endpoint("n1", "client"), data, port=PORT + 1)
        prompt(sandbox, sentinel, Endpoint("n2", "sentinel"))
    prompt(sandbox, sentinel, data)


def impairments_add_up(sandbox: Sandbox, _folder: Path) -> None:
    """Two impairments of one link are both in effect; restoring one leaves the other."""
    with impaired(sandbox, [LINK], delay_ms=DELAY_MS):
        with impaired(sandbox, [LINK], delay_ms=DELAY_MS):
            late(sandbox, 2 * DELAY_MS)
        late(sandbox, DELAY_MS)
    prompt(sandbox)


def a_cut_outdoes_impairments(sandbox: Sandbox, _folder: Path) -> None:
    """What is impaired and cut is cut, whichever came first, and what the cut takes is counted once."""
    with impaired(sandbox, [LINK], delay_ms=1):
        cut = links_of(sandbox).cut([LINK])
        reaches(sandbox, ("n1", "n2", False), ("n2", "n1", True))
        wait(lambda: cut.dropped() == 3, "3 probes vanished, and another number is counted")
    with impaired(sandbox, [LINK], delay_ms=1):
        reaches(sandbox, ("n1", "n2", False))
        cut.restore()
        reaches(sandbox, ("n1", "n2", True))


def restoring_sends_what_is_under_way(sandbox: Sandbox, _folder: Path) -> None:
    """Packets that were delayed when the impairment ends arrive then, and are not lost."""
    made = impairments_of(sandbox).impair([LINK], Impairment(delay_ms=60_000))
    unseen = volley(sandbox, wait_ms=20)
    expect(not unseen.delays_ms, "packets arrive before their time")
    made.restore()
    expect(made.counts().delayed == 5, f"counted are {made.counts()}")
    prompt(sandbox)


def connections_live_on_impaired_links(sandbox: Sandbox, folder: Path) -> None:
    """A connection over links that delay and duplicate is slow and whole; the observer's is not impaired."""
    server = start_echo(sandbox, folder, "n2", "data")
    with impaired(sandbox, both_ways("n1", "n2"), delay_ms=5, duplicate_percent=50) as made:
        expect(ask(sandbox, ("n1", "client"), "n2", "data") == sandbox.address("n1", "client"), "got a wrong answer")
        before = made.counts().packets
        expect(bool(ask(sandbox, None, "n2", "data")), "the observer got nothing")
        expect(before > 0, "the connection was not impaired")
    server.kill()
    server.wait(WAIT_LIMIT_S)


def impairing_is_all_or_nothing(sandbox: Sandbox, _folder: Path) -> None:
    """When one link is impossible, none is impaired."""
    for other in ("nowhere", "n1"):
        impossible = LinkSelector(HERE, Endpoint(other))
        refused(partial(impairments_of(sandbox).impair, [LINK, impossible], DELAYED), other)
    prompt(sandbox)


IMPAIR_CHECKS: tuple[Check, ...] = (
    delay_takes_one_direction,
    jitter_keeps_order_and_bounds,
    loss_takes_its_share,
    duplicates_arrive_twice,
    rate_is_kept,
    a_full_queue_drops,
    impairment_may_name_roles_and_ports,
    impairments_add_up,
    a_cut_outdoes_impairments,
    restoring_sends_what_is_under_way,
    connections_live_on_impaired_links,
    impairing_is_all_or_nothing,
)
