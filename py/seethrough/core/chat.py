"""A conversation as the model was taught to read it: the template's words around the readers'.

The manifest carries the template as segments that export/chat.py has tested against the model's
own Jinja template, so the page needs no template engine. What a person wrote stays data: special
tokens count in the template's pieces only, so no message can speak in another role.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from seethrough.core.chat_cleaning import CLEANINGS, cleaned, stripped
from seethrough.core.errors import InputError, SourceError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from seethrough.core.tokenizer import Tokenizer

SYSTEM = "system"
USER = "user"
ASSISTANT = "assistant"
# Where a template puts what the system says: a turn of its own, inside the first other turn, inside
# the last one if that is the user's (else it is left out), or nowhere.
TURN, FIRST, LAST, NOWHERE = PLACES = ("turn", "first", "last", "nowhere")


@dataclass(frozen=True)
class ChatMessage:
    """What one role said."""

    role: str
    content: str


@dataclass(frozen=True)
class Piece:
    """A stretch of the rendered conversation: the template's own text, or a message's content.

    `role` is whose turn it belongs to; empty for what stands before all turns.
    """

    text: str
    kind: Literal["template", "content"]
    role: str


@dataclass(frozen=True)
class Frame:
    """What the template puts before and after a message of one role.

    `link` stands behind it where another turn follows. `cleaning` names what is done to the message
    itself, in order (core/chat_cleaning.py).
    """

    before: str
    after: str
    link: str = ""
    cleaning: tuple[str, ...] = ()


@dataclass(frozen=True)
class ChatTemplate:
    """A chat template as segments.

    `default_system` is the whole turn that appears when the first message is not the system's, or
    None. `generation_prompt` opens the assistant's turn; without it `ending` ends the conversation.
    `bos` stands before everything. `system_place` is one of PLACES. `is_joined`: white space is
    taken off around a turn with the system's words in it, not off its own message.
    """

    roles: Mapping[str, Frame]
    default_system: str | None
    generation_prompt: str
    bos: str = ""
    ending: str = ""
    system_place: str = TURN
    is_joined: bool = False

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ChatTemplate:
        """The template that `to_json` wrote.

        Raises:
            SourceError: The data are not a chat template's.
        """
        try:
            roles = {role: _frame(frame) for role, frame in data["roles"].items()}
            template = cls(**{**data, "roles": roles})
            PLACES.index(template.system_place)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise SourceError("chat.malformed", problem=error) from error
        return template

    def to_json(self) -> dict[str, Any]:
        """Plain values for the manifest."""
        roles = {
            role: {**asdict(frame), "cleaning": list(frame.cleaning)}
            for role, frame in self.roles.items()
        }
        return {**asdict(self), "roles": roles}

    def pieces(
        self, messages: Sequence[ChatMessage], *, generation_prompt: bool = True
    ) -> list[Piece]:
        """The rendered conversation, cut where template and content meet; no piece is empty.

        Raises:
            InputError: There is no message, or the system speaks after another role.
            UnknownNameError: The template has no such role.
        """
        self._check(messages)
        has_system = messages[0].role == SYSTEM
        is_apart = has_system and self.system_place != TURN
        system, turns = (messages[0], messages[1:]) if is_apart else (None, messages)
        pieces = [Piece(self.bos, "template", "")]
        if not has_system or is_apart:
            pieces.append(Piece(self.default_system or "", "template", SYSTEM))
        for place, message in enumerate(turns):
            is_last = place == len(turns) - 1
            holds = system is not None and self._holds_system(message, place, is_last=is_last)
            pieces += self._turn(message, system if holds else None)
            pieces += [] if is_last else [self._piece(self.roles[message.role].link, message.role)]
        end = self.generation_prompt if generation_prompt else self.ending
        return [piece for piece in (*pieces, self._piece(end, ASSISTANT)) if piece.text]

    def _check(self, messages: Sequence[ChatMessage]) -> None:
        if not messages:
            raise InputError("chat.no_message")
        for place, message in enumerate(messages):
            role = message.role
            if role not in self.roles:
                raise UnknownNameError("chat.unknown_role", role=role, known=", ".join(self.roles))
            if role == SYSTEM and place:
                raise InputError("chat.system_not_first")

    def _holds_system(self, message: ChatMessage, place: int, *, is_last: bool) -> bool:
        """Whether the system's words stand inside this turn."""
        if self.system_place == LAST:
            return is_last and message.role == USER
        return self.system_place == FIRST and place == 0

    def _turn(self, message: ChatMessage, system: ChatMessage | None) -> Iterator[Piece]:
        frame = self.roles[message.role]
        yield self._piece(frame.before, message.role)
        inside = [] if system is None else list(self._turn(system, None))
        if inside and self.is_joined:
            yield from _stripped([*inside, Piece(message.content, "content", message.role)], frame)
        else:
            content = cleaned(message.content, frame.cleaning)
            yield from [*inside, Piece(content, "content", message.role)]
        yield self._piece(frame.after, message.role)

    @staticmethod
    def _piece(text: str, role: str) -> Piece:
        return Piece(text, "template", role)


def _frame(data: Mapping[str, Any]) -> Frame:
    cleaning = tuple(data["cleaning"])
    for name in cleaning:
        CLEANINGS[name]
    return Frame(**{**data, "cleaning": cleaning})


def _stripped(pieces: Sequence[Piece], frame: Frame) -> Iterator[Piece]:
    """The pieces, white space taken off around them as if they were one text."""
    for piece, text in zip(
        pieces, stripped([piece.text for piece in pieces], frame.cleaning), strict=True
    ):
        yield replace(piece, text=text)


def encode_chat(
    tokenizer: Tokenizer,
    template: ChatTemplate,
    messages: Sequence[ChatMessage],
    *,
    generation_prompt: bool = True,
) -> list[int]:
    """The ids of a conversation; special tokens count only where the template wrote them.

    While no message spells a special token, these are the ids of the rendered text as a whole.

    Raises:
        InputError: No message, a late system message, or a lone surrogate in a message.
        UnknownNameError: The template has no such role.
    """
    pieces = template.pieces(messages, generation_prompt=generation_prompt)
    return tokenizer.encode_pieces((piece.text, piece.kind == "template") for piece in pieces)


def rendered(pieces: Iterable[Piece]) -> str:
    """The conversation as one text, as the model's own template renders it."""
    return "".join(piece.text for piece in pieces)
