"""What runs and lies beside the page: workers and their locks, the device, what the site stores.

Like ffi.py, which it stands on, it imports `js` and `pyodide`: it converts at the edge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import js
from pyodide.ffi import JsException, create_proxy, to_js

from seethrough.browser.ffi import is_absent, page_url, to_python
from seethrough.core.errors import DownloadError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from seethrough.browser.ffi import Js
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

    Raises:
        DownloadError: It is missing, a web page came instead, or there is no connection.
    """
    return (await fetch_bytes(path)).decode("utf-8", "replace")


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
    """What the browser says of the device, and whether a model may be fetched (web/device.js)."""
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
    """What the site has stored: {site, models, quota, usage, isPersisted}, bytes or None."""
    from pyscript.js_modules import site

    sizes: dict[str, Any] = to_python(await site.sizes())
    return sizes


async def persist() -> None:
    """Ask the browser to keep what is stored."""
    from pyscript.js_modules import site

    await site.persist()


async def remove_all() -> None:
    """Remove the site and its models from this device; the open page goes on."""
    from pyscript.js_modules import site

    await site.removeAll()
