"""A short fingerprint of markup: the build and the page compare what they rendered."""

from __future__ import annotations

import hashlib

LENGTH = 16


def digest(markup: str) -> str:
    """The first 16 hex digits of the SHA-256 of some markup in UTF-8."""
    return hashlib.sha256(markup.encode()).hexdigest()[:LENGTH]
