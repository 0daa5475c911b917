"""Converts between Python and JavaScript at the edge, and frees proxies there.

It, host.py and wishes.py alone import `js`, `pyodide` and `pyscript`.

Inward go plain Python values and numpy arrays; outward go plain JavaScript objects and typed
arrays. Everything else in this package calls these functions.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import js
import numpy as np
from pyodide.ffi import JsProxy, create_once_callable, create_proxy, to_js

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from seethrough.core.cache import Array
    from seethrough.core.language import Signs

# What JavaScript hands over. Its attributes are JavaScript's, so no Python type describes it.
Js = Any
# Left, top, right and bottom in the window, in pixels.
Box = tuple[float, float, float, float]

document: Js = js.document
DTYPES = {"float32": np.float32, "int64": np.int64, "int32": np.int32}
_tasks: set[asyncio.Task[Any]] = set()


def is_absent(value: Js) -> bool:
    """Whether a value is JavaScript's undefined or null."""
    return value is None or type(value).__name__ == "JsNull"


def well_formed(value: str) -> str:
    """Text with each lone surrogate replaced by U+FFFD: such a half cannot be encoded."""
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def to_python(value: Js) -> Any:  # noqa: ANN401 - any plain value
    """A plain Python value of a JavaScript one: dict, list, str, numbers, memoryview."""
    if is_absent(value):
        return None
    if isinstance(value, str):
        return well_formed(value)
    if not isinstance(value, JsProxy):
        return value
    converted = value.to_py()
    return _plain(converted)


def _plain(value: Any) -> Any:  # noqa: ANN401 - any plain value
    if isinstance(value, str):
        return well_formed(value)
    if isinstance(value, dict):
        return {_plain(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return None if is_absent(value) else value


def to_javascript(value: object) -> Js:
    """A plain JavaScript value of a Python one; an array becomes {dims, data: Float32Array}."""
    return to_js(_prepared(value), dict_converter=js.Object.fromEntries)


def _prepared(value: object) -> object:
    if isinstance(value, np.ndarray):
        return tensor(value)
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, bytes):
        return byte_array(value)
    if isinstance(value, dict):
        return {key: _prepared(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_prepared(item) for item in value]
    return value


def tensor(array: Array) -> Js:
    """A JavaScript {dims, data} of an array; data is a Float32Array of its own."""
    return js.Object.fromEntries(
        to_js([["dims", to_js(list(array.shape))], ["data", typed_array(array, np.float32)]])
    )


def typed_array(array: Array, dtype: Any = np.float32) -> Js:  # noqa: ANN401 - numpy's dtypes
    """A JavaScript Float32Array or Int32Array with a copy of the array's numbers."""
    flat = np.ascontiguousarray(array, dtype).reshape(-1)
    kind = js.Int32Array if dtype is np.int32 else js.Float32Array
    typed = kind.new(flat.size)
    typed.assign(flat)
    return typed


def byte_array(data: bytes) -> Js:
    """A JavaScript Uint8Array with a copy of some bytes."""
    typed = js.Uint8Array.new(len(data))
    typed.assign(data)
    return typed


def numpy_array(record: Js) -> Array:
    """The array of the engine's {dims, type, bytes}; one copy, into Python's memory."""
    dims = tuple(record.dims.to_py())
    return np.frombuffer(record.bytes.to_bytes(), DTYPES[str(record.type)]).reshape(dims)


def parse_json(text: str) -> Js:
    """A JavaScript object of JSON text."""
    return js.JSON.parse(text)


def callback(function: Callable[..., object]) -> Js:
    """A JavaScript function that lives until `release` is called on it."""
    return create_proxy(function)


def release(proxy: Js) -> None:
    """Free what `callback` made."""
    proxy.destroy()


def start_task(work: Coroutine[Any, Any, Any]) -> None:
    """Run a coroutine in the background and keep it from being collected."""
    task = asyncio.ensure_future(work)
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


def page_url(path: str) -> str:
    """The absolute address of a path of this site."""
    return str(js.URL.new(path, js.document.baseURI).href)


def open_door(
    answer: Callable[[str, Js, int], Coroutine[Any, Any, Js]], abort: Callable[[int], None]
) -> None:
    """Let `window.seethrough` (web/door.js) call `answer(name, arguments, number)`.

    `abort(number)` ends that call.
    """
    from pyscript.js_modules import door

    door.openDoor(create_proxy(answer), create_proxy(abort))


def mark_ready() -> None:
    """Tell boot.js that Python is up: from here on, Python shows what goes wrong."""
    mark("seethrough.python-ready")
    js.document.documentElement.dataset.boot = "ready"


def mark(name: str) -> None:
    """Note a moment of the start (performance.mark), the first time it comes."""
    from pyscript.js_modules import early

    early.markOnce(name)


def listen(target: Js, kind: str, hear: Callable[[Js], None], *, is_once: bool = False) -> None:
    """Add an event listener that lives as long as the page, or hears the next event alone."""
    proxy = create_once_callable(hear) if is_once else create_proxy(hear)
    target.addEventListener(kind, proxy, to_javascript({"once": is_once}))


def on_fold(function: Callable[[], None]) -> None:
    """Call a function when details were opened or folded; that event does not bubble."""
    proxy = create_proxy(lambda _event: function())
    js.document.addEventListener("toggle", proxy, to_javascript({"capture": True}))


def css_escape(text: str) -> str:
    """Text as it may stand inside a selector."""
    return str(js.CSS.escape(text))


def pictures(slot: str) -> list[list[str]]:
    """Of each picture of a panel (of the page: ""): its name, what stands there (web/paint.js)."""
    from pyscript.js_modules import paint

    return list(paint.named(slot).to_py())


def put_pictures(slot: str, drawn: list[tuple[int, Array, str]]) -> None:
    """Put uint8 RGBA pixels [height, width, 4] on some of these pictures, each with its mark."""
    from pyscript.js_modules import paint

    places = [[at, pixels.shape[1], pixels.shape[0], mark] for at, pixels, mark in drawn]
    paint.paint(slot, to_js(places), byte_array(b"".join([one.tobytes() for _, one, _ in drawn])))


def is_dark() -> bool:
    """Whether the page is dark: as the reader chose, else as the system has it; paper is light."""
    if js.matchMedia("print").matches:
        return False
    chosen = theme()
    if chosen in {"light", "dark"}:
        return chosen == "dark"
    return bool(js.matchMedia("(prefers-color-scheme: dark)").matches)


def is_calm() -> bool:
    """Whether the reader wants little motion."""
    return bool(js.matchMedia("(prefers-reduced-motion: reduce)").matches)


def on_dark_change(function: Callable[[Js], None]) -> None:
    """Call a function when the system changes between light and dark, or the page is printed."""
    for query in ("(prefers-color-scheme: dark)", "print"):
        listen(js.matchMedia(query), "change", function)


def theme() -> str:
    """The reader's theme: "light", "dark", or "system"."""
    return str(js.seethroughTheme.get())


def set_theme(name: str) -> None:
    """Show a theme and remember it (web/theme.js)."""
    js.seethroughTheme.set(name)


def address() -> str:
    """What stands behind the page's #, with it."""
    return well_formed(str(js.location.hash))


def replace_address(value: str) -> None:
    """Write the address of what is shown; no new entry in the history."""
    if value != str(js.location.hash):
        js.history.replaceState(None, "", value)


def go_to_address(value: str) -> None:
    """Go to an address of this page: a new entry in the history, and `on_address` hears of it."""
    js.location.hash = value


def on_address(function: Callable[[Js], None]) -> None:
    """Call a function when the address behind the # changed."""
    listen(js.window, "hashchange", function)


def describe_page(title: str, language: str, direction: str, signs: Signs) -> None:
    """The tab's title, the language and direction that a screen reader goes by, numbers' signs."""
    js.document.title = title
    root = js.document.documentElement
    root.lang, root.dir = language, direction
    root.dataset.decimal, root.dataset.group = signs.decimal, signs.group


def show_moment(moment: int | None, *, moves: bool, speed: float) -> None:
    """Put the films of the page at a moment; None is their end (web/stage.js)."""
    from pyscript.js_modules import stage

    stage.show(moment, moves, speed)


def write(panel: Js, markup: str) -> None:
    """Write a panel anew; what stays the same keeps its elements (web/keep.js)."""
    from pyscript.js_modules import keep

    keep.write(panel, markup)


def box_of(element: Js) -> Box:
    """Left, top, right and bottom of an element in the window."""
    box = element.getBoundingClientRect()
    return float(box.left), float(box.top), float(box.right), float(box.bottom)


def place_card(slot: str, box: Box) -> None:
    """Put a card near what stands in a box of the window (web/lit.js)."""
    from pyscript.js_modules import lit

    lit.placeCard(slot, to_js(list(box)))


def light(cells: list[str], rows: list[str]) -> None:
    """Mark the numbers and the strips that are named as a sum's sources (web/lit.js)."""
    from pyscript.js_modules import lit

    lit.lightSources(to_js(cells), to_js(rows))


def show_hook(leaf: str) -> None:
    """Light up the parts of the pictures that hold a hook, until another is named (web/lit.js)."""
    from pyscript.js_modules import lit

    lit.showHook(leaf)


async def copy(text: str) -> bool:
    """Put text on the clipboard; False where the browser refuses."""
    from pyscript.js_modules import save as module

    return bool(await module.copy(text))


async def save(kind: str, title: str, prompt: str, model: str) -> tuple[str, str]:
    """Hand the reader the step's picture or data as a file; a picture says whose it is.

    Returns: How it went (web/hand.js), the file's name.
    """
    from pyscript.js_modules import save as module

    handed = await module.save(kind, title, prompt, model)
    return str(handed.end), str(handed.name)


async def inside_of_page(text: str) -> dict[str, str] | None:
    """What a saved walk takes from the page: `style`, with the fonts of its text, `script`, `icon`.

    None where a file of the site does not come (web/save.js).
    """
    from pyscript.js_modules import save as module

    told: dict[str, str] | None = to_python(await module.insideOf(text))
    return told


def hand_page(markup: str) -> tuple[str, str]:
    """Hand the reader a web page as a file. Returns: How it went (web/hand.js), the file's name."""
    from pyscript.js_modules import save as module

    handed = module.handPage(markup)
    return str(handed.end), str(handed.name)


async def present(*, is_presenting: bool) -> None:
    """Large type and nothing but the step, or back (web/save.js)."""
    from pyscript.js_modules import save as module

    await module.present(is_presenting)


def on_full_screen_left(function: Callable[[], None]) -> None:
    """Call a function when the browser leaves full screen, however it was asked to."""

    def changed(_event: Js) -> None:
        if is_absent(js.document.fullscreenElement):
            function()

    listen(js.document, "fullscreenchange", changed)


def browser_name() -> str:
    """How the browser calls itself."""
    return str(js.navigator.userAgent)


def page_address() -> str:
    """The whole address of the page, as a link to what is shown."""
    return well_formed(str(js.location.href))


def scroll_to_top() -> None:
    """Show the page from its top; the focus stays where it is."""
    js.scrollTo(0, 0)


def go_to_top() -> None:
    """A new page: at its top, with the focus on its heading, so that a screen reader says it."""
    scroll_to_top()
    heading = js.document.querySelector("main h1")
    if not is_absent(heading):
        heading.focus(to_javascript({"preventScroll": True}))


def open_dialog(name: str) -> None:
    """Open one of the page's dialogs at its top, the focus on its title.

    A browser gives the focus to the first control, which may stand at the end of a long list.
    """
    dialog = js.document.getElementById(name)
    if dialog.open:
        return
    dialog.showModal()
    title = dialog.querySelector("[tabindex='-1']")
    if not is_absent(title):
        title.focus()
        dialog.scrollTop = 0


def open_card(name: str) -> None:
    """Open a dialog beside the word that was pressed (web/card.js)."""
    from pyscript.js_modules import card

    card.openCard(name)


def close_dialog(name: str) -> None:
    """Close one of the page's dialogs."""
    js.document.getElementById(name).close()
