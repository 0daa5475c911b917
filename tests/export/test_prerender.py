"""The first slides in the static page are what Python would write there."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from export import prerender
from seethrough.core.digest import digest
from tests.fake_engine import tiny_model
from tests.recorded import recorded, site_of

if TYPE_CHECKING:
    from pathlib import Path


def site(folder: Path) -> Path:
    """A folder with a tiny model's list, manifest and one recording."""
    files = site_of(recorded(), models=(tiny_model(),)).files
    for name, content in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def fields_of(folder: Path) -> dict[str, str]:
    """The slots, rendered in a thread: the browser tests' own event loop may run in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(prerender.fields, folder).result()


def test_slides_carry_their_digest(tmp_path: Path) -> None:
    """Home stands in the page, each walk's first step waits in it, all with digests.

    Those are of what Python draws: an answer for who has no script is not in it.
    """
    fields = fields_of(site(tmp_path))
    slides = re.findall(
        r'<template data-route="([^"]+)" data-title="([^"]*)" data-digest="(\w+)">(.*?)</template>',
        fields["slides"],
        re.DOTALL,
    )

    assert "See a real language model think" in fields["view"]
    pages = {"#/about", "#/ready", "#/glossary", "#/map", "*"}
    assert {route for route, _, _, _ in slides} == {"#/walk/thing", "#/walk/thing/input"} | pages
    for _, _, fingerprint, markup in slides:
        assert digest(markup) == fingerprint
    told = re.match(r'data-digest="(\w+)">(.*)', fields["view"], re.DOTALL)
    assert told is not None
    drawn, answers = re.subn(r"<noscript>.*?</noscript>", "", told[2], flags=re.DOTALL)
    assert digest(drawn) == told[1]
    assert answers == 1


def test_the_same_input_gives_the_same_page(tmp_path: Path) -> None:
    """Two builds of the same files agree, so that a version changes only with its content."""
    assert fields_of(site(tmp_path)) == fields_of(tmp_path)
