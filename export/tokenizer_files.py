"""A checkpoint folder's tokeniser as the content of a `tokenizer.json`, whichever files it has.

Newer folders have that very file. GPT-2's old ones have `vocab.json` and `merges.txt`, which say
nothing of the split and little of special tokens: what is added here is what transformers'
GPT2Tokenizer adds. Sentencepiece's `tokenizer.model` is a protobuf of scores, and is not read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from export.checkpoint import damage_is_named
from export.json_file import read_json, read_text
from export.tokenizer_json import PLAIN, byte_level_json
from seethrough.core.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

NEW = "tokenizer.json"
VOCAB, MERGES = "vocab.json", "merges.txt"
SENTENCEPIECE = "tokenizer.model"
HEADER = "#version"
GPT2_CLASSES = ("GPT2Tokenizer", "GPT2TokenizerFast")
# What GPT2Tokenizer takes for its special tokens where no file names them.
GPT2_SPECIAL = dict.fromkeys(("bos_token", "eos_token", "unk_token"), "<|endoftext|>")
OTHER_SPECIAL = ("pad_token", "sep_token", "cls_token", "mask_token")


def tokenizer_of(folder: Path) -> dict[str, Any]:
    """The content of a folder's `tokenizer.json`, made from GPT-2's old files if it has none.

    Raises:
        SourceError: A file is missing or damaged, or is of a tokeniser that needs a tokenizer.json.
    """
    if (folder / NEW).exists():
        return read_json(folder / NEW)
    if (folder / VOCAB).exists() or (folder / MERGES).exists():
        return _from_old_files(folder)
    if (folder / SENTENCEPIECE).exists():
        raise SourceError("tokens.sentencepiece_only", folder=folder.name)
    raise SourceError("tokens.no_files", folder=folder.name)


def _from_old_files(folder: Path) -> dict[str, Any]:
    settings = _optional(folder / "special_tokens_map.json")
    settings |= _optional(folder / "tokenizer_config.json")
    got = settings.get("tokenizer_class") or GPT2_CLASSES[0]
    if got not in GPT2_CLASSES:
        raise SourceError("tokens.foreign_files", folder=folder.name, got=got)
    vocab, merges = read_json(folder / VOCAB), _merges(folder / MERGES)
    added = _optional(folder / "added_tokens.json")
    with damage_is_named(folder):
        return byte_level_json(
            vocab,
            merges,
            added_tokens=_added_tokens(vocab, added, settings),
            add_prefix_space=bool(settings.get("add_prefix_space", False)),
        )


def _optional(path: Path) -> dict[str, Any]:
    return read_json(path) if path.exists() else {}


def _merges(path: Path) -> list[str]:
    """The lines behind the header, each "left right"; who writes such a file ends its last one."""
    text = read_text(path)
    lines = text.splitlines()
    if not text.endswith("\n"):
        raise SourceError("tokens.merges_cut", path=path.name, line=len(lines))
    merges: list[str] = []
    for number, line in enumerate(map(str.strip, lines), 1):
        if not line or (number == 1 and line.startswith(HEADER)):
            continue  # transformers passes over empty lines, too
        if line.count(" ") != 1:
            raise SourceError("tokens.merge_line", path=path.name, line=number, got=line[:50])
        merges.append(line)
    return merges


def _added_tokens(
    vocab: Mapping[str, Any], added: Mapping[str, Any], settings: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Entries by id; a special token that neither file gives an id is none of this checkpoint."""
    special = {entry["content"]: entry for entry in _special(settings)}
    ids = {content: vocab[content] for content in special if content in vocab} | dict(added)
    plain = {
        number: {**PLAIN, "content": content, **special.get(content, {}), "id": number}
        | {"special": content in special}
        for content, number in ids.items()
    }
    stated = settings.get("added_tokens_decoder", {})
    entries = plain | {
        int(number): {**entry, "id": int(number)} for number, entry in stated.items()
    }
    return [entries[number] for number in sorted(entries)]


def _special(settings: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The special tokens that are named, as entries; files hold a text or a record."""
    named = [settings.get(name, usual) for name, usual in GPT2_SPECIAL.items()]
    named += [settings.get(name) for name in OTHER_SPECIAL]
    named += settings.get("additional_special_tokens") or []
    for token in filter(None, named):
        entry = {"content": token} if isinstance(token, str) else token
        yield {name: entry[name] for name in ("content", *PLAIN) if name in entry}
