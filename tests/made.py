"""The recordings of a folder with all their files, and what their insides are held to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from export.record import Files
from seethrough.core import hooks
from seethrough.core.insides import (
    FINAL_WEIGHT,
    INSIDES_FOLDER,
    MEAN_ROW,
    READING_PART,
    UNEMBEDDING,
    inside_names,
    is_whole,
    layer_of_part,
    reading_ids,
)
from seethrough.core.parts import PARTS_FOLDER, part_from_bytes
from seethrough.core.recording import Recording, from_bytes
from tests.parity import default_model

if TYPE_CHECKING:
    from export.native import NativeModel
    from seethrough.core.parts import Part


def stored() -> dict[str, Files]:
    """The recordings that the build made with their parts, by id, in their order."""
    folder = default_model() / "recordings"
    files = sorted(folder.glob("*.safetensors"))
    assert files, "The model has no recordings: run `python3 build.py build`, which makes them."
    return {from_bytes(file.read_bytes()).id: read(file) for file in files}


def read(file: Path) -> Files:
    """A recording of a folder, the parts and the insides beside it."""
    name = file.name.rpartition("-")[0]
    parts, insides = (
        {part_from_bytes(data).name: data for data in map(Path.read_bytes, found)}
        for found in (
            (file.parent / folder).glob(f"{name}-*.safetensors")
            for folder in (PARTS_FOLDER, INSIDES_FOLDER)
        )
    )
    return Files(file.read_bytes(), parts, insides)


def check_insides(files: Files, model: NativeModel) -> None:
    """Every number inside the layers is that of a run of its own, bit for bit; −∞ where masked."""
    made, config = from_bytes(files.recording), model.manifest.config
    for data in (files.insides[name] for name in files.insides if name != READING_PART):
        part = part_from_bytes(data)
        part.check_against(made, config)
        layer = layer_of_part(part.name)
        assert layer is not None
        model.reset()
        captured = model.run(made.ids, inside_names(config, layer))
        arrays, positions = part.more(made)
        assert arrays.keys() == set(inside_names(config, layer))
        for name, array in arrays.items():
            rows = slice(None) if is_whole(name) else list(positions[name])
            np.testing.assert_array_equal(array, captured[name][rows], err_msg=name)
            assert array.dtype == np.float32
    check_reading(part_from_bytes(files.insides[READING_PART]), made, model)


def check_reading(part: Part, made: Recording, model: NativeModel) -> None:
    """The final norm of every position, its weight, the tokens' rows, the average one."""
    config = model.manifest.config
    part.check_against(made, config)
    model.reset()
    scales = model.run(made.ids, [hooks.FINAL_SCALE])[hooks.FINAL_SCALE]
    np.testing.assert_array_equal(part.arrays[hooks.FINAL_SCALE], scales)
    weight = model.rows(UNEMBEDDING, range(config.d_model))
    ids = reading_ids(made, config.d_model)
    assert set(ids) == {*made.ids[1:], *(item.id for item in made.top)}
    np.testing.assert_array_equal(part.arrays[UNEMBEDDING], weight[:, list(ids)].T)
    final = model.rows(FINAL_WEIGHT, range(config.d_model)).reshape(-1)
    np.testing.assert_array_equal(part.arrays[FINAL_WEIGHT], final)
    np.testing.assert_allclose(part.arrays[MEAN_ROW], weight.mean(axis=1, dtype=float), atol=1e-7)
