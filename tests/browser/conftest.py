"""The built site on a plain server in a sub-folder, and pages that report all they do."""

from __future__ import annotations

import json
import os
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Error

FOLDER = "some/folder"
PATIENCE_S = float(os.environ.get("SEETHROUGH_PATIENCE_S", "180"))
HTML = b"<!doctype html><title>Not here</title><p>But the answer is 200.</p>"
SLOW_PIECE = 64 * 1024
# Keeps hold of every worker, so that a test can kill one as a browser short of memory would.
KEEP_WORKERS = """
window.workers = [];
window.Worker = class extends Worker {
  constructor(...args) { super(...args); window.workers.push(this); }
};
"""
# Who was here before and chose the numbers; what a test chooses stays.
SEES_NUMBERS = """
try {
  const kept = `seethrough:${new URL("./", location.href).pathname}:depth`;
  if (localStorage.getItem(kept) === null) localStorage.setItem(kept, "numbers");
} catch {
  // storage is forbidden here
}
"""
# Notes that the Run button was disabled, however short.
WATCH_RUN = """() => {
  const button = document.querySelector("[name=run]");
  window.hasBegun = false;
  const look = () => { window.hasBegun ||= button.disabled; };
  new MutationObserver(look).observe(button, { attributeFilter: ["disabled"] });
}"""


class Handler(SimpleHTTPRequestHandler):
    """What `python -m http.server` does, and on the paths in `faults` what bad hosts do."""

    def do_GET(self):
        """Answer, or misbehave: missing, truncated, cut, altered, html, slow."""
        name = urlsplit(self.path).path.rsplit("/", 1)[-1]
        fault = self.server.faults.get(name)
        self.server.asked.append(urlsplit(self.path).path)
        if fault is None:
            super().do_GET()
        elif callable(fault):
            fault(self)
        elif fault == "missing":
            self.send_error(404)
        elif fault == "html":
            self._send(HTML, "text/html")
        else:
            self._send(Path(self.translate_path(self.path)).read_bytes(), fault=fault)

    def do_POST(self):
        """Keep what a page hands over, by the name of its address."""
        name = urlsplit(self.path).path.rsplit("/", 1)[-1]
        self.server.posted[name] = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def _send(self, body, kind="application/octet-stream", *, fault=""):
        if fault == "altered":
            body = body[:-1] + bytes([body[-1] ^ 1])
        length = len(body)
        if fault in {"truncated", "cut"}:
            body = body[: length // 2]
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) if fault == "truncated" else length))
        self.end_headers()
        for start in range(0, len(body), SLOW_PIECE):
            self.wfile.write(body[start : start + SLOW_PIECE])
            if fault == "slow":
                time.sleep(0.02)

    def copyfile(self, source, outputfile):
        """Count what is sent."""
        self.server.sent_bytes[urlsplit(self.path).path] += os.fstat(source.fileno()).st_size
        super().copyfile(source, outputfile)

    def log_message(self, *_said: object) -> None:
        """Stay silent."""


class Server(ThreadingHTTPServer):
    """Serves one folder on loopback; remembers what was asked and how much was sent."""

    daemon_threads = True

    def __init__(self, root, port=0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.folder = root
        self.faults = {}
        self.posted = {}
        self.asked = []
        self.sent_bytes = _Sums()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def url(self):
        """The site's address, in a sub-folder."""
        return f"http://127.0.0.1:{self.server_port}/{FOLDER}/"

    def finish_request(self, request, client_address):
        """Serve from the folder of the moment."""
        Handler(request, client_address, self, directory=str(self.folder))

    def handle_error(self, request, client_address):
        """A browser that hangs up is no error here."""

    def stop(self):
        """Cut the network; a second time does nothing."""
        if self._thread.is_alive():
            self.shutdown()
            self._thread.join()
            self.server_close()

    def forget(self):
        """Behave well from now on, and count from nothing; returns a server that runs."""
        if not self._thread.is_alive():
            return Server(self.folder, self.server_port)
        for one in (self.faults, self.asked, self.sent_bytes):
            one.clear()
        return self

    def times_asked(self, ending):
        """How often a path with this ending was asked for."""
        return sum(path.endswith(ending) for path in self.asked)


class _Sums(dict):
    def __missing__(self, key) -> int:
        return 0


@dataclass
class Tab:
    """One page and all that it did."""

    page: object
    server: Server
    errors: list = field(default_factory=list)
    strangers: list = field(default_factory=list)
    visits: int = 0

    def watch(self):
        """Note console errors, requests to other origins, and each time a document is opened."""
        own = f"http://127.0.0.1:{self.server.server_port}/"
        self.page.on("console", lambda said: said.type == "error" and self.errors.append(said.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", self._count_visit)
        self.page.context.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((own, "blob:", "data:"))
                else self.strangers.append(request.url)
            ),
        )

    def _count_visit(self, request):
        self.visits += request.is_navigation_request()

    def open(self, path="#/all/own", host="127.0.0.1"):
        """Go to the site and wait until Python is up or the start failed."""
        url = self.server.url.replace("127.0.0.1", host) + path
        self.page.goto(url, timeout=PATIENCE_S * 1000)
        self.wait_for_start()

    def reload(self):
        """Load the page again and wait for the start."""
        self.page.reload(timeout=PATIENCE_S * 1000)
        self.wait_for_start()

    def wait_for_start(self):
        """Wait for "ready" or "failed"."""
        self.until("['ready', 'failed'].includes(document.documentElement.dataset.boot)")

    def until(self, expression, timeout_s=PATIENCE_S):
        """Poll from outside: under the page's policy nothing can be evaluated inside it.

        The expression is no promise: one that a navigation ends may never be answered.
        """
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            try:
                if self.page.evaluate(expression):
                    return
            except Error as error:
                if "navigation" not in str(error):
                    raise
            time.sleep(0.1)
        seen = self.page.evaluate("document.querySelector('main').innerText")[:2000]
        pytest.fail(f"never true: {expression}\nThe page says:\n{seen}\n{self.errors}")

    def ask(self, call):
        """What `await seethrough.…` gives; {key, message} where it is refused."""
        self.start_asking(call)
        self.until("window.answered !== undefined")
        return self.page.evaluate("window.answered")

    def start_asking(self, call):
        """Ask without waiting; the answer will be in window.answered."""
        self.page.evaluate(
            """(call) => {
              window.answered = undefined;
              const plain = (_name, value) =>
                value instanceof Float32Array ? Array.from(value) : value;
              const settle = (value) => { window.answered = value ?? null; };
              const asked = (0, eval)(call);
              asked.then(
                (value) => settle(JSON.parse(JSON.stringify(value ?? null, plain))),
                (error) => settle({
                  key: error.key, message: error.message, isError: error instanceof Error,
                }),
              );
            }""",
            call,
        )

    def text(self, selector):
        """The text that a reader sees."""
        return self.page.evaluate("(s) => document.querySelector(s)?.innerText ?? ''", selector)

    def run(self, prompt):
        """Type a prompt, press Run, wait for the result."""
        self.page.fill("#prompt", prompt)
        self.until("!document.querySelector('[name=run]').disabled")
        self.page.evaluate(WATCH_RUN)  # a short run is over before anyone could look
        self.page.click("[name=run]")
        self.until("window.hasBegun && !document.querySelector('[name=run]').disabled")


@pytest.fixture(scope="session")
def root(dist, tmp_path_factory):
    """A web root that has the site in a sub-folder."""
    folder = tmp_path_factory.mktemp("root")
    place = folder / FOLDER
    place.parent.mkdir(parents=True)
    place.symlink_to(dist, target_is_directory=True)
    return folder


@pytest.fixture
def server(root):
    """A server of its own, so that faults and counts are this test's."""
    with_faults = Server(root)
    yield with_faults
    with_faults.stop()


@pytest.fixture
def new_tab(browser, server):
    """Make tabs in a browser profile of their own: `new_tab(init="script", **context_options)`.

    They see the numbers of a step; with `is_first` what a first visit sees.
    """
    contexts = []

    def make(init="", *, is_first=False, **options: object):
        context = browser.new_context(**options)
        contexts.append(context)
        context.add_init_script(KEEP_WORKERS + ("" if is_first else SEES_NUMBERS) + init)
        tab = Tab(context.new_page(), server)
        tab.watch()
        return tab

    yield make
    for context in contexts:
        context.close()


# A reader who asked for little data: the model is fetched only when it is asked for.
SAVES_DATA = "Object.defineProperty(navigator, 'connection', {value: {saveData: true}});"
# Drops what visits have left, but for the caches of these beginnings.
FORGET = """async (kept) => {
  localStorage.clear();
  const names = await caches.keys();
  const others = names.filter((name) => !kept.some((one) => name.startsWith(one)));
  await Promise.all(others.map((name) => caches.delete(name)));
}"""
SITE, MODELS = "seethrough-app", "seethrough-models"


@pytest.fixture
def tab(new_tab):
    """A first visit: a page with Python up and no model loaded."""
    opened = new_tab(SAVES_DATA)
    opened.open()
    return opened


class Profile:
    """A browser profile that has the site stored: a page opens there for a third of the work.

    It keeps the caches whose names begin with `kept`, and its server's address.
    """

    def __init__(self, browser, root, *kept: str) -> None:
        self.server = Server(root)
        self.context = browser.new_context()
        self.context.add_init_script(SEES_NUMBERS)
        self._kept = kept
        tab = self.page(SAVES_DATA)
        tab.open()
        tab.page.close()

    def page(self, init=""):
        """A page that is not opened yet, with scripts that run before any of the site's."""
        page = self.context.new_page()
        page.add_init_script(KEEP_WORKERS + init)
        tab = Tab(page, self.server)
        tab.watch()
        return tab

    def begin(self):
        """Forget what earlier tests asked and left; the server runs, and behaves."""
        self.server = self.server.forget()
        page = self.context.new_page()
        page.goto(self.server.url + "icon.svg")
        page.evaluate(FORGET, list(self._kept))
        page.close()
        self.server.asked.clear()

    @contextmanager
    def opened(self, address="#/all/own", init=SAVES_DATA, **viewport: int):
        """A page at an address, with Python up, for a file's tests that share it."""
        self.begin()
        tab = self.page(init)
        if viewport:
            tab.page.set_viewport_size(viewport)
        tab.open(address)
        yield tab
        tab.page.close()

    def close(self):
        """End it all."""
        self.context.close()
        self.server.stop()


@pytest.fixture(scope="session")
def visited(browser, root):
    """The profile of a reader who was here before and has no model."""
    profile = Profile(browser, root, SITE)
    yield profile
    profile.close()


@pytest.fixture(scope="session")
def equipped(browser, root):
    """The profile of one who keeps the model too, once a page has loaded it."""
    profile = Profile(browser, root, SITE, MODELS)
    yield profile
    profile.close()


@pytest.fixture
def new_page(visited):
    """Makes pages of a later visit, the site stored and no model: `new_page(init="script")`."""
    visited.begin()
    tabs = []

    def make(init=""):
        tabs.append(visited.page(init))
        return tabs[-1]

    yield make
    for tab in tabs:
        tab.page.close()


@pytest.fixture
def again(new_page):
    """A later visit: a page with Python up, the site stored and no model."""
    opened = new_page(SAVES_DATA)
    opened.open()
    return opened


@contextmanager
def opened_site(browser, root):
    """A page of the site in a folder of its own server, with Python up."""
    server = Server(root)
    context = browser.new_context()
    context.add_init_script(KEEP_WORKERS + SEES_NUMBERS)
    tab = Tab(context.new_page(), server)
    tab.watch()
    tab.open()
    yield tab
    context.close()
    server.stop()


@pytest.fixture(scope="module")
def loaded(equipped):
    """One page with the model loaded, shared by a file's tests that only ask."""
    with equipped.opened(init="") as tab:
        tab.info = tab.ask("seethrough.load()")
        yield tab


@pytest.fixture(scope="session")
def shards(dist):
    """The names of the default model's shards."""
    listing = json.loads((dist / "models.json").read_text(encoding="utf-8"))
    default = next(model for model in listing["models"] if model["default"])
    manifest = json.loads((dist / default["path"] / "manifest.json").read_text(encoding="utf-8"))
    return [asset["path"] for asset in manifest["assets"] if asset["kind"] == "weights"]
