"""What a `tokenizer.json` says, checked: its vocabulary, merges, added tokens and wiring.

A large one is shorter here (export/short_tokens.py): `pieces` by id, and their `ranks`, stand for
the vocabulary and the merges that follow from them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from seethrough.core.added_tokens import AddedToken, next_id
from seethrough.core.errors import SourceError
from seethrough.core.merge_ranks import Merges, PieceRanks
from seethrough.core.metaspace import SPACE
from seethrough.core.tokenizer_wiring import WIRINGS, Decoder, Steps, Wiring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from seethrough.core.merge_ranks import Ranks

_Json = TypeVar("_Json", dict[str, Any], list[Any])
_Settings: TypeAlias = "Callable[[Mapping[str, Any]], str]"


@dataclass(frozen=True)
class TokenizerSource:
    """The checked content of a `tokenizer.json`.

    `lacking`: bytes that vanish, because the vocabulary has no token for them. `ignores_merges`: a
    word that is a token is that token, whatever its merges would make.
    """

    vocab: Mapping[str, int]
    ranks: Ranks
    added: tuple[AddedToken, ...]
    wiring: Wiring
    decoder: Decoder
    lacking: frozenset[int]
    ignores_merges: bool


NOTHING = "nothing"
SPARSEST = 4  # ids may leave gaps, but the highest is at most this many times their number
# Settings under which merging would work differently, each with the values that are neutral.
NEUTRAL: dict[str, tuple[object, ...]] = {
    "dropout": (None, 0, 0.0),
    "continuing_subword_prefix": (None, ""),
    "end_of_word_suffix": (None, ""),
}


def read_source(source: str | Mapping[str, Any]) -> TokenizerSource:
    """The content of a `tokenizer.json`; truncation, padding and post-processor are ignored.

    Raises:
        SourceError: It is damaged, or of a kind that is not supported.
    """
    content = _parsed(source) if isinstance(source, str) else source
    model = _part(content, "model", dict)
    _demand("model.type", model.get("type") or _type_of(model), "BPE")
    is_short = "pieces" in model  # its ids are places, so that no two are one
    vocab, ranks = _by_pieces(model) if is_short else _by_merges(model)
    wiring, decoder = _wiring(content, model)
    lacking = _lacking(model, vocab, wiring)
    entries = _part({"added_tokens": [], **content}, "added_tokens", list)
    read = [_added(entry, wiring) for entry in entries]
    ids = _ids_of(entries, vocab)
    added = _numbered(read, entries, ids)
    if not is_short:
        _check_ids([*vocab.values(), *(token.id for token in added)])
        _check_alone({**vocab, **ids})
    _check_text([*vocab, *(token.content for token in added)])
    ignores_merges = bool(model.get("ignore_merges"))
    if wiring.words_of and not ignores_merges:
        wiring = replace(wiring, words=wiring.words_of(ranks.made()))
    return TokenizerSource(vocab, ranks, added, wiring, decoder, lacking, ignores_merges)


def unrolled(runs: Iterable[Sequence[int]]) -> list[int]:
    """Numbers from runs of them, each as how many, the first, and the step to the next."""
    rows = (
        range(first, first + step * n, step) if step else repeat(first, n)
        for n, first, step in runs
    )
    return list(chain.from_iterable(rows))


def _by_merges(model: Mapping[str, Any]) -> tuple[dict[str, int], Ranks]:
    vocab = _part(model, "vocab", dict)
    return vocab, Merges(vocab, list(map(_merge, _part(model, "merges", list))))


def _by_pieces(model: Mapping[str, Any]) -> tuple[dict[str, int], Ranks]:
    pieces, runs = _part(model, "pieces", list), _part(model, "ranks", list)
    try:
        vocab = dict(zip(pieces, range(len(pieces)), strict=True))
        ranks = unrolled(runs)
    except (TypeError, ValueError) as error:
        raise SourceError("tokens.malformed", part="ranks") from error
    if not len(vocab) == len(pieces) == len(ranks) or set(map(type, pieces)) - {str}:
        raise SourceError("tokens.malformed", part="pieces")
    return vocab, PieceRanks(vocab, ranks)


def _parsed(text: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SourceError("tokens.not_json", problem=error) from error
    return _part({"tokenizer.json": content}, "tokenizer.json", dict)


def _part(content: Mapping[str, Any], name: str, kind: type[_Json]) -> _Json:
    part = content.get(name)
    if not isinstance(part, kind):
        raise SourceError("tokens.malformed", part=name)
    return part


def _type_of(model: Mapping[str, Any]) -> str:
    """The type of a model in an older file, which does not say it."""
    if isinstance(model.get("vocab"), list):
        return "Unigram"
    if "merges" in model or not isinstance(model.get("vocab"), dict):
        return "BPE"
    return "WordPiece" if "max_input_chars_per_word" in model else "WordLevel"


def _wiring(content: Mapping[str, Any], model: Mapping[str, Any]) -> tuple[Wiring, Decoder]:
    for name, neutral in NEUTRAL.items():
        _demand(f"model.{name}", model.get(name), *neutral)
    normalizer = _steps(content.get("normalizer"), "normalizers", SETTINGS)
    _demand_steps("normalizer", normalizer, [first for first, _ in WIRINGS])
    cut = _steps(content.get("pre_tokenizer"), "pretokenizers", SETTINGS | SPLIT_SETTINGS)
    _demand_steps(
        "pre_tokenizer", cut, [second for first, second in WIRINGS if first == normalizer]
    )
    wiring = WIRINGS[normalizer, cut]
    decoders = wiring.alphabet.decoders
    decoder = _steps(content.get("decoder"), "decoders", SETTINGS)
    _demand_steps("decoder", decoder, list(decoders))
    return wiring, decoders[decoder]


def _lacking(model: Mapping[str, Any], vocab: Mapping[str, int], wiring: Wiring) -> frozenset[int]:
    """The bytes without a token; they vanish, where there is neither fallback nor unk_token."""
    alphabet = wiring.alphabet
    _demand("model.byte_fallback", bool(model.get("byte_fallback")), alphabet.has_fallback)
    if alphabet.is_by_character:
        _demand("model.unk_token", model.get("unk_token"), None)
        return frozenset()
    lacking = [byte for byte in range(256) if alphabet.byte_symbol(byte) not in vocab]
    if lacking and alphabet.has_fallback:
        first = alphabet.byte_symbol(lacking[0])
        raise SourceError("tokens.no_byte_token", count=len(lacking), first=first)
    if lacking:
        _demand("model.unk_token", model.get("unk_token"), None)
    return frozenset(lacking)


def _demand(setting: str, got: object, *supported: object) -> None:
    if got not in supported:
        raise SourceError("tokens.unsupported", setting=setting, got=got)


def _demand_steps(setting: str, got: Steps, supported: Sequence[Steps]) -> None:
    if got not in supported:
        raise SourceError("tokens.unsupported", setting=setting, got=" + ".join(got) or NOTHING)


def _steps(step: object, parts: str, settings: Mapping[str, _Settings]) -> Steps:
    """The names of a component's steps, each with the settings that matter; () if it is absent.

    Args:
        parts: The name under which a Sequence of such components has them.
    """
    if step is None:
        return ()
    kind = str(step.get("type")) if isinstance(step, dict) else str(step)
    if kind == "Sequence" and isinstance(step, dict):
        rows = (_steps(one, parts, settings) for one in _part(step, parts, list))
        return tuple(chain.from_iterable(rows))
    shown = settings[kind](step) if kind in settings and isinstance(step, dict) else ""
    return (f"{kind} ({shown})" if shown else kind,)


def _digits(step: Mapping[str, Any]) -> str:
    return "individual_digits" if step.get("individual_digits") else ""


def _byte_level_split(step: Mapping[str, Any]) -> str:
    if step.get("add_prefix_space", True):
        return "add_prefix_space"
    return "" if step.get("use_regex", True) else "without use_regex"


def _replace(step: Mapping[str, Any]) -> str:
    pattern = step.get("pattern")
    shown = pattern.get("String") if isinstance(pattern, dict) else None
    return f"{pattern if shown is None else shown!r} → {step.get('content')!r}"


def _split(step: Mapping[str, Any]) -> str:
    """Its pattern; what is done with what it finds, where that is not Gemma's way."""
    pattern = step.get("pattern")
    shown = pattern.get("String") if isinstance(pattern, dict) else None
    usual = ("MergedWithPrevious", False)
    told = (step.get("behavior"), bool(step.get("invert")))
    more = "" if told == usual else f", {told[0]}{', invert' if told[1] else ''}"
    return f"{pattern if shown is None else shown!r}{more}"


def _strip(step: Mapping[str, Any]) -> str:
    return f"{step.get('content')!r}, {step.get('start')}, {step.get('stop')}"


def _metaspace(step: Mapping[str, Any]) -> str:
    """Its prefix; older files say only whether there is one."""
    shown = [] if step.get("replacement") == SPACE else [repr(step.get("replacement"))]
    has_prefix = step.get("add_prefix_space", True)
    return ", ".join([*shown, str(step.get("prepend_scheme", "always")) if has_prefix else "never"])


def _metaspace_split(step: Mapping[str, Any]) -> str:
    return _metaspace(step) + (", split" if step.get("split", True) else "")


SETTINGS: dict[str, _Settings] = {
    "Prepend": lambda step: repr(step.get("prepend")),
    "Replace": _replace,
    "Strip": _strip,
    "Metaspace": _metaspace,
}
SPLIT_SETTINGS: dict[str, _Settings] = {
    "Digits": _digits,
    "ByteLevel": _byte_level_split,
    "Split": _split,
    "Metaspace": _metaspace_split,
}


def _added(entry: object, wiring: Wiring) -> AddedToken:
    try:
        is_late = bool(entry["normalized"])  # type: ignore[index]
        content = str(entry["content"])  # type: ignore[index]
        token = AddedToken(
            id=int(entry["id"]),  # type: ignore[index]
            content=wiring.normalized(content) if is_late else content,
            is_special=bool(entry["special"]),  # type: ignore[index]
            is_late=is_late,
        )
        for name in ("single_word", "lstrip", "rstrip"):
            _demand(f"added_tokens {name}", bool(entry[name]), False)  # type: ignore[index]
    except (TypeError, KeyError, ValueError) as error:
        raise SourceError("tokens.malformed", part="added_tokens") from error
    return token


def _ids_of(entries: list[Any], vocab: Mapping[str, int]) -> dict[str, int]:
    """The id of each added token, as `tokenizers` gives it; an entry's own id says nothing.

    One of the vocabulary has its id there, another one the next.
    """
    ids: dict[str, int] = {}
    highest = -1
    for content in (str(entry["content"]) for entry in entries):
        if content and content not in ids:
            ids[content] = vocab.get(content, next_id(len(vocab), [highest]))
            highest = max(highest, ids[content])
    return ids


def _numbered(
    tokens: list[AddedToken], entries: list[Any], ids: Mapping[str, int]
) -> tuple[AddedToken, ...]:
    """The added tokens, each once, by these ids.

    Of one that comes twice in two forms `tokenizers` takes something from either: such a file is
    refused.
    """
    found: dict[str, AddedToken] = {}
    for token, entry in zip(tokens, entries, strict=True):
        content = str(entry["content"])
        if content:
            number = ids[content]
            numbered = token if token.id == number else replace(token, id=number)
            if found.setdefault(content, numbered) != numbered:
                raise SourceError("tokens.malformed", part="added_tokens")
    return tuple(found.values())


def _merge(entry: object) -> tuple[str, str]:
    """A merge as a pair; files hold "left right" (older) or ["left", "right"]."""
    pair = entry.split(" ") if isinstance(entry, str) else entry
    if not (isinstance(pair, list) and [type(one) for one in pair] == [str, str]):
        raise SourceError("tokens.malformed", part="merges")
    return pair[0], pair[1]


def _check_ids(ids: list[int]) -> None:
    """Ids must number the tokens, or a list by id would be wrong or huge."""
    is_whole = set(map(type, ids)) <= {int}
    if not is_whole or (ids and not 0 <= min(ids) <= max(ids) < SPARSEST * len(ids)):
        raise SourceError("tokens.malformed", part="vocab")


def _check_alone(ids: Mapping[str, int]) -> None:
    """Two tokens of one id could not be told apart."""
    if len(set(ids.values())) == len(ids):
        return
    by_id: dict[int, str] = {}
    for content, number in ids.items():
        if by_id.setdefault(number, content) != content:
            raise SourceError("tokens.repeated_id", id=number, one=by_id[number], other=content)


def _check_text(tokens: list[str]) -> None:
    """JSON can spell half a surrogate pair, for which there are no bytes."""
    try:
        "".join(tokens).encode()
    except UnicodeEncodeError as error:
        raise SourceError("tokens.malformed", part="vocab") from error
