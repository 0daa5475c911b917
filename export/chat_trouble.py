"""Why a chat template cannot be offered."""

from __future__ import annotations

from seethrough.core.errors import SeethroughError


class NoSegmentsError(SeethroughError):
    """Why a template cannot be written as segments, for the page to say in its language."""
