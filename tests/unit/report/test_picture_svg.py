"""The picture as it is drawn: boxes that fit and do not overlap, on wide and narrow pages, and names that stay text."""

import itertools
import re
from xml.etree import ElementTree as ET

import pytest

from jsquared.report.picture import Border, DataNode, Host, Picture, Side, Writer
from jsquared.report.picture_layout import NARROW_PX, WIDE_PX, HostBox, Layout, laid_out
from jsquared.report.picture_sentinels import Watcher
from jsquared.report.picture_svg import pictures
from jsquared.report.picture_writes import Arrow, Period

SVG = "{http://www.w3.org/2000/svg}"
EVIL = "</text><script>alert(1)</script>&\"'\u202e\x1b" + "long" * 30
PERIODS = (Period("before the fault", 0, 10), Period("while the fault lasted", 10, 20), Period("afterwards", 20, None))


def picture(sides: list[list[Host]], border: Border | None = None, arrows: tuple[Arrow, ...] = ()) -> Picture:
    """A picture of these hosts."""
    whole = tuple(Side(tuple(hosts), ("redis-1",) if number == 0 else ()) for number, hosts in enumerate(sides))
    return Picture(
        whole, border, arrows, PERIODS, 1, "Two primaries.", ("A sentence.",), split_brain=False, harmful=False
    )


def full(number: int, masters: int = 1) -> Host:
    """A host with data nodes and a Sentinel."""
    data = tuple(
        DataNode(
            f"redis-{number}-{'abcdefgh'[master]}", "replica", "primary", writes=((1, 0), (2, 1), (0, 0)),
            refused=(3, "NOREPLICAS"), faults=("kill",), master="orders" if masters > 1 else "",
        )
        for master in range(masters)
    )  # fmt: skip
    return Host(f"n{number}", data, (Watcher(f"sentinel-{number}", "up", doubted=True, names="redis-1"),))


def watcher(number: int) -> Host:
    """A host with a Sentinel alone."""
    return Host(
        f"s{number}", sentinels=(Watcher(f"sentinel-{number}", "tilt", reason="late (event)"),), faults=("clock",)
    )


def writer(number: int) -> Host:
    """A host with a client alone."""
    return Host(f"c{number}", clients=(Writer(f"client-{number}", ("pause",)),))


CUT = Border("all links cut")
SHAPES = {
    "three": ([[full(1), full(2), full(3), writer(1), writer(2)]], None),
    "twelve": ([[*(full(n) for n in range(9)), *(watcher(n) for n in range(3)), *(writer(n) for n in range(6))]], None),
    "apart": ([[full(1), full(2), writer(1)], [full(3), *(watcher(n) for n in range(3)), writer(2)]], CUT),
    "five of twelve": ([[full(n) for n in range(5)], [*(full(n) for n in range(5, 12)), writer(1)]], CUT),
    "beside": ([[full(1)], [full(2)], [full(3), writer(1)]], CUT),
    "two groups": ([[full(n, masters=2) for n in range(3)], [writer(1)]], CUT),
    "no sides": ([[full(1), full(2)]], Border("loss between any two hosts", impaired=True)),
    "mixed": ([[Host("n1", full(1).data, full(1).sentinels, (Writer("client-1"),)), Host("empty")]], None),
}


def boxes(layout: Layout) -> list[HostBox]:
    """Every host's box."""
    return [host for panel in layout.panels for host in panel.hosts]


@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("shape", SHAPES)
def test_boxes_fit_and_do_not_overlap(shape, wide) -> None:
    """Hosts are inside the drawing and apart from each other; chips are inside their host and apart from each other."""
    layout = laid_out(picture(*SHAPES[shape]), wide=wide)
    assert layout.width == (WIDE_PX if wide else NARROW_PX)
    things = boxes(layout)
    assert len(things) == sum(len(side) for side in SHAPES[shape][0])
    for one in things:
        assert min(one.x, one.y) >= 0
        assert one.x + one.width <= layout.width
        assert one.y + one.height <= layout.height
        assert one.width >= 120
        for chip in one.chips:
            assert one.x <= chip.x <= chip.x + chip.width <= one.x + one.width
            assert one.y <= chip.y <= chip.y + chip.height <= one.y + one.height
            assert chip.width >= 100
    for group in (things, *(one.chips for one in things)):
        for one, other in itertools.combinations(group, 2):
            aside = one.x + one.width <= other.x + 0.1 or other.x + other.width <= one.x + 0.1
            assert aside or one.y + one.height <= other.y + 0.1 or other.y + other.height <= one.y + 0.1


@pytest.mark.parametrize("wide", [True, False])
def test_sides_are_next_to_each_other_or_below_and_the_cut_between(wide) -> None:
    """The cut's line runs between the panels of the two sides and touches neither."""
    layout = laid_out(picture(*SHAPES["apart"]), wide=wide)
    left, right = layout.panels
    assert layout.border is not None
    x1, y1, x2, y2 = layout.border
    if wide:
        assert left.x + left.width < x1 == x2 < right.x
        assert left.height == right.height
    else:
        assert left.y + left.height < y1 == y2 < right.y
    assert (left.title, right.title) == ("redis-1 is primary here", "no primary here")


def test_clients_are_above_data_nodes_and_sentinels_below() -> None:
    """So that arrows run from top to bottom."""
    places = {host.title: host.y for host in boxes(laid_out(picture(*SHAPES["apart"]), wide=True))}
    assert places["c2"] < places["n3"] < places["s1"]


def test_data_nodes_of_both_sides_are_at_the_same_height() -> None:
    """Also where a side has no clients: no arrow has to turn upwards."""
    layout = laid_out(picture([[full(1)], [full(2), writer(1)]], CUT), wide=True)
    assert len({host.y for host in boxes(layout) if not host.only}) == 1


def drawings(*of: object) -> list[ET.Element]:
    """The two drawings, parsed."""
    return list(ET.fromstring(f"<page>{pictures(picture(*of), 7)}</page>"))


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_drawn_twice_and_named(shape) -> None:
    """Both are images with a title and a description, under names that are unique on the page."""
    found = drawings(*SHAPES[shape])
    assert [one.get("class") for one in found] == ["picture wide", "picture narrow"]
    names = [element.get("id") for one in found for element in one.iter() if element.get("id")]
    assert len(names) == len(set(names))
    for one in found:
        assert one.get("role") == "img"
        labels = (one.get("aria-labelledby") or "").split()
        title, description = (next(e for e in one.iter() if e.get("id") == label).text for label in labels)
        assert title == "Two primaries."
        assert "A sentence." in (description or "")
        assert all(host.name in (description or "") for side in SHAPES[shape][0] for h in side for host in h.data)


def test_arrows_of_now_and_then() -> None:
    """A client that moved has both, one that stayed only the new one; what is lost has its own colour; narrow pages have none."""
    arrows = (
        Arrow("client-1", "redis-1-a", 5, now=False),
        Arrow("client-1", "redis-1-a", 5, now=True),
        Arrow("client-2", "redis-2-a", 5, now=False),
        Arrow("client-2", "nowhere", 5, now=True),
    )
    wide, narrow = drawings([[full(1), full(2), writer(1), writer(2)]], None, arrows)
    kinds = [path.get("class") for path in wide.iter(f"{SVG}path") if "arrow" in (path.get("class") or "")]
    assert kinds == ["arrow lost", "arrow then"]
    assert not [path for path in narrow.iter(f"{SVG}path") if "arrow" in (path.get("class") or "")]
    assert "→ redis-1-a" in [text.text for text in narrow.iter(f"{SVG}text")]


def test_the_border_says_what_it_is() -> None:
    """A cut is torn and solid, an impairment another class."""
    for border, kind in ((CUT, "border cut"), (Border("delay", impaired=True), "border impaired")):
        wide, narrow = drawings([[full(1)], [full(2)]], border)
        for one in (wide, narrow):
            assert kind in [group.get("class") for group in one.iter(f"{SVG}g")]


def test_hostile_names_stay_text_and_short() -> None:
    """Markup is escaped, controls are visible, and no text is wider than its box."""
    data = (DataNode(EVIL, "primary", "down", faults=(EVIL,), master=EVIL), DataNode("r", EVIL, EVIL, own=False))
    host = Host(EVIL, data, (Watcher(EVIL, "up", names=EVIL),))
    one = picture(
        [[host], [Host("c", clients=(Writer(EVIL, (EVIL,)),))]], Border(EVIL), (Arrow(EVIL, EVIL, 1, now=True),)
    )
    text = str(pictures(one, 1))
    assert "<script" not in text
    assert not re.search("[\u202e\x1b]", text)
    assert 'class="chip data unknown other"' in text, "a word that is no state is no class either"
    for drawing in ET.fromstring(f"<page>{text}</page>"):
        assert all(len(row.text or "") <= WIDE_PX / 6 for row in drawing.iter(f"{SVG}text"))


def test_the_same_picture_is_the_same_text() -> None:
    """Nothing depends on anything but the picture."""
    assert pictures(picture(*SHAPES["apart"]), 1) == pictures(picture(*SHAPES["apart"]), 1)
