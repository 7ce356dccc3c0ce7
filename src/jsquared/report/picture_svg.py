"""A trial's picture as inline SVG: one for wide pages, one for narrow ones, of which the style sheet shows the one that fits.

Names come from users' configurations: every text is made :func:`~jsquared.text.printable` and escaped, and one that is too long for its
box is shortened; the whole name is in the box's title. Colours are the style sheet's, so that dark pages have their own.
"""

from markupsafe import Markup

from jsquared.report.picture import Border, Picture
from jsquared.report.picture_layout import LINE, PAD, TITLE, Chip, HostBox, Layout, Panel, laid_out
from jsquared.text import printable

_CHARACTER_PX = 6.7
"""The mean width of a character of 12 px, a little more than usual, since fonts differ."""
_BOLD_PX = 7.3


def pictures(picture: Picture, number: int) -> Markup:
    """Both drawings of a picture. ``number`` is the trial's, for names that are unique on the page."""
    drawings = [(laid_out(picture, wide=wide), "wide" if wide else "narrow") for wide in (True, False)]
    return Markup("\n").join(_svg(picture, layout, f"picture-{number}-{name}", name) for layout, name in drawings)


def _svg(picture: Picture, layout: Layout, name: str, kind: str) -> Markup:
    parts = [
        *(_panel(panel) for panel in layout.panels),
        *(_arrows(picture, layout, name) if layout.wide else []),
        *(_host(host) for panel in layout.panels for host in panel.hosts),
        *([_border(picture.border, layout)] if picture.border else []),
    ]
    return Markup(
        '<svg class="picture {kind}" role="img" aria-labelledby="{name}-title {name}-desc" viewBox="0 0 {width} {height}" '
        'xmlns="http://www.w3.org/2000/svg"><title id="{name}-title">{title}</title><desc id="{name}-desc">{desc}</desc>'
        "<defs>{heads}</defs>{parts}</svg>"
    ).format(
        kind=kind,
        name=name,
        width=_px(layout.width),
        height=_px(layout.height),
        title=printable(picture.headline),
        desc=printable(" ".join([*picture.sentences, *_told(picture)])),
        heads=Markup("").join(_head(name, head) for head in ("now", "then", "lost")),
        parts=Markup("").join(parts),
    )


def _head(name: str, kind: str) -> Markup:
    """The head of a kind of arrow."""
    return Markup(
        '<marker id="{}-{}" class="head {}" viewBox="0 0 8 8" refX="7" refY="4" markerUnits="userSpaceOnUse" markerWidth="10" '
        'markerHeight="10" orient="auto"><path d="M0 0 8 4 0 8z"/></marker>'
    ).format(name, kind, kind)


def _told(picture: Picture) -> list[str]:
    """Say who is on which side, for those who do not see it."""
    words = []
    for number, side in enumerate(picture.sides, 1):
        nodes = [f"{node.name} ({node.after})" for host in side.hosts for node in host.data]
        others = [one.name for host in side.hosts for one in host.sentinels]
        others += [one.name for host in side.hosts for one in host.clients]
        where = f"Side {number}" if len(picture.sides) > 1 else "All hosts"
        words.append(f"{where}: {', '.join([*nodes, *others]) or 'nothing'}.")
    words += [
        f"{arrow.client} wrote to {arrow.node}: {arrow.count:,} acknowledged." for arrow in picture.arrows if arrow.now
    ]
    return words


def _px(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


def _fitting(text: str, width: float, character_px: float = _CHARACTER_PX) -> str:
    """The text, shortened with an ellipsis where it is wider than that."""
    shown, most = printable(text), max(4, int(width / character_px))
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def _rectangle(x: float, y: float, width: float, height: float, radius: int) -> Markup:
    return Markup('<rect x="{}" y="{}" width="{}" height="{}" rx="{}"/>').format(
        *map(_px, (x, y, width, height)), radius
    )


def _text(x: float, y: float, text: str, kind: str = "") -> Markup:
    return Markup('<text class="{}" x="{}" y="{}">{}</text>').format(kind, _px(x), _px(y), text)


def _panel(panel: Panel) -> Markup:
    if not panel.framed:
        return Markup("")
    title = _fitting(panel.title, panel.width - 2 * PAD, 7.4)
    return Markup('<g class="side {}">{}{}</g>').format(
        panel.kind,
        _rectangle(panel.x, panel.y, panel.width, panel.height, 12),
        _text(panel.x + PAD + 4, panel.y + TITLE, title, "side-title"),
    )


def _host(host: HostBox) -> Markup:
    title = _fitting(host.title, host.width - 2 * PAD)
    faults = [
        _text(host.x + PAD + 2, host.y + 15 + LINE * number, _fitting(f"⚡ {fault}", host.width - 2 * PAD), "fault")
        for number, fault in enumerate(host.faults, 1)
    ]
    return Markup('<g class="host"><title>{}</title>{}{}{}{}</g>').format(
        printable(host.title),
        _rectangle(host.x, host.y, host.width, host.height, 9),
        _text(host.x + PAD + 2, host.y + 15, title, "host-name"),
        Markup("").join(faults),
        Markup("").join(map(_chip, host.chips)),
    )


def _chip(chip: Chip) -> Markup:
    """A server or client. Its title has all of its lines, whole."""
    rows = [
        _text(
            chip.x + 9,
            chip.y + 17 + LINE * number,
            _fitting(row.text, chip.width - 16, _BOLD_PX if row.kind else _CHARACTER_PX),
            row.kind,
        )
        for number, row in enumerate(chip.rows)
    ]
    return Markup('<g class="chip {}"><title>{}</title>{}{}</g>').format(
        chip.kind,
        printable(": ".join([chip.name, ", ".join(row.text for row in chip.rows[1:])])),
        _rectangle(chip.x, chip.y, chip.width, chip.height, 6),
        Markup("").join(rows),
    )


def _border(border: Border, layout: Layout) -> Markup:
    """The line between the sides with its words; the words alone where there are no sides."""
    kind = "impaired" if border.impaired else "cut"
    mark = "≈" if border.impaired else "✂"
    words = _fitting(f"{mark} {border.words}", layout.width - 40, 7.2)
    width = len(words) * 7.2 + 20
    line = Markup("")
    if layout.border is None:
        x, y = layout.width / 2, 12.0 if layout.wide else layout.height - 12
    else:
        x1, y1, x2, y2 = layout.border
        line = Markup('<path class="line" d="{}"/>').format(_zigzag(x1, y1, x2, y2))
        x, y = (x1, 12.0) if layout.wide else ((x1 + x2) / 2, y1)
    x = min(max(x, width / 2 + 1), layout.width - width / 2 - 1)
    label = Markup('<text class="words" x="{}" y="{}" text-anchor="middle">{}</text>').format(_px(x), _px(y + 4), words)
    return Markup('<g class="border {}">{}{}{}</g>').format(
        kind, line, _rectangle(x - width / 2, y - 11, width, 22, 11), label
    )


def _zigzag(x1: float, y1: float, x2: float, y2: float) -> str:
    """A torn line, straight across or straight down."""
    steps = max(2, int(max(abs(x2 - x1), abs(y2 - y1)) / 14))
    upright = x1 == x2
    points = []
    for number in range(steps + 1):
        aside = 5 if number % 2 else -5
        x = x1 + (x2 - x1) * number / steps + (aside if upright else 0)
        y = y1 + (y2 - y1) * number / steps + (0 if upright else aside)
        points.append(f"{_px(x)} {_px(y)}")
    return f"M{' L'.join(points)}"


def _arrows(picture: Picture, layout: Layout, name: str) -> list[Markup]:
    """From clients on hosts of their own down to the data nodes that acknowledged: before the fault (dashed) and now."""
    hosts = [host for panel in layout.panels for host in panel.hosts]
    homes = {
        chip.name: host for host in hosts for chip in host.chips if host.only == "clients" and chip.kind == "client"
    }
    chips = {chip.name: (chip, host) for host in hosts for chip in host.chips if chip.kind.startswith("data")}
    now = {(arrow.client, arrow.node) for arrow in picture.arrows if arrow.now}
    drawn = []
    for number, arrow in enumerate(picture.arrows):
        home, target = homes.get(arrow.client), chips.get(arrow.node)
        if home is None or target is None or (not arrow.now and (arrow.client, arrow.node) in now):
            continue
        lost = any(node.lost for node in picture.data if node.name == arrow.node)
        kind = "then" if not arrow.now else "lost" if lost else "now"
        drawn.append(_arrow(home, target[1], number, kind, f"{name}-{kind}"))
    return drawn


def _arrow(home: HostBox, target: HostBox, number: int, style: str, head: str) -> Markup:
    aside = (number % 5 - 2) * 16
    x1, y1 = home.x + home.width / 2 + aside / 2, home.y + home.height
    x2, y2 = target.x + target.width / 2 + aside, target.y - 1
    bend = max(14.0, (y2 - y1) * 0.55)
    path = f"M{_px(x1)} {_px(y1)} C{_px(x1)} {_px(y1 + bend)} {_px(x2)} {_px(y2 - bend)} {_px(x2)} {_px(y2)}"
    return Markup('<path class="arrow {}" d="{}" marker-end="url(#{})"/>').format(style, path, head)
