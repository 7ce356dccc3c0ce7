"""Folders as people have them: whichever way the files lie and are called, the same hosts come out, or one line asks."""

import itertools
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.deployment.model.reach import Allowed
from jsquared.deployment.read.load import load_deployment
from jsquared.deployment.read.native import candidates
from jsquared.errors import BadInputError
from support.layouts import HOSTS, LAYOUTS, UNPAIRED, data, hosts_of, sentinel, three

Tree = Callable[[dict[str, str]], Path]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_folder_is_read_as_it_is(tree: Tree, layout: str) -> None:
    """Every layout gives three hosts with a data node and a Sentinel each, the first of them the primary."""
    files, name = LAYOUTS[layout]
    deployment = load_deployment(tree(files))
    expected = [name.format(number) for number in HOSTS]
    assert hosts_of(deployment) == (expected, expected)
    assert (deployment.primary.host, deployment.quorum, deployment.down_after_ms) == (expected[0], 2, 4000)
    assert [node.replica_of for node in deployment.replicas] == [expected[0]] * 2
    assert set(deployment.input_files) == set(files)
    assert deployment.not_reproduced == ()


def test_names_of_files_are_names_of_hosts(tree: Tree) -> None:
    """Files that call the primary after its file mean its host."""
    files = {f"redis-{n}.conf": "" if n == 1 else "replicaof redis-1 6379" for n in HOSTS}
    files |= {f"sentinel-{n}.conf": "sentinel monitor m redis-1 6379 2" for n in HOSTS}
    deployment = load_deployment(tree(files))
    assert deployment.primary.host == "node1"
    assert deployment.host_names.called["node1"] == {"redis-1", "sentinel-1"}


def test_lines_decide_what_a_file_is(tree: Tree) -> None:
    """A Sentinel's lines make a file a Sentinel's whatever its name says, also those that it includes, and so do a data node's."""
    files = three("n{}/redis.conf", "n{}/sentinel.conf")
    files["n1/sentinel.conf"], files["n1/redis.conf"] = "include watch.conf\n", "include common.conf\n"
    files |= {"n1/watch.conf": sentinel(), "n1/common.conf": data(1)}
    files["n2/one.conf"], files["n2/two.conf"] = files.pop("n2/sentinel.conf"), files.pop("n2/redis.conf")
    files["n3/sentinel-data.conf"], files["n3/redis-watch.conf"] = (
        files.pop("n3/redis.conf"),
        files.pop("n3/sentinel.conf"),
    )
    deployment = load_deployment(tree(files))
    assert hosts_of(deployment) == (["n1", "n2", "n3"], ["n1", "n2", "n3"])


def test_files_of_other_programs_are_no_servers(tree: Tree) -> None:
    """Other configurations, certificates, users and copies lie beside a server's file and are not taken for one."""
    files = three("n{}/etc/redis/redis.conf", "n{}/etc/redis/sentinel.conf")
    others = {
        "etc/resolv.conf": "nameserver 10.0.0.53\nsearch example.com\n", "etc/sysctl.d/99-redis.conf": "vm.overcommit_memory = 1\n",
        "etc/nginx/nginx.conf": "user www-data;\ninclude /etc/nginx/conf.d/*.conf;\nhttp {\n timeout 5;\n}\n",
        "etc/tmpfiles.d/redis.conf": "d /run/redis 0755 redis redis\n", "etc/redis/users.acl": "user default on nopass ~* +@all\n",
        "etc/redis/redis.conf.dpkg-old": data(1), "etc/redis/tls/ca.crt": "certificate\n", "etc/ntp.conf": "driftfile /x\n",
        "etc/redis/.redis.conf.swp": data(1), "README.md": "port 1\nbind 2\n", "var/lib/redis/notes": "bind the books\n",
    }  # fmt: skip
    for number in HOSTS:
        files |= {f"n{number}/{name}": text for name, text in others.items()}
    deployment = load_deployment(tree(files))
    assert hosts_of(deployment) == (["n1", "n2", "n3"], ["n1", "n2", "n3"])


def test_a_part_is_no_server(tree: Tree) -> None:
    """A file that others include is read with them, and one that includes the stock file is the server's."""
    files = {f"n{n}/6379.conf": "include redis.conf\n" + data(n) for n in HOSTS}
    files |= {f"n{n}/redis.conf": "timeout 300\n" for n in HOSTS} | {f"n{n}/sentinel.conf": sentinel() for n in HOSTS}
    deployment = load_deployment(tree(files))
    assert [node.source.name for node in deployment.data] == [f"n{n}/6379.conf" for n in HOSTS]
    assert all(node.value("timeout") == "300" for node in deployment.data)


def test_a_tree_of_the_machine_keeps_its_paths(tree: Tree) -> None:
    """An absolute path in a host's file means that host's copy of it, before any file of that name elsewhere."""
    files = three("n{}/etc/redis/redis.conf", "n{}/etc/redis/sentinel.conf")
    for n in HOSTS:
        files[f"n{n}/etc/redis/redis.conf"] += "include /srv/conf/tuning.conf\n"
        files[f"n{n}/srv/conf/tuning.conf"] = f"hz {n}0\n"
    files["tuning.conf"] = "hz 99\n"
    deployment = load_deployment(tree(files), Allowed(hosts=["tuning.conf="]))
    assert [node.value("hz") for node in deployment.data] == ["10", "20", "30"]


def test_a_copy_with_another_ending_is_said_to_be_unread(tree: Tree) -> None:
    """Of two files of a kind in one folder the one that ends in .conf is read, and the other is named."""
    files = three("n{}/redis.conf", "n{}/sentinel.conf") | {"n1/redis.cfg": data(1)}
    [note] = load_deployment(tree(files)).not_reproduced
    assert note == "Copies of configurations that are not read: n1/redis.cfg (redis.conf beside it is read)."


# -- what is asked

UNCLEAR: dict[str, tuple[dict[str, str], str]] = {
    "one Sentinel's file beside three data nodes": (
        {f"redis-{n}.conf": data(n) for n in HOSTS} | {"sentinel.conf": sentinel()},
        r"is not clear: sentinel.conf \(Sentinel\), without .*number\. Try: --host sentinel.conf=node1 --host .*\(once .*jsquared.yaml",
    ),
    "one Sentinel's file beside folders": (
        {f"n{n}/redis.conf": data(n) for n in HOSTS} | {"sentinel.conf": sentinel()},
        r"sentinel.conf \(Sentinel\), in no host's folder\. Try: --host sentinel.conf=n1 ",
    ),
    "names that do not pair": (
        {"cache-master.conf": data(1), "cache-slave.conf": "replicaof 10.0.0.1 6379", "watch1.conf": sentinel(), "watch2.conf": sentinel()},
        r"cache-master.conf \(data node\), .*\(Sentinel\), with names that do not pair\. Try: --host cache-master.conf=n1 --host",
    ),
    "names that pair and addresses that do not": (
        {f"redis-{n}.conf": data(n) for n in HOSTS} | {f"sentinel-{n}.conf": sentinel(4 - n) for n in HOSTS},
        r"called alike, but listening on 10.0.0.\d and 10.0.0.\d",
    ),
    "two data nodes on one host": (
        three("n{}/redis.conf", "n{}/sentinel.conf") | {"n1/redis-old.conf": data(1)},
        r"n1: redis-old.conf and redis.conf on one host \(n1\) are both a data node's\. Try: removing one, --host n1/redis-old.conf= to ",
    ),
    "an old copy in a folder below": (
        three("n{}/redis.conf", "n{}/sentinel.conf") | {"n1/old/sentinel.conf": sentinel()},
        r"n1: old/sentinel.conf and sentinel.conf on one host \(n1\) are both a Sentinel's",
    ),
    "two names of one number": (
        three("redis-{}.conf", "sentinel-{}.conf") | {"valkey-1.conf": data(1)},
        r"redis-1.conf and valkey-1.conf on one host \(node1\) are both a data node's",
    ),
    "nothing of these servers": (
        {"notes.txt": "x", "app/settings.json": "{}"},
        r"no file of a data node or a Sentinel: there is app/settings.json and notes.txt\. Try: FOLDER/<host>/redis.conf and ",
    ),
    "a YAML deployment in a folder": (
        {"lab.yaml": "data: [n1]\nsentinels: [n1]\n"},
        r"there is lab.yaml\. Try: --deployment /.*/deployment/lab.yaml, or FOLDER/<host>",
    ),
}  # fmt: skip


def test_addresses_decide_where_names_do_not_pair(tree: Tree) -> None:
    """A Sentinel that listens on a data node's address is on its host; where every file has another address, so many are the hosts."""
    files = {
        "cache-master.conf": data(1),
        "cache-slave.conf": data(2),
        "watch1.conf": sentinel(2),
        "watch2.conf": sentinel(1),
    }
    deployment = load_deployment(tree(files))
    assert hosts_of(deployment) == (["cache-master", "cache-slave"],) * 2
    assert deployment.sentinel_on("cache-slave").source.name == "watch1.conf"
    for number, file in ((8, "watch1.conf"), (9, "watch2.conf")):
        (deployment.folders[0] / file).write_text(sentinel(number))
    apart = load_deployment(deployment.folders[0])
    assert hosts_of(apart) == (["cache-master", "cache-slave"], ["watch1", "watch2"])


@pytest.mark.parametrize("case", UNCLEAR)
def test_what_is_unclear_is_asked_in_one_line(tree: Tree, case: str) -> None:
    """The line lists what was found, and the options that decide."""
    files, message = UNCLEAR[case]
    with pytest.raises(BadInputError, match=message) as refused:
        load_deployment(tree(files))
    assert "\n" not in str(refused.value)


SUGGESTED: dict[str, tuple[dict[str, str], list[str], tuple[list[str], list[str]]]] = {
    "a primary, a replica and three Sentinels": (
        {"redis.conf": data(1), "replica.conf": data(2)} | {f"sentinel-{n}.conf": sentinel() for n in HOSTS},
        [],
        (["n1", "n2"], ["n1", "n2", "n3"]),
    ),
    "the same, some of it said": (
        {"redis.conf": data(1), "replica.conf": data(2)} | {f"sentinel-{n}.conf": sentinel() for n in HOSTS},
        ["redis.conf=east"],
        (["east", "n1"], ["east", "n1", "n2"]),
    ),
    "one Sentinel's file for all": (
        {f"redis-{n}.conf": data(at) for at, n in enumerate("abc", 1)} | {"sentinel.conf": sentinel()},
        [],
        (["a", "b", "c"], ["a", "b", "c"]),
    ),
    "one Sentinel's file beside folders": (
        {f"n{n}/redis.conf": data(n) for n in HOSTS} | {"sentinel.conf": sentinel()},
        [],
        (["n1", "n2", "n3"], ["n1", "n2", "n3"]),
    ),
    "names that pair and addresses that do not": (
        {f"redis-{n}.conf": data(n) for n in HOSTS} | {f"sentinel-{n}.conf": sentinel(4 - n) for n in HOSTS},
        [],
        (["n1", "n2", "n3"], ["n1", "n2", "n3"]),
    ),
    "a package's own file beside the one in use": (
        three("host{}/etc/redis/6379.conf", "host{}/etc/redis/sentinel.conf")
        | {f"host{n}/etc/redis/redis.conf": "port 6379\n" for n in HOSTS},
        [],
        (["host1", "host2", "host3"], ["host1", "host2", "host3"]),
    ),
    "names with spaces": (
        {"the one.conf": data(1), "other.conf": data(2), "watch.conf": sentinel(quorum=1), "old.conf": data(1)},
        ["old.conf="],
        (["n1", "n2"], ["n1", "n2"]),
    ),
}


@pytest.mark.parametrize("case", SUGGESTED)
def test_what_a_question_suggests_is_its_answer(tree: Tree, case: str) -> None:
    """The options of the line, copied as they are, map every file, and leave no further question."""
    files, given, hosts = SUGGESTED[case]
    root = tree(files)
    with pytest.raises(BadInputError) as refused:
        load_deployment(root, Allowed(hosts=given))
    words = shlex.split(str(refused.value).partition("Try: ")[2].partition(" (")[0].partition(" to leave")[0])
    options = [word for before, word in itertools.pairwise(words) if before == "--host"]
    assert options[: len(given)] == given
    assert hosts_of(load_deployment(root, Allowed(hosts=options))) == hosts


HALF = {
    "a Compose file": {"compose.yaml": "services:\n  app: {image: app}\n  cache: {image: redis}\n"},
    "manifests": {
        "cache.yaml": "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: cache}\nspec:\n  replicas: 3\n  serviceName: cache\n"
        "  template: {spec: {containers: [{name: cache, image: redis}]}}\n"
    },
}


@pytest.mark.parametrize("case", HALF)
def test_native_files_beside_half_a_description_are_named(tree: Tree, case: str) -> None:
    """A Compose file or manifests without Sentinels do not hide a whole deployment: the line has the option that takes it."""
    root = tree(HALF[case] | three("redis-{}.conf", "sentinel-{}.conf"))
    with pytest.raises(
        BadInputError, match=r"no Sentinels; beside it are the native files of 3 data nodes and 3 Sent"
    ) as refused:
        load_deployment(root)
    option = str(refused.value).partition("Try: --host ")[2].partition(" to read")[0]
    assert hosts_of(load_deployment(root, Allowed(hosts=[option]))) == (["node1", "node2", "node3"],) * 2


def test_unclear_native_files_beside_half_a_description_are_asked_for(tree: Tree) -> None:
    """Where the native files need options, the line has these; of files that are no deployment it says nothing."""
    half = HALF["a Compose file"]
    with pytest.raises(
        BadInputError, match=r"no Sentinels; of the native .* not clear: .*Try: --host redis-master.conf=n1 --host"
    ):
        load_deployment(tree(half | UNPAIRED))
    with pytest.raises(BadInputError, match=r"compose.yaml: no Sentinels. Try: services with"):
        load_deployment(tree(half | {"redis.conf": data(1)}))


def test_the_file_in_use_is_not_left_out(tree: Tree) -> None:
    """Of two files of one server, the suggestion leaves out the one that says less, on every host."""
    files = SUGGESTED["a package's own file beside the one in use"][0]
    with pytest.raises(BadInputError) as refused:
        load_deployment(tree(files))
    assert " ".join(f"--host host{n}/etc/redis/redis.conf=" for n in HOSTS) in str(refused.value)


ALONE: dict[str, dict[str, str]] = {
    "as it lies there": {"redis.conf": data(1), "sentinel.conf": sentinel()},
    "below its folder": {"n1/etc/redis/redis.conf": data(1), "n1/etc/redis/sentinel.conf": sentinel()},
    "called after ports": {"6379.conf": data(1), "26379.conf": sentinel()},
    "of a replica": {"redis.conf": data(2), "sentinel.conf": sentinel()},
    "a Sentinel alone": {"sentinel.conf": sentinel()},
}


@pytest.mark.parametrize("case", ALONE)
def test_one_host_of_several_is_not_a_deployment(tree: Tree, case: str) -> None:
    """Whoever gives the folder of one host is asked for the others, and not told that a quorum cannot be reached."""
    known = "sentinel known-sentinel cache 10.0.0.2 26379 " + "a" * 40 + "\n"
    with pytest.raises(
        BadInputError, match=r"one host of a deployment whose quorum is 2: where are the others\?"
    ) as refused:
        load_deployment(
            tree({name: text + (known if "sentinel monitor" in text else "") for name, text in ALONE[case].items()})
        )
    assert "its Sentinel knows 10.0.0.2:26379" in str(refused.value)


def test_one_host_alone_may_be_all_there_is(tree: Tree) -> None:
    """With a quorum of one, a flat pair of files is a deployment, called like its folder."""
    root = tree({"redis.conf": data(1), "sentinel.conf": sentinel(quorum=1)})
    assert hosts_of(load_deployment(root)) == (["deployment"], ["deployment"])
    assert hosts_of(load_deployment(root.parent)) == (["deployment"], ["deployment"])


# -- what is said


def test_options_say_which_host_a_file_is_for(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are named from the folder or from the working folder; one may serve several hosts, and one may be left out."""
    root = tree(UNPAIRED | {"old.conf": data(1)})
    monkeypatch.chdir(root.parent)
    options = ["redis-master.conf=a", "deployment/redis-slave.conf=b", "watch.conf=a", "watch.conf=b", "old.conf="]
    deployment = load_deployment("deployment", Allowed(hosts=options))
    assert hosts_of(deployment) == (["a", "b"], ["a", "b"])
    assert deployment.sentinels[0].directives == deployment.sentinels[1].directives


def test_an_option_may_name_a_folder(tree: Tree) -> None:
    """All files below it are that host's."""
    files = three("backup-{}/redis.conf", "backup-{}/sentinel.conf")
    options = [f"backup-{number}=db{number}" for number in HOSTS]
    assert hosts_of(load_deployment(tree(files), Allowed(hosts=options))) == (["db1", "db2", "db3"],) * 2


def test_a_file_beside_them_says_which_host_a_file_is_for(tree: Tree) -> None:
    """jsquared.yaml names hosts with their files, further names of theirs, and what is left out; an option outranks it."""
    text = """hosts:
  a: {redis: redis-master.conf, sentinel: watch.conf, called: [primary.example.com]}
  b: {redis: redis-slave.conf, published: {16379: 6379}}
ignore: [old.conf]
"""
    follows = UNPAIRED | {"redis-slave.conf": "replicaof primary.example.com 6379\n"}
    root = tree(follows | {"old.conf": data(1), "jsquared.yaml": text})
    deployment = load_deployment(root)
    assert hosts_of(deployment) == (["a", "b"], ["a"])
    assert deployment.replicas[0].replica_of == "a"
    assert deployment.host_names.published == {"b": {16379: 6379}}
    assert hosts_of(load_deployment(root, Allowed(hosts=["watch.conf=b"]))) == (["a", "b"], ["b"])


def test_a_role_that_is_said_counts(tree: Tree) -> None:
    """A file that no line gives away is what jsquared.yaml calls it."""
    mapping = "hosts:\n  a: {redis: one, sentinel: sentinel.conf}\n  b: {redis: two}\n"
    files = {"one": "# stock\n", "two": data(2), "sentinel.conf": sentinel(quorum=1), "jsquared.yaml": mapping}
    assert hosts_of(load_deployment(tree(files))) == (["a", "b"], ["a"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hosts:\n  a: {redis: none.conf}\n", r"jsquared.yaml:2, hosts.a.redis: none.conf is not a file in /"),
        ("hosts:\n  a: {redis: ../x.conf}\n", r"hosts.a.redis: ../x.conf is not a file in /"),
        ("hosts:\n  a: {redis: /etc/passwd}\n", r"hosts.a.redis: /etc/passwd is not a file in /"),
        (
            "hosts:\n  a: {redis: watch.conf, sentinel: watch.conf}\n",
            r"hosts.a.sentinel: is a data node's file and a Sentinel's",
        ),
        ("hosts: [a]\n", r"hosts: must be a mapping"),
        ("host: {}\n", r"unknown key 'host'\. Try: hosts"),
        ("hosts:\n  a: {redis: redis-master.conf, published: {x: 1}}\n", r"published.x: 'x' is not a port"),
        ("hosts:\n  a: {file: redis-master.conf}\n", r"unknown key 'file'"),
        ("ignore: [none.conf]\n", r"none.conf is not a file in"),
        ("hosts: {a: {redis: [}\n", r"jsquared.yaml:\S+: malformed YAML"),
    ],
)
def test_a_mapping_that_cannot_be_is_one_line(tree: Tree, text: str, message: str) -> None:
    """Each mistake in jsquared.yaml is named with its line."""
    with pytest.raises(BadInputError, match=message) as refused:
        load_deployment(tree(UNPAIRED | {"jsquared.yaml": text}))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("option", ["none.conf=a", "redis-master.conf", "=a", "", "/etc/passwd=a", "../deployment=a"])
def test_an_option_that_names_no_file_is_one_line(tree: Tree, option: str) -> None:
    """An option without a file of the folder is shown, with an example."""
    with pytest.raises(
        BadInputError, match=rf"--host: '{re.escape(option)}' does not name a file of /.*Try: --host redis-1.conf=n1"
    ):
        load_deployment(tree(UNPAIRED), Allowed(hosts=[option]))


def test_only_a_folder_has_files_to_map(tmp_path: Path) -> None:
    """A shipped deployment and a file refuse the option."""
    (tmp_path / "lab.yaml").write_text("data: [n1]\nsentinels: [n1]\n")
    for deployment in ("reference", str(tmp_path / "lab.yaml")):
        with pytest.raises(BadInputError, match="--host: only files of a folder or an archive are mapped to hosts"):
            load_deployment(deployment, Allowed(hosts=["a=b"]))


def test_a_mapping_is_repeated_with_the_command() -> None:
    """The command that runs a trial again has the options."""
    assert Allowed(hosts=["a.conf=n1", "b.conf="]).options() == ["--host", "a.conf=n1", "--host", "b.conf="]


# -- links


@pytest.mark.parametrize("name", ["n4", "n1/etc"])
def test_a_link_to_a_hosts_files_elsewhere_is_refused(tree: Tree, tmp_path: Path, name: str) -> None:
    """A host whose folder lies elsewhere would be missing without a word."""
    other = tmp_path / "elsewhere"
    other.mkdir()
    (other / "redis.conf").write_text("requirepass canary\n")
    root = tree(three("n{}/redis.conf", "n{}/sentinel.conf"))
    (root / name).symlink_to(other)
    with pytest.raises(BadInputError, match="lies outside the folders that may be read") as refused:
        load_deployment(root)
    assert "canary" not in str(refused.value)


def test_links_within_the_folder_are_followed_once(tree: Tree) -> None:
    """A link to a folder that is there anyway names no host, and one to what an option allows does."""
    root = tree(three("n{}/v2/redis.conf", "n{}/v2/sentinel.conf"))
    for number in HOSTS:
        (root / f"n{number}" / "current").symlink_to("v2")
        (root / f"n{number}" / "v2" / "loop").symlink_to("..")
    assert hosts_of(load_deployment(root)) == (["n1", "n2", "n3"],) * 2
    other = root.parent / "more"
    (other / "n4").mkdir(parents=True)
    (other / "n4" / "sentinel.conf").write_text(sentinel())
    (root / "n4").symlink_to(other / "n4")
    assert hosts_of(load_deployment(root, Allowed(paths=[str(other)])))[1] == ["n1", "n2", "n3", "n4"]


def test_what_is_looked_at_has_limits(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers, files, depths and includes beyond anything that is meant are refused in one line, before they are read."""
    root = tree(three("n{}/redis.conf", "n{}/sentinel.conf") | {"a/" * 11 + "x.conf": "port 1\n"})
    with pytest.raises(BadInputError, match="folders nested more than 10 deep"):
        load_deployment(root)
    shutil.rmtree(root / "a")
    for name, message in (
        ("MOST_SERVERS", "6 files of servers are too many"),
        ("MOST_ENTRIES", "more than 5 files, or folders nested"),
        ("MOST_INCLUDES", "n1/redis.conf: more than 5 lines that include files"),
    ):
        (root / "n1" / "redis.conf").write_text("include none.conf\n" * 6)
        with monkeypatch.context() as limited:
            limited.setattr(candidates, name, 5)
            with pytest.raises(BadInputError, match=message):
                load_deployment(root)
