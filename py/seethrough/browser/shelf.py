"""A training run as a file: kept on this device, handed to the reader, chosen by the reader."""

from __future__ import annotations

import js
from pyodide.ffi import JsException

from seethrough.browser import ffi

ENDING, KIND = "safetensors", "application/octet-stream"


class BrowserShelf:
    """app.training_files.Shelf: one run, in a cache of the site (web/site.js)."""

    async def put(self, data: bytes) -> bool:
        """Keep a run in the place of the one before; whether it is kept."""
        from pyscript.js_modules import site

        return bool(await site.keepRun(ffi.byte_array(data)))

    async def get(self) -> bytes | None:
        """The run that is kept."""
        from pyscript.js_modules import site

        found = await site.keptRun()
        return None if ffi.is_absent(found) else bytes(found.to_bytes())

    async def drop(self) -> None:
        """Keep none any longer."""
        from pyscript.js_modules import site

        await site.dropRun()


def hand(data: bytes) -> tuple[str, str]:
    """Hand the reader a run as a file. Returns: How it went (web/hand.js), the file's name."""
    from pyscript.js_modules import save

    handed = save.handText(ffi.byte_array(data), KIND, ENDING)
    return str(handed.end), str(handed.name)


async def chosen(action: str, most: int) -> bytes | None:
    """The bytes of the file that the reader chose in a box, which is empty again afterwards.

    None: none was chosen. Of one that is too long only the beginning comes, and means nothing.

    Args:
        action: What the box carries as `data-action`.
        most: Bytes that are read.
    """
    box = js.document.querySelector(f'[data-action="{action}"]')
    if ffi.is_absent(box) or not box.files.length:
        return None
    try:
        data = bytes((await box.files.item(0).slice(0, most).arrayBuffer()).to_bytes())
    except JsException:
        data = b""
    box.value = ""
    return data
