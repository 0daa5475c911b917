"""A setting of the draw from one row and one function: it is everywhere that the others are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from seethrough.app.places import address
from seethrough.app.sampler import Sampler
from seethrough.app.settings import kinds, written_sampling
from seethrough.app.state import AppState, Sampling, Store
from seethrough.core.captured import Captured
from seethrough.core.cuts import Cut, keep, whole
from seethrough.core.errors import InputError
from seethrough.core.messages import FALLBACK, catalogue
from seethrough.core.routes import address_of_place
from seethrough.core.sampling import dart, draw, reshape
from seethrough.core.settings import SETTINGS, Control, Setting
from seethrough.core.tokens import Candidate, TokenView
from seethrough.view import prompt
from seethrough.view.node import to_html
from seethrough.view.steps import sample
from seethrough.view.steps.sample_odds import odds_of
from tests import own_loop
from tests.fake_engine import CONFIG, opened, tiny_model, true_logits
from tests.steps import page_state, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seethrough.core.cache import Array

LOGITS = np.log(np.array([0.5, 0.3, 0.15, 0.04, 0.01])).astype(np.float32)
SENTENCES = {
    "sampling.floor": "floor is {got}, expected 0 to 1.",
    "page.sampling.floor": "Floor (0 keeps all)",
    "step.sample.dial.floor": "Floor",
    "step.sample.cut.floor": "Floor {value}",
    "step.sample.film.floor": "Floor keeps what has {value}: {n_kept}; {n_gone} fall, {share}.",
}


def cut_floor(probs: Array, least: float, _order: Array) -> Cut:
    """Keep the tokens of at least this probability, and the most probable one (0: all)."""
    if least == 0:
        return whole(probs)
    return keep(probs, np.flatnonzero(probs >= min(least, probs.max())))


FLOOR = Setting(
    "floor",
    default=0.0,
    neutral=0.0,
    cut=cut_floor,
    control=Control("0", "1", "0.001"),
    dial=Control("0", "0.5", "0.001", "range"),
)


@pytest.fixture(autouse=True)
def _floor(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The row stands among the others, behind the cuts; its sentences in the catalogue."""
    before = dict(SETTINGS)
    at = list(before).index("seed")
    rows = [*before.items()]
    SETTINGS.clear()
    SETTINGS.update([*rows[:at], ("floor", FLOOR), *rows[at:]])
    for key, words in SENTENCES.items():
        monkeypatch.setitem(catalogue(FALLBACK), key, words)
    yield
    SETTINGS.clear()
    SETTINGS.update(before)


def shown(sampling: Sampling) -> AppState:
    """A page at the step "sample" with five tokens' logits."""
    tokens = (TokenView(0, "a", "a"), TokenView(1, "b", "b"))
    top = tuple(Candidate(at, f"t{at}", f"t{at}", float(LOGITS[at]), 0.1) for at in range(5))
    return page_state(
        config=CONFIG,
        tokens=tokens,
        top=top,
        captured=Captured({"logits": LOGITS[None]}, {"logits": (1,)}),
        source="live",
        sampling=sampling,
        route=parse("#/walk/own/sample").route,
    )


@pytest.mark.parametrize(("floor", "kept"), [(0.0, 5), (0.02, 4), (0.2, 2), (0.9, 1)])
def test_it_cuts(floor: float, kept: int) -> None:
    """The dart falls on what it leaves, scaled to a sum of 1; unset it changes no bit."""
    shaped = reshape(LOGITS, temperature=1.0, floor=floor)
    plain = reshape(LOGITS, temperature=1.0)

    assert np.count_nonzero(shaped.probs) == kept
    assert shaped.probs.sum() == pytest.approx(1.0, abs=1e-12)
    assert [name for name, _ in shaped.steps] == ["top_k", "top_p", "min_p", "typical_p", "floor"]
    assert np.array_equal(shaped.probs, plain.probs) == (floor == 0)
    drawn = draw(LOGITS, temperature=1.0, floor=floor, seed=4, step=2)
    assert drawn.dart == dart(4, 2)
    assert drawn.id < kept


def test_it_cuts_behind_the_others() -> None:
    """Each cut takes of what the one before it left."""
    shaped = reshape(LOGITS, temperature=1.0, top_k=2, floor=0.5)

    assert np.flatnonzero(shaped.probs).tolist() == [0]


def test_it_is_in_the_address() -> None:
    """Read, written again in the same letters, left out where it is as ever; nonsense is named."""
    link = "#/walk/own/sample?prompt=a&top_p=0.9&floor=0.02&seed=3"
    place = parse(link)

    assert place.settings == {"top_p": 0.9, "floor": 0.02, "seed": 3}
    assert address_of_place(place) == link
    assert parse("#/walk/own/sample?prompt=a&floor=1.5").ignored == ("floor",)
    assert address(shown(Sampling(floor=0.02))).endswith("&floor=0.02&depth=numbers")
    assert "floor" not in address(shown(Sampling()))


def test_it_is_in_the_form() -> None:
    """A control with its label and limits, and read from there."""
    html = to_html(prompt.sampling(shown(Sampling(floor=0.25))))
    written = {"floor": "0.125", "top_k": "7", "seed": "3", "max_new_tokens": "5"}
    written["no_repeat_ngram_size"] = "2"

    assert 'name="floor" min="0" max="1" step="0.001" value="0.25"' in html
    assert SENTENCES["page.sampling.floor"] in html
    assert written_sampling(lambda name: written.get(name, "0.5")) == Sampling(
        {**dict.fromkeys(("temperature", "top_p", "min_p", "typical_p"), 0.5), "floor": 0.125},
        top_k=7,
        repetition_penalty=0.5,
        no_repeat_ngram_size=2,
        seed=3,
        max_new_tokens=5,
    )
    assert written_sampling(lambda _: None) is None
    with pytest.raises(InputError, match="floor must be a number"):
        written_sampling(lambda name: "x" if name == "floor" else "1")
    with pytest.raises(InputError, match=r"top_k is 2\.5, expected a whole number"):
        written_sampling(lambda name: "2.5" if name == "top_k" else "1")


def test_it_is_among_the_dials() -> None:
    """A slider that can be set and held; what means nothing is refused in its own sentence."""
    sampler = Sampler(Store(shown(Sampling(temperature=1.0))))
    html = sample.render(sampler.store.state)
    assert 'min="0" max="0.5" step="0.001" value="0" data-action="set-sampling"' in html
    assert 'data-name="floor" data-live="try-sampling" aria-label="Floor"' in html

    sampler.set("floor", "0.02")
    sampler.attempt("floor", "0.3")
    state = sampler.store.state
    assert state.sampling == Sampling(temperature=1.0, floor=0.02)
    assert state.choice.trying == Sampling(temperature=1.0, floor=0.3)
    sampler.set("floor", "2")
    assert "floor is 2.0, expected 0 to 1." in sample.render(sampler.store.state)


def test_a_preset_takes_it_back() -> None:
    """A preset is the whole shape: what it does not name cuts nothing."""
    sampler = Sampler(Store(shown(Sampling(floor=0.3, seed=9))))
    sampler.set("preset", "careful")

    assert sampler.store.state.sampling == Sampling(temperature=0.7, top_k=40, top_p=0.9, seed=9)


def test_it_is_among_the_odds() -> None:
    """A stage of the film with its sentence and numbers, a name under the bar, a row below."""
    state = shown(Sampling(temperature=1.0, floor=0.2))
    odds = odds_of(state)
    assert odds is not None
    html = sample.render(state)

    assert odds.stages == ("own", "floor", "left", "dart", "land")
    (taken,) = odds.taken
    assert (taken.name, taken.setting, taken.n_kept, taken.n_gone) == ("floor", 0.2, 2, 3)
    assert taken.removed == pytest.approx(0.2, abs=1e-6)
    told = "".join(str(part) for part in sample.moments(state)[1])
    assert told.startswith("Floor keeps what has 0.2: 2; 3 fall")
    assert "Floor 0.2" in html


def test_it_is_in_the_door() -> None:
    """A script can give it, and the service draws with it; an unknown one stays unknown."""
    model = tiny_model()
    ids = model.tokenizer.encode("the thing")
    options = {"temperature": 3.0, "floor": 0.004, "seed": 5, "max_new_tokens": 1}

    async def scenario() -> dict[str, object]:
        service = await opened(model)
        with pytest.raises(InputError, match="floor is 7"):
            await service.generate("the thing", floor=7)
        return await service.generate("the thing", **options)

    done = own_loop.run(scenario())
    drawn = draw(true_logits(model, ids), temperature=3.0, floor=0.004, seed=5, step=0)
    assert kinds()["floor"] is float
    assert done["ids"] == [drawn.id]
    assert json.dumps(list(kinds())) == (
        '["temperature", "top_k", "top_p", "min_p", "typical_p", "repetition_penalty", '
        '"no_repeat_ngram_size", "floor", "seed", "max_new_tokens"]'
    )
