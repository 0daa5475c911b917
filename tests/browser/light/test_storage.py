"""What this browser keeps: two tabs, a full disk, files that are dropped, versions, removal."""

import json
import shutil
import zipfile

import pytest

from export.parcel import files_in
from export.site import write_service_worker
from tests.browser.conftest import opened_site
from tests.browser.profiles import SAVES_DATA
from tests.browser.server import FOLDER
from tests.browser.tab import Tab

pytestmark = [pytest.mark.browser, pytest.mark.long]

PROMPT = "January, February, March,"
ROOM_BYTES = 2_000_000
# A turn of silence in which a free engine counts as gone, and a little more.
SILENCE_MS = 31_000
SITE = "await import(new URL('./site.js', document.baseURI))"


def site(tab, call):
    """What a function of web/site.js gives."""
    return tab.page.evaluate(f"async () => ({SITE}).{call}")


def second_tab(tab):
    """Another tab of the same browser profile."""
    other = Tab(tab.page.context.new_page(), tab.server)
    other.watch()
    return other


def test_two_tabs_download_each_shard_once(new_page, shards, best):
    """Two tabs that load at the same time fetch each shard once, and both run."""
    tab, other = new_page(SAVES_DATA), new_page(SAVES_DATA)
    for each in (tab, other):
        each.open()
    for shard in shards:
        tab.server.faults[shard] = "slow"
    tab.start_asking("seethrough.load()")
    other.start_asking("seethrough.load()")
    for each in (tab, other):
        each.until("window.answered !== undefined")
    tops = [each.ask(f"seethrough.next('{PROMPT}', {{k: 1}})")["top"] for each in (tab, other)]

    assert [top[0]["id"] for top in tops] == [best] * 2
    assert [tab.server.times_asked(shard) for shard in shards] == [1] * len(shards)


def test_full_disk(again):
    """Without room the model runs from memory, weights too, and the page says it is not stored."""
    tab = again
    origin = tab.server.url.split("/some/")[0]
    session = tab.page.context.new_cdp_session(tab.page)
    used = tab.page.evaluate("navigator.storage.estimate().then((told) => told.usage)")
    options = {"origin": origin, "quotaSize": used + ROOM_BYTES}
    session.send("Storage.overrideQuotaForOrigin", options)
    tab.run(PROMPT)
    rows = tab.ask("seethrough.weight('blocks.1.mlp.W_out', [0])")

    assert "could not be stored" in tab.text("#message")
    assert tab.page.is_visible("#top table")
    assert any(rows["data"])
    assert tab.errors == []


@pytest.fixture(scope="module")
def own(browser, light):
    """A first visit in a profile that the next four tests empty in turn, each in another way."""
    with opened_site(browser, light.root) as tab:
        yield tab


def test_service_worker_unregistered_in_the_middle(own, shards):
    """The page goes on without its service worker, and the next visit stores it again."""
    own.page.evaluate(
        "navigator.serviceWorker.getRegistration().then((found) => found.unregister())"
    )
    answer = own.ask(f"seethrough.next('{PROMPT}', {{k: 1}})")
    own.server.asked.clear()
    own.reload()
    again = own.ask(f"seethrough.next('{PROMPT}', {{k: 1}})")

    assert answer["top"] == again["top"]
    assert own.page.evaluate("Boolean(navigator.serviceWorker.controller)")
    assert sum(own.server.times_asked(shard) for shard in shards) == 0
    assert own.server.times_asked("pyodide.asm.wasm") == 0


def test_service_worker_unregistered_at_the_end(own):
    """A page that lost its service worker, its model open, gets one with its next reload."""
    own.ask("seethrough.load()")
    own.page.evaluate(
        "navigator.serviceWorker.getRegistration().then((found) => found.unregister())"
    )
    own.reload()

    assert own.page.evaluate("Boolean(navigator.serviceWorker.controller)")
    assert own.page.evaluate("crossOriginIsolated")


def test_evicted_between_visits(own, shards, best):
    """When the browser dropped everything, the next visit fetches it again and runs."""
    own.ask("seethrough.load()")
    origin = own.server.url.split("/some/")[0]
    session = own.page.context.new_cdp_session(own.page)
    own.page.goto("about:blank")
    options = {"origin": origin, "storageTypes": "cache_storage,service_workers,local_storage"}
    session.send("Storage.clearDataForOrigin", options)
    own.server.asked.clear()
    own.open()

    assert own.ask(f"seethrough.next('{PROMPT}', {{k: 1}})")["top"][0]["id"] == best
    assert [own.server.times_asked(shard) for shard in shards] == [1] * len(shards)
    assert own.page.evaluate("crossOriginIsolated")


def test_sizes_and_removal(own, light):
    """The sizes are the files' own; removal leaves nothing of this site, and all of a neighbour."""
    own.ask("seethrough.load()")
    own.page.evaluate(
        """async () => {
          localStorage.setItem("neighbour", "stays");
          await (await caches.open("neighbour")).put("/x", new Response("stays"));
        }"""
    )
    told = site(own, "sizes()")
    removed = site(own, "removeAll()")
    left = own.page.evaluate(
        """async () => ({
          caches: await caches.keys(),
          keys: Object.keys(localStorage),
          workers: (await navigator.serviceWorker.getRegistrations()).length,
        })"""
    )

    assert 25_000_000 < sum(told["files"].values()) < 40_000_000
    assert any(path.startswith("ort/") for path in told["files"])
    assert told["wishes"] > 0
    assert 0.9 < sum(told["models"].values()) / light.model_bytes < 1.1
    assert all(path.startswith("models/") for path in told["models"])
    assert told["quota"] > told["usage"] > 0
    assert removed is True
    assert left == {"caches": ["neighbour"], "keys": ["neighbour"], "workers": 0}


def test_plain_http_has_no_storage_and_says_null(plain):
    """Where the browser cannot store, every question about storage gets null, none throws."""
    told = site(plain, "sizes()")

    assert told["files"] is None
    assert told["models"] is None
    assert site(plain, "persist()") is None
    assert site(plain, "useUpdate()") is None
    assert site(plain, "removeAll()") is None


def test_killed_worker_without_locks(new_tab):
    """On plain http no lock tells of a dead engine: its silence does, and another one answers."""
    tab = new_tab()
    tab.page.clock.install()
    tab.open(host="plain-http.test")
    tab.ask("seethrough.next('The cat', {k: 1})")
    tab.page.evaluate("workers.at(-1).terminate()")
    tab.start_asking("seethrough.next('The dog', {k: 1})")
    for _ in range(2):  # the turn of silence that runs may be the earlier call's
        tab.page.clock.fast_forward(SILENCE_MS)
        tab.page.wait_for_timeout(500)
    tab.until("window.answered !== undefined")

    assert "top" in tab.page.evaluate("window.answered")
    assert tab.page.evaluate("workers.length") == 2


def test_threads_that_never_come(new_tab, server, root, tmp_path):
    """Where the engine's threads never answer, it is started anew with one, and runs."""
    shutil.copytree(root / FOLDER, tmp_path / FOLDER)
    with_threads_that_hang(tmp_path / FOLDER)
    server.folder = tmp_path
    tab = new_tab()
    tab.open()
    if tab.page.evaluate("navigator.hardwareConcurrency") < 2:
        pytest.skip("The engine takes one thread here anyway.")
    status = tab.ask("seethrough.load()")

    assert status["threads"] == 1
    shown = tab.page.evaluate("document.querySelector('#status').textContent")
    assert "1 thread " in shown
    assert "top" in tab.ask("seethrough.next('The dog', {k: 1})")
    assert tab.errors == []


def with_threads_that_hang(place):
    """A site whose engine gets threads of another kind, and little patience with them."""
    engine = place / "engine.js"
    text = engine.read_text(encoding="utf-8")
    assert "super(...args);" in text
    other = 'super(new URL("./errors.js", import.meta.url), { type: "module" });'
    engine.write_text(text.replace("super(...args);", other), encoding="utf-8")
    sources = place / "seethrough.zip"
    files = files_in(sources)
    name = "seethrough/browser/ort.py"
    del files["seethrough/browser/ort.pyc"]
    assert b"SESSION_S = 40.0" in files[name]
    files[name] = files[name].replace(b"SESSION_S = 40.0", b"SESSION_S = 2.0")
    with zipfile.ZipFile(sources, "w") as packed:
        for each, source in files.items():
            packed.writestr(each, source)
    write_service_worker(place, [])


def new_version(place, text):
    """Publish a version with another licence file, and more: a script that a page runs."""
    (place / "LICENSE.txt").write_text(text, encoding="utf-8")
    write_service_worker(place, [])


def licence(tab):
    """The licence file as the page gets it."""
    return tab.page.evaluate("fetch('./LICENSE.txt').then((answer) => answer.text())")


@pytest.fixture
def published(server, dist, tmp_path):
    """The site in a folder of its own, so that a test can publish a new version."""
    place = tmp_path / FOLDER
    shutil.copytree(dist, place, ignore=shutil.ignore_patterns("*.bin", "*.onnx"))
    server.folder = tmp_path
    return place


def test_a_new_version_waits_for_the_old_tabs(new_tab, published):
    """An old tab stays whole while it is open; the new version says so, waits, and is then used."""
    tab = new_tab(SAVES_DATA)
    tab.open()
    old = licence(tab)
    new_version(published, "new")
    other = second_tab(tab)
    other.open()  # finds the new version and must not activate it
    for each in (tab, other):
        each.page.evaluate(f"(async () => ({SITE}).onUpdate(() => {{ window.isTold = true; }}))()")
        each.until("window.isTold")
    refused = site(other, "useUpdate()")

    assert refused == "other-tabs"
    assert [licence(each) for each in (tab, other)] == [old, old]
    other.page.close()
    # No fetch while it changes: Chromium holds the old version back until its last answer is given.
    tab.page.evaluate(f"(async () => {{ window.isOld = true; ({SITE}).useUpdate(); }})()")
    tab.until("!window.isOld")
    tab.wait_for_start()

    assert licence(tab) == "new"
    assert tab.page.evaluate("crossOriginIsolated")
    assert tab.errors == []


def test_a_new_version_brings_what_was_made_ready(tab, server, light, tmp_path, best):
    """A newer version brings its own of the engine's files where the older one had stored them."""
    shutil.copytree(light.root / FOLDER, tmp_path / FOLDER)
    server.folder, name = tmp_path, "ort.wasm.min.js"
    tab.ask("seethrough.load()")
    script = tmp_path / FOLDER / "ort" / name
    script.write_text(script.read_text(encoding="utf-8") + "\n// newer\n", encoding="utf-8")
    listing = json.loads((tmp_path / FOLDER / "models.json").read_text(encoding="utf-8"))
    listed = [f"models/light/{path.name}" for path in (tmp_path / FOLDER).rglob("*.bin")]
    listed += [f"models/light/{path.name}" for path in (tmp_path / FOLDER).rglob("*.onnx")]
    assert "ort/ort.wasm.min.js" in listing["engine"]
    write_service_worker(tmp_path / FOLDER, listed)
    tab.reload()  # on this machine a reload takes the newest version
    server.stop()
    tab.reload()

    stored = tab.page.evaluate(f"fetch('./ort/{name}').then((answer) => answer.text())")
    assert stored.endswith("// newer\n")
    assert tab.ask(f"seethrough.next('{PROMPT}', {{k: 1}})")["top"][0]["id"] == best
