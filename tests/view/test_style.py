"""The style sheet: the same colours as the pixels, AA contrast, no size below 13 px."""

from __future__ import annotations

import re

import pytest

from export.style import whole_style, written_style
from seethrough.view.scales import AA, DARK, LIGHT, contrast, rgb
from tests.view.sample import Reading, page, state

CSS = written_style()
PAIR = re.compile(r"--([\w-]+): light-dark\((#[0-9A-F]{6}), (#[0-9A-F]{6})\);")
THEMES = {
    "light": {name: light for name, light, _ in PAIR.findall(CSS)},
    "dark": {name: dark for name, _, dark in PAIR.findall(CSS)},
}
TEXT = ("ink", "ink-soft", "query", "key", "alarm")
# Graphics and the edges of controls need 3:1 (WCAG 1.4.11); hairlines and hatching only decorate.
GRAPHICS = (
    *("edge", "embedding", "query", "key", "value", "attention", "feed-forward", "residual"),
    *("logit", "negative", "positive", *(f"hue-{hue}" for hue in range(8))),
)


def test_pixels_and_page_share_their_colours() -> None:
    """Each role that Python draws with is the style sheet's own."""
    assert THEMES["light"] | LIGHT == THEMES["light"]
    assert THEMES["dark"] | DARK == THEMES["dark"]


def test_browsers_without_light_dark_get_the_light_theme() -> None:
    """The plain declarations before `light-dark()` are the light roles."""
    plain = dict(re.findall(r"^  --([\w-]+): (#[0-9A-F]{6});", CSS, flags=re.MULTILINE))

    assert plain == THEMES["light"]


@pytest.mark.parametrize("name", THEMES)
def test_text_reads(name: str) -> None:
    """Every colour that text has reaches AA on paper and on what is raised from it."""
    roles = THEMES[name]
    for role in TEXT:
        for ground in ("paper", "raised"):
            assert contrast(rgb(roles[role]), rgb(roles[ground])) >= AA, (role, ground)


@pytest.mark.parametrize("name", THEMES)
def test_graphics_stand_out(name: str) -> None:
    """Every colour that means something reaches 3:1 on paper."""
    roles = THEMES[name]
    for role in GRAPHICS:
        assert contrast(rgb(roles[role]), rgb(roles["paper"])) >= 3, role


def test_colours_live_in_roles() -> None:
    """No rule names a colour by itself: all stand on :root."""
    rules = re.sub(r"^ +--[\w-]+: .*$|@supports .*$", "", CSS, flags=re.MULTILINE)

    assert re.findall(r"#[0-9A-Fa-f]{3,8}(?=[;,) ])", rules) == []


def test_no_text_is_small() -> None:
    """The type scale is 13 to 56 px, and text takes its size from it or from its parent."""
    scale = re.findall(r"--size-(\d+): ([\d.]+)rem", CSS)

    assert [(int(px), float(rem) * 16) for px, rem in scale] == [
        (px, px) for px in (13, 15, 17, 21, 28, 40, 56)
    ]
    named = r"var\(--(?:size-\d+|presenting|larger)\)"
    for size in re.findall(r"font-size: ([^;]+);", CSS):
        assert re.fullmatch(rf"{named}|inherit|0\.92em|1rem", size), size


def test_every_class_has_a_rule() -> None:
    """A class that a view writes is one that the style sheet knows, or says a state."""
    used = {name for names in Reading(page(state())).values("class") for name in names.split()}
    silent = {"future", "at-0", "at-100", "key-labels"}

    known = set(re.findall(r"\.([a-z][\w-]*)", CSS))
    assert used - known - silent == set()


def test_motion_can_be_turned_off() -> None:
    """Who asks for less motion gets the end state at once."""
    assert "@media (prefers-reduced-motion: reduce)" in CSS


def test_fonts_come_from_the_site() -> None:
    """Three subsets of two families, none from another host."""
    sources = re.findall(r'url\("([^"]+)"\)', CSS)

    assert sources == [
        f"./fonts/{family}-{subset}.woff2"
        for family in ("inter", "jetbrains-mono")
        for subset in ("cyrillic", "latin-ext", "latin")
    ]
    assert "//" not in "".join(sources)


def test_the_shipped_style_has_the_same_rules() -> None:
    """What is shipped differs from what is written by comments, idle signs and spelling alone."""

    def bare(css: str) -> str:
        css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
        spelled = re.sub(r"\\([0-9A-F]{6})", lambda found: chr(int(found[1], 16)), css)
        tight = re.sub(r"\s*([{};,])\s*", r"\1", re.sub(r":\s+", ":", spelled))
        return re.sub(r"\s+", " ", tight).strip().replace(";}", "}")

    def quoted(css: str) -> list[str]:
        css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
        found = re.findall(r'"[^"]*"', css)
        return [
            re.sub(r"\\([0-9A-F]{6})", lambda code: chr(int(code[1], 16)), one) for one in found
        ]

    assert bare(whole_style()) == bare(CSS)
    assert quoted(whole_style()) == quoted(CSS)
    assert whole_style().isascii()
    assert len(whole_style()) < len(CSS)
