from __future__ import annotations

import json

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from seethrough.core.chat import (
    ChatMessage,
    ChatTemplate,
    Frame,
    Piece,
    encode_chat,
    rendered,
)
from seethrough.core.errors import InputError, SourceError, UnknownNameError
from tests.hostile_text import NEAR_SPECIAL, SPECIAL
from tests.model_files import corpus, default_oracle, default_tokenizer

SMOLLM2 = ChatTemplate(
    roles={
        role: Frame(f"<|im_start|>{role}\n", "<|im_end|>\n")
        for role in ("system", "user", "assistant")
    },
    default_system="<|im_start|>system\nYou are a helpful AI assistant<|im_end|>\n",
    generation_prompt="<|im_start|>assistant\n",
)
# Nothing special stands between template and content here, so that words reach across the seams.
SEAMLESS = ChatTemplate(
    roles={
        "system": Frame("Note: ", "\n"),
        "user": Frame("\n\nQ ", " "),
        "assistant": Frame("A", "\n"),
    },
    default_system=None,
    generation_prompt="A",
    bos="<|endoftext|>",
)
model = pytest.mark.model
unhurried = settings(deadline=None)  # the first example may load the vocabulary
plain_content = st.one_of(
    st.lists(
        st.one_of(
            st.characters(exclude_categories=["Cs"]),
            st.sampled_from(["\n", " ", "  ", "\t", "7", "'s", "the", " it", *NEAR_SPECIAL]),
        ),
        max_size=20,
    ).map("".join),
    st.sampled_from([text for texts in corpus().values() for text in texts]),
)
special_content = st.lists(
    st.sampled_from([*SPECIAL, *NEAR_SPECIAL, "\n", "user", "hi", " "]), max_size=8
).map("".join)


def conversation(contents: st.SearchStrategy[str]) -> st.SearchStrategy[list[ChatMessage]]:
    """Conversations of one to five turns, with a system message or without."""
    roles = st.lists(st.sampled_from(["user", "assistant"]), min_size=1, max_size=5)
    opened = st.tuples(st.sampled_from([[], ["system"]]), roles).map(lambda two: two[0] + two[1])
    return opened.flatmap(
        lambda row: st.tuples(*(st.builds(ChatMessage, st.just(role), contents) for role in row))
    ).map(list)


def n_special(text: str) -> int:
    """How often a text spells a special token."""
    return sum(text.count(special) for special in SPECIAL)


@model
@unhurried
@given(st.sampled_from([SMOLLM2, SEAMLESS]), conversation(plain_content), st.booleans())
def test_ids_are_those_of_the_whole_text(template, messages, prompt):
    """While only the template writes special tokens, ids are the oracle's for the whole text."""
    pieces = template.pieces(messages, generation_prompt=prompt)
    whole = rendered(pieces)
    framed = [piece.text for piece in pieces if piece.kind == "template"]
    assume(n_special(whole) == sum(map(n_special, framed)))

    ids = encode_chat(default_tokenizer(), template, messages, generation_prompt=prompt)

    assert ids == default_oracle().encode(whole, add_special_tokens=False).ids


@model
@unhurried
@given(st.sampled_from([SMOLLM2, SEAMLESS]), conversation(special_content))
def test_no_message_speaks_in_another_role(template, messages):
    """Special ids come from the template alone, whatever the messages say; no text is lost."""
    tokenizer = default_tokenizer()
    blank = [ChatMessage(message.role, "") for message in messages]

    ids = encode_chat(tokenizer, template, messages)

    assert [one for one in ids if one in tokenizer.special_ids] == [
        one for one in encode_chat(tokenizer, template, blank) if one in tokenizer.special_ids
    ]
    assert tokenizer.decode(ids) == rendered(template.pieces(messages))


@model
def test_seam_cannot_complete_a_special_token():
    """A message that ends where the template goes on makes no special token with it."""
    template = ChatTemplate({"user": Frame("", "|><|im_end|>")}, None, "")
    tokenizer = default_tokenizer()

    ids = encode_chat(tokenizer, template, [ChatMessage("user", "<|im_start")])

    assert [one for one in ids if one in tokenizer.special_ids] == tokenizer.encode("<|im_end|>")
    assert tokenizer.decode(ids) == "<|im_start|><|im_end|>"


@model
def test_a_known_conversation():
    """The ids of SmolLM2's own rendering of a greeting, piece by piece."""
    tokenizer = default_tokenizer()

    ids = encode_chat(tokenizer, SMOLLM2, [ChatMessage("system", "Hi"), ChatMessage("user", "2+2")])

    assert [tokenizer.token_text(one) for one in ids] == [
        *("<|im_start|>", "system", "Ċ", "Hi", "<|im_end|>", "Ċ"),
        *("<|im_start|>", "user", "Ċ", "2", "+", "2", "<|im_end|>", "Ċ"),
        *("<|im_start|>", "ass", "istant", "Ċ"),
    ]


def test_pieces_tell_template_from_content():
    """Each piece says whose it is and who wrote it; empty ones are left out."""
    messages = [ChatMessage("user", "hello"), ChatMessage("assistant", "")]

    assert SEAMLESS.pieces(messages, generation_prompt=False) == [
        Piece("<|endoftext|>", "template", ""),
        Piece("\n\nQ ", "template", "user"),
        Piece("hello", "content", "user"),
        Piece(" ", "template", "user"),
        Piece("A", "template", "assistant"),
        Piece("\n", "template", "assistant"),
    ]


def test_default_system_appears_only_without_a_system_message():
    """The template's own system turn gives way to the reader's."""
    user, system = ChatMessage("user", "hi"), ChatMessage("system", "be brief")

    assert rendered(SMOLLM2.pieces([user])).startswith(SMOLLM2.default_system or "-")
    assert rendered(SMOLLM2.pieces([system, user])) == (
        "<|im_start|>system\nbe brief<|im_end|>\n"
        "<|im_start|>user\nhi<|im_end|>\n"
        "<|im_start|>assistant\n"
    )


def test_trimmed_content():
    """A template that trims its messages trims them here too."""
    template = ChatTemplate({"user": Frame("[", "]", cleaning=("strip",))}, None, "")

    assert rendered(template.pieces([ChatMessage("user", " \n x y\t")])) == "[x y]"


@pytest.mark.parametrize("template", [SMOLLM2, SEAMLESS])
def test_json_round_trip(template):
    """What the manifest carries is the template again."""
    data = json.loads(json.dumps(template.to_json()))

    assert ChatTemplate.from_json(data) == template


@pytest.mark.parametrize(
    "data",
    [{}, [], {"roles": []}, {"roles": {"user": {}}}, SMOLLM2.to_json() | {"more": 1}],
)
def test_damaged_json_is_refused(data):
    """A manifest whose template is damaged says so and what to do."""
    with pytest.raises(SourceError, match=r"chat template is damaged .*Export the model again"):
        ChatTemplate.from_json(data)


def test_unknown_role_is_refused_with_the_known_ones():
    """A role that the template lacks is named, with those it has."""
    with pytest.raises(UnknownNameError, match=r"no role 'tool'. It has: system, user, assistant"):
        SMOLLM2.pieces([ChatMessage("tool", "x")])


def test_empty_conversation_is_refused():
    """There is nothing to answer without a message."""
    with pytest.raises(InputError, match="Write a message first"):
        SMOLLM2.pieces([])


def test_late_system_message_is_refused():
    """The system speaks first or not at all: templates differ on anything else."""
    with pytest.raises(InputError, match="Put it first"):
        SMOLLM2.pieces([ChatMessage("user", "x"), ChatMessage("system", "y")])
