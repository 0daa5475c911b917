"""The fields of an address: how each is read from a stranger's text, and written again.

A reader gives None for whatever means nothing. What only a model or a text can tell (is there such
a layer, such a token) is asked where they are known, in app/navigation.py.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seethrough.core.against import read_against, written_against
from seethrough.core.atlas import LAYOUTS
from seethrough.core.bands import COLOURS, MOST_BANDS
from seethrough.core.beam_plan import read_plan, written_plan
from seethrough.core.cell import Cell, parse_cell
from seethrough.core.depth import DEPTHS
from seethrough.core.ending_plan import read_ending_plan, written_ending_plan
from seethrough.core.errors import InputError
from seethrough.core.heads import Heads, read_heads, written_heads
from seethrough.core.moved import read_moved, written_moved
from seethrough.core.plane import MOST_ZOOM
from seethrough.core.row_words import N_TERMS
from seethrough.core.second import read_second, written_second
from seethrough.core.settings import SETTINGS
from seethrough.core.stops import STOP_NAMES
from seethrough.core.token_kinds import KINDS
from seethrough.core.tokens import LIMIT, STOPPED
from seethrough.core.word_groups import GROUPS

if TYPE_CHECKING:
    from collections.abc import Callable

    from seethrough.core.settings import Setting

MAX_WRITTEN = 64
MAX_ID = 9_999_999
MAX_INDEX = 999_999
MOST_TYPED = 200
DECIMAL = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?(e[+-]?[0-9]{1,3})?")
HEADS = re.compile(r"[0-9]{1,4}\.[0-9]{1,4}(,[0-9]{1,4}\.[0-9]{1,4}){0,15}")
WALK = re.compile(r"[A-Za-z0-9._-]{1,80}(/[A-Za-z0-9._-]{1,80})?")
# Why a text stopped, where its tokens alone do not tell.
STOPS = (LIMIT, STOPPED)


@dataclass(frozen=True)
class Field:
    """One field: its name in the address, the attribute of `Place`, how it is read and written."""

    name: str
    attribute: str
    read: Callable[[str], Any]
    write: Callable[[Any], str] = str


def whole(least: int, most: int) -> Callable[[str], int | None]:
    """A reader of whole numbers in a range, in ASCII digits."""

    def read(text: str) -> int | None:
        is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(most))
        return int(text) if is_number and least <= int(text) <= most else None

    return read


def decimal(row: Setting) -> Callable[[str], float | None]:
    """A reader of a setting that is no whole number."""

    def read(text: str) -> float | None:
        number = float(text) if DECIMAL.fullmatch(text) else math.nan
        try:
            row.check(number)
        except InputError:
            return None
        return number

    return read


def setting(row: Setting) -> Field:
    """The field of a setting; of a vocabulary's size an address knows nothing."""
    if not row.is_whole:
        return Field(row.name, SETTING, decimal(row), repr)
    most = MAX_ID if row.most is None else int(row.most)
    return Field(row.name, SETTING, whole(int(row.least), most))


def flag(text: str) -> bool | None:
    """Yes or no."""
    return {"1": True, "0": False}.get(text)


def hidden(text: str) -> bool | None:
    """Whether something is switched off."""
    return {"off": True, "on": False}.get(text)


def matrix(text: str) -> bool | None:
    """Whether the map is of the unembedding's rows."""
    return True if text == "unembedding" else None


def token_ids(text: str) -> tuple[int, ...] | None:
    """Token ids with commas between them, at most 64."""
    parts = text.split(",", MAX_WRITTEN)
    ids = tuple(map(whole(0, MAX_ID), parts))
    known = tuple(token for token in ids if token is not None)
    return known if len(known) == len(ids) <= MAX_WRITTEN else None


def ids_of(count: int) -> Callable[[str], tuple[int, ...] | None]:
    """A reader of so many token ids."""

    def read(text: str) -> tuple[int, ...] | None:
        ids = token_ids(text)
        return ids if ids is not None and len(ids) == count else None

    return read


def some_heads(text: str) -> Heads | None:
    """Heads with commas between them: 23.3,19.2."""
    return read_heads(text) if HEADS.fullmatch(text) else None


def cell(text: str) -> Cell | None:
    """A number of the model by its name."""
    return parse_cell(text) if text.isascii() else None


def window(text: str) -> tuple[float, float, float] | None:
    """A window onto the map: its middle in the square, and how many times it is enlarged."""
    parts = text.split(",", 3)
    if len(parts) != 3 or not all(map(DECIMAL.fullmatch, parts)):  # noqa: PLR2004 - x, y, zoom
        return None
    x, y, zoom = map(float, parts)
    is_there = 0.0 <= x <= 1.0 and 0.0 <= y <= 1.0 and 1.0 <= zoom <= MOST_ZOOM
    return (x, y, zoom) if is_there else None


def written_window(place: tuple[float, float, float]) -> str:
    """The inverse of `window`; five digits of the square are a pixel at the largest zoom."""
    x, y, zoom = place
    return f"{x:.5f},{y:.5f},{zoom:.2f}"


def kinds(text: str) -> tuple[int, ...] | None:
    """Kinds of tokens by their names, with commas between them."""
    names = text.split(",", len(KINDS))
    return tuple(map(KINDS.index, names)) if all(name in KINDS for name in names) else None


def written_kinds(numbers: tuple[int, ...]) -> str:
    """The inverse of `kinds`."""
    return ",".join(KINDS[number] for number in numbers)


def bands(text: str) -> tuple[int, ...] | None:
    """Bands of a colour by their numbers, with commas between them."""
    numbers = tuple(map(whole(0, MOST_BANDS - 1), text.split(",", MOST_BANDS)))
    known = tuple(number for number in numbers if number is not None)
    return known if len(known) == len(numbers) else None


def name_of_walk(text: str) -> str | None:
    """What may be the name of a recorded walk."""
    return text if WALK.fullmatch(text) else None


def typed(text: str) -> str | None:
    """What is searched for, of a bounded length."""
    return text if 0 < len(text) <= MOST_TYPED else None


def one_of(names: tuple[str, ...]) -> Callable[[str], str | None]:
    """A reader of a few words."""
    return lambda text: text if text in names else None


def one_word(word: str) -> Callable[[str], bool | None]:
    """A reader of a wish that one word says."""
    return lambda text: True if text == word else None


def written_ids(ids: tuple[int, ...]) -> str:
    """The inverse of `token_ids`."""
    return ",".join(map(str, ids))


# The attribute of `Place` that holds the settings, each by its name.
SETTING = "settings"
BEFORE_SETTINGS = (
    Field("prompt", "prompt", str),
    Field("chat", "chat", flag, lambda _: "1"),
    Field("model", "model", str),
    Field("written", "written", token_ids, written_ids),
    Field("taken", "taken", whole(0, MAX_WRITTEN)),
    Field("stop", "stop", one_of(STOPS)),
    Field("pos", "position", whole(0, MAX_INDEX)),
    Field("layer", "layer", whole(0, MAX_INDEX)),
    Field("head", "head", whole(0, MAX_INDEX)),
    Field("beside", "second", read_second, written_second),
    Field("moved", "moved", read_moved, written_moved),
    Field("off", "off", some_heads, written_heads),
    Field("neuron", "neuron", whole(0, MAX_INDEX)),
    Field("word", "word", whole(0, MAX_INDEX)),
    Field("compare", "compared", whole(0, MAX_ID)),
    Field("step", "chosen_step", whole(0, MAX_INDEX)),
    Field("mean", "is_mean", flag, lambda _: "1"),
    Field("special", "hides_special", hidden, lambda _: "off"),
    Field("cell", "cell", cell),
)
OF_MAP = (
    Field("of", "is_unembedding", matrix, lambda _: "unembedding"),
    Field("layout", "layout", one_of(LAYOUTS)),
    Field("at", "window", window, written_window),
    Field("token", "token", whole(0, MAX_ID)),
    Field("hide", "hidden", kinds, written_kinds),
    Field("q", "sought", typed),
    Field("words", "group", one_of(tuple(GROUPS))),
    Field("colour", "colour", one_of(COLOURS)),
    Field("without", "bands", bands, written_ids),
    Field("tour", "tour_stop", one_of(STOP_NAMES)),
    Field("walk", "walk", name_of_walk),
    Field("path", "path", whole(0, MAX_INDEX)),
    Field("pick", "picked", token_ids, written_ids),
    Field("axis", "axis_of", ids_of(2), written_ids),
    Field("sum", "terms", ids_of(N_TERMS), written_ids),
)
AFTER_SETTINGS = (
    Field("beams", "beam_plan", read_plan, written_plan),
    Field("endings", "ending_plan", read_ending_plan, written_ending_plan),
    Field("against", "against", read_against, written_against),
    Field("column", "column", whole(0, MAX_INDEX)),
    Field("dart", "dart", whole(0, MAX_INDEX)),
    Field("tally", "is_tallied", flag, lambda _: "1"),
    Field("depth", "depth", one_of(DEPTHS)),
    Field("lang", "language", str),
    Field("only", "is_recordings_only", one_word("recordings"), lambda _: "recordings"),
    *OF_MAP,
)


def all_fields() -> tuple[Field, ...]:
    """Every field in the order of an address; "lang" is read where the languages are known."""
    return (*BEFORE_SETTINGS, *map(setting, SETTINGS.values()), *AFTER_SETTINGS)


# What a link may wish anywhere: the language, and that nothing is run on this device.
ANYWHERE = frozenset({"lang", "only"})
# Of one's own text alone: a recording has its own.
OF_A_TEXT = frozenset({"prompt", "chat", "model", "written", "taken", "stop"})
# What can be said of the map alone.
OF_THE_MAP = frozenset(one.name for one in OF_MAP)
