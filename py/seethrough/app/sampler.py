"""What a reader does at the step "sample": set the draw, throw the dart, throw it 200 times."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seethrough.app.settings import checked_sampling, number_in
from seethrough.app.state import TALLY, Message, Sampling, Throws
from seethrough.core.errors import InputError, SeethroughError
from seethrough.core.settings import PRESETS, SETTINGS, preset

if TYPE_CHECKING:
    from seethrough.app.state import AppState, Store


class Sampler:
    """Changes `sampling` and `throws`; nothing here needs the engine."""

    def __init__(self, store: Store) -> None:
        self.store = store
        store.subscribe(("tokens",), self._begin_anew)

    def set(self, name: str, written: str) -> None:
        """Take a setting, or several by a preset's name; what means nothing is refused in words.

        The old value is then written into the page again, because the sentence came and went.
        """
        self._take_off()
        try:
            sampling = self._read(name, written)
        except SeethroughError as error:
            refused = Message(error.key, error.fields)
            self.store.replace(throws=replace(self.store.state.choice.throws, refused=refused))
            return
        now = self.store.state
        at = 0 if sampling.seed != now.sampling.seed else now.choice.throws.at
        self.store.replace(sampling=sampling, throws=replace(now.choice.throws, at=at), trying=None)

    def attempt(self, name: str, written: str) -> None:
        """Show what a slider's place would do, while it is held; nothing where it means nothing."""
        try:
            trying = self._read(name, written)
        except SeethroughError:
            return
        self.store.replace(trying=trying)

    def throw(self) -> None:
        """The next dart of the same seed."""
        throws = self.store.state.choice.throws
        self.store.replace(throws=replace(throws, at=throws.at + 1))

    def tally(self) -> None:
        """Count the first 200 darts of the seed; or put the count away."""
        throws = self.store.state.choice.throws
        self.store.replace(throws=replace(throws, tallied=0 if throws.tallied else TALLY))

    def throw_many(self) -> None:
        """Throw many darts at once, with chance on: at the model's own odds where it was off."""
        if self.store.state.sampling.temperature == 0:
            self.set("preset", "own")
        self.store.replace(throws=replace(self.store.state.choice.throws, tallied=TALLY))

    def throw_own(self) -> None:
        """Throw them at the model's own odds, whatever the settings were."""
        self.set("preset", "own")
        self.throw_many()

    def _read(self, name: str, written: str) -> Sampling:
        now = self.store.state
        if name == "preset" and written in PRESETS:
            return now.sampling.but(**preset(written))
        if name not in SETTINGS or SETTINGS[name].dial is None:
            raise InputError("page.number", name=name, got=written)
        if now.run.config is None:
            return now.sampling
        change = {name: number_in(name, written)}
        return checked_sampling(now.sampling.but(**change), now.run.config)

    def _take_off(self) -> None:
        throws = self.store.state.choice.throws
        if throws.refused is not None:
            self.store.replace(throws=replace(throws, refused=None))

    def _begin_anew(self, state: AppState) -> None:
        """Another text has other odds: its first dart, nothing counted."""
        if state.choice.throws != Throws() or state.choice.trying is not None:
            self.store.replace(throws=Throws(), trying=None)
