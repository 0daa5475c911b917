"""Take a picture of every page: `python -m tests.screens.take --dist dist --out FOLDER`.

Each place at each width, light and dark, in English; in the pseudo-languages in light. index.html
beside the pictures shows them all.
"""

from __future__ import annotations

import argparse
import html
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from export.stages.paths import shown
from tests.browser_path import CHROMIUM_FLAGS, browser_path
from tests.screens.gpt2_site import build_site
from tests.screens.places import ENGLISH, GPT2_PLACES, LANGUAGES, PLACES, SCHEMES, SIZES
from tests.screens.screen import opened, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.screens.places import Place
    from tests.screens.screen import Screen

STYLE = (
    "body{font:15px system-ui;margin:24px;background:#ddd}"
    "main{display:grid;grid-template-columns:repeat(auto-fill,minmax(320px,1fr));gap:24px}"
    "figure{margin:0}img{width:100%;max-height:480px;object-fit:cover;object-position:top}"
)


def picture_name(place: str, width: int, look: str) -> str:
    """A picture's file name; `look` is light, dark or a pseudo-language."""
    return f"{place}-{width}-{look}.png"


def take_all(
    screen: Screen,
    out: Path,
    only: str,
    places: tuple[Place, ...] = PLACES,
    languages: tuple[str, ...] = LANGUAGES,
) -> list[str]:
    """Every picture of the list, one page load for all; returns the file names."""
    taken = []
    for language in languages:
        schemes = SCHEMES if language == ENGLISH else ("light",)
        for size in SIZES:
            for scheme in schemes:
                screen.look(size, scheme)
                look = scheme if language == ENGLISH else language
                for place in places:
                    if only in place.name:
                        name = picture_name(place.name, size[0], look)
                        screen.go(place.address, language)
                        take(screen, out / name)
                        taken.append(name)
                print(f"{size[0]} × {size[1]}, {look}: {len(taken)} pictures", flush=True)
    return taken


def take_gpt2(browser: Browser, options: argparse.Namespace) -> tuple[list[str], list[str]]:
    """The nine steps of a live model in distilgpt2's shape; file names and complaints."""
    with tempfile.TemporaryDirectory() as work:
        site = build_site(options.dist, Path(work))
        with served(site) as url, opened(browser, url) as screen:
            screen.page.evaluate("window.seethrough.load().then(() => 1)")
            screen.go(GPT2_PLACES[0].address)
            screen.page.wait_for_selector(".badge.is-live", state="attached")
            names = take_all(screen, options.out, options.only, GPT2_PLACES, (ENGLISH,))
            return names, screen.errors


def take(screen: Screen, file: Path) -> None:
    """One picture of a whole page; what sticks to the window covers nothing."""
    screen.ask("unstick")
    screen.page.screenshot(path=file, full_page=True)
    screen.ask("stick")


def sheet(names: list[str]) -> str:
    """A page with all pictures."""
    figures = "\n".join(
        f'<figure><a href="{name}"><img src="{name}" alt="" loading="lazy"></a>'
        f"<figcaption>{html.escape(name)}</figcaption></figure>"
        for name in names
    )
    head = f'<meta charset="utf-8"><title>Seethrough: pictures</title><style>{STYLE}</style>'
    return f'<!doctype html><html lang="en">{head}<main>\n{figures}\n</main></html>\n'


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.screens.take", description=__doc__)
    parser.add_argument("--dist", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", default="", help="only places whose name holds this")
    options = parser.parse_args()
    started = time.monotonic()
    shutil.rmtree(options.out, ignore_errors=True)
    options.out.mkdir(parents=True)
    with sync_playwright() as playwright, served(options.dist) as url:
        browser = playwright.chromium.launch(
            executable_path=browser_path(), args=list(CHROMIUM_FLAGS)
        )
        with opened(browser, url) as screen:
            names = take_all(screen, options.out, options.only)
            errors = screen.errors
        if any(options.only in place.name for place in GPT2_PLACES):
            more, complaints = take_gpt2(browser, options)
            names, errors = [*names, *more], [*errors, *complaints]
        browser.close()
    (options.out / "index.html").write_text(sheet(names), encoding="utf-8")
    took = time.monotonic() - started
    print(f"{len(names)} pictures and index.html in {shown(options.out)} after {took:.0f} s.")
    if errors:
        print("The page complained:", *errors, sep="\n", file=sys.stderr)
    return 1 if errors else 0


if __name__ == "__main__":
    raise SystemExit(main())
