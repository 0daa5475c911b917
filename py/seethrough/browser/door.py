"""Answers `window.seethrough` (web/door.js) with plain JavaScript values; app/calls.py decides.

JavaScript gets {value} or {error: {key, fields, sentence}}; door.js makes an Error of the latter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.calls import Calls
from seethrough.browser import ffi

if TYPE_CHECKING:
    from seethrough.app.service import Service


class Door:
    """Converts what arrives and what is answered."""

    def __init__(self, service: Service) -> None:
        self._calls = Calls(service)

    async def answer(self, name: str, arguments: ffi.Js, number: int) -> ffi.Js:
        """Answer one call with {value} or {error}."""
        return ffi.to_javascript(
            await self._calls.reply(name, ffi.to_python(arguments), int(number))
        )

    def abort(self, number: int) -> None:
        """End a call that its caller gave up."""
        self._calls.abort(int(number))
