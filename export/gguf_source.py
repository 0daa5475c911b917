"""Read a GGUF file of the Llama family: tensors of any type in gguf_types, tokeniser, template.

The `gguf` package (llama.cpp's own) reads the file; here the blocks are kept as they are stored.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from export.checkpoint import Checkpoint, check_layers, check_tensors, damage_is_named
from export.gguf_tokens import around, chat_templates, special_tokens
from export.gguf_types import SUPPORTED, unpack
from export.names import LLAMA_GGUF, by_source_name
from export.tokenizer_json import tokenizer_dict
from seethrough.core.config import ModelConfig
from seethrough.core.errors import SourceError
from seethrough.core.families import LLAMA

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from export.tensors import Stored
    from seethrough.core.cache import Array

MAGIC = b"GGUF"
ROTARY_TENSOR = re.compile(r"(blk\.\d+\.)?rope_(freqs|factors_long|factors_short)\.weight")
ALWAYS = ("llama.rope.scaling.attn_factor",)
WITHOUT_TYPE = ("llama.rope.scaling.factor", "llama.rope.scale_linear")
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
    check_rotary(fields, raw)
    config = _config(fields, has_head="output.weight" in raw)
    check_layers(config, len(raw))
    names = by_source_name(LLAMA_GGUF, config)
    tensors = {
        ours: _ours(ours, stored, config)
        for source, ours in names.items()
        if (stored := raw.pop(source, None)) is not None
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


def check_rotary(fields: Mapping[str, Any], tensors: Iterable[str]) -> None:
    """Refuse rotary positions that are scaled, wherever the file says so.

    A factor without a type is linear scaling to llama.cpp, and `scale_linear` is the factor's older
    name; Llama 3.1's factors, and those of long contexts, are tensors.
    Source: llama_model::load_hparams and llama_context's constructor in llama.cpp.

    Raises:
        SourceError: They are.
    """
    found = [name for name in tensors if ROTARY_TENSOR.fullmatch(name)]
    kind = fields.get("llama.rope.scaling.type")
    if kind not in (None, "none", ""):
        found.append(str(kind))
    factors = ALWAYS if kind == "none" else (*ALWAYS, *WITHOUT_TYPE)
    found += [name for name in factors if fields.get(name, 1) not in (0, 1)]
    if found:
        raise SourceError("source.rope_scaling", got=", ".join(found))


def _ours(name: str, stored: Stored, config: ModelConfig) -> Stored:
    """A tensor under our name: rotary rows put back in order, 2-D weights as [in, out]."""
    heads = {"W_Q": config.n_heads, "W_K": config.n_key_value_heads}.get(name.rpartition(".")[2])
    # Rows of another number are of wrong dims, which `check_tensors` says.
    if heads and stored.dims[:1] == (heads * config.d_head,):
        stored = stored.map_arrays(lambda array: undo_interleave(array, heads))
    is_matrix = len(stored.dims) > 1 and name != "W_E"
    return stored.transposed() if is_matrix else stored


def undo_interleave(rows: Array, n_heads: int) -> Array:
    """Put q or k rows [out, …] back in Hugging Face's order.

    llama.cpp stores the pair (j, j + d_head/2) of a head side by side for its interleaved rotary.
    Source: LlamaModel.permute in llama.cpp's convert_hf_to_gguf.py, inverted.
    """
    paired = rows.reshape(n_heads, rows.shape[0] // n_heads // 2, 2, *rows.shape[1:])
    return paired.swapaxes(1, 2).reshape(rows.shape)


def _config(fields: Mapping[str, Any], *, has_head: bool) -> ModelConfig:
    architecture = fields.get("general.architecture")
    if architecture != "llama":
        raise SourceError("source.architecture", got=architecture, supported="llama")
    if fields.get("llama.expert_count"):
        raise SourceError("source.architecture", got="llama with experts", supported="llama")

    def number(name: str) -> int:
        if f"llama.{name}" not in fields:
            raise SourceError("source.missing_field", name=f"llama.{name}")
        return int(fields[f"llama.{name}"])

    d_model, n_heads = number("embedding_length"), number("attention.head_count")
    d_head = int(fields.get("llama.attention.key_length", d_model // max(n_heads, 1)))
    rotary = int(fields.get("llama.rope.dimension_count", d_head))
    if rotary != d_head:
        raise SourceError("source.partial_rotary", got=rotary, expected=d_head)
    d_value = int(fields.get("llama.attention.value_length", d_head))
    if d_value != d_head:
        raise SourceError("source.value_width", got=d_value, expected=d_head)
    return ModelConfig(
        **LLAMA.named,
        d_model=d_model,
        n_layers=number("block_count"),
        n_heads=n_heads,
        n_key_value_heads=int(fields.get("llama.attention.head_count_kv", n_heads)),
        d_head=d_head,
        d_mlp=number("feed_forward_length"),
        d_vocab=len(fields.get("tokenizer.ggml.tokens", ())),
        n_ctx=number("context_length"),
        eps=_shortest(fields.get("llama.attention.layer_norm_rms_epsilon", 1e-5)),
        rotary_base=_shortest(fields.get("llama.rope.freq_base", 10000.0)),
        tie_word_embeddings=not has_head,
    )


def _shortest(value: float) -> float:
    """The shortest decimal that is this float32: 1e-05, not 9.999999747378752e-06."""
    return float(str(np.float32(value)))


def _end_ids(fields: Mapping[str, Any]) -> tuple[int, ...]:
    """Ids that end a text: the file's end-of-sequence and end-of-turn tokens."""
    names = ("tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id")
    return tuple(dict.fromkeys(int(fields[name]) for name in names if name in fields))
