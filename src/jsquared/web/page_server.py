"""The server of the live page: on 127.0.0.1 alone, in a thread, from when it is made until it is closed.

Nothing of it is a process or a file, so a killed command leaves nothing behind; the lab that it shows is another process and goes on.
"""

import logging
import socket
import threading
from pathlib import Path

import uvicorn

from jsquared.errors import BadInputError
from jsquared.web.access_keys import AccessKeys
from jsquared.web.application import application
from jsquared.web.lab_routes import LabRoutes
from jsquared.web.lab_watch import LabWatch
from jsquared.web.page_changes import Changes
from jsquared.web.run_routes import RunRoutes

HOST = "127.0.0.1"
MOST_CONNECTIONS = 64
"""More are answered with 503."""
LONGEST_HEADERS_BYTES = 16 << 10
IDLE_LIMIT_S = 5
END_LIMIT_S = 2
BACKLOG = 64


class LivePageServer:
    """Serves one lab and one folder of runs."""

    def __init__(self, watch: LabWatch, runs: Path, port: int = 0) -> None:
        """Listen, and begin to answer.

        :param port: 0: a free one.
        :raises BadInputError: the port is taken.
        """
        self._watch = watch
        self._socket = _listening(port)
        self.port = self._socket.getsockname()[1]
        self.keys = AccessKeys()
        self._lab = LabRoutes(watch, Changes(watch.lab, runs))
        self._server = uvicorn.Server(
            uvicorn.Config(
                application(self.keys, self.port, self._lab, RunRoutes(runs)),
                http="h11",
                ws="none",
                loop="asyncio",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                limit_concurrency=MOST_CONNECTIONS,
                h11_max_incomplete_event_size=LONGEST_HEADERS_BYTES,
                timeout_keep_alive=IDLE_LIMIT_S,
                timeout_graceful_shutdown=END_LIMIT_S,
            )
        )
        logging.getLogger("uvicorn").addHandler(logging.NullHandler())  # addresses of requests are nobody's business
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="live page", daemon=True
        )
        watch.start()
        self._thread.start()

    @property
    def url(self) -> str:
        """The address to open, with the token in it."""
        return f"http://{HOST}:{self.port}/?token={self.keys.token}"

    @property
    def is_up(self) -> bool:
        """True while it answers."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Answer no more, and follow the lab no more."""
        self._lab.close()
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()
        self._watch.close()


def _listening(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(BACKLOG)
    except OSError as problem:
        listener.close()
        raise BadInputError(f"cannot be had: {problem.strerror}", where=f"port {port}", hint="--port 0") from problem
    return listener
