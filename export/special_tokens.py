"""A checkpoint folder's special tokens, from every file that may hold them.

Source: transformers' `_from_pretrained` and TokenizersBackend: what tokenizer_config.json says;
where it lists no `added_tokens_decoder`, the older special_tokens_map.json and added_tokens.json
too; then what the class has by itself. A name that is given and null is no token.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from export.json_file import read_json
from export.tokenizer_class import DEFAULTS
from export.tokenizer_json import PLAIN
from seethrough.core.added_tokens import next_id
from seethrough.core.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    Content = Mapping[str, Any]
    Entry = dict[str, Any]

CONFIG, MAP, ADDED = "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"
LISTED = "added_tokens_decoder"
NAMES = (
    *("bos_token", "eos_token", "unk_token", "sep_token"),
    *("pad_token", "cls_token", "mask_token"),
)
EXTRA = ("extra_special_tokens", "additional_special_tokens")


def told_of(folder: Path) -> dict[str, Any]:
    """What a folder's files say of its tokeniser beside tokenizer.json, as one record.

    Raises:
        SourceError: A file is damaged.
    """
    told = _optional(folder / CONFIG)
    if LISTED in told:
        return told
    return {**told, **_optional(folder / MAP), ADDED: _optional(folder / ADDED)}


def special_tokens(told: Content, name: str) -> dict[str, str]:
    """The tokens' texts by the names that a chat template knows them by.

    Args:
        name: The tokeniser's class; empty for one without tokens of its own.

    Raises:
        SourceError: What stands there is no token.
    """
    return {key: _text_of(one) for key, one in _named(told, name).items()}


def completed(content: Content, told: Content, name: str, room: int) -> dict[str, Any]:
    """A tokenizer.json with the tokens that the other files and the class add to it.

    Each has its id in the vocabulary, or gets the next free one; where the model has no row for
    that (`room`), it is left out and stays ordinary text.

    Raises:
        SourceError: What stands there is no token.
    """
    own = [_entry(one) for one in content.get("added_tokens") or []]
    named = _named(told, name)
    marked = set(map(_text_of, named.values()))
    known = {} if name else {one["content"]: one for one in own}
    for entry in _listed(told, content.get("added_tokens") or []):
        if known.get(entry["content"]) != entry:
            known[entry["content"]] = _marked(entry, marked)
    listed = set(known)
    more = [_entry(one) for one in (*named.values(), *_extra(told))]
    known |= {one["content"]: _marked(one, marked) for one in more if one["content"] not in listed}
    kept = {one["content"] for one in own}
    entries = _numbered(
        [one for one in known.values() if one["content"]], content["model"]["vocab"]
    )
    entries = [one for one in entries if one["content"] in kept or one["id"] < room]
    return {**content, "added_tokens": entries}


def _numbered(entries: list[Entry], vocab: Mapping[str, int]) -> list[Entry]:
    """The same with their ids: of the vocabulary, or the next one."""
    ids: list[int] = []
    for entry in entries:
        ids.append(vocab.get(entry["content"], next_id(len(vocab), ids)))
    return [{**entry, "id": number} for entry, number in zip(entries, ids, strict=True)]


def _marked(entry: Entry, special: set[str]) -> Entry:
    """A token that is special if it is named as such."""
    return {**entry, "special": entry["special"] or entry["content"] in special}


def _named(told: Content, name: str) -> dict[str, Any]:
    """The named tokens: the usual seven, and those that a model has of its own."""
    told = {**DEFAULTS.get(name, {}), **told}
    own = {key: value for key, value in told.items() if key.endswith("_token")}
    usual = {key: own.pop(key) for key in NAMES if own.get(key) is not None}
    own = {key: value for key, value in own.items() if key not in NAMES and _is_token(value)}
    for place in (EXTRA[0], "model_specific_special_tokens"):
        own |= told[place] if isinstance(told.get(place), dict) else {}
    return _checked({**usual, **own})


def _extra(told: Content) -> list[Any]:
    """The special tokens without a name."""
    rows = [told[place] for place in EXTRA if isinstance(told.get(place), list)]
    return list(_checked(dict(enumerate(rows[0] if rows else []))).values())


def _listed(told: Content, own: list[Entry]) -> Iterator[Entry]:
    """The tokens that are listed with an id, by that."""
    if LISTED in told:
        listed = {int(number): _entry(one) for number, one in (told[LISTED] or {}).items()}
    else:
        special = set(map(_text_of, filter(_is_plain, _usual(told))))
        older = {
            number: _entry({"content": text, "special": text in special})
            for text, number in (told.get(ADDED) or {}).items()
        }
        listed = older | {one["id"]: _entry(one) for one in own}
    return (listed[number] for number in sorted(listed))


def _usual(told: Content) -> Iterator[Any]:
    """The tokens of the usual names, and those without one."""
    yield from (told[key] for key in NAMES if told.get(key) is not None)
    yield from _extra(told)


def _is_plain(token: object) -> bool:
    """Whether a token is compared by its text: newer files mark their records, which are not."""
    return not (isinstance(token, dict) and "__type" in token)


def _entry(token: Any) -> Entry:  # noqa: ANN401 - JSON
    """A token as an entry of `added_tokens`, without its id."""
    told = {"content": token, "special": True} if isinstance(token, str) else token
    is_special = bool(told.get("special", False))
    given = {name: told[name] for name in PLAIN if told.get(name) is not None}
    usual = {**PLAIN, "normalized": not is_special}
    return {"content": told["content"], "special": is_special, **usual, **given}


def _text_of(token: Any) -> str:  # noqa: ANN401 - JSON
    """A token's text; files hold a text or a record."""
    return str(token if isinstance(token, str) else token["content"])


def _is_token(value: object) -> bool:
    record = value.get("content") if isinstance(value, dict) else value
    return isinstance(record, str)


def _checked(tokens: dict[Any, Any]) -> dict[Any, Any]:
    for name, token in tokens.items():
        if not _is_token(token):
            raise SourceError("tokens.no_special", name=name, got=str(token)[:50])
    return tokens


def _optional(path: Path) -> dict[str, Any]:
    return read_json(path) if path.exists() else {}
