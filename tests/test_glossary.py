"""The glossary and the marks of its terms in the catalogue's sentences."""

from __future__ import annotations

import ast
import re
from functools import cache
from html import unescape

import pytest
from selectolax.lexbor import LexborHTMLParser

from seethrough.app.state import RecordingCard
from seethrough.core.depth import DEPTHS
from seethrough.core.marks import spelled_out, terms_in, with_signs, without_marks
from seethrough.core.messages import LANGUAGES, catalogue, text
from seethrough.core.routes import Route
from seethrough.view import glossary
from seethrough.view.glossary_places import PLACES
from seethrough.view.layout import PANELS, markup_of
from seethrough.view.node import to_html
from seethrough.view.words import Reader, rich, say
from tests.steps import STEPS, parse
from tests.test_catalogue import CODE, keys_of, own_nodes, tree
from tests.view.walk_sample import FAMILIES, walk_state

ENTRIES = {key.split(".")[1] for key in catalogue() if key.startswith("glossary.")}
MARKED = {key: terms for key, told in catalogue().items() if (terms := terms_in(told))}
# Words that everybody knows: a step says them in their plain meaning as well.
EVERYDAY = frozenset(
    {
        *("average", "character", "draw", "head", "layer", "length", "live", "model", "position"),
        *("product", "prompt", "rank", "recording", "reference", "row", "score", "share", "value"),
        *("weight", "word"),
    }
)
# What a reader of a step reads: its first sentences, its notes, the name of the ribbon.
TOLD = ".lead, .note, .layers-readout"


def test_every_entry_is_whole() -> None:
    """A term has a name, a meaning and a place, and nobody's place is left without a term."""
    assert len(ENTRIES) >= 80
    assert PLACES.keys() == ENTRIES
    assert set(PLACES.values()) <= {*STEPS, "block", "train", "lesson"}
    for term in ENTRIES:
        assert catalogue()[f"glossary.{term}.name"]
        assert len(re.findall(r"[.!?](?:\s|$)", catalogue()[f"glossary.{term}.told"])) in {1, 2}


def test_every_mark_has_an_entry() -> None:
    """No sentence marks a word that the glossary does not know."""
    assert {
        key: set(terms) - ENTRIES for key, terms in MARKED.items() if set(terms) - ENTRIES
    } == {}


def said_plainly(module: ast.Module) -> list[str]:
    """The marked sentences that a file says as plain text, which loses the marks."""
    calls = [
        call
        for scope in (node for node in ast.walk(module) if isinstance(node, ast.FunctionDef))
        for call in own_nodes(scope)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in {"say", "page_title", "title", "action_button"}
    ]
    named = [
        place for call in calls for place in call.args[1:3] if not isinstance(place, ast.JoinedStr)
    ]
    keys = [key for place in named for key in keys_of(place, module) or []]
    return [key for key in keys if key in MARKED]


def test_no_mark_is_lost() -> None:
    """A marked sentence is said with its marks (words.rich), never as plain text (words.say)."""
    assert {name: lost for name in CODE if (lost := said_plainly(tree(name)))} == {}


def test_a_lost_mark_is_found() -> None:
    """The rule above can fail."""
    key = next(iter(MARKED))
    assert said_plainly(ast.parse(f'def f(s):\n return say(s, "{key}")')) == [key]


# "final vector" is no "vector".
LONGEST_FIRST = sorted(ENTRIES, key=lambda term: -len(catalogue()[f"glossary.{term}.name"]))


@cache
def spoken(term: str) -> re.Pattern[str]:
    """The words of a term as a sentence may have them."""
    name = re.escape(catalogue()[f"glossary.{term}.name"])
    return re.compile(rf"(?<![\w-]){name}(?:s|es)?(?![\w-])", re.IGNORECASE)


def unmarked(html: str) -> set[str]:
    """The terms that a panel's leads and notes use without a mark at the first use."""
    found: set[str] = set()
    marked: set[str] = set()
    for place in LexborHTMLParser(html).css(TOLD):
        marked |= {str(word.attributes["data-term"]) for word in place.css(".term")}
        for word in place.css(".term, code, bdi"):
            word.decompose()
        told = place.text()
        for term in LONGEST_FIRST:
            if spoken(term).search(told) and term not in EVERYDAY | marked:
                found.add(term)
            told = spoken(term).sub("", told)
    return found


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("step", STEPS)
def test_a_step_marks_its_terms(step: str, family: str) -> None:
    """At every depth the first use of a term in a step's leads and notes opens the glossary."""
    state = walk_state(family=family).but(route=Route("walk", "own", step))
    for depth in DEPTHS:
        shown = state.but(depth=depth)
        assert shown.step is not None
        html = markup_of(shown, PANELS[shown.step.place_at(depth)])
        assert unmarked(html) == set(), depth


def test_an_unmarked_term_is_found() -> None:
    """The rule above can fail, and a mark before the word satisfies it."""
    word = '<button class="term" data-term="logit">scores</button>'

    assert unmarked('<p class="lead">All logits.</p>') == {"logit"}
    assert unmarked(f'<p class="lead">{word}</p><p class="note">All logits.</p>') == set()


def test_a_mark_opens_its_entry() -> None:
    """A marked word names its term, and leads to the list where no card can open."""
    told = to_html(*rich(Reader("en"), "softmax.rest"))

    assert 'data-action="tell-term"' in told
    assert 'data-term="logit"' in told
    assert 'href="#/glossary"' in told
    assert ">logits</a>" in told


def test_marks_are_read() -> None:
    """The words alone, the signs, the names."""
    template = "A [[logit]] of [[token|{n, plural, one {# token} other {# tokens}}]]."

    assert without_marks(template) == "A logit of {n, plural, one {# token} other {# tokens}}."
    assert terms_in(template) == ["logit", "token"]
    assert spelled_out("[[logit]]") == "[[logit|logit]]"
    assert "[[" not in with_signs(template)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_keeps_the_terms(language: str) -> None:
    """A translation marks no other terms than the English sentence; plain text shows no mark."""
    for key, terms in MARKED.items():
        assert set(terms_in(catalogue(language)[key])) == set(terms), key


def test_text_with_brackets_is_text() -> None:
    """What a reader types is never read as a mark."""
    told = rich(Reader("en"), "walk.of_model", name="[[logit]]", model="m")

    assert to_html(*told) == "[[logit]] (m)"
    assert text("walk.of_model", name="[[logit]]", model="m") == "[[logit]] (m)"


@pytest.mark.parametrize("term", sorted(ENTRIES))
def test_the_card_tells(term: str) -> None:
    """The card of each term has its name, its meaning, a way to where it is seen, and closes.

    Where the reader is there already, it offers no way to where they are.
    """
    state = walk_state().but(route=Route("walk", "own", "logits"), term=term)
    html = glossary.render(state)

    assert 'id="term-name"' in html
    elsewhere = {"block": "#/block/own", "train": "#/train", "lesson": "#/train/run"}
    way = elsewhere.get(PLACES[term], f"/own/{PLACES[term]}")
    assert (way in html) is (PLACES[term] != "logits")
    assert 'data-action="close-term"' in html
    assert "{" not in html


def test_a_term_tells_of_the_present_run() -> None:
    """Numbers are those of the run's model; without a run none is claimed."""
    state = walk_state().but(term="vector")
    assert state.run.config is not None

    assert f"a row of {state.run.config.d_model} numbers" in glossary.render(state)
    assert "one of" not in glossary.render(state.but(config=None))
    assert glossary.render(state.but(term="<b>")) == ""


def test_the_page_is_searched() -> None:
    """The filter takes names and meanings, in any case, and says how many fit."""
    state = walk_state().but(sought="")
    everything = glossary.found(state)
    assert everything.count("<dt>") == len(ENTRIES)
    found = glossary.found(state.but(sought=" PERPLEX "))

    assert found.count("<dt>") == 1
    assert say(state, "terms.found", n_found=1) in found
    assert glossary.found(state.but(sought="<zzz")).count("<dt>") == 0


@pytest.mark.parametrize("recorded", [True, False])
def test_the_page_leads_on(*, recorded: bool) -> None:
    """Each term's link names a step that is there: of the first recorded walk, or of one's own."""
    state = walk_state().but(route=Route("glossary"), sought="")
    card = RecordingCard("cat", "m", "The cat", chat=False, n_tokens=2, size_bytes=1)
    html = glossary.found(state.but(recordings=(card,) if recorded else ()))
    routes = [parse(unescape(link)).route for link in re.findall('href="([^"]+)"', html)]

    assert len(routes) == len(ENTRIES)
    for route in routes:
        assert route.view in {"walk", "block", "train", "lesson"}
        if route.view in {"walk", "block"}:
            assert route.subject == ("cat" if recorded else "own")
    assert {route.step for route in routes if route.view == "walk"} == set(STEPS)
