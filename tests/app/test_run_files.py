"""A run as a file: opened again, the model writes every way, and the numbers are held to it."""

from __future__ import annotations

import asyncio
import json

from seethrough.app.actions import Actions
from seethrough.app.branches import Branches
from seethrough.app.run_files import file_of, open_file
from seethrough.app.state import Sampling
from seethrough.core import run_file
from tests.fake_engine import opened, tiny_model

MODEL = tiny_model()
PROMPT = "the thing and"
WARM = Sampling(temperature=1.4, seed=11, max_new_tokens=6)


def page() -> Actions:
    """A page whose model is open."""
    return Actions(asyncio.run(opened(MODEL)))


def grown() -> Actions:
    """A page with three ways, one place named, the first new token part of the input."""
    actions = page()
    branches = Branches(actions)
    asyncio.run(actions.generate(PROMPT, chat=False, settings=WARM))
    for step in (3, 1):
        first = actions.state.run.steps[step]
        other = next(item.id for item in first.candidates if item.id != first.id)
        asyncio.run(branches.fork(step, other))
    branches.name(1, "  my   way ")
    asyncio.run(branches.go_to(1))
    return actions


def told(actions: Actions) -> list[tuple[object, ...]]:
    """Every way: ids, exact probabilities, how each was chosen, why it ended."""
    return sorted(
        (
            way.ids,
            tuple(step.prob for step in way.steps),
            tuple(step.how for step in way.steps),
            way.stop,
        )
        for way in actions.state.run.ways
    )


def text_of(actions: Actions) -> str:
    """The file."""
    text = file_of(actions)
    assert text is not None
    return text


def changed(text: str, **changes: object) -> str:
    """A file with other contents and a digest that fits."""
    saved = {**json.loads(text), **changes}
    saved.pop("sha256")
    return json.dumps({**saved, "sha256": run_file._digest(saved)})


def error_of(actions: Actions) -> str:
    """The key of what is told."""
    error = actions.state.chrome.error
    return "" if error is None else error.key


def test_a_run_comes_back_to_the_bit() -> None:
    """All ways, names, settings, the shown input; each probability is the file's, which is said."""
    old = grown()
    new = page()
    new.store.replace(sampling=Sampling(temperature=3.0))

    assert asyncio.run(open_file(new, text_of(old)))

    assert told(new) == told(old)
    assert new.state.run.steps[0].id == old.state.run.steps[0].id
    assert len(new.state.run.written) == 1
    assert list(new.state.run.place_names.values()) == ["my way"]
    assert new.state.run.place_names == old.state.run.place_names
    assert new.state.sampling == old.state.sampling
    assert new.state.chrome.notice is not None
    assert new.state.chrome.notice.key == "runfile.opened"
    assert text_of(new) == text_of(old)


def test_other_numbers_are_told() -> None:
    """A probability that the model does not give again is named with the largest difference."""
    text = text_of(grown())
    ways = json.loads(text)["ways"]
    ways[0]["probs"][0] = 0.0
    actions = page()

    assert asyncio.run(open_file(actions, changed(text, ways=ways)))

    assert actions.state.chrome.notice is not None
    assert actions.state.chrome.notice.key == "runfile.differs"


def test_what_cannot_be_opened_leaves_the_page() -> None:
    """Another model's, a broken one, ids that are none, a way too long: told, and nothing else."""
    text = text_of(grown())
    way = {"ids": [10**6], "probs": [0.5], "how": [""], "stop": ""}
    n_ctx = MODEL.manifest.config.n_ctx
    long = {"ids": [5] * n_ctx, "probs": [0.5] * n_ctx, "how": [""] * n_ctx, "stop": ""}
    for file, key in (
        ("", "runfile.not_ours"),
        (changed(text, model="other"), "runfile.no_model"),
        (changed(text, ways=[way], n_input=0, names=[]), "runfile.wrong"),
        (changed(text, ways=[long], n_input=0, names=[]), "runfile.wrong"),
    ):
        actions = page()
        assert not asyncio.run(open_file(actions, file))
        assert error_of(actions) == key
        assert actions.state.run.steps == ()


def test_no_file_before_a_run() -> None:
    """Nothing was run: there is nothing to save."""
    assert file_of(page()) is None


def test_a_place_is_cut_off() -> None:
    """The present text ends before it, other ways through it too, their names go; true numbers."""
    actions = grown()
    branches = Branches(actions)
    before = [way.ids for way in actions.state.run.ways]
    asyncio.run(branches.prune(1))
    after = [way.ids for way in actions.state.run.ways]

    assert after[0] == before[0][:1]
    assert set(after[1:]) == {ids for ids in before[1:] if ids[:2] != before[0][:2]}
    assert actions.state.run.place_names == {}
    assert actions.state.run.stop == ""


def test_a_way_that_shares_nothing_else_stays_to_its_fork() -> None:
    """Cut inside another way, what stood before the place is a way still, which goes on."""
    actions = grown()
    branches = Branches(actions)
    run = actions.state.run
    last = len(run.branches[0].steps) - 1
    asyncio.run(branches.stand_at(0, last))
    asyncio.run(branches.prune(last))
    left = actions.state.run

    assert left.ways[0].ids == run.branches[0].ids[:-1]
    assert run.branches[0].ids not in {way.ids for way in left.ways}
    assert {way.ids for way in run.ways[:1]} <= {way.ids for way in left.ways}


def test_a_place_of_another_way_is_gone_to() -> None:
    """The text is that way's, the place's step is shown; none such changes nothing."""
    actions = grown()
    branches = Branches(actions)
    other = actions.state.run.branches[0].ids
    asyncio.run(branches.stand_at(0, 2))

    assert tuple(step.id for step in actions.state.run.steps) == other
    assert actions.state.choice.chosen_step == 2
    branches.name(99, "x")
    asyncio.run(branches.prune(99))
    assert tuple(step.id for step in actions.state.run.steps) == other
    assert "x" not in actions.state.run.place_names.values()
