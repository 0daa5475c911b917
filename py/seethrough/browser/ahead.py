"""Imports the views that no start needed, one at a time, while the page rests."""

from __future__ import annotations

import asyncio

from seethrough.browser import host
from seethrough.view.late import WAITING

# A reader's first press comes before any of it.
QUIET_S = 2.0


async def read_ahead() -> None:
    """See that whatever is shown next is there: an import takes some milliseconds."""
    await asyncio.sleep(QUIET_S)
    while WAITING:
        await host.painted()
        if WAITING:
            WAITING[0].load()
