"""What a reader does in the room of training."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from seethrough.app.message import Message
from seethrough.browser import ffi, slowing
from seethrough.browser.passing import let_pass
from seethrough.core.routes import LESSON, address_of_place

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from seethrough.app.actions import Actions
    from seethrough.app.state import AppState
    from seethrough.app.training_files import TrainingFiles

    Handler = Callable[[Mapping[str, str]], Coroutine[Any, Any, None] | None]

BOX = "lesson-load"


def handlers(actions: Actions) -> dict[str, Handler]:
    """What each action does."""
    school = School(actions)
    return {
        **slowing.handlers(actions),
        "lesson-set": lambda values: actions.training.set(values["name"], values["value"]),
        "lesson-preset": lambda values: actions.training.use(values["name"]),
        "lesson-go": lambda values: actions.training.go(int(values["steps"])),
        "lesson-pause": lambda _values: actions.training.pause(),
        "lesson-again": lambda _values: actions.training.again(),
        "lesson-back": lambda values: actions.training.back_to(int(values["step"])),
        "lesson-open": lambda _values: _open(actions),
        "lesson-save": lambda _values: school.save(),
        BOX: lambda _values: school.load(),
        "lesson-resume": lambda _values: school.files.go_on(),
        "lesson-forget": lambda _values: school.files.forget(),
    }


class School:
    """The files of a run, and the run that this device keeps, which is looked for once."""

    def __init__(self, actions: Actions) -> None:
        self._actions = actions
        self._has_looked = False
        actions.store.subscribe(("route",), self._look)

    @cached_property
    def files(self) -> TrainingFiles:
        """What is kept of a run; no start needs it."""
        from seethrough.app.training_files import TrainingFiles
        from seethrough.browser.shelf import BrowserShelf

        return TrainingFiles(self._actions.training, self._actions.store, BrowserShelf())

    def _look(self, state: AppState) -> None:
        if state.route.view == LESSON and not self._has_looked:
            self._has_looked = True
            ffi.start_task(self.files.look())

    async def save(self) -> None:
        """Hand the reader the run as a file."""
        from seethrough.browser import shelf

        data = self.files.file()
        if data is None:
            return
        end, name = shelf.hand(data)
        notice = Message(f"tools.{end}", {"name": name})
        self._actions.store.replace(notice=notice)
        await let_pass(self._actions.store, notice)

    async def load(self) -> None:
        """Go on with a run that the reader chose as a file."""
        from seethrough.browser import shelf
        from seethrough.core.train.kept import MOST_BYTES

        data = await shelf.chosen(BOX, MOST_BYTES)
        if data is not None:
            await self.files.open_file(data)


async def _open(actions: Actions) -> None:
    """Turn to the room of generation with the model that was trained."""
    place = await actions.training.open_model()
    if place is not None:
        ffi.go_to_address(address_of_place(place))
