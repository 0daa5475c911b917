"""The page: its frame follows the route, panels follow the state, events become actions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seethrough.app.comparing import Comparing
from seethrough.app.navigation import address, settled
from seethrough.app.places import has_cell
from seethrough.app.sampler import Sampler
from seethrough.app.settings import written_sampling
from seethrough.app.state import Message
from seethrough.app.tours import beside, numbered, steps_of
from seethrough.browser import choosing, dom, ffi, host, storage
from seethrough.browser.cells import Cells
from seethrough.browser.chart import Chart
from seethrough.browser.guesses import Guesses, reveals
from seethrough.browser.keys import Keys
from seethrough.browser.living import Living
from seethrough.browser.player import Player
from seethrough.browser.prices import Prices
from seethrough.browser.sums import Sums
from seethrough.browser.swipe import Swipes
from seethrough.browser.tools import Tools
from seethrough.browser.writing import Writing
from seethrough.core.errors import SeethroughError
from seethrough.core.language import signs
from seethrough.core.messages import LANGUAGES, direction
from seethrough.core.routes import OWN, Route, address_of, parse
from seethrough.core.written import plain_digits
from seethrough.view import pages
from seethrough.view.layout import FIXED, PANELS, Memo, describe_cell, inner_of, raster_for
from seethrough.view.pictures import cell_of, order_of
from seethrough.view.typed import typed_text

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from seethrough.app.actions import Actions
    from seethrough.app.navigation import Navigation
    from seethrough.app.state import AppState
    from seethrough.core.routes import Place

    Handler = Callable[[Mapping[str, str]], Coroutine[Any, Any, None] | None]

VIEW = "view"
FOLDED = f"#{VIEW} details.data"
# What a panel has that is painted, or lit up as a part of something.
PICTURED = ("data-raster=", "data-cell=", "data-part=", "data-names=")
FORM = "prompt-form"
ASK = "ask-form"
# What can be asked for while the engine is so; during a load it begins at its end.
WAITING = ("idle", "download", "session", "ready", "failed")
# What the reader can stop, also where a script asked for it.
GOING = ("download", "session", "running")
# What a step needs beyond the run may change with these.
NEEDED = (
    *("route", "layer", "head", "position", "neuron", "asked_layer", "off", "second"),
    *("tokens", "asked", "busy", "depth"),
)
# Tokens that are being written come into it when the engine rests: browsers count the changes.
IN_ADDRESS = (
    *("route", "layer", "head", "position", "prompt", "chat", "source", "tokens", "language"),
    *("busy", "sum", "depth", "is_mean", "hides_special"),
    *("beam_plan", "ending_plan", "against", "column"),
)
OF_THE_MAP = (
    *("atlas", "chart_layout", "chart_rest", "chart_token", "chart_hidden"),
    *("chart_sought", "chart_group", "chart_colour", "chart_bands", "chart_stop", "chart_path"),
    *("picked", "axis_ends", "sum_terms"),
)
OF_A_STEP = (
    *("sampling", "throws", "word", "compared", "chosen_step", "off", "neuron", "second", "moved"),
)


class Page:
    """Draws the state of `actions` and hands it what the reader does.

    `handlers` are of actions that need nothing of the page.
    """

    def __init__(
        self, actions: Actions, navigation: Navigation, handlers: Mapping[str, Handler]
    ) -> None:
        self._actions = actions
        self._navigation = navigation
        self._slots = dom.Slots()
        self._memo = Memo()
        self._followed: set[str] = set()
        self._inner = inner_of(actions.state.site.tours)
        self._shown = Route("")
        self._address = ""
        self._is_kept = False
        self._player = Player(actions.store)
        self._sampler = Sampler(actions.store)
        self._comparing = Comparing(actions.service)
        self._writing = Writing(actions, self._live, self._player)
        self._sums = Sums(actions)
        self._guesses = Guesses(actions.store, reveals(actions, self._sampler))
        self._prices = Prices(actions.store)
        self._chart = Chart(actions)
        self._tools = Tools(actions.store, actions.fetcher, FOLDED)
        self._handlers: dict[str, Handler] = {
            **handlers,
            **self._writing.handlers(),
            **self._sums.handlers(),
            **self._tools.handlers(),
            **self._guesses.handlers(),
            **choosing.handlers(actions),
            **self._chart.handlers(),
            "run": lambda _values: self._run(),
            "generate": lambda _values: self._generate(),
            "next": lambda _values: self._append_best(),
            "set-sampling": lambda values: self._sampler.set(values["name"], values["value"]),
            "try-sampling": lambda values: self._sampler.attempt(values["name"], values["value"]),
            "throw": lambda _values: self._sampler.throw(),
            "throw-many": lambda _values: self._sampler.throw_many(),
            "tally": lambda _values: self._sampler.tally(),
            "append-token": lambda values: self._live(actions.append(int(values["id"]))),
            "live": lambda _values: self._live(actions.go_live()),
            "download": lambda values: self._switch(values["model"]),
            "retry": lambda values: self._switch(values.get("model", "")),
            "prove-again": lambda _values: actions.proving.again(),
            "mode": lambda values: actions.use_mode(values["mode"]),
            **dict.fromkeys(("cancel", "stop"), lambda _values: actions.cancel()),
            "step-back": lambda _values: self._beside(-1),
            "step-next": lambda _values: self._guesses.shown_first(lambda: self._beside(1)),
            "play": lambda _values: self._play(self._player.toggle),
            "pause": lambda _values: self._player.pause(),
            "replay": lambda _values: self._play(self._player.replay),
            "seek": lambda values: self._play(lambda: self._player.seek(int(values["value"]))),
            "speed": lambda values: self._player.set_speed(float(values["value"])),
            "ask-token": lambda _values: self._ask(dom.field(ASK, "text") or ""),
            "compare-token": lambda values: self._comparing.compare(int(values["id"])),
        }

    async def start(self) -> None:
        """Go where the address says, take over what the build rendered, follow state and reader."""
        store, place = self._actions.store, self._read_address()
        await self._navigation.show(place)
        self._read_folds()
        self._show_page(store.state)
        store.subscribe(pages.FIELDS, self._show_page)
        store.subscribe(("source",), self._fold_text)
        for slot in FIXED:
            self._follow(slot)
        store.subscribe(("engine", "busy", "top"), self._enable)
        store.subscribe(NEEDED, lambda _state: ffi.start_task(self._actions.fetcher.fill()))
        store.subscribe((*IN_ADDRESS, *OF_A_STEP, *OF_THE_MAP), self._write_address)
        store.subscribe(("source",), self._leave_recording)
        store.subscribe(("theme",), lambda _state: self._draw())
        store.subscribe(("sampling",), write_settings)
        self._sums.follow()
        self._chart.follow()
        Living(store, self._player).follow()
        self._enable(store.state)
        dom.listen(self._act)
        Cells(lambda *at: describe_cell(store.state, *at), self._choose_cell, self._rest_on_cell)
        Keys(
            self._prices.before(self._act),
            self._jump,
            lambda: store.state.chrome.has_keys,
            lambda: store.state.chrome.is_presenting,
        )
        dom.fold_menus_left_behind()
        Swipes(self._beside)
        ffi.on_fold(self._read_folds)
        ffi.on_full_screen_left(self._tools.leave_presenting)
        ffi.on_dark_change(lambda _event: self._draw())
        ffi.on_address(lambda _event: ffi.start_task(self._go()))
        ffi.start_task(self._finish(place))

    def _read_address(self) -> Place:
        """What the address names; what was typed and not run yet is kept."""
        self._keep_typed()
        self._address = ffi.address()
        return self._parse(self._address)

    async def _go(self) -> None:
        place = self._read_address()
        if await self._navigation.show(place):
            await self._finish(place)

    async def _finish(self, place: Place) -> None:
        """Run the prompt of the address, where it has one, and write what is shown then."""
        if await self._navigation.finish(place):
            await self._trace(place)
            self._write_address(self._actions.state)

    async def _trace(self, place: Place) -> None:
        """Open the sum that the address names, where there is such a number."""
        state = self._actions.state
        is_open = state.choice.sum is not None and state.choice.sum.cell == place.cell
        if has_cell(place, state) and not is_open and state.tour is not None:
            await self._sums.select(str(place.cell))

    def _write_address(self, state: AppState) -> None:
        """The address of what is shown; one that the reader gave meanwhile is not overwritten."""
        shown = address(state, self._navigation.promised)
        if ffi.address() == self._address != shown:
            self._address = shown
            ffi.replace_address(shown)

    def _fold_text(self, state: AppState) -> None:
        """Inside a layer the text's form folds once its run is there; the walk keeps it open."""
        if state.tour is not None and state.tour.above:
            self._show_page(state)

    def _show_page(self, state: AppState) -> None:
        """Write the frame of the route with all its panels, and the tab's title."""
        markup, route = pages.render(state, self._memo), state.route
        is_new = (route.view, route.subject) != (self._shown.view, self._shown.subject)
        is_first = not self._shown.view
        self._slots.mount(VIEW, markup)
        for slot in self._slots.inside(VIEW):
            self._slots.note(slot, self._memo.markup(state, slot))
            self._follow(slot)
        is_other_step, is_turned = route != self._shown, route.step != self._shown.step
        self._shown = route
        language = state.language
        ffi.describe_page(pages.title(state), language, direction(language), signs(language))
        if is_new and not is_first:
            ffi.go_to_top()
        elif is_turned and not is_first:
            ffi.scroll_to_top()
        if route.view == "about":
            ffi.start_task(storage.look(self._actions.store))
        self._enable(state)
        self._draw()
        self._chart.shown(state)
        if is_other_step and not is_first:
            self._player.turned()

    def _follow(self, slot: str) -> None:
        """Draw a panel anew with what it looks at, from when it is first on the page."""
        if slot in self._followed:
            return
        self._followed.add(slot)

        def show(state: AppState) -> None:
            if self._slots.has(slot) and self._slots.mount(slot, self._memo.markup(state, slot)):
                self._slots.forget(VIEW)
                for inner in self._inner.get(slot, ()):
                    self._slots.note(inner, self._memo.markup(state, inner))
                    self._follow(inner)
                if has_pictures(self._memo.markup(state, slot)):
                    self._draw(slot)
                else:
                    self._player.show()

        self._actions.store.subscribe(PANELS[slot].fields, show)
        show(self._actions.store.state)

    def _draw(self, slot: str = "") -> None:
        state, dark = self._actions.store.state, ffi.is_dark()
        dom.draw(lambda name: raster_for(state, name, dark), slot)
        self._sums.light(state)
        self._player.show()

    def _choose_cell(self, picture: str, row: int, column: int) -> None:
        order = order_of(self._actions.state, picture, row, column)
        if order is not None:
            self._act(*order)

    def _rest_on_cell(self, picture: str, row: int, column: int, box: ffi.Box) -> None:
        cell = cell_of(self._actions.state, picture, row, column)
        if cell is None:
            self._sums.peek.leave()
        else:
            self._sums.peek.over(str(cell), box)

    def _act(self, name: str, values: Mapping[str, str]) -> None:
        if name not in self._handlers or not self._prices.lets_token(name):
            return
        try:
            work = self._handlers[name](values)
        except SeethroughError as error:
            self._actions.store.replace(error=Message(error.key, error.fields))
            return
        if work is not None:
            ffi.start_task(work)

    def _run(self) -> Coroutine[Any, Any, None]:
        return self._live(self._run_and_trace(self._prompt(), chat=self._chat()))

    async def _run_and_trace(self, prompt: str, *, chat: bool) -> None:
        """Run a prompt; one of a link that waited for the reader comes with its number, too."""
        place = self._navigation.promised
        if await self._navigation.run(prompt, chat=chat) and place is not None:
            await self._trace(place)

    def _switch(self, model_id: str) -> Coroutine[Any, Any, None]:
        self._keep_typed()
        return self._live(self._actions.switch(model_id))

    def _generate(self) -> Coroutine[Any, Any, None]:
        settings = (
            written_sampling(lambda name: dom.field(FORM, name)) or self._actions.state.sampling
        )
        prompt, chat = self._prompt(), self._chat()
        self._navigation.forget()
        self._writing.show_loop()
        return self._live(self._actions.generate(prompt, chat=chat, settings=settings))

    async def _live(self, work: Coroutine[Any, Any, None]) -> None:
        """Do what computes; where it leaves a recording, the address follows."""
        await work
        state = self._actions.state
        if state.run.source == "live" and not self._is_kept:
            self._is_kept = True  # after the reader's own act: Firefox asks them
            ffi.start_task(host.persist())
        self._leave_recording(state)

    def _leave_recording(self, state: AppState) -> None:
        """What is live is the reader's own: the address says so as soon as it is."""
        if state.run.source == "live" and state.tour is not None and state.route.subject != OWN:
            ffi.go_to_address(address_of(Route(state.route.view, OWN, state.route.step)))

    def _heading(self) -> Route:
        """Where the reader goes: the state follows the address only after what it needs came."""
        return settled(self._parse(ffi.address()).route, self._actions.state)

    def _parse(self, address: str) -> Place:
        tours = steps_of(self._actions.state.site.tours)
        return parse(address, tours=tours, languages=LANGUAGES)

    def _beside(self, distance: int) -> None:
        """The reader turns to the step beside: a film that plays goes on there."""
        target = beside(self._actions.state.site.tours, self._heading(), distance)
        if not self._writing.read_on(distance) and target is not None:
            ffi.go_to_address(address_of(target))

    def _play(self, play: Callable[[], None]) -> None:
        """Who plays the film wants to see the picture: its question is skipped."""
        self._guesses.skip()
        play()

    def _jump(self, number: int) -> None:
        """A step of the tour by its number."""
        target = numbered(self._actions.state.site.tours, self._heading(), number)
        if target is not None:
            ffi.go_to_address(address_of(target))

    def _read_folds(self) -> None:
        """What the reader has opened gets its tables."""
        opened = dom.opened(FOLDED)
        if opened != self._actions.state.unfolded:
            self._actions.store.replace(unfolded=opened)

    async def _ask(self, text: str) -> None:
        """Compare a token of the reader's own, after the event: a form that is gone warns."""
        self._comparing.ask(text)

    def _keep_typed(self) -> None:
        typed, state = (self._prompt(), self._chat()), self._actions.state
        if not state.busy and typed != (state.text.prompt, state.text.chat):
            self._actions.store.replace(prompt=typed[0], chat=typed[1])

    def _prompt(self) -> str:
        typed, prompt = dom.field(FORM, "prompt"), self._actions.state.text.prompt
        return prompt if typed is None else typed_text(prompt, typed)

    def _chat(self) -> bool:
        chosen = dom.field(FORM, "mode")
        return self._actions.state.text.chat if chosen is None else chosen == "chat"

    def _append_best(self) -> Coroutine[Any, Any, None] | None:
        """The next token: at the loop one more, elsewhere the walk turns to it."""
        one_more = self._writing.one_more()
        if one_more is not None or self._writing.read_on(1):
            return one_more
        top = self._actions.state.run.top
        return self._live(self._actions.append(top[0].id)) if top else None

    def _enable(self, state: AppState) -> None:
        is_idle = state.busy in {"", "load"} and state.site.engine.stage in WAITING
        for name in ("run", "generate"):
            dom.enable(FORM, name, is_enabled=is_idle)
        dom.enable(FORM, "next", is_enabled=is_idle and bool(state.run.top))
        is_script = self._actions.service.turns.is_script
        of_a_script = not state.busy and is_script and state.site.engine.stage in GOING
        may_cancel = of_a_script or state.busy not in {"", "generate"}
        dom.enable(FORM, "cancel", is_enabled=may_cancel)
        dom.enable(FORM, "stop", is_enabled=of_a_script or state.busy == "generate")


def write_settings(state: AppState) -> None:
    """The form has the settings as they are, also where a link or another model changed them."""
    for name, value in state.sampling.values.items():
        dom.write_field(FORM, name, plain_digits(value))


def has_pictures(markup: str) -> bool:
    """Whether a panel has anything to paint or to light up."""
    return any(mark in markup for mark in PICTURED)
