"""Profiles that have the site stored, and the page that tests of several files share."""

from __future__ import annotations

from contextlib import contextmanager

from tests.browser.server import FOLDER, Server
from tests.browser.tab import KEEP_WORKERS, SEES_NUMBERS, Tab

# Playwright's own size of a window.
WINDOW = {"width": 1280, "height": 720}
SITE, MODELS = "seethrough-app", "seethrough-models"
# A reader who asked for little data: the model is fetched only when it is asked for.
SAVES_DATA = "Object.defineProperty(navigator, 'connection', {value: {saveData: true}});"
# Drops what visits have left, but for the caches of these beginnings; without models no engine.
FORGET = """async (kept) => {
  localStorage.clear();
  const names = await caches.keys();
  const others = names.filter((name) => !kept.some((one) => name.startsWith(one)));
  await Promise.all(others.map((name) => caches.delete(name)));
  if (kept.some((one) => one.endsWith("models"))) return;
  const site = await caches.open(names.find((name) => name.startsWith("seethrough-app")));
  const engine = (await site.keys()).filter(({ url }) => /[/]ort[/]|[/]tokenizer-/.test(url));
  await Promise.all(engine.map((key) => site.delete(key)));
}"""
# The page was loaded again and is its service worker's, which stores the rest while Python starts.
CONTROLLED = "performance.getEntriesByName('seethrough.controlled').length > 0"
STORED = "import('./site.js').then((site) => site.filling().then(site.isFilled))"


class Profile:
    """A browser profile that has the site stored: a page opens there for a third of the work.

    It keeps the caches whose names begin with `kept`, and its server's address. A page beside the
    site stays open: what it forgets is the site's, and a page anew for it takes as long as a test.
    """

    def __init__(self, browser, root, *kept: str) -> None:
        self.server = Server(root)
        self.context = browser.new_context()
        self.context.add_init_script(SEES_NUMBERS)
        self._kept = kept
        tab = self.page(SAVES_DATA)
        tab.page.goto(self.server.url)
        tab.until(CONTROLLED)
        assert tab.page.evaluate(STORED)
        tab.page.close()
        # Beside the site, so that its service worker does not count it among the site's pages.
        self._beside = self.context.new_page()
        self._beside.goto(self.server.url.removesuffix(f"{FOLDER}/") + "beside")

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
        self._beside.evaluate(FORGET, list(self._kept))

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


class KeptPage:
    """One page with the model loaded, for the tests of all files that need no fresh one."""

    init = ""

    def __init__(self, profile) -> None:
        self._profile, self._tab = profile, None

    def begin(self):
        """The page at its form, its storage, window and notes as at first; opened where needed."""
        self._profile.begin()
        if self._tab is None or self._tab.page.is_closed() or self._is_spoilt():
            self.close()
            self._tab = self._profile.page(self.init)
            self._tab.open()
        tab = self._tab
        tab.server = self._profile.server  # another one, where a test stopped it
        tab.page.set_viewport_size(WINDOW)
        tab.page.mouse.move(0, 0)
        tab.page.evaluate("document.activeElement.blur(), (location.hash = '#/all/own')")
        tab.until("document.querySelector('#prompt') !== null")
        self._prepare(tab)
        tab.strangers.clear()
        return tab

    def _prepare(self, tab):
        tab.info = tab.ask("seethrough.load()")

    def _is_spoilt(self):
        return bool(self._tab.errors)

    def close(self):
        """End the page."""
        if self._tab is not None and not self._tab.page.is_closed():
            self._tab.page.close()


class KeptWithout(KeptPage):
    """One page without a model; a test that loads one leaves it to be opened anew."""

    init = SAVES_DATA

    def _prepare(self, tab):
        tab.errors.clear()

    def _is_spoilt(self):
        return self._tab.page.evaluate(
            "document.querySelector('.stage.is-idle, .stage.is-failed') === null"
        )
