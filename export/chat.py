"""A model's Jinja chat template turned into segments that need no template engine.

The template is probed with sentinel messages, and the segments found so are held against its own
rendering of a row of conversations; a template that says anything else has no segments, and the
page then offers no chat for that model. Its code runs in Jinja's sandbox: it comes with the model.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle, islice, product
from typing import TYPE_CHECKING, Any

from jinja2 import TemplateError, nodes

from export.chat_environment import NOTHING_ASKED, environment
from export.chat_segments import SAID, guesses, may_be_joined, with_cleaning
from export.chat_trouble import NoSegmentsError
from seethrough.core.chat import (
    ASSISTANT,
    SYSTEM,
    USER,
    ChatMessage,
    ChatTemplate,
    rendered,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# What a template may do to a message's own words, in this order.
CLEANED: tuple[tuple[str, ...], ...] = (
    (),
    ("strip",),
    ("lstrip",),
    ("rstrip",),
    ("after_thoughts",),
    ("lines_after_thoughts",),
    ("after_thoughts", "strip"),
    ("lines_after_thoughts", "strip"),
    ("strip", "merge_line_ends"),
    ("strip", "plain_line_ends", "merge_line_ends"),
)
# Of several templates, the one that is used where no tools are.
DEFAULT = "default"
ODD_CONTENTS = (
    "Hello",
    "",
    "  two spaces around\n\n",
    "\n",
    "{{ messages }} {% raw %} <b>&amp;</b>",
    "<|im_end|>\n<|im_start|>system\nno</s>[INST]<<SYS>>",
    "<think>\nhm\n</think>\n\nČau, 你好 👋🏽",
    "\tone\r\ntwo\n\n\nthree </think> \n four\v",
    "long " * 300,
)
# Anything that a template's own code can raise; what it raises on purpose is a TemplateError.
TEMPLATE_FAULTS = (
    TemplateError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)


def segments_from_template(
    template: str | Mapping[str, str] | None, **tokens: str
) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """The JSON of a `ChatTemplate`, or None; and the reason: a sentence's key and fields, or none.

    Args:
        template: The Jinja source, or several by name; None when the model has none.
        tokens: The special tokens that the model has, under the names that templates know them by
            ("bos_token"); one that it has not is a name that the template does not know.
    """
    if not template:
        return None, _told(NoSegmentsError("chat.no_template"))
    try:
        source = _Source(_default_of(template), tokens)
        return _verified(source).to_json(), {}
    except NoSegmentsError as reason:
        return None, _told(reason)


def _told(reason: NoSegmentsError) -> dict[str, Any]:
    return {"key": reason.key, "fields": {name: str(it) for name, it in reason.fields.items()}}


def _default_of(template: str | Mapping[str, str]) -> str:
    if isinstance(template, str):
        return template
    if DEFAULT not in template:
        raise NoSegmentsError("chat.no_default", names=", ".join(sorted(template)))
    return template[DEFAULT]


class _Source:
    """The model's own template, rendered as `transformers` renders it."""

    def __init__(self, template: str, tokens: Mapping[str, str]) -> None:
        self.tokens = tokens
        try:
            self._template = environment().from_string(template)
            self._tree = environment().parse(template)
        except TEMPLATE_FAULTS as error:
            raise NoSegmentsError("chat.broken_template", problem=error) from error

    def render(self, messages: Sequence[ChatMessage], *, generation_prompt: bool = False) -> str:
        """The template's own text of a conversation.

        Raises:
            NoSegmentsError: The template refuses the conversation, or fails.
        """
        plain = [{"role": one.role, "content": one.content} for one in messages]
        try:
            return self._template.render(
                messages=plain,
                add_generation_prompt=generation_prompt,
                **NOTHING_ASKED,
                **self.tokens,
            )
        except TEMPLATE_FAULTS as error:
            raise NoSegmentsError("chat.broken_template", problem=error) from error

    def literals(self) -> list[str]:
        """The words that the template itself has in quotes, each once."""
        words = (one.value for one in self._tree.find_all(nodes.Const))
        return list(dict.fromkeys(one for one in words if isinstance(one, str) and one))

    def accepts(self, messages: Sequence[ChatMessage]) -> bool:
        """Whether the template renders this conversation at all."""
        try:
            self.render(messages)
        except NoSegmentsError:
            return False
        return True


def _verified(source: _Source) -> ChatTemplate:
    """The segments that agree with their source on every conversation it renders.

    Raises:
        NoSegmentsError: None do, or the template fails.
    """
    probes = [*conversations(), *_with_its_own_words(source)]
    for guess in guesses(source):
        template = _cleaning(source, guess)
        if template is None:
            continue
        joined = [replace(template, is_joined=True)] if may_be_joined(template) else []
        for candidate in (template, *joined):
            if all(_agrees(source, candidate, messages) for messages in probes):
                return candidate
    raise NoSegmentsError("chat.no_segments")


def _cleaning(source: _Source, template: ChatTemplate) -> ChatTemplate | None:
    """The template with what its source does to each role's words; None where that is not known."""
    for role in template.roles:
        probes = [_said_by(role, words) for words in ODD_CONTENTS]
        ways = (with_cleaning(template, role, names) for names in CLEANED)
        fitting = (one for one in ways if all(_agrees(source, one, probe) for probe in probes))
        found = next(fitting, None)
        if found is None:
            return None
        template = found
    return template


def _said_by(role: str, words: str) -> list[ChatMessage]:
    """The shortest conversation in which a role says this."""
    others = {SYSTEM: ([], [SAID]), USER: ([], []), ASSISTANT: ([SAID], [])}
    before, after = others[role]
    return [*before, ChatMessage(role, words), *after]


def _agrees(source: _Source, template: ChatTemplate, messages: Sequence[ChatMessage]) -> bool:
    if messages[0].role not in template.roles or not source.accepts(messages):
        return True  # a refusal: the page keeps to the orders of turns that every template takes
    return all(
        rendered(template.pieces(messages, generation_prompt=prompt))
        == source.render(messages, generation_prompt=prompt)
        for prompt in (False, True)
    )


def _with_its_own_words(source: _Source) -> Iterator[list[ChatMessage]]:
    """Conversations about the template's own literals, of which it may cut or replace some."""
    for word in source.literals():
        said = f"a{word}b {word}\n{word} c"
        yield [ChatMessage(USER, said), ChatMessage(ASSISTANT, said), ChatMessage(USER, said)]
        yield [ChatMessage(SYSTEM, said), ChatMessage(USER, said)]


def conversations() -> Iterator[list[ChatMessage]]:
    """Conversations of one to six turns, with ordinary and odd contents in every place."""
    orders = ([USER], [USER, USER], [ASSISTANT, USER], *([USER, ASSISTANT] * n for n in (1, 2, 3)))
    for order, opening, shift in product(orders, ([], [SYSTEM]), range(len(ODD_CONTENTS))):
        contents = islice(cycle(ODD_CONTENTS), shift, None)
        yield [ChatMessage(*turn) for turn in zip([*opening, *order], contents, strict=False)]
