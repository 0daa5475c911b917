"""The sentences that JavaScript shows before Python runs, or where it cannot: web/messages.js."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING

from seethrough.core.messages import FALLBACK, LANGUAGES, catalogue, direction

if TYPE_CHECKING:
    from pathlib import Path

PREFIX = "boot."


def sentences(language: str) -> dict[str, str]:
    """Those of a language, by key."""
    told = sorted(catalogue(language).items())
    return {key: text for key, text in told if key.startswith(PREFIX)}


def templates() -> str:
    """The fallback's, for the page itself: they are there whatever else cannot be had."""
    return "\n    ".join(
        f'<template data-message="{html.escape(key)}">{html.escape(text)}</template>'
        for key, text in sentences(FALLBACK).items()
    )


def write_languages(folder: Path) -> None:
    """A file for each of the other languages, with how its text runs."""
    folder.mkdir()
    for language in LANGUAGES:
        if language != FALLBACK:
            told = {"language": language, "direction": direction(language)}
            text = json.dumps({**told, "sentences": sentences(language)}, ensure_ascii=False)
            (folder / f"{language}.json").write_text(f"{text}\n", encoding="utf-8", newline="\n")
