"""Find a whole deployment from the address of one of its Sentinels, and follow it through failovers. Asks, and never acts.

Every Sentinel that one of them knows is asked too, all at once, until there is nobody new. What they say is put together: a Sentinel is
the same one by its id, whatever the address by which it is reached; the primary is the one that most of those who answer name.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import msgspec

from jsquared.errors import BadInputError
from jsquared.running.access import Access
from jsquared.running.discovered import Discovered, DiscoveredMaster, DiscoveredNode, place
from jsquared.running.sentinel_answers import MasterAccount, SentinelAccount, ask_sentinel
from jsquared.text import counted, listed

MOST_SENTINELS = 64
ASKED_AT_ONCE = 16
DOWN_FLAGS = frozenset({"s_down", "o_down", "disconnected"})

Where = tuple[str, int]


@dataclass
class _Survey:
    """The accounts of all Sentinels that were asked, by where each was reached."""

    accounts: dict[Where, SentinelAccount] = field(default_factory=dict)
    where_of: dict[str, Where] = field(default_factory=dict)
    """Ids to the address that was asked first."""

    def add(self, where: Where, account: SentinelAccount) -> None:
        """Keep an account, once for each Sentinel."""
        if account.id and self.where_of.setdefault(account.id, where) != where:
            return
        self.accounts[where] = account

    def unknown(self) -> list[Where]:
        """Sentinels that were named and not asked yet, however often."""
        named = [peer for account in self.answering() for master in account.masters.values() for peer in master.peers]
        fresh = [
            (peer.address, peer.port)
            for peer in named
            if peer.id not in self.where_of and (peer.address, peer.port) not in self.accounts
        ]
        return list(dict.fromkeys(fresh))[: MOST_SENTINELS - len(self.accounts)]

    def answering(self) -> Iterator[SentinelAccount]:
        """Those that could be asked."""
        return (account for account in self.accounts.values() if not account.problem)


def discover(seeds: Sequence[Where], access: Access) -> Discovered:
    """Return the deployment that these Sentinels belong to.

    :param seeds: addresses and ports of one Sentinel or more; one that answers is enough.
    :raises BadInputError: none of them answers as a Sentinel; one line says what each of them does instead.
    """
    survey = _Survey()
    asked: set[Where] = set()
    wave = list(dict.fromkeys(seeds))[:MOST_SENTINELS]
    with ThreadPoolExecutor(ASKED_AT_ONCE, thread_name_prefix="discover") as pool:
        while wave:
            asked.update(wave)
            for where, account in zip(wave, pool.map(lambda where: ask_sentinel(access, *where), wave), strict=True):
                survey.add(where, account)
            wave = [where for where in survey.unknown() if where not in asked]
    if not any(survey.answering()):
        raise _nobody(survey)
    masters = tuple(_merged(name, survey) for name in sorted({n for a in survey.answering() for n in a.masters}))
    return Discovered(masters=masters, problems=tuple(_problems(survey, masters)))


def rediscover(before: Discovered, seeds: Sequence[Where], access: Access) -> Discovered:
    """Return the deployment as it is now, asking the Sentinels that were known; while none answers, the last that was known.

    :param seeds: where it began; asked too, so that one that comes back under its old address is found.
    """
    known = [(node.address, node.port) for node in before.sentinels]
    try:
        return discover([*known, *seeds], access)
    except BadInputError as problem:
        return msgspec.structs.replace(before, problems=(f"no Sentinel answers any more: {problem.what}",))


def _nobody(survey: _Survey) -> BadInputError:
    problems = [account.problem for account in survey.accounts.values()]
    where = listed([place(*where) for where in survey.accounts])
    if any("unknown command" in problem.lower() for problem in problems):
        return BadInputError(
            "is no Sentinel", where=where, hint="the address of a Sentinel, whose port is usually 26379"
        )
    hint = "the password with which Sentinels are asked" if any("AUTH" in each for each in problems) else ""
    return BadInputError(f"no Sentinel answers ({'; '.join(problems)})", where=where, hint=hint)


def _merged(name: str, survey: _Survey) -> DiscoveredMaster:
    accounts = {place(*where): one.masters[name] for where, one in survey.accounts.items() if name in one.masters}
    votes = {sentinel: account.primary.where for sentinel, account in accounts.items()}
    primary = _most(votes.values())
    newest = max(accounts.values(), key=lambda account: account.settings["config_epoch"])
    return DiscoveredMaster(
        name=name,
        primary=primary,
        votes=votes,
        **newest.settings,
        data=_data(accounts.values(), primary),
        sentinels=_sentinels(name, survey, accounts.values()),
    )


def _most(named: Iterable[str]) -> str:
    """The one with the most votes; none where two have as many."""
    counts = Counter(named).most_common(2)
    return "" if len(counts) == 2 and counts[0][1] == counts[1][1] else counts[0][0]


def _data(accounts: Iterable[MasterAccount], primary: str) -> tuple[DiscoveredNode, ...]:
    """Every data node once: the primary by the votes, all others as replicas, whatever single Sentinels still say."""
    seen: dict[str, list[DiscoveredNode]] = defaultdict(list)
    for account in accounts:
        for node in (account.primary, *account.replicas):
            seen[node.where].append(node)
    return tuple(
        sorted(
            msgspec.structs.replace(
                _one_of(nodes),
                role="primary" if where == primary or (not primary and _is_primary(nodes)) else "replica",
            )
            for where, nodes in seen.items()
        )
    )


def _is_primary(nodes: Iterable[DiscoveredNode]) -> bool:
    return any(node.role == "primary" for node in nodes)


def _sentinels(name: str, survey: _Survey, accounts: Iterable[MasterAccount]) -> tuple[DiscoveredNode, ...]:
    """Every Sentinel of a monitored primary once, by its id, at the address where it was asked or else is known."""
    seen: dict[str, list[DiscoveredNode]] = defaultdict(list)
    for (address, port), asked in survey.accounts.items():
        if name in asked.masters:
            own = DiscoveredNode(role="sentinel", address=address, port=port, id=asked.id)
            seen[asked.id or own.where].append(own)
    for account in accounts:
        for peer in account.peers:
            seen[peer.id or peer.where].append(peer)
    return tuple(sorted(_one_of(nodes) for nodes in seen.values()))


def _one_of(nodes: Sequence[DiscoveredNode]) -> DiscoveredNode:
    """One node of all its accounts, with every flag that somebody gives it."""
    flags = sorted({flag for node in nodes for flag in node.flags})
    return msgspec.structs.replace(nodes[0], flags=tuple(flags), id=next((n.id for n in nodes if n.id), ""))


def _problems(survey: _Survey, masters: Iterable[DiscoveredMaster]) -> Iterator[str]:
    for where, account in survey.accounts.items():
        if account.problem:
            yield f"Sentinel {place(*where)} could not be asked: {account.problem}"
        elif not account.masters:
            yield f"Sentinel {place(*where)} monitors nothing"
    if len(survey.accounts) >= MOST_SENTINELS:
        yield f"only the first {MOST_SENTINELS} Sentinels were asked"
    for master in masters:
        if not master.agreed:
            named = [
                f"{counted(count, 'Sentinel')} {one}" for one, count in Counter(master.votes.values()).most_common()
            ]
            yield f"{master.name}: the Sentinels disagree on the primary ({', '.join(named)})"
        for node in (*master.data, *master.sentinels):
            if down := DOWN_FLAGS.intersection(node.flags):
                yield f"{master.name}: {node.role} {node.where} is {listed(sorted(down))} to a Sentinel"
