"""Starts the page: engine, service, actions, views, door. Wiring only."""

from __future__ import annotations

from seethrough.app.actions import Actions
from seethrough.app.navigation import Navigation
from seethrough.app.service import Service
from seethrough.app.state import AppState, Message, Store
from seethrough.browser import ffi, host, storage, wishes
from seethrough.browser.door import Door
from seethrough.browser.ort import OrtEngine
from seethrough.browser.page import Page
from seethrough.core.errors import SeethroughError
from seethrough.view.tours import TOURS


async def start() -> None:
    """What web/main.py awaits: read what this build has, take the page over, open the door.

    The model is loaded after that, in the background.
    """
    store = Store(AppState().but(unfolded=frozenset(), tours=TOURS))
    device, stored = await storage.device()
    store.replace(
        theme=ffi.theme(),
        device=device,
        stored=stored,
        has_keys=wishes.has_keys(),
        depth=wishes.depth(),
        guessing=wishes.guessing(),
    )
    service = Service(store, OrtEngine(), host.fetch_text, host.fetch_bytes)
    actions = Actions(service)
    try:
        await service.open()
    except SeethroughError as error:
        store.replace(error=Message(error.key, error.fields))
    await Page(actions, Navigation(actions)).start()
    ffi.mark_ready()
    door = Door(service)
    ffi.open_door(door.answer, door.abort)
    host.on_update(lambda: store.replace(has_update=True))
    ffi.start_task(_load(actions))


async def _load(actions: Actions) -> None:
    """The model at once, where nobody has to be asked for its download."""
    device = actions.state.site.device
    if device.may_download and actions.state.site.models:
        await actions.load(device.model)
