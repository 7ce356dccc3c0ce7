"""Alloy's configuration: the logs of Redis and Sentinel, from files, the journal or pods, sent to Loki.

Labels are few, since each combination of their values is a stream of its own in Loki: job (``redis`` or ``sentinel``), deployment, where
the lines come from, and role and level as the lines themselves begin.
"""

from jsquared.monitor.render.stack import NAME

SENTINEL_FILES = "*sentinel*.log"
HEADER = "// Sends the logs of Redis and Sentinel to Loki. Written by JSquared.\n"

_FILES = """
local.file_match "redis" {
  path_targets = [
    {"__path__" = "<folder>/*.log", "__path_exclude__" = "<folder>/<sentinels>", "job" = "redis", "deployment" = "<deployment>"},
    {"__path__" = "<folder>/<sentinels>", "job" = "sentinel", "deployment" = "<deployment>"},
  ]
}

loki.source.file "redis" {
  targets    = local.file_match.redis.targets
  forward_to = [loki.process.redis.receiver]
}
"""
_JOURNAL = """
// Servers without a logfile write to the journal; units of other names, and those of this stack, are left out
loki.relabel "journal" {
  forward_to = []

  rule {
    source_labels = ["__journal__systemd_unit"]
    regex         = "(redis|valkey).*[.]service"
    action        = "keep"
  }

  rule {
    source_labels = ["__journal__systemd_unit"]
    regex         = "<own>.*"
    action        = "drop"
  }

  rule {
    target_label = "job"
    replacement  = "redis"
  }

  rule {
    source_labels = ["__journal__systemd_unit"]
    regex         = ".*sentinel.*"
    target_label  = "job"
    replacement   = "sentinel"
  }

  rule {
    source_labels = ["__journal__systemd_unit"]
    target_label  = "unit"
  }
}

loki.source.journal "redis" {
  labels        = {"deployment" = "<deployment>"}
  relabel_rules = loki.relabel.journal.rules
  forward_to    = [loki.process.redis.receiver]
}
"""
_PODS = """
discovery.kubernetes "pods" {
  role = "pod"
}

// Containers whose name has redis, valkey or sentinel in it, but for those of this stack
discovery.relabel "redis" {
  targets = discovery.kubernetes.pods.targets

  rule {
    source_labels = ["__meta_kubernetes_namespace"]
    regex         = "<namespace>"
    action        = "drop"
  }

  rule {
    source_labels = ["__meta_kubernetes_pod_container_name"]
    regex         = ".*(redis|valkey|sentinel).*"
    action        = "keep"
  }

  rule {
    target_label = "deployment"
    replacement  = "<deployment>"
  }

  rule {
    target_label = "job"
    replacement  = "redis"
  }

  rule {
    source_labels = ["__meta_kubernetes_pod_container_name"]
    regex         = ".*sentinel.*"
    target_label  = "job"
    replacement   = "sentinel"
  }

  rule {
    source_labels = ["__meta_kubernetes_namespace"]
    target_label  = "namespace"
  }

  rule {
    source_labels = ["__meta_kubernetes_pod_name"]
    target_label  = "pod"
  }
}

loki.source.kubernetes "redis" {
  targets    = discovery.relabel.redis.output
  forward_to = [loki.process.redis.receiver]
}
"""
_SEND = """
// Lines begin with PID:ROLE, the time and the level; the role is M, S, C (a child) or X (Sentinel)
loki.process "redis" {
  forward_to = [loki.write.loki.receiver]

  stage.regex {
    expression = "^[0-9]+:(?P<role>[XCSM]) .{20,30} (?P<level>[.*#-]) "
  }

  stage.labels {
    values = {"role" = "role", "level" = "level"}
  }
}

loki.write "loki" {
  endpoint {
    url = "<loki>/loki/api/v1/push"
  }<host>
}
"""
_HOST = """

  // Files of several machines have the same names
  external_labels = {"host" = constants.hostname}"""


def from_files(deployment: str, loki: str, folder: str, *, journal: bool = False) -> str:
    """Return a configuration that reads all log files of a folder.

    :param loki: the address of Loki.
    :param journal: whether systemd's journal is read too.
    """
    return _filled(
        _FILES + (_JOURNAL if journal else ""),
        deployment,
        loki,
        {"<folder>": folder, "<own>": NAME, "<sentinels>": SENTINEL_FILES, "<host>": _HOST},
    )


def from_pods(deployment: str, loki: str, namespace: str) -> str:
    """Return a configuration that reads the logs of pods from the API of Kubernetes.

    :param loki: the address of Loki.
    :param namespace: the stack's own, which is left out.
    """
    return _filled(_PODS, deployment, loki, {"<namespace>": namespace, "<host>": ""})


def _filled(source: str, deployment: str, loki: str, values: dict[str, str]) -> str:
    text = HEADER + source + _SEND
    for mark, value in {**values, "<deployment>": deployment, "<loki>": loki}.items():
        text = text.replace(mark, value)
    return text
