"""Prometheus' configuration: two jobs behind one exporter, and everything else only where it was asked for."""

from jsquared.monitor.profile import PROFILES
from jsquared.monitor.prometheus_file import Places, prometheus_file
from support import quick_yaml


def test_each_kind_of_server_has_its_job() -> None:
    """Targets are kept by kind, asked for by their address with the user that logs in, and named by it."""
    places = Places(targets="/t.json", rules=["/r.yml"], exporter="127.0.0.1:9121", sentinel_tls=True)
    written = quick_yaml.load(prometheus_file(PROFILES["15s"], places))
    assert written["global"] == {"scrape_interval": "15s", "scrape_timeout": "10s", "evaluation_interval": "15s"}
    assert written["rule_files"] == ["/r.yml"]
    assert "alerting" not in written
    data, sentinel = written["scrape_configs"]
    assert (data["job_name"], sentinel["job_name"]) == ("redis", "sentinel")
    keep, instance, target, address = data["relabel_configs"]
    assert (keep["regex"], keep["action"]) == ("data", "keep")
    assert instance["target_label"] == "instance"
    assert target["source_labels"] == ["__meta_redis_login", "__address__"]
    assert target["replacement"] == "redis://$1"
    assert sentinel["relabel_configs"][2]["replacement"] == "rediss://$1"
    assert address == {"target_label": "__address__", "replacement": "127.0.0.1:9121"}


def test_targets_may_be_known_by_another_instance() -> None:
    """Only where a target says so, and only before its address becomes the exporter's; files without such targets have no rule for it."""
    places = Places(targets="/t.json", rules=[], exporter="127.0.0.1:9121", other_instances=True)
    data, _ = quick_yaml.load(prometheus_file(PROFILES["15s"], places))["scrape_configs"]
    _, address, other, _, _ = data["relabel_configs"]
    assert address == {"source_labels": ["__address__"], "target_label": "instance"}
    assert other == {"source_labels": ["__meta_redis_instance"], "regex": "(.+)", "target_label": "instance"}


def test_what_watches_is_watched_where_it_has_a_place() -> None:
    """Whether notifications fail is a metric of Prometheus' and Alertmanager's own."""
    places = Places(targets="/t", rules=[], exporter="e:1", alertmanager="a:2", prometheus="p:3")
    written = quick_yaml.load(prometheus_file(PROFILES["1s"], places))
    assert written["alerting"]["alertmanagers"][0]["static_configs"] == [{"targets": ["a:2"]}]
    assert [job["job_name"] for job in written["scrape_configs"]] == ["redis", "sentinel", "prometheus", "alertmanager"]
