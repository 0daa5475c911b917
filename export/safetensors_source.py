"""Read a checkpoint folder in the hub's layout: config.json, *.safetensors, tokenizer files.

Pickle files (.bin, .pt) are never opened. bfloat16 is read without torch.
"""

from __future__ import annotations

from contextlib import contextmanager
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
    from collections.abc import Iterator, Mapping

    from export.hub_family import HubFamily, Settings
    from export.tensors import Stored
    from seethrough.core.config import ModelConfig

INDEX = "model.safetensors.index.json"
SINGLE = "model.safetensors"
ADAPTER = "adapter_config.json"
LAYERS = ("num_hidden_layers", "n_layer", "num_layers")
# What the usual value of a setting that is left out may end in.
OF_SHAPES = {"source.dims", "source.missing_tensor", "source.unused_tensor", "config.uneven_heads"}
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
    check_folder(folder)
    settings = read_json(folder / "config.json")
    family = hub_family_of(settings)
    with _left_out_is_named(family.left_out(settings)):
        config, tensors = _weights(family, family.whole(settings), _tensors(folder, family))
    words = tokens_of(folder, settings, config.d_vocab)
    return Checkpoint(
        config=config,
        tensors=tensors,
        tokenizer=words.tokenizer,
        chat_template=words.chat_template,
        end_ids=_end_ids(folder, family.whole(settings)),
        licence=origin.get("licence", "unknown"),
        origin=origin,
        special_tokens=words.special_tokens,
    )


def check_folder(folder: Path) -> None:
    """Say what a folder is that is no checkpoint, but may hold one.

    Raises:
        SourceError: It is an adapter's, or a checkpoint lies in it.
    """
    if (folder / ADAPTER).is_file():
        base = read_json(folder / ADAPTER).get("base_model_name_or_path") or "its files name none"
        raise SourceError("source.adapter", folder=folder.name, base=base)
    if not (folder / "config.json").exists():
        inside = [*folder.glob("*.gguf"), *(file.parent for file in folder.glob("*/config.json"))]
        if names := sorted(path.name for path in inside):
            raise SourceError("source.inside", folder=folder.name, names=", ".join(names[:5]))


def _weights(
    family: HubFamily, settings: Settings, stored: Mapping[str, Plain]
) -> tuple[ModelConfig, dict[str, Stored]]:
    """The sizes and the tensors under our names, which agree."""
    files = {family.name_of(name): name for name in stored}
    if len(files) < len(stored):
        raise SourceError("source.twice", name=next(iter(stored.keys() - set(files.values()))))
    raw = {name: stored[files[name]] for name in files}
    for name in LAYERS:  # before anything is made for each
        if isinstance(settings.get(name), int):
            check_layers(settings[name], len(raw))
    config = _config(family, settings, is_tied=_is_tied(family, settings, raw))
    check_layers(config.n_layers, len(raw))
    tensors: dict[str, Stored] = {}
    for source, ours in by_source_name(family.names, config).items():
        if (tensor := raw.pop(source, None)) is not None:
            tensors |= family.arrange(ours, tensor, config)
    check_tensors(tensors, config, unused=[files[name] for name in raw])
    return config, tensors


def _is_tied(family: HubFamily, settings: Settings, raw: dict[str, Plain]) -> bool:
    """Whether the unembedding is the embedding, decided as transformers does; `raw` has one then.

    Where the settings tie the two, the file may have either, or both; two that differ stay two.

    Raises:
        SourceError: The settings do not tie them, and there is no head.
    """
    head, rows = raw.get(family.head), raw.get(family.rows)
    if not settings.get("tie_word_embeddings", True):
        if head is None:
            raise SourceError("source.no_head")
        return False
    if head is not None and rows is not None and not np.array_equal(head.values, rows.values):
        return False
    if head is not None:
        raw[family.rows] = raw.pop(family.head)
    return True


@contextmanager
def _left_out_is_named(names: list[str]) -> Iterator[None]:
    """Where tensors and settings do not fit, name the settings that the usual values stood for."""
    try:
        yield
    except SourceError as error:
        if names and error.key in OF_SHAPES:
            raise SourceError("source.missing_field", name=", ".join(names)) from error
        raise


def _config(family: HubFamily, settings: Settings, *, is_tied: bool) -> ModelConfig:
    try:
        return family.config(settings, is_tied)
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
