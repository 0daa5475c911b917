"""Making a device ready for offline use: what can go wrong on the way, and that it goes on."""

import pytest

pytestmark = pytest.mark.browser

PROMPT = "January, February, March,"
READY = "document.querySelector('#ready').innerText.includes('This device is ready')"
ASKS = "document.querySelector('[data-action=prepare]') !== null"
TOLD = "document.querySelector('#ready [role=alert]') !== null"


@pytest.fixture
def page(again):
    """The page that asks, by its link, without a model."""
    again.page.evaluate("location.hash = '#/ready'")
    again.until(ASKS)
    return again


@pytest.fixture
def shared(unloaded):
    """The same of the shared page, for tests that make nothing ready; it tells of no fault."""
    unloaded.page.evaluate("location.hash = '#/ready'")
    unloaded.until(ASKS)
    assert not unloaded.page.evaluate(TOLD)
    yield unloaded
    unloaded.page.evaluate("() => { delete navigator.storage.estimate; }")


def test_a_link_starts_nothing_by_itself(shared):
    """The link asks with a button and its size; nothing of the model or the engine is fetched."""
    page = shared
    size = page.text("[data-action=prepare]")

    assert "MB)" in size
    assert [path for path in page.server.asked if "/ort/" in path or path.endswith(".bin")] == []


def test_a_lost_connection_is_taken_up(page, shards, best):
    """A connection lost on the way is told; "go on" fetches what is missing, nothing twice."""
    page.server.faults[shards[1]] = "missing"
    page.page.click("[data-action=prepare]")
    page.until(TOLD)
    assert shards[1] in page.text("#ready")
    assert "left" in page.text("[data-action=prepare]")
    page.server.faults.clear()
    page.page.click("[data-action=prepare]")
    page.until(READY)

    assert page.server.times_asked("ort-wasm-simd-threaded.wasm") == 1
    assert page.server.times_asked(shards[0]) == 1
    page.server.stop()
    page.reload()
    answer = page.ask(f"seethrough.next('{PROMPT}', {{k: 1}})")
    assert answer["top"][0]["id"] == best


def test_it_can_be_stopped(shared, shards):
    """Stop ends it at once; the page asks again, with what is left."""
    page = shared
    whole = page.text("[data-action=prepare]")
    page.server.faults[shards[0]] = "slow"
    page.page.click("[data-action=prepare]")
    page.until("document.querySelector('[data-action=stop-preparing]') !== null")
    page.until("document.querySelector('#ready progress')?.value > 16e6")
    page.page.click("[data-action=stop-preparing]")
    page.until(ASKS)

    assert page.text("[data-action=prepare]") != whole


@pytest.mark.parametrize(
    ("where", "room"), [("shared", "none is told before"), ("page", "none comes while")]
)
def test_a_full_disk(request, where, room):
    """Too little room is told in a sentence, before anything is fetched where the browser tells."""
    page = request.getfixturevalue(where)
    session = page.page.context.new_cdp_session(page.page)
    told = (
        "async () => ({})" if room == "none comes while" else "async () => ({quota: 9, usage: 8})"
    )
    page.page.evaluate(f"() => {{ navigator.storage.estimate = {told}; }}")
    if room == "none comes while":
        options = {"origin": page.server.url.split("/some/")[0], "quotaSize": 1_000}
        session.send("Storage.overrideQuotaForOrigin", options)
    page.page.click("[data-action=prepare]")
    page.until(TOLD)
    session.detach()

    assert "too little room" in page.text("#ready")
    if room != "none comes while":
        assert page.server.times_asked("ort-wasm-simd-threaded.wasm") == 0


def test_where_nothing_is_kept(plain):
    """On plain http the link says why this device cannot be made ready, and offers nothing."""
    plain.page.evaluate("location.hash = '#/ready'")
    plain.until("document.querySelector('#ready')?.innerText.includes('keeps nothing')")

    assert not plain.page.evaluate(ASKS)


def test_recordings_only_is_remembered(page):
    """Recordings only: Run fetches nothing and says how to leave it; a reload keeps the wish."""
    page.page.click("[data-action=recordings-only]")
    page.until("document.querySelector('[data-action=allow-live]') !== null")
    page.page.evaluate("location.hash = '#/all/own'")
    page.reload()
    page.until("document.querySelector('[name=run]')?.disabled === false")
    page.page.fill("#prompt", "The cat")
    page.page.click("[name=run]")
    page.until("document.querySelector('#message').innerText.includes('Allow live runs')")

    assert [path for path in page.server.asked if "/ort/" in path] == []
    page.page.click("#cost [data-action=allow-live]")
    page.run("The cat")
    assert page.page.is_visible("#top table")
