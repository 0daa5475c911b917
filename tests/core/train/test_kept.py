"""A training run as a file: it comes back to the bit, and nothing else is taken for one."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from seethrough.core.errors import InputError
from seethrough.core.safetensors import read_safetensors, write_safetensors
from seethrough.core.train.corpus import of_text
from seethrough.core.train.course import OWN_TEXT, Chosen, Course, Sample
from seethrough.core.train.kept import Kept, digest_of, read_kept, written_kept
from seethrough.core.train.update import Updated

TEXT = "the cat sat\n¿Ünïcode? " * 20
CHOSEN = Chosen(OWN_TEXT, TEXT, "25k", 0.003, 7)


def made(**changes: Any) -> Kept:  # noqa: ANN401 - of any field
    """A run of three steps."""
    rng = np.random.default_rng(5)
    state = Updated(*(rng.normal(size=40).astype(np.float32) for _ in range(3)))
    course = Course((3.5, 3.25, 1 / 3), ((0, 3.5), (3, 0.1)))
    samples = (Sample(0, ("x", "")), Sample(3, ("\n",)))
    return replace(Kept(CHOSEN, course, samples, state, digest_of(of_text(TEXT))), **changes)


def told(data: bytes) -> dict[str, Any]:
    """What a file says of its run, beside its numbers."""
    said: dict[str, Any] = json.loads(read_safetensors(data)[0]["told"])
    return said


def test_a_run_comes_back_to_the_bit() -> None:
    """Plan, losses, looks, samples and all three vectors are the very ones."""
    run = made()
    again = read_kept(written_kept(run))

    assert (again.chosen, again.course, again.samples) == (run.chosen, run.course, run.samples)
    for one, other in zip(again.state, run.state, strict=True):
        assert one.tobytes() == other.tobytes()
        assert one.flags.writeable
    assert written_kept(again) == written_kept(run)
    again.check_text(of_text(TEXT))


def test_a_text_of_the_site_is_not_in_the_file() -> None:
    """Its digest is, and another version of the text is refused."""
    run = made(chosen=replace(CHOSEN, data="names", text=""))

    assert "text" not in told(written_kept(run))
    with pytest.raises(InputError, match="another version"):
        run.check_text(of_text(TEXT + "!"))


def changed(key: str, value: object) -> bytes:
    """A file that is sealed anew after a change, as its maker could do."""
    run = made()
    told_of = told(written_kept(run)) | {key: value}
    metadata, arrays = read_safetensors(written_kept(run))
    from seethrough.core.train import kept  # noqa: PLC0415 - its seal is nobody else's

    plain = json.dumps(told_of, ensure_ascii=False)
    sealed = {**metadata, "told": plain, "sha256": kept._sealed(plain, arrays)}
    return write_safetensors(sealed, arrays)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("data", "everything"),
        ("size", "7b"),
        ("rate", 0),
        ("rate", "fast"),
        ("seed", -1),
        ("held", [[1]]),
        ("held", [[1, float("nan")]]),
        ("samples", 5),
    ],
)
def test_what_cannot_be_is_refused(key: str, value: object) -> None:
    """A value that no run can have is refused, however well the file is sealed."""
    with pytest.raises(InputError, match="cannot be"):
        read_kept(changed(key, value))


def test_an_altered_file_is_refused() -> None:
    """One bit of a weight is enough."""
    data = bytearray(written_kept(made()))
    data[-1] ^= 1

    with pytest.raises(InputError, match="altered"):
        read_kept(bytes(data))


def test_numbers_that_are_none_are_refused() -> None:
    """A weight that is no number would spread to all others."""
    state = made().state
    state.weights[3] = np.nan

    with pytest.raises(InputError, match="cannot be"):
        read_kept(written_kept(made(state=state)))


def test_a_newer_format_is_named() -> None:
    """The sentence says which format the page knows."""
    metadata, arrays = read_safetensors(written_kept(made()))

    with pytest.raises(InputError, match="format 9"):
        read_kept(write_safetensors({**metadata, "version": "9"}, arrays))


@pytest.mark.parametrize(
    "data", [b"", b"{}", written_kept(made())[:-3], write_safetensors({}, {}), b"\x00" * 99]
)
def test_other_files_are_not_ours(data: bytes) -> None:
    """Empty, cut, of another kind."""
    with pytest.raises(InputError, match="not a training run"):
        read_kept(data)
