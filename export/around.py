"""A post-processor that puts some tokens around a text, as a tokenizer.json writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    Named = Sequence[tuple[str, int]]

TEXT, SECOND = ({"Sequence": {"id": name, "type_id": 0}} for name in "AB")


def template_processing(before: Named, behind: Named) -> dict[str, Any] | None:
    """The post-processor; None where nothing is put anywhere.

    Args:
        before, behind: Names and ids of the tokens.
    """
    if not (before or behind):
        return None
    tokens = {
        name: {"id": name, "ids": [one], "tokens": [name]} for name, one in (*before, *behind)
    }
    return {
        "type": "TemplateProcessing",
        "single": [*map(_piece, before), TEXT, *map(_piece, behind)],
        "pair": [TEXT, SECOND],
        "special_tokens": tokens,
    }


def _piece(token: tuple[str, int]) -> dict[str, Any]:
    return {"SpecialToken": {"id": token[0], "type_id": 0}}
