"""Read a checkpoint folder in the hub's layout: config.json, *.safetensors, tokenizer files.

Pickle files (.bin, .pt) are never opened. bfloat16 is read without torch.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import ml_dtypes
import numpy as np
from safetensors import SafetensorError, deserialize

from export.checkpoint import Checkpoint, check_layers, check_tensors, damage_is_named
from export.folder_tokens import tokens_of
from export.hub_families import hub_family_of
from export.json_file import read_json
from export.names import by_source_name
from export.tensors import Plain
from seethrough.core.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from export.hub_family import HubFamily
    from export.tensors import Stored
    from seethrough.core.config import ModelConfig

INDEX = "model.safetensors.index.json"
SINGLE = "model.safetensors"
DTYPES: dict[str, Any] = {"F32": np.float32, "F16": np.float16, "BF16": ml_dtypes.bfloat16}


def read_hub_folder(folder: Path, origin: dict[str, str]) -> Checkpoint:
    """Read a checkpoint folder of a supported family.

    Raises:
        SourceError: A file is missing, cut or corrupt; the architecture, activation, rope scaling
            or a dtype is not supported; a tensor is missing, unused or of the wrong dims.
    """
    with damage_is_named(folder / "config.json"):
        return _read(folder, origin)


def _read(folder: Path, origin: dict[str, str]) -> Checkpoint:
    settings = read_json(folder / "config.json")
    family = hub_family_of(settings)
    raw = {family.name_of(name): stored for name, stored in _tensors(folder, family).items()}
    config = _config(family, settings, has_head="lm_head.weight" in raw)
    check_layers(config, len(raw))
    if config.tie_word_embeddings:
        # Some files hold the tied head as well; it is the embedding, and the config decides.
        raw.pop("lm_head.weight", None)
    tensors: dict[str, Stored] = {}
    for source, ours in by_source_name(family.names, config).items():
        if (stored := raw.pop(source, None)) is not None:
            tensors |= family.arrange(ours, stored, config)
    check_tensors(tensors, config, unused=raw)
    words = tokens_of(folder, settings, config.d_vocab)
    return Checkpoint(
        config=config,
        tensors=tensors,
        tokenizer=words.tokenizer,
        chat_template=words.chat_template,
        end_ids=_end_ids(folder, settings),
        licence=origin.get("licence", "unknown"),
        origin=origin,
        special_tokens=words.special_tokens,
    )


def _config(family: HubFamily, settings: Mapping[str, Any], *, has_head: bool) -> ModelConfig:
    try:
        return family.config(settings, has_head)
    except KeyError as error:
        raise SourceError("source.missing_field", name=error.args[0]) from error


def _tensors(folder: Path, family: HubFamily) -> dict[str, Plain]:
    # A repository may hold the weights in one file and in pieces as well.
    if (folder / SINGLE).exists() or not (folder / INDEX).exists():
        return _read_safetensors(folder / SINGLE, family)
    files = read_json(folder / INDEX).get("weight_map", {})
    tensors: dict[str, Plain] = {}
    for name in sorted(set(files.values())):
        path = PurePosixPath(str(name))
        if path.is_absolute() or len(path.parts) != 1 or "\\" in str(name) or ".." in path.parts:
            raise SourceError("source.path", name=name)
        tensors |= _read_safetensors(folder / path.name, family)
    return tensors


def _read_safetensors(path: Path, family: HubFamily) -> dict[str, Plain]:
    try:
        entries = deserialize(path.read_bytes())  # type: ignore[no-untyped-call]
    except FileNotFoundError as error:
        raise SourceError("source.no_file", path=path.name, folder=path.parent.name) from error
    except SafetensorError as error:
        raise SourceError("source.corrupt", path=path.name, reason=str(error)[:200]) from error
    return {name: _plain(name, entry) for name, entry in entries if not family.is_extra(name)}


def _plain(name: str, entry: Mapping[str, Any]) -> Plain:
    dtype = DTYPES.get(entry["dtype"])
    if dtype is None:
        supported = ", ".join(DTYPES)
        raise SourceError("source.tensor_type", name=name, kind=entry["dtype"], supported=supported)
    return Plain(np.frombuffer(entry["data"], dtype).reshape(entry["shape"]))


def _end_ids(folder: Path, settings: Mapping[str, Any]) -> tuple[int, ...]:
    generation = folder / "generation_config.json"
    source = read_json(generation) if generation.exists() else settings
    ids = source.get("eos_token_id", settings.get("eos_token_id"))
    if ids is None:
        return ()
    return tuple(ids) if isinstance(ids, list) else (int(ids),)
