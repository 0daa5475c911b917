"""The texts that a licence asks to go with a model: written, in the manifest, on its card."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from export import licence, site
from export.asset_lists import whole_manifest
from export.packages import SiteError
from export.plain_text import text_of_html
from export.stages.models import GEMMA3
from seethrough.app.library import card_of
from seethrough.app.state import EngineStatus
from seethrough.core.assets import LICENCE, of_kind
from seethrough.core.manifest import from_json, to_json
from seethrough.view.layout import PANELS
from tests.fake_engine import tiny_model
from tests.view.sample import Reading, state

if TYPE_CHECKING:
    from pathlib import Path

PAGE = """<html><head><title>x</title><script>fetch("https://elsewhere")</script></head><body>
<nav>Menu</nav><div class="devsite-article-body clearfix"><div><p>You  must not &amp;<br>
ever.</p></div><ul><li>one</li><li>two</li></ul></div><footer>Feedback</footer></body></html>"""


def written(folder: Path) -> Path:
    """A model's folder with its licence beside it."""
    (folder / "page.html").write_text(PAGE)
    (folder / "source.md").write_text("From elsewhere.")
    model = folder / "model"
    model.mkdir()
    (model / "manifest.json").write_text(to_json(tiny_model().manifest))
    told = ["--title", "Terms of Use", "--text", str(folder / "page.html")]
    told += ["--notice", "Is provided under terms.", "--beside", str(folder / "source.md")]
    assert licence.main(["--out", str(model / "licence"), "--file", "a.gguf", *told]) == 0
    return model


def test_an_article_is_its_words():
    """Scripts, menus and markup stay behind; paragraphs and lists keep their lines."""
    assert text_of_html(PAGE) == "You must not &\never.\n\n- one\n- two\n"
    assert text_of_html("<p>All <b>of</b> it") == "All of it\n"


def test_terms_and_notice_are_files_of_the_model(tmp_path: Path):
    """The notice says what it must, what was changed, and what the source says."""
    model = written(tmp_path)
    found = of_kind(whole_manifest(model).assets, LICENCE)

    terms, notice = ((model / item.path).read_text() for item in found)

    assert [item.told["name"] for item in found] == ["terms", "notice"]
    assert terms == "Terms of Use\n\nYou must not &\never.\n\n- one\n- two\n"
    assert notice.startswith("Is provided under terms.\n\n")
    assert "made by Seethrough from a.gguf" in notice
    assert notice.endswith("From elsewhere.")


def test_the_card_names_them_before_the_download(tmp_path: Path):
    """Who is to press "Download" reads what that agrees to, with the way to the text."""
    manifest = whole_manifest(written(tmp_path))
    card = replace(card_of(manifest, folder="models/tiny/"), id="tiny")
    shown = state(models=(card,), absent=(), engine=EngineStatus())

    html = PANELS["status"].render(shown)

    links = [attrs.get("href") for tag, attrs in Reading(html).elements if tag == "a"]
    files = [f"models/tiny/{item.path}" for item in manifest.of_kind(LICENCE)]
    assert [link for link in links if link in files] == files
    assert "agrees to the" in html
    assert card_of(tiny_model().manifest).terms is None


def test_a_site_without_them_is_refused(tmp_path: Path):
    """A model whose licence asks for it is not passed on alone."""
    model = written(tmp_path)
    manifest = replace(from_json((model / "manifest.json").read_text()), id=GEMMA3.id)
    (model / "manifest.json").write_text(to_json(manifest))
    site.check_terms(whole_manifest(model))
    (model / "licence" / "assets.json").write_text(json.dumps([]))

    with pytest.raises(SiteError, match="ask that their text and a notice go with"):
        site.check_terms(whole_manifest(model))
