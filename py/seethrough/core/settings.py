"""How the next token is chosen: one row describes a setting, one record holds the values of all.

From a row of SETTINGS follow the setting's place in an address, in the form, at the step "sample"
and in the door, its check, and its place among the cuts. Its sentences stand in the catalogue:
`sampling.<name>` (refused), `page.sampling.<name>` and `step.sample.dial.<name>` (labels), and of
a cut `step.sample.cut.<name>` and `step.sample.film.<name>`; of an edit
`step.sample.edit.<name>`, `step.sample.edit_told.<name>` and `step.sample.film.<name>`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seethrough.core.cuts import cut_min_p, cut_top_k, cut_top_p, cut_typical
from seethrough.core.edits import ban_repeats, penalise
from seethrough.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from seethrough.core.cache import Array
    from seethrough.core.cuts import Cut
    from seethrough.core.edits import Edit

MAX_SEED = 2**53
MAX_NEW = 4096
MOST_RUN = 20
ANY = "any"  # a number to write may have as many decimals as its reader likes


@dataclass(frozen=True)
class Control:
    """What the browser offers: a number to write, or a slider ("range"), and its limits.

    A number to write has the setting's own range; a slider has what is worth trying, and goes as
    far as the value does.
    """

    least: str
    most: str | None
    step: str
    kind: str = "number"


@dataclass(frozen=True)
class Setting:
    """One setting of the draw.

    `default` is what it is while nobody sets it, `neutral` what leaves the probabilities alone;
    None: it has no part in them. `most` None: the size of the vocabulary. `edit` takes logits, the
    value and the ids of the whole text, before the temperature. `cut` takes probabilities by id,
    the value, and the ids from the largest logit down. `control` is the form's, `dial` that of the
    step "sample", if it has one.
    """

    name: str
    default: float
    control: Control
    neutral: float | None = None
    least: float = 0
    most: float | None = 1
    is_whole: bool = False
    is_above_least: bool = False
    edit: Callable[[Array, float, Sequence[int]], Edit] | None = None
    cut: Callable[[Array, float, Array], Cut] | None = None
    dial: Control | None = None

    def check(self, value: float) -> None:
        """Refuse what means nothing.

        Raises:
            InputError: The value is outside the range; of a vocabulary's size nothing is known.
        """
        most = math.inf if self.most is None else self.most
        is_above = self.least < value if self.is_above_least else self.least <= value
        if not (is_above and value <= most):
            key = f"sampling.{self.name}"
            raise InputError(key, got=value)


# In the order of an address and of the page; edits and cuts are made in this order.
SETTINGS: dict[str, Setting] = {
    row.name: row
    for row in (
        Setting(
            "temperature",
            default=0.0,
            neutral=1.0,
            most=100,
            control=Control("0", "100", ANY),
            dial=Control("0", "2", "0.05", "range"),
        ),
        Setting(
            "top_k",
            default=0,
            neutral=0,
            most=None,
            is_whole=True,
            cut=cut_top_k,
            control=Control("0", None, "1"),
            dial=Control("0", None, "1"),
        ),
        Setting(
            "top_p",
            default=1.0,
            neutral=1.0,
            is_above_least=True,
            cut=cut_top_p,
            control=Control("0", "1", ANY),
            dial=Control("0.01", "1", "0.01", "range"),
        ),
        Setting(
            "min_p",
            default=0.0,
            neutral=0.0,
            cut=cut_min_p,
            control=Control("0", "1", ANY),
            dial=Control("0", "0.5", "0.01", "range"),
        ),
        Setting(
            "typical_p",
            default=1.0,
            neutral=1.0,
            is_above_least=True,
            cut=cut_typical,
            control=Control("0", "1", ANY),
            dial=Control("0.01", "1", "0.01", "range"),
        ),
        Setting(
            "repetition_penalty",
            default=1.0,
            neutral=1.0,
            is_above_least=True,
            most=10,
            edit=penalise,
            control=Control("0", "10", ANY),
            dial=Control("0.5", "2", "0.05", "range"),
        ),
        Setting(
            "no_repeat_ngram_size",
            default=0,
            neutral=0,
            most=MOST_RUN,
            is_whole=True,
            edit=ban_repeats,
            control=Control("0", str(MOST_RUN), "1"),
            dial=Control("0", str(MOST_RUN), "1"),
        ),
        Setting(
            "seed",
            default=1,
            most=MAX_SEED,
            is_whole=True,
            control=Control("0", str(MAX_SEED), "1"),
            dial=Control("0", str(MAX_SEED), "1"),
        ),
        Setting(
            "max_new_tokens",
            default=24,
            least=1,
            most=MAX_NEW,
            is_whole=True,
            control=Control("1", str(MAX_NEW), "1"),
        ),
    )
}
# Settings to try; a cut that is not named cuts nothing.
PRESETS: Mapping[str, Mapping[str, float]] = {
    "best": {"temperature": 0.0},
    "careful": {"temperature": 0.7, "top_k": 40, "top_p": 0.9},
    "own": {"temperature": 1.0},
    "wild": {"temperature": 1.5, "min_p": 0.02},
}


@dataclass(frozen=True, init=False)
class Sampling:
    """The value of every setting, by name. At temperature 0 the most probable token is taken."""

    values: Mapping[str, float]

    def __init__(self, values: Mapping[str, float] | None = None, **given: float) -> None:
        """Take what is given; the rest is as ever.

        Raises:
            TypeError: There is no such setting.
        """
        named = {**(values or {}), **given}
        unknown = named.keys() - SETTINGS.keys()
        if unknown:
            msg = f"there is no setting {min(unknown)!r}"
            raise TypeError(msg)
        whole = {name: named.get(name, row.default) for name, row in SETTINGS.items()}
        object.__setattr__(self, "values", whole)

    def __getitem__(self, name: str) -> float:
        """The value of a setting."""
        return self.values[name]

    def __hash__(self) -> int:
        """Equal settings have equal hashes."""
        return hash(tuple(self.values.items()))

    @property
    def temperature(self) -> float:
        """What the logits are divided by; 0 is greedy."""
        return self.values["temperature"]

    @property
    def seed(self) -> int:
        """What the darts depend on."""
        return int(self.values["seed"])

    @property
    def max_new_tokens(self) -> int:
        """The most tokens that are written at once."""
        return int(self.values["max_new_tokens"])

    @property
    def shape(self) -> dict[str, float]:
        """The settings that change the probabilities."""
        return {name: self.values[name] for name in shaping()}

    def but(self, **changes: float) -> Sampling:
        """The same, some settings changed."""
        return Sampling(self.values, **changes)


def shaping() -> dict[str, float]:
    """The settings that change the probabilities, each with the value that does not."""
    return {name: row.neutral for name, row in SETTINGS.items() if row.neutral is not None}


def preset(name: str) -> dict[str, float]:
    """What a preset sets: everything that changes the probabilities."""
    return {**shaping(), **PRESETS[name]}


def check_settings(*values: float, **named: float) -> None:
    """Refuse settings that mean nothing.

    Args:
        values: In the order of SETTINGS.
        named: By name.
    Raises:
        InputError: One is outside its range.
        KeyError: There is no such setting.
    """
    for name, value in (*zip(SETTINGS, values, strict=False), *named.items()):
        SETTINGS[name].check(value)
