"""A checkpoint folder's chat templates, from whichever files hold them.

Source: transformers' `_from_pretrained`: what lies in files of its own goes before what
tokenizer_config.json says, and there a list names several.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from export.json_file import read_text
from seethrough.core.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ALONE, MORE = "chat_template.jinja", "additional_chat_templates"
DEFAULT = "default"


def chat_template_of(folder: Path, told: Mapping[str, Any]) -> str | dict[str, str] | None:
    """The template, or several by name; None where there is none.

    Args:
        told: What tokenizer_config.json says.

    Raises:
        SourceError: A file is not UTF-8, or what is said is no template.
    """
    found = {path.stem: read_text(path) for path in sorted((folder / MORE).glob("*.jinja"))}
    if (folder / ALONE).exists():
        found = {DEFAULT: read_text(folder / ALONE), **found}
    if list(found) == [DEFAULT]:
        return found[DEFAULT]
    return found or _told(told.get("chat_template"))


def _told(template: object) -> str | dict[str, str] | None:
    if template is None or isinstance(template, str):
        return template
    try:
        named = {str(one["name"]): one["template"] for one in template}  # type: ignore[attr-defined]
    except (KeyError, TypeError) as error:
        raise _no_template(type(template).__name__) from error
    if not all(isinstance(one, str) for one in named.values()):
        raise _no_template("a list")
    return named


def _no_template(got: str) -> SourceError:
    return SourceError("chat.no_text", got=got)
