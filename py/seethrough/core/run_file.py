"""A run as a file: the prompt, the settings, every way that the text went, and what it is called.

JSON, made to be opened again by the same model: tokens are ids, and each keeps the probability that
the model gave it, so that it can be seen whether it does so again. A digest of all the rest tells
whether somebody altered it.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from seethrough.core.errors import InputError
from seethrough.core.settings import SETTINGS, check_settings
from seethrough.core.tokens import CONTEXT, DRAWN, END, GREEDY, LIMIT, READER, STOPPED

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT, VERSION = "seethrough-run", 1
MOST_LETTERS = 5_000_000
STOPS = frozenset({"", END, LIMIT, CONTEXT, STOPPED})
HOWS = frozenset({"", GREEDY, DRAWN, READER})


@dataclass(frozen=True)
class SavedWay:
    """One way: ids of its new tokens, each one's probability and how it was chosen, its end."""

    ids: tuple[int, ...]
    probs: tuple[float, ...]
    hows: tuple[str, ...]
    stop: str = ""


@dataclass(frozen=True)
class SavedRun:
    """What a file holds.

    `ways` begins with the one that was shown, `n_input` of whose tokens were part of the shown
    input; `names` are places of the tree by the ids that lead there.
    `graph_sha256` is that of the graph that wrote it, `settings` are all of SETTINGS.
    """

    model: str
    graph_sha256: str
    prompt: str
    chat: bool
    settings: Mapping[str, float]
    ways: tuple[SavedWay, ...]
    n_input: int = 0
    names: Mapping[tuple[int, ...], str] = field(default_factory=dict)


def written_run(run: SavedRun) -> str:
    """The file's text. The inverse of `read_run`."""
    told: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "model": run.model,
        "graph_sha256": run.graph_sha256,
        "prompt": run.prompt,
        "chat": run.chat,
        "settings": dict(run.settings),
        "n_input": run.n_input,
        "ways": [
            {
                "ids": list(way.ids),
                "probs": list(way.probs),
                "how": list(way.hows),
                "stop": way.stop,
            }
            for way in run.ways
        ],
        "names": [{"ids": list(ids), "name": name} for ids, name in run.names.items()],
    }
    return json.dumps({**told, "sha256": _digest(told)}, ensure_ascii=False, indent=1) + "\n"


def read_run(text: str) -> SavedRun:
    """What a file says.

    Raises:
        InputError: It is not ours, of a newer format, altered, or says what cannot be.
    """
    told = _told(text)
    if told.get("version") != VERSION:
        raise InputError("runfile.newer", got=str(told.get("version"))[:20], known=VERSION)
    digest = told.pop("sha256", None)
    if digest != _digest(told):
        raise InputError("runfile.altered")
    try:
        return _checked(told)
    except (KeyError, TypeError, ValueError, AttributeError, InputError):
        raise InputError("runfile.wrong") from None


def _told(text: str) -> dict[str, Any]:
    if len(text) > MOST_LETTERS:
        raise InputError("runfile.not_ours")
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError("runfile.not_ours") from None
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise InputError("runfile.not_ours")
    return told


def _digest(told: Mapping[str, Any]) -> str:
    plain = json.dumps(told, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()


def _checked(told: Mapping[str, Any]) -> SavedRun:
    settings = {name: _setting(name, told["settings"][name]) for name in SETTINGS}
    check_settings(**settings)
    ways = tuple(_way(way) for way in told["ways"])
    names = {_ids(one["ids"]): str(one["name"]) for one in told["names"]}
    n_input = _whole(told["n_input"])
    if not ways or n_input > len(ways[0].ids) or not isinstance(told["chat"], bool):
        raise ValueError
    return SavedRun(
        str(told["model"]),
        str(told["graph_sha256"]),
        str(told["prompt"]),
        told["chat"],
        settings,
        ways,
        n_input,
        names,
    )


def _setting(name: str, value: float) -> float:
    if SETTINGS[name].is_whole:
        return _whole(int(value) if float(value).is_integer() else -1)
    return float(value)


def _way(told: Mapping[str, Any]) -> SavedWay:
    ids, probs = _ids(told["ids"]), tuple(float(value) for value in told["probs"])
    hows, stop = tuple(told["how"]), told["stop"]
    fits = len(ids) == len(probs) == len(hows) and stop in STOPS and set(hows) <= HOWS
    if not fits or not all(math.isfinite(value) and 0 <= value <= 1 + 1e-6 for value in probs):
        raise ValueError
    return SavedWay(ids, probs, hows, stop)


def _ids(told: list[int]) -> tuple[int, ...]:
    return tuple(_whole(value) for value in told)


def _whole(value: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError
    return value
