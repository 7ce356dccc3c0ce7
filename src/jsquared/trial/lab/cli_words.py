"""The command line of ``redis-cli`` or ``valkey-cli`` at a node: on its own host, logged in, with its certificates."""

from pathlib import PurePath

from jsquared.errors import BadInputError
from jsquared.records.placement import TlsFiles
from jsquared.running.deployment import RunningDeployment

PASSWORD_VARIABLE = "REDISCLI_AUTH"  # noqa: S105 -- the name of a variable, which both programs read


def cli_words(
    deployment: RunningDeployment, node: str, program: str
) -> tuple[str, tuple[str, ...], dict[str, str], tuple[str, ...]]:
    """The host to run it on, its words, its variables (the password is in none of the words), and the files that it must see.

    :param program: the path of ``redis-cli`` or ``valkey-cli``.
    :raises BadInputError: there is no such node.
    """
    names = [one.name for one in deployment.nodes]
    if node not in names:
        raise BadInputError("there is no such node", where=f"'{node[:80]}'", hint=", ".join(names))
    if PurePath(program).name not in ("redis-cli", "valkey-cli"):
        raise BadInputError(f"'{program[:80]}' is neither redis-cli nor valkey-cli", where="lab cli")
    placed, credentials = deployment.node(node), deployment.credentials(node)
    words = [program, "-h", deployment.address(node), "-p", str(placed.port)]
    variables = {PASSWORD_VARIABLE: credentials[-1]} if credentials else {}
    if len(credentials) == 2:
        words += ["--user", credentials[0]]
    files = deployment.placement.tls or TlsFiles() if placed.tls else TlsFiles()
    if placed.tls:
        words += ["--tls", *(["--cacert", files.authorities[0]] if files.authorities else [])]
        words += ["--cert", files.certificate, "--key", files.key] if files.certificate else []
    sees = tuple(path for path in (*files.authorities, files.certificate, files.key) if path)
    return placed.host, tuple(words), variables, sees
