"""What is known of the exporter's series besides their names: labels, the values of labels, and the values of the series themselves."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from jsquared.monitor.exporters import PREFIX, Exporter
from jsquared.monitor.expressions.ranges import ANYTHING, NOT_NEGATIVE, Range, of_points
from jsquared.monitor.expressions.tree import Matcher

TARGET_LABELS = frozenset(
    (
        "job instance deployment cluster namespace pod service container endpoint node host hostname env environment region "
        "zone datacenter dc team app application prometheus master_name addr alias"
    ).split()
)
"""Labels that targets often carry: nobody can say from a rule that they are not there."""
MAY_BE_EMPTY = frozenset(
    (
        "role err message value val script filename master_replid maxmemory_policy commit_sha build_date redis_build_id name user "
        "key key_group stream group consumer runid filters usedby using"
    ).split()
)
"""Labels of the exporter that are empty at times, which is as if they were not there."""
VALUES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("redis_instance_info", "role"): ("master", "slave", ""),
    ("redis_instance_info", "redis_mode"): ("standalone", "sentinel", "cluster"),
    ("redis_sentinel_master_status", "master_status"): ("ok", "sdown", "odown"),
    ("redis_connected_slave_lag_seconds", "slave_state"): (
        "online",
        "wait_bgsave",
        "send_bulk",
        "send_bulk_and_stream",
        "bg_transfer",
    ),
}
"""The values that labels can have (INFO of Redis 6.2 to 8 and of Valkey; an empty role is a Sentinel's)."""
TRUTHS = frozenset(
    f"redis_{name}"
    for name in (
        "up master_link_up master_sync_in_progress loading_dump_file cluster_enabled aof_enabled "
        "rdb_last_bgsave_status aof_last_write_status aof_last_bgrewrite_status rdb_bgsave_in_progress aof_rewrite_in_progress "
        "sentinel_tilt sentinel_master_status sentinel_master_ckquorum_status exporter_last_scrape_error repl_backlog_is_active"
    ).split()
)
"""Metrics that are 0 or 1."""
ONES = frozenset(
    f"redis_{name}"
    for name in (
        "instance_info slave_info exporter_build_info module_info config_key_value sentinel_config_key_value sentinel_peer_info "
        "connected_clients_details connected_client_info key_value_as_string"
    ).split()
)
"""Metrics that are 1 always, and say all that they say in their labels."""
TOLD_BY_LABEL: Mapping[str, tuple[str, str, float, float]] = {
    "redis_sentinel_master_status": ("master_status", "ok", 1.0, 0.0),
    "redis_exporter_last_scrape_error": ("err", "", 0.0, 1.0),
}
"""Metrics whose value follows from a label: the label, one value of it, the metric's value there, and that with any other one."""
NEGATIVE = frozenset(
    f"redis_{name}"
    for name in (
        "second_repl_offset repl_backlog_first_byte_offset slave_repl_offset rdb_current_bgsave_duration_sec "
        "rdb_last_bgsave_duration_sec aof_last_rewrite_duration_sec aof_current_rewrite_duration_sec master_last_io_seconds_ago "
        "connected_slave_lag_seconds key_value script_values config_value memory_used_dataset_bytes mem_fragmentation_bytes "
        "allocator_rss_bytes allocator_frag_bytes commandlog_execution_slower_than commandlog_reply_larger_than "
        "commandlog_request_larger_than sentinel_config_value stream_group_lag stream_group_entries_read current_client_thread"
    ).split()
)
"""Metrics that can be below 0; all others cannot."""
EVENTS = "redis_sentinel_events_total"
"""A counter of Sentinels' events, which comes from their logs and not from the exporter."""
UP = "up"
"""Prometheus' own, of every target."""


@dataclass(frozen=True)
class Known:
    """What the rules of somebody are held against."""

    exporter: Exporter
    recorded: frozenset[str]
    target_labels: frozenset[str]
    scrape_s: float

    def labels(self, metric: str) -> frozenset[str] | None:
        """The exporter's labels of a metric, with those that take an option or a server of some kind.

        None for a metric that it does not have, or that a rule records in its place.
        """
        labels = None if metric in self.recorded else self.exporter.metrics.get(metric)
        return None if labels is None else labels | self.exporter.labels_with(metric).keys()

    def sure_labels(self, metric: str) -> frozenset[str]:
        """The exporter's labels that every series of a metric has, with a value."""
        return (self.labels(metric) or frozenset()) - self.exporter.labels_with(metric).keys() - MAY_BE_EMPTY

    def is_missing(self, metric: str) -> bool:
        """True for what has a name like the exporter's, and comes neither from it nor from the rules."""
        own = metric.startswith(PREFIX) and ":" not in metric
        return own and not self.exporter.may_have(metric) and metric not in self.recorded | {EVENTS}

    def takes(self, metric: str, matchers: tuple[Matcher, ...]) -> Iterator[tuple[str, str]]:
        """What must be there beside the exporter for a selector to find anything: each thing, and what it brings."""
        if metric in self.recorded:
            return
        if option := self.exporter.option(metric):
            yield option, f"{metric} is there"
        for label, what in self.exporter.labels_with(metric).items():
            asked = any(m.label == label and not m.accepts("") for m in matchers)
            if asked and label not in self.target_labels and self.labels(metric) is not None:
                yield what, f"{metric} has the label {label}"

    def values(self, metric: str, matchers: tuple[Matcher, ...] = ()) -> Range:
        """The values that a metric can have, where these matchers select it."""
        if metric in self.recorded or (self.labels(metric) is None and metric != UP):
            return ANYTHING
        if metric in ONES:
            return of_points([1.0])
        if metric in TOLD_BY_LABEL:
            return of_points(self._told_by_label(metric, matchers))
        if metric in TRUTHS or metric == UP:
            return of_points([0.0, 1.0])
        return ANYTHING if metric in NEGATIVE else NOT_NEGATIVE

    def _told_by_label(self, metric: str, matchers: tuple[Matcher, ...]) -> list[float]:
        label, one, at_one, otherwise = TOLD_BY_LABEL[metric]
        mine = [m for m in matchers if m.label == label]
        if label in self.target_labels:
            return [at_one, otherwise]
        others = set(VALUES.get((metric, label), ())) - {one}
        possible = any(all(m.accepts(value) for m in mine) for value in others) if others else True
        possible = possible and not any(m.values() == frozenset({one}) for m in mine)
        found = [at_one] if all(m.accepts(one) for m in mine) else []
        return [*found, *([otherwise] if possible else [])] or [at_one, otherwise]

    def unknown_labels(self, metric: str, matchers: tuple[Matcher, ...]) -> Iterator[Matcher]:
        """The matchers that ask for a label which neither the exporter gives nor, as far as is known, the targets carry."""
        known = self.labels(metric)
        for matcher in matchers if known is not None else ():
            usual = matcher.label in self.target_labels or matcher.label == "__name__"
            if known is not None and matcher.label not in known and not usual and not matcher.accepts(""):
                yield matcher
