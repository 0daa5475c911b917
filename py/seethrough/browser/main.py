"""Starts the page: engine, service, actions, views, door. Wiring only."""

from __future__ import annotations

from seethrough.app.actions import Actions
from seethrough.app.service import Service
from seethrough.app.state import Message, Store
from seethrough.browser import ffi
from seethrough.browser.door import Door
from seethrough.browser.ort import OrtEngine
from seethrough.browser.page import Page
from seethrough.core.errors import SeethroughError


def start() -> None:
    """What web/main.py calls once the package is unpacked."""
    store = Store()
    service = Service(store, OrtEngine(), ffi.fetch_text, ffi.fetch_bytes)
    Page(Actions(service)).start()
    ffi.mark_ready()
    ffi.start_task(_open(store, service))


async def _open(store: Store, service: Service) -> None:
    """Read the list of models; the door opens when there is one to ask for, or a reason why not."""
    try:
        await service.open()
    except SeethroughError as error:
        store.replace(error=Message(error.key, error.fields))
    ffi.open_door(Door(service).answer)
