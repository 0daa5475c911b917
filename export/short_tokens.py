"""A tokenizer.json with pieces and their ranks, where its merges follow from these.

Sentencepiece's BPE has a score for each piece, and any two neighbours merge that make one. Written
as merges, Gemma's 262,144 pieces become 514,906 pairs and 33 MB; as pieces and ranks they are 4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seethrough.core.merge_ranks import PieceRanks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    Content = dict[str, Any]
    Pair = tuple[str, str]


def ranks_of(scores: Sequence[float]) -> list[int]:
    """Each score's place among all different ones, the best first."""
    places = {score: place for place, score in enumerate(sorted(set(scores), reverse=True))}
    return [places[score] for score in scores]


def runs_of(numbers: Iterable[int]) -> list[list[int]]:
    """Numbers as runs: how many, the first, and the step to the next."""
    runs: list[list[int]] = []
    for number in numbers:
        n, first, step = runs[-1] if runs else (0, 0, 0)
        if n == 1 or (n and number == first + step * n):
            runs[-1] = [n + 1, first, number - first if n == 1 else step]
        else:
            runs.append([1, number, 0])
    return runs


def by_pieces(model: Content, pieces: Sequence[str], ranks: Sequence[int]) -> Content:
    """A BPE model of a tokenizer.json with these in the place of its vocabulary and merges."""
    kept = {name: value for name, value in model.items() if name not in ("vocab", "merges")}
    return {**kept, "pieces": list(pieces), "ranks": runs_of(ranks)}


def shortened(content: Content) -> Content:
    """The same tokenizer.json, shorter where its merges are those that its pieces' ranks give."""
    model = content.get("model")
    if not isinstance(model, dict) or not model.get("byte_fallback") or "merges" not in model:
        return content
    vocab, merges = model["vocab"], list(map(_pair, model["merges"]))
    pieces = sorted(vocab, key=vocab.__getitem__)
    if [vocab[piece] for piece in pieces] != list(range(len(pieces))):
        return content
    ranks = _ranks_in(merges, pieces)
    order = PieceRanks(vocab, ranks).order
    # No turn is None: each pair makes a piece.
    turns = sorted((order(*pair) or (), pair) for pair in pairs(pieces, vocab))
    if [pair for _, pair in turns] != merges:
        return content
    return {**content, "model": by_pieces(model, pieces, ranks)}


def _pair(merge: Any) -> Pair:  # noqa: ANN401 - JSON
    left, right = merge.split(" ") if isinstance(merge, str) else merge
    return left, right


def pairs(pieces: Iterable[str], vocab: Mapping[str, int]) -> Iterator[Pair]:
    """All pairs of pieces that make a piece."""
    for piece in pieces:
        for at in range(1, len(piece)):
            if piece[:at] in vocab and piece[at:] in vocab:
                yield piece[:at], piece[at:]


def _ranks_in(merges: Sequence[Pair], pieces: Sequence[str]) -> list[int]:
    """The rank of each piece; those whose merges lie among one another share one."""
    spans: dict[str, list[int]] = {}
    for place, (left, right) in enumerate(merges):
        spans.setdefault(left + right, [place, place])[1] = place
    rows = sorted((first, last, piece) for piece, (first, last) in spans.items())
    ranks = dict.fromkeys(pieces, 0)
    rank, end = -1, -1
    for first, last, piece in rows:
        rank += first > end
        end = max(end, last)
        ranks[piece] = rank
    return [ranks[piece] for piece in pieces]
