"""What a reader takes along from a page, shows to a class, and sets for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.places import is_told
from seethrough.app.state import Message
from seethrough.browser import dom, ffi, host, storage, wishes
from seethrough.browser.passing import let_pass
from seethrough.core.depth import DEPTHS
from seethrough.core.fields import MAX_WRITTEN
from seethrough.core.routes import FIDELITY
from seethrough.view import guess
from seethrough.view.header import OFFERED
from seethrough.view.words import model_name, say, step_title

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from typing import Any

    from seethrough.app.fetcher import Fetcher
    from seethrough.app.state import AppState, Store

    Handler = Callable[[Mapping[str, str]], Coroutine[Any, Any, None] | None]

# Files that hold every number of a step, folded or not.
WHOLE = ("csv", "json")
# The file that holds all steps.
PAGE = "page"
# How saving ends, each with its sentence.
TOLD = ("saved", "failed", "incomplete", "empty", "blocked", "framed", "app")
# The dialog of the glossary's open term.
CARD = "term-card"


class Tools:
    """Handlers of the link, the files, presenting; of theme, language and keys.

    Args:
        fetcher: Brings the numbers of steps that were not seen yet.
        folded: Selects the details that can be opened all at once.
    """

    def __init__(self, store: Store, fetcher: Fetcher, folded: str) -> None:
        self._store = store
        self._fetcher = fetcher
        self._folded = folded

    def handlers(self) -> dict[str, Handler]:
        """Action -> what it does."""
        store = self._store
        return {
            "copy-link": lambda values: self._copy_link(values.get("address", "")),
            "save": lambda values: self._save(values["kind"]),
            "present": lambda _values: self._present(),
            "present-walk": lambda values: self._present_walk(values["address"]),
            "print": lambda _values: host.print_page(),
            "set-keys": lambda values: self._set_keys(is_on=values["checked"] == "true"),
            "next-language": lambda _values: self._next_language(),
            "unfold": lambda _values: dom.unfold(self._folded),
            "dismiss": lambda values: self._dismiss(values["kind"]),
            "set-depth": lambda values: self._set_depth(values["depth"]),
            "set-theme": lambda values: self._set_theme(values["value"]),
            "toggle-theme": lambda _values: self._set_theme("light" if ffi.is_dark() else "dark"),
            "set-language": lambda values: store.replace(language=values["value"]),
            "shortcuts": lambda _values: ffi.open_dialog("shortcuts"),
            "close-shortcuts": lambda _values: ffi.close_dialog("shortcuts"),
            "tell-term": lambda values: self._tell_term(values["term"]),
            "close-term": lambda _values: ffi.close_dialog(CARD),
            "seek-term": lambda values: store.replace(sought=values["value"]),
            "use-update": lambda _values: storage.use_update(store),
            "remove-all": lambda _values: storage.remove(store),
        }

    def leave_presenting(self) -> None:
        """The browser left the full screen by itself."""
        if self._store.state.chrome.is_presenting:
            ffi.start_task(self._present())

    async def _copy_link(self, address: str) -> None:
        """Copy the link to what is shown, or to another address of the page."""
        here = ffi.page_address()
        done = await ffi.copy(here.partition("#")[0] + address if address else here)
        told = link_told(self._store.state, address)
        notice = told if done else Message("tools.not_copied")
        self._store.replace(notice=notice)
        await let_pass(self._store, notice)

    def _dismiss(self, kind: str) -> None:
        """Send the error or the notice away."""
        if kind in {"error", "notice"}:
            self._store.replace(**{kind: None})

    async def _save(self, kind: str) -> None:
        """Hand out a file, and tell how it went."""
        end, name = await (self._save_page() if kind == PAGE else self._save_step(kind))
        if end in TOLD:
            notice = Message(f"tools.{end}", {"name": name})
            self._store.replace(notice=notice)
            await let_pass(self._store, notice)

    async def _save_step(self, kind: str) -> tuple[str, str]:
        """The step that is shown; a file of numbers has all, those of folded tables too."""
        from seethrough.app import saving

        unfolded = self._store.state.unfolded
        if kind in WHOLE:
            routes = (self._store.state.route,)
            if not await saving.bring_walk(self._fetcher, self._store, routes):
                return "", ""
            self._store.replace(unfolded=None)
        handed = await ffi.save(kind, *told_of(self._store.state))
        self._store.replace(unfolded=unfolded)
        return handed

    async def _save_page(self) -> tuple[str, str]:
        """The whole walk, as a web page of its own; while it is made, that is said."""
        from seethrough.app import saving
        from seethrough.view import saved_page

        dom.fold_menus()
        state = self._store.state
        self._store.replace(notice=Message("tools.making"))
        await host.painted()
        if not await saving.bring_walk(self._fetcher, self._store, saved_page.routes(state)):
            self._store.replace(notice=None)
            return "", ""
        await host.painted()
        state = self._store.state
        body = saved_page.body_of(state, saving.public_address(ffi.page_address()))
        inside = await ffi.inside_of_page(body)
        if inside is None:
            return "incomplete", ""
        return ffi.hand_page(saved_page.document(state, body, saved_page.Inside(**inside)))

    async def _present(self) -> None:
        state = self._store.state
        is_presenting = not state.chrome.is_presenting
        begun = {"off": frozenset(), "guessing": guess.anew(state)} if is_presenting else {}
        self._store.replace(is_presenting=is_presenting, **begun)
        await ffi.present(is_presenting=is_presenting)

    async def _present_walk(self, address: str) -> None:
        """From another page: go to a walk's beginning and show it to a class."""
        ffi.go_to_address(address)
        await self._present()

    def _tell_term(self, term: str) -> None:
        """Open the glossary's card for a word; what it says is written first."""
        self._store.replace(term=term)
        ffi.open_card(CARD)

    def _set_keys(self, *, is_on: bool) -> None:
        wishes.remember_keys(is_on=is_on)
        self._store.replace(has_keys=is_on)

    def _set_depth(self, depth: str) -> None:
        if depth in DEPTHS:
            wishes.remember_depth(depth)
            self._store.replace(depth=depth)

    def _next_language(self) -> None:
        now = self._store.state.language
        at = OFFERED.index(now) + 1 if now in OFFERED else 0
        self._store.replace(language=OFFERED[at % len(OFFERED)])

    def _set_theme(self, theme: str) -> None:
        ffi.set_theme(theme)
        self._store.replace(theme=theme)


def link_told(state: AppState, address: str) -> Message:
    """What is said of a link that was copied."""
    if address:
        return Message("ready.only.copied")
    if is_told(state):
        return Message("tools.copied")
    return Message("tools.copied_part", {"most": MAX_WRITTEN})


def told_of(state: AppState) -> tuple[str, str, str]:
    """What a picture says of itself: what it shows, of which text, by which model."""
    title = step_title(state) or say(state, f"{state.route.view}.title")
    if state.route.view == FIDELITY:
        return title, "", state.site.proof.model
    prompt, _ = state.run.given or ("", False)
    return title, prompt, model_name(state)
