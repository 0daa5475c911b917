"""Step 3: each token's row is the model's own, and so is what is added to it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from seethrough.core.captured import Captured
from seethrough.core.cell import parse_cell
from seethrough.core.config import LayerConfig
from seethrough.core.messages import text
from seethrough.view.layout import PANELS, cell_of, describe_cell, raster_for
from seethrough.view.node import h, to_html
from seethrough.view.steps import embed
from seethrough.view.steps.embed_vectors import CROWD, MOST_LINES, row_high
from tests.english import count, exact, readout
from tests.recorded import recorded
from tests.view.sample import Reading
from tests.view.test_addends import plain
from tests.view.walk_sample import FAMILIES, WORDS, config_of, walk_state

if TYPE_CHECKING:
    from seethrough.app.state import AppState

D_MODEL = config_of("llama").d_model


def drawn(state: AppState) -> str:
    """The step's markup."""
    return PANELS["step-embed"].render(state)


def words(html: str) -> str:
    """All text of some markup, in a line."""
    return " ".join(" ".join(Reading(html).texts).split())


def canvases(html: str) -> list[dict[str, str | None]]:
    """The canvases of some markup."""
    return [attributes for tag, attributes in Reading(html).elements if tag == "canvas"]


@pytest.mark.parametrize("family", FAMILIES)
def test_each_token_has_its_row(family: str) -> None:
    """A strip a token, in order, of the embedding at its position, with its length."""
    state = walk_state(family=family)
    html = drawn(state)
    names = [canvas["data-raster"] or "" for canvas in canvases(html)]

    for position in range(len(WORDS)):
        row = state.run.captured.row("hook_embed", position)
        assert row is not None
        assert names[position].startswith(f"strip:hook_embed@{position}~")
        assert readout(float(np.linalg.norm(row.astype(np.float64)))) in words(html)


@pytest.mark.parametrize("family", FAMILIES)
def test_all_numbers_are_in_the_table(family: str) -> None:
    """The chosen token's whole row stands there to the last digit, and what is added to it."""
    state = walk_state(family=family)
    table = drawn(state).partition('id="embed-data"')[2]
    cells = re.findall(r'<td class="number">([^<]*)</td>', table)
    names = ["hook_embed"]
    names += ["hook_pos_embed", "blocks.0.hook_resid_pre"] if family == "gpt2" else []

    shown = [exact(value) for name in names for value in state.run.captured.row(name, 5)]  # type: ignore[union-attr]
    assert cells == shown


def test_a_learned_position_is_added_with_numbers() -> None:
    """GPT-2: the token's row and the position's row give what enters block 0, number by number."""
    state = walk_state(family="gpt2")
    html = drawn(state).partition('class="embed-sum')[2].partition("</section>")[0]
    cells = [parse_cell(value) for value in Reading(html).values("data-cell")]
    names = [cell.name for cell in cells if cell]
    values = [state.run.captured.value(cell) for cell in cells[3:] if cell is not None]

    hooks = ["hook_embed", "hook_pos_embed", "blocks.0.hook_resid_pre"]
    assert names == [*(f"{hook}.norm" for hook in hooks), *hooks]
    assert values[2] == pytest.approx(values[0] + values[1], rel=1e-6)  # type: ignore[operator]
    shown = [plain(one) for one in re.findall(r">\(?(\u2212?\d+\.\d+)\)?</button>", html)[-3:]]
    assert shown[0] + shown[1] == shown[2]
    for told, value in zip(shown, values, strict=True):
        assert float(told) == pytest.approx(value, abs=6e-4)


def test_a_negative_number_is_added_in_brackets() -> None:
    """What a position takes away reads as a sum: + (−1.2), in the picture and in the film."""
    state = walk_state(family="gpt2")
    for position in range(len(WORDS)):
        chosen = state.but(choice=replace(state.choice, position=position))
        added = state.run.captured.row("hook_pos_embed", position)
        assert added is not None
        largest = float(added[np.abs(added).argmax()])
        shown = f"+ ({readout(largest)[:5]}" if largest < 0 else f"+ {readout(largest)[:4]}"
        sums = drawn(chosen).partition('class="embed-sum')[2].partition("</section>")[0]

        assert shown in re.sub(r"<[^>]*>", "", sums)
        assert shown in "".join(map(str, embed.moments(chosen)))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_length_is_the_captured_vector_s_own(family: str) -> None:
    """Every length that opens a sum stands there exactly, under the name of its vector."""
    state = walk_state(family=family)
    told = {
        attrs["data-cell"]: attrs["title"]
        for _, attrs in Reading(drawn(state)).elements
        if ".norm[" in (attrs.get("data-cell") or "")
    }

    assert {f"hook_embed.norm[{at}]" for at in range(len(WORDS))} <= set(told)
    for name, title in told.items():
        hook, place = name.removesuffix("]").split(".norm[")
        row = state.run.captured.row(hook, int(place))
        assert row is not None
        assert title == exact(float(np.linalg.norm(row.astype(np.float64))))


def test_a_rotary_position_comes_later() -> None:
    """Llama: nothing is added; a closed panel says by how much this position turns its pairs."""
    state = walk_state()
    html = drawn(state)
    config = config_of("llama")
    slowest = 5 * 10000.0 ** -((config.d_head - 2) / config.d_head)

    assert "embed-sum" not in html
    assert 'id="embed-position"' in html
    assert readout(slowest) in words(html)
    assert f"{config.d_head // 2} pairs" in words(html)


def test_layers_that_turn_otherwise_are_told() -> None:
    """Of layers with a base of their own, and of those that turn nothing, it says how many."""
    state, config = walk_state(), config_of("llama")
    usual = [LayerConfig()] * (config.n_layers - 2)
    own = (LayerConfig(rotary_base=100.0), LayerConfig(is_turned=False), *usual)
    told = words(drawn(state.but(config=replace(config, layers=own))))
    slowest = 5 * 100.0 ** -((config.d_head - 2) / config.d_head)

    assert f"One of the {config.n_layers} layers turns by another base, 100" in told
    assert readout(slowest) in told
    assert f"One of the {config.n_layers} layers turns nothing" in told
    assert "another base" not in words(drawn(state))


def test_without_the_embedding_block_0_has_it() -> None:
    """Where positions come later, what enters block 0 is the row; with learned ones it is not."""
    for family in FAMILIES:
        state = walk_state(family=family)
        arrays = {k: v for k, v in state.run.captured.arrays.items() if k != "hook_embed"}
        html = drawn(state.but(captured=replace(state.run.captured, arrays=arrays)))

        assert ("strip:blocks.0.hook_resid_pre@0~" in html) == (family == "llama")
        assert ("is-missing" in html) == (family == "gpt2")


def test_the_same_token_has_the_same_row() -> None:
    """A token that stands there more than once is named with all of its positions."""
    state = walk_state()
    tokens = tuple(
        replace(token, id=7) if at in (1, 3, 5) else token
        for at, token in enumerate(state.run.tokens)
    )
    film = embed.moments(state.but(tokens=tokens))
    told = words(to_html(h("p", {}, film[2])))

    assert "1, 3, 5" in told
    assert "7" in told


def test_a_row_lies_where_its_id_says() -> None:
    """The tick of a token is as far down the matrix as its id is through the vocabulary."""
    state = walk_state()
    ticks = {
        attributes["id"]: float(attributes["y1"] or "nan")
        for tag, attributes in Reading(drawn(state)).elements
        if tag == "line" and (attributes.get("id") or "").startswith("embed-tick-")
    }

    assert len(ticks) == len(WORDS)
    for position, token in enumerate(state.run.tokens):
        assert ticks[f"embed-tick-{position}"] == pytest.approx((token.id + 0.5) / 300 * 1000, 1e-3)
    assert count(299) in words(drawn(state))


@pytest.mark.parametrize("n_tokens", [MOST_LINES, MOST_LINES + 1, 256])
def test_many_tokens_are_one_picture(n_tokens: int) -> None:
    """Up to a dozen tokens have a line each; more share a heat map of all rows, each cell named."""
    state = walk_state(("x",) * n_tokens)
    crowd = [one for one in canvases(drawn(state)) if one["data-raster"] == CROWD]

    assert bool(crowd) == (n_tokens > MOST_LINES)
    if crowd:
        assert crowd[0]["data-rows"] == str(n_tokens)
        pixels = raster_for(state, CROWD, dark=False)
        assert pixels is not None
        assert pixels.shape == (n_tokens * row_high(n_tokens), D_MODEL, 4)
        cell = cell_of(state, CROWD, n_tokens - 1, 3)
        row = state.run.captured.row("hook_embed", n_tokens - 1)
        assert str(cell) == f"hook_embed[{n_tokens - 1},3]"
        assert row is not None
        assert exact(row[3]) in describe_cell(state, CROWD, n_tokens - 1, 3)


@pytest.mark.parametrize("cell", [(-1, 0), (99, 0), (0, -1), (0, D_MODEL)])
def test_outside_the_heat_map_is_nothing(cell: tuple[int, int]) -> None:
    """A pointer outside has no cell and no words."""
    state = walk_state(("x",) * 20)

    assert cell_of(state, CROWD, *cell) is None
    assert describe_cell(state, CROWD, *cell) == ""


def test_what_a_recording_lacks_is_said() -> None:
    """A row that is not there is named, its place kept, and one click runs it live."""
    made = recorded()
    state = walk_state()
    last = state.run.captured.row("hook_embed", 5)
    assert last is not None
    some = Captured({"hook_embed": last[None]}, {"hook_embed": (5,)})
    html = drawn(state.but(captured=some, recorded=made, source="recorded"))

    assert html.count("is-missing") == len(WORDS) - 1
    assert text("embed.lacking", positions="0\N{EN DASH}4") in words(html)
    assert 'data-action="live"' in html


def test_only_tokens_without_a_row_are_marked() -> None:
    """A recording without a token's stream may well have its row: then nothing is marked."""
    state = walk_state().but(recorded=recorded(), source="recorded")

    assert "is-unrecorded" not in drawn(state)


def test_a_crowd_with_gaps_is_hatched() -> None:
    """Rows that are not known are hatched, and have no cells."""
    state = walk_state(("x",) * 20)
    row = state.run.captured.row("hook_embed", 19)
    assert row is not None
    some = Captured({"hook_embed": row[None]}, {"hook_embed": (19,)})
    gaps = state.but(captured=some, recorded=recorded(), source="recorded")
    pixels = raster_for(gaps, CROWD, dark=False)

    assert pixels is not None
    assert len(np.unique(pixels[0, :, :3], axis=0)) == 2
    assert cell_of(gaps, CROWD, 0, 0) is None
    assert str(cell_of(gaps, CROWD, 19, 0)) == "hook_embed[19,0]"


def test_a_very_long_text_names_its_middle() -> None:
    """Beyond the limit the first and the last rows are shown, and what is left out is said."""
    state = walk_state(("x",) * 300)

    assert "left out" in words(drawn(state))


@pytest.mark.parametrize("family", FAMILIES)
def test_one_token(family: str) -> None:
    """A text of one token stands: its row is the whole input."""
    state = walk_state(("Hello",), family=family)
    film = [words(to_html(h("p", {}, moment))) for moment in embed.moments(state)]

    assert text("embed.film.one") in film
    assert "Hello" in film[1]
