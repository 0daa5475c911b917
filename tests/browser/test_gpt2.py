"""A site of tiny models, two GPT-2s, Llama and Mistral: their numbers, calls side by side."""

from __future__ import annotations

import io
import shutil

import numpy as np
import pytest

from export.package import write_package
from export.quantize import quantized
from export.site import copy_models, write_page, write_service_worker
from export.sources import read_checkpoint
from seethrough.core.hooks import expected_hooks
from seethrough.core.reference import forward
from seethrough.core.sampling import greedy
from seethrough.core.tokenizer import Tokenizer
from tests import parity, tiny, tiny_gpt2
from tests.browser.captures import captured
from tests.browser.conftest import opened_site
from tests.browser.server import FOLDER
from tests.own_loop import apart

pytestmark = pytest.mark.browser

PROMPT = "hello w hello, 12 wells"
N_NEW = 6
# 50 calls of all kinds over three models, ten of each in turns: a load takes a second.
MIXED = """
const models = ["tiny-gpt2", "tiny-llama", "tiny-other"];
const kinds = [
  (more) => seethrough.next("hello w", {k: 5, ...more}),
  (more) => seethrough.capture([40, 41, 42], ["blocks.*.attn.hook_pattern", "logits"], more),
  (more) => seethrough.generate("hello", {max_new_tokens: 4, temperature: 1, ...more}),
  (more) => seethrough.next("hello w hello", {k: 2, ...more}),
  (more) => seethrough.tokenize("hello 12", more),
  (more) => seethrough.lens("hello w", {layers: [0, -1], k: 2, ...more}),
  (more) => seethrough.weight("W_E", [3, 4], more),
];
const modelOf = (at) => Math.floor(at / 10) % 3;
const asked = Array.from({length: 50}, (_, at) => (more) =>
  kinds[at % kinds.length]({model: models[modelOf(at)], ...more}));
const plain = (_name, value) => value instanceof Float32Array ? Array.from(value) : value;
const told = (value) => JSON.stringify(value, plain);
const settled = async (promise) => {
  try { return told(await promise); } catch (error) { return error.name; }
};
"""


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    """Two GPT-2s and a Llama in 8-bit blocks; a Mistral with a window, which keeps bfloat16."""
    folder = tmp_path_factory.mktemp("sources")
    tiny_gpt2.write_folder(tiny_gpt2.TinyGpt2(), folder / "gpt2")
    tiny.write_hub_folder(tiny.Tiny(is_gguf=False), made(folder / "llama"))
    tiny_gpt2.write_folder(tiny_gpt2.TinyGpt2(seed=2), folder / "other")
    floats = tiny.Tiny(is_gguf=False, is_tied=False, kinds=("BF16", "BF16"))
    window = {"architectures": None, "model_type": "mistral", "sliding_window": 3}
    tiny.write_hub_folder(floats, made(folder / "mistral"), settings=window)
    names = ("gpt2", "llama", "other", "mistral")
    read = {name: read_checkpoint(folder / name, {}) for name in names}
    in_blocks = {name: quantized(read[name], least=0) for name in names[:3]}
    return {**in_blocks, "mistral": quantized(read["mistral"])}


def made(folder):
    """A new folder."""
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def two_families(browser, dist, checkpoints, tmp_path_factory):
    """A page of a site with these models, GPT-2 first, and its first model loaded."""
    root = tmp_path_factory.mktemp("root")
    place = root / FOLDER
    shutil.copytree(dist, place, ignore=shutil.ignore_patterns("models", "models.json"))
    folders = []
    for name, checkpoint in checkpoints.items():
        folders.append(root / name)
        write_package(checkpoint, folders[-1], model_id=f"tiny-{name}", title=f"Tiny {name}")
    listed = copy_models(tuple(folders), place)
    apart(lambda: write_page(place))
    write_service_worker(place, listed)
    with opened_site(browser, root) as tab:
        yield tab


@pytest.mark.parametrize("name", ["gpt2", "llama", "mistral"])
def test_every_hook_at_every_position(two_families, checkpoints, name):
    """In Chromium every hook of each model is the float64 reference's, one after the other."""
    checkpoint = checkpoints[name]
    tokenizer = Tokenizer.from_json(checkpoint.tokenizer)
    ids = tokenizer.encode(PROMPT)
    exact, _ = forward(checkpoint.config, checkpoint.weight, ids, dtype=np.float64)
    two_families.ask(f"seethrough.load('tiny-{name}')")

    names = [spec.name for spec in expected_hooks(checkpoint.config)]
    arrays = captured(two_families, PROMPT, [*names, "logits"], {})

    errors = parity.relative_errors({hook: exact[hook] for hook in arrays}, arrays)
    assert list(arrays) == [*names, "logits"]
    assert parity.worst(errors, 1)[0][0] <= parity.TOLERANCES["hook"].bound, parity.worst(errors, 3)


def test_greedy_goes_on_over_the_cache(two_families, checkpoints):
    """Tokens that GPT-2 generates in the page are those that numpy computes from nothing each."""
    checkpoint = checkpoints["gpt2"]
    ids = Tokenizer.from_json(checkpoint.tokenizer).encode(PROMPT)
    expected = []
    for _ in range(N_NEW):
        cache, _ = forward(checkpoint.config, checkpoint.weight, [*ids, *expected])
        expected.append(greedy(cache["logits"][-1]))
    two_families.ask("seethrough.load('tiny-gpt2')")

    told = two_families.ask(f"seethrough.generate('{PROMPT}', {{max_new_tokens: {N_NEW}}})")

    assert told["ids"] == expected[: len(told["ids"])]
    assert len(told["ids"]) == N_NEW or told["stop"] == "end_token"


def test_rows_of_its_own_weights(two_families, checkpoints):
    """The door reads rows of learned positions, biases and blocks as the export stored them."""
    two_families.ask("seethrough.load('tiny-gpt2')")
    for name, rows in (("W_pos", [0, 5]), ("blocks.1.attn.b_Q", [3]), ("blocks.0.mlp.W_in", [7])):
        told = two_families.page.evaluate(
            """async ([name, rows]) => {
              const { dims, data } = await window.seethrough.weight(name, rows);
              return { dims, data: [...data] };
            }""",
            [name, rows],
        )
        expected = checkpoints["gpt2"].weight(name)[rows]
        np.testing.assert_array_equal(np.reshape(told["data"], told["dims"]), expected)


def test_the_page_shows_its_numbers(two_families):
    """A run from the page itself: tokens, next tokens, attention, all without an error."""
    tab = two_families
    tab.ask("seethrough.load('tiny-gpt2')")
    tab.run(PROMPT)

    shown = tab.page.evaluate("document.querySelector('main').innerText")
    assert "blocks.0.attn.hook_pattern[0]" in shown
    assert "Chat is not offered for this model" in shown
    assert tab.page.is_disabled("[name=mode][value=chat]")
    assert tab.errors == []


def test_a_link_names_its_model(two_families):
    """A link with `model=` runs its prompt with that model, and the page's address keeps it."""
    tab = two_families
    tab.ask("seethrough.load('tiny-gpt2')")
    tab.page.evaluate("location.hash = '#/all/own?prompt=hello%20w&model=tiny-llama'")

    tab.until("document.querySelector('#top').innerText !== '' && location.hash.includes('pos=')")
    tab.until("document.querySelector('#status').textContent.includes('Tiny llama')")
    assert "model=tiny-llama" in tab.page.evaluate("location.hash")
    assert tab.errors == []


def test_fifty_calls_side_by_side(two_families):
    """Calls of all kinds over three models at once: each answers what it does alone, to the bit."""
    alone, together = two_families.ask(
        f"""(async () => {{ {MIXED}
          const alone = [];
          for (const model of models)
            for (const ask of kinds) alone.push(told(await ask({{model}})));
          const place = (at) => modelOf(at) * kinds.length + at % kinds.length;
          const expected = asked.map((_, at) => alone[place(at)]);
          return [expected, (await Promise.all(asked.map((ask) => ask()))).map(told)];
        }})()"""
    )

    assert len(together) == 50
    assert together == alone
    assert len(set(alone)) > 15


def test_loads_between_questions(two_families):
    """`Promise.all([load(A), next(p), load(B), next(p), load(C), next(p)])`: three answers."""
    together, alone = two_families.ask(
        f"""(async () => {{ {MIXED}
          const both = (model) => [seethrough.load(model), seethrough.next("hello w")];
          const answers = await Promise.all(models.flatMap(both));
          const alone = [];
          for (const model of models) alone.push(await seethrough.next("hello w", {{model}}));
          return [answers.filter((_, at) => at % 2).map(told), alone.map(told)];
        }})()"""
    )

    assert together == alone
    assert len(set(alone)) == 3


def test_each_can_be_aborted(two_families):
    """A signal ends the call that has it, as AbortError; the others answer, the queue is clean."""
    names, others, now, reason, before = two_families.ask(
        f"""(async () => {{ {MIXED}
          const ends = asked.map(() => new AbortController());
          const going = asked.map((ask, at) => settled(ask({{signal: ends[at].signal}})));
          ends.forEach((end, at) => at % 5 || end.abort());
          const answers = await Promise.all(going);
          const reason = new Error("mine");
          const ended = (signal) => seethrough.next("a", {{signal}});
          return [
            answers.filter((_, at) => at % 5 === 0),
            answers.filter((_, at) => at % 5),
            await settled(seethrough.next("hello w", {{model: models[0]}})),
            await ended(AbortSignal.abort(reason)).catch((error) => error === reason),
            await settled(ended(AbortSignal.abort())),
          ];
        }})()"""
    )

    assert set(names) == {"AbortError"}
    assert all(one.startswith(("{", "[")) for one in others)
    assert now.startswith("{")
    assert (reason, before) == (True, "AbortError")


def test_stop_ends_a_script_s_run(two_families):
    """While a script generates, the page's Stop can be pressed and ends it."""
    tab = two_families
    ask = "seethrough.generate('hello', {max_new_tokens: 50, temperature: 1, model: 'tiny-other'})"
    tab.ask("seethrough.load('tiny-other')")
    # A tiny model is done before anyone could press, so the press comes with the first moment.
    stop = tab.ask(
        f"""(async () => {{
          const button = document.querySelector("[name=stop]");
          const look = () => {{ if (!button.disabled) button.click(); }};
          const observer = new MutationObserver(look);
          observer.observe(button, {{attributeFilter: ["disabled"]}});
          const {{stop}} = await {ask};
          observer.disconnect();
          return stop;
        }})()"""
    )

    assert stop == "stopped"
    tab.until("document.querySelector('[name=stop]').disabled")
    assert tab.errors == []


def test_a_file_for_numpy(two_families, checkpoints):
    """A capture as a Blob is an .npz that numpy.load reads, with the input's ids."""
    made = two_families.ask(
        """seethrough.npz("hello w", ["blocks.*.hook_resid_post"], {model: "tiny-llama"}).then(
          async (blob) => Array.from(new Uint8Array(await blob.arrayBuffer())))"""
    )
    checkpoint = checkpoints["llama"]
    ids = Tokenizer.from_json(checkpoint.tokenizer).encode("hello w")
    exact, _ = forward(checkpoint.config, checkpoint.weight, ids, dtype=np.float64)

    with np.load(io.BytesIO(bytes(made)), allow_pickle=False) as read:
        assert read["ids"].tolist() == ids
        arrays = {name: read[name] for name in read.files if name != "ids"}
    assert list(arrays) == [f"blocks.{at}.hook_resid_post" for at in range(len(arrays))]
    errors = parity.relative_errors({name: exact[name] for name in arrays}, arrays)
    assert parity.worst(errors, 1)[0][0] <= parity.TOLERANCES["hook"].bound


def test_what_overflows_is_said(two_families):
    """Numbers beyond float32 are refused in a sentence; nothing that is not finite is given."""
    layers = "Array(2).fill(1e38)"
    answer = two_families.ask(
        f"seethrough.capture('hello', ['logits'], {{mlp_scale: {layers}, model: 'tiny-gpt2'}})"
    )

    assert answer["key"] == "knobs.overflow"
    assert answer["message"].endswith("Use smaller knobs.")


def test_settings_of_a_link_in_the_form(two_families):
    """Each field has its value whole or as the model can have it; Generate draws that very seed."""
    tab = two_families
    settings = "temperature=1.25&top_p=0.955&seed=1234567&max_new_tokens=5"
    tab.page.evaluate(
        f"location.hash = '#/all/own?prompt=hello&model=tiny-llama&top_k=1000&{settings}'"
    )
    tab.until("document.querySelector('#message').innerText.includes('1000')")
    form = "document.querySelector('#prompt-form')"
    names = ("temperature", "top_k", "top_p", "seed")
    fields = tab.page.evaluate(f"{list(names)}.map((name) => {form}.elements[name].value)")

    assert fields == ["1.25", "0", "0.955", "1234567"]
    assert tab.page.evaluate(f"{form}.checkValidity()")
    tab.until("!document.querySelector('[name=generate]').disabled")
    tab.page.click("[name=generate]")
    tab.until("location.hash.includes('written=')")
    tab.until("!document.querySelector('[name=generate]').disabled")
    written = tab.page.evaluate("location.hash").partition("written=")[2].partition("&")[0]
    options = settings.replace("=", ": ").replace("&", ", ")
    told = tab.ask(f"seethrough.generate('hello', {{model: 'tiny-llama', {options}}})")
    assert written == ",".join(map(str, told["ids"]))
