"""Notices that leave by themselves."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from seethrough.view.message import PASSING

if TYPE_CHECKING:
    from seethrough.app.state import Message, Store

PASSES_S = 6


async def let_pass(store: Store, notice: Message) -> None:
    """Take a notice away after a while, where it only tells that something was done."""
    if notice.key not in PASSING:
        return
    await asyncio.sleep(PASSES_S)
    if store.state.chrome.notice is notice:
        store.replace(notice=None)
