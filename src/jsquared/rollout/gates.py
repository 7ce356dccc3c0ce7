"""Gates, looked at: why each does not hold at the moment, empty where it does."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from jsquared.deployment.dialect.dialect import Dialect
from jsquared.deployment.model.directives import canonical, split_words
from jsquared.errors import LabError
from jsquared.resp.replies import pairs, parse_info
from jsquared.rollout.compared_values import compared
from jsquared.rollout.marks import Marks, filled
from jsquared.rollout.servers import Servers
from jsquared.rollout.steps import (
    Answers,
    Confirmed,
    Gate,
    InfoIs,
    LoginWorks,
    OffsetsEqual,
    PrimaryIs,
    QuorumReachable,
    ReplicasAttached,
    SentinelsSee,
    SettingIs,
)
from jsquared.running.view import RoleView

DOWN = ("s_down", "o_down", "disconnected")


class Gates:
    """The gates of steps at some servers. ``dialect`` says when two values mean the same."""

    def __init__(self, servers: Servers, marks: Marks, dialect: Dialect) -> None:
        self._servers, self._marks, self._dialect = servers, marks, dialect
        self._looks: dict[type, Callable[[Any], str]] = {
            QuorumReachable: self._quorum_reachable,
            ReplicasAttached: self._replicas_attached,
            OffsetsEqual: self._offsets_equal,
            SentinelsSee: self._sentinels_see,
            PrimaryIs: self._primary_is,
            SettingIs: self._setting_is,
            InfoIs: self._info_is,
            LoginWorks: self._login_works,
            Answers: self._answers,
            Confirmed: self._confirmed,
        }

    def why_not(self, gate: Gate) -> str:
        """The reason why a gate does not hold now; empty where it holds."""
        try:
            return self._looks[type(gate)](gate)
        except LabError as problem:
            return str(problem)

    def primary_of(self, master_name: str) -> str:
        """The data node that a majority of the Sentinels names as the primary, empty when there is none."""
        names = Counter(self._named(sentinel, master_name) for sentinel in self._servers.sentinel_names)
        names.pop("", None)
        name, votes = next(iter(names.most_common(1)), ("", 0))
        return name if 2 * votes > len(self._servers.sentinel_names) else ""

    def _named(self, sentinel: str, master_name: str) -> str:
        try:
            reply = self._servers.ask(sentinel, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", master_name)
        except LabError:
            return ""
        return self._servers.node_at(":".join(map(str, reply))) if reply else ""

    def _quorum_reachable(self, gate: QuorumReachable) -> str:
        for sentinel in gate.sentinels:
            try:
                self._servers.ask(sentinel, "SENTINEL", "CKQUORUM", gate.master_name)
            except LabError as problem:
                return f"{sentinel}: {problem}"
        return ""

    def _own(self, master_name: str) -> tuple[str, RoleView | None]:
        primary = self.primary_of(master_name)
        role = self._servers.role(primary) if primary else None
        return primary, role if role is not None and role.primary else None

    def _replicas_attached(self, gate: ReplicasAttached) -> str:
        primary, own = self._own(gate.master_name)
        if own is None:
            return f"{primary or 'no node'} is the primary of {gate.master_name} and says so"
        for name in gate.nodes:
            if name != primary and (why := self._behind(name, primary, own.offset)):
                return why
        return ""

    def _behind(self, name: str, primary: str, offset: int) -> str:
        role = self._servers.role(name)
        if role is None:
            return f"{name} does not answer"
        if role.primary or self._servers.node_at(role.follows) != primary:
            return f"{name} does not follow {primary}"
        if not role.link_up:
            return f"the link of {name} to {primary} is down"
        return f"{name} is {offset - role.offset:,} bytes behind {primary}" if role.offset < offset else ""

    def _offsets_equal(self, gate: OffsetsEqual) -> str:
        if why := self._replicas_attached(ReplicasAttached(master_name=gate.master_name, nodes=gate.nodes)):
            return why
        primary, own = self._own(gate.master_name)
        for name in gate.nodes:
            role = self._servers.role(name)
            if own is None or role is None or role.offset != own.offset:
                return f"{name} has not the offset of {primary}"
        return ""

    def _sentinels_see(self, gate: SentinelsSee) -> str:
        primary = self.primary_of(gate.master_name)
        for sentinel in gate.sentinels:
            if why := self._unseen(gate, sentinel, primary):
                return f"{sentinel} {why}"
        return ""

    def _unseen(self, gate: SentinelsSee, sentinel: str, primary: str) -> str:
        view = pairs(self._servers.ask(sentinel, "SENTINEL", "MASTER", gate.master_name))
        if not primary or self._servers.node_at(f"{view.get('ip')}:{view.get('port')}") != primary:
            return f"names {view.get('ip')}:{view.get('port')} as the primary, a majority {primary or 'none'}"
        seen = view.get("num-slaves"), view.get("num-other-sentinels")
        if seen != (str(gate.replicas), str(gate.other_sentinels)):
            return f"sees {seen[0]} replicas and {seen[1]} other Sentinels"
        others = [
            pairs(one)
            for what in ("REPLICAS", "SENTINELS")
            for one in self._servers.ask(sentinel, "SENTINEL", what, gate.master_name)
        ]
        down = [one.get("name", "?") for one in (view, *others) if set(DOWN) & set(one.get("flags", "").split(","))]
        return f"considers {down[0]} down" if down else ""

    def _primary_is(self, gate: PrimaryIs) -> str:
        primary, own = self._own(gate.master_name)
        if primary not in gate.nodes:
            return f"the primary is {primary or 'unknown'}"
        return "" if own is not None else f"{primary} does not say that it is the primary"

    def _setting_is(self, gate: SettingIs) -> str:
        shown = self.setting(gate.node, gate.name, gate.master_name)
        if shown is None:
            return f"{gate.node} shows no {gate.name}"
        value = filled(gate.value, self._marks)
        name = canonical(gate.name) if gate.node not in self._servers.sentinel_names else f"sentinel {gate.name}"
        same = self._same_form(name, shown) == self._same_form(name, value)
        return "" if same else f"{gate.node} has {gate.name} {shown or 'empty'}"

    def _same_form(self, name: str, value: str) -> tuple[str, ...]:
        return compared(name, [split_words(value) or ("",)], self._dialect)

    def setting(self, node: str, name: str, master_name: str) -> str | None:
        """The value that a node shows, None where it shows none.

        :raises LabError: it does not answer.
        """
        if master_name:
            return pairs(self._servers.ask(node, "SENTINEL", "MASTER", master_name)).get(name)
        if node in self._servers.sentinel_names:
            return pairs(self._servers.ask(node, "SENTINEL", "CONFIG", "GET", name)).get(name)
        shown = pairs(self._servers.ask(node, "CONFIG", "GET", name))
        return next((value for key, value in shown.items() if canonical(key) == canonical(name)), None)

    def _info_is(self, gate: InfoIs) -> str:
        shown = parse_info(self._servers.ask(gate.node, "INFO")).get(gate.field, "nothing")
        return "" if shown == gate.value else f"{gate.node} says {gate.field}:{shown}"

    def _login_works(self, gate: LoginWorks) -> str:
        self._servers.log_in(gate.node, gate.user, filled(gate.password, self._marks))
        return ""

    def _answers(self, gate: Answers) -> str:
        self._servers.ask(gate.node, "PING")
        return ""

    def _confirmed(self, gate: Confirmed) -> str:
        self._servers.confirm(gate.what)
        return ""
