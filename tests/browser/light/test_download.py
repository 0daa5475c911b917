"""The model's files: what goes wrong on the way is named, kept parts are not fetched again."""

import pytest

pytestmark = pytest.mark.browser

FAULTS = {
    "missing": ("engine.not_served", "404"),
    "truncated": ("engine.truncated", "bytes arrived"),
    "altered": ("engine.altered", "SHA-256"),
    "html": ("engine.not_a_model_file", "web page"),
}


@pytest.fixture
def tab(unloaded):
    """A later visit to the site, without a model: the model's files are fetched as on the first."""
    return unloaded


@pytest.fixture(scope="module")
def stored(light_visited):
    """A page whose model is loaded and stored."""
    with light_visited.opened() as tab:
        tab.ask("seethrough.load()")
        yield tab


def test_lost_connection(tab):
    """Without a connection and without a stored model the sentence says so."""
    tab.server.stop()
    answer = tab.ask("seethrough.load()")

    assert answer["key"] == "engine.network"
    assert "no connection" in answer["message"]


def test_a_connection_that_always_breaks(tab, shards):
    """A shard whose connection breaks every time is tried anew for a while, then named."""
    tab.server.faults[shards[3]] = "cut"
    answer = tab.ask("seethrough.load()")

    assert answer["key"] == "engine.truncated"
    assert shards[3] in answer["message"]
    assert tab.server.times_asked(shards[3]) > 1


def test_error_stands_on_the_page(tab, shards):
    """The sentence that names the file is on the page, with a Retry button, and no traceback."""
    tab.server.faults[shards[0]] = "missing"
    tab.run("The cat")

    assert shards[0] in tab.text("#message")
    assert "404" in tab.text("#message")
    assert "Traceback" not in tab.text("body")
    assert tab.page.is_visible("[data-action=retry]")
    assert tab.page.input_value("#prompt") == "The cat"


def test_each_fault_names_its_file(tab, shards):
    """A bad shard is named in the sentence; Retry fetches only what is not there yet."""
    tab.page.fill("#prompt", "The cat")
    for fault, (key, part) in FAULTS.items():
        tab.server.faults[shards[1]] = fault
        answer = tab.ask("seethrough.load()")

        assert answer["key"] == key, fault
        assert shards[1] in answer["message"]
        assert part in answer["message"]
    assert tab.server.times_asked(shards[1]) == len(FAULTS)
    tab.server.faults.clear()
    tab.page.click("[data-action=retry]")
    tab.until("document.querySelector('.stage.is-ready') !== null")

    assert tab.page.input_value("#prompt") == "The cat"
    assert [tab.server.times_asked(shard) for shard in (shards[0], *shards[2:])] == [1] * (
        len(shards) - 1
    )
    assert tab.ask("seethrough.next('The cat', {k: 1})")["top"]


def test_cancel_in_the_middle(tab, shards):
    """Cancel stops a download at once; the page stays ready, and the next try succeeds."""
    for shard in shards:
        tab.server.faults[shard] = "slow"
    tab.page.fill("#prompt", "The cat")
    tab.until("!document.querySelector('[name=run]').disabled")
    tab.page.click("[name=run]")
    tab.until("document.querySelector('progress')?.value > 2e6")
    tab.page.click("[name=cancel]")
    tab.until("document.querySelector('.stage.is-idle') !== null", timeout_s=5)

    assert "Stopped" in tab.text("#message")
    assert tab.page.input_value("#prompt") == "The cat"
    tab.server.faults.clear()
    tab.run("The cat")
    assert tab.page.is_visible("#top table")


def test_memory_of_weights(stored):
    """The weight file is not kept in memory: the stored shards answer for single rows."""
    rows = stored.ask("seethrough.weight('blocks.1.mlp.W_out', [0, 95])")

    assert rows["dims"][0] == 2
    assert any(number != 0 for number in rows["data"])


def test_corrupt_stored_shard(stored, shards):
    """A stored shard that went bad is dropped and fetched again, the others are not."""
    stored.page.evaluate(
        """async (name) => {
          const names = await caches.keys();
          const store = await caches.open(names.find((n) => n.startsWith("seethrough-models")));
          const key = (await store.keys()).find((request) => request.url.endsWith(name));
          const bytes = new Uint8Array(await (await store.match(key)).arrayBuffer());
          bytes[1000] ^= 1;
          await store.put(key, new Response(bytes));
        }""",
        shards[1],
    )
    stored.server.asked.clear()
    stored.reload()

    assert stored.ask("seethrough.next('The', {k: 1})")["top"]
    assert [stored.server.times_asked(shard) for shard in shards] == [
        int(index == 1) for index in range(len(shards))
    ]
