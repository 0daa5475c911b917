"""What a new run begins with: its own values, what is carried on by name, and nothing else."""

from __future__ import annotations

import asyncio
from dataclasses import fields, replace

import pytest

from seethrough.app.actions import Actions
from seethrough.app.state import (
    Branch,
    Choice,
    Endings,
    Lens,
    Message,
    Moved,
    Run,
    Sampling,
    Searched,
    Throws,
    Tracing,
)
from seethrough.core.against import Against
from seethrough.core.beam import Rules, Search
from seethrough.core.beam_plan import BeamPlan
from seethrough.core.cell import Cell
from seethrough.core.contrast import Contrast, Side
from seethrough.core.ending_plan import EndingPlan
from seethrough.core.second import Second
from seethrough.core.tokens import NewToken, candidate
from tests.fake_engine import tiny_model
from tests.recorded import opened_with, recorded

MODEL = tiny_model()
LIVE, RECORDED = "live", "recorded"
NEW = NewToken(5, "x", "x", 0.5, 0)
BEFORE = Choice(
    layer=1,
    head=3,
    position=1,
    asked_layer=None,
    word=2,
    chosen_step=0,
    asked=(candidate(7, 1.0, 2.0, "q", "q"),),
    compared=7,
    asked_note=Message("asked.empty"),
    throws=Throws(at=4, tallied=200, refused=Message("asked.empty")),
    trying=Sampling(temperature=2.0),
    sum=Tracing(Cell("hook_embed", (0, 0))),
    peek=Tracing(Cell("hook_embed", (0, 1))),
    hook="hook_embed",
    off=frozenset({(1, 2)}),
    neuron=3,
    is_searching=True,
    moved=Moved(3, 4),
    second=Second(head=1),
    beam_plan=BeamPlan(n_beams=5),
    ending_plan=EndingPlan(n_tokens=3),
    against=Against(n_tokens=3),
    column=2,
    is_mean=True,
    hides_special=True,
)
# What becomes of each field, by what is shown next. "kept": as it was. "last": the last position.
# "begun": as in a choice that nobody made.
CHOICES = {
    "layer": ("kept", "kept"),
    "head": ("kept", "kept"),
    "position": ("last", "last"),
    "asked_layer": ("begun", "begun"),
    "word": ("begun", "begun"),
    "chosen_step": ("begun", "begun"),
    "asked": ("kept", "begun"),
    "compared": ("begun", "begun"),
    "asked_note": ("begun", "begun"),
    "throws": ("begun", "begun"),
    "trying": ("begun", "begun"),
    "sum": ("kept", "kept"),
    "peek": ("kept", "kept"),
    "hook": ("kept", "kept"),
    "off": ("begun", "begun"),
    "neuron": ("begun", "begun"),
    "is_searching": ("begun", "begun"),
    "moved": ("begun", "begun"),
    "second": ("begun", "begun"),
    "beam_plan": ("kept", "kept"),
    "ending_plan": ("kept", "kept"),
    "against": ("kept", "kept"),
    "column": ("begun", "begun"),
    "is_mean": ("kept", "kept"),
    "hides_special": ("kept", "kept"),
}
# "own": said by what is shown now.
RUNS = {
    "model": ("own", "own"),
    "config": ("own", "own"),
    "source": ("own", "own"),
    "recorded": ("begun", "own"),
    "given": ("own", "own"),
    "knobs": ("begun", "begun"),
    "tokens": ("own", "own"),
    "film": ("own", "own"),
    "top": ("own", "own"),
    "elapsed_ms": ("own", "begun"),
    "captured": ("own", "own"),
    "lens": ("begun", "begun"),
    "words": ("begun", "begun"),
    "marked": ("begun", "begun"),
    "without": ("begun", "begun"),
    "pushes": ("begun", "begun"),
    "missing": ("begun", "begun"),
    "read": ("begun", "begun"),
    "written": ("begun", "begun"),
    "continuation": ("begun", "own"),
    "stop": ("begun", "own"),
    "branches": ("begun", "begun"),
    "place_names": ("begun", "begun"),
    "searched": ("begun", "begun"),
    "endings": ("begun", "begun"),
    "contrast": ("begun", "begun"),
}


def after(kind: str) -> tuple[Run, Run, Choice]:
    """A run with everything set, then another one: the run before, the one now, the choice now."""

    async def scenario() -> tuple[Run, Run, Choice]:
        actions = Actions(await opened_with(recorded(), models=(MODEL,)))
        await actions.run("an other", chat=False)
        more = {"lens": Lens(0, ()), "words": {1: "x"}, "knobs": {}, "elapsed_ms": 9.0}
        written = (replace(NEW, id=actions.state.run.ids[-1]),)
        way = {"continuation": (NEW,), "stop": "end", "branches": (Branch((NEW,)),)}
        more["searched"] = Searched(BeamPlan(), Search(Rules(1, 1)), {})
        more["place_names"] = {(NEW.id,): "mine"}
        more["endings"] = Endings(Sampling(), 8, 100, {}, {})
        side = Side("tiny", "Tiny", "x", Sampling())
        more["contrast"] = Contrast("settings", side, side)
        actions.store.replace(choice=BEFORE, written=written, **more, **way)
        before = actions.state.run
        if kind == LIVE:
            await actions.run("the thing and", chat=False)
        else:
            await actions.show_recording("thing")
        return before, actions.state.run, actions.state.choice

    return asyncio.run(scenario())


def test_the_tables_are_whole() -> None:
    """A new field of a run or a choice needs a row: what becomes of it has to be said."""
    assert [*CHOICES] == [item.name for item in fields(Choice)]
    assert [*RUNS] == [item.name for item in fields(Run)]
    differ = {name for name in CHOICES if getattr(BEFORE, name) != getattr(Choice(), name)}
    assert differ == CHOICES.keys() - {"asked_layer"}


@pytest.mark.parametrize("kind", [LIVE, RECORDED])
def test_what_a_new_run_keeps_of_the_choice(kind: str) -> None:
    """Each field is as it was, as nobody chose it, or the new run's last position."""
    _, run, choice = after(kind)

    for name, told in CHOICES.items():
        expected = {
            "kept": getattr(BEFORE, name),
            "begun": getattr(Choice(), name),
            "last": len(run.tokens) - 1,
        }[told[kind == RECORDED]]
        assert getattr(choice, name) == expected, name


@pytest.mark.parametrize("kind", [LIVE, RECORDED])
def test_what_a_new_run_has_of_its_own(kind: str) -> None:
    """Each field is said by the new run, or empty; none is the old one's."""
    before, run, _ = after(kind)

    for name, told in RUNS.items():
        now = getattr(run, name)
        if told[kind == RECORDED] == "begun":
            assert now == getattr(Run(), name), name
        else:
            assert now != getattr(Run(), name), name
            is_of_model = name in {"model", "config", "source"}
            assert is_of_model or now is not getattr(before, name), name


def test_a_layer_that_is_asked_for_stays_asked_for() -> None:
    """Inside the next model: what was clicked during a run is not lost with it."""
    before, now = Run(model="a", config=MODEL.config), Run(model="b", config=MODEL.config)

    assert replace(BEFORE, asked_layer=1).carried(before, now).asked_layer == 1
    assert replace(BEFORE, asked_layer=29).carried(before, now).asked_layer == 1


def test_the_same_film_keeps_the_word() -> None:
    """More tokens behind the same prompt: its words are the same ones."""
    _, run, _ = after(LIVE)
    longer = replace(run, tokens=(*run.tokens, run.tokens[0]))

    assert BEFORE.carried(run, longer).word == BEFORE.word
    assert BEFORE.carried(run, replace(longer, film=None)).word is None
