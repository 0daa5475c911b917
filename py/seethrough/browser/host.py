"""What runs and lies beside the page: workers and their locks, the device, what the site stores.

Like ffi.py, which it stands on, it imports `js` and `pyodide`: it converts at the edge.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import js
import numpy as np
from pyodide.ffi import JsException, create_once_callable, create_proxy, to_js

from seethrough.browser.ffi import is_absent, page_url, to_python, well_formed
from seethrough.core.errors import CancelledRunError, DownloadError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from seethrough.browser.ffi import Js
    from seethrough.core.cache import Array
    from seethrough.core.errors import SeethroughError


def thread_count() -> int:
    """Threads for the engine: one where they can share no memory, four at most."""
    from pyscript.js_modules import device as module

    return int(module.threads())


def worker_name() -> str:
    """A name for a worker and its lock that no other page has."""
    from pyscript.js_modules import early

    return str(early.workerName())


def remember_model(model_id: str, mode: str) -> None:
    """Let the next visit open this model first, in this mode if it was a choice (web/device.js)."""
    from pyscript.js_modules import device as module
    from pyscript.js_modules import site

    site.remember(module.LAST_MODEL, model_id)
    if mode:
        site.remember(module.LAST_MODE, mode)


def take_early_worker(on_message: Js, on_error: Js) -> tuple[Js, str, str, bool] | None:
    """The worker that boot.js started, once: (worker, its name, "model mode", if it started)."""
    from pyscript.js_modules import early

    taken = early.takeWorker()
    if is_absent(taken):
        return None
    taken.worker.addEventListener("message", on_message)
    taken.worker.addEventListener("error", on_error)
    return taken.worker, str(taken.name), str(taken.model), bool(taken.isStarted)


def start_worker(path: str, name: str, on_message: Js, on_error: Js) -> Js:
    """Start a module worker; it is told its name, which is also the lock it holds."""
    options = to_js({"type": "module", "name": name}, dict_converter=js.Object.fromEntries)
    worker = js.Worker.new(page_url(path), options)
    worker.addEventListener("message", on_message)
    worker.addEventListener("error", on_error)
    return worker


async def lock_released(name: str) -> bool:
    """Wait until the holder of a lock is gone; False where the browser has no locks for us."""
    if is_absent(getattr(js.navigator, "locks", None)):
        return False
    on_granted = create_proxy(lambda _lock: None)
    try:
        await js.navigator.locks.request(name, on_granted)
    except JsException:  # where the reader forbids storage, locks are forbidden too
        return False
    finally:
        on_granted.destroy()
    return True


def forbidden_worker() -> tuple[str, dict[str, Any]] | None:
    """The sentence's key and fields, where a policy of the host's forbade a worker."""
    from pyscript.js_modules import refused

    fault = refused.workerFault()
    return None if is_absent(fault) else (str(fault.key), to_python(fault.fields))


def error_of(fault: Js, kind: type[SeethroughError]) -> SeethroughError:
    """An error of JavaScript's that names a sentence (web/errors.js), as one of ours."""
    return kind(str(fault.key), **to_python(fault.fields))


async def fetch_text(path: str) -> str:
    """The text of one of the site's own small files, by its address relative to the page.

    The lists of the build are fetched once, for the scripts and for Python (web/listing.js).

    Raises:
        DownloadError: It is missing, a web page came instead, or there is no connection.
    """
    from pyscript.js_modules import listing

    known = await listing.known(path)
    if not is_absent(known):
        return str(known)
    text = (await fetch_bytes(path)).decode("utf-8", "replace")
    listing.lend(path, text)
    return text


async def fetch_bytes(path: str) -> bytes:
    """The bytes of one of the site's own small files, by its address relative to the page.

    Raises:
        DownloadError: It is missing, a web page came instead, or there is no connection.
    """
    from pyscript.js_modules import served

    name = path.rsplit("/", 1)[-1]
    try:
        response = await js.fetch(page_url(path))
        data: bytes = (await response.arrayBuffer()).to_bytes()
    except JsException as error:
        raise DownloadError("engine.network", path=name) from error
    if not response.ok:
        raise error_of(served.notServed("engine", name, response.status), DownloadError)
    if data.lstrip()[:9].lower().startswith((b"<!doctype", b"<html")):
        raise DownloadError("engine.not_a_model_file", path=name)
    return data


def post(worker: Js, message: Mapping[str, object]) -> None:
    """Send a message to a worker; the values are plain or already JavaScript's."""
    worker.postMessage(to_js(message, dict_converter=js.Object.fromEntries))


async def device() -> dict[str, Any]:
    """What the browser says of the device (web/device.js)."""
    from pyscript.js_modules import device as module

    told: dict[str, Any] = to_python(await module.device())
    return told


def on_update(function: Callable[[], None]) -> None:
    """Call a function once a newer version of the site is stored and waits."""
    from pyscript.js_modules import site

    site.onUpdate(create_proxy(function))


async def keep_registered() -> None:
    """Bring the service worker back if it was removed under this page (web/site.js)."""
    from pyscript.js_modules import site

    await site.keepRegistered()


async def use_update() -> str | None:
    """Take the version that waits; "other-tabs" where another page of the site is open."""
    from pyscript.js_modules import site

    outcome: str | None = to_python(await site.useUpdate())
    return outcome


async def storage() -> dict[str, Any]:
    """What the site has stored (web/site.js, Sizes): bytes, or None where it is not told."""
    from pyscript.js_modules import site

    sizes: dict[str, Any] = to_python(await site.sizes())
    return sizes


async def persist() -> None:
    """Ask the browser to keep what is stored."""
    from pyscript.js_modules import site

    await site.persist()


async def lacking() -> dict[str, Any] | None:
    """What is not stored here (web/bring.js, Lacking); None where nothing works offline."""
    from pyscript.js_modules import bring

    told: dict[str, Any] | None = to_python(await bring.lacking())
    return told


async def bring_walks() -> None:
    """Have all recorded walks stored; what does not come is left for later."""
    from pyscript.js_modules import bring

    with suppress(JsException):
        await bring.bringWalks()


async def filled() -> None:
    """Wait until it is known whether all that a start needs is stored."""
    from pyscript.js_modules import site

    await site.filling()


def print_page() -> None:
    """Open the browser's own way to print."""
    js.window.print()


def put_picture(canvas: Js, pixels: Array) -> None:
    """Put uint8 RGBA pixels [height, width, 4] on a canvas, whatever is on it.

    A picture of a single frame: it is read where Python has it, without a copy or a mark.
    """
    height, width, _channels = pixels.shape
    if (canvas.width, canvas.height) != (width, height):
        canvas.width, canvas.height = width, height
    proxy = create_proxy(np.ascontiguousarray(pixels).reshape(-1))
    lent = proxy.getBuffer("u8clamped")
    try:
        image = js.ImageData.new(lent.data, width, height)
        canvas.getContext("2d").putImageData(image, 0, 0)
    finally:
        lent.release()
        proxy.destroy()
    canvas.painted = None  # what ffi.put_pictures put there is there no longer


async def painted() -> None:
    """Wait until what is shown is painted and the page rests."""
    from pyscript.js_modules import site

    await site.painted()


async def engine_bytes() -> int:
    """What has to be fetched before the engine's worker can start."""
    from pyscript.js_modules import bring

    return int(await bring.engineBytes())


class Bringing:
    """Files on their way to this device: `on_bytes` hears of each piece, `stop` ends it."""

    def __init__(self, on_bytes: Callable[[int], None]) -> None:
        self._on_bytes = create_proxy(on_bytes)
        self._control = js.AbortController.new()

    def stop(self) -> None:
        """End it at its next piece."""
        self._control.abort()

    async def engine(self) -> None:
        """Have the engine's own files.

        Raises:
            DownloadError: One did not come whole.
            CancelledRunError: It was stopped.
        """
        from pyscript.js_modules import bring

        await self._told(bring.bringEngine(self._watch()))

    async def prepare(self, model_id: str) -> None:
        """Have all that a model and the recorded walks need offline.

        Raises:
            DownloadError: A file did not come whole, or could not be stored.
            CancelledRunError: It was stopped.
        """
        from pyscript.js_modules import bring

        await self._told(bring.prepare(model_id, self._watch()))

    def _watch(self) -> Js:
        watch = {"signal": self._control.signal, "onBytes": self._on_bytes}
        return to_js(watch, dict_converter=js.Object.fromEntries)

    async def _told(self, promise: Js) -> None:
        try:
            await promise
        except JsException as error:
            if self._control.signal.aborted:
                raise CancelledRunError("engine.cancelled") from error
            if not hasattr(error, "key"):
                raise DownloadError("ready.failed", reason=str(error)[:200]) from error
            raise error_of(error, DownloadError) from error
        finally:
            self._on_bytes.destroy()


async def remove_all() -> None:
    """Remove the site and its models from this device; the open page goes on."""
    from pyscript.js_modules import site

    await site.removeAll()


def next_frame(function: Callable[[], object]) -> None:
    """Call a function before the next picture of the page."""
    js.requestAnimationFrame(create_once_callable(lambda _time: function()))


async def chosen_text(action: str, most: int) -> str | None:
    """The text of the file that the reader chose in a box, which is empty again afterwards.

    None: none was chosen. Of one that is too long, or no text, only the beginning comes, and means
    nothing.

    Args:
        action: What the box carries as `data-action`.
        most: Bytes that are read.
    """
    box = js.document.querySelector(f'[data-action="{action}"]')
    if is_absent(box) or not box.files.length:
        return None
    try:
        text = str(await box.files.item(0).slice(0, most).text())
    except JsException:
        text = ""
    box.value = ""
    return well_formed(text)


def hand_text(text: str, kind: str, suffix: str) -> tuple[str, str]:
    """Hand the reader a text as a file. Returns: How it went (web/hand.js), the file's name."""
    from pyscript.js_modules import save as module

    handed = module.handText(text, kind, suffix)
    return str(handed.end), str(handed.name)


def listen_inside(kind: str, function: Callable[[Js], object]) -> None:
    """Listen to events of elements that do not bubble."""
    options = to_js({"capture": True}, dict_converter=js.Object.fromEntries)
    js.document.addEventListener(kind, create_proxy(function), options)


def dots() -> float:
    """Pixels of the screen for one of the style's; more than two are not seen."""
    return min(max(float(js.devicePixelRatio), 1.0), 2.0)


class Sizes:
    """Calls a function when an element that is watched has another size."""

    def __init__(self, function: Callable[[], object]) -> None:
        self._observer = js.ResizeObserver.new(create_proxy(lambda *_told: function()))

    def watch(self, element: Js) -> None:
        """Watch an element, and no other any more."""
        self._observer.disconnect()
        self._observer.observe(element)


def listen_actively(kind: str, function: Callable[[Js], object]) -> None:
    """Listen to events of the page whose usual end may be prevented."""
    options = to_js({"passive": False}, dict_converter=js.Object.fromEntries)
    js.document.addEventListener(kind, create_proxy(function), options)


def place_beside(name: str, words: str, across: float, down: float) -> None:
    """Write an element's words beside a place of the box that it lies in; hide it without any."""
    element = js.document.getElementById(name)
    if is_absent(element):
        return
    element.textContent = words
    element.hidden = not words
    if words:
        width = float(element.parentElement.clientWidth)
        left = min(across + 14, max(width - float(element.offsetWidth) - 4, 0))
        element.style.transform = f"translate({left:.0f}px, {down + 16:.0f}px)"


class Later:
    """Calls a function once nothing started it anew for some milliseconds."""

    def __init__(self, function: Callable[[], object], wait_ms: int) -> None:
        self._call = create_proxy(function)
        self._wait_ms = wait_ms
        self._timer: Js = None

    def start(self) -> None:
        """Wait from now on."""
        if self._timer is not None:
            js.clearTimeout(self._timer)
        self._timer = js.setTimeout(self._call, self._wait_ms)
