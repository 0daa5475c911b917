"""A small seeded Llama whose 32 query heads share 4 keys, as TinyLlama's, and its page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from export.package import write_package
from export.site import copy_models
from export.sources import read_checkpoint
from tests import tiny
from tests.native_page import NativePage

if TYPE_CHECKING:
    from pathlib import Path

TINY = tiny.Tiny(n_heads=32, n_key_value_heads=4, is_gguf=False, is_tied=False, seed=8)
PROMPT = "hello world, hello"


def write_checkpoint(folder: Path) -> Path:
    """The model as a hub folder."""
    folder.mkdir(parents=True)
    return tiny.write(TINY, folder).path


def page_of(checkpoint: Path, work: Path) -> tuple[NativePage, Path]:
    """Its page without a browser, and the model's folder in the site."""
    made, site = work / "llama-32-4", work / "site"
    write_package(read_checkpoint(checkpoint, {}), made, model_id=made.name, title="32 on 4")
    site.mkdir()
    copy_models((made,), site)
    return NativePage(site), site / "models" / made.name
