"""Imports the views that no start needed, one at a time, while the page rests."""

from __future__ import annotations

from seethrough.browser import host
from seethrough.view.late import WAITING


async def read_ahead() -> None:
    """See that whatever is shown next is there: an import takes some milliseconds."""
    while WAITING:
        await host.painted()
        if WAITING:
            WAITING[0].load()
