"""Rules: what security settings break a failover: the evaluation is the resilience analysis' own."""

from collections.abc import Iterator

from jsquared.audit.audit_rule import AuditProblem, at, audit_rule, by_analysis, need
from jsquared.audit.evidence import CannotTellError, Evidence, NotApplicableError
from jsquared.deployment.model.spec import DataNode, SentinelNode
from jsquared.deployment.model.users import HELLO, OF_SENTINEL, OF_SENTINEL_BUSY


@audit_rule(
    "R1",
    "high",
    "whole",
    title="Node cannot follow another",
    fails_when="A data node, the current primary included, has no `masterauth` that the others take",
    why="After a failover the old primary rejoins as a replica, its link stays down, and nothing says so.",
    source="Measured with Redis 7.0.15",
    fix="masterauth on every data node",
    cwe="CWE-1188",
    reads="masterauth, masteruser, users",
)
def cannot_follow(evidence: Evidence) -> Iterator[AuditProblem]:
    """The rules masterauth-missing, masterauth-wrong and replica-user-lacks."""
    need(any(len(group.data) > 1 for group in evidence.groups), "there is one data node")
    needs = [(node, key) for node in evidence.data for key in ("masterauth", "masteruser", "user")]
    for node in evidence.data:
        evidence.users(node)
    yield from by_analysis(evidence, "masterauth-missing", "masterauth-wrong", "replica-user-lacks", needs=needs)


@audit_rule(
    "R3",
    "high",
    "whole",
    title="Replicas take writes",
    fails_when="`replica-read-only no`",
    why="Writes to a replica are lost, and scripts there are a way to code on it.",
    source="CVE-2026-23631; rule writable-replica of the analysis",
    fix="replica-read-only yes",
    cwe="CWE-1188",
    reads="replica-read-only",
)
def writable_replicas(evidence: Evidence) -> Iterator[AuditProblem]:
    """The rule writable-replica."""
    needs = [(node, "replica-read-only") for node in evidence.data]
    yield from by_analysis(evidence, "writable-replica", needs=needs)


@audit_rule(
    "S2",
    "high",
    "whole",
    title="Sentinels cannot log in at data nodes",
    fails_when="`sentinel auth-pass` or `auth-user` is missing or refused",
    why="They consider a healthy primary down, see no replicas, and can promote none.",
    source="Measured with Redis 7.0.15",
    fix="sentinel auth-user and sentinel auth-pass on every Sentinel",
    cwe="CWE-1188",
    reads="sentinel auth-pass and auth-user, users; live: connections of Sentinels",
)
def sentinels_locked_out(evidence: Evidence) -> Iterator[AuditProblem]:
    """The rules sentinel-auth-missing and sentinel-auth-wrong; a running data node shows which Sentinels are connected."""
    if not evidence.is_live:
        for node in evidence.data:
            evidence.users(node)
        yield from by_analysis(evidence, "sentinel-auth-missing", "sentinel-auth-wrong")
        return
    for node in evidence.data:
        connected = evidence.facts_of(node).sentinels_logged_in
        if connected is None:
            raise CannotTellError(f"{node.name} does not tell who is connected")
        for sentinel in evidence.sentinels:
            if sentinel.monitor(node.master_name) and sentinel.name not in connected:
                message = f"{sentinel.name} is not logged in at {node.name}: it considers the node down, and cannot promote it."
                yield AuditProblem(message=message, target=sentinel.name, key=node.name)


@audit_rule(
    "S3",
    "high",
    "whole",
    title="Sentinels cannot log in at each other",
    fails_when="Sentinels have different users or passwords for each other",
    why="Each counts the others and none answers: no primary is ever agreed to be down.",
    source="Measured with Redis 7.0.15: num-other-sentinels stays 2, and nothing fails over",
    fix="the same sentinel sentinel-user and sentinel-pass everywhere",
    cwe="CWE-1188",
    reads="sentinel sentinel-user and sentinel-pass, users of Sentinels; live: SENTINEL CKQUORUM",
)
def sentinels_apart(evidence: Evidence) -> Iterator[AuditProblem]:
    """The rules sentinels-refuse-each-other and sentinel-peer-lacks; a running Sentinel says how many others it can use."""
    need(len(evidence.sentinels) > 1, "there is one Sentinel")
    if not evidence.is_live:
        for node in evidence.sentinels:
            evidence.users(node)
        yield from by_analysis(evidence, "sentinels-refuse-each-other", "sentinel-peer-lacks")
        return
    for node in evidence.sentinels:
        found = evidence.facts_of(node).usable_sentinels
        if found is None:
            raise CannotTellError(f"{node.name} does not answer SENTINEL CKQUORUM")
        usable, known = found
        if usable < known:
            message = f"{node.name} knows {known} Sentinels and can use {usable} of them."
            yield AuditProblem(message=message, target=node.name)


def _login_of(evidence: Evidence, node: DataNode) -> Iterator[tuple[str, list[str], bool]]:
    """Each user that Sentinels log in with there, the commands that it lacks, and whether it may use the hello channel."""
    users = evidence.users(node)
    for name in evidence.sentinel_logins(node):
        user = users.get(name)
        if user and user.on:
            yield name, user.lacks((*OF_SENTINEL, *OF_SENTINEL_BUSY)), user.hears_hello


@audit_rule(
    "S4",
    "critical",
    "data",
    title="Sentinels lack commands for a failover",
    fails_when="The user of `sentinel auth-user` may not give a command that Sentinel sends",
    why="SENTINEL CKQUORUM says OK, and every failover is aborted: one denied command discards the MULTI with SLAVEOF in it.",
    source="Measured with Redis 7.0.15; rule sentinel-user-lacks of the analysis",
    fix="+multi +exec +slaveof +ping +subscribe +publish +config|rewrite +role +info +client|setname +client|kill +script|kill",
    cwe="CWE-1188",
    reads="sentinel auth-user, users",
)
def sentinel_lacks_commands(evidence: Evidence, node: DataNode) -> Iterator[AuditProblem]:
    """The commands are those of the rule sentinel-user-lacks, and SCRIPT KILL, which a busy node is sent."""
    for name, lacking, _ in _login_of(evidence, node):
        if lacking:
            words = " ".join(f"+{command}" for command in lacking)
            yield at(None, f"Sentinels log in at {node.name} as {name}, who lacks {words}.", key=name)


@audit_rule(
    "S5",
    "high",
    "data",
    title="Sentinels lack the hello channel",
    fails_when="The user of `sentinel auth-user` may not use `__sentinel__:hello`",
    why="Sentinels never find each other, and there is no quorum.",
    source="Measured with Redis 7.0.15",
    fix=f"&{HELLO} behind the rules of Sentinel's user",
    cwe="CWE-1188",
    reads="sentinel auth-user, users",
)
def sentinel_lacks_hello(evidence: Evidence, node: DataNode) -> Iterator[AuditProblem]:
    """New users have no channel since Redis 7.0."""
    for name, _, hears in _login_of(evidence, node):
        if not hears:
            yield at(None, f"Sentinels log in at {node.name} as {name}, who may not use {HELLO}.", key=name)


@audit_rule(
    "S7",
    "high",
    "whole",
    title="Renamed command that Sentinels send",
    fails_when="A command that Sentinel needs is renamed without `sentinel rename-command`",
    why="Failovers are aborted. Lynis DBS-1886 advises to rename CONFIG, which is how this comes about.",
    source="Rule renamed-for-sentinel of the analysis; measured with Redis 7.0.15",
    fix="sentinel rename-command for each, or ACLs in the place of rename-command",
    cwe="CWE-1188",
    reads="rename-command, sentinel rename-command",
    known_from=("files",),
)
def renamed_command(evidence: Evidence) -> Iterator[AuditProblem]:
    """The rule renamed-for-sentinel."""
    if evidence.is_live:
        raise NotApplicableError("only files tell what is renamed")
    yield from by_analysis(evidence, "renamed-for-sentinel")


@audit_rule(
    "S9",
    "high",
    "sentinels",
    title="Scripts may be set from outside",
    fails_when="`sentinel deny-scripts-reconfig no`",
    why="Whoever may give SENTINEL SET chooses a program that the Sentinel runs.",
    source="sentinel.conf of both engines; measured with Redis 7.0.15",
    fix="sentinel deny-scripts-reconfig yes",
    cwe="CWE-94",
    reads="sentinel deny-scripts-reconfig",
    known_from=("files",),
)
def remote_scripts(evidence: Evidence, node: SentinelNode) -> AuditProblem | None:
    """``yes`` is the default of both engines."""
    if evidence.value(node, "sentinel deny-scripts-reconfig", "yes").lower() == "no":
        line = evidence.line(node, "sentinel deny-scripts-reconfig")
        return at(line, f"The scripts of {node.name} may be set by SENTINEL SET.")
    return None


@audit_rule(
    "S12",
    "medium",
    "whole",
    title="Too few Sentinels",
    fails_when="There are fewer than three Sentinels, the quorum is 1, or several are on one machine",
    why="One machine, or one mistaken Sentinel, decides about failovers.",
    source="Redis documentation (Sentinel: fundamental things to know)",
    fix="three Sentinels on three machines, and a quorum of 2",
    cwe="CWE-654",
    reads="sentinel monitor, addresses",
)
def few_sentinels(evidence: Evidence) -> Iterator[AuditProblem]:
    """Each monitored primary for itself."""
    for group in evidence.groups:
        count, target = len(group.sentinels), group.master
        if count < 3:
            yield AuditProblem(
                message=f"{target} is monitored by {count} of the three Sentinels that it takes.",
                target=target,
                key="count",
            )
        if min(group.quorums.values(), default=2) < 2:
            message = f"One Sentinel alone may declare {target} down."
            yield AuditProblem(message=message, target=target, key="quorum", fix="a quorum of 2 or more")
        for machine in group.machines:
            if len(machine.sentinels) > 1:
                message = f"{len(machine.sentinels)} Sentinels of {target} are on one machine, {machine.name}."
                yield AuditProblem(message=message, target=target, key=f"machine {machine.name}")


RULES = (
    cannot_follow, writable_replicas, sentinels_locked_out, sentinels_apart, sentinel_lacks_commands, sentinel_lacks_hello, renamed_command,
    remote_scripts, few_sentinels,
)  # fmt: skip
