"""Step 4: every number of the ribbon, the writes, the lens and the lengths is the run's own."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from seethrough.app.state import Lens
from seethrough.core import hooks
from seethrough.core.captured import Captured
from seethrough.core.cell import parse_cell
from seethrough.core.config import ModelConfig
from seethrough.core.messages import text
from seethrough.core.routes import Route
from seethrough.core.tokens import Candidate
from seethrough.view.layout import PANELS, cell_of, describe_cell, raster_for
from seethrough.view.node import h, to_html
from seethrough.view.steps import layers, layers_norms
from seethrough.view.steps.layers_stream import (
    MOST_GROUPS,
    answers,
    first_and_last,
    groups,
    layer_high,
    ribbon_of,
    written,
)
from tests.english import exact, probability, readout
from tests.recorded import recorded
from tests.steps import parse
from tests.view.sample import Reading
from tests.view.walk_sample import FAMILIES, WORDS, config_of, walk_state

if TYPE_CHECKING:
    from seethrough.app.state import AppState

LAST = len(WORDS) - 1
NORMS = layers_norms.PICTURE
LENGTHS = ("hook_attn_out", "hook_resid_mid", "hook_mlp_out", "hook_resid_post")


def drawn(state: AppState) -> str:
    """The step's markup."""
    return PANELS["step-layers"].render(state)


def words(html: str) -> str:
    """All text of some markup, in a line."""
    return " ".join(" ".join(Reading(html).texts).split())


def bare(state: AppState) -> AppState:
    """The same before the layers' writes and the lens have come."""
    late = ("hook_attn_out", "hook_resid_mid", "hook_mlp_out")
    kept = {k: v for k, v in state.run.captured.arrays.items() if not k.endswith(late)}
    return state.but(captured=replace(state.run.captured, arrays=kept), lens=None)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_ribbon_is_the_stream(family: str) -> None:
    """Its rows are what enters, then after attention and after the MLP of each layer."""
    state = walk_state(family=family)
    ribbon = ribbon_of(state)

    assert ribbon is not None
    assert ribbon.names == (
        "blocks.0.hook_resid_pre",
        "blocks.0.hook_resid_mid",
        "blocks.1.hook_resid_pre",
        "blocks.1.hook_resid_mid",
        "blocks.1.hook_resid_post",
    )
    for name, row in zip(ribbon.names, ribbon.values, strict=True):
        assert np.array_equal(row, state.run.captured.arrays[name][LAST])
    assert ribbon.known.all()


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_written_is_what_the_stream_gains(family: str) -> None:
    """Each half-block's row is the one before it plus its write, whose length is on the page."""
    state = walk_state(family=family)
    ribbon = ribbon_of(state)
    assert ribbon is not None

    for row, name in enumerate(
        f"blocks.{layer}.{leaf}" for layer in range(2) for leaf in ("hook_attn_out", "hook_mlp_out")
    ):
        write = state.run.captured.arrays[name][LAST]
        np.testing.assert_allclose(
            ribbon.values[row + 1], ribbon.values[row] + write, rtol=1e-4, atol=1e-5
        )
        length = float(np.linalg.norm(write.astype(np.float64)))
        assert readout(length) in Reading(drawn(state)).texts
        assert exact(length) in Reading(drawn(state)).texts


@pytest.mark.parametrize("family", FAMILIES)
def test_every_length_opens_the_sum_behind_it(family: str) -> None:
    """Each write's bar, each length of the table and of the heat map has its vector's name."""
    state = walk_state(family=family)
    cells = [parse_cell(name) for name in Reading(drawn(state)).values("data-cell")]
    names = {f"blocks.{layer}.{leaf}" for layer in range(2) for leaf in LENGTHS}

    assert {cell.name for cell in cells if cell} == {
        f"{name}.norm" for name in (*names, "blocks.0.hook_resid_pre", "blocks.1.hook_resid_pre")
    } - {"blocks.0.hook_resid_post.norm"}
    assert {cell.index for cell in cells if cell} == {(LAST,)}
    assert str(cell_of(state, NORMS, 0, 2)) == "blocks.0.hook_resid_pre.norm[2]"
    assert str(cell_of(state, NORMS, 2, 1)) == "blocks.1.hook_resid_post.norm[1]"
    assert cell_of(state, NORMS, 3, 0) is None
    found = cell_of(state, NORMS, 2, 1)
    assert found is not None
    assert exact(state.run.captured.value(found) or 0.0) in describe_cell(state, NORMS, 2, 1)


def test_a_bar_is_as_long_as_its_write() -> None:
    """Bars are in proportion: the longest write of all has the whole width."""
    state = walk_state()
    lengths = [
        length
        for leaf in ("hook_attn_out", "hook_mlp_out")
        for length in written(state, leaf)
        if length is not None
    ]
    rects = re.findall(r'<rect x="([\d.]+)%" width="([\d.]+)%"', drawn(state))
    widths = sorted(float(width) for _, width in rects)

    assert widths == pytest.approx(sorted(100 * one / max(lengths) for one in lengths), abs=0.01)
    assert all(
        float(x) == 0 or float(x) + float(w) == pytest.approx(100, abs=0.02) for x, w in rects
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_each_layer_s_answer_stands_beside_it(family: str) -> None:
    """What it would say after every layer, with its probability, and the logit in the table."""
    state = walk_state(family=family)
    assert state.run.lens is not None
    html = drawn(state)

    for top in state.run.lens.tops:
        best = top[0]
        assert best.visible in words(html)
        assert probability(best.prob) in Reading(html).texts
        assert exact(best.logit) in Reading(html).texts


def item(token: int) -> Candidate:
    """A candidate."""
    return Candidate(token, f"t{token}", f"t{token}", 1.0, 0.5)


@pytest.mark.parametrize(
    ("ids", "found"),
    [
        ((1, 2, 3, 3), (2, 2)),
        ((3, 2, 3, 3), (0, 2)),
        ((1, 3, 2, 3), (1, 3)),
        ((3, 3, 3, 3), (0, 0)),
        ((1, 2, 1, 3), (3, 3)),
    ],
)
def test_where_the_answer_comes_up(ids: tuple[int, ...], found: tuple[int, int]) -> None:
    """The first state whose best token is the final one, and from where on it stays so."""
    assert first_and_last(tuple(map(item, ids))) == found


@pytest.mark.parametrize(
    ("ids", "key", "fields"),
    [
        ((1, 2, 3), "layers.said_last", {}),
        ((1, 3, 3), "layers.said", {"layer": 0}),
        ((3, 3, 3), "layers.said_at_once", {}),
        ((3, 1, 3), "layers.said_twice", {"is_before": True, "first": -1, "layer": 1}),
    ],
)
def test_the_sentence_says_where(ids: tuple[int, ...], key: str, fields: dict[str, object]) -> None:
    """The lead names the layer from which the model would give its final answer."""
    state = walk_state().but(lens=Lens(LAST, tuple((item(token),) for token in ids)))
    told = text(key, **{"token": "t3", **fields})

    assert told in words(drawn(state)).replace(" .", ".")


def test_a_cell_is_named_and_told() -> None:
    """A place of a group's picture is a number of a hook, its value to the last digit."""
    state = walk_state()
    value = state.run.captured.arrays["blocks.1.hook_resid_mid"][LAST, 7]

    assert str(cell_of(state, "layers:in", 0, 3)) == "blocks.0.hook_resid_pre[5,3]"
    assert str(cell_of(state, "layers:1-1", 0, 7)) == "blocks.1.hook_resid_mid[5,7]"
    assert str(cell_of(state, "layers:1-1", 1, 7)) == "blocks.1.hook_resid_post[5,7]"
    assert exact(value) in describe_cell(state, "layers:1-1", 0, 7)


@pytest.mark.parametrize(
    ("name", "row", "column"),
    [
        ("layers:in", 1, 0),
        ("layers:0-0", 2, 0),
        ("layers:0-0", 0, 99),
        ("layers:0-0", -1, 0),
        ("layers:5-6", 0, 0),
        ("layers:x", 0, 0),
        ("layers:1-0", 0, 0),
        (layers_norms.PICTURE, 9, 0),
        (layers_norms.PICTURE, 0, -1),
    ],
)
def test_outside_is_nothing(name: str, row: int, column: int) -> None:
    """No cell, no words, and no pixels of layers that there are not."""
    state = walk_state()

    assert cell_of(state, name, row, column) is None
    assert describe_cell(state, name, row, column) == ""
    assert (raster_for(state, name, dark=False) is None) == (
        name in {"layers:5-6", "layers:x", "layers:1-0"}
    )


@pytest.mark.parametrize("n_layers", [1, 2, 6, 7, 12, 22, 30, 48, 96])
def test_the_film_fits_any_depth(n_layers: int) -> None:
    """Every layer is in one group, in order; at most eight moments; a style for each group."""
    found = groups(n_layers)

    assert [layer for group in found for layer in group] == list(range(n_layers))
    assert len(found) <= MOST_GROUPS
    assert max(map(len, found)) <= 16
    assert layer_high(n_layers) % 2 == 0


@pytest.mark.parametrize("family", FAMILIES)
def test_the_film_tells_its_numbers(family: str) -> None:
    """Its sentences hold the lengths and the answers of this very text."""
    state = walk_state(family=family)
    film = [words(to_html(h("p", {}, moment))) for moment in layers.moments(state)]
    assert state.run.lens is not None

    assert len(film) == 4
    for layer in range(2):
        best = state.run.lens.tops[layer + 1][0]
        assert readout(written(state, "hook_mlp_out")[layer] or 0.0) in film[layer + 1]
        assert best.visible in film[layer + 1]
        assert probability(best.prob) in film[layer + 1]


@pytest.mark.parametrize("family", FAMILIES)
def test_lengths_of_all_tokens(family: str) -> None:
    """The second picture's cells are the norms of every token's every state."""
    state = walk_state(family=family)
    streams = [state.run.stream_at(position) for position in range(len(state.run.tokens))]
    resid = np.stack([stream for stream in streams if stream is not None], axis=1)
    norms = np.linalg.norm(resid.astype(np.float64), axis=2)
    assert norms.shape == (3, len(streams))

    for row, column in np.ndindex(*norms.shape):
        told = describe_cell(state, layers_norms.PICTURE, row, column)
        assert exact(norms[row, column]) in told
    table = drawn(state).partition('id="layer-norms-data"')[2].partition("</details>")[0]
    assert [exact(value) for value in norms.ravel()] == re.findall(
        r'<td class="number"[^>]*>([^<]*)</td>', table
    )


@pytest.mark.parametrize("n_tokens", [1, 10, 11, 256, 300])
def test_every_token_can_be_chosen(n_tokens: int) -> None:
    """A chip a token, over its column or in a line; a very long text names its middle."""
    state = walk_state(("x",) * n_tokens)
    html = drawn(state)
    chips = re.findall('data-action="select-position"', html)

    assert len(chips) == min(n_tokens, 256)
    assert ("left out" in words(html)) == (n_tokens > layers_norms.MOST_IN_TABLE)


def test_a_layer_leads_into_its_block() -> None:
    """Each layer's number is a link to the block, at the same token; so is a sentence below.

    The sentence names the layer in which attention wrote most.
    """
    state = walk_state().but(route=Route("walk", "january", "layers"))
    links = [
        parse(str(attributes["href"]))
        for _, attributes in Reading(drawn(state)).elements
        if (attributes.get("href") or "").startswith("#/block")
        and attributes.get("class") != "formula-way"
    ]

    lengths = [length or 0.0 for length in written(state, hooks.ATTN_OUT)]
    most = lengths.index(max(lengths))
    assert [(place.route, place.layer, place.position) for place in links] == [
        (Route("block", "january"), layer, LAST) for layer in (0, 1, most)
    ]
    assert f"attention wrote most in layer {most}" in words(drawn(state))
    assert all(not place.ignored for place in links)


def test_what_is_on_its_way_is_said() -> None:
    """Before the writes have come their places stand, hatched, and the page says so calmly."""
    state = bare(walk_state())
    html = drawn(state)
    pixels = raster_for(state, "layers:0-0", dark=False)

    assert text("layers.coming") in words(html)
    assert "is-unrecorded" not in html
    assert 'data-action="live"' not in html
    assert html.count("is-missing") == 4
    assert pixels is not None
    assert len(np.unique(pixels[0, :, :3], axis=0)) == 2
    assert cell_of(state, "layers:0-0", 0, 0) is None
    assert str(cell_of(state, "layers:0-0", 1, 0)) == "blocks.1.hook_resid_pre[5,0]"
    assert len(layers.moments(state)) == 4


def test_a_lens_of_another_token_is_not_shown() -> None:
    """What the model would say after another token is not put beside this one."""
    state = walk_state()
    other = state.but(choice=replace(state.choice, position=2))

    assert answers(state)
    assert answers(other) == ()
    assert "layer-says" not in drawn(other)


def test_what_a_recording_lacks_is_said() -> None:
    """A token whose stream is not recorded has its lengths, hatched rows, and the way to it."""
    made = recorded()
    config = config_of("llama")
    state = bare(walk_state(("a", "b", "c", "d", "e"))).but(
        captured=Captured(),
        recorded=made,
        source="recorded",
        position=1,
    )
    html = drawn(state)

    assert 'data-action="live"' in html
    assert readout(float(made.norms[0, 1])) in words(html)
    assert readout(float(made.norms[config.n_layers, 1])) in words(html)
    assert describe_cell(state, "layers:0-0", 0, 0) == ""


def test_the_part_of_a_recording_is_awaited() -> None:
    """At the last token, which the recording's part holds, it is said to be on its way."""
    state = bare(walk_state(("a", "b", "c", "d", "e")))
    waiting = state.but(recorded=recorded(), source="recorded")

    assert text("layers.fetching") in words(drawn(waiting))
    assert 'data-action="live"' not in drawn(waiting)


def test_a_deep_model_stands() -> None:
    """Thirty layers are drawn small, their links staggered; none is left out."""
    config = ModelConfig(**{**config_of("llama").to_json(), "n_layers": 30})
    state = walk_state().but(config=config, captured=Captured(), lens=None)
    html = drawn(state)

    assert "is-14 is-close" in html
    assert len(re.findall('class="layer-link', html)) == 30
    assert len(layers.moments(state)) == 8
