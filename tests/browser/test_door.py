"""`window.seethrough`: the calls that scripts and notebooks make."""

import json
import math

import pytest

from seethrough.core.sampling import draw
from tests.browser.captures import captured

pytestmark = pytest.mark.browser

PROMPT = "January, February, March,"
PATTERN = "blocks.3.attn.hook_pattern"


def test_next(loaded):
    """The best next tokens come with ids, texts and probabilities over the whole vocabulary."""
    answer = loaded.ask(f"seethrough.next('{PROMPT}', {{k: 3}})")
    first, second, third = answer["top"]

    assert answer["ids"] == [19306, 28, 5096, 28, 3903, 28]
    assert (first["text"], second["text"]) == (" and", " April")
    assert math.isclose(first["prob"], 0.514, abs_tol=0.003)
    assert first["prob"] > second["prob"] > third["prob"]


def test_tokenize(loaded):
    """A text comes back as ids and the texts of its pieces."""
    tokens = loaded.ask(f"seethrough.tokenize('{PROMPT}')")

    assert [token["id"] for token in tokens] == [19306, 28, 5096, 28, 3903, 28]
    assert "".join(token["text"] for token in tokens) == PROMPT


def test_capture(loaded):
    """A capture is dims and exactly that many numbers; the rows of a pattern sum to 1."""
    answer = loaded.ask(f"seethrough.capture('{PROMPT}', ['{PATTERN}', 'hook_embed'])")
    pattern = answer[PATTERN]
    rows = [pattern["data"][at : at + 6] for at in range(0, len(pattern["data"]), 6)]

    assert pattern["dims"] == [9, 6, 6]
    assert answer["hook_embed"]["dims"] == [6, 576]
    assert all(math.isclose(sum(row), 1, abs_tol=1e-5) for row in rows)


def test_capture_is_typed(loaded):
    """The numbers arrive as a Float32Array of their own memory."""
    kind = loaded.ask(
        f"seethrough.capture('a b', ['{PATTERN}']).then((c) => {{ const d = c['{PATTERN}'].data;"
        " return [d.constructor.name, d.buffer.byteLength === d.byteLength]; })"
    )

    assert kind == ["Float32Array", True]


@pytest.mark.parametrize(
    "ones",
    [
        "Array.from({length: 30}, () => new Array(9).fill(1))",
        "Array.from({length: 30}, () => new Float32Array(9).fill(1))",
        "{dims: [30, 9], data: new Float32Array(270).fill(1)}",
    ],
)
def test_neutral_knob_changes_nothing(loaded, ones):
    """head_scale of ones, in each form it may have, gives the very numbers of no knob at all."""
    plain = captured(loaded, "The cat", ["logits"], {})["logits"]
    with_ones = captured(loaded, "The cat", ["logits"], f"{{head_scale: {ones}}}")["logits"]

    assert with_ones.tolist() == plain.tolist()


def test_knob_ablates(loaded):
    """A head scaled to 0 changes what its layer adds, and the prediction."""
    heads = (
        "Array.from({length: 30}, (_, l) => Array.from({length: 9}, (_, h) => +!(l==2 && h==4)))"
    )
    name = "blocks.2.hook_attn_out"
    plain = loaded.ask(f"seethrough.capture('The cat', ['{name}', 'logits_logsumexp'])")
    cut = loaded.ask(
        f"seethrough.capture('The cat', ['{name}', 'logits_logsumexp'], {{head_scale: {heads}}})"
    )

    assert plain[name]["dims"] == cut[name]["dims"]
    assert plain[name]["data"] != cut[name]["data"]
    assert plain["logits_logsumexp"]["data"] != cut["logits_logsumexp"]["data"]


def test_generate(loaded):
    """A continuation has ids, text and the reason it stopped; the same seed gives the same text."""
    options = "{max_new_tokens: 6, temperature: 0.9, top_k: 40, top_p: 0.95, seed: 7}"
    first = loaded.ask(f"seethrough.generate('Once upon a time', {options})")
    again = loaded.ask(f"seethrough.generate('Once upon a time', {options})")

    assert len(first["ids"]) == 6
    assert first["stop"] == "max_new_tokens"
    assert first == again


@pytest.mark.parametrize(
    "settings",
    [
        {"temperature": 1.0},
        {"temperature": 1.5, "top_k": 50, "top_p": 0.95, "min_p": 0.01},
    ],
)
def test_the_same_seed_draws_the_same_token_in_cpython(loaded, settings):
    """20 seeds: the page's token is what CPython draws from the page's own logits."""
    last = captured(loaded, "An", ["logits"], {})["logits"][-1]
    drawn = loaded.ask(
        "(async () => { const ids = []; for (let seed = 0; seed < 20; seed++) {"
        f" const options = {{...{json.dumps(settings)}, max_new_tokens: 1, seed}};"
        " ids.push((await seethrough.generate('An', options)).ids[0]); } return ids; })()"
    )

    assert drawn == [draw(last, **settings, seed=seed, step=0).id for seed in range(20)]
    assert len(set(drawn)) > 5


def test_chat(loaded):
    """In chat mode the input carries the model's own template."""
    answer = loaded.ask("seethrough.next('Hi', {k: 1, chat: true})")

    assert len(answer["ids"]) > 10
    assert answer["ids"][0] == 1


def test_weight(loaded):
    """Rows of a weight come as dims and numbers; a token's row of W_E is what hook_embed shows."""
    rows = loaded.ask("seethrough.weight('W_E', [284, 19306])")
    embed = loaded.ask("seethrough.capture('January', ['hook_embed'])")["hook_embed"]

    assert rows["dims"] == [2, 576]
    assert rows["data"][576:] == pytest.approx(embed["data"], abs=1e-5)


@pytest.mark.parametrize(
    ("call", "key", "part"),
    [
        ("capture('a', ['blocks.3.attn.hook_patern'])", "hooks.unknown_near", PATTERN),
        ("weight('blocks.0.attn.W_X', [0])", "weights.unknown_near", "W_Q"),
        ("load('no-such-model')", "models.unknown", "no-such-model"),
        ("next(5)", "door.prompt", "5"),
        ("next()", "door.prompt", "null"),
        ("next('a', 7)", "door.options", "7"),
        ("next('a', {k: 'many'})", "door.option_type", "many"),
        ("next('a', {k: 1.5})", "door.option_type", "1.5"),
        ("next('a', {kk: 1})", "door.option_unknown", "kk"),
        ("next('a', {chat: 1})", "door.option_type", "boolean"),
        ("next('a', {}, 3)", "door.too_many", "2"),
        ("generate('a', {temperature: 'hot'})", "door.option_type", "hot"),
        ("capture('a', 'hook_embed')", "door.names", "hook_embed"),
        ("capture('a', [1])", "door.names", "array"),
        ("capture('a', ['hook_embed'], {head_scale: [[1], [1, 2]]})", "door.knob", "head_scale"),
        ("capture('a', ['hook_embed'], {mlp_scale: 'x'})", "door.knob", "mlp_scale"),
        (
            "capture('a', ['hook_embed'], {mlp_scale: {dims: [30], data: [1]}})",
            "door.knob_dims",
            "30",
        ),
        ("weight('W_E', ['a'])", "door.rows", "array"),
        ("weight('W_E', [-1])", "door.rows", "array"),
        ("tokenize({})", "door.text", "{…}"),
    ],
)
def test_refusals_are_sentences(loaded, call, key, part):
    """What cannot be answered is refused with an Error that has a key and a whole sentence."""
    answer = loaded.ask(f"seethrough.{call}")

    assert answer["isError"]
    assert answer["key"] == key
    assert part in answer["message"]
    assert answer["message"].endswith((".", "?"))
    assert "Traceback" not in answer["message"]


@pytest.mark.parametrize("text", [r"\ud800", r"a\udc00b", r"\ud83d\ude00 \ud83d", r"\udc00\ud800"])
def test_lone_surrogates(loaded, text):
    """Half a surrogate pair is read as U+FFFD, in every call that takes text."""
    tokens = loaded.ask(f"seethrough.tokenize('{text}')")
    answer = loaded.ask(f"seethrough.next('{text}', {{k: 1}})")

    assert "\ufffd" in "".join(token["text"] for token in tokens)
    assert answer["ids"] == [token["id"] for token in tokens]


def test_ready(loaded):
    """`ready` tells the models of this build; `load` which one runs, on what."""
    ready = loaded.ask("seethrough.ready")

    assert ready["models"][0]["id"] == "smollm2-135m-instruct"
    assert loaded.info["model"] == "smollm2-135m-instruct"
    assert loaded.info["backend"] == "wasm"
    assert loaded.errors == []
    assert loaded.strangers == []
