"""The files of a map: what is written is read, what is damaged is refused; search; the window."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seethrough.core.atlas import (
    COSINE_STEP,
    atlas_from_bytes,
    neighbours_from_bytes,
    pack_cosines,
    unpack_cosines,
)
from seethrough.core.atlas_search import MOST_FOUND, search, words_of
from seethrough.core.errors import InputError, SourceError
from seethrough.core.near import nearest_of_each
from seethrough.core.plane import MOST_ZOOM, Window, nearest_pixel, pixels_of, window_on
from tests.atlases import (
    BYTE_ID,
    GAP_ID,
    N_ROWS,
    WORDS,
    neighbours_bytes,
    places_bytes,
    raw_tokens,
    rows,
    small_atlas,
    small_neighbours,
)

ATLAS = small_atlas()
PLACES, NEIGHBOURS = places_bytes(), neighbours_bytes()
SHARES = st.floats(0, 1)


def test_what_is_written_is_read() -> None:
    """Places to half a step, lengths and bytes exactly, each layout's kept share."""
    assert ATLAS.n_tokens == N_ROWS
    assert ATLAS.layouts == ("near", "pca")
    step = np.ptp(rows()[:, :2], axis=0).max() / 65_535
    assert np.abs(ATLAS.places["near"] - rows()[:, :2]).max() <= step * 0.51
    assert [ATLAS.raw(at) for at in range(N_ROWS)] == [one or b"" for one in raw_tokens()]
    assert ATLAS.visible(1) == "·Monday"
    assert ATLAS.visible(BYTE_ID) == "⟨E6⟩"
    assert ATLAS.visible(GAP_ID) == "⟨id 89⟩"
    assert 0 < ATLAS.kept_share("near") < 1
    assert ATLAS.n_measured("near") == N_ROWS


def test_stored_neighbours_are_exact() -> None:
    """The ids are the very ones, twins in order; the cosines within 1e-6."""
    ids, cosines = nearest_of_each(rows(), 20)
    stored = small_neighbours()

    assert np.array_equal(stored.ids, ids)
    assert np.abs(stored.cosines - cosines).max() <= COSINE_STEP / 2 + 1e-12 < 1e-6
    assert stored.ids[50, 0] == 40


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=2))
def test_cosines_in_twenty_bits(values: list[float]) -> None:
    """Any cosine comes back within half a step; the ends exactly."""
    packed = pack_cosines(np.array([values]))

    assert np.abs(unpack_cosines(*packed) - values).max() <= COSINE_STEP / 2 + 1e-12
    assert unpack_cosines(*pack_cosines(np.array([[1.0, -1.0]]))).tolist() == [[1, -1]]


@pytest.mark.parametrize("cut", [1, 9, 200, 1000])
@pytest.mark.parametrize(
    ("data", "read"), [(PLACES, atlas_from_bytes), (NEIGHBOURS, neighbours_from_bytes)]
)
def test_a_cut_file_is_refused(data: bytes, read, cut: int) -> None:
    """Whatever is missing, a sentence says that the file cannot be read."""
    with pytest.raises(SourceError):
        read(data[:-cut])


@pytest.mark.parametrize(
    "changes",
    [
        {"format": 9},
        {"name": "neighbours"},
        {"layouts": {}},
        {"layouts": {"pca": {"low": [0.0], "step": 1.0}}},
        {"layouts": []},
        {"explained": ["x"]},
        {"shard_sha256s": 3},
        {"model": None},
    ],
)
def test_another_telling_is_refused(changes: dict[str, object]) -> None:
    """A file that tells of itself what cannot be is none."""
    with pytest.raises(SourceError):
        atlas_from_bytes(places_bytes(**changes))


def test_each_token_is_found_by_its_text() -> None:
    """By its bytes where they are text, by how it is shown, and by its id."""
    for token, raw in enumerate(raw_tokens()):
        if raw is not None:
            assert token in search(ATLAS, ATLAS.visible(token))
            assert search(ATLAS, f"#{token}") == (token,)


def test_text_is_found_with_and_without_its_space() -> None:
    """What is typed finds the token with a space before it, and what begins so."""
    assert search(ATLAS, "dog") == (4,)
    assert search(ATLAS, " dog") == (4,)
    assert search(ATLAS, "mon")[0] == 1
    assert search(ATLAS, "w1")[0] == raw_tokens().index(b"w1")
    assert search(ATLAS, "") == search(ATLAS, "nothing like it") == ()
    assert search(ATLAS, "#999") == ()


def test_patterns() -> None:
    """A pattern looks at every text; one that is none, or that may never end, is refused."""
    assert [ATLAS.visible(one) for one in search(ATLAS, "/day$/")] == [
        "·Monday",
        "·Tuesday",
        "·Sunday",
    ]
    assert search(ATLAS, "/^ RED$/i") == (6,)
    assert len(search(ATLAS, "/./")) <= MOST_FOUND
    for pattern in ("/(/", "/[/", "/(a+)+b/", "/*/"):
        with pytest.raises(InputError, match="pattern"):
            search(ATLAS, pattern)


def test_words_are_found_in_their_order() -> None:
    """Only those that are one token, with a space before them."""
    assert words_of(ATLAS, ["Sunday", "Friday", "Monday"]) == (3, 1)
    assert len(words_of(ATLAS, WORDS)) == len(WORDS)


WINDOWS = st.builds(Window, SHARES, SHARES, st.floats(1, MOST_ZOOM))


@given(WINDOWS, st.floats(0.1, 10), SHARES, SHARES)
def test_what_lies_under_the_pointer_stays_there(before, factor, across, down) -> None:
    """Enlarging moves no point that lies under the pointer, unless the window would leave."""
    after = before.zoomed(factor, across * 900, down * 600, 900, 600)
    point = np.array([[0.0, 0.0]])
    point[0, 0] = before.x + (across * 900 - 450) / before.scale(900, 600)
    point[0, 1] = before.y - (down * 600 - 300) / before.scale(900, 600)
    if 0 < after.x < 1 and 0 < after.y < 1:
        landed = pixels_of(point, after, 900, 600)[0]
        assert landed.tolist() == pytest.approx([across * 900, down * 600], abs=0.05)


def test_a_window_shows_what_it_is_on() -> None:
    """All points asked for are in sight; one point alone is enlarged as far as it goes."""
    square = ATLAS.square("near")
    chosen = square[[3, 17, 60]]
    landed = pixels_of(chosen, window_on(chosen), 900, 600)

    assert ((landed > 0) & (landed < (900, 600))).all()
    assert window_on(square[:1], most_zoom=40).zoom == 40


def test_the_nearest_dot_within_reach() -> None:
    """The dot under a pixel is found; far from all there is none."""
    landed = pixels_of(ATLAS.square("near"), Window(), 900, 600)
    for token in range(N_ROWS):
        across, down = landed[token]
        found = nearest_pixel(landed, across, down, 14)
        assert found is not None
        assert np.allclose(landed[found], landed[token])
    assert nearest_pixel(landed, -500, -500, 14) is None
