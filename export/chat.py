"""A model's Jinja chat template turned into segments that need no template engine.

The template is probed with sentinel messages, and the segments found so are held against its own
rendering of a row of conversations; a template that says anything else has no segments, and the
page then offers no chat for that model. Its code runs in Jinja's sandbox: it comes with the model.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle, islice, product
from typing import TYPE_CHECKING, Any

from jinja2 import TemplateError

from export.chat_environment import NOTHING_ASKED, environment
from export.chat_trouble import NoSegmentsError
from seethrough.core.chat import (
    ASSISTANT,
    SYSTEM,
    USER,
    ChatMessage,
    ChatTemplate,
    Frame,
    rendered,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SAID = {SYSTEM: "Qsystemq", USER: "Quserq", ASSISTANT: "Qassistantq"}
AGAIN = "Qagainq"
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
        return _verified(source, _derived(source)).to_json(), {}
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

    def accepts(self, messages: Sequence[ChatMessage]) -> bool:
        """Whether the template renders this conversation at all."""
        try:
            self.render(messages)
        except NoSegmentsError:
            return False
        return True


def _derived(source: _Source) -> ChatTemplate:
    """The segments that explain the template's text around sentinels."""
    system, user, assistant = (ChatMessage(role, said) for role, said in SAID.items())
    start, after_user = _around(source.render([user]), user)
    *_, after_assistant = _around(source.render([user, assistant]), user, assistant)
    again = ChatMessage(USER, AGAIN)
    turns = _around(source.render([user, assistant, again]), user, assistant, again)
    before_user = _without(turns[2], prefix=after_assistant)
    roles = {
        USER: Frame(before_user, after_user),
        ASSISTANT: Frame(_without(turns[1], prefix=after_user), after_assistant),
    }
    starts = [_without(start, suffix=before_user)]
    if source.accepts([system, user]):
        before, after, _ = _around(source.render([system, user]), system, user)
        roles = {SYSTEM: Frame(before, _without(after, suffix=before_user)), **roles}
        starts.append(before)
    bos = source.tokens.get("bos_token", "")
    if not all(one.startswith(bos) for one in starts):
        bos = ""
    if SYSTEM in roles:
        roles[SYSTEM] = Frame(roles[SYSTEM].before.removeprefix(bos), roles[SYSTEM].after)
    prompted = source.render([user], generation_prompt=True)
    return ChatTemplate(
        roles=roles,
        default_system=starts[0].removeprefix(bos) or None,
        generation_prompt=_without(prompted, prefix=source.render([user])),
        bos=bos,
    )


def _around(whole: str, *messages: ChatMessage) -> list[str]:
    """The texts before, between and after the contents, each of which must stand there once."""
    texts: list[str] = []
    for message in messages:
        if whole.count(message.content) != 1:
            raise NoSegmentsError("chat.no_segments")
        before, _, whole = whole.partition(message.content)
        texts.append(before)
    return [*texts, whole]


def _without(whole: str, *, prefix: str = "", suffix: str = "") -> str:
    if not (whole.startswith(prefix) and whole.endswith(suffix)):
        raise NoSegmentsError("chat.no_segments")
    return whole.removeprefix(prefix).removesuffix(suffix)


def _verified(source: _Source, template: ChatTemplate) -> ChatTemplate:
    """The template, once its segments and its source agree on every conversation it renders."""
    for candidate in (template, replace(template, trims_content=True)):
        if all(_agrees(source, candidate, messages) for messages in conversations()):
            return candidate
    raise NoSegmentsError("chat.no_segments")


def _agrees(source: _Source, template: ChatTemplate, messages: Sequence[ChatMessage]) -> bool:
    if messages[0].role not in template.roles or not source.accepts(messages):
        return True  # a refusal: the page keeps to the orders of turns that every template takes
    return all(
        rendered(template.pieces(messages, generation_prompt=prompt))
        == source.render(messages, generation_prompt=prompt)
        for prompt in (False, True)
    )


def conversations() -> Iterator[list[ChatMessage]]:
    """Conversations of one to six turns, with ordinary and odd contents in every place."""
    orders = ([USER], [USER, USER], [ASSISTANT, USER], *([USER, ASSISTANT] * n for n in (1, 2, 3)))
    for order, opening, shift in product(orders, ([], [SYSTEM]), range(len(ODD_CONTENTS))):
        contents = islice(cycle(ODD_CONTENTS), shift, None)
        yield [ChatMessage(*turn) for turn in zip([*opening, *order], contents, strict=False)]
