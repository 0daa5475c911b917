"""The tours: every step of each in one row.

A new step is a file of view/steps/ (its panel, its film, what it wants) and a row here. Those files
are imported when their step is first shown (view/late.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.state import BLOCK, EVERYTHING, GENERATE, WALK, Idea, Pair, Step, Tour, Tours
from seethrough.core import bpe, chat, hooks, maths, reference, sampling
from seethrough.core.loop import write_on
from seethrough.view import sheet, walk
from seethrough.view.block import choice
from seethrough.view.code import of, of_family
from seethrough.view.decode.tour import THE_DECODING
from seethrough.view.guesses import rows
from seethrough.view.late import late
from seethrough.view.steps import slots
from seethrough.view.train.tour import THE_TRAINING
from seethrough.view.wants import of_attention, of_everything, of_logits

if TYPE_CHECKING:
    from seethrough.view import inside
    from seethrough.view.block import contract, differences, expand, mix, qkv, scores, weights
    from seethrough.view.block.ideas import contract as contract_idea
    from seethrough.view.block.ideas import expand as expand_idea
    from seethrough.view.block.ideas import mix as mix_idea
    from seethrough.view.block.ideas import qkv as qkv_idea
    from seethrough.view.block.ideas import scores as scores_idea
    from seethrough.view.block.ideas import weights as weights_idea
    from seethrough.view.generate import simple, tree, whole
    from seethrough.view.ideas import done as done_idea
    from seethrough.view.ideas import embed as embed_idea
    from seethrough.view.ideas import input_text as input_idea
    from seethrough.view.ideas import layers as layers_idea
    from seethrough.view.ideas import logits as logits_idea
    from seethrough.view.ideas import loop as loop_idea
    from seethrough.view.ideas import sample as sample_idea
    from seethrough.view.ideas import softmax as softmax_idea
    from seethrough.view.ideas import tokenize as tokenize_idea
    from seethrough.view.steps import (
        done,
        embed,
        input_text,
        layers,
        logits,
        loop,
        sample,
        softmax,
        tokenize,
    )
else:
    OF_THE_WALK = (
        *("input_text", "tokenize", "embed", "layers", "logits", "softmax", "sample", "loop"),
        "done",
    )
    input_text, tokenize, embed, layers, logits, softmax, sample, loop, done = late(
        "seethrough.view.steps", *OF_THE_WALK
    )
    (
        input_idea,
        tokenize_idea,
        embed_idea,
        layers_idea,
        logits_idea,
        softmax_idea,
        sample_idea,
        loop_idea,
        done_idea,
    ) = late("seethrough.view.ideas", *OF_THE_WALK)
    OF_THE_BLOCK = ("qkv", "scores", "weights", "mix", "expand", "contract")
    qkv, scores, weights, mix, expand, contract, differences = late(
        "seethrough.view.block", *OF_THE_BLOCK, "differences"
    )
    qkv_idea, scores_idea, weights_idea, mix_idea, expand_idea, contract_idea = late(
        "seethrough.view.block.ideas", *OF_THE_BLOCK
    )
    (inside,) = late("seethrough.view", "inside")
    simple, whole, tree = late("seethrough.view.generate", "simple", "whole", "tree")

OF_A_HEAD = frozenset({"layer", "head", "position"})
OF_A_TOKEN = frozenset({"layer", "position"})
THE_WALK = Tour(
    WALK,
    walk.frame,
    (
        Step(
            "input",
            input_text.FIELDS,
            input_text.render,
            input_text.moments,
            code=of(chat.encode_chat),
            parts=("page.capture",),
            idea=Idea(input_idea.FIELDS, input_idea.render),
        ),
        Step(
            "tokenize",
            tokenize.FIELDS,
            tokenize.render,
            tokenize.moments,
            chosen=frozenset({"position", "word"}),
            code=of(bpe.Bpe.merges, bpe.Bpe.ids),
            parts=("runtime.tokeniser",),
            terms=("words", "merges", "tokens"),
            idea=Idea(tokenize_idea.FIELDS, tokenize_idea.render, asks=rows.PIECES),
        ),
        Step(
            "embed",
            embed.FIELDS,
            embed.render,
            embed.moments,
            wants=embed.wants,
            chosen=frozenset({"position"}),
            code=of_family("embed"),
            parts=("runtime.driver", "model.embedding"),
            terms=("row",),
            hooks=frozenset({hooks.EMBED, hooks.POS_EMBED}),
            idea=Idea(embed_idea.FIELDS, embed_idea.render, wants=embed_idea.wants),
        ),
        Step(
            "layers",
            layers.FIELDS,
            layers.render,
            layers.moments,
            wants=layers.wants,
            chosen=frozenset({"position", "off"}),
            code=of_family("layers"),
            parts=("runtime.driver", "model.blocks"),
            terms=("attention", "mlp"),
            hooks=frozenset(
                {hooks.RESID_PRE, hooks.RESID_MID, hooks.RESID_POST, hooks.ATTN_OUT, hooks.MLP_OUT}
            ),
            idea=Idea(
                layers_idea.FIELDS,
                layers_idea.render,
                wants=layers_idea.wants,
                asks=rows.LOOKS,
            ),
        ),
        Step(
            "logits",
            logits.FIELDS,
            logits.render,
            logits.moments,
            wants=logits.wants,
            chosen=frozenset({"compared"}),
            code=of_family("logits"),
            parts=("runtime.driver", "model.head"),
            terms=("query", "row", "logit"),
            hooks=frozenset({hooks.FINAL_SCALE, hooks.FINAL_OUT, hooks.LOGITS}),
            idea=Idea(logits_idea.FIELDS, logits_idea.render, wants=logits_idea.wants),
        ),
        Step(
            "softmax",
            softmax.FIELDS,
            softmax.render,
            softmax.moments,
            wants=of_logits,
            code=of(maths.softmax, sampling.temper),
            parts=("runtime.sampler",),
            terms=("logit", "power", "prob"),
            hooks=frozenset({hooks.LOGSUMEXP}),
            idea=Idea(
                softmax_idea.FIELDS,
                softmax_idea.render,
                softmax_idea.moments,
                of_logits,
                asks=rows.SHARE,
            ),
        ),
        Step(
            "sample",
            sample.FIELDS,
            sample.render,
            sample.moments,
            wants=of_logits,
            chosen=frozenset({"dart", "is_tallied"}),
            code=of(sampling.draw, sampling.reshape, sampling.landings),
            parts=("runtime.sampler",),
            inner={
                slots.LEAD: (sample.ODDS_FIELDS, sample.render_lead),
                slots.ODDS: (sample.ODDS_FIELDS, sample.render_odds),
            },
            idea=Idea(
                sample_idea.FIELDS,
                sample_idea.render,
                wants=sample_idea.wants,
                asks=rows.MISSES,
            ),
        ),
        Step(
            "loop",
            loop.FIELDS,
            loop.render,
            loop.moments,
            chosen=frozenset({"chosen_step"}),
            code=of(write_on, reference.remember, sampling.dart),
            parts=("runtime.loop", "runtime.cache"),
            terms=("key", "value"),
            idea=Idea(loop_idea.FIELDS, loop_idea.render, loop_idea.moments),
        ),
        Step(
            "done",
            done.FIELDS,
            done.render,
            done.moments,
            chosen=frozenset({"chosen_step"}),
            code=of(sampling.standing),
            parts=("page.display",),
            idea=Idea(done_idea.FIELDS, done_idea.render),
        ),
    ),
)
THE_BLOCK = Tour(
    BLOCK,
    walk.frame,
    (
        Step(
            "qkv",
            qkv.FIELDS,
            qkv.render,
            qkv.moments,
            wants=qkv.wants,
            chosen=frozenset({"moved"}),
            pair=Pair(OF_A_HEAD, differences.of_queries),
            code=of(reference.project, maths.rotate),
            parts=("model.blocks",),
            terms=("query", "key", "value"),
            hooks=frozenset(
                {
                    *(hooks.RESID_PRE, hooks.LN1_SCALE, hooks.LN1_NORMALIZED, hooks.LN1_OUT),
                    *(hooks.Q, hooks.K, hooks.V),
                }
            ),
            idea=Idea(qkv_idea.FIELDS, qkv_idea.render, wants=qkv_idea.wants),
        ),
        Step(
            "scores",
            scores.FIELDS,
            scores.render,
            scores.moments,
            wants=scores.wants,
            pair=Pair(OF_A_HEAD, differences.of_scores),
            code=of(reference.attention, maths.causal_mask),
            parts=("model.blocks",),
            hooks=frozenset({hooks.ROT_Q, hooks.ROT_K, hooks.SCORES}),
            idea=Idea(scores_idea.FIELDS, scores_idea.render, wants=scores_idea.wants),
        ),
        Step(
            "weights",
            weights.FIELDS,
            weights.render,
            weights.moments,
            wants=weights.wants,
            chosen=frozenset({"off"}),
            pair=Pair(OF_A_HEAD, differences.of_weights),
            code=of(maths.softmax),
            parts=("model.blocks",),
            hooks=frozenset({hooks.PATTERN}),
            idea=Idea(weights_idea.FIELDS, weights_idea.render, wants=weights_idea.wants),
        ),
        Step(
            "mix",
            mix.FIELDS,
            mix.render,
            mix.moments,
            wants=mix.wants,
            chosen=frozenset({"off"}),
            pair=Pair(OF_A_HEAD, differences.of_mixes),
            code=of_family("mix"),
            parts=("model.blocks",),
            terms=("value",),
            hooks=frozenset({hooks.PATTERN, hooks.V, hooks.Z, hooks.ATTN_OUT, hooks.RESID_MID}),
            idea=Idea(mix_idea.FIELDS, mix_idea.render, wants=mix_idea.wants),
        ),
        Step(
            "expand",
            expand.FIELDS,
            expand.render,
            expand.moments,
            wants=expand.wants,
            pair=Pair(OF_A_TOKEN, differences.of_neurons),
            chosen=frozenset({"neuron"}),
            code=of_family("expand"),
            parts=("model.blocks",),
            terms=("neuron",),
            hooks=frozenset({hooks.LN2_OUT, hooks.MLP_PRE, hooks.MLP_PRE_LINEAR, hooks.MLP_POST}),
            idea=Idea(expand_idea.FIELDS, expand_idea.render, wants=expand_idea.wants),
        ),
        Step(
            "contract",
            contract.FIELDS,
            contract.render,
            contract.moments,
            wants=contract.wants,
            pair=Pair(OF_A_TOKEN, differences.of_moves),
            code=of_family("contract"),
            parts=("model.blocks",),
            hooks=frozenset({hooks.RESID_MID, hooks.MLP_OUT, hooks.RESID_POST}),
            idea=Idea(contract_idea.FIELDS, contract_idea.render, wants=contract_idea.wants),
        ),
        Step(
            "inside",
            inside.FIELDS,
            inside.render,
            wants=inside.wants,
            slot="inside",
            rest="inside",
            parts=("model.blocks",),
        ),
    ),
    wants=of_attention,
    chosen=frozenset({"position", "layer", "head", "second"}),
    above=choice.SLOT,
)
ALL_AT_ONCE = Tour(
    EVERYTHING,
    sheet.everything,
    wants=of_everything,
    chosen=frozenset({"position", "layer", "head"}),
)
THE_GENERATION = Tour(
    GENERATE,
    walk.frame,
    (
        Step(
            "simple",
            simple.FIELDS,
            simple.render,
            simple.moments,
            chosen=frozenset({"chosen_step", "hides_special"}),
            code=of(write_on, sampling.greedy, sampling.draw),
            parts=("runtime.driver", "runtime.sampler", "runtime.loop"),
            terms=("tokens", "prob"),
            idea=Idea(simple.FIELDS, simple.idea, simple.moments, asks=rows.FIRST),
        ),
        Step(
            "model",
            whole.FIELDS,
            whole.render,
            whole.moments,
            wants=whole.wants,
            chosen=frozenset({"head", "is_mean"}),
            code=of(reference.forward),
            parts=("runtime.driver", "model.embedding", "model.head"),
            terms=("tokens", "attention", "prob"),
            hooks=frozenset({hooks.RESID_PRE, hooks.PATTERN, hooks.RESID_POST, hooks.LOGITS}),
            needs_numbers=True,
            idea=Idea(whole.FIELDS, whole.render, whole.moments, whole.wants),
        ),
        Step(
            "tree",
            tree.FIELDS,
            tree.render,
            chosen=frozenset({"chosen_step"}),
            code=of(write_on),
            parts=("runtime.loop", "runtime.cache"),
            terms=("tokens", "prob"),
            idea=Idea(tree.FIELDS, tree.idea),
        ),
    ),
)
TOURS: Tours = (THE_GENERATION, THE_DECODING, THE_WALK, THE_BLOCK, ALL_AT_ONCE, THE_TRAINING)
