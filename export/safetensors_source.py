"""Read a checkpoint folder in the hub's layout: config.json, *.safetensors, tokenizer files.

Pickle files (.bin, .pt) are never opened. bfloat16 is read without torch.
"""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import ml_dtypes
import numpy as np
from safetensors import SafetensorError, deserialize

from export.checkpoint import Checkpoint, check_layers, check_tensors, damage_is_named
from export.names import LLAMA_HF, by_source_name
from export.tensors import Plain, Stored
from seethrough.core.config import ModelConfig
from seethrough.core.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping

INDEX = "model.safetensors.index.json"
SINGLE = "model.safetensors"
DTYPES: dict[str, Any] = {"F32": np.float32, "F16": np.float16, "BF16": ml_dtypes.bfloat16}
SUPPORTED_ARCHITECTURES = ("LlamaForCausalLM",)


def read_hub_folder(folder: Path, origin: dict[str, str]) -> Checkpoint:
    """Read a Llama-family checkpoint folder.

    Raises:
        SourceError: A file is missing, cut or corrupt; the architecture, activation, rope scaling
            or a dtype is not supported; a tensor is missing, unused or of the wrong dims.
    """
    with damage_is_named(folder / "config.json"):
        return _read(folder, origin)


def _read(folder: Path, origin: dict[str, str]) -> Checkpoint:
    settings = _json(folder / "config.json")
    raw = _tensors(folder)
    config = _config(settings, has_head="lm_head.weight" in raw)
    check_layers(config, len(raw))
    if config.tie_word_embeddings:
        # Some files hold the tied head as well; it is the embedding, and the config decides.
        raw.pop("lm_head.weight", None)
    names = by_source_name(LLAMA_HF, config)
    tensors: dict[str, Stored] = {
        ours: _ours(ours, stored)
        for source, ours in names.items()
        if (stored := raw.pop(source, None)) is not None
    }
    check_tensors(tensors, config, unused=raw)
    return Checkpoint(
        config=config,
        tensors=dict(tensors),
        tokenizer=_json(folder / "tokenizer.json"),
        chat_template=_chat_template(folder),
        end_ids=_end_ids(folder, settings),
        licence=origin.get("licence", "unknown"),
        origin=origin,
        bos_token=_token(folder, "bos_token"),
        eos_token=_token(folder, "eos_token"),
    )


def _json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SourceError("source.no_file", path=path.name, folder=path.parent.name) from error
    except ValueError as error:
        raise SourceError("source.corrupt", path=path.name, reason=str(error)[:200]) from error
    if not isinstance(data, dict):
        raise SourceError("source.corrupt", path=path.name, reason="not a JSON object")
    return data


def _tensors(folder: Path) -> dict[str, Plain]:
    if not (folder / INDEX).exists():
        return _read_safetensors(folder / SINGLE)
    files = _json(folder / INDEX).get("weight_map", {})
    tensors: dict[str, Plain] = {}
    for name in sorted(set(files.values())):
        path = PurePosixPath(str(name))
        if path.is_absolute() or len(path.parts) != 1 or "\\" in str(name) or ".." in path.parts:
            raise SourceError("source.path", name=name)
        tensors |= _read_safetensors(folder / path.name)
    return tensors


def _read_safetensors(path: Path) -> dict[str, Plain]:
    try:
        entries = deserialize(path.read_bytes())  # type: ignore[no-untyped-call]
    except FileNotFoundError as error:
        raise SourceError("source.no_file", path=path.name, folder=path.parent.name) from error
    except SafetensorError as error:
        raise SourceError("source.corrupt", path=path.name, reason=str(error)[:200]) from error
    return {name: _plain(name, entry) for name, entry in entries}


def _plain(name: str, entry: Mapping[str, Any]) -> Plain:
    dtype = DTYPES.get(entry["dtype"])
    if dtype is None:
        supported = ", ".join(DTYPES)
        raise SourceError("source.tensor_type", name=name, kind=entry["dtype"], supported=supported)
    return Plain(np.frombuffer(entry["data"], dtype).reshape(entry["shape"]))


def _ours(name: str, stored: Plain) -> Plain:
    """[out, in] becomes [in, out]; norms become float32 (they are added up, and tiny)."""
    if stored.values.ndim == 1:
        return Plain(stored.values.astype(np.float32))
    return stored if name == "W_E" else stored.transposed()


def _config(settings: Mapping[str, Any], *, has_head: bool) -> ModelConfig:
    architecture = (settings.get("architectures") or ["unknown"])[0]
    if architecture not in SUPPORTED_ARCHITECTURES:
        supported = ", ".join(SUPPORTED_ARCHITECTURES)
        raise SourceError("source.architecture", got=architecture, supported=supported)
    if settings.get("hidden_act", "silu") != "silu":
        raise SourceError("source.activation", got=settings["hidden_act"], supported="silu")
    if settings.get("attention_bias") or settings.get("mlp_bias"):
        raise SourceError("source.bias")
    rope = settings.get("rope_scaling") or settings.get("rope_parameters") or {}
    kind = rope.get("rope_type", rope.get("type", "default"))
    if kind != "default":
        raise SourceError("source.rope_scaling", got=kind)
    try:
        return _llama_config(settings, rope, has_head=has_head)
    except KeyError as error:
        raise SourceError("source.missing_field", name=error.args[0]) from error


def _llama_config(
    settings: Mapping[str, Any], rope: Mapping[str, Any], *, has_head: bool
) -> ModelConfig:
    n_heads = int(settings["num_attention_heads"])
    d_model = int(settings["hidden_size"])
    base = settings.get("rope_theta") or rope.get("rope_theta") or 10000.0
    return ModelConfig(
        family="llama",
        d_model=d_model,
        n_layers=int(settings["num_hidden_layers"]),
        n_heads=n_heads,
        n_key_value_heads=int(settings.get("num_key_value_heads") or n_heads),
        d_head=int(settings.get("head_dim") or d_model // n_heads),
        d_mlp=int(settings["intermediate_size"]),
        d_vocab=int(settings["vocab_size"]),
        n_ctx=int(settings["max_position_embeddings"]),
        eps=float(settings["rms_norm_eps"]),
        rotary_base=float(base),
        act_fn="silu",
        normalization_type="RMS",
        positional_embedding_type="rotary",
        # A missing lm_head means tied, whatever the config says.
        tie_word_embeddings=not has_head or bool(settings.get("tie_word_embeddings")),
    )


def _chat_template(folder: Path) -> str | None:
    file = folder / "chat_template.jinja"
    if file.exists():
        return file.read_text(encoding="utf-8")
    settings = folder / "tokenizer_config.json"
    template = _json(settings).get("chat_template") if settings.exists() else None
    return template if isinstance(template, str) else None


def _token(folder: Path, name: str) -> str:
    """A special token's text from tokenizer_config.json, where old files hold a record."""
    settings = folder / "tokenizer_config.json"
    token = _json(settings).get(name) if settings.exists() else None
    return str(token.get("content", "") if isinstance(token, dict) else token or "")


def _end_ids(folder: Path, settings: Mapping[str, Any]) -> tuple[int, ...]:
    generation = folder / "generation_config.json"
    source = _json(generation) if generation.exists() else settings
    ids = source.get("eos_token_id", settings.get("eos_token_id"))
    if ids is None:
        return ()
    return tuple(ids) if isinstance(ids, list) else (int(ids),)
