"""Kinds of tokens."""

from __future__ import annotations

import pytest

from seethrough.core.token_kinds import KINDS, kind_of


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b" the", "start"),
        (b"ing", "inside"),
        (" čaj".encode(), "start"),
        (b"don't", "inside"),
        (b"x1", "inside"),
        ("月".encode(), "script"),
        (" мир".encode(), "script"),
        (b" 42", "digits"),
        (b"7", "digits"),
        (b"!!", "signs"),
        (b" +=", "signs"),
        ("🙂".encode(), "signs"),
        (b"   ", "blanks"),
        (b"\n\t", "blanks"),
        (b"\x00", "blanks"),
        (b"\xe6\x9c", "bytes"),
        (b"", "blanks"),
        (None, "gap"),
    ],
)
def test_each_token_is_of_one_kind(raw: bytes | None, kind: str) -> None:
    """Letters first, then digits, blanks, signs; what is no text is bytes."""
    assert KINDS[kind_of(raw)] == kind


def test_special_tokens_are_special_whatever_they_say() -> None:
    """<|im_end|> has letters, and is no word."""
    assert KINDS[kind_of(b"<|im_end|>", is_special=True)] == "special"
