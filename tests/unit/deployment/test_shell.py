"""Start scripts are followed as a shell would: what they write, which servers they start, and what cannot be read."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jsquared.deployment.model.reach import Reach
from jsquared.deployment.read.containers.container_files import ContainerFiles
from jsquared.deployment.read.containers.shell import Container, follow
from jsquared.deployment.read.containers.shell_words import Unreadable

ADDRESSES = {"redis-1": "192.0.2.1"}


def container(*, texts: dict[str, str] | None = None, **environment: str) -> Container:
    """A container with these files and variables."""
    files = ContainerFiles(workdir="/data")
    for path, text in (texts or {}).items():
        files.write(path, text)
    return Container(files, environment, "box", "192.0.2.9", lambda name: ADDRESSES.get(name, ""))


def script(text: str, *, texts: dict[str, str] | None = None, **environment: str) -> Container:
    """A container after ``sh -c`` with this text."""
    inside = container(texts=texts, **environment)
    follow(inside, ("sh", "-c", text))
    return inside


@pytest.mark.parametrize(
    ("argv", "started"),
    [
        (("redis-server", "/r.conf", "--port", "1"), ("redis-server", "/r.conf", "--port", "1")),
        (("/usr/local/bin/docker-entrypoint.sh", "--appendonly", "yes"), ("redis-server", "--appendonly", "yes")),
        (("docker-entrypoint.sh", "/etc/redis.conf"), ("redis-server", "/etc/redis.conf")),
        (("tini", "-s", "--", "gosu", "redis", "valkey-sentinel", "/s.conf"), ("valkey-sentinel", "/s.conf")),
        (("env", "A=1", "redis-server"), ("redis-server",)),
        (("/bin/bash", "-ec", "exec redis-server $*", "me", "a", "b"), ("redis-server", "a", "b")),
        (("sh", "/start.sh", "x y"), ("redis-server", "x y")),
        (("/start.sh", "1", "2"), ("redis-server", "1", "2")),
    ],
)
def test_wrappers_are_seen_through(argv: tuple[str, ...], started: tuple[str, ...]) -> None:
    """Whatever runs the server in its place, the server's own command line is found."""
    inside = container(texts={"/start.sh": '#!/bin/sh\nset -e\nexec redis-server "$@"\n'})
    follow(inside, argv)
    assert inside.servers == [started]


OPTIONS = {"A": "1", "E": "", "S": "a  b"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("echo a > /f; echo b >> /f", "a\nb\n"),
        ("echo -n a > /f; printf 'x%s\\n' 1 2 >> /f; printf '%% done' >> /f", "ax1\nx2\n% done"),
        ('echo "p $A ${B:-2} \\$A" \'$A\' $S "$S" > /f', "p 1 2 $A $A a b a  b\n"),
        ("cat > /f <<EOF\nport $A\n$(hostname) `hostname -i`\nEOF", "port 1\nbox 192.0.2.9\n"),
        ("cat <<-'EOF' > /f\n\tport $A\n\tEOF\n", "port $A\n"),
        ("X=3 Y=$A; Z=$X; export W=4; echo $X$Y$Z$W > /f", "3134\n"),
        ("{ echo a; (echo b); } > /f; echo c | tee -a /f", "a\nb\nc\n"),
        ("IP=$(getent hosts redis-1 | awk '{ print $1 }'); echo $IP > /f", "192.0.2.1\n"),
        ("echo $(dig +short redis-1 | head -n1) $(echo a,b | cut -d , -f 2) > /f", "192.0.2.1 b\n"),
        ("[ -f /tmp/none ] && echo a > /f || echo b > /f", "b\n"),
        ("if [ \"$A\" = 1 ] && [ -z \"$E\" ]; then echo a; elif [ -n \"$A\" ]; then echo b; else echo c; fi > /f", "a\n"),
        ("if [ ! -e /t ]; then echo b; else echo c; fi > /f", "c\n"),
        ("if test x != x; then echo a > /f; elif [ y ]; then echo b > /f; fi", "b\n"),
        ("sed -i -e 's/port .*/port 7/' -e 's|q|&\\&w|g' /t; cat /t > /f", "port 7\nq&w\n"),
        ("sed 's/\\(por\\)t/\\1T/;s/q/r/g' < /t > /f", "porT 1\nr\n"),
        ("sed -E 's/(po)(rt)+/\\2/' /t > /f", "rt 1\nq\n"),
        ("envsubst < /v > /f; envsubst '$A' < /v >> /f", "1--\n1-$E-\n"),
        ("cp /t /f; cp -r /t /d/", "port 1\nq\n"),
        ("cat <<< $A > /f # a comment", "1\n"),
        ("until redis-cli -h redis-1 ping > /dev/null 2>&1; do echo waiting; sleep 1; done; echo a > /f", "a\n"),
        ("! true || echo a > /f; mkdir -p /x && set -e; echo a\\\nb >> /f", "a\nab\n"),
        ("echo gone > /f; exit 0; echo more >> /f", "gone\n"),
        ("set -- a 'b c'; echo $# $1 ${2} $9. \"$*\" > /f; echo x > /dev/null; echo y 2> /f", "2 a b c . a b c\n"),
        ("echo a > /f || echo b; printf '' >> /f; Z=; echo $Z >> /f", "a\n\n"),
        ("case $A in 2|3) echo a;; [0-1]) echo b;; *) echo c;; esac > /f; case x in y) echo z;; esac", "b\n"),
        ("for i in $(seq 0 $((3-1))) x; do [ $i = 1 ] && continue; [ $i = x ] && break; echo $i; done > /f", "0\n2\n"),
        ("f() { echo \"$2-$1-$#\"; return 3; }; f a 'b c' > /f; echo $? >> /f", "b c-a-2\n1\n"),
        ("f() { local A=7; B=8; echo $A$B; }; f > /f; echo $A$B >> /f", "78\n18\n"),
        ("X=$(false); echo $? > /f; X=$(true); echo $? >> /f; X=1; echo $? >> /f", "1\n0\n0\n"),
        ("X=$(Y=2; exit 3); echo \"$? $Y\" > /f; (Y=4; exit 0); echo $Y. >> /f", "1 \n.\n"),
        ("N=3; while [ $N -gt 1 ]; do echo $N; N=$((N - 1)); done > /f; until [ $N -ge 2 ]; do N=2; echo $N; done >> /f", "3\n2\n2\n"),
        ("((N=5)); ((N++)); ((N+=2)); echo $N $((N > 7 && !0)) $((-7 / 2)) $((-7 % 3)) $((2 * (3 + 4))) > /f", "8 1 -3 -1 14\n"),
        ("L=(a \"b c\"); L+=(d); printf '%s|' \"${L[@]}\" x > /f", "a|b c|d|x|"),
        ("L=(a \"b c\" d); echo ${L[1]} ${#L[@]} \"${L[*]}\" ${L[-1]} > /f", "b c 3 a b c d d\n"),
        ("N=A; H=redis-node-2; echo ${!N} ${H^^} ${H##*-} ${H%-*} ${H%%-*} ${H#*-} ${H//-/_} ${H/node/x} ${#H} > /f",
         "1 REDIS-NODE-2 2 redis-node redis node-2 redis_node_2 redis-x-2 12\n"),
        ("echo ${A:+x} ${E:+y}${E:-z} ${Q:=w}$Q ${E-v}. > /f", "x z ww .\n"),
        ("if [[ -n $A && ( -z $E || $A == 2 ) && ! -f $E && redis-1 == redis-* && '*' != \"a*\" ]]; then echo a; fi > /f", "a\n"),
        ("[[ $Q -lt 1 ]] && echo a > /f; [[ x ]] && echo b >> /f", "a\nb\n"),
        ("eval B=\\$A; echo $B > /f; timeout -s 9 5 echo c >> /f", "1\nc\n"),
        ("printf 'a\nb\n' | grep -v a > /f; echo ab | grep -q b && echo c >> /f; grep -c . /t >> /f", "b\nc\n2\n"),
        ("echo a-b | tr a-z A-Z > /f; echo a-b | tr -d '-' >> /f; echo x | sha1sum | cut -d ' ' -f 1 >> /f",
         "A-B\nab\n6fcf9dfbd479ed82697fee719b9f8c610a11ff2a\n"),
        ("sed -i '2s/^/new\\n/' /t; cat /t > /f", "port 1\nnew\nq\n"),
        ("awk '/port/ {print $2}' /t > /f; echo $'a\\tb' >> /f", "1\na\tb\n"),
        ("echo err >&2 > /dev/null; X=$(echo lost >&2; echo kept); echo $X > /f", "kept\n"),
        (". /lib.sh; set -- q; shift; echo $# $(twice x) > /f", "0 x-x\n"),
    ],
)  # fmt: skip
def test_files_are_written_as_a_shell_would(text: str, expected: str) -> None:
    """What a script leaves in a file is what a shell leaves there."""
    inside = script(
        text, texts={"/t": "port 1\nq\n", "/v": "${A}-$E-\n", "/lib.sh": "twice() { echo $1-$1; }\n"}, **OPTIONS
    )
    assert inside.files.text("/f") == expected


WORD = st.text("abc '\"$\\-.", max_size=12)


@settings(max_examples=25)
@given(st.lists(WORD, min_size=1, max_size=4))
def test_quoting_is_that_of_a_real_shell(words: list[str]) -> None:
    """Words in single and double quotes come out as ``sh`` prints them."""
    single = " ".join("'" + word.replace("'", "'\\''") + "'" for word in words)
    double = " ".join('"' + "".join("\\" + char if char in '"$\\' else char for char in word) + '"' for word in words)
    for quoted in (single, double):
        text = f"printf '%s|' {quoted}"
        real = subprocess.run(["/bin/sh", "-c", text], capture_output=True, text=True, check=True)
        assert script(f"{text} > /f").files.text("/f") == real.stdout


def test_several_servers_are_found() -> None:
    """A server in the background leaves the shell going on; nothing comes after one in the foreground."""
    inside = script("redis-server /r.conf & redis-sentinel /s.conf; redis-server never")
    assert inside.servers == [("redis-server", "/r.conf"), ("redis-sentinel", "/s.conf")]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("curl example | sh", "curl …"),
        (". /lib.sh", ". …"),
        ("cat /tmp/none > /f", "/tmp/none, which is not a file"),
        ("cp /tmp/none /f", "/tmp/none, which is not a file"),
        ("redis-cli config set port 1", "redis-cli …"),
        ("sed 'y/a/b/' /t", "sed …"),
        ("sed -n p /t", "sed …"),
        ("sed -E 's/(/x/' /t", "sed"),
        ("printf '%x' 3", "printf …"),
        ("awk '{print $NF}'", "awk"),
        ("head -n 5", "head"),
        ("cut -c1", "cut"),
        ("dig redis-1", "dig …"),
        ("echo 'open", "a quote that is not closed"),
        ('echo "open', "not closed"),
        ("echo $(open", "a $( that is not closed"),
        ("echo ${A:-$(hostname)}", "a variable in ${…}"),
        ("if true; then echo a", "'fi' is missing"),
        ("{ echo a", "'}' is missing"),
        ("fi", "fi"),
        ("for i in 1 2", "'do' is missing"),
        ("select i in 1 2; do echo; done", "select"),
        ("f() echo", "a function without"),
        ("case $A in 1) echo", "')' is missing"),
        ("echo $$", "a process that is not run"),
        ("echo ${A:0:1}", "cannot be read"),
        ("echo ${!E}", "that names none"),
        ("[[ $A =~ b ]]", "[ …"),
        ("[ a -eq 2 ]", "a number that is none"),
        ("((A = b / 0))", "divides by zero"),
        ("((A ? 1 : 2))", "an expression"),
        ("A=(1 2", "an array that is not closed"),
        ("while A=1; do B=1; done", "more than 10000 commands"),
        ("f() { f; }; f", "functions nested more than"),
        ("seq 1 100000", "more than 1000 numbers"),
        ("echo x | grep -E '(a+)+$'", "sed …"),
        ("echo x | grep -o x", "grep …"),
        ("openssl genrsa", "openssl …"),
        ("retry_while true", "a command that is not known"),
        ("echo a >", ">"),
        ("echo a )", ")"),
        ("python start.py", "python …"),
        ("cat < /tmp/none", "/tmp/none"),
    ],
)
def test_what_cannot_be_read_is_named(text: str, names: str) -> None:
    """A statement that is not read exactly as a shell would is refused, with its program's name and no word that may be a secret."""
    with pytest.raises(Unreadable) as refused:
        script(text, texts={"/t": "x"}, A="1")
    assert names in str(refused.value)


def test_scripts_do_not_follow_themselves_for_ever() -> None:
    """A script that runs itself ends as unreadable."""
    with pytest.raises(Unreadable):
        script("/loop.sh", texts={"/loop.sh": "/loop.sh"})


def test_mounted_files_are_found_below_their_folders(tmp_path: Path) -> None:
    """The longest mount that fits counts; what a script writes hides what was mounted; a copy follows its source."""
    (tmp_path / "a.conf").write_text("port 1\n")
    (tmp_path / "sub").mkdir()
    files = ContainerFiles(workdir="/data", reach=Reach.of(tmp_path))
    base = files.inside("/etc/redis")
    files.mounts |= {base: tmp_path, base / "sub" / "b.conf": tmp_path / "a.conf"}
    assert files.text("/etc/redis/./sub/../a.conf") == files.text("/etc/redis/sub/b.conf") == "port 1\n"
    assert files.text("/etc/redis/sub") is None
    assert files.on_disk("/etc/redis/tmp/none.conf") is None
    assert files.copy("/etc/redis/a.conf", "/data/")
    assert files.text("a.conf") == "port 1\n"
    assert files.copy("/etc/redis", "/copy")
    files.write("/copy/a.conf", "port 2\n", append=True)
    assert files.text("/copy/a.conf") == "port 1\nport 2\n"
    assert files.on_disk("/copy/a.conf") is None
    assert files.copy("/copy/a.conf", "/etc/redis/sub")
    assert files.text("/etc/redis/sub/a.conf") == "port 1\nport 2\n"
    assert not files.copy("/tmp/none", "/x")
