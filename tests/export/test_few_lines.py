"""The few lines of export/sources.py: from a checkpoint to a cache of every hook."""

from __future__ import annotations

import inspect
import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from export import sources
from export.start_ids import start_ids
from seethrough.core.hooks import expected_hooks
from tests import tiny, tiny_gpt2

if TYPE_CHECKING:
    from pathlib import Path


def lines() -> str:
    """The code of the module's docstring, as it stands there."""
    told = inspect.getdoc(sources) or ""
    return textwrap.dedent("\n".join(one for one in told.splitlines() if one.startswith("    ")))


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_they_give_a_cache(tmp_path: Path, family: str) -> None:
    """Run as they stand, with a folder's path and a text in their places."""
    folder = tmp_path / family
    if family == "gpt2":
        tiny_gpt2.write_folder(tiny_gpt2.TinyGpt2(), folder)
    else:
        folder.mkdir()
        tiny.write_hub_folder(tiny.Tiny(is_gguf=False), folder)
    names: dict[str, Any] = {}
    code = lines().replace("path/to/checkpoint", str(folder)).replace("Hello there", "hello w")
    exec(compile(code, "few lines", "exec"), names)  # noqa: S102 - our own docstring

    cache, config = names["cache"], names["checkpoint"].config
    n_pos = len(names["ids"])
    begin = start_ids(names["checkpoint"].tokenizer)
    assert names["ids"][: len(begin)] == begin
    assert len(lines().splitlines()) == 8
    assert {spec.name for spec in expected_hooks(config)} <= set(cache)
    assert cache["blocks.0.attn.hook_pattern"].shape == (config.n_heads, n_pos, n_pos)
    np.testing.assert_allclose(cache["blocks.0.attn.hook_pattern"].sum(-1), 1, atol=1e-5)
    assert cache["logits"].shape == (n_pos, config.d_vocab)
