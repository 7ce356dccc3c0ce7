"""How asking a server fails: it says nothing, it says no, or its configuration takes the command away."""

from jsquared.errors import EXIT_BAD_INPUT, LabError


class Unreachable(LabError):  # noqa: N818 -- a state of the server, caught far more often than shown
    """The server did not answer: connection refused, lost, or silent beyond the deadline."""


class ServerReplyError(LabError):
    """The server answered with an error; ``what`` holds its words."""


class DisabledCommandError(ServerReplyError):
    """The server's configuration takes this command away, so it was not even sent."""

    exit_code = EXIT_BAD_INPUT
