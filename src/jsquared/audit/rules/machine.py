"""Rules: files, processes and folders on the machines of a deployment."""

import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from jsquared.audit.audit_rule import AuditProblem, at, audit_rule, need
from jsquared.audit.evidence import CannotTellError, Evidence, NotApplicableError, ProcessFacts
from jsquared.audit.file_modes import (
    conf_files_of,
    holds_secrets,
    mode_of,
    owner_of,
    readable_by_others,
    writable_by_others,
)
from jsquared.deployment.model.spec import Node, SentinelNode

OPEN_FOLDERS = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 -- looked for in others' files
PRIVATE_UMASK = 0o077


def _process(evidence: Evidence, node: Node) -> ProcessFacts:
    """Return what /proc of this machine shows of a server.

    :raises NotApplicableError: only files were read, or the server is on another machine.
    """
    process = evidence.facts_of(node).process
    if process is None:
        raise NotApplicableError("only told on the machine that the server runs on")
    return process


@audit_rule(
    "F1",
    "high",
    "nodes",
    title="Configuration readable by everyone",
    fails_when="A redis.conf, sentinel.conf or ACL file that holds secrets can be read by every user of the machine",
    why="It has passwords, and hashes to guess them from.",
    source="Lynis DBS-1882; STIG SV-251247",
    fix="chmod 0640, with the servers' group",
    cwe="CWE-732",
    reads="modes of files",
    known_from=("files", "machine"),
)
def readable_files(evidence: Evidence, node: Node) -> Iterator[AuditProblem]:
    """Native files as they lie there; of a running server on this machine the file that it names in INFO."""
    if evidence.is_live:
        conf = _process(evidence, node).conf_file
        if conf is None:
            raise CannotTellError(f"{node.name} does not name its configuration file")
        files = [(conf, True)]
    else:
        files = conf_files_of(node, evidence.deployment)
        need(files, "these are not files of servers")
    for file, has_secrets in files:
        mode = mode_of(file)
        if mode is None:
            raise CannotTellError(f"the mode of {file.name} of {node.name} cannot be read")
        if has_secrets and readable_by_others(mode):
            message = f"Every user can read {file.name} of {node.name}, which holds secrets."
            yield AuditProblem(message=message, key=file.name, file="" if evidence.is_live else str(file))


@audit_rule(
    "F2",
    "high",
    "nodes",
    title="Rewrites loosen the mode of files",
    fails_when="A server's umask leaves new files readable by others",
    why="CONFIG REWRITE, and every failover at a Sentinel, writes a new file: 0600 becomes 0644, with passwords in clear.",
    source="redis#8369; measured with Redis 7.0.15",
    fix="UMask=0077 in the systemd unit",
    cwe="CWE-732",
    reads="/proc of the server",
    known_from=("machine",),
)
def loose_umask(evidence: Evidence, node: Node) -> AuditProblem | None:
    """``Umask`` in /proc/PID/status."""
    umask = _process(evidence, node).umask
    if umask is None:
        raise CannotTellError(f"the umask of {node.name} cannot be read")
    if umask & PRIVATE_UMASK != PRIVATE_UMASK:
        return AuditProblem(message=f"Files that {node.name} writes anew can be read by others.")
    return None


@audit_rule(
    "F3",
    "high",
    "nodes",
    title="Secret on a command line",
    fails_when="A Compose file or manifest gives a server a secret as an argument",
    why="The server hides its own title, but the file, the engine's inspect command and the history of the cluster show it.",
    source="Docker and Kubernetes documentation (secrets)",
    fix="a configuration file, or a secret that is mounted",
    cwe="CWE-214",
    reads="commands of containers",
    known_from=("files",),
)
def secret_arguments(evidence: Evidence, node: Node) -> Iterator[AuditProblem]:
    """A line that a container's command has is told by its place."""
    if evidence.is_live:
        raise NotApplicableError("only files tell command lines")
    commands = [line for line in node.directives if line.path.rpartition(".")[2] in ("command", "args", "entrypoint")]
    need(commands, "no container's command has settings of a server")
    for line in commands:
        if holds_secrets(line):
            yield at(line, f"The command line of {node.name} has the secret of {line.key}.", key=line.key)


@audit_rule(
    "F4",
    "high",
    "nodes",
    title="Server runs as root",
    fails_when="The process belongs to root",
    why="Whoever takes the server over has the machine.",
    source="STIG SV-251211; Redis documentation (security)",
    fix="User=redis in the systemd unit",
    cwe="CWE-250",
    reads="/proc of the server",
    known_from=("machine",),
)
def runs_as_root(evidence: Evidence, node: Node) -> AuditProblem | None:
    """``Uid`` in /proc/PID/status."""
    user_id = _process(evidence, node).user_id
    if user_id is None:
        raise CannotTellError(f"the user of {node.name} cannot be read")
    return AuditProblem(message=f"{node.name} runs as root.") if user_id == 0 else None


@audit_rule(
    "F5",
    "medium",
    "nodes",
    title="Files in a folder of everyone",
    fails_when="`dir`, `logfile` or `pidfile` is in a folder that every user can write to",
    why="Others can put a link or another file in its place; the sample sentinel.conf has /tmp.",
    source="sentinel.conf of both engines; STIG SV-251247",
    fix="a folder of the server alone",
    cwe="CWE-377",
    reads="dir, logfile, pidfile",
)
def open_folders(evidence: Evidence, node: Node) -> Iterator[AuditProblem]:
    """By its name; of a running server on this machine also by the mode that the folder has."""
    is_here = evidence.is_live and evidence.facts_of(node).process is not None
    for key in ("dir", "logfile", "pidfile"):
        path = PurePosixPath(evidence.value(node, key))
        folder = path if key == "dir" else path.parent
        is_open = str(folder) in OPEN_FOLDERS or (is_here and bool((mode_of(Path(folder)) or 0) & stat.S_IWOTH))
        if path.is_absolute() and is_open:
            yield at(evidence.line(node, key), f"{node.name} has its {key} where every user can write.", key=key)


@audit_rule(
    "S10",
    "high",
    "sentinels",
    title="Script that others can change",
    fails_when="A notification or reconfiguration script can be written by others than root",
    why="The Sentinel runs it.",
    source="sentinel.conf of both engines",
    fix="chown root:root, chmod 0755",
    cwe="CWE-732",
    reads="sentinel notification-script, sentinel client-reconfig-script, modes of files",
    known_from=("files",),
)
def open_scripts(evidence: Evidence, node: SentinelNode) -> Iterator[AuditProblem]:
    """The script as it lies on this machine, beside the file that names it or where it says."""
    if evidence.is_live:
        raise NotApplicableError("only files tell scripts")
    keys = ("sentinel notification-script", "sentinel client-reconfig-script")
    lines = [line for key in keys for line in node.all(key) if len(line.arguments) > 1]
    need(lines, "there is no script")
    for line in lines:
        written = Path(line.arguments[1])
        near = (Path(line.source.path).parent, *evidence.deployment.folders)
        file = evidence.deployment.reach.find_beside(str(written), near)
        if file is None:
            raise CannotTellError(f"the script {written.name} of {node.name} is not on this machine")
        mode, owner = mode_of(file), owner_of(file)
        if mode is None:
            raise CannotTellError(f"the mode of {written.name} of {node.name} cannot be read")
        if writable_by_others(mode) or (file == written and owner != 0):
            yield at(line, f"Others than root can change {written.name}, which {node.name} runs.", key=written.name)


RULES = (readable_files, loose_umask, secret_arguments, runs_as_root, open_folders, open_scripts)
