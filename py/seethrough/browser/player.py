"""Plays the film of a step: one moment after the other. At its end the reader goes on."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from seethrough.browser import ffi
from seethrough.view.film import reading_s
from seethrough.view.moments import moments_of

if TYPE_CHECKING:
    from seethrough.app.state import Stage, Store


class Player:
    """Moves `stage` on, within one step: who reads along does not lose the place."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._turn = 0
        self._view = ""
        self._next: int | None = None

    @property
    def _stage(self) -> Stage:
        return self._store.state.chrome.stage

    def play(self) -> None:
        """Begin at the present moment; at the end, from the beginning."""
        if not moments_of(self._store.state):
            return
        moment = self._stage.moment
        self._view = self._store.state.route.view
        at = 0 if moment is None else moment
        self._set(replace(self._stage, moment=at, is_playing=True, is_over=False))
        self._turn += 1
        ffi.start_task(self._run(self._turn))

    def toggle(self) -> None:
        """Play, or pause."""
        if self._stage.is_playing:
            self.pause()
        else:
            self.play()

    def pause(self) -> None:
        """Stay at this moment."""
        self._turn += 1
        if self._stage.is_playing:
            self._set(replace(self._stage, is_playing=False))

    def replay(self) -> None:
        """From the step's beginning."""
        self._set(replace(self._stage, moment=None))
        self.play()

    def play_from(self, moment: int) -> None:
        """From a moment on."""
        self._set(replace(self._stage, moment=moment))
        self.play()

    def play_when_turned(self, moment: int) -> None:
        """From a moment on, as soon as the page has turned to what it just ran live."""
        self._next = moment

    def seek(self, moment: int) -> None:
        """Go to a moment and stay; the one behind the last is the whole picture."""
        self._turn += 1
        at = moment if moment < len(moments_of(self._store.state)) else None
        self._set(replace(self._stage, moment=at, is_playing=False, is_over=False))

    def end(self) -> None:
        """The whole picture."""
        if self._stage.moment is not None:
            self.seek(len(moments_of(self._store.state)))

    def set_speed(self, speed: float) -> None:
        """How fast from the next moment on."""
        self._store.replace(stage=replace(self._stage, speed=speed))

    def turned(self) -> None:
        """Another step is shown: its whole picture, or while playing its beginning.

        A film does not go on in another view; one that was promised begins.
        """
        moment, self._next = self._next, None
        if moment is not None and moment < len(moments_of(self._store.state)):
            self.play_from(moment)
            return
        stage, is_same = self._stage, self._store.state.route.view == self._view
        if stage.is_playing and is_same and moments_of(self._store.state):
            self._set(replace(stage, moment=0))
        elif stage.moment is not None or stage.is_playing or stage.is_over:
            self._turn += 1
            self._set(replace(stage, moment=None, is_playing=False, is_over=False))

    def show(self) -> None:
        """Put what was just written into the page at its place in the film, without moving.

        Without a film it stands as it was written.
        """
        if self._stage.moment is not None:
            ffi.show_moment(self._stage.moment, moves=False, speed=self._stage.speed)

    def _set(self, stage: Stage) -> None:
        before = self._stage.moment
        self._store.replace(stage=stage)
        moves = stage.moment is not None and stage.moment != before
        ffi.show_moment(stage.moment, moves=moves, speed=stage.speed)

    def _moment_s(self) -> float:
        """How long the present moment stays: as long as its sentence takes to be read."""
        moments, at = moments_of(self._store.state), self._stage.moment
        return reading_s(moments[at] if at is not None and at < len(moments) else "")

    async def _run(self, turn: int) -> None:
        while True:
            await asyncio.sleep(self._moment_s() / self._stage.speed)
            if turn != self._turn:
                return
            moments, at = len(moments_of(self._store.state)), self._stage.moment
            if at is not None and at + 1 < moments:
                self._set(replace(self._stage, moment=at + 1))
            else:
                self._turn += 1
                self._set(replace(self._stage, moment=None, is_playing=False, is_over=True))
                return
