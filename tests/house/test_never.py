"""What this project must never do, found in its syntax: shells, secrets in arguments, questions for every setting, addresses for everybody.

These would be rules of semgrep; as tests they need no download of 60 MB and read the files once (docs/decisions/0043-gates.md).
"""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.unmeasured

ROOT = Path(__file__).parents[2]
SOURCE = sorted((ROOT / "src").rglob("*.py"))
Rule = Callable[[ast.AST], bool]
SECRET_OPTIONS = re.compile(r"(-a|--pass|--password|--requirepass|--masterauth|--sentinel-pass)(=.*)?")
"""Options by which redis-cli and servers would be given a secret, which everybody can read in the process list."""
OWN_SECRET_OPTIONS = re.compile(r"--[a-z-]*(password|passwd|secret|token)")
EVERYBODY = {"0.0.0.0", "::", "*"}
PROGRAMS = {"redis-cli", "valkey-cli", "redis-server", "valkey-server"}


def calls_a_shell(node: ast.AST) -> bool:
    """True for ``shell=True``, ``os.system``, ``os.popen`` and their like."""
    match node:
        case ast.Call(keywords=keywords) if any(
            one.arg == "shell" and not (isinstance(one.value, ast.Constant) and one.value.value is False)
            for one in keywords
        ):
            return True
        case ast.Attribute(value=ast.Name(id="os"), attr="system" | "popen"):
            return True
        case ast.Attribute(value=ast.Name(id="subprocess"), attr="getoutput" | "getstatusoutput"):
            return True
        case ast.Attribute(value=ast.Name(id="asyncio"), attr="create_subprocess_shell"):
            return True
    return False


def passes_a_secret_as_argument(node: ast.AST) -> bool:
    """True for a list of arguments of a client or server that has an option for a secret in it."""
    if not isinstance(node, ast.List | ast.Tuple):
        return False
    words = [one.value for one in node.elts if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    return any(Path(word).name in PROGRAMS for word in words) and any(map(SECRET_OPTIONS.fullmatch, words))


def takes_a_secret_as_option(node: ast.AST) -> bool:
    """True for an option of our command line that would be a secret itself, and not the name of a variable or a file."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="typer"), attr="Option"), args=args):
            words = [one.value for one in args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            return any(OWN_SECRET_OPTIONS.fullmatch(word) for word in words)
    return False


def asks_for_every_setting(node: ast.AST) -> bool:
    """True for ``CONFIG GET *``: its answer has the passwords in plain text."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return bool(re.search(r"\bCONFIG\s+GET\s+\*\s*$", node.value, re.IGNORECASE))
    words = node.args if isinstance(node, ast.Call) else node.elts if isinstance(node, ast.List | ast.Tuple) else []
    said = [one.value.upper() if isinstance(one, ast.Constant) and isinstance(one.value, str) else "" for one in words]
    return any(said[at : at + 3] == ["CONFIG", "GET", "*"] for at in range(len(said)))


def binds_for_everybody(node: ast.AST) -> bool:
    """True for a server or a socket that listens on every address of the machine."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name | ast.Attribute):
        return False
    name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
    if name != "bind" and not re.search(r"(Server|start_server|create_server)$", name):
        return False
    hosts = [
        each for argument in node.args for each in (argument.elts if isinstance(argument, ast.Tuple) else [argument])
    ]
    hosts += [one.value for one in node.keywords if one.arg in ("host", "address", "server_address")]
    is_inet = name != "bind" or any(isinstance(argument, ast.Tuple) for argument in node.args)
    return is_inet and any(isinstance(one, ast.Constant) and one.value in EVERYBODY | {""} for one in hosts)


RULES: dict[Rule, tuple[str, ...]] = {
    calls_a_shell: (
        "subprocess.run('ls', shell=True)", "subprocess.Popen(x, shell=y)", "os.system('ls')", "os.popen('ls')",
        "subprocess.getoutput('ls')",
        "asyncio.create_subprocess_shell('ls')",
    ),
    passes_a_secret_as_argument: ("run(['redis-cli', '-a', password])", "x = ('/usr/bin/valkey-server', '--requirepass', word)"),
    takes_a_secret_as_option: ("x = typer.Option('--password', help='The password.')", "typer.Option('--sentinel-password')"),
    asks_for_every_setting: ("ask('CONFIG', 'GET', '*')", "x = ['config', 'get', '*']", "send('CONFIG GET *')"),
    binds_for_everybody: (
        "ThreadingHTTPServer(('0.0.0.0', 80), Handler)", "sock.bind(('', 80))", "HTTPServer(('::', 0), H)",
        "asyncio.start_server(f, host='0.0.0.0')",
    ),
}  # fmt: skip
"""Each rule with samples that break it."""
SOUND = """
subprocess.run(["ls"], shell=False)
run(["redis-cli", "-h", host], env={"REDISCLI_AUTH": password})
typer.Option("--password-env", help="The variable.")
ask("CONFIG", "GET", "maxmemory")
ThreadingHTTPServer(("127.0.0.1", 0), Handler)
sock.bind((host, 0))
"""


def broken(rule: Rule, text: str) -> Iterator[int]:
    """Return the lines on which a rule is broken."""
    return (getattr(node, "lineno", 0) for node in ast.walk(ast.parse(text)) if rule(node))


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_finds_what_breaks_it(rule: Rule) -> None:
    """Every known-bad sample of a rule is found, and sound code is not."""
    assert [sample for sample in RULES[rule] if not list(broken(rule, sample))] == []
    assert list(broken(rule, SOUND)) == []


ALLOWED = {("played_change", asks_for_every_setting)}
"""A trial of a change compares all settings of the lab's own servers, and keeps only which of them differ."""


def test_the_package_never_does_it() -> None:
    """No module of the package breaks one of the rules."""
    assert len(SOURCE) > 100
    found = [
        f"{path.relative_to(ROOT)}:{line}: {rule.__name__}"
        for path in SOURCE
        for nodes in [list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))]
        for rule in RULES
        for line in (getattr(node, "lineno", 0) for node in nodes if rule(node) and (path.stem, rule) not in ALLOWED)
    ]
    assert found == []
