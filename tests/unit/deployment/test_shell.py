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
        ("sed -n l /t", "sed …"),
        ("sed 's/x/\\U&/' /t", "sed …"),
        ("sed '/x/,/y/d' /t", "sed …"),
        ("sed 's/[[:punct:]]//' /t", "sed …"),
        ("sed 's/\\<x/y/' /t", "sed …"),
        ("sed -E 's/(/x/' /t", "sed"),
        ("printf '%x' 3", "printf …"),
        ("awk '{gsub(/a/, x)} 1'", "awk"),
        ("awk -F'[-.]' '{print $1}'", "awk"),
        ("head -c 5", "head"),
        ("tr -d '[:punct:]'", "tr …"),
        ("find / -delete", "find …"),
        ("basename /", "basename …"),
        ("cd -", "a command that is not known"),
        ("read -p 'name? ' N", "read …"),
        ("printf -v N x", "printf …"),
        ("command -v dig", "command …"),
        ("cut -c1", "cut"),
        ("dig redis-1", "dig …"),
        ("echo 'open", "a quote that is not closed"),
        ('echo "open', "not closed"),
        ("echo $(open", "a $( that is not closed"),
        ("echo ${A:$(hostname)}", "a variable in ${…}"),
        ("echo ${A/#1/2}", "a variable in ${…}"),
        ("echo ${E:?no}", "a variable that must be set and is not"),
        ("echo ${A:-${B", "a } is missing"),
        ("if true; then echo a", "'fi' is missing"),
        ("{ echo a", "'}' is missing"),
        ("fi", "fi"),
        ("for i in 1 2", "'do' is missing"),
        ("select i in 1 2; do echo; done", "select"),
        ("f() echo", "a function without"),
        ("case $A in 1) echo", "')' is missing"),
        ("echo $$", "a process that is not run"),
        ("echo ${A@Q}", "cannot be read"),
        ("echo ${!E}", "that names none"),
        ("[[ $A =~ (b ]]", "sed …"),
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


def test_braces_stand_for_few_numbers() -> None:
    """A range that would fill the memory is refused."""
    with pytest.raises(Unreadable, match="more than 100 numbers"):
        follow(container(), ("bash", "-c", "for i in {1..101}; do :; done"))


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


TEXT = "port 1\n  # c\nsave 900 1\nbind a b\n"
SAME = [
    # words, quotes and here-documents
    'cat > f <<EOF\n\\$A $A "q" \'r\' \\\\ \\` \\x a\\\nb ${S} ${E:-d "e"} $(echo "x y") \\"\nEOF',
    "cat > f <<'EOF'\n\\$A a\\\nb\nEOF",
    "echo 'a\\\nb' > f\n# a comment \\\necho x >> f",
    "printf '[%s]' ${A:+--x \"$S\" y} \"${A:+--x \"$S\" y}\" ${Q:-$S} \"${Q:-$S}\" ${Q:-'s  t'} ${Q:-$(echo 'a b' | cut -d' ' -f1)} > f",
    'x=redis-; echo "${N#"$x"}" "${N#$x}" "${N#\'redis\'}" "${N%"-2"}" > f',
    "case $N in \"redis\"*) echo a;; esac > f; case '*' in \"*\") echo b;; esac >> f; case '#x' in ''|'#'*) echo c;; esac >> f",
    # what the shell splits and reads
    'IFS=:; for x in $P; do echo "[$x]"; done > f; IFS=; echo $S >> f',
    'P=a::b:; IFS=\': \'; for x in $P " x"; do echo "[$x]"; done > f',
    'set -- a \'b c\'; IFS=,; echo "$*" > f; echo "$@" >> f',
    'while read -r k v; do echo "$v-$k"; done < t > f',
    'cat t | while read -r k v; do M=$k; done; echo "[$M]" > f',
    'printf \'a\\nb\' | while read -r l || [ -n "$l" ]; do echo "$l!"; done > f',
    "printf 'x::y:\\n' > g; while IFS=: read -r a b c d; do echo \"$a|$b|$c|$d\"; done < g > f",
    'while IFS= read -r l; do echo "$l"; done < t > f; IFS=\'\n\'; for l in $(cat t) x"$S"; do echo "<$l>"; done >> f',
    'A=7 echo $A > f; X=1 true; echo "[$A$X]" >> f; unset A; echo "${A:-none}" >> f',
    "set -eu -- a 'b c'; echo \"$#$2\" > f; set +e; echo $# >> f",
    # tests
    '[ "$A" = 1 -a "$E" = \'\' ] && echo a > f; [ "$A" = 2 -o -n "$S" ] && echo b >> f; [ ! -f none -a -f t ] && echo c >> f',
    ": > e; [ -s t ] && echo s > f; [ -s e ] || echo e >> f; [ -d t ] || echo d >> f; mkdir g; echo x > g/h; [ -f g ] || echo g >> f",
    # files
    "rm -f t; echo x >> t; cat t > f; touch u t; cat t u >> f; rm -rf g; mkdir g; echo y > g/h; rm -rf g/*; [ -f g/h ] || echo gone >> f",
    "mv t u; [ -f t ] && echo there > f || echo gone > f; cat u >> f",
    "mkdir d; cp t d/; cd d; echo y >> t; cd ..; (cd d; echo z >> t); cat d/t t > f",
    "cat - t > f <<EOF\nx\nEOF\ncat /dev/null t > /dev/null; cat < /dev/null >> f",
    # filters
    "sed -e '/^port/d' -e 's/^[[:space:]]*#/;/' t > f; sed 's@^\\s*#.*@@;/^$/d' t >> f",
    "sed -n '2p' t > f; sed -n '/bind/p' t >> f; sed '$a end' t >> f; sed '1i first' t >> f; sed '/save/a\\after' t >> f",
    "sed 's/^/> /' t > f; sed 's/$/ </' t >> f; printf 'no end' | sed 's/o/0/g' >> f",
    "printf '%s\\n' 'x$Ay a^b $N' | sed 's/$A/Q/;s/a^b/R/;s/\\$N/S/' > f; echo abab | sed -E 's/(ab)+/<&\\1>/' >> f",
    "x='a&b/c'; printf '%s' \"$x\" | sed 's/[&/]/\\\\&/g' > f; echo 'a/b' | sed 's/\\//|/; s|b|\\t&\\n|' >> f",
    "sed -i.bak -e \"/^save/c\\save $A\" -e \"1d;\\$d\" t; cat t t.bak > f; sed -ne '/^port/s/1/2/p' -e '$p' t.bak >> f",
    "echo a:b:c | awk -F: '{print $2}' > f; echo 'a b  c' | awk '{print $NF}' >> f; echo a-b | awk -F '-' '{ print $NF }' >> f",
    "awk 'NR==3 {print $1}' t > f; awk '/bind/ {print $3; exit}' t >> f; echo :a | awk -F: '{print $1}' >> f",
    "echo plain | cut -d: -f2 > f; echo a:b:c | cut -d: -f2- >> f; echo a:b:c | cut -f1 -d: >> f",
    "tail -n 1 t > f; head -2 t >> f; tail -1 t >> f; cat t | tail -n 2 | head -n1 >> f",
    "printf 'pr a s\\r\\n' | tr -d '\\r' > f; echo 'a b c' | tr -d '[:space:]' >> f; echo A_b | tr '[:upper:]_' '[:lower:]-' >> f",
    "grep '^save\\|^bind' t > f; grep -v '^[[:space:]]*#' t >> f; grep -qE '^(port|bind) ' t && echo y >> f",
    "x=$(basename /a/b.conf) y=$(dirname /a/b/c) z=$(dirname t); echo $x $y $z $(dirname /a) > f",
    'echo "[$(date)]" >&2; find . -name none -exec chown me {} +; echo a > f; exec 2>&1; (exec true; echo lost >> f); echo b >> f',
    "if command -v sh; then echo a; fi > /dev/null; for i in {1..3}; do echo $i; done > f; printf -- '%s\\n' x >> f",
]
"""Scripts that every shell takes alike."""
SAME_IN_BASH = [
    'IFS=, read -ra L <<< \'a,,b,\'; printf \'%s;\' "${#L[@]}" "${L[@]}" > f; IFS=: read -r a b <<< "$P"; echo "$a|$b" >> f',
    'echo ${N: -1} ${N:0:5} ${N:6} "${N:2:-2}" "${N: -99}" > f; echo $(( $(echo 3) + A )) >> f',
    '[[ $N =~ ^(redis)-([a-z]+)-([0-9]+)$ ]] && echo "${BASH_REMATCH[1]} ${BASH_REMATCH[3]} ${#BASH_REMATCH[@]}" > f',
    'if [[ $N =~ (x|y) || $N =~ "r.d" ]]; then echo a; else echo b; fi > f; [[ $N =~ x ]]; echo ${#BASH_REMATCH[@]} >> f',
    '[[ $N == redis* && $N == "redis"* && ! $N == "redis*" && ( $N =~ -2$ ) ]] && echo yes > f',
    "for i in {1..3} {a,b} {3..1} x{1..2}.conf '{1..2}'; do echo $i; done > f",
    "echo 'a\\nb' > f; echo -e 'a\\nb\\tc' >> f; L=(x y); IFS=,; echo \"${L[*]}\" >> f",
]


@pytest.mark.parametrize(
    ("shell", "text"), [*(("sh", text) for text in SAME), *(("bash", text) for text in SAME_IN_BASH)]
)
def test_a_real_shell_leaves_the_same(shell: str, text: str, tmp_path: Path) -> None:
    """What a shell itself writes is what following it gives."""
    environment = {"A": "1", "S": "a  b", "P": "x:y:z", "E": "", "N": "redis-node-2"}
    (tmp_path / "t").write_text(TEXT, encoding="utf-8")
    subprocess.run(
        [shell, "-c", text], cwd=tmp_path, env={"PATH": "/usr/bin:/bin", **environment}, capture_output=True, timeout=10, check=False
    )  # fmt: skip
    inside = container(texts={"t": TEXT}, **environment)
    follow(inside, (shell, "-c", text))
    assert inside.files.text("f") == (tmp_path / "f").read_bytes().decode()


@pytest.mark.parametrize(
    "text",
    [
        "echo $RANDOM > /f", "date > /f", "x=$(date +%H); [ \"$x\" -lt 6 ]", "case $(ls /) in a) ;; esac",
        "for x in $(ls /); do echo; done",
        "redis-server --port $RANDOM", "ls / | grep -q a", "[[ $SECONDS == 1 ]]", "[[ $SECONDS =~ 1 ]]", "echo ${RANDOM%1}",
        "sleep 1 & kill $!; echo $! > /f", "eval \"$(date)\"", "echo 'a\\nb' > /f",
        "printf '\\033[1m' > /f", "cut -d: -f $UID /t", "x=$(sh /l.sh); echo $x > /f",
    ],
)  # fmt: skip
def test_nothing_depends_on_what_only_a_running_container_knows(text: str) -> None:
    """The time, the processes and what is in folders may be shown, and nothing may be decided or written by them."""
    with pytest.raises(Unreadable, match="what only a running container knows"):
        script(text, texts={"/t": "x", "/l.sh": "echo hi"})


def test_what_is_not_known_may_be_shown() -> None:
    """Messages with the time or with a process change nothing, in a log neither."""
    inside = script('echo "[$(date)] $!"; ls / >> /var/log/x.log; kill $!; redis-server')
    assert inside.servers == [("redis-server",)]


@pytest.mark.parametrize(
    ("text", "started"),
    [
        ("redis-server --daemonize yes; redis-sentinel /s.conf", 2),
        ("redis-server /r.conf && redis-sentinel /s.conf", 2),
        ("redis-server /r.conf --daemonize no; redis-sentinel /s.conf", 1),
        ("exec redis-server /r.conf; redis-sentinel /s.conf", 1),
        ("redis-server /s.conf & tail -f /dev/null", 1),
        ("until redis-cli ping | grep -q PONG; do sleep 1; done; redis-server", 1),
    ],
)
def test_servers_in_the_background_are_not_the_last(text: str, started: int) -> None:
    """A server that goes into the background by an option or its file leaves the script going on, unless it took the shell's place."""
    inside = script(text, texts={"/r.conf": "daemonize no\n Daemonize  yes\n", "/s.conf": ""})
    assert len(inside.servers) == started


def test_rights_are_given_up_once() -> None:
    """A script that starts itself anew as another user finds that it is no longer root."""
    text = '#!/bin/sh\n[ "$(id -u)" = 0 ] && exec gosu redis "$0" "$@"\nexec redis-server "$@"\n'
    inside = container(texts={"/start.sh": text})
    follow(inside, ("/start.sh", "--port", "1"))
    assert inside.servers == [("redis-server", "--port", "1")]


def test_names_of_a_host() -> None:
    """A host has a short name, a full one and a domain."""
    inside = container()
    inside.domain = "example.com"
    follow(inside, ("sh", "-c", "echo $(hostname) $(hostname -s) $(hostname -f) $(hostname -d) > /f"))
    assert inside.files.text("/f") == "box box box.example.com example.com\n"
