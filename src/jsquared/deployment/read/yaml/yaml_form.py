"""A deployment as one YAML file.

The short form is enough for most::

    data: [n1, n2, n3]              # hosts with a data node; the first is the primary at the start
    sentinels: [n1, n2, n3]         # hosts with a Sentinel, the same ones or others

Everything else has a default::

    name: reference                 # default: the file's name
    description: One sentence.
    master_name: mymaster
    quorum: 2                       # default: the majority of the Sentinels
    redis:                          # lines of every redis.conf; a list repeats the line
      appendonly: yes
      save: ["3600 1", "300 100"]
    sentinel:                       # of every sentinel.conf: settings of the primary, of Sentinel, of the server
      down-after-milliseconds: 3500
      resolve-hostnames: yes
      loglevel: verbose
    hosts:                          # what differs on one host
      n1:
        redis: {replica-priority: 50}
        sentinel: {down-after-milliseconds: 5000}
    clients:
      count: 2                      # default: 2 on separate hosts, else one a host
      on: own                       # own hosts, data (the data hosts), or a list of hosts
      ask: all                      # all Sentinels, or only the own one of the client's host
      through: 10.5.0.100           # a floating address that they know in the place of Sentinels
    floating:                       # addresses that hosts share in turn (:mod:`jsquared.deployment.read.floating`)
      - {address: 10.5.0.100, follows: primary}

Several primaries that the same Sentinels monitor stand under ``primaries`` in the place of ``master_name`` and ``data``::

    primaries:
      orders:
        data: [n1, n2, n3]
      sessions:
        data: [n4, n5]
        quorum: 3                   # where it differs
        redis: {appendonly: no}     # lines of the redis.conf of these hosts
        sentinel: {down-after-milliseconds: 5000}   # settings of this primary
    sentinels: [n1, n2, n3, n4, n5]

A host may have a data node of each of them, on separate ports (``redis: {port: 6380}``) or on the next free ones.

Values are split into words as a line of redis.conf is, so quotes work as they do there. ``yes`` and ``no`` stay Redis' words.
``${password:NAME}`` becomes a password that is made when the file is read (:mod:`jsquared.deployment.read.yaml.made_passwords`).
JSquared writes ``replicaof`` and ``sentinel monitor`` itself.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from jsquared.deployment.dialect.dialect import all_directives
from jsquared.deployment.model.directives import Directive, Source, canonical, split_words
from jsquared.deployment.model.known import (
    OF_A_PRIMARY,
    OF_SENTINEL,
    check_redis_name,
    check_sentinel_name,
    identity,
    sentinel_words,
    shown_name,
)
from jsquared.deployment.model.reach import Reach
from jsquared.deployment.model.spec import DATA_PORT, Asks, ClientPolicy, DataNode, Deployment, SentinelNode
from jsquared.deployment.read.assemble import assemble, check_unique_hosts
from jsquared.deployment.read.floating import Wish, from_item, settled
from jsquared.deployment.read.yaml.made_passwords import MadePasswords
from jsquared.deployment.read.yaml.yaml_items import Item, parse_yaml
from jsquared.text import did_you_mean, one_of

KEYS = (
    "name", "description", "master_name", "quorum", "data", "primaries", "sentinels", "redis", "sentinel", "hosts",
    "clients", "floating",
)  # fmt: skip
KEYS_OF_A_PRIMARY = ("data", "quorum", "redis", "sentinel")


def read_yaml(path: Path, shown: str, reach: Reach) -> Deployment:
    """The deployment of a YAML file, called ``shown`` in messages.

    :raises BadInputError: one line with file, line and path inside the file.
    """
    return from_yaml(reach.text(path), Source(reach.name_of(path), shown), path.parent, reach)


def from_yaml(text: str, source: Source, folder: Path, reach: Reach | None = None) -> Deployment:
    """The deployment of a YAML text; files that it names are looked for in ``folder``.

    :param reach: what may be read; the folder alone where nothing is said.
    :raises BadInputError: one line with file, line and path inside the file.
    """
    return _YamlForm(parse_yaml(text, source), source).deployment(text, folder, reach or Reach.of(folder))


@dataclass(frozen=True)
class _Group:
    """One monitored primary: ``hosts`` of its data nodes, the primary's first; ``data`` is where they are written."""

    master: str
    hosts: list[str]
    data: Item
    keys: dict[str, Item]


class _YamlForm:
    def __init__(self, root: Item, source: Source) -> None:
        self.root = root
        self.source = source
        self._made = MadePasswords()
        self.keys = root.mapping(KEYS)
        self.groups = self._groups()
        self.data_hosts = list(dict.fromkeys(host for group in self.groups for host in group.hosts))
        check_unique_hosts(self.data_hosts, f"{source.path}:{self.groups[-1].data.line}, {self.groups[-1].data.path}")
        self.sentinel_hosts = self._hosts(self.keys.get("sentinels"), "sentinels")
        self.overrides = self._host_overrides()

    def deployment(self, text: str, folder: Path, reach: Reach) -> Deployment:
        data = [self._data_node(host, group) for group in self.groups for host in group.hosts]
        ports = {node.master_name: node.port for node in data if not node.replica_of}
        return assemble(
            name=self._word("name", Path(self.source.name).stem),
            description=self.keys["description"].text() if "description" in self.keys else "",
            where=self.source,
            data=data,
            sentinels=[self._sentinel(host, ports) for host in self.sentinel_hosts],
            primaries={group.master: group.hosts[0] for group in self.groups},
            client_policy=self._clients(),
            floating=settled(self._floating(), data, {group.master: group.hosts[0] for group in self.groups}),
            input_files={self.source.name: text},
            folders=(folder,),
            reach=reach,
        )

    def _groups(self) -> list[_Group]:
        if "primaries" not in self.keys:
            hosts = self._hosts(self.keys.get("data"), "data")
            own = {"quorum": self.keys["quorum"]} if "quorum" in self.keys else {}
            return [_Group(self._word("master_name", "mymaster"), hosts, self.keys["data"], own)]
        for key in ("data", "master_name"):
            if key in self.keys:
                raise self.keys[key].bad("primaries name their own nodes", f"removing {key}, or primaries")
        groups = [self._group(name, item) for name, item in self.keys["primaries"].mapping().items()]
        if not groups:
            raise self.keys["primaries"].bad("no primary", "mymaster: {data: [n1, n2, n3]}")
        return groups

    def _group(self, name: str, item: Item) -> _Group:
        self._check_word(name, item, "mymaster: {data: [n1, n2, n3]}")
        keys = item.mapping(KEYS_OF_A_PRIMARY)
        known = all_directives().union(OF_SENTINEL)
        for setting, value in (keys["sentinel"].mapping() if "sentinel" in keys else {}).items():
            check_sentinel_name(setting, value.bad)
            if sentinel_words(setting, (), name)[2:] != (name,):
                near = "" if canonical(setting) in known else did_you_mean(setting, OF_A_PRIMARY)
                hint = f"did you mean '{near}'?" if near else "the section sentinel beside primaries"
                raise value.bad(f"{shown_name(setting)} is not a setting of one primary", hint)
        if "data" not in keys:
            raise item.bad("no data nodes, so no primary", "data: [n1, n2, n3]")
        common = {"quorum": self.keys["quorum"]} if "quorum" in self.keys else {}
        return _Group(name, self._hosts(keys["data"], "data"), keys["data"], common | keys)

    def _word(self, key: str, default: str) -> str:
        if key not in self.keys:
            return default
        word = self.keys[key].text()
        self._check_word(word, self.keys[key], f"{key}: {default}")
        return word

    @staticmethod
    def _check_word(word: str, item: Item, example: str) -> None:
        if not re.fullmatch(r"[A-Za-z0-9_.-]{1,100}", word):
            raise item.bad("must be one word of letters, digits, '-', '_' or '.'", example)

    def _hosts(self, item: Item | None, key: str) -> list[str]:
        hosts = [entry.text() for entry in item.items()] if item else []
        if not hosts:
            what = "no data nodes, so no primary" if key == "data" else "no Sentinels"
            raise (item or self.root).bad(what, f"{key}: [n1, n2, n3]")
        check_unique_hosts(hosts, f"{self.source.path}:{item.line if item else 1}, {item.path if item else key}")
        return hosts

    def _host_overrides(self) -> dict[str, dict[str, Item]]:
        known = list(dict.fromkeys([*self.data_hosts, *self.sentinel_hosts]))
        hosts = self.keys["hosts"].mapping(known) if "hosts" in self.keys else {}
        overrides = {}
        for host, item in hosts.items():
            sections = item.mapping(("redis", "sentinel"))
            for section, having in (("redis", self.data_hosts), ("sentinel", self.sentinel_hosts)):
                if section in sections and host not in having:
                    raise sections[section].bad(f"host {host} has no {section}", one_of(having))
            overrides[host] = sections
        return overrides

    def _data_node(self, host: str, group: _Group) -> DataNode:
        sections = (self.keys.get("redis"), group.keys.get("redis"), self.overrides.get(host, {}).get("redis"))
        directives = _merged([self._redis_lines(section) for section in sections])
        primary = group.hosts[0]
        replica_of = None if host == primary else primary
        if replica_of:
            words = ("replicaof", primary, str(DATA_PORT))
            directives.insert(0, Directive.make(words, self.source, group.data.line, "data"))
        shared = sum(host in other.hosts for other in self.groups) > 1
        return DataNode(host, tuple(directives), self.source, replica_of, group.master, group.master if shared else "")

    def _sentinel(self, host: str, ports: dict[str, int]) -> SentinelNode:
        monitors = [self._monitor(group, ports) for group in self.groups]
        every = [group.master for group in self.groups]
        levels = [
            self._sentinel_lines(self.keys.get("sentinel"), every),
            [
                line
                for group in self.groups
                for line in self._sentinel_lines(group.keys.get("sentinel"), [group.master])
            ],
            self._sentinel_lines(self.overrides.get(host, {}).get("sentinel"), every),
        ]
        return SentinelNode(host, (*monitors, *_merged(levels)), self.source)

    def _monitor(self, group: _Group, ports: dict[str, int]) -> Directive:
        quorum = group.keys.get("quorum")
        count = quorum.text() if quorum else str(len(self.sentinel_hosts) // 2 + 1)
        primary = group.hosts[0]
        words = ("sentinel", "monitor", group.master, primary, str(ports[group.master]), count)
        place = quorum or self.keys["sentinels"]
        return Directive.make(words, self.source, place.line, place.path)

    def _redis_lines(self, item: Item | None) -> list[Directive]:
        lines: list[Directive] = []
        for name, value in (item.mapping() if item else {}).items():
            check_redis_name(name, value.bad)
            lines += [entry_line((name, *self._words(entry)), entry) for entry in _entries(value)]
        return lines

    def _words(self, entry: Item) -> tuple[str, ...]:
        """The words of a directive's value, with the passwords that are made for it."""
        return tuple(self._made.filled(word, entry) for word in value_words(entry))

    def _sentinel_lines(self, item: Item | None, masters: Sequence[str]) -> list[Directive]:
        """Lines of a section: a setting of a primary for each of these primaries, others once."""
        lines: list[Directive] = []
        for name, value in (item.mapping() if item else {}).items():
            check_sentinel_name(name, value.bad)
            for entry in _entries(value):
                words = [sentinel_words(name, self._words(entry), master) for master in masters]
                lines += [entry_line(line, entry) for line in dict.fromkeys(words)]
        return lines

    def _floating(self) -> list[Wish]:
        return [from_item(entry) for entry in self.keys["floating"].items()] if "floating" in self.keys else []

    def _clients(self) -> ClientPolicy:
        keys = self.keys["clients"].mapping(("count", "on", "ask", "through")) if "clients" in self.keys else {}
        return ClientPolicy(
            count=keys["count"].integer(1, 64) if "count" in keys else None,
            on=self._placement(keys["on"]) if "on" in keys else "own",
            ask=cast("Asks", keys["ask"].word(("all", "own"))) if "ask" in keys else "all",
            through=keys["through"].text() if "through" in keys else "",
        )

    @staticmethod
    def _placement(item: Item) -> "str | tuple[str, ...]":
        if item.is_list:
            hosts = tuple(entry.text() for entry in item.items())
            if not hosts:
                raise item.bad("no host", "on: own")
            return hosts
        return item.word(("own", "data"))


def _merged(levels: Sequence[Sequence[Directive]]) -> list[Directive]:
    """The lines of all levels, without those that a later level replaces."""
    merged: list[Directive] = []
    for level in levels:
        replaced = {identity(line) for line in level}
        merged = [line for line in merged if identity(line) not in replaced] + list(level)
    return merged


def _entries(value: Item) -> list[Item]:
    return value.items() if value.is_list else [value]


def value_words(item: Item) -> tuple[str, ...]:
    """The words of a directive's value; an empty value is one empty word.

    :raises BadInputError: unbalanced quotes.
    """
    text = item.text()
    words = split_words(text) if text else ("",)
    if words is None or "\n" in text:
        raise item.bad("unbalanced quotes" if words is None else "must be one line", "one line as in redis.conf")
    return words


def entry_line(words: Sequence[str], item: Item) -> Directive:
    """The configuration line that a value stands for."""
    return Directive.make(words, item.source, item.line, item.path)
