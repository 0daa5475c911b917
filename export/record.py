"""Command line: `python -m export.record MODEL_FOLDER --out FOLDER` writes the recorded walks.

Each is one curated prompt through native onnxruntime, on the same graph and weights as the page's:
as many of its hooks as fit into 400 KB, exact, in the format of seethrough/core/recording.py. What
single steps need beyond that stands in parts of their own (seethrough/core/parts.py), 400 KB each,
what is inside the layers in others (seethrough/core/insides.py), 650 KB each.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from safetensors.numpy import save

from export.asset_lists import asset, write_list, write_named
from export.command import exit_code
from export.documents import documents_for
from export.native import NativeModel
from export.prompts import PROMPTS, Curated, read_prompts
from export.record_documents import write_documents
from export.record_gallery import cards_for, write_gallery
from export.record_heads import captured_for_heads, marked_of, with_layers, without_of
from export.record_insides import captured_for_insides, inside_files, mean_row, scales_of
from export.record_parts import captured_for_parts, part_file
from export.recorded_walk import Walk
from seethrough.core import hooks, recording, sampling
from seethrough.core.assets import INSIDE, PART, RECORDING
from seethrough.core.chat import USER, ChatMessage, ChatTemplate, encode_chat
from seethrough.core.errors import InputError, SourceError
from seethrough.core.film import film_of
from seethrough.core.gallery import GALLERY_FOLDER
from seethrough.core.hooks import hook_name
from seethrough.core.insides import INSIDES_FOLDER, UNEMBEDDING
from seethrough.core.parts import LENS, PARTS, PARTS_FOLDER
from seethrough.core.recorded import MOST_BYTES
from seethrough.core.recording import Recording, stream_names
from seethrough.core.tokenizer import Tokenizer
from seethrough.core.tokens import (
    CONTEXT,
    END,
    GREEDY,
    LIMIT,
    Candidate,
    NewToken,
    candidates,
    candidates_and_entropy,
    texts,
    token_view,
)
from seethrough.core.train.documents import DOCUMENTS_FOLDER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from seethrough.core.cache import Array
    from seethrough.core.config import ModelConfig
    from seethrough.core.film import Film
    from seethrough.core.manifest import Manifest

N_NEW = 24
N_TOP = 10
N_LENS = 5
# So many of the best tokens are named, for the darts of step 7 and the tail of step 6.
N_WORDS = 500
# How many positions' streams are kept before patterns take the room, and how many layers' patterns
# a walk has at the least: the first and the last.
LEAST_POSITIONS = 2
LEAST_LAYERS = 2
FLOAT_BYTES = 4


@dataclass(frozen=True)
class Files:
    """The bytes of one recorded walk, of its parts and of the insides of its layers by name."""

    recording: bytes
    parts: Mapping[str, bytes]
    insides: Mapping[str, bytes]


class Recorder:
    """Records prompts with one exported model."""

    def __init__(self, folder: Path, *, threads: int = 0) -> None:
        self.model = NativeModel(folder, threads=threads)
        self.manifest: Manifest = self.model.manifest
        text = (folder / self.manifest.tokenizer.path).read_text(encoding="utf-8")
        self.tokenizer = Tokenizer.from_json(text)

    def record(self, prompt: Curated) -> Files:
        """The files of one prompt; the same input gives the same bytes.

        A part of which nothing fits is left out.

        Raises:
            InputError: The prompt has no tokens, or is a message and the model has no template.
            SourceError: The model is too wide for a recording of 400 KB.
        """
        walk, config = self.walk(prompt), self.manifest.config
        data = file_of(prompt, walk, self.manifest)
        made = recording.from_bytes(data)
        parts = {name: part_file(name, made, walk, config) for name in PARTS}
        kept = {name: part for name, part in parts.items() if part is not None}
        return Files(data, kept, inside_files(prompt, made, walk, self.model, self._mean))

    @cached_property
    def _mean(self) -> Array:
        return mean_row(self.model)

    def walk(self, prompt: Curated) -> Walk:
        """Run a prompt and continue it greedily."""
        ids = self.ids(prompt)
        lens = self._lens(ids)
        self.model.reset()
        config = self.manifest.config
        patterns = [hook_name(hooks.PATTERN, layer) for layer in range(config.n_layers)]
        names = [*stream_names(config.n_layers), *patterns, *hooks.LOGIT_OUTPUTS]
        names += [*captured_for_parts(config), *captured_for_heads(config)]
        names = list(dict.fromkeys([*names, *captured_for_insides(prompt, config)]))
        last = [(config.n_layers, len(ids) - 1)]
        captured = self.model.run(ids, names, unembed=last, top_k=N_TOP)
        continuation, stop = self._continue(captured[hooks.LOGITS][-1])
        marked = marked_of(prompt, self.model, captured)
        return Walk(
            tokens=tuple(token_view(self.tokenizer, token) for token in ids),
            captured=captured,
            lens=lens,
            lens_tops=lens_tops(self.tokenizer, lens),
            unembedding=self.model.columns(UNEMBEDDING, captured[hooks.TOP_IDS][-1].tolist()),
            words=words_of(self.tokenizer, captured[hooks.LOGITS][-1]),
            top=candidates(self.tokenizer, captured),
            continuation=continuation,
            stop=stop,
            film=self.film(prompt),
            marked=marked,
            without=without_of(self.model, self.tokenizer, ids, marked),
            scales=scales_of(self.model, ids),
        )

    def ids(self, prompt: Curated) -> list[int]:
        """The whole input as the page would give it to the model."""
        template = self._template(prompt)
        if template is None:
            ids = self.tokenizer.encode(prompt.prompt)
        else:
            ids = encode_chat(self.tokenizer, template, [ChatMessage(USER, prompt.prompt)])
        if not ids:
            raise InputError("input.no_tokens")
        return ids if template else [*self.manifest.start_ids, *ids]

    def film(self, prompt: Curated) -> Film:
        """How the prompt becomes those ids."""
        template = self._template(prompt)
        return film_of(self.tokenizer, prompt.prompt, template, self.manifest.start_ids)

    def _template(self, prompt: Curated) -> ChatTemplate | None:
        """The chat template of a prompt that is a message; None for plain text."""
        if not prompt.chat:
            return None
        if self.manifest.chat is None:
            raise InputError("input.no_chat", model=self.manifest.title)
        return ChatTemplate.from_json(self.manifest.chat)

    def _lens(self, ids: list[int]) -> dict[str, Array]:
        """The top outputs of the last position's residual states, in a run of their own."""
        self.model.reset()
        states = [(layer, len(ids) - 1) for layer in range(self.manifest.config.n_layers + 1)]
        return self.model.run(ids, LENS, unembed=states, top_k=N_LENS)

    def _continue(self, logits: Array) -> tuple[tuple[NewToken, ...], str]:
        """The most probable token again and again; the first comes from the prompt's own logits."""
        steps: list[NewToken] = []
        while True:
            steps.append(self._step(logits))
            if steps[-1].id in self.manifest.end_ids:
                return tuple(steps), END
            if len(steps) == N_NEW:
                return tuple(steps), LIMIT
            if self.model.n_past == self.manifest.config.n_ctx:
                return tuple(steps), CONTEXT
            logits = self.model.run([steps[-1].id])[hooks.LOGITS][-1]

    def _step(self, logits: Array) -> NewToken:
        best = sampling.greedy(logits)
        told = (*texts(self.tokenizer, best), *sampling.standing(logits, best))
        could, entropy = candidates_and_entropy(self.tokenizer, logits, best)
        return NewToken(best, *told, could, entropy=entropy, how=GREEDY)


def lens_tops(tokenizer: Tokenizer, lens: Mapping[str, Array]) -> tuple[tuple[Candidate, ...], ...]:
    """The best next tokens of each residual state, as tokens."""
    return tuple(
        candidates(tokenizer, {name: array[at : at + 1] for name, array in lens.items()})
        for at in range(len(lens[hooks.LOGSUMEXP]))
    )


def words_of(tokenizer: Tokenizer, logits: Array) -> dict[int, str]:
    """The best tokens as they are shown, by id, best first."""
    best = np.argsort(-logits, kind="stable")[:N_WORDS].tolist()
    return {token: tokenizer.visible(token) for token in best}


def file_of(prompt: Curated, walk: Walk, manifest: Manifest) -> bytes:
    """The recording with as much of the walk as fits.

    Raises:
        SourceError: Not even the least fits into 400 KB.
    """
    config, n_pos = manifest.config, len(walk.tokens)
    stream, pattern = sizes(config, n_pos)
    wanted = sorted({layer for layer, _ in walk.marked.heads}) if walk.marked else []
    rest = 0  # what the header and the small arrays take: never more where less is recorded
    while True:
        positions, layers = what_fits(config, n_pos, MOST_BYTES - rest)
        layers = with_layers(layers, wanted)
        made = recording_of(prompt, walk, manifest, positions, layers)
        data: bytes = save(dict(made.arrays), metadata=recording.to_metadata(made))
        if len(data) <= MOST_BYTES:
            return data
        rest = len(data) - len(positions) * stream - len(layers) * pattern


def sizes(config: ModelConfig, n_pos: int) -> tuple[int, int]:
    """Bytes of one position's residual stream, and of one layer's patterns without the mask."""
    stream = (config.n_layers + 1) * config.d_model * FLOAT_BYTES
    return stream, config.n_heads * (n_pos * (n_pos + 1) // 2) * FLOAT_BYTES


def what_fits(
    config: ModelConfig, n_pos: int, room: int
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The last positions whose streams, and the evenly spread layers whose patterns, fit.

    Raises:
        SourceError: Not even one position and the first and last layer do.
    """
    stream, pattern = sizes(config, n_pos)
    least_layers = min(LEAST_LAYERS, config.n_layers)
    for kept in range(min(LEAST_POSITIONS, n_pos), 0, -1):
        n_layers = min(config.n_layers, (room - kept * stream) // pattern)
        if n_layers >= least_layers:
            n_kept = min(n_pos, (room - n_layers * pattern) // stream)
            spread = np.linspace(0, config.n_layers - 1, n_layers).round().astype(int)
            return tuple(range(n_pos - n_kept, n_pos)), tuple(spread.tolist())
    raise SourceError("recording.too_large", limit=MOST_BYTES, stream=stream, pattern=pattern)


def recording_of(
    prompt: Curated,
    walk: Walk,
    manifest: Manifest,
    positions: Sequence[int],
    layers: Sequence[int],
) -> Recording:
    """The record of a walk, cut to some positions and layers."""
    return Recording(
        id=prompt.id,
        model=manifest.id,
        prompt=prompt.prompt,
        chat=prompt.chat,
        graph_sha256=manifest.graph.sha256,
        shard_sha256s=tuple(file.sha256 for file in manifest.shards),
        tokens=walk.tokens,
        positions=tuple(positions),
        layers=tuple(layers),
        top=walk.top,
        logsumexp=float(walk.captured[hooks.LOGSUMEXP][-1]),
        continuation=walk.continuation,
        stop=walk.stop,
        film=walk.film,
        marked=walk.marked,
        without=walk.without,
        arrays=arrays_of(walk, manifest.config, positions, layers),
    )


def arrays_of(
    walk: Walk, config: ModelConfig, positions: Sequence[int], layers: Sequence[int]
) -> dict[str, Array]:
    """What the file holds, by name."""
    stream = stream_names(config.n_layers)
    patterns = [hook_name(hooks.PATTERN, layer) for layer in layers]
    states = np.stack([walk.captured[name] for name in stream]).astype(np.float64)
    return {
        **{name: np.ascontiguousarray(walk.captured[name][list(positions)]) for name in stream},
        **{name: recording.packed(walk.captured[name]) for name in patterns},
        recording.NORMS: np.sqrt((states**2).sum(axis=2)).astype(np.float32),
        hooks.TOP_VALUES: walk.captured[hooks.TOP_VALUES],
        hooks.TOP_IDS: walk.captured[hooks.TOP_IDS].astype(np.int32),
        hooks.LOGSUMEXP: walk.captured[hooks.LOGSUMEXP],
    }


def write_recordings(
    folder: Path, out: Path, prompts: Sequence[Curated] | None = None
) -> list[Path]:
    """Record every prompt, each into files named by place, id and content.

    Parts lie in a folder below, the cards of the gallery in another (export/record_gallery.py); a
    list tells of all of them (export/asset_lists.py).

    Args:
        prompts: None: the usual ones, as far as the model takes them.

    Raises:
        SourceError: The folder holds no model, or the model is too wide.
        InputError: A prompt has no tokens or too many, or is a message to a model without chat.
    """
    recorder = Recorder(folder)
    for below in (PARTS_FOLDER, INSIDES_FOLDER):
        (out / below).mkdir(parents=True, exist_ok=True)
    usual = [prompt for prompt in PROMPTS if recorder.manifest.chat or not prompt.chat]
    taken = usual if prompts is None else prompts
    assets = []
    for place, prompt in enumerate(taken, 1):
        print(f"Recording {place} of {len(taken)}: {prompt.id}")
        made = recorder.record(prompt)
        file = write_named(made.recording, out, f"{place}-{prompt.id}")
        assets.append(asset(RECORDING, file, out, **told_of(made.recording)))
        for name, part in made.parts.items():
            file = write_named(part, out / PARTS_FOLDER, f"{place}-{prompt.id}-{name}")
            assets.append(asset(PART, file, out, name=name, recording=prompt.id))
        for name, part in made.insides.items():
            file = write_named(part, out / INSIDES_FOLDER, f"{place}-{prompt.id}-{name}")
            assets.append(asset(INSIDE, file, out, name=name, recording=prompt.id))
        for name in sorted(set(PARTS) - made.parts.keys()):
            print(f"  without its part '{name}', of which nothing fits into {MOST_BYTES} bytes")
    if prompts is None:
        assets += write_gallery(recorder, out, cards_for(recorder.manifest.id))
        assets += write_documents(recorder, out, documents_for(recorder.manifest.id))
    write_list(out, assets)
    return [out / item.path for item in assets]


def told_of(data: bytes) -> dict[str, object]:
    """What the list tells of a recording before it is fetched."""
    made = recording.from_bytes(data)
    told = {"id": made.id, "prompt": made.prompt, "chat": made.chat}
    return {**told, "n_tokens": len(made.tokens)}


def main(arguments: list[str] | None = None) -> int:
    """Record one model's walks; 0, or 1 with a sentence on stderr."""
    parser = argparse.ArgumentParser(prog="python -m export.record", description=__doc__)
    parser.add_argument("model", type=Path, help="a folder that `python -m export` wrote")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--prompts", type=Path, help="a list of other prompts (export/prompts.py)")
    options = parser.parse_args(arguments)

    def record() -> None:
        prompts = read_prompts(options.prompts) if options.prompts else None
        files = write_recordings(options.model, options.out, prompts)
        size = sum(file.stat().st_size for file in files)
        n_parts = sum(file.parent.name in {PARTS_FOLDER, INSIDES_FOLDER} for file in files)
        n_cards = sum(file.parent.name == GALLERY_FOLDER for file in files)
        n_read = sum(file.parent.name == DOCUMENTS_FOLDER for file in files)
        n_walks = len(files) - n_parts - n_cards - n_read
        told = f"{n_walks} recorded walks, {n_parts} parts, {n_cards} cards, {n_read} documents"
        print(f"{told}, {size / 1e3:.0f} KB")

    return exit_code("recording", record)


if __name__ == "__main__":
    sys.exit(main())
