"""Which data nodes write the same files: containers on one volume, or servers of one machine in one folder."""

from collections import defaultdict
from pathlib import PurePosixPath

from jsquared.deployment.model.addresses import on_one_machine
from jsquared.deployment.model.spec import DataNode, Deployment

_FILES = (("dbfilename", "dump.rdb"), ("appendfilename", "appendonly.aof"))


def sharing_nodes(deployment: Deployment) -> list[tuple[DataNode, ...]]:
    """Data nodes that write over each other's snapshots or append-only files, together; none where nothing is known of their folders."""
    together: dict[tuple[str, ...], list[DataNode]] = defaultdict(list)
    one_machine = on_one_machine(deployment.nodes)
    for node in deployment.data:
        if folder := _folder(node, deployment, one_machine=one_machine):
            together[folder, *(node.value(key, default) for key, default in _FILES)].append(node)
    return [tuple(nodes) for nodes in together.values() if len(nodes) > 1]


def _folder(node: DataNode, deployment: Deployment, *, one_machine: bool) -> str:
    """The folder that it writes to, by a name that all who share it have; empty where it is not known."""
    volume = deployment.host_names.storage.get(node.host, "")
    folder = node.value("dir")
    if volume:
        return volume
    return folder if one_machine and PurePosixPath(folder).is_absolute() else ""
