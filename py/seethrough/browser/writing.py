"""What a reader does with a text that grows: generate, go on, an earlier step, another way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.branches import Branches
from seethrough.app.state import Message
from seethrough.app.tours import GENERATE, WALK, tour_of
from seethrough.browser import ffi, lab
from seethrough.browser.passing import let_pass
from seethrough.browser.reading import Reading
from seethrough.browser.runs import Runs
from seethrough.core.routes import OWN, Route, address_of
from seethrough.core.tree import PRESENT
from seethrough.view.generate import beats
from seethrough.view.steps.written import has_end, text_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Mapping
    from typing import Any

    from seethrough.app.actions import Actions
    from seethrough.browser.player import Player

    Work = Coroutine[Any, Any, None]
    Handler = Callable[[Mapping[str, str]], Work | None]


class Writing:
    """Handlers of the steps "loop" and "done", of the room of generation and of the lab.

    Args:
        live: Does what computes, and lets the address follow.
        player: A film ends where the reader takes over; in the room of generation it is steered
            token by token.
    """

    def __init__(
        self,
        actions: Actions,
        live: Callable[[Work], Awaitable[None]],
        player: Player,
    ) -> None:
        self._actions = actions
        self._branches = Branches(actions)
        self._live = live
        self._player = player
        self._runs = Runs(actions, live)
        self._reading = Reading(actions, player)

    def handlers(self) -> dict[str, Handler]:
        """Action -> what it does."""
        branches = self._branches
        return {
            "go-on": lambda _values: self._begin(branches.go_on()),
            "step-to": lambda values: self._choose(int(values["step"])),
            "go-to": lambda values: self._go_to(int(values["new"]), values["to"]),
            "fork": lambda values: self._begin(
                branches.fork(int(values["step"]), int(values["id"]))
            ),
            "return-to": lambda values: self._begin(branches.return_to(int(values["index"]))),
            **self._runs.handlers(),
            **self._reading.handlers(),
            "stand-at": lambda values: self._stand_at(int(values["index"]), int(values["step"])),
            "name-place": lambda values: branches.name(int(values["step"]), values["value"]),
            "prune": lambda values: self._begin(branches.prune(int(values["step"]))),
            "set-length": lambda values: self._set_length(int(values["value"])),
            "copy-text": lambda _values: self._copy_text(),
            "token-back": lambda _values: self._token_back(),
            "token-next": lambda _values: self._token_next(),
            "to-end": lambda _values: self._player.end(),
            **lab.handlers(self._actions, self._begin),
            "write-live": lambda _values: self._begin(self._write_live()),
        }

    def read_on(self, distance: int) -> bool:
        """One token on or back where a text is read; see Reading.turn."""
        return self._reading.turn(distance)

    def one_more(self) -> Work | None:
        """One token more where the text grows; None at any other place."""
        route = self._actions.state.route
        if route.view == GENERATE:
            return self._token_next()
        is_here = route.view == "walk" and route.step in {"loop", "done"}
        return self._begin(self._branches.one_more()) if is_here else None

    def show_loop(self) -> None:
        """Where a text grows it is to be seen: any other step of the walk gives way to the loop."""
        route = self._actions.state.route
        if route.view == "walk" and route.step not in {"loop", "done"}:
            ffi.go_to_address(address_of(Route(route.view, route.subject, "loop")))

    def _token_back(self) -> None:
        """The text without its last token, as the film shows it."""
        state = self._actions.state
        self._player.seek(beats.token_before(state.moment, len(state.run.steps)))

    async def _token_next(self) -> None:
        """The next token of the film; at its end the model writes one more, which is performed."""
        state = self._actions.state
        n_steps, is_own = len(state.run.steps), state.route.subject == OWN
        moment = beats.token_after(state.moment, n_steps)
        if moment is not None:
            self._player.seek(moment)
            return
        await self._begin(self._branches.one_more())
        if len(self._actions.state.run.steps) <= n_steps:
            return
        play = self._player.play_from if is_own else self._player.play_when_turned
        play(beats.N_KINDS * n_steps)

    async def _write_live(self) -> None:
        """Run what a card shows, and write on as it was drawn."""
        await self._actions.go_live()
        if self._actions.state.run.source == "live":
            await self._branches.go_on()

    def _stand_at(self, index: int, step: int) -> Work | None:
        """A place of the tree: on the present way at once, on another as the model goes there."""
        if index != PRESENT:
            return self._begin(self._branches.stand_at(index, step))
        self._choose(step)
        return None

    def _choose(self, step: int) -> None:
        self._player.end()
        self._branches.select_step(step)

    async def _begin(self, work: Work) -> None:
        self._player.end()
        await self._live(work)

    async def _go_to(self, n_new: int, step: str) -> None:
        """Make an earlier token the last of the input, and turn to a step of its walk."""
        await self._live(self._branches.go_to(n_new))
        state = self._actions.state
        walk = tour_of(state.site.tours, WALK)
        is_step = walk is not None and step in walk.names
        if state.chrome.error is None and len(state.run.written) == n_new and is_step:
            ffi.go_to_address(address_of(Route("walk", OWN, step)))

    def _set_length(self, most: int) -> None:
        settings = self._actions.state.sampling.but(max_new_tokens=most)
        self._actions.store.replace(sampling=settings)

    async def _copy_text(self) -> None:
        """The whole text, prompt and all, as it reads."""
        state = self._actions.state
        given = state.run.tokens[: state.run.n_prompt]
        before = "".join(token.text for token in given if not token.is_special)
        whole = before + text_of(state.run.steps, has_end=has_end(state))
        done = await ffi.copy(whole)
        notice = Message("done.copied" if done else "tools.not_copied")
        self._actions.store.replace(notice=notice)
        await let_pass(self._actions.store, notice)
