"""The segments that explain a chat template's text around sentinels, in the ways that there are.

What is found so is a guess; export/chat.py holds each against the template itself.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from export.chat_trouble import NoSegmentsError
from seethrough.core.chat import (
    ASSISTANT,
    FIRST,
    LAST,
    NOWHERE,
    SYSTEM,
    TURN,
    USER,
    ChatMessage,
    ChatTemplate,
    Frame,
)
from seethrough.core.chat_cleaning import STRIPS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SAID_BY_SYSTEM = ChatMessage(SYSTEM, "Qsystemq")
SAID = ChatMessage(USER, "Quserq")
ANSWERED = ChatMessage(ASSISTANT, "Qassistantq")
AGAIN = ChatMessage(USER, "Qagainq")
# No cut goes through what looks like a special token.
TOKEN = re.compile(r"<[^<>\s]{1,60}>|\[/?\w{1,40}\]")


class Source(Protocol):
    """The model's own template; see export/chat.py."""

    tokens: Mapping[str, str]

    def render(self, messages: Sequence[ChatMessage], *, generation_prompt: bool = False) -> str:
        """The template's own text of a conversation."""

    def accepts(self, messages: Sequence[ChatMessage]) -> bool:
        """Whether the template renders this conversation at all."""


def guesses(source: Source) -> Iterator[ChatTemplate]:
    """Segments that may explain a template; what it does to a message's own words is not in them.

    Raises:
        NoSegmentsError: There are none, or the template fails.
    """
    plain = _without_system(source)
    if not source.accepts([SAID_BY_SYSTEM, SAID]):
        yield plain
        return
    if SAID_BY_SYSTEM.content not in source.render([SAID_BY_SYSTEM, SAID]):
        yield _with_system(plain, Frame("", ""), NOWHERE)
        return
    before, after, _ = around(source, SAID_BY_SYSTEM, SAID)
    before_user = plain.roles[USER].before
    if after.endswith(before_user):
        yield _in_turn(plain, Frame(before, after.removesuffix(before_user)))
    head = plain.bos + (plain.default_system or "") + before_user
    if before.startswith(head):
        frame = Frame(before.removeprefix(head), after)
        for place in (FIRST, LAST):
            yield _with_system(plain, frame, place)


def with_cleaning(template: ChatTemplate, role: str, names: tuple[str, ...]) -> ChatTemplate:
    """The template, with this done to the messages of a role."""
    frame = replace(template.roles[role], cleaning=names)
    return replace(template, roles={**template.roles, role: frame})


def may_be_joined(template: ChatTemplate) -> bool:
    """Whether white space may be taken off around a turn with the system's words in it."""
    names = template.roles[USER].cleaning
    return template.system_place in {FIRST, LAST} and bool(names) and set(names) <= set(STRIPS)


def _without_system(source: Source) -> ChatTemplate:
    head, tail = around(source, SAID)
    _, to_answer, answer_tail = around(source, SAID, ANSWERED)
    _, _, to_user, _ = around(source, SAID, ANSWERED, AGAIN)
    ending = _ending((tail, to_answer), (answer_tail, to_user))
    after_user, after_answer = tail.removesuffix(ending), answer_tail.removesuffix(ending)
    rest = _without(to_user, prefix=after_answer)
    before_user = _common_end(head, rest)
    link = ""
    if source.accepts([SAID, AGAIN]):
        between = _without(around(source, SAID, AGAIN)[1], prefix=after_user)
        link = _without(between, suffix=before_user)
    before_answer = _without(to_answer, prefix=after_user + link)
    prompted = around(source, SAID, generation_prompt=True)[1]
    start = head.removesuffix(before_user)
    bos = source.tokens.get("bos_token", "")
    bos = bos if start.startswith(bos) else ""
    return ChatTemplate(
        roles={
            USER: Frame(before_user, after_user, link),
            ASSISTANT: Frame(before_answer, after_answer, rest.removesuffix(before_user)),
        },
        default_system=start.removeprefix(bos) or None,
        generation_prompt=_without(prompted, prefix=after_user),
        bos=bos,
        ending=ending,
    )


def _with_system(plain: ChatTemplate, frame: Frame, place: str) -> ChatTemplate:
    return replace(plain, roles={SYSTEM: frame, **plain.roles}, system_place=place)


def _in_turn(plain: ChatTemplate, frame: Frame) -> ChatTemplate:
    """With a turn of the system's; what stands before all turns stands before it, too."""
    if not frame.before.startswith(plain.bos):
        started = plain.bos + (plain.default_system or "")
        plain = replace(plain, bos="", default_system=started or None)
    before = frame.before.removeprefix(plain.bos)
    return _with_system(plain, replace(frame, before=before), TURN)


def around(source: Source, *messages: ChatMessage, generation_prompt: bool = False) -> list[str]:
    """The texts before, between and after the contents, each of which must stand there once."""
    whole = source.render(messages, generation_prompt=generation_prompt)
    texts: list[str] = []
    for message in messages:
        if whole.count(message.content) != 1:
            raise NoSegmentsError("chat.no_segments")
        before, _, whole = whole.partition(message.content)
        texts.append(before)
    return [*texts, whole]


def _ending(*turns: tuple[str, str]) -> str:
    """The shortest end of all these last turns that does not stand where another turn follows.

    Args:
        turns: The text behind a message that is the last, and behind one that is not.
    """
    last = turns[0][0]
    for at in _cuts(last)[::-1]:
        end = last[at:]
        afters = [(tail.removesuffix(end), more) for tail, more in turns if tail.endswith(end)]
        if len(afters) == len(turns) and all(more.startswith(one) for one, more in afters):
            return end
    raise NoSegmentsError("chat.no_segments")


def _common_end(one: str, other: str) -> str:
    """The longest end of both that is cut through no special token."""
    for at in _cuts(other):
        if one.endswith(other[at:]):
            return other[at:]
    return ""


def _cuts(text: str) -> list[int]:
    """Where a text may be cut, its two ends among it."""
    inside = {at for found in TOKEN.finditer(text) for at in range(found.start() + 1, found.end())}
    return [at for at in range(len(text) + 1) if at not in inside]


def _without(whole: str, *, prefix: str = "", suffix: str = "") -> str:
    if not (whole.startswith(prefix) and whole.endswith(suffix)):
        raise NoSegmentsError("chat.no_segments")
    return whole.removeprefix(prefix).removesuffix(suffix)
