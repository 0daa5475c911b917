"""The golden files of the walk and of the block are what transformers gives today, in float64."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.block_truth import goldens
from tests.reference.make_walk_goldens import pair_of, value_of, whole
from tests.walk_models import MODELS, SMOLLM2
from tests.walk_truth import SUBJECTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seethrough.core.cache import Array
    from tests.reference.conftest import Oracles
    from tests.reference.make_walk_goldens import Oracle
    from tests.walk_models import Held

pytestmark = pytest.mark.reference

# The files keep nine digits, and what is rounded to a number of places at least six of them.
DIGITS, PLACES = 1e-8, 2e-6
# Those of the block (tests/block_truth.py) are float32.
OF_FLOAT32 = 1.2e-7


@dataclass
class Told:
    """A model, and transformers in float64."""

    held: Held
    double: Oracle

    @cached_property
    def prompts(self) -> Mapping[str, Any]:
        """What the golden file has."""
        prompts: dict[str, Any] = self.held.told()["prompts"]
        return prompts


@pytest.fixture(scope="module", params=MODELS)
def told(
    request: pytest.FixtureRequest, oracles: Oracles, tmp_path_factory: pytest.TempPathFactory
) -> Told:
    """Each model in turn, read by transformers itself."""
    held = MODELS[request.param]
    if held.name == SMOLLM2:
        return Told(held, oracles.double)
    return Told(held, pair_of(held, tmp_path_factory.mktemp(held.name)).double)


def test_the_seeded_numbers_are_the_golden_s(told: Told) -> None:
    """The file was made of the numbers that the generator gives here."""
    assert told.held.told()["weights"] == told.held.digest()


@pytest.mark.parametrize("name", SUBJECTS)
def test_every_golden_number(told: Told, name: str) -> None:
    """Each cell, length, lens and greedy token of both files is computed again."""
    golden = told.prompts[name]
    run = told.double.hooks(golden["ids"])

    for found in (*golden["steps"].values(), golden.get("sweep", {"cells": {}})):
        check_cells(run, found["cells"])
    check_cells(run, goldens(told.held)[name].cells, digits=OF_FLOAT32)
    new = [int(token) for token, _ in golden["continuation"]]
    for kind, numbers in whole(told.double, run, golden["ids"], new).items():
        np.testing.assert_allclose(
            flat(golden[kind]), flat(numbers), rtol=DIGITS, atol=PLACES, err_msg=kind
        )


def check_cells(
    run: Mapping[str, Array], cells: Mapping[str, float], *, digits: float = DIGITS
) -> None:
    """Golden values by cell are those of a run."""
    wrong = {
        name: (golden, value_of(run, name))
        for name, golden in cells.items()
        if value_of(run, name) != pytest.approx(golden, rel=digits, abs=1e-12)
    }
    assert wrong == {}


def flat(numbers: Any) -> list[float]:  # noqa: ANN401 - lists in lists
    """All numbers of nested lists, in order."""
    return (
        [one for part in numbers for one in flat(part)] if isinstance(numbers, list) else [numbers]
    )
