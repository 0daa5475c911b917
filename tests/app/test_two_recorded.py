"""Two recorded models whose walks have the same ids: each is opened as itself, old links too."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import numpy as np
import pytest

from seethrough.app.actions import Actions
from seethrough.app.parts import has_part
from seethrough.app.places import address
from seethrough.app.state import AppState, RecordingCard, card_of
from seethrough.core.assets import PART, RECORDING
from seethrough.core.errors import SourceError, UnknownNameError
from seethrough.core.manifest import from_json
from seethrough.core.parts import LOGITS_PART
from seethrough.core.routes import Route, address_of
from seethrough.view import header, home, message, pages
from seethrough.view.node import to_html
from seethrough.view.steps import done
from seethrough.view.tours import TOURS
from tests.app.going import state_after
from tests.fake_engine import served, tiny_model
from tests.recorded import parts, recorded, site_of

FIRST, SECOND = tiny_model(7), tiny_model(8)
# In each model "january"; one walk that only the second has.
OURS, OTHERS = recorded(FIRST, name="january"), recorded(SECOND, name="january")
ALONE = recorded(SECOND, name="colors", prompt="an other", positions=(0, 1))
PARTED = {
    "tiny-7.january": parts(FIRST, OURS),
    "tiny-8.january": parts(SECOND, OTHERS),
}
SITE = site_of(OURS, OTHERS, ALONE, models=(FIRST, SECOND), parted=PARTED)


def fresh() -> Actions:
    """Actions over the page of this site; nothing is loaded."""
    service = served(SITE)
    service.store.replace(tours=TOURS)
    asyncio.run(service.open())
    return Actions(service)


def went(*addresses: str, actions: Actions | None = None) -> AppState:
    """The state after going to some addresses."""
    return state_after(actions or fresh(), *addresses)


def cards() -> tuple[RecordingCard, ...]:
    """The walks of the site."""
    return fresh().state.site.recordings


def told(state: AppState) -> str:
    """The sentences of a notice."""
    return message.render(state)


def test_one_list_per_model_has_its_walks() -> None:
    """Every walk and part stands in its own model's manifest, and nowhere else."""
    listed = {
        name: from_json(str(SITE.files[f"models/{name}/manifest.json"]))
        for name in ("tiny-7", "tiny-8")
    }

    walks = {
        name: [asset.told["id"] for asset in manifest.of_kind(RECORDING)]
        for name, manifest in listed.items()
    }
    assert walks == {"tiny-7": ["january"], "tiny-8": ["january", "colors"]}
    assert all(len(manifest.of_kind(PART)) == 2 for manifest in listed.values())
    assert '"recordings"' not in str(SITE.files["models.json"])


def test_a_walk_is_known_by_its_model_and_id() -> None:
    """The id alone is the first model's that has it; any can be named whole."""
    walks = cards()

    assert [card.subject for card in walks] == ["january", "tiny-8.january", "colors"]
    for card in walks:
        for name in (card.subject, card.full_name):
            assert card_of(walks, name) is card
    assert card_of(walks, "tiny-7.colors") is None
    assert card_of(walks, "") is None


@pytest.mark.parametrize(
    ("link", "model", "settled"),
    [
        ("#/walk/january/layers?pos=3", "tiny-7", "#/walk/january/layers?pos=3&depth=numbers"),
        ("#/block/january", "tiny-7", None),
        ("#/walk/colors/input", "tiny-8", "#/walk/colors/input?depth=numbers"),
        (
            "#/walk/tiny-8.january/layers?pos=3",
            "tiny-8",
            "#/walk/tiny-8.january/layers?pos=3&depth=numbers",
        ),
        (
            "#/walk/tiny-7.january/layers?pos=3",
            "tiny-7",
            "#/walk/january/layers?pos=3&depth=numbers",
        ),
        ("#/walk/tiny-8.colors/input", "tiny-8", "#/walk/colors/input?depth=numbers"),
        ("#/all/tiny-8.january", "tiny-8", None),
    ],
)
def test_links_open(link: str, model: str, settled: str | None) -> None:
    """Old links open what they opened, new ones name the model; the address is the short one."""
    state = went(link)

    assert state.run.recorded is not None
    assert (state.run.recorded.model, state.run.model) == (model, model)
    assert state.chrome.notice is None
    assert state.chrome.error is None
    if settled is not None:
        assert address(state) == settled


def test_an_old_link_is_not_the_shown_model_s() -> None:
    """What an id opens does not depend on what was open before."""
    state = went("#/walk/tiny-8.january/input", "#/walk/january/input")

    assert state.run.recorded is not None
    assert state.run.recorded.model == "tiny-7"


@pytest.mark.parametrize("name", ["nothing", "tiny-9.january", "tiny-7.colors", "tiny-8."])
def test_what_is_not_there_is_said(name: str) -> None:
    """An unknown walk, or one of a model that lacks it, is named in a sentence."""
    state = went(f"#/walk/{name}/embed")

    assert name in told(state)
    assert "no recorded walk" in told(state)
    assert (state.route.subject, state.chrome.error) == ("january", None)


def test_what_is_not_there_leaves_the_shown_walk() -> None:
    """The other model's walk stays where it was."""
    state = went("#/walk/tiny-8.january/embed", "#/walk/nothing/embed")

    assert state.route.subject == "tiny-8.january"
    assert state.run.recorded is not None
    assert state.run.recorded.model == "tiny-8"


def test_the_numbers_are_each_model_s_own() -> None:
    """There and back again: no walk stands under the other's name, in the shelf neither."""
    actions = fresh()
    for name, made in (("january", OURS), ("tiny-8.january", OTHERS), ("january", OURS)):
        state = went(f"#/walk/{name}/input", actions=actions)
        assert [item.logit for item in state.run.top] == [item.logit for item in made.top]
        assert state.walk_card is not None
        assert state.walk_card.subject == state.route.subject == name
    assert not np.array_equal(OURS.resid(), OTHERS.resid())


def test_the_parts_are_each_model_s_own() -> None:
    """A step's further numbers come from the walk's own model."""
    actions = fresh()
    for name, made in (("january", OURS), ("tiny-8.january", OTHERS)):
        state = went(f"#/walk/{name}/logits", actions=actions)
        assert has_part(state.run, LOGITS_PART)
        logits = state.run.captured.row("logits", len(made.tokens) - 1)
        assert logits is not None
        assert float(logits[made.top[0].id]) == made.top[0].logit


def test_the_service_tells_them_apart() -> None:
    """By model and id; without a model it is the first that has one; unknown is a sentence."""

    async def scenario() -> None:
        service = served(SITE)
        await service.open()
        assert (await service.recording("january")).model == "tiny-7"
        assert (await service.recording("january", "tiny-8")).model == "tiny-8"
        assert (await service.recording("colors")).model == "tiny-8"
        first = await service.part("january", LOGITS_PART)
        second = await service.part("january", LOGITS_PART, "tiny-8")
        assert first.shard_sha256s != second.shard_sha256s
        with pytest.raises(UnknownNameError, match="no recorded walk 'colors'"):
            await service.recording("colors", "tiny-7")

    asyncio.run(scenario())


def test_another_model_s_part_is_refused() -> None:
    """A part under the same id that the other model's walk was made with does not fit."""
    site = site_of(
        OURS,
        OTHERS,
        models=(FIRST, SECOND),
        parted={"tiny-8.january": parts(FIRST, replace(OURS))},
    )
    service = served(site)
    asyncio.run(service.open())

    with pytest.raises(SourceError, match="does not belong to the recorded walk 'january'"):
        asyncio.run(service.part("january", LOGITS_PART, "tiny-8"))


def test_the_walk_s_subjects_tell_the_model() -> None:
    """Both stand there, each a link of its own, told apart by the model; others are plain."""
    state = went("#/walk/tiny-8.january/layers")
    html = to_html(header.subjects(state))

    assert html.count("aria-current") == 1
    for name, words in (
        ("january", "The months (Tiny 7)"),
        ("tiny-8.january", "The months (Tiny 8)"),
        ("colors", "A chat question"),
    ):
        assert f'href="{address_of(Route("walk", name, "layers"))}"' in html
        assert f">{words}</a>" in html
    assert "A chat question (" not in html
    assert "The months (Tiny 8)" in pages.title(state)


def test_home_has_a_card_for_each() -> None:
    """Each card's link opens its own model's walk."""
    html = "".join(to_html(item) for item in home.walks(went("#/")))

    assert 'href="#/walk/january"' in html
    assert 'href="#/walk/tiny-8.january"' in html
    assert "The months (Tiny 8)" in html


def test_the_last_step_goes_round_all_of_them() -> None:
    """From each walk on to the next, the other model's too, and back to the first."""
    seen = [
        done.next_recording(went(f"#/walk/{name}/done"))
        for name in ("january", "tiny-8.january", "colors")
    ]

    assert seen == ["tiny-8.january", "colors", "january"]


def test_a_build_with_one_recorded_model_tells_no_model() -> None:
    """Names are as short as ever where nothing has to be told apart."""
    service = served(site_of(OURS, models=(FIRST, SECOND)))
    asyncio.run(service.open())

    (card,) = service.store.state.site.recordings
    assert (card.subject, card.model_title) == ("january", "")
