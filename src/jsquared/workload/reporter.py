"""The output of a client on stdout: JSON lines, one a change of its view, never a flood.

``{"t_ns", "action", "node", "detail"}``: CLOCK_MONOTONIC ns, what happened, a node number or null, words. The first line is
``ready``; what happened before follows right behind it, or comes alone when the client ends without ever being ready.

====================  =================================================================================================
``ready``             all connections to the primary stand; said once
``asked``             the Sentinels did not agree in a round of questions; ``detail`` has the votes
``adopted``           enough Sentinels name this node; connections to it are being made
``connected``         the node says that it is the primary; writes go there from now on
``not-primary``       the node says that it is none, or refuses to say; it is not written to
``disconnected``      no connection is fit for writing any more; ``detail`` has the reason
``refused``           the node refuses writes but stays the primary (NOREPLICAS, MISCONF, OOM)
``shortfall``         fewer replicas acknowledged than the client waits for
``recovered``         the first acknowledged write after ``refused`` or ``shortfall``
``stale-read``        the primary gave an older version of a key than it had acknowledged, or none; ``detail`` has key and versions
``replica-reads``     at the end, what was read from a node while it was not the primary; ``detail`` has the counts as JSON
``gone-early``        a key was absent that had been acknowledged and not expired; ``detail`` as above
``read-foreign``      the primary gave a value that was never written there, or that it had refused; ``detail`` as above
``read-late``         a key was shown after its end; ``detail`` as above
``started``           ``go`` was read
``ended``             the last line; ``detail``: ``stopped``, ``end of input`` or ``time is up``
====================  =================================================================================================
"""

import json
import os

from jsquared.clock import now_ns

BACKLOG_LINES = 1000
TURNING_POINTS = frozenset({"connected", "disconnected", "adopted"})


class Reporter:
    """Writes lines to a descriptor without ever blocking the load: if there is no reader, lines are dropped."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        os.set_blocking(descriptor, False)
        self.ready = False
        self._holding = True
        self._lines: list[bytes] = []
        self._said: dict[str, tuple[int, str]] = {}

    def say(self, action: str, node: int = -1, detail: str = "") -> None:
        """Report a change; what was said already since the last turning point is not repeated."""
        if self._said.get(action) == (node, detail):
            return
        if action in TURNING_POINTS:
            self._said.clear()
        self._said[action] = (node, detail)
        line = {"t_ns": now_ns(), "action": action, "node": node if node >= 0 else None, "detail": detail}
        self._lines.append(json.dumps(line).encode() + b"\n")
        if action == "ready":
            self._lines.insert(0, self._lines.pop())
            self.ready = True
        self._holding = not self.ready and action != "ended"
        self.flush()
        del self._lines[BACKLOG_LINES:]

    def flush(self) -> None:
        """Write what can be written now; before ``ready`` nothing."""
        while self._lines and not self._holding:
            try:
                # A line is shorter than PIPE_BUF, so the kernel takes it whole or not at all.
                os.write(self._descriptor, self._lines[0])
            except BlockingIOError:
                return
            except OSError:  # the reader is gone: stdin tells the client to end
                self._lines.clear()
                return
            del self._lines[0]


class Mute(Reporter):
    """Says nothing: for the connection of operations, which follows the same primary as the writes that are reported."""

    def __init__(self) -> None:
        self.ready = True

    def say(self, action: str, node: int = -1, detail: str = "") -> None:
        """Nothing."""

    def flush(self) -> None:
        """Nothing."""
