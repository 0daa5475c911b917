"""What `apply_chat_template` of transformers says, and what our segments say: text and ids.

Where a template is no segments, the sentence that says so is the expected one.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from export.chat import segments_from_template
from export.folder_tokens import tokens_of
from seethrough.core.chat import ChatMessage, ChatTemplate, encode_chat, rendered
from seethrough.core.errors import SeethroughError
from seethrough.core.messages import text
from seethrough.core.tokenizer import Tokenizer
from tests.chat_templates import CASES, SAME, Case, sentence
from tests.tiny import Tiny, tokenizer_dict
from tests.tokenizer_cases import added, spaced

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.reference

SPECIAL = ("<s>", "</s>", "<start_of_turn>", "<end_of_turn>", "<|user|>", "<|eot_id|>")
D_VOCAB = 320
TURNS: tuple[tuple[tuple[str, str], ...], ...] = (
    (("user", "hello w"),),
    (("user", "Hi"), ("assistant", "  Yes\n")),
    (("user", "Hi"), ("assistant", "hello é"), ("user", "\n1 2")),
    (("system", "Be brief."), ("user", "hello")),
    (("system", "Be brief."), ("user", "a"), ("assistant", "b"), ("user", "c")),
    (("system", " Be\n\n"), ("user", "\n a\n"), ("assistant", " b\t"), ("user", " \n")),
    (("user", "a"), ("assistant", " b "), ("user", " c"), ("assistant", "d\n\ne\n")),
)
Said = tuple[str, list[int]]


def folder_of(case: Case, folder: Path) -> Path:
    """A checkpoint's folder without its weights."""
    content = spaced() if case.is_metaspace else tokenizer_dict(Tiny())
    n_vocab = len(content["model"]["vocab"])
    if not case.is_metaspace:
        content["added_tokens"] += [added(n_vocab + at, one) for at, one in enumerate(SPECIAL)]
    # The oracle insists on what older files leave out.
    content = {**content, "model": {"dropout": None, **content["model"]}}
    told = {"tokenizer_class": "PreTrainedTokenizerFast", **case.settings}
    told |= {} if case.template is None else {"chat_template": case.template}
    kind = "llama" if case.is_metaspace else "gpt2"
    put(folder / "config.json", json.dumps({"model_type": kind, "vocab_size": D_VOCAB}))
    put(folder / "tokenizer.json", json.dumps(content))
    put(folder / "tokenizer_config.json", json.dumps(told))
    for name, file in case.files.items():
        put(folder / name, file)
    return folder


def put(path: Path, content: str | bytes) -> None:
    """Write a file as it is."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


class Theirs:
    """The folder in transformers."""

    def __init__(self, folder: Path) -> None:
        from transformers import AutoTokenizer  # noqa: PLC0415 - not everywhere

        self.tokenizer = AutoTokenizer.from_pretrained(folder)

    def said(self, turns: tuple[tuple[str, str], ...], *, prompt: bool) -> Said | None:
        """Text and ids of a conversation; None where it is refused."""
        plain = [{"role": role, "content": content} for role, content in turns]
        how: dict[str, Any] = {"add_generation_prompt": prompt}
        try:
            told = self.tokenizer.apply_chat_template(plain, tokenize=False, **how)
            return str(told), list(self.tokenizer.apply_chat_template(plain, **how)["input_ids"])
        except Exception:  # noqa: BLE001 - whatever a template raises
            return None


def ours(folder: Path) -> tuple[Tokenizer, ChatTemplate | None, str]:
    """Our tokeniser, our segments if there are any, and the sentence."""
    made = tokens_of(folder, json.loads((folder / "config.json").read_text()), D_VOCAB)
    data, reason = segments_from_template(made.chat_template, **made.special_tokens)
    template = None if data is None else ChatTemplate.from_json(data)
    return Tokenizer.from_json(made.tokenizer), template, sentence(reason)


def our_words(
    tokenizer: Tokenizer,
    template: ChatTemplate,
    turns: tuple[tuple[str, str], ...],
    *,
    prompt: bool,
) -> Said | None:
    """Text and ids of a conversation; None where it is refused, in a sentence."""
    messages = [ChatMessage(*turn) for turn in turns]
    try:
        told = rendered(template.pieces(messages, generation_prompt=prompt))
        return told, encode_chat(tokenizer, template, messages, generation_prompt=prompt)
    except SeethroughError:
        return None


def is_of(sentence: str, key: str) -> bool:
    """Whether a sentence is the one of a key, whatever stands in its fields."""
    start, _, _ = text(key, problem="\0", names="\0").partition("\0")
    return sentence.startswith(start)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_chat_is_what_transformers_says(
    case: Case, tmp_path: Path, note_chat: Callable[[str, str], None]
) -> None:
    """The same text and the same ids with one, two and three messages, or a true sentence."""
    folder = folder_of(case, tmp_path / "model")
    if case.expected.startswith("source."):
        with pytest.raises(SeethroughError) as caught:
            ours(folder)
        assert caught.value.key == case.expected
        with pytest.raises(Exception, match="codec"):
            Theirs(folder)
        note_chat(case.name, str(caught.value))
        return
    theirs, (tokenizer, template, reason) = Theirs(folder), ours(folder)
    if template is None:
        assert is_of(reason, case.expected), reason
        note_chat(case.name, reason)
        return
    assert case.expected == SAME
    n_same = 0
    for turns in TURNS:
        for prompt in (False, True):
            right = theirs.said(turns, prompt=prompt)
            told = our_words(tokenizer, template, turns, prompt=prompt)
            assert told == right
            n_same += right is not None
    assert n_same >= 2 * 3
    note_chat(case.name, f"same text and ids, {n_same} of {2 * len(TURNS)} conversations")
