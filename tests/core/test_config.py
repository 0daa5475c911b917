from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, fields, replace
from typing import Any

import pytest

from seethrough.core.config import POSITIVE, ModelConfig
from seethrough.core.errors import SourceError
from tests.fake_engine import CONFIG


@pytest.mark.parametrize("name", POSITIVE)
@pytest.mark.parametrize("value", [0, -1, float("nan")])
def test_a_count_is_above_0(name: str, value: float) -> None:
    """The sentence names the field and what it is."""
    with pytest.raises(SourceError, match=f"The model's {name} is {value}, expected") as caught:
        replace(CONFIG, **{name: value})
    assert caught.value.key == "config.not_positive"


def test_every_count_and_width_is_checked() -> None:
    """No `n_*` or `d_*` escapes the rule."""
    names = {field.name for field in fields(ModelConfig) if field.name[:2] in {"n_", "d_"}}

    assert names <= set(POSITIVE)


def test_query_heads_share_key_heads_evenly() -> None:
    """4 query heads cannot share 3 key/value heads."""
    with pytest.raises(SourceError, match="4 query heads and 3 key/value heads"):
        replace(CONFIG, n_key_value_heads=3)


def test_a_rotary_head_has_an_even_width() -> None:
    """Rotation turns pairs; without it an odd width is fine."""
    with pytest.raises(SourceError, match="expected an even number"):
        replace(CONFIG, d_head=7)
    assert replace(CONFIG, d_head=7, positional_embedding_type="standard").d_head == 7


@pytest.mark.parametrize(("n_key_value_heads", "n_group"), [(4, 1), (2, 2), (1, 4)])
def test_a_group_is_the_heads_that_share(n_key_value_heads: int, n_group: int) -> None:
    """Query heads per key/value head."""
    assert replace(CONFIG, n_key_value_heads=n_key_value_heads).n_group == n_group


def test_a_config_survives_json() -> None:
    """What was written is what is read, and two equal configs are one key of a table."""
    again = ModelConfig.from_json(json.loads(json.dumps(CONFIG.to_json())))

    assert again == CONFIG
    assert hash(again) == hash(CONFIG)


@pytest.mark.parametrize(
    ("change", "said"),
    [({"d_model": None}, "d_model"), ({"n_experts": 8}, "n_experts")],
)
def test_another_version_s_config_is_refused(change: dict[str, Any], said: str) -> None:
    """A missing field and an unknown one are named."""
    data = {**CONFIG.to_json(), **change}
    data = {name: value for name, value in data.items() if value is not None}

    with pytest.raises(SourceError, match=f"in: {said}. Export the model again"):
        ModelConfig.from_json(data)


def test_a_config_is_frozen() -> None:
    """Nothing changes a model's size after it was checked."""
    with pytest.raises(FrozenInstanceError):
        CONFIG.d_model = 64  # type: ignore[misc]
