"""Why a chat template cannot be offered."""

from __future__ import annotations


class NoSegmentsError(Exception):
    """Why a template cannot be written as segments, as a sentence."""
