"""The methods that dataclasses write for our classes, compiled at build time.

`dataclass` writes a class's methods as text and compiles it. For 129 classes that took more than
half of the time of all our imports, at every start. The build notes what is compiled
(export/bytecode.py) and ships it; in the page it is taken from there, class by class as they are
made, and a text that is not among it is compiled as ever.
"""

from __future__ import annotations

import dataclasses
import marshal
from typing import TYPE_CHECKING

from seethrough.core.package import read

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType

FILE = "methods.bin"
# The name by which dataclasses runs what it has written: what stands there in its place is asked.
RUN = "exec"


def kept() -> bytes | None:
    """What the build noted; None where the package lies there as sources alone."""
    try:
        return read(FILE)
    except OSError:
        return None


def lend(noted: bytes | None) -> None:
    """Let dataclasses take the methods that were noted by this very version of Python."""
    if noted is not None:
        codes: dict[str, bytes] = marshal.loads(noted)  # noqa: S302 - checked with the site

        def lent(text: str) -> CodeType:
            code = codes.get(text)
            return _compiled(text) if code is None else marshal.loads(code)  # noqa: S302 - as above

        _ask(lent)


def note() -> Callable[[], bytes]:
    """Note what dataclasses compile from now on. Returns: What gives it, and ends the noting."""
    codes: dict[str, bytes] = {}

    def noted(text: str) -> CodeType:
        code = _compiled(text)
        codes[text] = marshal.dumps(code)
        return code

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
