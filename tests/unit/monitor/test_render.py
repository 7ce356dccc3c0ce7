"""A rendered stack agrees with itself: whatever one file says of another is so, in every form."""

import configparser
import functools
import itertools
import json
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from jsquared.cli.main import main
from jsquared.monitor.contacts import read_contacts
from jsquared.monitor.profile import PROFILES
from jsquared.monitor.render.alerting import contact_secrets
from jsquared.monitor.render.forms import FORMS, stack_files
from jsquared.monitor.render.images import IMAGES
from jsquared.monitor.render.stack import PORTS, Stack, as_yaml
from jsquared.monitor.rule_tests import rule_tests
from jsquared.monitor.rules import rule_file
from support import quick_yaml

CONTACTS = """
smtp: {host: "mail.example.org:587", from: alerts@example.org, user: alerts, password_file: /etc/secrets/smtp}
teams:
  DevOps: {slack: {channel: "#ops", url_file: /etc/secrets/slack}, pagerduty: {key_file: /etc/secrets/pagerduty}}
  Security Architect: {email: security@example.org}
  Backend: {webhook: "https://hooks.example.org/secret-path"}
  Full-stack: {slack: {channel: "#ui", url_file: /etc/secrets/slack}}
watchdog: {webhook: "https://deadman.example.org/secret-ping"}
"""
SENTINELS = ("10.0.0.5:26379", "[fd00::5]:26380")
SHARED = {
    "compose": """
        README.md alertmanager/alertmanager.yml alloy/config.alloy compose.yaml grafana/dashboards/dashboards.yml
        grafana/datasources/datasources.yml loki/loki.yml prometheus/prometheus.yml prometheus/redis-sentinel.rules.yml
        prometheus/redis-sentinel.tests.yml secrets/redis-passwords.json""",
    "systemd": """
        README.md etc/redis-monitoring/alloy/config.alloy etc/redis-monitoring/grafana/grafana.ini
        etc/redis-monitoring/grafana/provisioning/dashboards/dashboards.yml
        etc/redis-monitoring/grafana/provisioning/datasources/datasources.yml etc/redis-monitoring/loki/loki.yml
        etc/redis-monitoring/prometheus/prometheus.yml etc/redis-monitoring/prometheus/redis-sentinel.rules.yml
        etc/redis-monitoring/prometheus/redis-sentinel.tests.yml etc/redis-monitoring/secrets/alertmanager.yml
        etc/redis-monitoring/secrets/redis-passwords.json etc/systemd/system/redis-monitoring-alertmanager.service
        etc/systemd/system/redis-monitoring-alloy.service etc/systemd/system/redis-monitoring-grafana.service
        etc/systemd/system/redis-monitoring-loki.service etc/systemd/system/redis-monitoring-prometheus.service
        etc/systemd/system/redis-monitoring-redis-exporter.service etc/systemd/system/redis-monitoring.target""",
    "kubernetes": """
        README.md 00-namespace.yaml 10-redis-exporter.yaml 20-alertmanager-config.yaml 21-alertmanager.yaml 30-prometheus.yaml
        40-loki.yaml 50-alloy.yaml 60-grafana.yaml""",
}
FOLLOWED = {
    "compose": "secrets/sentinel-password targets/Dockerfile",
    "systemd": "etc/redis-monitoring/secrets/sentinel-password etc/systemd/system/redis-monitoring-targets.service",
    "kubernetes": "targets/Dockerfile",
}
FILLED_IN = {
    "compose": "prometheus/targets/targets.json",
    "systemd": "etc/redis-monitoring/prometheus/targets.json",
    "kubernetes": "",
}
GRAFANA_PASSWORD = "grafana-admin-password"
"""The one file that is used and not written: the README says how it is made."""
EACH = pytest.mark.parametrize("form", FORMS)
BOTH = pytest.mark.parametrize("sentinels", [SENTINELS, ()], ids=["followed", "filled in"])


WRITTEN_ONCE = {
    "alerting.rule_file": rule_file,
    "alerting.rule_tests": rule_tests,
    "kubernetes_form.rule_file": rule_file,
}
CACHED = {name: functools.cache(function) for name, function in WRITTEN_ONCE.items()}


@pytest.fixture(autouse=True)
def _rules_are_written_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are long, and none of these tests is about them: tests/unit/monitor/test_rules.py is."""
    for name, function in CACHED.items():
        monkeypatch.setattr(f"jsquared.monitor.render.{name}", function)


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    """A stack with everything in it."""
    file = tmp_path / "contacts.yml"
    file.write_text(CONTACTS)
    return Stack(
        profile=PROFILES["15s"],
        deployment="shop",
        sentinels=SENTINELS,
        contacts=read_contacts(file),
        dashboards={"overview.json": '{"title": "Overview"}\n', "logs.json": '{"title": "Logs"}\n'},
    )


def rendered(form: str, stack: Stack) -> dict[str, str]:
    """The texts of a form's files by their paths."""
    return {file.path: file.text for file in stack_files(form, stack)}


def strings(document: Any) -> Iterator[str]:
    """Every text in a document."""
    if isinstance(document, Mapping):
        yield from itertools.chain.from_iterable(map(strings, document.values()))
    elif isinstance(document, list):
        yield from itertools.chain.from_iterable(map(strings, document))
    elif isinstance(document, str):
        yield document


# --- All forms --------------------------------------------------------------------------------------------------------


@EACH
@BOTH
def test_the_files_of_a_form(form: str, sentinels: tuple[str, ...]) -> None:
    """They are these and no others, with Sentinels to ask and without."""
    expected = f"{SHARED[form]} {FOLLOWED[form] if sentinels else FILLED_IN[form]}".split()
    assert sorted(rendered(form, Stack(profile=PROFILES["5s"], sentinels=sentinels))) == sorted(expected)


@EACH
def test_what_is_rendered_twice_is_the_same(form: str, stack: Stack) -> None:
    """Nothing in it depends on the time, the machine or the order of a set."""
    assert stack_files(form, stack) == stack_files(form, stack)


@EACH
def test_only_private_files_have_what_may_be_a_secret(form: str, stack: Stack) -> None:
    """The addresses of webhooks, and the files that the user writes passwords into."""
    files = stack_files(form, stack)
    private = [file for file in files if file.private]
    assert not [file.path for file in files if not file.private and "secret-p" in file.text]
    assert sum("hooks.example.org/secret-path" in file.text for file in private) == 1
    assert {"{}\n", ""} >= {file.text for file in private if "alertmanager" not in file.path}


@EACH
def test_dashboards_are_shown(form: str, stack: Stack) -> None:
    """Each file of the mapping arrives in the folder that Grafana's provider shows."""
    files = rendered(form, stack)
    if form == "kubernetes":
        texts = {name: text for maps in config_maps(files).values() for name, text in maps.items()}
    else:
        texts = {Path(path).name: text for path, text in files.items() if "/dashboards/" in path}
    assert {name: texts[name] for name in stack.dashboards} == stack.dashboards
    [provider] = quick_yaml.load(texts["dashboards.yml"])["providers"]
    assert provider["options"]["path"].endswith("/provisioning/dashboards")


@EACH
@BOTH
def test_the_readme_names_what_is_there(form: str, sentinels: tuple[str, ...]) -> None:
    """Every file that it names in the folder exists, and it says how targets come about and what was never run."""
    files = rendered(form, Stack(profile=PROFILES["5s"], sentinels=sentinels, deployment="shop"))
    readme = files["README.md"]
    assert readme.startswith("# Monitoring of shop\n")
    assert ("Write `HOST:PORT` of every data node" in readme) is not bool(sentinels)
    assert "Grafana, Loki and Alloy: **never run**" in readme
    assert readme.count("\n1. ") >= 6
    paths = [word.strip("`") for word in re.findall(r"`[\w./-]+/[\w.-]+\.(?:yml|yaml|json|alloy)`", readme)]
    assert [path for path in paths if path.removeprefix("/") not in files] == []


@EACH
def test_alloy_sends_to_what_it_declares(form: str, stack: Stack) -> None:
    """Brackets are closed, and every component that another one names is there."""
    files = rendered(form, stack)
    text = next(text for text in [*files.values(), *texts_of(files)] if text.startswith("// Sends the logs"))
    code = re.sub(r'"[^"\n]*"', '""', re.sub(r"//.*", "", text))
    assert all(code.count(first) == code.count(last) for first, last in ("{}", "[]", "()"))
    assert not re.search(r"<(?!P<|role|level)\w+>", text.replace("?P<", ""))
    declared = {f"{kind}.{name}" for kind, name in re.findall(r'^([a-z_.]+) "(\w+)" \{', text, re.MULTILINE)}
    named = set(
        re.findall(r"\b((?:loki|local|discovery)(?:\.[a-z_]+)?\.\w+)\.(?:receiver|targets|output|rules)\b", text)
    )
    assert named <= declared
    assert len(named) >= 3


def test_alloy_reads_the_beginning_of_a_line(stack: Stack) -> None:
    """Role and level of what servers and Sentinels write are labels."""
    text = rendered("compose", stack)["alloy/config.alloy"]
    [expression] = re.findall(r'expression = "(.*)"', text)
    primary = re.match(expression, "12:M 30 Nov 2025 06:53:33.123 * Ready to accept connections")
    sentinel = re.match(
        expression, "7:X 01 Dec 2025 06:53:33.123 # +switch-master mymaster 10.0.0.1 6379 10.0.0.2 6379"
    )
    assert primary
    assert sentinel
    assert [(found["role"], found["level"]) for found in (primary, sentinel)] == [("M", "*"), ("X", "#")]


def test_a_text_of_several_lines_reads_back() -> None:
    """In a manifest it is a block, and what occurs twice is written twice."""
    one = {"text": "a: 1\n\n# b\n", "mode": "0644"}
    text = as_yaml({"first": one, "second": one}, comment="Said.\nTwice.")
    assert text.startswith("# Said.\n# Twice.\n")
    assert "&" not in text
    assert text.count("|\n") == 2
    assert quick_yaml.load(text) == {"first": one, "second": one}


def check_prometheus(text: str, hosts: Mapping[str, str], scrape: str = "15s") -> dict[str, Any]:
    """Whether Prometheus' configuration names the other parts as they are called; returns it."""
    document: dict[str, Any] = quick_yaml.load(text)
    assert document["global"]["scrape_interval"] == scrape
    jobs = {job["job_name"]: job for job in document["scrape_configs"]}
    assert set(jobs) == {
        "redis",
        "sentinel",
        "prometheus",
        "alertmanager",
        "redis-exporter",
        "grafana",
        "loki",
        "alloy",
    }
    for job in ("redis", "sentinel"):
        assert jobs[job]["relabel_configs"][-1]["replacement"] == f"{hosts['redis-exporter']}:{PORTS['redis-exporter']}"
    for part, host in hosts.items():
        assert jobs[part]["static_configs"] == [{"targets": [f"{host}:{PORTS[part]}"]}]
    assert document["alerting"]["alertmanagers"][0]["static_configs"] == jobs["alertmanager"]["static_configs"]
    return document


def check_data_sources(text: str, hosts: Mapping[str, str], scrape: str = "15s") -> None:
    """Whether Grafana asks the other parts under their own names."""
    sources = {source["type"]: source for source in quick_yaml.load(text)["datasources"]}
    assert {kind: source["url"] for kind, source in sources.items()} == {
        part: f"http://{hosts[part]}:{PORTS[part]}" for part in ("prometheus", "loki", "alertmanager")
    }
    assert sources["prometheus"]["jsonData"]["timeInterval"] == scrape


def texts_of(files: Mapping[str, str]) -> list[str]:
    """The texts inside of a form's manifests."""
    return [
        text
        for path, content in files.items()
        if path.endswith(".yaml")
        for document in quick_yaml.load_all(content)
        for text in strings(document)
    ]


# --- Compose ----------------------------------------------------------------------------------------------------------

BY_NAME = {part: part for part in PORTS} | {"prometheus": "localhost"}


@BOTH
def test_compose_mounts_what_is_there(stack: Stack, sentinels: tuple[str, ...]) -> None:
    """Every source of a volume or secret is a file or folder that was written, a declared volume or the user's own."""
    stack = Stack(profile=stack.profile, sentinels=sentinels, contacts=stack.contacts)
    files = rendered("compose", stack)
    project = quick_yaml.load(files["compose.yaml"])
    folders = {str(folder) for path in files for folder in Path(path).parents}
    given = {secret.path for secret in contact_secrets(stack.contacts)} | {f"./secrets/{GRAFANA_PASSWORD}"}
    used = set()
    for service in project["services"].values():
        assert set(service.get("secrets", ())) <= set(project["secrets"])
        for volume in service.get("volumes", ()):
            source = volume.rsplit(":", 2 if volume.endswith(":ro") else 1)[0]
            used.add(source)
            known = (
                source.removeprefix("./") in {*files, *folders}
                if source.startswith("./")
                else source in project["volumes"]
            )
            assert known or source == "${REDIS_LOGS:-/var/log/redis}", volume
        assert set(service.get("depends_on", ())) <= set(project["services"])
        assert service.get("build", "./targets").removeprefix("./") in folders | {"targets"}
    assert set(project["volumes"]) <= used
    sources = {secret["file"] for secret in project["secrets"].values()}
    assert [path for path in sources if path.removeprefix("./") not in files and path not in given] == []


def test_compose_runs_pinned_images_that_may_do_little(stack: Stack) -> None:
    """A version for each, a check of its health, no privilege, and ports for this machine alone."""
    services = quick_yaml.load(rendered("compose", stack)["compose.yaml"])["services"]
    assert set(services) == set(IMAGES)
    for name, service in services.items():
        assert re.fullmatch(r"[\w./-]+:v?\d+\.\d+\.\d+(-alpine)?", service["image"]), name
        assert service["healthcheck"]["test"][0] == "CMD"
        assert service["cap_drop"] == ["ALL"]
        assert service["read_only"] is True
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert not service["user"].startswith("0")
        assert service.get("ports", []) in ([], [f"127.0.0.1:{PORTS.get(name)}:{PORTS.get(name)}"])
        addresses = [word for word in service["healthcheck"]["test"] if word.startswith("http")]
        assert all(f":{PORTS[name]}/" in address for address in addresses)


def test_compose_parts_find_each_other(stack: Stack) -> None:
    """By the names of the services, and at the ports where they listen."""
    files = rendered("compose", stack)
    prometheus = check_prometheus(files["prometheus/prometheus.yml"], BY_NAME)
    check_data_sources(files["grafana/datasources/datasources.yml"], {part: part for part in PORTS})
    assert 'url = "http://loki:3100/' in files["alloy/config.alloy"]
    assert quick_yaml.load(files["loki/loki.yml"])["server"]["http_listen_port"] == PORTS["loki"]
    mounts = [volume.split(":")[1] for volume in services(files)["prometheus"]["volumes"]]
    [rules] = prometheus["rule_files"]
    assert rules in mounts
    for job in prometheus["scrape_configs"][:2]:
        assert Path(job["file_sd_configs"][0]["files"][0]).parent.as_posix() in mounts
    follower = services(files)["targets"]["command"]
    assert [follower[index + 1] for index, word in enumerate(follower) if word == "--sentinel"] == list(SENTINELS)
    alertmanager = quick_yaml.load(files["alertmanager/alertmanager.yml"])
    read = {text.removeprefix("/run/secrets/") for text in strings(alertmanager) if text.startswith("/run/secrets/")}
    assert len(read) == 3
    assert read <= set(services(files)["alertmanager"]["secrets"])


def services(files: Mapping[str, str]) -> dict[str, Any]:
    """The services of a project."""
    found: dict[str, Any] = quick_yaml.load(files["compose.yaml"])["services"]
    return found


# --- systemd ----------------------------------------------------------------------------------------------------------

LOOPBACK = dict.fromkeys(PORTS, "127.0.0.1")


def units(files: Mapping[str, str]) -> dict[str, configparser.ConfigParser]:
    """The units of a form by their names."""
    found = {}
    for path, text in files.items():
        if "/systemd/system/" in path:
            parser = configparser.ConfigParser(
                strict=False, interpolation=None, delimiters=("=",), comment_prefixes=("#",)
            )
            parser.optionxform = str  # type: ignore[method-assign, assignment]
            parser.read_string(text.replace(" \\\n", ""))
            found[Path(path).name] = parser
    return found


def values(text: str, key: str) -> list[str]:
    """All values of a key that a unit may have several times."""
    return re.findall(rf"^{key}=(.*)$", text, re.MULTILINE)


@BOTH
def test_units_name_what_is_there(stack: Stack, sentinels: tuple[str, ...]) -> None:
    """Files below /etc are written, credentials are loaded, and the target wants every unit."""
    stack = Stack(profile=stack.profile, sentinels=sentinels, contacts=stack.contacts)
    files = rendered("systemd", stack)
    found = units(files)
    target = found.pop("redis-monitoring.target")
    assert sorted(target["Unit"]["Wants"].split()) == sorted(found)
    made = {f"etc/redis-monitoring/secrets/{GRAFANA_PASSWORD}"}
    for name, unit in found.items():
        text = files[f"etc/systemd/system/{name}"]
        named = set(re.findall(r"/(etc/redis-monitoring/[\w./-]+)", text))
        assert named <= {*files, *made}, name
        loaded = dict(each.split(":", 1) for each in values(text, "LoadCredential"))
        assert set(re.findall(r"%d/([\w.-]+)", text)) <= set(loaded)
        assert unit["Unit"]["PartOf"] == "redis-monitoring.target"
        assert unit["Install"]["WantedBy"] == "redis-monitoring.target"
    loaded = {each.split(":", 1)[0] for each in values(files[alertmanager_unit()], "LoadCredential")}
    configured = quick_yaml.load(files["etc/redis-monitoring/secrets/alertmanager.yml"])
    folder = "/run/credentials/redis-monitoring-alertmanager.service/"
    read = {text.removeprefix(folder) for text in strings(configured) if text.startswith(folder)}
    assert read == loaded - {"alertmanager.yml"}
    assert len(read) == 3
    ini = configparser.ConfigParser(interpolation=None)
    ini.read_string(files["etc/redis-monitoring/grafana/grafana.ini"])
    assert ini["security"]["admin_password"] == (
        f"$__file{{/run/credentials/redis-monitoring-grafana.service/{GRAFANA_PASSWORD}}}"
    )


def alertmanager_unit() -> str:
    """Where the unit of Alertmanager is."""
    return "etc/systemd/system/redis-monitoring-alertmanager.service"


def test_units_may_do_little(stack: Stack) -> None:
    """No user of theirs owns anything, the system is read-only, and they listen on this machine alone."""
    files = rendered("systemd", stack)
    for name, unit in units(files).items():
        if name.endswith(".target"):
            continue
        service = unit["Service"]
        assert service["DynamicUser"] == "yes"
        assert service["ProtectSystem"] == "strict"
        assert service["NoNewPrivileges"] == "yes"
        assert service["CapabilityBoundingSet"] == ""
        addresses = re.findall(
            r"listen-addr(?:ess)?=(\S*)", service["ExecStart"].replace("--cluster.listen-address=", "")
        )
        assert all(address.startswith("127.0.0.1:") for address in addresses)
        part = name.removeprefix("redis-monitoring-").removesuffix(".service")
        assert all(address == f"127.0.0.1:{PORTS[part]}" for address in addresses)
        assert service.get("StateDirectory", f"redis-monitoring-{part}") == f"redis-monitoring-{part}"


def test_systemd_parts_find_each_other(stack: Stack) -> None:
    """On this machine, at the ports where the units listen; what was found is where Prometheus looks."""
    files = rendered("systemd", stack)
    etc = "etc/redis-monitoring"
    prometheus = check_prometheus(files[f"{etc}/prometheus/prometheus.yml"], LOOPBACK)
    check_data_sources(files[f"{etc}/grafana/provisioning/datasources/datasources.yml"], LOOPBACK)
    assert prometheus["rule_files"][0].removeprefix("/") in files
    targets = prometheus["scrape_configs"][0]["file_sd_configs"][0]["files"][0]
    follower = units(files)["redis-monitoring-targets.service"]["Service"]
    assert f"--out {targets}" in re.sub(r"\s+", " ", follower["ExecStart"])
    assert targets.startswith(f"/run/{follower['RuntimeDirectory']}/")
    loki = quick_yaml.load(files[f"{etc}/loki/loki.yml"])
    assert loki["server"]["http_listen_address"] == "127.0.0.1"
    assert loki["common"]["path_prefix"] == "/var/lib/redis-monitoring-loki"


# --- Kubernetes -------------------------------------------------------------------------------------------------------


def objects(files: Mapping[str, str]) -> list[dict[str, Any]]:
    """All objects of the manifests."""
    return [one for path, text in files.items() if path.endswith(".yaml") for one in quick_yaml.load_all(text)]


def config_maps(files: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The files of each ConfigMap."""
    return {one["metadata"]["name"]: one["data"] for one in objects(files) if one["kind"] == "ConfigMap"}


def pods(files: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The workloads by their names."""
    return {one["metadata"]["name"]: one for one in objects(files) if one["kind"] in ("Deployment", "StatefulSet")}


@BOTH
def test_manifests_name_what_is_there(stack: Stack, sentinels: tuple[str, ...]) -> None:
    """ConfigMaps and Secrets of volumes are written, or made as the README says, and every mount has its volume."""
    stack = Stack(profile=stack.profile, sentinels=sentinels, contacts=stack.contacts, dashboards=stack.dashboards)
    files = rendered("kubernetes", stack)
    maps = config_maps(files)
    made = set(re.findall(r"create secret generic ([\w-]+)", files["README.md"]))
    secrets = made | {one["metadata"]["name"] for one in objects(files) if one["kind"] == "Secret"}
    assert made == {"redis-passwords", "grafana-admin", "alertmanager-contacts"}
    used = set()
    for workload in pods(files).values():
        pod = workload["spec"]["template"]["spec"]
        claims = [claim["metadata"]["name"] for claim in workload["spec"].get("volumeClaimTemplates", ())]
        volumes = {volume["name"]: volume for volume in pod["volumes"]} | {claim: {"emptyDir": {}} for claim in claims}
        mounted = {mount["name"] for one in pod["containers"] for mount in one["volumeMounts"]}
        assert mounted == set(volumes)
        for volume in volumes.values():
            for source in [volume, *volume.get("projected", {}).get("sources", ())]:
                if "configMap" in source:
                    used.add(source["configMap"]["name"])
                if "secret" in source:
                    assert source["secret"]["secretName"] in secrets
        for variable in (each for one in pod["containers"] for each in one.get("env", ())):
            if "valueFrom" in variable:
                assert variable["valueFrom"]["secretKeyRef"]["name"] in secrets
    assert used == set(maps)


def test_manifests_read_files_that_are_mounted(stack: Stack) -> None:
    """Each file among a container's arguments is a key of what is mounted there."""
    files = rendered("kubernetes", stack)
    maps = config_maps(files)
    secret_keys = {
        "redis-passwords": {"redis-passwords.json", "sentinel-password"},
        "alertmanager-config": {"alertmanager.yml"},
        "alertmanager-contacts": {"contact-1", "contact-2", "contact-3"},
    }
    seen = 0
    for workload in pods(files).values():
        pod = workload["spec"]["template"]["spec"]
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        for one in pod["containers"]:
            folders = {mount["mountPath"]: volumes.get(mount["name"], {}) for mount in one["volumeMounts"]}
            for path in re.findall(r"(?:^|=| )(/etc/[\w./-]+)", "\n".join(one["args"]), re.MULTILINE):
                source = folders[str(Path(path).parent)]
                keys = (
                    maps[source["configMap"]["name"]]
                    if "configMap" in source
                    else secret_keys[source["secret"]["secretName"]]
                )
                assert Path(path).name in keys
                seen += 1
    assert seen == 6
    alertmanager = next(one for one in objects(files) if one["kind"] == "Secret")["stringData"]["alertmanager.yml"]
    folder = "/etc/alertmanager/contacts/"
    read = {text.removeprefix(folder) for text in strings(quick_yaml.load(alertmanager)) if text.startswith(folder)}
    assert read == secret_keys["alertmanager-contacts"]
    assert all(f"--from-file={name}=/etc/secrets/" in files["README.md"] for name in read)


def test_manifests_run_pinned_images_that_may_do_little(stack: Stack) -> None:
    """The namespace demands it, and every container has resources and, where it listens, probes."""
    files = rendered("kubernetes", stack)
    [namespace] = [one for one in objects(files) if one["kind"] == "Namespace"]
    assert namespace["metadata"]["labels"] == {"pod-security.kubernetes.io/enforce": "restricted"}
    for workload in pods(files).values():
        pod = workload["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is (workload["metadata"]["name"] == "alloy")
        for one in pod["containers"]:
            assert re.fullmatch(r"[\w./-]+:v?\d+\.\d+\.\d+(-alpine)?", one["image"])
            assert one["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert set(one["resources"]) == {"requests", "limits"}
            assert (
                ("ports" in one) is ("readinessProbe" in one) is ("livenessProbe" in one) is (one["name"] != "targets")
            )


def test_services_lead_to_pods(stack: Stack) -> None:
    """Each selects the pods of one workload, at the port where they listen, and parts ask each other by these names."""
    files = rendered("kubernetes", stack)
    named = {one["metadata"]["name"]: one["spec"] for one in objects(files) if one["kind"] == "Service"}
    assert set(named) == set(pods(files)) == set(PORTS)
    for name, spec in named.items():
        template = pods(files)[name]["spec"]["template"]
        assert (
            spec["selector"] == template["metadata"]["labels"] == pods(files)[name]["spec"]["selector"]["matchLabels"]
        )
        assert spec["type"] == "ClusterIP"
        [port] = template["spec"]["containers"][0]["ports"]
        assert (port["name"], port["containerPort"]) == (spec["ports"][0]["targetPort"], spec["ports"][0]["port"])
    maps = config_maps(files)
    prometheus = check_prometheus(maps["prometheus-config"]["prometheus.yml"], BY_NAME)
    assert Path(prometheus["rule_files"][0]).name in maps["prometheus-config"]
    check_data_sources(maps["grafana-datasources"]["datasources.yml"], {part: part for part in PORTS})


# --- The command ------------------------------------------------------------------------------------------------------


@EACH
def test_the_command_writes_and_lists_the_files(form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Files without secrets can be read by the programs' users, and private ones by nobody else."""
    out = tmp_path / "new" / "stack"
    words = ["monitor", "render", "--for", form, "--sentinel", "10.0.0.5", "--deployment", "shop", "--out", str(out)]
    assert main([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    written = sorted(str(path) for path in out.rglob("*") if path.is_file())
    assert sorted(told["files"]) == written
    assert told["form"] == form
    for path in map(Path, written):
        private = str(path) in told["private"]
        assert stat.S_IMODE(path.stat().st_mode) == (0o600 if private else 0o644)
        if not private:
            assert stat.S_IMODE(path.parent.stat().st_mode) == 0o755
    assert "10.0.0.5:26379" in "".join(Path(path).read_text() for path in written)


def test_nothing_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where one file is there already, none is written, and it is named with exit code 2."""
    words = ["monitor", "render", "--for", "compose", "--out", str(tmp_path)]
    (tmp_path / "compose.yaml").write_text("mine")
    assert main(words) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"{tmp_path / 'compose.yaml'}: is there already" in said
    assert [path.name for path in tmp_path.iterdir()] == ["compose.yaml"]
    (tmp_path / "compose.yaml").unlink()
    assert main(words) == 0
    assert "What to do now:" in capsys.readouterr().out
    assert main(words) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--for", "nomad"], "nomad"),
        ([], "--for"),
        (["--for", "compose", "--deployment", 'a"b'], "cannot be used in names"),
        (["--for", "compose", "--deployment", ""], "cannot be used in names"),
        (["--for", "systemd", "--sentinel", "10.0.0.5:none"], "is no HOST:PORT"),
        (["--for", "systemd", "--profile", "2s"], "2s"),
        (["--for", "kubernetes", "--contacts", "missing.yml"], "missing.yml"),
    ],
)
def test_bad_input_is_one_line(words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It names what is wrong with exit code 2, and nothing is written."""
    out = tmp_path / "stack"
    assert main(["monitor", "render", *words, "--out", str(out)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert said in error
    assert not out.exists()


def test_a_file_of_contacts_with_a_strange_name_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Units, manifests and commands each quote in another way."""
    contacts = tmp_path / "contacts.yml"
    contacts.write_text("teams: {DevOps: {slack: {channel: '#ops', url_file: '/etc/a $(b)'}}}\n")
    words = ["monitor", "render", "--for", "systemd", "--contacts", str(contacts), "--out", str(tmp_path / "stack")]
    assert main(words) == 2
    assert "/etc/a $(b): has characters" in capsys.readouterr().err


@EACH
def test_contacts_are_told(form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The README says who is told, and without contacts, Alertmanager tells nobody and says how to change that."""
    contacts = tmp_path / "contacts.yml"
    contacts.write_text(CONTACTS)
    words = ["monitor", "render", "--for", form]
    assert main([*words, "--contacts", str(contacts), "--out", str(tmp_path / "told")]) == 0
    assert main([*words, "--out", str(tmp_path / "nobody")]) == 0
    assert "- Security Architect: security" in (tmp_path / "told" / "README.md").read_text()
    assert "Nobody, yet." in (tmp_path / "nobody" / "README.md").read_text()
    assert "nobody is told of anything yet" in "".join(
        path.read_text() for path in (tmp_path / "nobody").rglob("*alertmanager*.y*ml")
    )
