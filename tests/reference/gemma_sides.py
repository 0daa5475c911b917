"""The three ways in which we compute the real Gemma: native onnxruntime, numpy, the built page.

A long prompt's hooks are gigabytes, so each way is asked for a part of them at a time.
"""

from __future__ import annotations

import json
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from playwright.sync_api import sync_playwright

from export.gguf_source import read_gguf
from export.stages import models, paths, releases
from seethrough.core import hooks
from seethrough.core.hooks import LEAF_DIMS, axis_sizes, leaf_of
from seethrough.core.reference import forward
from tests.browser.captures import PLACE, captured
from tests.browser.conftest import opened_site
from tests.browser.server import FOLDER
from tests.browser_path import CHROMIUM_FLAGS, browser_path
from tests.built import dist
from tests.native import native
from tests.parity import N_GREEDY, N_TOP, parity_names, top_probabilities

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from seethrough.core.cache import Array
    from seethrough.core.manifest import Manifest

GGUF = releases.GEMMA3.place(releases.GEMMA3.file)
PACKAGE = paths.MODELS / models.GEMMA3.id
MIB = 2**20
OF_MODEL = {"model": models.GEMMA3.id}
# The page's side of a lens at the end: the logits' bytes; gives their dims.
LENS = """
async ([ids, options, place]) => {
  const { logits } = await window.seethrough.lens(ids, options);
  await fetch(place, { method: "POST", body: new Blob([logits.data]) });
  return logits.dims;
}
"""


@dataclass(frozen=True)
class Part:
    """Hooks that are compared at once; `positions`: which states are unembedded for them."""

    names: tuple[str, ...]
    positions: tuple[int, ...]

    @property
    def is_head(self) -> bool:
        """Whether it is of the final norm and the logits."""
        return hooks.LOGITS in self.names


def parts_of(manifest: Manifest, n_pos: int, room: int) -> Iterator[Part]:
    """Every hook of a prompt of so many tokens, in parts of at most `room` bytes."""
    config = manifest.config
    sizes = axis_sizes(config, n_pos=n_pos)
    names: list[str] = []
    total = 0
    every = parity_names(manifest)
    head = tuple(name for name in every if LEAF_DIMS[leaf_of(name)][0] == "unembed")
    for name in every:
        if name in head:
            continue
        size = 4 * int(np.prod([sizes[axis] for axis in LEAF_DIMS[leaf_of(name)]]))
        if names and total + size > room:
            yield Part(tuple(names), (n_pos - 1,))
            names, total = [], 0
        names.append(name)
        total += size
    yield Part(tuple(names), (n_pos - 1,))
    step = room // (4 * config.d_vocab)
    for start in range(0, n_pos, step):
        yield Part(head, tuple(range(start, min(start + step, n_pos))))


class Side(Protocol):
    """One of the three ways; `room`: bytes of hooks that it may be asked for at once."""

    title: str
    room: int

    def run(self, text: str, ids: Sequence[int], part: Part) -> dict[str, Array]:
        """The arrays of a part, by name."""
        ...

    def top(self, text: str, ids: Sequence[int]) -> dict[int, float]:
        """The ids and probabilities of the ten best next tokens."""
        ...

    def greedy(self, text: str, ids: Sequence[int]) -> list[int]:
        """The most probable continuation; none where it is not asked."""
        ...


class Native:
    """The exported graph in native onnxruntime, one thread."""

    title = "native onnxruntime"
    room = 512 * MIB

    def __init__(self) -> None:
        self.model = native(PACKAGE)
        self.end = self.model.manifest.config.n_layers

    def run(self, _text: str, ids: Sequence[int], part: Part) -> dict[str, Array]:
        """One run without a past."""
        self.model.reset()
        at = [(self.end, position) for position in part.positions]
        return self.model.run(ids, part.names, unembed=at)

    def top(self, _text: str, ids: Sequence[int]) -> dict[int, float]:
        """As the page computes them."""
        self.model.reset()
        names = (hooks.TOP_VALUES, hooks.TOP_IDS, hooks.LOGSUMEXP)
        at = [(self.end, len(ids) - 1)]
        got = self.model.run(ids, names, unembed=at, top_k=N_TOP)
        probs = np.exp(got[hooks.TOP_VALUES][0].astype(np.float64) - got[hooks.LOGSUMEXP][0])
        return dict(zip(got[hooks.TOP_IDS][0].tolist(), probs.tolist(), strict=True))

    def greedy(self, _text: str, ids: Sequence[int]) -> list[int]:
        """One token at a time through the KV cache."""
        self.model.reset()
        fed, new = list(ids), list[int]()
        for _ in range(N_GREEDY):
            at = [(self.end, len(fed) - 1)]
            new.append(int(self.model.run(fed, [hooks.TOP_IDS], unembed=at)[hooks.TOP_IDS][0, 0]))
            fed = new[-1:]
        return new


class Numpy:
    """The numpy reference in float32, straight from the checkpoint."""

    title = "numpy"
    room = 512 * MIB

    def __init__(self) -> None:
        self.checkpoint = read_gguf(GGUF, {})
        self.weight = cache(self.checkpoint.weight)
        self.kept: tuple[tuple[int, ...], dict[str, Array]] = ((), {})

    def run(self, _text: str, ids: Sequence[int], part: Part) -> dict[str, Array]:
        """One pass gives all layers: it is kept until another prompt comes, or the logits."""
        if part.is_head:
            self.kept = ((), {})
            return self._pass(ids, part)
        if self.kept[0] != tuple(ids):
            self.kept = ((), {})
            self.kept = (tuple(ids), self._pass(ids, part))
        return {name: self.kept[1][name] for name in part.names}

    def _pass(self, ids: Sequence[int], part: Part) -> dict[str, Array]:
        config = self.checkpoint.config
        at = [(config.n_layers, position) for position in part.positions]
        found, _ = forward(config, self.weight, ids, unembed=at)
        if part.is_head:
            return {name: found[name] for name in part.names}
        return {name: found[name] for name in found if not name.startswith("logits")}

    def top(self, _text: str, ids: Sequence[int]) -> dict[int, float]:
        """Of the last position's logits."""
        part = Part((hooks.LOGITS,), (len(ids) - 1,))
        return top_probabilities(self._pass(ids, part)[hooks.LOGITS][-1])

    def greedy(self, _text: str, _ids: Sequence[int]) -> list[int]:
        """Not asked: it would take a pass for each token."""
        return []


@dataclass
class Chromium:
    """The built page in Chromium, exact mode, asked through its door."""

    tab: Any
    title: str = "Chromium"
    room: int = 448 * MIB
    # The final norm's hooks of a long prompt, at every position.
    final: dict[str, Array] = field(default_factory=dict)

    def run(self, text: str, ids: Sequence[int], part: Part) -> dict[str, Array]:
        """A capture; the logits of a prompt that has more than one capture may hold, by lens."""
        if not part.is_head or len(part.positions) == len(ids):
            return captured(self.tab, text, list(part.names), OF_MODEL)
        options = {"layers": [-1], "positions": list(part.positions), "k": 1, **OF_MODEL}
        dims = self.tab.page.evaluate(LENS, [list(ids), options, PLACE])
        numbers = np.frombuffer(self.tab.server.posted.pop(PLACE), np.float32)
        others = [name for name in part.names if name != hooks.LOGITS]
        if part.positions[0] == 0:
            self.final = captured(self.tab, text, others, OF_MODEL)
        found = {name: self.final[name][list(part.positions)] for name in others}
        return {hooks.LOGITS: numbers.reshape(dims)[0], **found}

    def top(self, text: str, ids: Sequence[int]) -> dict[int, float]:
        """As the page tells them; it must have found the same tokens in the text."""
        told = self._ask("next", text, k=N_TOP)
        assert told["ids"] == list(ids), "the page has other tokens"
        return {row["id"]: row["prob"] for row in told["top"]}

    def greedy(self, text: str, _ids: Sequence[int]) -> list[int]:
        """As the page continues; it stops where the model ends a text."""
        return self._ask("generate", text, temperature=0, max_new_tokens=N_GREEDY)["ids"]

    def _ask(self, call: str, text: str, **options: float) -> Any:  # noqa: ANN401 - JSON
        words = f"{json.dumps(text)}, {json.dumps({**options, **OF_MODEL})}"
        return self.tab.ask(f"seethrough.{call}({words})")


@contextmanager
def in_chromium() -> Iterator[Chromium]:
    """The built site with Gemma open in a browser of its own."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        place = Path(folder) / FOLDER
        place.parent.mkdir(parents=True)
        place.symlink_to(dist(), target_is_directory=True)
        browser = playwright.chromium.launch(
            executable_path=browser_path(), args=list(CHROMIUM_FLAGS)
        )
        with opened_site(browser, Path(folder)) as tab:
            told = tab.ask(f"seethrough.load({json.dumps(models.GEMMA3.id)}, {{mode: 'exact'}})")
            assert told.get("mode") == "exact", told
            yield Chromium(tab)
        browser.close()
