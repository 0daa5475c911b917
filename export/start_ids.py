"""What a tokeniser puts before plain text: Llama's `<s>`, from its file's post-processor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seethrough.core.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    # Names and ids of what stands before a text and of what stands behind it.
    Around = tuple[list[tuple[str, int]], list[tuple[str, int]]]


def start_ids(tokenizer: Mapping[str, Any]) -> tuple[int, ...]:
    """The ids before one text, as `tokenizers` adds them with `add_special_tokens`.

    Raises:
        SourceError: The post-processor puts something behind the text, is of another kind or in
            two parts, or is damaged.
    """
    steps = [step for step in _steps(tokenizer.get("post_processor")) if _name(step) != BYTES]
    if not steps:
        return ()
    if len(steps) > 1 or _name(steps[0]) not in KINDS:
        got = " + ".join(map(_name, steps))
        raise SourceError("tokens.processor", got=got)
    try:
        before, behind = KINDS[_name(steps[0])](steps[0])
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise SourceError("tokens.malformed", part="post_processor") from error
    if behind:
        raise SourceError("tokens.behind_text", behind=", ".join(name for name, _ in behind))
    return tuple(number for _, number in before)


def _steps(processor: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(processor, dict) and processor.get("type") == "Sequence":
        for step in processor.get("processors", ()):
            yield from _steps(step)
    elif isinstance(processor, dict):
        yield processor
    elif processor is not None:
        raise SourceError("tokens.malformed", part="post_processor")


def _name(step: Mapping[str, Any]) -> str:
    return str(step.get("type"))


def _template(step: Mapping[str, Any]) -> Around:
    """A row of special tokens with the text among them; what it says of pairs has no part here."""
    single = step["single"]
    places = [place for place, piece in enumerate(single) if "Sequence" in piece]
    (at,) = places
    if single[at]["Sequence"]["id"] != "A":
        raise ValueError

    def told(pieces: list[dict[str, Any]]) -> list[tuple[str, int]]:
        names = [str(piece["SpecialToken"]["id"]) for piece in pieces]
        return [(name, one) for name in names for one in step["special_tokens"][name]["ids"]]

    return told(single[:at]), told(single[at + 1 :])


def _pair(step: Mapping[str, Any]) -> Around:
    """RoBERTa's and BERT's: `cls` before the text, `sep` behind it."""
    (first, first_id), (last, last_id) = step["cls"], step["sep"]
    return [(str(first), int(first_id))], [(str(last), int(last_id))]


BYTES = "ByteLevel"  # changes offsets alone
KINDS: dict[str, Callable[[Mapping[str, Any]], Around]] = {
    "TemplateProcessing": _template,
    "RobertaProcessing": _pair,
    "BertProcessing": _pair,
}
