"""What the shown text is set against: other settings, another prompt or model; in an address.

"settings,12,temperature:1,top_k:40", "prompt,12,Paris is", "model,12,distilgpt2": what differs, how
many tokens each side writes, the other side.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from seethrough.core.errors import InputError
from seethrough.core.settings import SETTINGS, Sampling

BY_SETTINGS, BY_PROMPT, BY_MODEL = KINDS = ("settings", "prompt", "model")
MOST_WRITTEN = 24
MOST_PROMPT = 2_000
N_PARTS = 3
# What the other side may set: how much is written is the same for both.
SET = tuple(name for name in SETTINGS if name != "max_new_tokens")
DIGITS = frozenset("0123456789.e+-")


@dataclass(frozen=True)
class Against:
    """What stands on the other side, and how many tokens each side writes.

    Only what `kind` names differs; the rest is kept for when the reader turns to it.
    """

    kind: str = BY_SETTINGS
    n_tokens: int = 12
    settings: Sampling = field(default_factory=lambda: Sampling(temperature=1.0))
    prompt: str = ""
    model: str = ""

    def but(self, name: str, value: str) -> Against:
        """The same, one thing changed: `kind`, `n_tokens`, `prompt`, `model`, or a setting.

        Raises:
            InputError: There is no such thing, or it cannot be so.
        """
        if name in SET:
            return replace(self, settings=self.settings.but(**{name: setting(name, value)}))
        if name == "kind" and value in KINDS:
            return replace(self, kind=value)
        if name == "n_tokens" and is_count(value):
            return replace(self, n_tokens=int(value))
        if name == "prompt" and len(value) <= MOST_PROMPT:
            return replace(self, prompt=value)
        if name == "model":
            return replace(self, model=value)
        raise InputError("page.number", name=name, got=value[:MOST_PROMPT])


def setting(name: str, written: str) -> float:
    """A setting's value.

    Raises:
        InputError: It is no number, or out of the setting's range.
    """
    row = SETTINGS[name]
    try:
        value = float(written) if set(written) <= DIGITS else math.nan
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or (row.is_whole and value != int(value)):
        raise InputError("page.number", name=name, got=written)
    row.check(value)
    return int(value) if row.is_whole else value


def is_count(text: str) -> bool:
    """Whether so many tokens can be written."""
    is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(MOST_WRITTEN))
    return is_number and 1 <= int(text) <= MOST_WRITTEN


def read_against(text: str) -> Against | None:
    """What an address says of it; None: it means nothing."""
    kind, number, rest = [*text.split(",", N_PARTS - 1), "", ""][:N_PARTS]
    if kind not in KINDS or not is_count(number):
        return None
    plan = Against(kind, int(number))
    try:
        if kind != BY_SETTINGS:
            return plan.but(kind, rest)
        for part in filter(None, rest.split(",", len(SET))):
            name, _, value = part.partition(":")
            if name not in SET:
                return None
            plan = plan.but(name, value)
    except InputError:
        return None
    return plan


def written_against(plan: Against) -> str:
    """The inverse of `read_against`: only what differs from the plan that nobody changed."""
    usual = Against().settings.values
    values = plan.settings.values
    some = [f"{name}:{values[name]!r}" for name in SET if values[name] != usual[name]]
    rest = {BY_SETTINGS: some, BY_PROMPT: [plan.prompt], BY_MODEL: [plan.model]}[plan.kind]
    return ",".join([plan.kind, str(plan.n_tokens), *rest])
