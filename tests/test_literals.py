"""No view, page or script has words of its own: all that a reader sees is in the catalogue."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from seethrough.core import errors
from tests.literal_text import Views, in_errors, in_page, in_script

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "py"
# node.py makes markup of what it is given; it says nothing.
VIEWS = [
    file for file in sorted((PACKAGE / "seethrough" / "view").rglob("*.py")) if file.stem != "node"
]
WEB = ROOT / "web"
KINDS = {name for name in vars(errors) if name.endswith("Error")} | {"Message"}
INNER = [
    file
    for part in ("core", "app", "browser")
    for file in sorted((PACKAGE / "seethrough" / part).rglob("*.py"))
]


def dotted(file: Path) -> str:
    """A file's name as an import has it."""
    return ".".join(file.relative_to(PACKAGE).with_suffix("").parts)


def complaints(source: str, **others: str) -> list[str]:
    """What the rule says about one view, beside other views by name."""
    sources = {"view.any": source, **{f"view.{name}": text for name, text in others.items()}}
    return Views({name: ast.parse(text) for name, text in sources.items()}).complaints()


def test_views_say_nothing_themselves() -> None:
    """No literal with a letter becomes a child or a label of an element, by whatever way."""
    trees = {dotted(file): ast.parse(file.read_text(encoding="utf-8")) for file in VIEWS}

    assert Views(trees).complaints() == []


@pytest.mark.parametrize(
    "source",
    [
        'h("p", {}, "Read this")',
        'h("p", {"class": "lead"}, say(s, "a.b"), " or ", f"{n} tokens")',
        'h("p", {}, "on" if x else "off")',
        'h("p", {}, ["one", h("b", {}, n)])',
        'h("p", {}, *["one"])',
        'h("p", {}, (word for word in ("one", "two")))',
        'h("a", {"title": "Go"})',
        'h("a", {**more, "aria-label": f"Go to {n}"})',
        'def f():\n attributes = {"placeholder": "Type"}\n return h("input", attributes)',
        'def f(n):\n words = "none"\n if n:\n  words = str(n)\n return h("p", {}, words)',
        'NONE = "none"\ndef f():\n return h("p", {}, NONE)',
        'WORDS = {"a": "All"}\ndef f(x):\n return h("p", {}, WORDS[x])',
        'WORDS = {"a": "All"}\ndef f(x):\n return h("p", {}, WORDS.get(x, ""))',
        'def f():\n return h("p", {}, word())\ndef word():\n return "none"',
        'def f():\n return link("Home")\ndef link(words):\n return h("a", {}, words)',
        'def f():\n return link(words="Home")\ndef link(*, words):\n return h("a", {}, [words])',
        'def f():\n parts = []\n parts.append("more")\n return h("p", {}, parts)',
        'def f():\n facts = (("a", "All"),)\n return [h("p", {}, v) for k, v in facts]',
        'h("p", {}, ", ".join(["one", "two"]))',
        'to_html("Nothing here")',
        'rich(state, "view.lead", token="nothing")',
        'say(state, "view.lead", got=x or "nothing")',
    ],
)
def test_a_literal_is_found(source: str) -> None:
    """The rule above can fail: each of these lines says something itself."""
    assert complaints(source)


@pytest.mark.parametrize(
    "source",
    [
        'h("p", {"class": "lead"}, say(state, "view.lead", n=3))',
        'h("p", {}, " · ", str(n), "→", f"+{n}", f"{x:.2f}")',
        'h("a", {"href": "#/about", "title": say(state, "nav.about"), "data-action": "go"})',
        'h("code", {}, "await seethrough.ready")',
        'h("td", {}, "NaN")',
        'def f():\n facts = (("layers", n),)\n return [h("p", {}, v) for k, v in facts]',
        'def f():\n return go("x", say(s, "a.b"))\ndef go(to, words):\n return h("a", {}, words)',
        'def f():\n return [h("p", {}, n) for at, n in enumerate(names)]',
        'TITLES = {"home": "page.home"}\ndef f(x):\n return h("p", {}, say(s, TITLES[x]))',
    ],
)
def test_what_is_no_text_is_let_through(source: str) -> None:
    """The rule above can pass: keys, classes, addresses, code, signs and numbers are no text."""
    assert complaints(source) == []


def test_a_literal_is_found_across_views() -> None:
    """Words handed to another view's function are found where they are written."""
    words = 'def link(words):\n return h("a", {}, words)'
    own = "from view.words import link\ndef f():\n return link('Home')"
    by_module = "from view import words\ndef f():\n return words.link('Home')"

    assert complaints(own, words=words) == ["view.any:3: 'Home'"]
    assert complaints(by_module, words=words) == ["view.any:3: 'Home'"]


@pytest.mark.parametrize("file", INNER, ids=dotted)
def test_no_field_of_a_sentence_is_prose(file: Path) -> None:
    """What fills a sentence's slots is a name, a number or data: words are in the catalogue."""
    assert in_errors(ast.parse(file.read_text(encoding="utf-8")), KINDS) == []


@pytest.mark.parametrize(
    ("source", "is_found"),
    [
        ('InputError("a.b", reason="its header is gone")', True),
        ('InputError("a.b", reason=f"{name} has no layers")', True),
        ('InputError("a.b", got=x or "a string")', True),
        ('InputError("a.b", expected=" or ".join(names))', True),
        ("InputError('a.b', expected=f\"{' or '.join(names)}\")", True),
        ('Message("a.b", {"reason": "it went wrong"})', True),
        ('InputError("a.b", part="data_offsets", got=len(data))', False),
        ('InputError("a.b", got=f"{first}, {last}", known=", ".join(names))', False),
        ('InputError("a.b", example="{ temperature: 0.7 }")', False),
        ('ValueError("a programmer reads this")', False),
    ],
)
def test_prose_in_a_field_is_found(source: str, is_found: bool) -> None:  # noqa: FBT001 - a case
    """The rule above can fail, and lets names, numbers and signs through."""
    assert bool(in_errors(ast.parse(source), KINDS)) == is_found


def test_page_says_nothing_itself() -> None:
    """The page's template has no text outside its slots, but for code."""
    assert in_page((WEB / "index.html").read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ("<p>Hello {{page.title}}</p>", ["Hello"]),
        ('<img alt="A cat">', ["A cat"]),
        ('<meta name="description" content="See it">', ["See it"]),
        ('<p title="{{page.title}}">{{page.lead}} · <code>await x()</code></p>', []),
        ('<meta name="viewport" content="width=device-width"><script>say()</script>', []),
    ],
)
def test_text_in_a_page_is_found(html: str, found: list[str]) -> None:
    """Text and labels of a page are found; slots, signs and code are let through."""
    assert in_page(html) == found


@pytest.mark.parametrize("file", sorted(WEB.glob("*.js")), ids=lambda file: file.name)
def test_scripts_say_nothing_themselves(file: Path) -> None:
    """No script puts a literal on the page: it asks for a key's sentence."""
    assert in_script(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("line", "is_found"),
    [
        ('say("status", "Wait a moment");', True),
        ("element.textContent = 'Wait';", True),
        ("element.textContent = `${n} files`;", True),
        ('element.setAttribute("aria-label", "Close");', True),
        ('document.title = "Seethrough";', True),
        ('element.append("more");', True),
        ('say("status", sentence("boot.python"));', False),
        ("element.textContent = `${n} · ${m}`;", False),
        ('line.setAttribute("role", "alert");', False),
        ('// say("status", "in a comment");', False),
        ('console.info("for a programmer");', False),
        ("element.append(line);", False),
    ],
)
def test_text_in_a_script_is_found(line: str, is_found: bool) -> None:  # noqa: FBT001 - a case
    """Sentences in a script are found where they reach the page, and only there."""
    assert bool(in_script(line)) == is_found
