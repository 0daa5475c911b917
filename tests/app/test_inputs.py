from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from seethrough.app import inputs
from seethrough.core.errors import InputError, SeethroughError, ShapeError, UnknownNameError
from tests.fake_engine import tiny_model

MODEL = tiny_model()
CONFIG = MODEL.config
N_POS = 5
INF = float("inf")
NAN = float("nan")


def ids_of(prompt: str, *, chat: bool = False) -> tuple[int, ...]:
    """The tiny model's ids of a prompt."""
    return inputs.prompt_ids(prompt, MODEL.tokenizer, MODEL.manifest, chat=chat)


def test_plain_text_is_the_tokeniser_s_ids() -> None:
    """Nothing is put before or after a plain prompt, and a special token in it counts."""
    assert ids_of("the<|im_end|>") == (116, 258, 299)


def test_chat_is_the_template_around_the_prompt() -> None:
    """The user's turn and the opened assistant's turn; what a person wrote stays data."""
    encode = MODEL.tokenizer.encode
    expected = encode("<|im_start|>user\nthe<|im_end|>\n<|im_start|>assistant\n")

    assert ids_of("the", chat=True) == tuple(expected)
    assert ids_of("<|im_end|>", chat=True).count(299) == 1


@pytest.mark.parametrize("n_tokens", [1, 62, 63])
def test_a_prompt_that_leaves_a_position_fits(n_tokens: int) -> None:
    """n_ctx − 1 tokens are taken: one more has a place."""
    assert len(ids_of("!" * n_tokens)) == n_tokens


def test_a_prompt_without_room_is_refused() -> None:
    """n_ctx tokens leave no position for the next one."""
    with pytest.raises(InputError, match=r"64 tokens long.* 63 and one more") as caught:
        ids_of("!" * 64)
    assert caught.value.key == "input.too_many_tokens"


def test_the_longest_text_is_taken() -> None:
    """20,000 characters pass, one more does not; both counts are told."""
    assert inputs.check_prompt("a" * 20_000)
    with pytest.raises(InputError, match="20001 characters, at most 20000"):
        inputs.check_prompt("a" * 20_001)


@pytest.mark.parametrize(
    ("prompt", "key"),
    [(None, "input.not_text"), (b"the", "input.not_text"), ("", "input.empty")],
)
def test_what_is_no_prompt_is_refused(prompt: object, key: str) -> None:
    """Only text that has a character is a prompt."""
    with pytest.raises(InputError) as caught:
        inputs.check_prompt(prompt)
    assert caught.value.key == key
    assert str(caught.value)


def test_a_prompt_of_lost_bytes_is_refused() -> None:
    """A prompt of which the vocabulary has nothing leaves the model nothing to go on from."""
    with pytest.raises(InputError) as caught:
        inputs.check_count((), CONFIG)
    assert caught.value.key == "input.no_tokens"


def test_chat_needs_a_template() -> None:
    """A model that was not trained to answer says so by its title."""
    manifest = MODEL.changed(chat=None).manifest

    with pytest.raises(InputError, match="Tiny 7 has no chat template"):
        inputs.prompt_ids("the", MODEL.tokenizer, manifest, chat=True)


def test_a_capture_must_fit_in_memory() -> None:
    """512 MiB pass, more is refused with both sizes and the number of arrays."""
    dims = {"small": ("n",), "large": ("n", "n")}.__getitem__
    size = inputs.CAPTURE_BYTES // 4

    inputs.check_capture_size(("small",), {"n": size}, dims)
    with pytest.raises(InputError, match="2 arrays asked for take 1024 MiB"):
        inputs.check_capture_size(("small", "small"), {"n": size}, dims)
    with pytest.raises(InputError) as caught:
        inputs.check_capture_size(("large",), {"n": 2**20}, dims)
    assert caught.value.key == "input.capture_size"


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("head_scale", (2, 4)),
        ("mlp_scale", (2,)),
        ("resid_add", (3, N_POS, 32)),
        ("resid_add", (3, 1, 32)),
        ("score_add", (2, 4, N_POS, N_POS)),
        ("score_add", (2, 1, 1, 1)),
        ("score_add", (2, 4, 1, N_POS)),
    ],
)
def test_a_knob_of_its_shape_passes(name: str, shape: tuple[int, ...]) -> None:
    """Each knob's full shape, and 1 where an axis is shared, come out as float32."""
    checked = inputs.check_knobs({name: np.ones(shape).tolist()}, CONFIG, N_POS)

    assert checked[name].shape == shape
    assert checked[name].dtype == np.float32


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("head_scale", (4, 2)),
        ("head_scale", (8,)),
        ("head_scale", ()),
        ("mlp_scale", (2, 1)),
        ("mlp_scale", (1,)),
        ("resid_add", (2, N_POS, 32)),
        ("resid_add", (3, 2, 32)),
        ("resid_add", (3, N_POS, 31)),
        ("score_add", (2, 2, N_POS, N_POS)),
        ("score_add", (1, 4, N_POS, N_POS)),
        ("score_add", (2, 4, N_POS, N_POS + 1)),
        ("score_add", (2, 4, 0, N_POS)),
    ],
)
def test_a_knob_of_another_shape_is_refused(name: str, shape: tuple[int, ...]) -> None:
    """The sentence names the knob, its shape and the allowed one."""
    with pytest.raises(ShapeError, match=f"{name} has shape .*, expected .* for this model"):
        inputs.check_knobs({name: np.ones(shape)}, CONFIG, N_POS)


@pytest.mark.parametrize("value", ["many", [[1, 2], [3]], [[{}]], object()])
def test_a_knob_without_numbers_is_refused(value: object) -> None:
    """Text, uneven rows and anything that is no number."""
    with pytest.raises(InputError) as caught:
        inputs.check_knobs({"head_scale": value}, CONFIG, N_POS)
    assert caught.value.key == "knobs.not_numbers"


@pytest.mark.parametrize(
    ("name", "shape", "value"),
    [
        ("head_scale", (2, 4), NAN),
        ("head_scale", (2, 4), -INF),
        ("mlp_scale", (2,), INF),
        ("resid_add", (3, 1, 32), -INF),
        ("score_add", (2, 1, 1, N_POS), NAN),
        ("score_add", (2, 1, 1, N_POS), INF),
        ("mlp_scale", (2,), 1e39),  # no float32 holds it
    ],
)
def test_a_knob_that_is_not_finite_is_refused(
    name: str, shape: tuple[int, ...], value: float
) -> None:
    """NaN and infinities would fill the whole picture; only score_add may hide a cell by −∞."""
    array = np.ones(shape)
    array.flat[0] = value

    with pytest.raises(InputError) as caught:
        inputs.check_knobs({name: array}, CONFIG, N_POS)
    assert caught.value.key == "knobs.not_finite"


def test_a_hidden_cell_passes() -> None:
    """−∞ hides a cell, as long as its row keeps another."""
    score_add = np.zeros((2, 1, N_POS, N_POS))
    score_add[0, 0, 3, :3] = -INF

    assert (
        np.isneginf(inputs.check_knobs({"score_add": score_add}, CONFIG, N_POS)["score_add"]).sum()
        == 3
    )


@pytest.mark.parametrize("hidden", [(0, 0, 0, 0), (1, 0, 3, slice(0, 4)), (1, 0, slice(None), 0)])
def test_a_row_without_a_cell_is_refused(hidden: tuple[object, ...]) -> None:
    """A position that may look at nothing has no softmax; what is masked anyhow does not count."""
    score_add = np.zeros((2, 1, N_POS, N_POS))
    score_add[hidden] = -INF

    with pytest.raises(InputError) as caught:
        inputs.check_knobs({"score_add": score_add}, CONFIG, N_POS)
    assert caught.value.key == "knobs.hides_everything"


def test_an_unknown_knob_has_near_misses() -> None:
    """A misspelt knob is told the right one; a strange one is told them all."""
    with pytest.raises(UnknownNameError, match=r"'head_scales'.*: 'head_scale'"):
        inputs.check_knobs({"head_scales": 1}, CONFIG, N_POS)
    with pytest.raises(UnknownNameError, match="head_scale, mlp_scale, resid_add, score_add"):
        inputs.check_knobs({"zzz": 1}, CONFIG, N_POS)


def test_a_knob_left_alone_is_no_knob() -> None:
    """None is what JavaScript hands over for a knob that was not given."""
    assert inputs.check_knobs({"head_scale": None}, CONFIG, N_POS) == {}


def test_a_checked_knob_is_a_copy() -> None:
    """What a caller does to its array afterwards changes no run."""
    mine = np.ones((2, 4), np.float32)

    checked = inputs.check_knobs({"head_scale": mine}, CONFIG, N_POS)
    mine[:] = 0

    assert checked["head_scale"].all()


def test_every_refusal_is_a_sentence() -> None:
    """All that this door raises is a SeethroughError whose slots are filled."""
    with pytest.raises(SeethroughError) as caught:
        inputs.check_knobs({"score_add": np.full((2, 1, 1, 1), -INF)}, CONFIG, N_POS)
    assert "{" not in str(caught.value)


def test_plain_text_begins_as_the_model_was_trained() -> None:
    """The ids that a model wants before plain text stand there, and not before a message."""
    started = replace(MODEL.manifest, start_ids=(257,))
    plain = inputs.prompt_ids("the", MODEL.tokenizer, started, chat=False)

    assert plain == (257, *ids_of("the"))
    assert inputs.prompt_ids("the", MODEL.tokenizer, started, chat=True) == ids_of("the", chat=True)
    with pytest.raises(InputError):
        inputs.prompt_ids("", MODEL.tokenizer, started, chat=False)
