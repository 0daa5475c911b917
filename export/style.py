"""The page's style sheet: one file of many, made small."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
QUOTED = re.compile(r"""("(?:[^"\\]|\\.)*"|'[^']*')""")
# Spaces that mean nothing in a style sheet: around these signs, and behind a property's colon.
AROUND = re.compile(r"\s*([{};,])\s*")
AFTER_COLON = re.compile(r":\s+")
NOT_ASCII = re.compile(r"[^\x00-\x7f]")


def whole_style() -> str:
    """The style sheet in one file and in ASCII.

    Comments and spaces that mean nothing stay in the sources: a first visit fetches this file
    twice. What stands between quotes is left as it is.
    """
    parts = QUOTED.split(COMMENT.sub("", written_style()))
    parts[::2] = [
        AFTER_COLON.sub(":", AROUND.sub(r"\1", part)).replace(";}", "}") for part in parts[::2]
    ]
    return NOT_ASCII.sub(lambda sign: f"\\{ord(sign[0]):06X}", "".join(parts).strip() + "\n")


def written_style() -> str:
    """The page's own style sheet, then each step's, as they are written."""
    sheets = [ROOT / "web" / "style.css", *sorted((ROOT / "web" / "steps").glob("*.css"))]
    return "\n".join(sheet.read_text(encoding="utf-8") for sheet in sheets)
