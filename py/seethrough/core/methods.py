"""The methods that dataclasses write for our classes, compiled at build time.

`dataclass` writes a class's methods as text and compiles it. For 129 classes that took more than
half of the time of all our imports, at every start. The build notes what is compiled
(export/bytecode.py) and ships it; in the page it is taken from there, and a text that is not among
it is compiled as ever.
"""

from __future__ import annotations

import dataclasses
import marshal
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType

FILE = "methods.bin"
# The name by which dataclasses runs what it has written: what stands there in its place is asked.
RUN = "exec"


def kept() -> bytes | None:
    """What the build noted; None where the package lies there as sources alone."""
    file = files("seethrough") / FILE
    return file.read_bytes() if file.is_file() else None


def lend(noted: bytes | None) -> None:
    """Let dataclasses take the methods that were noted by this very version of Python."""
    if noted is not None:
        codes: dict[str, CodeType] = marshal.loads(noted)  # noqa: S302 - checked with the site
        _ask(lambda text: codes.get(text) or _compiled(text))


def note() -> Callable[[], bytes]:
    """Note what dataclasses compile from now on. Returns: What gives it, and ends the noting."""
    codes: dict[str, CodeType] = {}

    def noted(text: str) -> CodeType:
        return codes.setdefault(text, _compiled(text))

    def end() -> bytes:
        delattr(dataclasses, RUN)
        return marshal.dumps(codes)

    _ask(noted)
    return end


def _ask(code_of: Callable[[str], CodeType]) -> None:
    def run(text: str, names: dict[str, object], made: dict[str, object]) -> None:
        exec(code_of(text), names, made)  # noqa: S102 - dataclasses does

    setattr(dataclasses, RUN, run)


def _compiled(text: str) -> CodeType:
    return compile(text, "<string>", "exec")
