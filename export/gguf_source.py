"""Read a GGUF file: tensors of any type in gguf_types, tokeniser, template.

The `gguf` package (llama.cpp's own) reads the file; here the blocks are kept as they are stored.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from export.checkpoint import Checkpoint, check_layers, check_tensors, damage_is_named
from export.gguf_families import (
    JOINED,
    JOINED_PARTS,
    architecture_of,
    gguf_name,
    linear_factor,
)
from export.gguf_tokens import around, chat_templates, special_tokens
from export.gguf_types import SUPPORTED, unpack
from export.tokenizer_json import tokenizer_dict
from seethrough.core.config import ModelConfig
from seethrough.core.errors import SourceError
from seethrough.core.weight_names import expected_dims

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from export.gguf_families import GgufFamily, Told
    from export.tensors import Stored
    from seethrough.core.cache import Array

    Factors = tuple[float, ...]

MAGIC = b"GGUF"
ROTARY_TENSOR = re.compile(r"(blk\.\d+\.)?rope_(freqs|factors_long|factors_short)\.weight")
FACTORS = "rope_freqs.weight"
HEAD = "output.weight"
ALWAYS = ("rope.scaling.attn_factor",)
BY_ROW = ("W_E", "W_pos")
PART_NAME = re.compile(r"(?P<stem>.+)-(?P<part>\d{5})-of-(?P<parts>\d{5})\.gguf")
BEYOND = "something in it lies beyond its end"


def read_gguf(path: Path, origin: dict[str, str]) -> Checkpoint:
    """Read a whole GGUF checkpoint.

    Raises:
        SourceError: Not a GGUF file, corrupt or cut, of another architecture, or with a tensor
            type, a rope scaling or a vocabulary that we do not support.
    """
    with damage_is_named(path):
        return _read(path, origin)


def _read(path: Path, origin: dict[str, str]) -> Checkpoint:
    fields, raw = _open(path)
    check_whole(path, fields)
    row, told = architecture_of(fields)
    factors = rotary_factors(row, told, raw)
    raw.pop(FACTORS, None)
    check_layers(told.number("block_count"), len(raw))
    config = _config(row, told, factors, has_head=HEAD in raw)
    cut_apart(raw, config)
    tensors = {
        ours: _ours(ours, stored, config, is_interleaved=row.is_interleaved)
        for ours in expected_dims(config)
        if (stored := raw.pop(gguf_name(ours), None)) is not None
    }
    check_tensors(tensors, config, unused=raw)
    return Checkpoint(
        config=config,
        tensors=tensors,
        tokenizer=tokenizer_dict(fields) | {"post_processor": around(fields)},
        chat_template=chat_templates(fields),
        end_ids=_end_ids(fields),
        licence=str(fields.get("general.license", "unknown")),
        origin=origin,
        special_tokens=special_tokens(fields),
    )


def check_whole(path: Path, fields: Mapping[str, Any]) -> None:
    """Refuse a part of a split file.

    Raises:
        SourceError: It is one.
    """
    named = PART_NAME.fullmatch(path.name)
    n_parts = int(fields.get("split.count", 0)) or int(named["parts"] if named else 0)
    if n_parts <= 1:
        return
    stem = named["stem"] if named else path.stem
    part = int(named["part"]) if named else int(fields.get("split.no", 0)) + 1
    first = path.name if part == 1 else f"{stem}-00001-of-{n_parts:05}.gguf"
    told = {"part": part, "parts": n_parts, "first": first, "whole": f"{stem}.gguf"}
    raise SourceError("source.split", path=path.name, **told)


def _open(path: Path) -> tuple[dict[str, Any], dict[str, Stored]]:
    """Metadata values and stored tensors, by the file's own names."""
    with path.open("rb") as file:
        if file.read(4) != MAGIC:
            raise SourceError("source.not_gguf", path=path.name)
    reader = _bounded_reader(path)
    if sum(tensor.n_bytes for tensor in reader.tensors) > len(reader.data):
        raise ValueError(BEYOND)
    fields = {name: field.contents() for name, field in reader.fields.items()}
    return fields, {tensor.name: _stored(tensor) for tensor in reader.tensors}


def _bounded_reader(path: Path) -> Any:  # noqa: ANN401 - gguf has no types
    """A GGUFReader that stops where the file ends.

    The package's own reads on in silence, so that a damaged count of 2⁴⁰ keeps it busy for ever.
    """
    from gguf import GGUFReader  # noqa: PLC0415 - slow to import, needed for this source alone

    class Bounded(GGUFReader):
        data: Any

        def _get(self, offset: int, dtype: Any, count: int = 1, *order: Any, **more: Any) -> Any:  # noqa: ANN401
            if isinstance(self.data, np.memmap):  # a slice of one costs ten times a plain array's
                self.data = self.data.view(np.ndarray)
            if int(offset) + np.dtype(dtype).itemsize * int(count) > len(self.data):
                raise ValueError(BEYOND)
            return super()._get(offset, dtype, count, *order, **more)

    return Bounded(path)


def _stored(tensor: Any) -> Stored:  # noqa: ANN401 - gguf has no types
    """One tensor as stored; 2-D ones are [out, in] in the file."""
    kind = tensor.tensor_type.name
    dims = tuple(int(size) for size in reversed(tensor.shape))
    stored = unpack(kind, np.asarray(tensor.data), dims)
    if stored is None:
        raise SourceError(
            "source.tensor_type", name=tensor.name, kind=kind, supported=", ".join(SUPPORTED)
        )
    return stored


def rotary_factors(row: GgufFamily, told: Told, tensors: Mapping[str, Stored]) -> Factors:
    """What each pair's turn is multiplied with: by Llama 3's tensor, by linear scaling; or nothing.

    Source: llama_model::load_hparams and llama_context's constructor in llama.cpp.

    Raises:
        SourceError: Turns are scaled in another way.
    """
    found = [name for name in tensors if ROTARY_TENSOR.fullmatch(name) and name != FACTORS]
    kind = told.get("rope.scaling.type")
    if kind not in (None, "none", "", "linear"):
        found.append(str(kind))
    found += [f"{told.architecture}.{name}" for name in ALWAYS if told.get(name, 1) not in (0, 1)]
    factor = linear_factor(told)
    if factor != 1 and (not row.may_scale or FACTORS in tensors):
        found.append(f"linear, {factor:g}")
    if found:
        raise SourceError("source.rope_scaling", got=", ".join(found))
    if FACTORS in tensors:
        stretched = tensors[FACTORS].dequantized().astype(np.float64).reshape(-1)
        return () if (stretched == 1).all() else tuple((1 / stretched).tolist())
    return () if factor == 1 else (1 / factor,) * (n_turned(told) // 2)


def cut_apart(raw: dict[str, Stored], config: ModelConfig) -> None:
    """Cut queries, keys and values apart where a file has them side by side, row by row."""
    wide, narrow = (heads * config.d_head for heads in (config.n_heads, config.n_key_value_heads))
    cuts = (slice(0, wide), slice(wide, wide + narrow), slice(wide + narrow, wide + 2 * narrow))
    for name in [name for name in raw if f".{JOINED}." in name]:
        # Rows of another number stay in one, and are named as unused.
        if raw[name].dims[0] != wide + 2 * narrow:
            continue
        stored = raw.pop(name)
        for part, cut in zip(JOINED_PARTS, cuts, strict=True):
            raw[name.replace(JOINED, part)] = stored.map_arrays(rows(cut))


def rows(cut: slice) -> Callable[[Array], Array]:
    """Takes some rows of an array."""
    return lambda array: array[cut]


def _ours(name: str, stored: Stored, config: ModelConfig, *, is_interleaved: bool) -> Stored:
    """A tensor under our name: rotary rows put back in order, 2-D weights as [in, out]."""
    heads = {"W_Q": config.n_heads, "W_K": config.n_key_value_heads}.get(name.rpartition(".")[2])
    # Rows of another number are of wrong dims, which `check_tensors` says.
    if is_interleaved and heads and stored.dims[:1] == (heads * config.d_head,):
        stored = stored.map_arrays(lambda array: undo_interleave(array, heads))
    is_matrix = len(stored.dims) > 1 and name not in BY_ROW
    return stored.transposed() if is_matrix else stored


def undo_interleave(rows: Array, n_heads: int) -> Array:
    """Put q or k rows [out, …] back in Hugging Face's order.

    llama.cpp stores the pair (j, j + d_head/2) of a head side by side for its interleaved rotary.
    Source: LlamaModel.permute in llama.cpp's convert_hf_to_gguf.py, inverted.
    """
    paired = rows.reshape(n_heads, rows.shape[0] // n_heads // 2, 2, *rows.shape[1:])
    return paired.swapaxes(1, 2).reshape(rows.shape)


def head_width(told: Told) -> int:
    """What a head has of its own; else its share of the stream."""
    share = told.number("embedding_length") // max(told.number("attention.head_count"), 1)
    return int(told.get("attention.key_length", share))


def n_turned(told: Told) -> int:
    """How many numbers of a head are turned: all, where nothing is said."""
    return int(told.get("rope.dimension_count", head_width(told)))


def _config(row: GgufFamily, told: Told, factors: Factors, *, has_head: bool) -> ModelConfig:
    n_heads, n_layers = told.number("attention.head_count"), told.number("block_count")
    d_head, is_rotary = head_width(told), row.family.is_rotary
    rotary = n_turned(told)
    is_part = rotary != d_head and is_rotary
    if is_part and not row.may_turn_part:
        raise SourceError("source.partial_rotary", got=rotary, expected=d_head)
    d_value = int(told.get("attention.value_length", d_head))
    if d_value != d_head:
        raise SourceError("source.value_width", got=d_value, expected=d_head)
    return ModelConfig(
        **row.family.named,
        d_model=told.number("embedding_length"),
        n_layers=n_layers,
        n_heads=n_heads,
        n_key_value_heads=int(told.get("attention.head_count_kv", n_heads)),
        d_head=d_head,
        d_mlp=told.number("feed_forward_length"),
        d_vocab=len(told.fields.get("tokenizer.ggml.tokens", ())),
        n_ctx=told.number("context_length"),
        eps=told.decimal(row.epsilon, 1e-5),
        rotary_base=told.decimal("rope.freq_base", 10000.0) if is_rotary else None,
        tie_word_embeddings=not has_head,
        layers=row.layers(told, n_layers),
        rotary_factors=factors,
        rotary_dim=rotary if is_part else None,
    )


def _end_ids(fields: Mapping[str, Any]) -> tuple[int, ...]:
    """Ids that end a text: the file's end-of-sequence and end-of-turn tokens."""
    names = ("tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id")
    return tuple(dict.fromkeys(int(fields[name]) for name in names if name in fields))
