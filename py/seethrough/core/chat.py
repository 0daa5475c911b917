"""A conversation as the model was taught to read it: the template's words around the readers'.

The manifest carries the template as segments that export/chat.py has tested against the model's
own Jinja template, so the page needs no template engine. What a person wrote stays data: special
tokens count in the template's pieces only, so no message can speak in another role.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from seethrough.core.errors import InputError, SourceError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from seethrough.core.tokenizer import Tokenizer

SYSTEM = "system"
USER = "user"
ASSISTANT = "assistant"


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
    """What the template puts before and after a message of one role."""

    before: str
    after: str


@dataclass(frozen=True)
class ChatTemplate:
    """A chat template as segments.

    `default_system` is the whole turn that appears when the first message is not the system's, or
    None. `generation_prompt` opens the assistant's turn; `bos` stands before everything.
    `trims_content`: white space around a message's content is taken off.
    """

    roles: Mapping[str, Frame]
    default_system: str | None
    generation_prompt: str
    bos: str = ""
    trims_content: bool = False

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ChatTemplate:
        """The template that `to_json` wrote.

        Raises:
            SourceError: The data are not a chat template's.
        """
        try:
            roles = {role: Frame(**frame) for role, frame in data["roles"].items()}
            return cls(**{**data, "roles": roles})
        except (AttributeError, KeyError, TypeError) as error:
            raise SourceError("chat.malformed", problem=error) from error

    def to_json(self) -> dict[str, Any]:
        """Plain values for the manifest."""
        return {**asdict(self), "roles": {role: asdict(self.roles[role]) for role in self.roles}}

    def pieces(
        self, messages: Sequence[ChatMessage], *, generation_prompt: bool = True
    ) -> list[Piece]:
        """The rendered conversation, cut where template and content meet; no piece is empty.

        Raises:
            InputError: There is no message, or the system speaks after another role.
            UnknownNameError: The template has no such role.
        """
        if not messages:
            raise InputError("chat.no_message")
        pieces = [Piece(self.bos, "template", "")]
        if messages[0].role != SYSTEM:
            pieces.append(Piece(self.default_system or "", "template", SYSTEM))
        for place, message in enumerate(messages):
            pieces += self._turn(message, is_first=place == 0)
        if generation_prompt:
            pieces.append(Piece(self.generation_prompt, "template", ASSISTANT))
        return [piece for piece in pieces if piece.text]

    def _turn(self, message: ChatMessage, *, is_first: bool) -> Iterator[Piece]:
        role = message.role
        if role not in self.roles:
            raise UnknownNameError("chat.unknown_role", role=role, known=", ".join(self.roles))
        if role == SYSTEM and not is_first:
            raise InputError("chat.system_not_first")
        frame = self.roles[role]
        yield Piece(frame.before, "template", role)
        content = message.content.strip() if self.trims_content else message.content
        yield Piece(content, "content", role)
        yield Piece(frame.after, "template", role)


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
