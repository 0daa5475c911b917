"""Starts the page: engine, service, actions, views, door. Wiring only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.actions import Actions
from seethrough.app.navigation import Navigation
from seethrough.app.service import Service
from seethrough.app.state import AppState, Message, Store
from seethrough.browser import ffi, host, storage, wishes
from seethrough.browser.ahead import read_ahead
from seethrough.browser.door import Door
from seethrough.browser.keeper import Keeping
from seethrough.browser.ort import OrtEngine
from seethrough.browser.page import Page
from seethrough.browser.self_check import SelfCheck
from seethrough.core.errors import SeethroughError
from seethrough.view.tours import TOURS

if TYPE_CHECKING:
    from seethrough.app.learning import Learner


def new_learner() -> Learner:
    """What trains a model, in a worker of its own; imported when it is first asked for."""
    from seethrough.browser.learner import OrtLearner

    return OrtLearner()


async def start() -> None:
    """What web/main.py awaits: read what this build has, take the page over, open the door.

    What is fetched or opened without being asked for comes after that, once the page rests.
    """
    store = Store(AppState().but(unfolded=frozenset(), tours=TOURS))
    store.replace(
        theme=ffi.theme(),
        device=await storage.device(),
        is_recordings_only=wishes.is_recordings_only(),
        has_keys=wishes.has_keys(),
        depth=wishes.depth(),
        guessing=wishes.guessing(),
    )
    service = Service(store, OrtEngine(), host.fetch_text, host.fetch_bytes)
    service.new_learner = new_learner
    actions = Actions(service)
    try:
        await service.open()
    except SeethroughError as error:
        store.replace(error=Message(error.key, error.fields))
    keeping = Keeping(actions)
    await keeping.look()
    checking = SelfCheck(service)
    handlers = {**keeping.handlers(), **checking.handlers()}
    await Page(actions, Navigation(actions), handlers).start()
    ffi.mark_ready()
    checking.follow()
    door = Door(service)
    ffi.open_door(door.answer, door.abort)
    host.on_update(lambda: store.replace(has_update=True))
    ffi.start_task(keeping.follow())
    ffi.start_task(read_ahead())
