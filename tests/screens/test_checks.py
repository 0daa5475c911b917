"""The checks of the screen tests, on small pages: each finds what it is for, and nothing else."""

import pytest

from tests.screens.screen import HERE

pytestmark = pytest.mark.browser

TEXT = "A text that is far too long for it"


@pytest.fixture(scope="module")
def bare(browser):
    """An empty page."""
    page = browser.new_page(viewport={"width": 400, "height": 300})
    yield page
    page.close()


def ask(page, html, check, *arguments: object):
    """What a check finds in a body's markup."""
    page.set_content(f"<!doctype html><html lang=en><title>t</title>{html}</html>")
    page.evaluate((HERE / "checks.js").read_text(encoding="utf-8"))
    return page.evaluate("([check, args]) => screens[check](...args)", [check, list(arguments)])


@pytest.mark.parametrize(
    ("check", "html", "is_found"),
    [
        ("wide", "<div style='width:900px'>a</div>", True),
        ("wide", "<div class=scroll style='overflow:auto'><p style='width:900px'>a</div>", False),
        ("clipped", f"<p style='width:4em;overflow:hidden;white-space:nowrap'>{TEXT}</p>", True),
        ("clipped", f"<p style='height:1em;overflow:hidden;width:4em'>{TEXT}</p>", True),
        ("clipped", f"<p style='width:4em;white-space:nowrap'>{TEXT}</p>", True),
        ("clipped", f"<button style='width:4em;white-space:nowrap'><b>{TEXT}</b></button>", True),
        ("clipped", f"<svg width=40 height=20><text y=15>{TEXT}</text></svg>", True),
        ("clipped", "<svg width=40 height=20><text y=15>A</text></svg>", False),
        ("clipped", f"<p style='width:4em'>{TEXT}</p>", False),
        (
            "clipped",
            f"<div class=scroll style='overflow:auto;width:4em'><p>{TEXT}</p></div>",
            False,
        ),
        ("clipped", f"<h2 style='position:absolute;clip-path:inset(50%);width:1px'>{TEXT}", False),
        ("overlapping", "<p>One text</p><p style='margin-top:-30px'>Another</p>", True),
        ("overlapping", "<p>One <b>text</b> and</p><p>Another</p>", False),
        ("small", "<button style='width:20px;height:30px'></button>", True),
        ("small", "<button style='width:24px;height:24px'></button>", False),
        ("small", "<label style='display:block;height:30px'><input type=radio> Yes</label>", False),
        ("small", "<p>In a sentence a <a href='#'>link</a> is small.</p>", False),
        ("small", "<p><a href='#'>i</a></p>", True),
        ("moving", "<p style='transition:color 1s'>a</p>", True),
        ("moving", "<p style='transition:color 10ms'>a</p>", False),
        ("moving", "<html style='scroll-behavior:smooth'>", True),
        ("moving", "<style>@keyframes a{}p::before{content:'';animation:a 1s}</style><p>a", True),
        ("untranslated", "<p>[Šéé mmééˇ] Settings</p>", True),
        ("untranslated", "<p aria-label='Settings'>[Šééťť]</p>", True),
        ("untranslated", "<p>[Ťĥéé ḿóóďééľ] SmolLM2-135M</p>", False),
        ("untranslated", "<p>[Áá <b>model.onnx</b> ííš ḿííššííňğ.]</p>", False),
        ("untranslated", "<p>[Šééťťííňğš] 12 · <code>hook_z</code> <bdi>March</bdi></p>", False),
    ],
)
def test_a_fault_is_found(bare, check, html, is_found):
    """Each check finds its fault, and lets through what is no fault."""
    arguments = {"small": [24], "untranslated": [["SmolLM2-135M"]]}.get(check, [])

    assert bool(ask(bare, html, check, *arguments)) == is_found


def test_usable_things_are_listed_once(bare):
    """Links, buttons, fields and the chosen radio button are usable; what is hidden is not."""
    html = (
        "<a href='#'>a</a><button>b</button><button disabled>c</button><button hidden>d</button>"
        "<input type=radio name=r><input type=radio name=r checked><p tabindex=0>e</p>"
        "<p tabindex=-1>f</p><details><summary>g</summary><button>h</button></details>"
    )
    ask(bare, html, "headings")

    assert bare.evaluate("screens.usable().map((one) => one.outerHTML.length > 0).length") == 5


def test_focus_without_a_ring_is_found(bare):
    """A focus that cannot be seen is told, and one that lies under something else."""
    html = (
        "<style>button{outline:none}b,p{display:block}</style><button>a</button><a href='#'>b</a>"
        "<div style='position:relative'><a href='#'>c</a>"
        "<b style='position:absolute;inset:0;background:#fff'></b></div>"
    )
    ask(bare, html, "headings")
    bare.evaluate("window.all = screens.usable()")
    found = []
    for _ in range(3):
        bare.keyboard.press("Tab")
        found.append(bare.evaluate("screens.focus(window.all)"))

    assert [(at["index"], at["isVisible"]) for at in found] == [(0, True), (1, True), (2, False)]
    assert not found[0]["hasRing"]
