"""Every file of the site in turn missing, truncated, altered, or a web page in its place.

The big files are cut to a stub and listed anew, so that a start takes no time: a fault must stop
the page before anything has the file, whatever it holds.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from export.site import is_of_python, write_service_worker
from tests import built
from tests.browser.profiles import SAVES_DATA
from tests.browser.server import FOLDER, Server
from tests.browser.tab import Tab

pytestmark = [pytest.mark.browser, pytest.mark.long]

ROOT = Path(__file__).parents[2]
MODEL_FILES = {".bin", ".onnx", ".safetensors"}
STUB_BYTES = 4_000
# So many files are tried behind one another in a profile: another one, and a start, take time.
TOGETHER = 8
# What a reader is told, by fault: a part of the sentence.
FAULTS = {
    "missing": "server answered 404",
    "truncated": "bytes arrived",
    "altered": "not the content that the build wrote",
    "html": "a web page instead of",
}
FAILED = "document.documentElement.dataset.boot === 'failed'"
STARTED = "performance.getEntriesByName('seethrough.controlled').length > 0"
REFUSED = "path => fetch(path).then(() => false, () => true)"


def site_files() -> list[str]:
    """Every file that a start needs; the engine's and the model's have tests of their own."""
    files = sorted(file for file in built.DIST.rglob("*") if file.is_file())
    listing = built.DIST / "models.json"
    told = json.loads(listing.read_text(encoding="utf-8")) if listing.is_file() else {}
    later = {*told.get("engine", ()), *told.get("learning", ()), *told.get("later", ())}
    return [
        path
        for file in files
        if file.suffix not in MODEL_FILES
        and "recordings" not in file.parts
        and (path := file.relative_to(built.DIST).as_posix()) not in later
    ] or ["dist/ is missing"]


@pytest.fixture(scope="module")
def small_root(dist, tmp_path_factory):
    """A web root with the site, big files cut to a stub."""
    root = tmp_path_factory.mktemp("small")
    place = root / FOLDER
    shutil.copytree(dist, place, ignore=shutil.ignore_patterns(*(f"*{s}" for s in MODEL_FILES)))
    for file in place.rglob("*"):
        is_ours = file.parent == place
        if file.is_file() and not is_ours and file.stat().st_size > STUB_BYTES:
            file.write_bytes(file.read_bytes()[:STUB_BYTES])
    # Python that never starts: half of it would fail by itself, before a file is found to be bad.
    (place / "pyscript" / "core.js").write_text("export {};\n")
    write_service_worker(place, [])
    return root


@pytest.fixture
def small_tab(browser, small_root):
    """A tab on the small site, in a profile of its own."""
    server = Server(small_root)
    context = browser.new_context()
    context.add_init_script(SAVES_DATA)
    tab = Tab(context.new_page(), server)
    yield tab
    context.close()
    server.stop()


def expected_part(path, fault):
    """The part of the sentence for this fault in this file."""
    if fault == "html" and path.endswith(".html"):
        return FAULTS["truncated"]  # a page in place of a page is only shorter
    return FAULTS[fault]


def groups(paths):
    """The files in groups that share a profile: what comes before Python, then the rest."""
    with_python = [path for path in paths if is_of_python(path)]
    before = [path for path in paths if path not in with_python]
    return [
        some[start : start + TOGETHER]
        for some in (before, with_python)
        for start in range(0, len(some), TOGETHER)
    ]


def forget_stored(tab, name):
    """Drop a file from what the page has fetched whole, if it came so far."""
    tab.page.evaluate(
        """async (name) => {
          for (const one of await caches.keys()) {
            const cache = await caches.open(one);
            for (const key of await cache.keys())
              if (new URL(key.url).pathname.endsWith(`/${name}`)) await cache.delete(key);
          }
        }""",
        name,
    )


@pytest.mark.parametrize("paths", groups(site_files()), ids=lambda paths: paths[0])
def test_a_bad_file_stops_the_start(small_tab, paths):
    """Each fault is named with its file, which nothing gets; Retry fetches only what is bad.

    Before a page is controlled nothing runs; what Python asks for is checked on its way to it.
    A retry after one file was mended comes as far as the next one, the last retry to the start.
    """
    names, server = [path.rsplit("/", 1)[-1] for path in paths], small_tab.server
    others = ("pyodide/pyodide.js", "pyodide/pyodide-lock.json", "main.py")
    other = next(one for one in others if one not in paths)
    for path, name in zip(paths, names, strict=True):
        server.faults.clear()
        if path != paths[0]:
            forget_stored(small_tab, name)
        for fault in FAULTS:
            server.faults[name] = fault
            if (path, fault) == (paths[0], "missing"):
                small_tab.page.goto(server.url)
            else:
                small_tab.page.click("#message [data-action=reload]")
            part = expected_part(path, fault)
            small_tab.until(
                f"{FAILED} && document.querySelector('#message').innerText.includes('{part}')"
            )

            assert name in small_tab.text("#message"), (path, fault)
            if is_of_python(path):
                assert small_tab.page.evaluate(REFUSED, path), (path, fault)
            else:
                assert not small_tab.page.evaluate(STARTED)
    server.faults.clear()
    small_tab.page.click("#message [data-action=reload]")
    small_tab.until(STARTED)

    assert small_tab.page.evaluate("crossOriginIsolated")
    assert not small_tab.page.evaluate(REFUSED, other)
    assert server.times_asked(other.rsplit("/", 1)[-1]) == 1


def test_guard_knows_every_part():
    """guard.js looks at boot.js and at all that it imports, and at nothing else."""
    web = ROOT / "web"
    reached, queue = set(), ["boot.js"]
    while queue:
        name = queue.pop()
        reached.add(name)
        imports = re.findall(
            r'^import [^;]*? from "\./([\w-]+\.js)";', (web / name).read_text(), re.MULTILINE
        )
        queue += sorted(set(imports) - reached)
    listed = re.search(r"PARTS = \[(.*?)\]", (web / "guard.js").read_text(), re.DOTALL)

    assert listed is not None
    assert re.findall(r'"([\w-]+\.js)"', listed[1]) == sorted(reached)


def test_a_file_of_the_running_version_that_the_browser_dropped(small_tab):
    """A stored file that is gone is fetched again; a bad one then stops the start with its name."""
    tab, name = small_tab, "core.js"
    tab.page.goto(tab.server.url)
    tab.until(STARTED)
    tab.page.evaluate(
        """async (name) => {
          const names = await caches.keys();
          const cache = await caches.open(names.find((n) => n.startsWith("seethrough-app")));
          const key = (await cache.keys()).find((request) => request.url.includes(`/${name}?`));
          await cache.delete(key);
        }""",
        name,
    )
    tab.server.faults[name] = "altered"
    tab.page.reload()
    tab.until(f"{FAILED} && document.querySelector('#message').innerText.includes('{name}')")

    assert FAULTS["altered"] in tab.text("#message")


def test_plain_http_checks_each_file(small_tab):
    """On plain http (no service worker) a bad file is named before anything runs; Retry works."""
    tab, name = small_tab, "pyodide.asm.js"
    for fault, part in FAULTS.items():
        tab.server.faults[name] = fault
        if fault == "missing":
            tab.page.goto(tab.server.url.replace("127.0.0.1", "plain-http.test"))
        else:
            tab.page.click("#message [data-action=reload]")
        tab.until(f"{FAILED} && document.querySelector('#message').innerText.includes('{part}')")

        assert name in tab.text("#message"), fault
        assert not tab.page.evaluate(STARTED)
    tab.server.faults.clear()
    tab.page.click("#message [data-action=reload]")
    tab.until(STARTED)

    assert not tab.page.evaluate("isSecureContext")
