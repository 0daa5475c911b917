"""What the room of training shows: what is learned by which model, how far it is, what it wrote."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seethrough.app.slow import Slow
from seethrough.core.train.course import DATA, Course

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seethrough.app.message import Message
    from seethrough.core.train.course import Sample


@dataclass(frozen=True)
class Lesson:
    """A model that is trained.

    The plan is `lesson_data` (of `lesson_text` the reader's own), `lesson_size`, `lesson_rate` and
    `lesson_seed`. `lesson_stage`: "" before the first step, "opening", "going", "paused";
    `lesson_goal` is the step that it pauses at. `lesson_marks` are what counting alone comes to,
    `lesson_ms` what a step took of late, `lesson_told` why it did not go on. `own_model` is the
    name under which other views find what was trained, `own_step` its step. `slow` is the last
    step, taken apart.
    """

    lesson_data: str = DATA[0]
    lesson_text: str = ""
    lesson_size: str = "100k"
    lesson_rate: float = 3e-3
    lesson_seed: int = 0
    lesson_stage: str = ""
    lesson_goal: int = 0
    course: Course = field(default_factory=Course)
    lesson_marks: Mapping[str, float] = field(default_factory=dict)
    samples: tuple[Sample, ...] = ()
    lesson_ms: float = 0.0
    lesson_told: Message | None = None
    own_model: str = ""
    own_step: int = 0
    slow: Slow = field(default_factory=Slow)

    @property
    def is_going(self) -> bool:
        """Whether steps are being done, or what they need is on its way."""
        return self.lesson_stage in {"opening", "going"}
