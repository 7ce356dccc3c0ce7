"""Optional features of a server binary, found out by asking it: TLS support."""

from pathlib import Path

from jsquared.errors import BadInputError
from jsquared.records.plan import Engine
from jsquared.running.engine import printed_by

# A TLS port without a certificate: every server ends at once, and says what it lacks. Nothing is listened on until then.
QUESTION = b"port 0\ntls-port 1\nlogfile ''\ndaemonize no\n"
# Redis 6.2 to 7.x without TLS does not know the directive (config.c); Valkey 8 and later has no such type of connection (connection.c).
WITHOUT_TLS = ("Bad directive", "Failed finding TLS support", "Missing implement of connection type tls")


def check_features(engine: Engine, features: frozenset[str], *, where: str = "--engine") -> None:
    """Refuse an engine that was built without what a deployment needs.

    :param features: as ``Deployment.features`` gives them. A deployment that loads modules may load TLS with them.
    :raises BadInputError: it speaks no TLS.
    """
    if "tls" in features and "modules" not in features and not speaks_tls(engine, where=where):
        raise BadInputError(
            f"{engine.name} {engine.version} was built without TLS, which this deployment uses",
            where=where,
            hint="--engine redis with Debian's redis-server (jsquared tools get redis), or the path of a server that was built with TLS",
        )


def speaks_tls(engine: Engine, *, where: str = "--engine") -> bool:
    """True if a server was built with TLS; it runs for a few milliseconds and listens on nothing.

    :raises BadInputError: it cannot be run, or does not end.
    """
    words = printed_by(Path(engine.path), where, "-", given=QUESTION, libraries=engine.libraries)
    return not any(sign in words for sign in WITHOUT_TLS)
