"""The places of everything in a trial's picture: boxes with coordinates, for a wide page and for a narrow one.

A side is a panel with rows of hosts: those with clients alone on top, then those with data nodes, then those with Sentinels alone, so
that arrows run from top to bottom. On a wide page sides are next to each other, on a narrow one below each other. Lengths are in
CSS pixels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from jsquared.report.picture import DataNode, Host, Picture, Side, Writer
from jsquared.report.picture_sentinels import Watcher
from jsquared.text import NONE, count

WIDE_PX, NARROW_PX = 1120, 350
MOST_COLUMNS = 5
GAP, PAD, TITLE, LINE = 12, 8, 20, 16
BORDER_PX = 44
"""Between two sides."""
ROW_GAP = 34
"""Between rows of hosts on a wide page: room for arrows."""
LARGEST_HOST_PX = 250
KINDS = ("clients", "", "sentinels")
"""What hosts are there for, from top to bottom: clients alone, data nodes, Sentinels alone."""


@dataclass(frozen=True)
class Row:
    """A line of text in a chip, with the class of its style."""

    text: str
    kind: str = ""


@dataclass
class Chip:
    """A server or client: ``kind`` is the class of its style, the first row its name."""

    name: str
    kind: str
    rows: list[Row]
    x: float = 0
    y: float = 0
    width: float = 0

    @property
    def height(self) -> float:
        """Return its height."""
        return LINE * len(self.rows) + 10


@dataclass
class HostBox:
    """A host with its chips."""

    title: str
    faults: tuple[str, ...]
    chips: list[Chip]
    x: float = 0
    y: float = 0
    width: float = 0
    height: float = 0
    only: str = ""
    """``clients`` or ``sentinels`` where nothing else is on it."""


@dataclass
class Panel:
    """A side: its title, and its hosts. ``framed`` is false where nothing was cut."""

    title: str
    kind: str
    hosts: list[HostBox] = field(default_factory=list)
    x: float = 0
    y: float = 0
    width: float = 0
    height: float = 0
    framed: bool = True


@dataclass(frozen=True)
class Layout:
    """Everything with its place."""

    width: float
    height: float
    panels: list[Panel]
    border: tuple[float, float, float, float] | None
    """The line of the cut: from x, y to x, y."""
    wide: bool


def laid_out(picture: Picture, *, wide: bool) -> Layout:
    """Place everything of a picture."""
    panels = [_panel(side, picture) for side in picture.sides]
    framed = picture.border is not None and len(picture.sides) > 1
    for panel in panels:
        panel.framed = framed
    return (_wide if wide else _narrow)(panels, bordered=picture.border is not None)


def _panel(side: Side, picture: Picture) -> Panel:
    if not side.apart:
        title, kind = "not concerned by it", "beside"
    elif side.primaries:
        title, kind = f"{' and '.join(side.primaries)} is primary here", "led"
    else:
        title, kind = "no primary here", "leaderless"
    hosts = sorted(side.hosts, key=_layer)
    return Panel(title, kind, [_host_box(host, picture) for host in hosts])


def _layer(host: Host) -> int:
    """0: clients alone, 1: data nodes, 2: Sentinels alone or nothing."""
    if host.data:
        return 1
    return 0 if host.clients and not host.sentinels else 2


def _host_box(host: Host, picture: Picture) -> HostBox:
    chips = [
        *(_data_chip(node, picture) for node in host.data),
        *(_sentinel_chip(one, picture) for one in host.sentinels),
        *(_client_chip(one, picture) for one in host.clients),
    ]
    return HostBox(host.name, host.faults, chips, only=KINDS[_layer(host)])


STATES = {
    "primary": "primary",
    "replica": "replica",
    "detached": "replica, link down",
    "down": "down",
    "paused": "hung",
    "starting": "starting",
    "up": "",
    "tilt": "in TILT",
}


def _data_chip(node: DataNode, picture: Picture) -> Chip:
    before, after = (STATES.get(state, state) for state in (node.before, node.after))
    same = before == after or (before, after) == ("replica", STATES["detached"])
    rows = [Row(node.name, "name"), Row(after if same else f"{before} → {after}", "state")]
    if node.master:
        rows.append(Row(f"of {node.master}"))
    acknowledged = node.writes[picture.main][0] if node.writes else 0
    if acknowledged:
        rows.append(Row(f"acknowledged {count(acknowledged)}"))
    if node.lost:
        rows.append(Row(f"{count(node.lost)} lost", "bad"))
    if node.refused:
        rows += [Row(f"refused {count(node.refused[0])}", "bad"), Row(node.refused[1], "bad")]
    rows += [Row(f"⚡ {fault}", "fault") for fault in node.faults]
    kind = node.after if node.after in ("", *STATES) else "unknown"  # a foreign record may have any word there
    return Chip(node.name, f"data {kind}" if node.own else f"data {kind} other", rows)


def _sentinel_chip(one: Watcher, picture: Picture) -> Chip:
    rows = [Row(one.name, "name")]
    said = "led the failover" if one.led else "saw it down" if one.doubted else "saw nothing wrong"
    if picture.main or len(picture.periods) > 1:
        rows.append(Row(f"{'★' if one.led else '✓' if one.doubted else NONE} {said}", "state"))
    if one.state != "up":
        rows.append(Row(STATES.get(one.state, one.state), "bad"))
    elif one.names:
        rows.append(Row(f"names {one.names}"))
    if one.reason:
        rows.append(Row(one.reason.partition(" (")[0], "bad"))
    rows += [Row(f"⚡ {fault}", "fault") for fault in one.faults]
    return Chip(one.name, f"sentinel {one.state}", rows)


def _client_chip(one: Writer, picture: Picture) -> Chip:
    rows = [Row(one.name, "name")]
    now = [arrow for arrow in picture.arrows if arrow.client == one.name and arrow.now]
    for arrow in now:
        rows += [Row(f"→ {arrow.node}"), Row(f"{count(arrow.count)} acknowledged")]
    if not now and picture.arrows:
        rows.append(Row("0 acknowledged", "bad"))
    rows += [Row(f"⚡ {fault}", "fault") for fault in one.faults]
    return Chip(one.name, "client", rows)


# --- Places.


def _place_host(host: HostBox, x: float, y: float, width: float, per_row: int) -> None:
    """Place a host with its chips, ``per_row`` next to each other; its height follows from them."""
    host.x, host.y, host.width = x, y, width
    top = y + TITLE + PAD / 2 + (LINE * len(host.faults))
    inner = width - 2 * PAD
    for start in range(0, len(host.chips), per_row):
        row = host.chips[start : start + per_row]
        share = (inner - (per_row - 1) * PAD / 2) / per_row
        for number, chip in enumerate(row):
            chip.x, chip.y, chip.width = x + PAD + number * (share + PAD / 2), top, share
        top += max(chip.height for chip in row) + PAD / 2
    host.height = top + PAD / 2 - y


def _rows(hosts: Sequence[HostBox], columns: Mapping[str, int]) -> list[list[HostBox]]:
    """Rows of hosts of the same kind, at most as many in each as its kind has columns."""
    rows: list[list[HostBox]] = []
    for host in hosts:
        if rows and rows[-1][0].only == host.only and len(rows[-1]) < columns[host.only]:
            rows[-1].append(host)
        else:
            rows.append([host])
    return rows


def _fill(
    panel: Panel, rows: list[list[HostBox]], top: float, gap: float, per_row: Mapping[str, int], most: float
) -> float:
    """Place rows of hosts in a panel from ``top`` on, centred; return where the last one ends."""
    for row in rows:
        room = panel.width - (2 * PAD if panel.framed else 0)
        columns = max(len(one) for one in rows if one[0].only == row[0].only)
        width = min(most, (room - (columns - 1) * GAP) / columns)
        left = panel.x + (panel.width - (len(row) * width + (len(row) - 1) * GAP)) / 2
        for number, host in enumerate(row):
            _place_host(host, left + number * (width + GAP), top, width, per_row[host.only])
        tallest = max(host.height for host in row)
        for host in row:
            host.height = tallest
        top += tallest + gap
    return top - gap


def _first_row(panel: Panel) -> float:
    return panel.y + (TITLE + PAD + 4 if panel.framed else 0)


def _wide(panels: list[Panel], *, bordered: bool) -> Layout:
    """Sides next to each other, with equal kinds of hosts at equal heights; hosts that the cut does not concern below them."""
    beside = [panel for panel in panels if panel.kind != "beside"]
    shares = _columns(beside)
    y = TITLE + PAD if bordered else 2.0
    between = BORDER_PX if len(beside) > 1 else 0
    unit = (WIDE_PX - between * (len(beside) - 1) - 4) / sum(shares)
    x = 2.0
    for panel, columns in zip(beside, shares, strict=True):
        panel.x, panel.y, panel.width = x, y, unit * columns
        x += panel.width + between
    bottom = _layers(beside, shares)
    line_x = beside[0].x + beside[0].width + between / 2
    line = (line_x, y - 4, line_x, bottom)
    for panel in panels:
        if panel.kind == "beside":
            panel.x, panel.y, panel.width = 2.0, bottom + GAP, WIDE_PX - 4
            bottom = _layers([panel], [MOST_COLUMNS])
    return Layout(WIDE_PX, bottom + 2, panels, line if len(beside) > 1 else None, wide=True)


def _layers(panels: list[Panel], columns: list[int]) -> float:
    """Place the hosts of panels at the same height, kind by kind; return where the panels end."""
    top = bottom = _first_row(panels[0])
    for only in KINDS:
        for panel, most in zip(panels, columns, strict=True):
            rows = _rows([host for host in panel.hosts if host.only == only], dict.fromkeys(KINDS, most))
            if rows:
                bottom = max(bottom, _fill(panel, rows, top, ROW_GAP, dict.fromkeys(KINDS, 1), LARGEST_HOST_PX))
        top = bottom + ROW_GAP if bottom > top else top
    for panel in panels:
        panel.height = bottom + (PAD if panel.framed else 0) - panel.y
    return panels[0].y + panels[0].height


def _columns(panels: list[Panel]) -> list[int]:
    """Return how many hosts each side has next to each other: the widest row's, less where they do not fit together."""
    shares = [max(1, *(sum(host.only == only for host in panel.hosts) for only in KINDS)) for panel in panels]
    while sum(shares) > MOST_COLUMNS and max(shares) > 1:
        shares[shares.index(max(shares))] -= 1
    return shares


def _narrow(panels: list[Panel], *, bordered: bool) -> Layout:
    """Sides below each other: a host with several servers on a row of its own, others in pairs."""
    top, line = 2.0, None
    for number, panel in enumerate(panels):
        panel.x, panel.y, panel.width = 1.0, top, NARROW_PX - 2
        single = {only: all(len(host.chips) <= 1 for host in panel.hosts if host.only == only) for only in KINDS}
        rows = _rows(panel.hosts, {only: 2 if alone else 1 for only, alone in single.items()})
        first = _first_row(panel)
        end = _fill(panel, rows, first, GAP - 4, {only: 1 if alone else 2 for only, alone in single.items()}, NARROW_PX)
        panel.height = end + (PAD if panel.framed else 0) - panel.y
        top += panel.height
        if number == 0 and len(panels) > 1 and panels[1].kind != "beside":
            line = (0.0, top + BORDER_PX / 2, NARROW_PX, top + BORDER_PX / 2)
            top += BORDER_PX
        else:
            top += GAP
    top += TITLE if bordered and line is None else 0
    return Layout(NARROW_PX, top - GAP + 2, panels, line, wide=False)
