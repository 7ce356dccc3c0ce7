"""Series as the exporter gives them: a sound deployment, sample by sample, and what an alert's example changes in it.

Values are in promtool's notation, one sample a scrape: ``1x5`` is six times 1, ``0+2x3`` counts from 0 to 6, ``_x4`` has no sample for four
scrapes, ``stale`` is what a series ends with. Spans of time are filled in as in alerts: ``1x<window scrapes>`` lasts a window, however
often is scraped.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

SCRAPES = 60
"""The usual length of series."""
PRIMARY = 1
PORT, SENTINEL_PORT = 6379, 26379
MASTER = "mymaster"

Series = Mapping[str, str]
"""Series with their labels to their values."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A situation in which an alert must fire, or must not, although it looks as if it should."""

    name: str
    series: Series
    """What is different from a sound deployment."""
    fires: bool
    scrapes: str = str(SCRAPES)
    """How long it goes on: a number of scrapes, or several to be added, such as ``<window scrapes> + 10``."""


def data(number: int, metric: str, **labels: str) -> str:
    """Return a series of a data node, 1 to 3; 1 is the primary."""
    own = {"job": "redis", "deployment": "shop", "master_name": MASTER, "instance": address(number)}
    return _series(metric, own | labels)


def sentinel(number: int, metric: str, **labels: str) -> str:
    """Return a series of a Sentinel, 1 to 3."""
    own = {"job": "sentinel", "deployment": "shop", "instance": f"10.0.1.{number}:{SENTINEL_PORT}"}
    return _series(metric, own | labels)


def watched(number: int, metric: str, primary: int = PRIMARY, **labels: str) -> str:
    """Return a series of a Sentinel about the primary."""
    return sentinel(number, metric, master_name=MASTER, master_address=address(primary), **labels)


def replica(number: int, metric: str, **labels: str) -> str:
    """Return a series of the primary about one of its replicas."""
    return data(PRIMARY, metric, slave_ip=f"10.0.0.{number}", slave_port=str(PORT), **labels)


def address(number: int) -> str:
    """Return the address of a data node."""
    return f"10.0.0.{number}:{PORT}"


def sound(scrapes: int = SCRAPES) -> dict[str, str]:
    """Return the series of a sound deployment: one primary, two replicas, three Sentinels that agree, and errors of long ago."""
    return {name: f"{value}x{scrapes}" for name, value in (*_measured(), *_of_monitoring())}


def unscraped(before: int, gap: int, after: int) -> dict[str, str]:
    """Return the same where Prometheus is away after some scrapes, for so many: nothing has a sample meanwhile."""
    both = (*_measured(), *_of_monitoring())
    return {name: _parted(value, before, f"_x{gap}", gap, after) for name, value in both}


def unmeasured(before: int, gap: int, after: int) -> dict[str, str]:
    """Return the same where the exporter is away after some scrapes, for so many: every scrape fails meanwhile."""
    parted = {
        name: _parted(value, before, f"0x{gap - 1}" if name.startswith("up{") else f"stale _x{gap - 1}", gap, after)
        for name, value in _measured()
    }
    return parted | {name: f"{value}x{before + gap + after}" for name, value in _of_monitoring()}


def _parted(value: str, before: int, hole: str, gap: int, after: int) -> str:
    """A series that goes on behind the hole where it would be without it."""
    first, _, step = value.partition("+")
    later = f"{int(first) + int(step) * (before + gap)}+{step}" if step else first
    return f"{value}x{before - 1} {hole} {later}x{after}"


def _measured() -> Iterator[tuple[str, str]]:
    """What the exporter has of a sound deployment: series with their first value, and with what is added at each scrape."""
    for number in (1, 2, 3):
        yield from _of_node(number)
        yield from _of_sentinel(number)
    for number in (2, 3):
        yield from _of_replica(number)


def _of_monitoring() -> Iterator[tuple[str, str]]:
    for job, metric in (
        ("prometheus", "prometheus_notifications_errors_total"),
        ("prometheus", "prometheus_notifications_dropped_total"),
        ("alertmanager", "alertmanager_notifications_failed_total"),
    ):
        yield _series(metric, {"job": job}), "0"


def _of_node(number: int) -> Iterator[tuple[str, str]]:
    primary = number == PRIMARY
    yield data(number, "redis_instance_info", role="master" if primary else "slave"), "1"
    yield data(number, "redis_connected_slaves"), "2" if primary else "0"
    yield data(number, "redis_db_keys", db="db0"), "100"
    yield data(number, "redis_uptime_in_seconds"), "1000+5"
    yield data(number, "redis_errors_total", err="READONLY"), "7"
    yield data(number, "redis_memory_used_bytes"), "10"
    yield data(number, "redis_memory_max_bytes"), "100"
    yield data(number, "redis_master_repl_offset"), "5000+100"
    yield data(number, "redis_replication_backlog_bytes"), "1048576"
    yield data(number, "redis_replica_resyncs_full"), "2" if primary else "0"
    for metric in ("redis_replica_partial_resync_accepted", "redis_rejected_connections_total"):
        yield data(number, metric), "0"
    for metric in ("rdb_last_bgsave_status", "aof_last_write_status", "aof_last_bgrewrite_status", "up"):
        yield data(number, f"redis_{metric}"), "1"
    yield data(number, "up"), "1"


def _of_replica(number: int) -> Iterator[tuple[str, str]]:
    yield data(number, "redis_master_link_up"), "1"
    yield replica(number, "redis_connected_slave_lag_seconds", slave_state="online"), "0"
    yield replica(number, "redis_connected_slave_offset_bytes", slave_state="online"), "5000+100"


def _of_sentinel(number: int) -> Iterator[tuple[str, str]]:
    yield sentinel(number, "up"), "1"
    yield sentinel(number, "redis_up"), "1"
    yield sentinel(number, "redis_sentinel_masters"), "1"
    yield sentinel(number, "redis_sentinel_tilt"), "0"
    yield watched(number, "redis_sentinel_master_status", master_status="ok"), "1"
    for metric, value in (("slaves", "2"), ("ok_slaves", "2"), ("sentinels", "3"), ("ok_sentinels", "3")):
        yield watched(number, f"redis_sentinel_master_{metric}"), value
    message = "OK 3 usable Sentinels. Quorum and failover authorization can be reached"
    yield sentinel(number, "redis_sentinel_master_ckquorum_status", master_name=MASTER, message=message), "1"


def _series(metric: str, labels: Mapping[str, str]) -> str:
    return metric + "{" + ", ".join(f'{name}="{value}"' for name, value in labels.items()) + "}"
