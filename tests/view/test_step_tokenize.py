"""Step 2: words, ladder and ids are the tokeniser's own, whatever the text and vocabulary."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from seethrough.core.chat import ChatTemplate, Frame
from seethrough.core.film import film_of
from seethrough.core.routes import Route
from seethrough.core.tokenizer import Tokenizer
from seethrough.core.tokens import token_view
from seethrough.view.ladder import ladder_of, moments_of_rounds, rounds_of
from seethrough.view.node import h, to_html
from seethrough.view.steps import tokenize
from seethrough.view.steps.merges import of_word
from tests.steps import page_state
from tests.tokenizer_cases import any_text, spaced, tiny
from tests.view.sample import QUICK, Reading, unmarked
from tests.view.walk_sample import walk_state
from tests.vocabularies import REAL, tokenizer

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.core.film import Film

TINY = Tokenizer.from_json(tiny())
SPACED = Tokenizer.from_json(spaced())
CHAT = ChatTemplate(
    roles={"user": Frame("<s>user\n", "</s>\n")},
    default_system=None,
    generation_prompt="<s>assistant\n",
)


def drawn(state: AppState) -> str:
    """The step's markup."""
    return unmarked(tokenize.render(state))


def shown(
    made_by: Tokenizer,
    text: str,
    *,
    word: int | None = None,
    more: tuple[int, ...] = (),
    is_chat: bool = False,
) -> AppState:
    """What a live run of a text shows at this step; `more` are tokens chosen behind it."""
    film = film_of(made_by, text, CHAT if is_chat else None)
    ids = [*(token for word in film.words for token in word.ids), *more]
    return page_state(
        route=Route("walk", "own", "tokenize"),
        source="live",
        film=film,
        word=word,
        tokens=tuple(token_view(made_by, token) for token in ids),
    )


def film_in(state: AppState) -> Film:
    """The film of a state that has one."""
    assert state.run.film is not None
    return state.run.film


def notes(html: str) -> list[int]:
    """The ids below the tokens that the model gets, in order."""
    chips = re.search(r'<ol class="chips.*?</ol>', html, flags=re.DOTALL)
    return [int(one) for one in re.findall(r'chip-note">(\d+)<', chips[0])] if chips else []


def ladder_ids(html: str) -> list[int]:
    """The ids at the ladder's end."""
    return [int(one) for one in re.findall(r'chip-note number">(\d+)<', html)]


def check_film(state: AppState, html: str) -> None:
    """Elements enter at a moment that has a sentence; flights begin at one element."""
    reading, moments = Reading(html), tokenize.moments(state)
    ids = reading.values("id")

    assert len(set(ids)) == len(ids)
    assert 3 <= len(moments) <= 8
    assert {int(at) for at in reading.values("data-at")} <= set(range(len(moments)))
    assert set(reading.values("data-from")) <= set(ids)
    assert all(unmarked(to_html(h("p", {}, moment))) for moment in moments)


@pytest.mark.parametrize("name", REAL)
@QUICK
@given(text=any_text)
def test_every_word_ends_in_its_ids(name: str, text: str) -> None:
    """Chosen one after the other, each word's ladder ends in its own ids, in the chips' order."""
    state = shown(tokenizer(name), text)
    if not state.run.tokens:
        return
    for index, word in enumerate(film_in(state).words[:6]):
        chosen = state.but(word=index)
        html = drawn(chosen)

        assert ladder_ids(html) == list(word.ids)
        assert notes(html) == [token.id for token in state.run.tokens]
        check_film(chosen, html)


@pytest.mark.parametrize("name", REAL)
def test_ranks_stand_on_the_joints(name: str) -> None:
    """The ladder of a real word has every merge of the tokeniser with its rank, in order."""
    made_by = tokenizer(name)
    state = shown(made_by, "January, February, March,")
    index = tokenize.chosen(state, film_in(state))
    html = drawn(state)
    merges = [merge for at, merge in made_by.merge_film("January, February, March,") if at == index]

    ranks = [
        int(one.replace("\u202f", "")) for one in re.findall(r'rank number"[^>]*>([^<]+)<', html)
    ]
    assert sorted(ranks) == sorted(merge.rank for merge in merges)
    assert len(ranks) >= 5
    told = [made_by.visible_piece(merge.left + merge.right) for merge in merges]
    assert (
        re.findall(r"<td><bdi>([^<]+)</bdi></td><td><bdi>\d+</bdi></td></tr>", html)[: len(told)]
        == told
    )


def test_a_ladder_by_hand() -> None:
    """Two symbols, one merge of rank 0, one token: three rows, and the sentences that tell it."""
    state = shown(TINY, "ab")
    html = drawn(state)
    told = [unmarked(to_html(h("p", {}, moment))) for moment in tokenize.moments(state)]

    assert html.count('<tr><th scope="row" class="ladder-row">') == 2
    assert html.count("ladder-end") == 1
    assert re.findall(r'ladder-symbol"[^>]*><bdi id="(ladder-0-\d)">(\w)<', html) == [
        ("ladder-0-0", "a"),
        ("ladder-0-1", "b"),
    ]
    assert re.findall(r'data-from="(ladder-0-\d)">(\w)<', html) == [
        ("ladder-0-0", "a"),
        ("ladder-0-1", "b"),
    ]
    assert len(told) == 4
    assert "rank 0 is the lowest" in told[2]
    assert "<b>1</b> token</span>: " in told[3]


def test_merges_share_rows_only_where_they_are_independent() -> None:
    """Rounds keep the order; inside one no merge touches another's pieces."""
    film = film_of(SPACED, "ab" * 9 + " ab ab")
    for word in film.words:
        rounds = rounds_of(word.merges)
        assert tuple(merge for merges in rounds for merge in merges) == word.merges
        for merges in rounds:
            touched = [at for merge in merges for at in (merge.left_at, merge.right_at)]
            assert len(touched) == len(set(touched))
    assert len(rounds_of(film.words[0].merges)) == 1 + 1


@pytest.mark.parametrize(
    ("n_rounds", "times"), [(0, ()), (3, (0, 1, 2)), (8, (0, 0, 1, 1, 2, 3, 3, 4))]
)
def test_rounds_are_spread_over_five_moments(n_rounds: int, times: tuple[int, ...]) -> None:
    """A moment each while there are enough, then groups of almost the same size."""
    assert moments_of_rounds(n_rounds, 5) == times


def test_lost_bytes_are_struck_out() -> None:
    """A byte without a token stands at its place in the ladder, is named, and has no id."""
    state = shown(TINY, "aéb")
    state = state.but(
        word=next(at for at, word in enumerate(film_in(state).words) if "é" in word.text)
    )
    html = drawn(state)
    ladder = ladder_of(film_in(state), film_in(state).words[state.choice.word or 0])

    assert [column.shown for column in ladder.columns if column.is_lost] == ["C3", "A9"]
    assert html.count('class="lost-byte"') == 2 * 2  # in the ladder and in the sentence
    assert '<s class="lost-part">é</s>' in html
    assert "2</b> bytes are lost" in html
    check_film(state, html)


def test_a_piece_that_grows_over_a_lost_byte() -> None:
    """What merges across a lost byte covers its column; the ends still count as many as the ids."""
    film = film_of(TINY, "aéb")
    for word in film.words:
        ladder = ladder_of(film, word)
        assert len([rung for rung in ladder.ends if not rung.is_lost]) == len(word.ids)
        for row in ladder.rows:
            assert sum(rung.width for rung in row) == len(ladder.columns)


def test_a_word_without_ids_says_so() -> None:
    """A text of which nothing is left but one token: the lost word has sentences of its own."""
    state = shown(TINY, "a é")
    lost = next(at for at, word in enumerate(film_in(state).words) if "é" in word.text)
    html = drawn(state.but(word=lost))

    assert "lost" in html
    check_film(state.but(word=lost), html)


def test_the_reader_s_own_words_come_first() -> None:
    """In a conversation the template's words are quiet, and the film begins with an own one."""
    state = shown(SPACED, "b ab a", is_chat=True)
    film = film_in(state)
    word = film.words[tokenize.chosen(state, film)]

    assert word.text == " ab"
    assert drawn(state).count("is-template") == sum(
        one.text not in {"b", " ab", " a"} for one in film.words
    )


def test_a_special_token_has_no_ladder() -> None:
    """It is found as a whole: said, with its id."""
    state = shown(TINY, "ab<s>", word=1)
    html = drawn(state)

    assert "ladder-row" not in html
    assert "is a special token" in html
    assert ladder_ids(html) == [4]
    check_film(state, html)


def test_chosen_tokens_stand_behind_the_text_s() -> None:
    """What the reader appended is no part of the film, and is told apart."""
    html = drawn(shown(TINY, "ab", more=(0, 1)))

    assert notes(html) == [2, 0, 1]
    assert html.index("chosen by you") < html.index('data-position="1"')
    assert html.index("chosen by you") > html.index('data-position="0"')


def test_llama_s_first_space_is_explained() -> None:
    """The space that the tokeniser puts before a text is in the ladder, and said."""
    assert "put the first space there" in drawn(shown(SPACED, "ab"))
    assert "put the first space there" not in drawn(shown(TINY, "ab"))


@pytest.mark.parametrize("count", [1, 256, 400])
def test_long_texts(count: int) -> None:
    """One word and hundreds: the first 256 open, and the first and last tokens stand there."""
    state = shown(SPACED, " a" * count)
    html = drawn(state)

    assert html.count('data-action="select-word"') == min(count, 256)
    assert len(notes(html)) <= 257
    assert (f"{count - 256} more follow" in html) == (count > 256)
    check_film(state, html)


def test_a_very_long_word() -> None:
    """Its merges are left out, which is said; its tokens are there."""
    html = drawn(shown(SPACED, "é" * 999))

    assert "too long to draw" in html
    assert "ladder-row" not in html


@pytest.mark.parametrize("word", [-1, 6, 10**9])
def test_a_word_that_is_not_there(word: int) -> None:
    """Another word than the text has is none chosen: the one with the most merges is drawn."""
    state = walk_state()

    assert drawn(state.but(word=word)) == drawn(state)


def test_a_word_can_be_chosen() -> None:
    """Each word is a button; the chosen one is pressed and its merges are drawn."""
    state = walk_state().but(word=0)
    html = drawn(state)
    pressed = [
        attributes["data-word"]
        for _, attributes in Reading(html).elements
        if attributes.get("data-action") == "select-word" and attributes["aria-pressed"] == "true"
    ]

    assert pressed == ["0"]
    assert 'id="ladder-6-0"' in html  # January: seven symbols, six merges


def test_without_a_film() -> None:
    """The tokens stand there, what is missing is said; there is no film to play."""
    state = walk_state().but(film=None)
    html = drawn(state)

    assert "not recorded" in html
    assert 'data-action="live"' in html
    assert notes(html) == [token.id for token in state.run.tokens]
    assert tokenize.moments(state) == ()


@QUICK
@given(text=any_text)
def test_no_text_becomes_markup(text: str) -> None:
    """Whatever is typed: the elements are those of any text, no attribute acts."""
    state = shown(SPACED, f"{text}<img src=x onerror=alert(1)>")
    usual = {"p", "b", "div", "ol", "li", "button", "bdi", "span", "table", "caption", "tbody"}
    usual |= {"tr", "th", "td", "h2", "details", "summary", "thead", "s", "a"}

    for tag, attributes in Reading(drawn(state)).elements:
        assert tag in usual
        assert not any(name == "style" or name.startswith("on") for name in attributes)
        assert tag != "a" or attributes["href"] == "#/glossary"


def test_positions_follow_the_film() -> None:
    """A word's tokens are those of its own positions."""
    state = shown(SPACED, "a ab b")
    film = film_in(state)
    for index, word in enumerate(film.words):
        positions = of_word(film, index).positions
        assert tuple(state.run.tokens[at].id for at in positions) == word.ids
