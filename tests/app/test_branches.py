"""Back to an earlier token, on with another one, and back again: true numbers on every way."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from seethrough.app.actions import Actions
from seethrough.app.branches import Branches
from seethrough.app.state import AppState, Branch, Run, Sampling
from seethrough.app.ways import MOST_BRANCHES, beside, n_common
from seethrough.core.sampling import draw, greedy, standing
from seethrough.core.tokens import NewToken
from tests.fake_engine import engine_of, opened, tiny_model, true_logits
from tests.recorded import opened_with, recorded

MODEL = tiny_model()
PROMPT = "the thing and"
IDS = tuple(MODEL.tokenizer.encode(PROMPT))
SETTINGS = Sampling(max_new_tokens=5)
WARM = Sampling(temperature=1.4, seed=11, max_new_tokens=6)


def written(settings: Sampling = SETTINGS) -> tuple[Actions, Branches]:
    """A page whose model has continued the prompt."""
    actions = Actions(asyncio.run(opened(MODEL)))
    asyncio.run(actions.generate(PROMPT, chat=False, settings=settings))
    return actions, Branches(actions)


def ids_of(state: AppState) -> tuple[int, ...]:
    """The new tokens."""
    return tuple(step.id for step in state.run.steps)


def input_of(state: AppState) -> tuple[int, ...]:
    """The shown input."""
    return tuple(token.id for token in state.run.tokens)


def assert_true(state: AppState) -> None:
    """Each new token has the probability, rank and candidates that the reference gives it."""
    sequence = input_of(state)[: state.run.n_prompt]
    assert sequence == IDS
    for step in state.run.steps:
        logits = true_logits(MODEL, sequence)
        prob, rank = standing(logits, step.id)
        assert step.prob == pytest.approx(prob, abs=1e-4)
        assert step.rank == rank
        assert [item.id for item in step.candidates][:5] == logits.argsort()[::-1][:5].tolist()
        sequence = (*sequence, step.id)
    at_the_end = true_logits(MODEL, input_of(state))
    assert state.run.top[0].id == greedy(at_the_end)


def test_an_earlier_token_s_pass_is_shown() -> None:
    """The input ends with that token; what came behind it stays known, and so does the end."""
    actions, branches = written()
    before = actions.state.run.steps

    asyncio.run(branches.go_to(2))

    state = actions.state
    assert input_of(state) == (*IDS, before[0].id, before[1].id)
    assert (state.run.written, state.run.continuation) == (before[:2], before[2:])
    assert (state.run.stop, state.run.branches, state.busy) == ("max_new_tokens", (), "")
    assert state.choice.position == len(IDS) + 1
    assert_true(state)


def test_the_way_back_is_the_prompt_again() -> None:
    """Going to the prompt's end gives what was there at first."""
    actions, branches = written()
    tokens, steps = actions.state.run.tokens, actions.state.run.steps
    asyncio.run(branches.go_to(3))

    asyncio.run(branches.go_to(0))

    assert (
        actions.state.run.tokens,
        actions.state.run.written,
        actions.state.run.continuation,
    ) == (
        tokens,
        (),
        steps,
    )


@pytest.mark.parametrize("n_new", [-1, 6, 10_000])
def test_a_step_that_is_not_there_changes_nothing(n_new: int) -> None:
    """A number from a stale page is no error."""
    actions, branches = written()
    before = actions.state

    asyncio.run(branches.go_to(n_new))
    asyncio.run(branches.fork(n_new if n_new < 0 else 5, 1))
    asyncio.run(branches.return_to(0))
    branches.select_step(n_new)

    assert actions.state is before


def test_a_fork_takes_the_candidate_and_goes_on() -> None:
    """The text has the reader's token; what follows is greedy again; the old way is kept."""
    actions, branches = written()
    before = actions.state
    other = before.run.steps[1].candidates[2]

    asyncio.run(branches.fork(1, other.id))

    state = actions.state
    assert ids_of(state)[:2] == (before.run.steps[0].id, other.id)
    assert (state.run.steps[1].rank, state.run.steps[1].prob) == (2, other.prob)
    assert len(state.run.steps) == SETTINGS.max_new_tokens
    assert state.run.branches == (Branch(before.run.steps, before.run.stop),)
    assert input_of(state) == IDS
    assert_true(state)


def test_a_fork_draws_what_the_original_drew() -> None:
    """Each step keeps its own dart: behind the fork the darts are those of the same indices."""
    actions, branches = written(WARM)
    other = actions.state.run.steps[2].candidates[1 if actions.state.run.steps[2].rank == 0 else 0]

    asyncio.run(branches.fork(2, other.id))

    sequence = (*IDS, *ids_of(actions.state)[:3])
    for index, step in enumerate(actions.state.run.steps[3:], start=3):
        drawn = draw(true_logits(MODEL, sequence), temperature=1.4, seed=11, step=index)
        assert step.id == drawn.id
        sequence = (*sequence, step.id)
    assert len(actions.state.run.steps) == WARM.max_new_tokens


def test_one_returns_to_the_other_way() -> None:
    """Return, and return again: both ways are whole, with their ends, and nothing is run."""
    actions, branches = written()
    first = actions.state
    asyncio.run(branches.fork(1, first.run.steps[1].candidates[1].id))
    second = actions.state
    runs = len(engine_of(actions.service).requests)

    asyncio.run(branches.return_to(0))
    assert (actions.state.run.steps, actions.state.run.stop) == (first.run.steps, first.run.stop)
    assert actions.state.run.branches == (Branch(second.run.steps, second.run.stop),)
    asyncio.run(branches.return_to(0))

    assert (actions.state.run.steps, actions.state.run.stop) == (second.run.steps, second.run.stop)
    assert len(engine_of(actions.service).requests) == runs


def test_a_return_runs_a_shorter_input_where_it_must() -> None:
    """From inside a way that the other does not share, the input goes back to what they share."""
    actions, branches = written()
    first = actions.state.run.steps
    asyncio.run(branches.fork(1, first[1].candidates[1].id))
    asyncio.run(branches.go_to(3))

    asyncio.run(branches.return_to(0))

    assert input_of(actions.state) == (*IDS, first[0].id)
    assert actions.state.run.steps == first
    assert_true(actions.state)


def test_a_fork_inside_the_shown_input_goes_back() -> None:
    """The input ends before the fork; the candidate and what follows stand behind it."""
    actions, branches = written()
    first = actions.state.run.steps
    asyncio.run(branches.go_to(4))

    asyncio.run(branches.fork(1, first[1].candidates[3].id))

    assert input_of(actions.state) == (*IDS, first[0].id)
    assert ids_of(actions.state)[:2] == (first[0].id, first[1].candidates[3].id)
    assert_true(actions.state)


def test_a_fork_to_the_end_token_ends() -> None:
    """An end token that the reader takes ends the text as one that the model takes."""
    actions, branches = written()
    model = actions.service.model
    assert model is not None
    other = actions.state.run.steps[1].candidates[1].id
    model.manifest = replace(model.manifest, end_ids=(other,))

    asyncio.run(branches.fork(1, other))

    assert (len(actions.state.run.steps), actions.state.run.stop) == (2, "end_token")


def test_a_token_that_is_no_candidate_is_not_taken() -> None:
    """Nothing is forked to the token that is there, nor to one whose numbers are not known."""
    actions, branches = written()
    before = actions.state

    asyncio.run(branches.fork(1, before.run.steps[1].id))
    asyncio.run(branches.fork(1, 299))

    assert actions.state is before


def test_going_on_is_as_if_it_had_never_stopped() -> None:
    """Behind the limit the text goes on with the darts of its indices."""
    actions, branches = written(replace(WARM, max_new_tokens=3))
    asyncio.run(branches.go_on())
    whole, _ = written(WARM)

    assert ids_of(actions.state) == ids_of(whole.state)
    assert (actions.state.run.stop, actions.state.run.branches) == ("max_new_tokens", ())


def test_one_more_token_is_written() -> None:
    """One step behind the text, with the settings; it is not at its end with it."""
    actions, branches = written(replace(WARM, max_new_tokens=3))
    settings = actions.state.sampling
    asyncio.run(branches.one_more())
    whole, _ = written(replace(WARM, max_new_tokens=4))

    assert ids_of(actions.state) == ids_of(whole.state)
    assert (actions.state.run.stop, actions.state.sampling) == ("", settings)
    actions.store.replace(stop="end_token")
    asyncio.run(branches.one_more())
    assert len(actions.state.run.steps) == 4


def test_appending_keeps_what_was_written() -> None:
    """The next token taken by hand is the continuation's own; another one leaves the way beside."""
    actions, _ = written()
    first = actions.state.run.steps

    asyncio.run(actions.append(first[0].id))
    assert (actions.state.run.written, actions.state.run.continuation) == (first[:1], first[1:])
    assert actions.state.run.branches == ()
    other = actions.state.run.top[4]
    asyncio.run(actions.append(other.id))

    state = actions.state
    assert ids_of(state) == (first[0].id, other.id)
    assert (state.run.steps[1].rank, state.run.continuation, state.run.stop) == (4, (), "")
    assert state.run.branches == (Branch(first, "max_new_tokens"),)
    assert_true(state)


def test_generating_anew_keeps_another_way() -> None:
    """What the same settings give again is no other way; what others give is."""
    actions, _ = written()
    first = actions.state.run.steps

    asyncio.run(actions.generate(PROMPT, chat=False, settings=SETTINGS))
    assert actions.state.run.branches == ()
    asyncio.run(actions.generate(PROMPT, chat=False, settings=WARM))

    assert [branch.steps for branch in actions.state.run.branches] == [first]


def test_a_new_prompt_has_no_branches() -> None:
    """Other ways are ways of one prompt."""
    actions, branches = written()
    asyncio.run(branches.fork(0, actions.state.run.steps[0].candidates[1].id))

    asyncio.run(actions.run("an", chat=False))

    state = actions.state
    assert (state.run.branches, state.run.written, state.choice.chosen_step, state.run.steps) == (
        (),
        (),
        None,
        (),
    )


def test_a_recording_is_forked_live() -> None:
    """The model is loaded, the recorded way is kept beside, and the numbers are the engine's."""
    made = recorded(MODEL)
    actions = Actions(asyncio.run(opened_with(made)))
    asyncio.run(actions.show_recording(made.id))
    actions.store.replace(sampling=SETTINGS)
    first = actions.state.run.steps
    candidate = first[1].candidates[2]

    asyncio.run(Branches(actions).fork(1, candidate.id))

    state = actions.state
    assert (state.run.source, state.run.recorded, actions.asked) == (
        "live",
        None,
        (made.prompt, made.chat),
    )
    assert ids_of(state)[:2] == (first[0].id, candidate.id)
    assert state.run.branches == (Branch(first, made.stop),)
    assert input_of(state) == made.ids
    assert_true(state)


def test_a_recording_goes_on_live() -> None:
    """Generate, go on, or follow a token from a recording: its own model runs its own prompt."""
    made = recorded(MODEL)
    for act in ("generate", "go_on", "go_to"):
        actions = Actions(asyncio.run(opened_with(made)))
        asyncio.run(actions.show_recording(made.id))
        actions.store.replace(sampling=SETTINGS)
        if act == "generate":
            asyncio.run(actions.generate(made.prompt, chat=made.chat, settings=SETTINGS))
        elif act == "go_on":
            asyncio.run(Branches(actions).go_on())
        else:
            asyncio.run(Branches(actions).go_to(1))
        state = actions.state
        assert (state.run.source, state.chrome.error, state.busy) == ("live", None, "")
        assert ids_of(state)[:3] == tuple(step.id for step in made.continuation)
        assert len(state.run.steps) == {"generate": 5, "go_on": 8, "go_to": 3}[act]
        assert_true(state)


def test_a_step_is_chosen_and_let_go() -> None:
    """Choosing the chosen step again shows the last one's candidates."""
    actions, branches = written()

    branches.select_step(1)
    assert actions.state.choice.chosen_step == 1
    branches.select_step(1)

    assert actions.state.choice.chosen_step is None


def test_a_cancelled_fork_keeps_what_it_has() -> None:
    """Stop during a fork: the tokens so far stay, the old way is kept."""
    actions, branches = written()
    first = actions.state.run.steps
    actions.store.subscribe(
        ("continuation",), lambda state: len(state.run.continuation) == 3 and actions.cancel()
    )

    asyncio.run(branches.fork(1, first[1].candidates[1].id))

    state = actions.state
    assert (len(state.run.steps), state.run.stop, state.busy) == (3, "stopped", "")
    assert [branch.steps for branch in state.run.branches] == [first]


def test_ways_are_kept_once_and_not_without_end() -> None:
    """A way that the present one begins with is part of it; the oldest ones give way."""
    steps = tuple(NewToken(at, "x", "x", 0.5, 0) for at in range(4))
    run = Run(continuation=steps, stop="stopped")

    assert beside(run, [0, 1, 2, 3, 4]) == ()
    assert beside(run, [0, 1]) == (Branch(steps, "stopped"),)
    many = tuple(Branch((replace(steps[0], id=at),)) for at in range(50, 50 + 2 * MOST_BRANCHES))
    assert len(beside(replace(run, branches=many), [7])) == MOST_BRANCHES


def test_a_common_beginning() -> None:
    """How much two ways share."""
    assert [n_common(a, b) for a, b in (([], [1]), ([1, 2], [1, 3]), ([1, 2], [1, 2, 3]))] == [
        0,
        1,
        2,
    ]
