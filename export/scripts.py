"""Scripts that stand alone: what they import is written into them."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w-]+\.js)";\n', re.MULTILINE)
# A line that begins with it, in our own scripts, stands in no string.
COMMENT = re.compile(r"^[ \t]*/\*.*?\*/[ \t]*\n?", re.MULTILINE | re.DOTALL)
EXPORT = re.compile(r"^export (?=(async function|function|class|const|let) )", re.MULTILINE)


def standalone(script: Path) -> str:
    """A script as one file, each module that it imports once and before those that import it.

    Imports name what they import, from files beside the script; all of one script's files share one
    scope, so that no two of them may define the same name.
    """
    return "\n".join(EXPORT.sub("", IMPORT.sub("", _read(file))) for file in _in_order(script))


def without_comments(source: str) -> str:
    """A script without the comments that begin a line: a first visit fetches these files twice.

    What stands in the middle of a line stays; so do `//` comments, which are few.
    """
    return COMMENT.sub("", source).lstrip("\n")


def _in_order(script: Path) -> list[Path]:
    """A script behind all that it imports, however far away."""
    imported = [_in_order(script.with_name(name)) for name in IMPORT.findall(_read(script))]
    return list(dict.fromkeys([*itertools.chain(*imported), script]))


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8")
