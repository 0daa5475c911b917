"""A training run kept on the device and as a file, and what a reader does with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from seethrough.app.lesson import Found
from seethrough.app.message import Message
from seethrough.core.errors import InputError, SeethroughError
from seethrough.core.train.kept import read_kept, written_kept

if TYPE_CHECKING:
    from seethrough.app.state import Store
    from seethrough.app.training import Training
    from seethrough.core.train.kept import Kept


class Shelf(Protocol):
    """Keeps one run on this device."""

    async def put(self, data: bytes) -> bool:
        """Keep a run in the place of the one before; whether it is kept."""
        ...

    async def get(self) -> bytes | None:
        """The run that is kept."""
        ...

    async def drop(self) -> None:
        """Keep none any longer."""
        ...


class TrainingFiles:
    """What is kept of a run beyond this visit."""

    def __init__(self, training: Training, store: Store, shelf: Shelf) -> None:
        self._training, self._store, self._shelf = training, store, shelf
        self._found: Kept | None = None
        self._is_told = False
        training.told = self._keep

    async def look(self) -> None:
        """Tell which run this device keeps from an earlier visit; one that is no run goes."""
        if self._store.state.lesson.course.n_done:
            return
        data = await self._shelf.get()
        if data is None:
            return
        try:
            found = read_kept(data)
        except InputError:
            await self._shelf.drop()
            return
        if found.course.n_done and not self._store.state.lesson.course.n_done:
            self._found = found
            self._store.replace(found_run=Found(found.chosen, found.course.n_done))

    async def go_on(self) -> None:
        """Go on with that run."""
        if self._found is not None:
            await self._open(self._found)

    async def forget(self) -> None:
        """Keep that run no longer."""
        self._found = None
        self._store.replace(found_run=None)
        await self._shelf.drop()

    def file(self) -> bytes | None:
        """The run as a file, at its newest step that is kept; None before the first step."""
        kept = self._training.kept()
        return None if kept is None else written_kept(kept)

    async def open_file(self, data: bytes) -> None:
        """Go on with what a file holds; what is wrong with it is told, and the run stays."""
        if self._store.state.lesson.is_going:
            return
        try:
            kept = read_kept(data)
        except SeethroughError as error:
            self._store.replace(lesson_told=Message(error.key, error.fields))
            return
        await self._open(kept)

    async def _open(self, kept: Kept) -> None:
        try:
            await self._training.open_kept(kept)
        except SeethroughError as error:
            self._store.replace(lesson_told=Message(error.key, error.fields))
            return
        self._found = None
        self._store.replace(found_run=None)

    async def _keep(self, kept: Kept) -> None:
        """Keep a run that goes on; where the device will not, that is said once."""
        if not kept.course.n_done:
            return
        self._found = None
        is_kept = await self._shelf.put(written_kept(kept))
        self._store.replace(found_run=None)
        if not is_kept and not self._is_told:
            self._is_told = True
            self._store.replace(lesson_told=Message("train.not_kept"))
