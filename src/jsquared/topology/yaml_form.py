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
      count: 2                      # default: 2 on hosts of their own, else one a host
      on: own                       # own hosts, data (the data hosts), or a list of hosts
      ask: all                      # all Sentinels, or only the own one of the client's host

Values are split into words as a line of redis.conf is, so quotes work as they do there. ``yes`` and ``no`` stay Redis' words.
JSquared writes ``replicaof`` and ``sentinel monitor`` itself.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from jsquared.topology.assemble import assemble, check_unique_hosts
from jsquared.topology.directives import Directive, Source, split_words
from jsquared.topology.files import read_text
from jsquared.topology.known import check_redis_name, check_sentinel_name, sentinel_words
from jsquared.topology.spec import DATA_PORT, Asks, ClientPolicy, DataNode, Deployment, SentinelNode
from jsquared.topology.yaml_items import Item, parse_yaml

KEYS = (
    "name", "description", "master_name", "quorum", "data", "sentinels", "redis", "sentinel", "hosts", "clients",
)  # fmt: skip


def read_yaml(path: Path, shown: str) -> Deployment:
    """The deployment of a YAML file, called ``shown`` in messages.

    :raises BadInputError: one line with file, line and path inside the file.
    """
    return from_yaml(read_text(path), Source(path.name, shown), path.parent)


def from_yaml(text: str, source: Source, folder: Path) -> Deployment:
    """The deployment of a YAML text; files that it names are looked for in ``folder``.

    :raises BadInputError: one line with file, line and path inside the file.
    """
    return _YamlForm(parse_yaml(text, source), source).deployment(text, folder)


class _YamlForm:
    def __init__(self, root: Item, source: Source) -> None:
        self.root = root
        self.source = source
        self.keys = root.mapping(KEYS)
        self.master = self._word("master_name", "mymaster")
        self.data_hosts = self._hosts("data")
        self.sentinel_hosts = self._hosts("sentinels")
        self.overrides = self._host_overrides()

    def deployment(self, text: str, folder: Path) -> Deployment:
        primary = self.data_hosts[0]
        data = [self._data_node(host, primary) for host in self.data_hosts]
        return assemble(
            name=self._word("name", Path(self.source.name).stem),
            description=self.keys["description"].text() if "description" in self.keys else "",
            where=self.source,
            data=data,
            sentinels=[self._sentinel(host, data[0]) for host in self.sentinel_hosts],
            primaries={self.master: primary},
            client_policy=self._clients(),
            input_files={self.source.name: text},
            folders=(folder,),
        )

    def _word(self, key: str, default: str) -> str:
        if key not in self.keys:
            return default
        word = self.keys[key].text()
        if not re.fullmatch(r"[A-Za-z0-9_.-]{1,100}", word):
            raise self.keys[key].bad("must be one word of letters, digits, '-', '_' or '.'", f"{key}: {default}")
        return word

    def _hosts(self, key: str) -> list[str]:
        item = self.keys.get(key)
        hosts = [entry.text() for entry in item.items()] if item else []
        if not hosts:
            what = "no data nodes, so no primary" if key == "data" else "no Sentinels"
            raise (item or self.root).bad(what, f"{key}: [n1, n2, n3]")
        check_unique_hosts(hosts, f"{self.source.path}:{item.line if item else 1}, {key}")
        return hosts

    def _host_overrides(self) -> dict[str, dict[str, Item]]:
        known = list(dict.fromkeys([*self.data_hosts, *self.sentinel_hosts]))
        hosts = self.keys["hosts"].mapping(known) if "hosts" in self.keys else {}
        overrides = {}
        for host, item in hosts.items():
            sections = item.mapping(("redis", "sentinel"))
            for section, having in (("redis", self.data_hosts), ("sentinel", self.sentinel_hosts)):
                if section in sections and host not in having:
                    raise sections[section].bad(f"host {host} runs no {section}", f"one of {', '.join(having)}")
            overrides[host] = sections
        return overrides

    def _data_node(self, host: str, primary: str) -> DataNode:
        directives = self._section("redis", host)
        replica_of = None if host == primary else primary
        if replica_of:
            words = ("replicaof", primary, str(DATA_PORT))
            directives.insert(0, Directive.make(words, self.source, self.keys["data"].line, "data"))
        return DataNode(host, tuple(directives), self.source, replica_of, self.master)

    def _sentinel(self, host: str, primary: DataNode) -> SentinelNode:
        quorum = self.keys.get("quorum")
        count = quorum.text() if quorum else str(len(self.sentinel_hosts) // 2 + 1)
        words = ("sentinel", "monitor", self.master, primary.host, str(primary.port), count)
        place, path = (quorum, "quorum") if quorum else (self.keys["sentinels"], "sentinels")
        monitor = Directive.make(words, self.source, place.line, path)
        return SentinelNode(host, (monitor, *self._section("sentinel", host)), self.source)

    def _section(self, section: str, host: str) -> list[Directive]:
        """Lines of a section for one host: what is common, replaced by what the host has of its own."""
        own = self._lines(self.overrides.get(host, {}).get(section), section)
        replaced = {directive.key for directive in own}
        common = self._lines(self.keys.get(section), section)
        return [directive for directive in common if directive.key not in replaced] + own

    def _lines(self, item: Item | None, section: str) -> list[Directive]:
        lines: list[Directive] = []
        for name, value in (item.mapping() if item else {}).items():
            (check_redis_name if section == "redis" else check_sentinel_name)(name, value.bad)
            for entry in value.items() if value.is_list else [value]:
                words = value_words(entry)
                if section == "sentinel":
                    lines.append(entry_line(sentinel_words(name, words, self.master), entry))
                else:
                    lines.append(entry_line((name, *words), entry))
        return lines

    def _clients(self) -> ClientPolicy:
        keys = self.keys["clients"].mapping(("count", "on", "ask")) if "clients" in self.keys else {}
        return ClientPolicy(
            count=keys["count"].integer(1, 64) if "count" in keys else None,
            on=self._placement(keys["on"]) if "on" in keys else "own",
            ask=cast("Asks", keys["ask"].word(("all", "own"))) if "ask" in keys else "all",
        )

    @staticmethod
    def _placement(item: Item) -> "str | tuple[str, ...]":
        if item.is_list:
            hosts = tuple(entry.text() for entry in item.items())
            if not hosts:
                raise item.bad("no host", "on: own")
            return hosts
        return item.word(("own", "data"))


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
