"""Step 1: every character and byte of the text, and what is really given to the model."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given

from seethrough.app.state import AppState, ModelCard
from seethrough.core.chat import ChatTemplate, Frame
from seethrough.core.clean_text import clean_text
from seethrough.core.film import film_of
from seethrough.core.routes import Route
from seethrough.core.tokenizer import Tokenizer
from seethrough.core.tokens import token_view
from seethrough.core.visible import character_name
from seethrough.view.characters import signs_of
from seethrough.view.node import h, to_html
from seethrough.view.steps import input_text
from tests.hostile_text import CLUSTERS
from tests.steps import page_state
from tests.tokenizer_cases import any_text, spaced, tiny
from tests.view.sample import QUICK, Reading, unmarked

CARD = ModelCard("tiny", "Tiny", 1, 1, 2, "MIT", "maker/tiny", True)
CHAT = ChatTemplate(
    roles={"user": Frame("user\n", "</s>\n<s>")},
    default_system="system\nBe kind.</s>\n<s>",
    generation_prompt="assistant\n",
    bos="<s>",
)


def drawn(state: AppState) -> str:
    """The step's markup."""
    return unmarked(input_text.render(state))


def shown(text: str, *, is_chat: bool = False, start: tuple[int, ...] = ()) -> AppState:
    """What a live run of a text shows at this step."""
    made_by = Tokenizer.from_json(spaced())
    film = film_of(made_by, text, CHAT if is_chat else None, start)
    ids = [*film.start_ids, *(token for word in film.words for token in word.ids)]
    return page_state(
        route=Route("walk", "own", "input"),
        source="live",
        models=(CARD,),
        model="tiny",
        prompt=text,
        chat=is_chat,
        film=film,
        tokens=tuple(token_view(made_by, token) for token in ids),
    )


def bytes_in(html: str) -> bytes:
    """The bytes below the signs."""
    return bytes(int(one, 16) for one in re.findall(r'class="byte">([0-9A-F]{2})<', html))


def codes_in(html: str) -> list[int]:
    """The characters' numbers below the signs."""
    return [int(one, 16) for one in re.findall(r'sign-code number"[^>]*>([0-9A-F]+)<', html)]


@QUICK
@given(text=any_text)
def test_every_byte_is_there(text: str) -> None:
    """The bytes of the plate are the text's in UTF-8, the numbers its characters'."""
    html = drawn(shown(text))

    assert bytes_in(html) == text.encode()
    assert codes_in(html) == [ord(character) for character in text]


@pytest.mark.parametrize("text", [*CLUSTERS, "a\ud800b", "", "\n", "\r\n\r\n"])
def test_signs_join_to_the_text(text: str) -> None:
    """Cut into signs, nothing is lost and nothing is empty."""
    signs = signs_of(text)

    assert "".join(sign.text for sign in signs) == text
    assert all(sign.text and text[sign.at :].startswith(sign.text) for sign in signs)


@pytest.mark.parametrize(
    ("text", "signs"),
    [
        ("❤️🍕", ["❤️", "🍕"]),
        ("👩‍👩‍👧‍👦!", ["👩‍👩‍👧‍👦", "!"]),
        ("🏳️", ["🏳️"]),
        ("🇨🇿🇺🇦", ["🇨🇿", "🇺🇦"]),
        ("👋🏽a", ["👋🏽", "a"]),
        ("e\u0301e", ["e\u0301", "e"]),
        ("a\r\nb", ["a", "\r\n", "b"]),
        ("\n\u0301", ["\n", "\u0301"]),
    ],
)
def test_what_looks_like_one_sign_is_one(text: str, signs: list[str]) -> None:
    """Joined emoji, flags, skin tones and accents stay together; a line end keeps to itself."""
    assert [sign.text for sign in signs_of(text)] == signs


def test_an_emoji_of_seven_bytes_shows_why() -> None:
    """A white flag: two characters of four and three bytes, named one by one."""
    state = shown("🏳️")
    html = drawn(state)
    told = unmarked(to_html(h("p", {}, input_text.moments(state)[2])))

    assert bytes_in(html).hex(" ").upper() == "F0 9F 8F B3 EF B8 8F"
    assert "WAVING WHITE FLAG" in html
    assert "VARIATION SELECTOR-16" in html
    assert "2 characters, 7 bytes in all" in told


@pytest.mark.parametrize("character", ["A", "\n", "\u200b", "\u202e", "\x00", "\uffff", "𝟛"])
def test_every_character_has_its_name(character: str) -> None:
    """Unicode's own name, the alias of a line end, or that there is none."""
    html = drawn(shown(character))
    name = unicodedata.name(character, None)

    assert (name or character_name(character) or "no name in Unicode") in html
    assert f"U+{ord(character):04X}" in html
    assert "\u202e" not in html.split('id="input-text"')[1].split("</div>", 1)[1]


def test_counts() -> None:
    """Characters, bytes, and the words that the tokeniser makes of plain text."""
    html = drawn(shown("ab é"))
    numbers = re.findall(r'<dd class="number">([^<]+)</dd>', html)

    assert numbers == ["4", "5", "2"]
    assert len(re.findall("<dd", drawn(shown("ab é", is_chat=True)))) == 2


def test_plain_text_is_said() -> None:
    """Nothing stands around it; a start token, where the model has one, is named."""
    assert "The model gets exactly your text, turned into numbers." in drawn(shown("ab"))
    with_start = drawn(shown("ab", start=(0,)))

    assert 'class="token">&lt;s&gt;' in with_start
    assert "Tiny was trained to find" in with_start


def test_a_conversation_turn_by_turn() -> None:
    """Each turn with its role, in order; special tokens outlined; the reader's words marked."""
    html = drawn(shown("hi <s> \n you", is_chat=True))

    assert re.findall(r'turn-role">(\w+)<', html) == ["system", "user", "assistant"]
    assert re.findall(r'special-token">([^<]+)<', html) == [
        "&lt;s&gt;",
        "&lt;/s&gt;",
        "&lt;s&gt;",
        "&lt;/s&gt;",
        "&lt;s&gt;",
    ]
    own = re.findall(r"<mark.*?</mark>", html, flags=re.DOTALL)
    assert len(own) == 1
    assert "hi &lt;s&gt; ↵\n you" in own[0]


@QUICK
@given(text=any_text)
def test_the_turns_are_the_whole_text(text: str) -> None:
    """Read in order, the turns have as many letters and digits as the rendered conversation."""
    state = shown(text or "a", is_chat=True)
    assert state.run.film is not None
    turns = re.search(r'<ol class="turns">.*?</ol>', drawn(state), flags=re.DOTALL)
    assert turns is not None
    seen = "".join(Reading(turns[0]).texts)

    assert "Be kind." in seen
    assert seen.count("<s>") >= 3
    assert seen.endswith("assistant↵")


def test_before_a_run_and_without_a_film() -> None:
    """The text needs no model; what the model gets of it is not known yet, and there is no film."""
    state = page_state(route=Route("walk", "own", "input"), prompt="žluť")
    html = drawn(state)

    assert bytes_in(html) == "žluť".encode()
    assert "Run the text" in html
    assert input_text.moments(state) == ()
    assert "no text yet" in drawn(state.but(prompt=""))


def test_a_film_has_four_sentences() -> None:
    """Text, numbers, bytes, what is put around: with this text's own numbers."""
    state = shown("é!", is_chat=True)
    told = [unmarked(to_html(h("p", {}, moment))) for moment in input_text.moments(state)]
    reading = Reading(drawn(state))

    assert "<b>2</b> characters" in told[0]
    assert "U+00E9" in told[1]
    assert "233" in told[1]
    assert "<b>3</b> bytes" in told[2]
    assert "C3 A9" in told[2]
    assert {int(at) for at in reading.values("data-at")} == {0, 1, 2, 3}
    assert set(reading.values("data-from")) <= set(reading.values("id"))


@pytest.mark.parametrize("text", ["a" + "\u0301" * 19_999, "🇨" * 9_999])
def test_a_sign_has_an_end(text: str) -> None:
    """Thousands of marks on one letter are drawn as signs of at most 32 characters."""
    signs = signs_of(text)

    assert max(len(sign.text) for sign in signs) <= 32
    assert "".join(sign.text for sign in signs) == text
    assert len(drawn(shown(text))) < 8_000_000


@pytest.mark.parametrize("count", [1, 256, 20_000])
def test_any_length(count: int) -> None:
    """At most 256 signs are drawn, the first and the last; what is left out is named."""
    html = drawn(shown("a" * count))

    assert html.count('class="sign"') == min(count, 256)
    assert ("are left out" in html) == (count > 256)
    assert html.count('class="sign-gap"') == (count > 256)
    assert len(html) < 400_000


@QUICK
@given(text=any_text)
def test_no_text_becomes_markup(text: str) -> None:
    """Whatever is typed, in a message or plain: no element and no acting attribute comes of it."""
    for is_chat in (False, True):
        hostile = f"{text}<img src=x onerror=alert(1)>\"'"
        html = drawn(shown(hostile, is_chat=is_chat))
        assert "<img" not in html
        for _, attributes in Reading(html).elements:
            assert not any(name == "style" or name.startswith("on") for name in attributes)


def test_a_lone_surrogate_is_shown_as_the_model_gets_it() -> None:
    """What the page replaces before the model is what stands here."""
    state = page_state(route=Route("walk", "own", "input"), prompt="a\ud800")

    assert bytes_in(drawn(state)) == clean_text("a\ud800").text.encode()


def test_a_tiny_vocabulary_loses_bytes_not_here() -> None:
    """Bytes that have no token are in the text all the same; the next step tells of them."""
    state = shown("é").but(film=film_of(Tokenizer.from_json(tiny()), "é"))

    assert bytes_in(drawn(state)) == "é".encode()
