"""What was trained as a model: its tokeniser against `tokenizers`, its manifest, its windows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer as Oracle

from seethrough.core.assets import GRAPH, Asset
from seethrough.core.errors import InputError
from seethrough.core.manifest import from_json, to_json
from seethrough.core.tokenizer import Tokenizer
from seethrough.core.train.backward import IGNORED
from seethrough.core.train.corpus import N_POS, Corpus, of_documents, of_text
from seethrough.core.train.own import manifest_of, tokenizer_of
from seethrough.core.train.sizes import config_of, first_weights

TEXT = "Žluťoučký kůň. 你好, 世界! 🙂 a b\n"
CORPUS = of_text(TEXT)


@given(st.text(alphabet=st.sampled_from(sorted({*TEXT, "x", "é", "𝄞", "\t"})), max_size=40))
def test_signs_are_tokens(text: str) -> None:
    """Ids and text are those of `tokenizers`: each sign of the corpus a token, others vanish."""
    source = tokenizer_of(CORPUS)
    oracle, ours = Oracle.from_str(source), Tokenizer.from_json(source)
    ids = ours.encode(text)

    assert ids == oracle.encode(text, add_special_tokens=False).ids
    assert ours.decode(ids) == oracle.decode(ids) == "".join(s for s in text if s in TEXT)
    assert [one.character for one in ours.lost_bytes(text) if one.byte >> 6 != 2] == [
        sign for sign in text if sign not in TEXT
    ]


def test_ids_are_the_corpus_own() -> None:
    """What the model was trained on and what its tokeniser gives are the same numbers."""
    ours = Tokenizer.from_json(tokenizer_of(CORPUS))
    assert ours.encode(TEXT) == CORPUS.encode(TEXT).tolist()
    assert CORPUS.decode(CORPUS.encode(TEXT)) == TEXT


def test_an_unknown_sign_is_named() -> None:
    """A text with a sign that was not learned is refused by that sign."""
    with pytest.raises(InputError, match="'x'"):
        CORPUS.encode("x")


def test_a_manifest_comes_back() -> None:
    """The manifest of a trained model is one that can be written and read."""
    corpus = of_documents(["anna", "hannah", "nina"] * 9, 0)
    config = config_of("25k", len(corpus.alphabet))
    graph = Asset(GRAPH, "run.onnx", 5, "00")
    manifest = manifest_of(config, corpus, graph, name="trained-1", title="Names")

    assert from_json(to_json(manifest)) == manifest
    assert manifest.end_ids == manifest.start_ids == (corpus.alphabet.index("\n"),)
    whole = manifest.tensor("ln_final.b").parts["values"]
    assert whole.offset + whole.size_bytes == manifest.weight_bytes


def test_windows_of_a_short_text() -> None:
    """Behind a text's end nothing counts, and what comes next is the next sign."""
    corpus = Corpus("abcab")
    tokens, targets = corpus.batch(1, 0)

    assert tokens.shape == targets.shape == (16, N_POS)
    assert tokens[0, :5].tolist() == [0, 1, 2, 0, 1]
    assert targets[0, :4].tolist() == [1, 2, 0, 1]
    assert (targets[:, 4:] == IGNORED).all()


def test_windows_hang_on_seed_and_step_alone() -> None:
    """The same step of the same seed has the same windows, another step others."""
    corpus = Corpus("".join(chr(97 + at * 7 % 26) for at in range(900)))
    first, again, later = corpus.batch(3, 1), corpus.batch(3, 1), corpus.batch(4, 1)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, later)
    assert np.array_equal(first[0][:, 1:], first[1][:, :-1])


def test_the_held_out_text_is_cut_whole() -> None:
    """Every sign of the held-out text but the first is a target once."""
    corpus = Corpus("ab" * 50, "ba" * 100)
    _, targets = corpus.held_batch()
    assert (targets != IGNORED).sum() == 199


def test_first_weights() -> None:
    """Norms let all through, biases add nothing, the same seed gives the same matrices."""
    config = config_of("25k", 10)
    once, again = first_weights(config, 4), first_weights(config, 4)
    assert all(np.array_equal(once[name], again[name]) for name in once)
    assert (once["blocks.0.ln1.w"] == 1).all()
    assert not once["blocks.0.attn.b_Q"].any()
    assert once["W_E"].std() == pytest.approx(0.02, rel=0.1)
    assert once["blocks.1.mlp.W_out"].std() == pytest.approx(0.01, rel=0.1)
