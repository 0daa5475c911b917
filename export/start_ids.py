"""What a tokeniser puts before plain text: Llama's `<s>`, from its file's post-processor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seethrough.core.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def start_ids(tokenizer: Mapping[str, Any]) -> tuple[int, ...]:
    """The ids before one text, as `tokenizers` adds them with `add_special_tokens`.

    Raises:
        SourceError: The post-processor puts something behind the text, or is damaged.
    """
    ids: list[int] = []
    for step in _steps(tokenizer.get("post_processor")):
        if step.get("type") != "TemplateProcessing":
            continue  # ByteLevel's changes offsets alone
        try:
            before = _before(step["single"])
            ids += [one for name in before for one in step["special_tokens"][name]["ids"]]
        except (KeyError, TypeError, ValueError) as error:
            raise SourceError("tokens.malformed", part="post_processor") from error
    return tuple(ids)


def _steps(processor: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(processor, dict) and processor.get("type") == "Sequence":
        for step in processor.get("processors", ()):
            yield from _steps(step)
    elif isinstance(processor, dict):
        yield processor


def _before(single: list[dict[str, Any]]) -> list[str]:
    """The names of the special tokens before the text; nothing may stand behind it."""
    kinds = [next(iter(piece)) for piece in single]
    text = kinds.index("Sequence")
    if kinds[text:] != ["Sequence"]:
        got = "TemplateProcessing with a token behind the text"
        raise SourceError("tokens.unsupported", setting="post_processor", got=got)
    return [str(piece["SpecialToken"]["id"]) for piece in single[:text]]
