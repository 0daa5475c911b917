"""The path of a token over the map: live and recorded, its nearest rows named by an open model."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import numpy as np

from export.layout import principal_places
from seethrough.app import pathing
from seethrough.app.actions import Actions
from seethrough.app.places import place_of
from seethrough.core.atlas import Atlas
from seethrough.core.path import Projection
from seethrough.core.routes import Route, address_of_place
from seethrough.core.token_kinds import INSIDE
from tests.fake_engine import opened, tiny_model
from tests.recorded import opened_with, recorded

if TYPE_CHECKING:
    import pytest

MODEL = tiny_model()
PROMPT = "the thing and"
LAST = len(MODEL.tokenizer.encode(PROMPT)) - 1
N_STATES = MODEL.config.n_layers + 1


def atlas_of_model() -> Atlas:
    """The map of the small model's vocabulary, its two layouts the same places."""
    rows = MODEL.arrays["W_E"]
    made = principal_places(rows)
    norms = np.linalg.norm(rows, axis=1).astype(np.float32)
    raw = [MODEL.tokenizer.token_bytes(at) for at in range(len(rows))]
    mean_length = float(norms.mean(dtype=np.float64))
    axes = made.directions.astype(np.float32)
    projection = Projection(made.mean, axes, mean_length, MODEL.arrays["ln_final.w"])
    kept = np.zeros(len(rows), np.uint8)
    return Atlas(
        model=MODEL.manifest.id,
        places={"near": made.places[:, :2], "pca": made.places},
        kept={"near": kept, "pca": kept},
        norms=norms,
        kinds=np.full(len(rows), INSIDE, np.uint8),
        explained=(0.5, 0.2, 0.1),
        made_with=(),
        text=b"".join(raw),
        ends=np.cumsum([len(one) for one in raw]),
        projection=projection,
    )


def on_the_map(actions: Actions) -> None:
    """The page turned to the map."""
    ready = {"chart_stage": "ready", "chart_model": MODEL.manifest.id, "chart_layout": "pca"}
    actions.store.replace(route=Route("map"), atlas=atlas_of_model(), **ready)


def test_a_live_path_is_the_models_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each state's nearest rows are brute force's, read in pieces; the last gives the answer."""
    monkeypatch.setattr(pathing, "PIECE", 70 * MODEL.config.d_model)

    async def scenario() -> None:
        actions = Actions(await opened(MODEL))
        await actions.run(PROMPT, chat=False)
        on_the_map(actions)
        await actions.pathing.open(LAST)
        path = actions.state.chart.chart_path

        assert path is not None
        assert path.nearest is not None
        assert path.units.shape == (N_STATES, MODEL.config.d_model)
        rows = MODEL.arrays["W_E"].astype(np.float64)
        cosines = path.units @ (rows / np.linalg.norm(rows, axis=1, keepdims=True)).T
        assert np.array_equal(path.nearest.ids[:, 0], cosines.argmax(axis=1))
        assert np.abs(path.nearest.cosines[:, 0] - cosines.max(axis=1)).max() < 1e-9
        logits = path.units[-1] @ rows.T
        assert int(logits.argmax()) == actions.state.run.top[0].id
        assert actions.state.chart.chart_waits == ""

    asyncio.run(scenario())


def test_a_recorded_path_needs_no_model() -> None:
    """Its states are the recording's; an open model names the nearest; a link holds it."""

    async def scenario() -> None:
        made = recorded(MODEL)
        actions = Actions(await opened_with(made))
        on_the_map(actions)
        actions.store.replace(chart_layout="near")  # which has no place for a vector
        await actions.pathing.open_walk(made.id)
        path = actions.state.chart.chart_path

        assert path is not None
        assert actions.state.chart.chart_layout == "pca"
        assert (path.position, path.nearest) == (made.positions[-1], None)
        address = address_of_place(place_of(actions.state))
        assert f"walk={made.id}&path={path.position}" in address
        await actions.load(MODEL.manifest.id)
        await actions.pathing.name()
        named = actions.state.chart.chart_path
        assert named is not None
        assert named.nearest is not None

    asyncio.run(scenario())


def test_what_cannot_be_drawn_changes_nothing() -> None:
    """A token without states, another model's map, a walk that is not there, a closed path."""

    async def scenario() -> None:
        actions = Actions(await opened(MODEL))
        await actions.run(PROMPT, chat=False)
        on_the_map(actions)
        for position in (-1, LAST + 1, 10**6):
            await actions.pathing.open(position)
        await actions.pathing.open_walk("no-such-walk")
        actions.store.replace(chart_model="other")
        await actions.pathing.open(LAST)
        assert actions.state.chart.chart_path is None
        actions.store.replace(chart_model=MODEL.manifest.id)
        await actions.pathing.open(LAST)
        actions.pathing.show(1)
        assert actions.state.chart.chart_state == 1
        actions.pathing.show(N_STATES - 1)
        assert actions.state.chart.chart_state is None
        actions.pathing.close()
        assert actions.state.chart.chart_path is None

    asyncio.run(scenario())
