"""What a reader may ask for, checked at the door: prompts, knobs, settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from seethrough.core.chat import ChatMessage, ChatTemplate, encode_chat
from seethrough.core.clean_text import clean_text
from seethrough.core.errors import InputError, ShapeError, UnknownNameError, near_misses
from seethrough.core.film import Film, film_of
from seethrough.core.hooks import axis_sizes, fetchable, matching_hooks
from seethrough.core.weights import check_rows, find_tensor
from seethrough.core.written import Dims, Either

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seethrough.core.cache import Array
    from seethrough.core.config import ModelConfig
    from seethrough.core.manifest import Manifest, TensorEntry
    from seethrough.core.tokenizer import Tokenizer

MAX_CHARACTERS = 20_000
CAPTURE_BYTES = 512 * 1024 * 1024
KNOBS = ("head_scale", "mlp_scale", "resid_add", "score_add")


def prompt_ids(
    prompt: str | Sequence[int], tokenizer: Tokenizer, manifest: Manifest, *, chat: bool
) -> tuple[int, ...]:
    """The whole input as the model gets it.

    Plain text: the tokeniser's ids behind the model's `start_ids`. Chat: the model's template
    around the prompt as the user's message, with the generation prompt. Token ids: these alone.

    Raises:
        InputError: No text, too much of it, an id that means nothing, ids as a chat, or chat with a
            model that has no template.
    """
    if not isinstance(prompt, str):
        if chat:
            raise InputError("input.ids_in_chat")
        ids = check_ids(prompt, manifest.config)
        if not ids:
            raise InputError("input.empty")
        return check_count(ids, manifest.config)
    prompt = clean_text(check_prompt(prompt)).text
    if not chat:
        plain = tokenizer.encode(prompt)
        return check_count((*manifest.start_ids, *plain) if plain else (), manifest.config)
    if manifest.chat is None:
        raise InputError("input.no_chat", model=manifest.title)
    template = ChatTemplate.from_json(manifest.chat)
    turns = encode_chat(tokenizer, template, [ChatMessage("user", prompt)])
    return check_count(tuple(turns), manifest.config)


def prompt_film(prompt: str, tokenizer: Tokenizer, manifest: Manifest, *, chat: bool) -> Film:
    """How a prompt becomes the very ids that `prompt_ids` gives."""
    template = ChatTemplate.from_json(manifest.chat) if chat and manifest.chat else None
    return film_of(tokenizer, prompt, template, manifest.start_ids)


def tokens_of(
    given: str | Sequence[int], tokenizer: Tokenizer, manifest: Manifest
) -> tuple[int, ...]:
    """The tokens of a text alone, or the very ids.

    Raises:
        InputError: No text, too much of it, or an id that means nothing.
    """
    if isinstance(given, str):
        return tuple(tokenizer.encode(clean_text(check_prompt(given)).text))
    return check_ids(given, manifest.config)


def check_ids(ids: Sequence[int], config: ModelConfig) -> tuple[int, ...]:
    """Token ids that a model has rows for.

    Raises:
        InputError: They are no whole numbers, or one is beyond the vocabulary.
    """
    last = config.d_vocab - 1
    if not isinstance(ids, Sequence):
        raise InputError("input.not_text")
    for one in ids:
        is_whole = isinstance(one, int) and not isinstance(one, bool)
        if not is_whole or not 0 <= one <= last:
            raise InputError("input.no_id", got=one, last=last)
    return tuple(ids)


def check_prompt(prompt: object) -> str:
    """The prompt, if it is text of a length that we take.

    Raises:
        InputError: Not text, empty, or over 20,000 characters.
    """
    if not isinstance(prompt, str):
        raise InputError("input.not_text")
    if not prompt:
        raise InputError("input.empty")
    if len(prompt) > MAX_CHARACTERS:
        raise InputError("input.too_long", got=len(prompt), limit=MAX_CHARACTERS)
    return prompt


def check_count(ids: tuple[int, ...], config: ModelConfig) -> tuple[int, ...]:
    """The ids, if the model has a position for each and one more.

    Raises:
        InputError: No token at all (every byte was lost), or too many.
    """
    if not ids:
        raise InputError("input.no_tokens")
    if len(ids) > config.n_ctx - 1:
        raise InputError("input.too_many_tokens", got=len(ids), limit=config.n_ctx - 1)
    return ids


def check_capture(names: Sequence[str], manifest: Manifest, n_pos: int) -> tuple[str, ...]:
    """The hooks of a capture, each once, wildcards as the names that they mean.

    Raises:
        UnknownNameError: No such hook.
        InputError: None at all, or more than fits in a page's memory.
    """
    config = manifest.config
    asked = matching_hooks(names, config, manifest.id)
    if not asked:
        raise InputError("input.no_hooks")
    sizes, known = axis_sizes(config, n_pos=n_pos, n_unembed=n_pos), fetchable(config)
    check_capture_size(asked, sizes, lambda name: known[name].dims)
    return asked


def check_weight(
    manifest: Manifest, name: str, rows: Sequence[int] | int | None
) -> tuple[TensorEntry, tuple[int, ...]]:
    """A weight and its rows that are asked for; None: all of them.

    Raises:
        UnknownNameError: No such weight.
        InputError: A row that is not there, or too many numbers.
    """
    entry = find_tensor(manifest, name)
    wanted = range(entry.dims[0]) if rows is None else rows
    checked = check_rows(entry, [wanted] if isinstance(wanted, int | float) else list(wanted))
    count, limit = len(checked) * int(np.prod(entry.dims[1:])), CAPTURE_BYTES // 128
    if count > limit:
        raise InputError("weights.too_many", name=name, got=count, limit=limit)
    return entry, checked


def check_capture_size(names: tuple[str, ...], sizes: Mapping[str, int], dims: Any) -> None:  # noqa: ANN401 - name -> axes
    """Refuse a capture that would not fit beside the model in a page's memory.

    Raises:
        InputError: The arrays asked for are larger than 512 MiB together.
    """
    total = sum(4 * int(np.prod([sizes[axis] for axis in dims(name)])) for name in names)
    if total > CAPTURE_BYTES:
        raise InputError(
            "input.capture_size", got=total // 2**20, limit=CAPTURE_BYTES // 2**20, count=len(names)
        )


def check_knobs(knobs: Mapping[str, Any], config: ModelConfig, n_pos: int) -> dict[str, Array]:
    """The knobs as float32 arrays of allowed dims; None values are left out.

    Raises:
        UnknownNameError: No such knob.
        ShapeError: The dims do not fit this model and prompt.
        InputError: Not numbers, NaN, an infinity that is not score_add's −inf, or a score_add that
            leaves a position nothing to look at.
    """
    checked = {}
    for name, value in knobs.items():
        if name not in KNOBS:
            near = near_misses(name, KNOBS) or ", ".join(KNOBS)
            raise UnknownNameError("knobs.unknown", name=name, near=near)
        if value is not None:
            checked[name] = _check_knob(name, value, config, n_pos)
    return checked


def _check_knob(name: str, value: Any, config: ModelConfig, n_pos: int) -> Array:  # noqa: ANN401 - from JavaScript
    try:
        with np.errstate(over="ignore"):  # what float32 cannot hold is refused below, as infinity
            array = np.array(value, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise InputError("knobs.not_numbers", name=name) from error
    allowed = _allowed_dims(name, config, n_pos)
    fits = array.ndim == len(allowed) and all(
        size in sizes for size, sizes in zip(array.shape, allowed, strict=True)
    )
    if not fits:
        expected = Dims(Either(sizes) for sizes in allowed)
        raise ShapeError("knobs.shape", name=name, got=array.shape, expected=expected)
    infinite = np.isneginf(array) if name == "score_add" else np.zeros(array.shape, bool)
    if not np.isfinite(np.where(infinite, 0, array)).all():
        raise InputError("knobs.not_finite", name=name)
    if name == "score_add" and _hides_everything(array, n_pos):
        raise InputError("knobs.hides_everything")
    return array


def _allowed_dims(name: str, config: ModelConfig, n_pos: int) -> tuple[tuple[int, ...], ...]:
    layers = config.n_layers
    some = (n_pos,) if n_pos == 1 else (n_pos, 1)
    heads = (config.n_heads,) if config.n_heads == 1 else (config.n_heads, 1)
    return {
        "head_scale": ((layers,), (config.n_heads,)),
        "mlp_scale": ((layers,),),
        "resid_add": ((layers + 1,), some, (config.d_model,)),
        "score_add": ((layers,), heads, some, some),
    }[name]


def _hides_everything(score_add: Array, n_pos: int) -> bool:
    """Whether some query is left without a key: its softmax would be 0 / 0."""
    hidden = np.isneginf(score_add)
    if not hidden.any():
        return False
    later = np.triu(np.ones((n_pos, n_pos), bool), 1)
    # Head by head: all heads of a long prompt at once would not fit in a page's memory.
    heads = hidden.reshape(-1, *hidden.shape[2:])
    return any(bool((head | later).all(axis=-1).any()) for head in heads)
