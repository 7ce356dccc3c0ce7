"""The one installation in a set of manifests: several are listed and refused, since only the user may choose."""

from collections.abc import Callable, Sequence

from jsquared.deployment.model.directives import Source
from jsquared.deployment.model.input_files import readable
from jsquared.deployment.read.assemble import NotWholeError
from jsquared.deployment.read.kubernetes.hosts import Host
from jsquared.errors import BadInputError
from jsquared.text import counted

MOST_SHOWN = 8
Place = tuple[str, str]
"""Namespace and release."""


def only_release(hosts: Sequence[Host], where: Source, seen: Callable[[], str]) -> list[Host]:
    """The hosts, where they belong to one installation.

    :param seen: what the manifests have, for one line.
    :raises BadInputError: there is none, a half of one, or several.
    """
    data, sentinels = (_places(hosts, sentinel=each) for each in (False, True))
    if not data or not sentinels:
        raise _half(data, sentinels, where, seen)
    whole = [place for place in data if place in sentinels]
    namespaces = sorted({host.namespace for host in hosts})
    if len(whole) > 1 or len(namespaces) > 1:
        raise _several(hosts, where)
    if whole:  # data nodes without a Sentinel are something else, such as a cache beside it
        return [host for host in hosts if (host.namespace, host.release) == whole[0]]
    return list(hosts)


def _places(hosts: Sequence[Host], *, sentinel: bool) -> list[Place]:
    found = [(host.namespace, host.release) for host in hosts if host.server(sentinel=sentinel) is not None]
    return list(dict.fromkeys(found))


def _several(hosts: Sequence[Host], where: Source) -> BadInputError:
    places = list(dict.fromkeys((host.namespace, host.release) for host in hosts))
    parts = []
    for place in places[:MOST_SHOWN]:
        own = [host for host in hosts if (host.namespace, host.release) == place]
        data, watching = (sum(host.server(sentinel=each) is not None for host in own) for each in (False, True))
        name = "/".join(part for part in place if part)
        parts.append(f"{readable(name, 80)} ({counted(data, 'data node')}, {counted(watching, 'Sentinel')})")
    more = f" and {len(places) - MOST_SHOWN} more" if len(places) > MOST_SHOWN else ""
    what = f"several deployments: {'; '.join(parts)}{more}"
    hint = "the manifests of one of them: helm template of one release, or kubectl get -n NAMESPACE -l app.kubernetes.io/instance=RELEASE"
    return BadInputError(what, where=where.path, hint=hint)


def _half(data: list[Place], sentinels: list[Place], where: Source, seen: Callable[[], str]) -> BadInputError:
    if data:
        what = "data nodes and no Sentinels"
        hint = "the manifests with Sentinel, such as helm template with --set sentinel.enabled=true"
    elif sentinels:
        what, hint = "Sentinels and no data nodes", "the StatefulSet of the data nodes as well"
    else:
        what = f"neither data nodes nor Sentinels in these manifests ({seen()})"
        hint = "what helm template prints, or kubectl get statefulset,deployment,service,configmap,secret -o yaml"
    return NotWholeError(what, where=where.path, hint=hint)
