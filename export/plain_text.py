"""The text of a page of HTML, without what only a browser of its own site could show.

A licence is passed on as text: the page that it was fetched from asks other hosts for scripts.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

ARTICLE = "devsite-article-body"
SILENT = {"script", "style", "svg", "template"}
BLOCKS = {"p", "h1", "h2", "h3", "h4", "ul", "ol", "div", "table", "tr", "aside"}


def text_of_html(source: str) -> str:
    """What the article of a page says, a blank line between its paragraphs; else all of it."""
    reader = _Reader()
    reader.feed(source)
    reader.close()
    text = "".join(reader.article or reader.all)
    lines = (re.sub(r"[ \t]+", " ", line).strip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


class _Reader(HTMLParser):
    """Collects text; `article` is what lies in the article's own element."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.all: list[str] = []
        self.article: list[str] = []
        self._silent = 0
        self._divs = 0  # open ones of the article

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in SILENT
        if tag == "div" and (self._divs or ARTICLE in (dict(attrs).get("class") or "").split()):
            self._divs += 1
        self._say("\n\n" if tag in BLOCKS else "\n- " if tag == "li" else "")

    def handle_endtag(self, tag: str) -> None:
        self._say("\n\n" if tag in BLOCKS else "")
        self._silent -= tag in SILENT
        self._divs -= tag == "div" and self._divs > 0

    def handle_data(self, data: str) -> None:
        self._say(data)

    def _say(self, text: str) -> None:
        if text and not self._silent:
            self.all.append(text)
            if self._divs:
                self.article.append(text)
