"""The film of a prompt: it ends in the tokeniser's own ids, and comes back from JSON as it was."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seethrough.core.chat import ChatMessage, ChatTemplate, Frame, encode_chat
from seethrough.core.errors import SourceError
from seethrough.core.film import (
    MOST_LOST,
    MOST_OF_ALL,
    MOST_SYMBOLS,
    MOST_WORDS,
    Film,
    FilmMerge,
    film_of,
    from_json,
    to_json,
)
from seethrough.core.tokenizer import Tokenizer
from tests.hostile_text import LOSSY
from tests.tokenizer_cases import any_text, spaced, tiny, unhurried
from tests.vocabularies import one_quickly, tokenizer

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_PROMPT = 20_000  # app/inputs.py takes no more
CHAT = ChatTemplate(
    roles={"user": Frame("<|im_start|>user\n", "<|im_end|>\n")},
    default_system="<|im_start|>system\nBe kind.<|im_end|>\n",
    generation_prompt="<|im_start|>assistant\n",
)


def check_words(film: Film, made_by: Tokenizer) -> None:
    """Every word is whole: its place, its merges in order, a visible piece for each of its ids."""
    for word in film.words:
        assert film.text[word.at : word.at + len(word.text)] == word.text
        if not word.symbols:
            continue
        alive = dict(enumerate(word.symbols))
        for merge in word.merges:
            assert (alive[merge.left_at], alive.pop(merge.right_at)) == (merge.left, merge.right)
            alive[merge.left_at] = merge.result
        shown = [made_by.visible(token) for token in word.ids]
        assert [piece for _, piece in word.pieces] == shown


@one_quickly(later=pytest.mark.long)
@unhurried
@given(text=any_text)
def test_a_film_ends_in_the_ids(name: str, text: str) -> None:
    """Its words' ids are those of `encode`, whatever the text, and its merges make their pieces."""
    film = film_of(tokenizer(name), text)
    ids = [token for word in film.words for token in word.ids]

    assert ids == tokenizer(name).encode(text)
    assert (film.n_words, film.n_ids) == (len(film.words), len(ids))
    check_words(film, tokenizer(name))


@one_quickly(later=pytest.mark.long)
@unhurried
@given(text=any_text)
def test_a_conversation_ends_in_its_ids(name: str, text: str) -> None:
    """A chat's words cross from piece to piece and give the ids of `encode_chat`."""
    film = film_of(tokenizer(name), text, CHAT, start_ids=(1,))
    ids = [token for word in film.words for token in word.ids]

    assert film.is_chat
    assert film.start_ids == ()
    assert ids == encode_chat(tokenizer(name), CHAT, [ChatMessage("user", text)])
    assert [piece.text for piece in film.pieces if piece.kind == "content"] == [text] * bool(text)
    check_words(film, tokenizer(name))


@one_quickly(later=pytest.mark.long)
@unhurried
@given(text=any_text, is_chat=st.booleans())
def test_json_there_and_back(name: str, text: str, is_chat: bool) -> None:  # noqa: FBT001
    """A film is the same after JSON, what merges join among it."""
    film = film_of(tokenizer(name), text, CHAT if is_chat else None, start_ids=(1,))

    assert from_json(json.loads(json.dumps(to_json(film)))) == film


def test_a_film_by_hand() -> None:
    """Five tokens and one merge: word, places, rank, ids as anyone can work them out."""
    film = film_of(Tokenizer.from_json(tiny()), "ab<s>a", start_ids=(4,))

    assert [(word.text, word.at, word.symbols) for word in film.words] == [
        ("ab", 0, ("a", "b")),
        ("<s>", 2, ()),
        ("a", 5, ("a",)),
    ]
    assert film.words[0].merges == (FilmMerge(0, 1, "a", "b", "ab", 0),)
    assert [word.ids for word in film.words] == [(2,), (4,), (0,)]
    assert [word.is_added for word in film.words] == [False, True, False]
    assert [film.first_position(index) for index in range(3)] == [1, 2, 3]
    assert (film.start_ids, film.n_ids) == ((4,), 4)


def test_lost_bytes_are_kept() -> None:
    """Each byte without a token is named with its character; the word has no ids."""
    film = film_of(Tokenizer.from_json(tiny()), "aé")

    assert [(lost.at, lost.character, lost.byte) for lost in film.lost] == [
        (1, "é", 0xC3),
        (1, "é", 0xA9),
    ]
    assert film.n_lost == 2
    assert from_json(to_json(film)) == film


@pytest.mark.model
@pytest.mark.parametrize("text", LOSSY)
def test_lost_bytes_of_a_real_vocabulary(text: str) -> None:
    """What SmolLM2's vocabulary lacks is named in the film as the tokeniser names it."""
    film = film_of(tokenizer("smollm2"), f"a {text}b")

    assert list(film.lost) == tokenizer("smollm2").lost_bytes(f"a {text}b") != []


def test_spaces_and_bytes_are_visible() -> None:
    """Llama's ▁ is shown as a space, a character without a token as its bytes."""
    (word,) = film_of(Tokenizer.from_json(spaced()), "aé\n").words

    assert word.symbols == ("·", "a", "é", "↵")
    assert [merge.result for merge in word.merges] == ["·a"]


def test_a_lone_surrogate_is_replaced() -> None:
    """A film shows the text that the model gets: U+FFFD for half of a pair."""
    assert film_of(Tokenizer.from_json(spaced()), "a\ud800").text == "a\ufffd"


@pytest.mark.parametrize(
    "text",
    [
        "a " * (LONGEST_PROMPT // 2),
        "a" * LONGEST_PROMPT,
        "é" * LONGEST_PROMPT,
        " ".join(["é" * 200] * 99),
    ],
)
def test_a_film_is_bounded(text: str) -> None:
    """The longest prompts make a film of the first words; the rest is counted."""
    made_by = Tokenizer.from_json(spaced())
    film = film_of(made_by, text)
    told = json.dumps(to_json(film))

    assert len(film.words) <= MOST_WORDS
    assert sum(len(word.symbols) for word in film.words) <= MOST_OF_ALL
    assert all(len(word.symbols) <= MOST_SYMBOLS for word in film.words)
    assert len(film.lost) <= MOST_LOST
    assert film.n_ids == len(made_by.encode(text))
    assert film.n_words == len(made_by.words(text))
    assert len(told) < 20 * LONGEST_PROMPT
    assert from_json(json.loads(told)) == film


def damaged(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """The JSON of a small film, changed."""
    told: dict[str, Any] = json.loads(
        json.dumps(to_json(film_of(Tokenizer.from_json(tiny()), "ab a")))
    )
    change(told)
    return told


DAMAGE: dict[str, Callable[[dict[str, Any]], object]] = {
    "no words": lambda told: told.pop("words"),
    "fewer words": lambda told: told.update(n_words=1),
    "no ids": lambda told: told.update(n_ids=0),
    "ids as text": lambda told: told.update(n_ids="2"),
    "below zero": lambda told: told.update(n_lost=-1),
    "truth as id": lambda told: told.update(start_ids=[True]),
    "odd piece": lambda told: told.update(pieces=[["ab a", "sermon", ""]]),
    "short text": lambda told: told.update(pieces=[["ab", "content", ""]]),
    "foreign byte": lambda told: told.update(lost=[[0, 0xC3]]),
    "no list": lambda told: told.update(words={}),
    "many words": lambda told: told["words"].extend(told["words"] * MOST_WORDS),
    "short row": lambda told: told["words"][0].pop(),
    "fewer symbols": lambda told: told["words"][0][3].pop(),
    "merged twice": lambda told: told["words"][0][4].append([0, 1, "ab", 0]),
    "no neighbour": lambda told: told["words"][0][4][0].__setitem__(1, 2),
    "number as piece": lambda told: told["words"][0][4][0].__setitem__(2, 7),
    "broken rank": lambda told: told["words"][0][4][0].__setitem__(3, 0.5),
    "more ids": lambda told: told["words"][0][5].append(1),
    "outside": lambda told: told["words"][0].__setitem__(0, 99),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damaged_json_is_refused(name: str) -> None:
    """A wrong kind, a place outside the text, a merge that cannot be: one sentence, no film."""
    with pytest.raises(SourceError) as refused:
        from_json(damaged(DAMAGE[name]))

    assert refused.value.key == "recording.unreadable"


@pytest.mark.parametrize("data", [None, [], "film", 3, {}])
def test_what_is_no_film_is_refused(data: object) -> None:
    """Anything else than a film's object is refused the same way."""
    with pytest.raises(SourceError):
        from_json(data)
