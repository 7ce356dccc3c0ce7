"""Counts what the Sentinels of a running deployment publish, and serves the counters to Prometheus."""

import time
from collections.abc import Callable

import msgspec

from jsquared.errors import BadInputError
from jsquared.monitor.log_store.event_counter import EventCounter
from jsquared.monitor.log_store.metrics_server import listen_address, serving
from jsquared.running.discover import discover
from jsquared.running.subscriptions import Subscriptions
from jsquared.service.access import AccessRequest, access_of, seeds_of
from jsquared.service.search_logs import line_of

LISTEN_LIMIT_S = 0.2


class EventCountRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The deployment to listen to, and where the page is served; times are in seconds."""

    access: AccessRequest
    listen: str = "127.0.0.1:9479"
    rediscover_every_s: float = 5.0


def count_events(
    request: EventCountRequest, goes_on: Callable[[], bool], begun: Callable[[str], None], say: Callable[[str], None]
) -> None:
    """Listen to all Sentinels and serve their counters until that is ended.

    :param goes_on: asked several times a second; False ends it.
    :param begun: told the address of the page, once it can be had.
    :param say: told what has become of a subscription, and problems, a line each time.
    :raises BadInputError: no Sentinel answers, they monitor nothing, or nobody can listen there.
    """
    listen = listen_address(request.listen)
    seeds, access = seeds_of(request.access), access_of(request.access)
    found = discover(seeds, access)
    if not found.masters:
        hint = "a Sentinel of a running deployment"
        raise BadInputError("its Sentinels monitor nothing", where="--sentinel", hint=hint)
    counter = EventCounter()
    with serving(listen, lambda is_open: counter.page(openmetrics=is_open)) as url:
        subscriptions = Subscriptions(found, seeds, access)
        try:
            _know(counter, subscriptions)
            begun(url)
            _follow(counter, subscriptions, goes_on, say, request.rediscover_every_s)
        finally:
            subscriptions.close()


def _follow(
    counter: EventCounter,
    subscriptions: Subscriptions,
    goes_on: Callable[[], bool],
    say: Callable[[str], None],
    every_s: float,
) -> None:
    look_s, before = time.monotonic() + every_s, set[str]()
    while goes_on():
        for told in subscriptions.take(LISTEN_LIMIT_S):
            line = line_of(told)
            if told.kind == "event":
                counter.count(line)
            else:
                say(f"{told.sentinel}: {line.text}")
        if time.monotonic() >= look_s:
            look_s = time.monotonic() + every_s
            subscriptions.look_again()
            for problem in sorted({*subscriptions.problems} - before):
                say(problem)
            before = {*subscriptions.problems}
        _know(counter, subscriptions)


def _know(counter: EventCounter, subscriptions: Subscriptions) -> None:
    counter.know(subscriptions.sentinels, [master.name for master in subscriptions.found.masters])
