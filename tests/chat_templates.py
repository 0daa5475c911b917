"""Folders with the chat templates of tests/family_templates.py, and what the export says of each.

A row: the files of its folder, and "same", or the message that says why chat is not offered.
"""

# ruff: noqa: E501 - templates stand as models have them

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from seethrough.core.messages import text
from tests.family_templates import (
    ALPACA,
    BLENDER,
    CHATML,
    COMMAND,
    COUNTED,
    DEEPSEEK,
    DEEPSEEK3,
    DEEPSEEK_R1,
    FALCON,
    FALCON3,
    GEMMA,
    GEMMA3,
    GENERATION,
    GRANITE,
    HARMONY,
    INTERNLM,
    JSON_ALL,
    JSON_TURNS,
    LEFT_AND_RIGHT,
    LLAMA2,
    LLAMA2_NO_SYSTEM,
    LLAMA3,
    LLAMA31,
    LLAMA32,
    LOOPS,
    MACRO,
    MISTRAL,
    MISTRAL3,
    OLMO,
    OPENCHAT,
    PHI3,
    PHI4,
    QWEN3,
    QWEN3_PLAIN,
    QWEN25,
    SECOND,
    SOLAR,
    SPACED,
    VICUNA,
    WITH_DEFAULT,
    ZEPHYR,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

SAME = "same"
NONE, SEGMENTS, DATED = "chat.no_template", "chat.no_segments", "chat.dated_template"
BROKEN, NO_DEFAULT = "chat.broken_template", "chat.no_default"
ENDS = {"bos_token": "<s>", "eos_token": "</s>"}


def sentence(reason: Mapping[str, Any]) -> str:
    """The sentence of a reason; empty for none."""
    return text(reason["key"], **reason["fields"]) if reason else ""


@dataclass(frozen=True)
class Case:
    """A folder's files beside its vocabulary, and what is said of it."""

    name: str
    expected: str = SAME
    template: Any = None
    settings: dict[str, Any] = field(default_factory=lambda: dict(ENDS))
    files: dict[str, str | bytes] = field(default_factory=dict)
    is_metaspace: bool = False


CASES = (
    Case("ChatML", template=CHATML),
    Case("SmolLM2", template=WITH_DEFAULT, settings={"tokenizer_class": "GPT2Tokenizer"}),
    Case("Qwen 1.5", template=WITH_DEFAULT),
    Case("Qwen 2.5, tools aside", template=QWEN25),
    Case("Qwen 3, cuts its thoughts", template=QWEN3),
    Case("Qwen 3 without thoughts", template=QWEN3_PLAIN),
    Case("Llama 2, system in the first turn", template=LLAMA2),
    Case("Llama 2 without a system", template=LLAMA2_NO_SYSTEM),
    Case("Llama 2, its class", template=LLAMA2_NO_SYSTEM, settings={"tokenizer_class": "LlamaTokenizer"}, is_metaspace=True),
    Case("TinyLlama, its class", template=ZEPHYR, settings={"tokenizer_class": "LlamaTokenizer"}, is_metaspace=True),
    Case("TinyLlama, file as it is", template=ZEPHYR, is_metaspace=True),
    Case("Llama 3", template=LLAMA3),
    Case("Llama 3.1, a date of its own", template=LLAMA31),
    Case("Llama 3.2, today's date", DATED, LLAMA32),
    Case("Mistral", template=MISTRAL),
    Case("Mistral v3, system in the last turn", template=MISTRAL3),
    Case("Gemma", template=GEMMA),
    Case("Gemma 3, system in the first turn", template=GEMMA3),
    Case("Phi-3, ends without a prompt", template=PHI3),
    Case("Phi-4", template=PHI4),
    Case("Zephyr", template=ZEPHYR),
    Case("Vicuna, strips all but the system", template=VICUNA),
    Case("Alpaca", template=ALPACA),
    Case("DeepSeek", template=DEEPSEEK),
    Case("DeepSeek V3, system looked up", template=DEEPSEEK3),
    Case("DeepSeek R1, cuts its thoughts", template=DEEPSEEK_R1),
    Case("Command R, strips all but the system", template=COMMAND),
    Case("OLMo, no system", template=OLMO),
    Case("Falcon, rewrites line ends", template=FALCON),
    Case("Falcon, line ends of Windows too", template=FALCON.replace("\r\n", "\\r\\n")),
    Case("Falcon 3, no line end last", template=FALCON3),
    Case("OpenChat", template=OPENCHAT),
    Case("InternLM", template=INTERNLM),
    Case("Solar", template=SOLAR),
    Case("Granite", template=GRANITE),
    Case("Blenderbot", template=BLENDER),
    Case("gpt-oss, today's date", DATED, HARMONY),
    Case("tools is not none", template="{% if tools is not none %}[TOOLS]{% endif %}" + CHATML),
    Case("documents is not none", template="{% if documents is not none %}[DOCS]{% endif %}" + CHATML),
    Case("documents is defined", template="{% if documents is defined %}[DOCS]{% endif %}" + CHATML),
    Case("custom name is not defined", template="{% if custom is not defined %}[PLAIN]{% endif %}" + CHATML),
    Case("generation tag", template=GENERATION),
    Case("generation tag keeps its names", template="{% set x = 'a' %}{% generation %}{% set x = 'b' %}{% endgeneration %}{{ x }}" + CHATML),
    Case("break and continue", template=LOOPS),
    Case("macro", template=MACRO),
    Case("tojson of a role", template=JSON_TURNS),
    Case("tojson of a message", SEGMENTS, JSON_ALL),
    Case("dict, dashes, trailing line", template=SPACED),
    Case("numbered turns", SEGMENTS, COUNTED),
    Case("Llama 2 without stripping", template=LLAMA2.replace(".strip()", "")),
    Case("left and right alone", template=LEFT_AND_RIGHT),
    Case("cuts a mark of its own", SEGMENTS, CHATML.replace("message['content']", "message['content'].replace('[cut]', '')")),
    Case("another end for a user", SEGMENTS, CHATML + "{% if messages[-1].role == 'user' and not add_generation_prompt %}!{% endif %}"),
    Case("system in the second turn", SEGMENTS, SECOND),
    Case("namespace with an underscore", BROKEN, "{% set ns = namespace(_x=1) %}" + CHATML),
    Case("bos of the class", template="{{ bos_token }}" + CHATML, settings={"tokenizer_class": "GPT2Tokenizer"}),
    Case("bos that is null", template="{{ bos_token }}" + CHATML, settings={"tokenizer_class": "GPT2Tokenizer", "bos_token": None}),
    Case("bos that is not there", template="{{ bos_token }}{% if bos_token is defined %}[BOS]{% endif %}" + CHATML, settings={}),
    Case("bos added to a text", BROKEN, "{{ bos_token + 'x' }}" + CHATML, settings={}),
    Case("bos of the older file", template="{{ bos_token }}" + CHATML, settings={}, files={"special_tokens_map.json": '{"bos_token": {"content": "<s>", "lstrip": false}}'}),
    Case("bos in two files", template="{{ bos_token }}" + CHATML, files={"special_tokens_map.json": '{"bos_token": "<|im_end|>"}'}),
    Case("pad, unk and a token of its own", template="{{ pad_token }}{{ unk_token }}{{ image_token }}" + CHATML, settings={"pad_token": "</s>", "unk_token": "<s>", "image_token": "<|im_end|>"}),
    Case("extra tokens by name", template="{{ video }}" + CHATML, settings={"extra_special_tokens": {"video": "<|im_end|>"}}),
    Case("a token that only the settings list", template="{{ '<fresh>' }}" + CHATML, settings={"additional_special_tokens": ["<fresh>"]}),
    Case("list of templates", template=[{"name": "default", "template": CHATML}, {"name": "tool_use", "template": "{{ x"}]),
    Case("list without a default", NO_DEFAULT, [{"name": "tool_use", "template": CHATML}]),
    Case("a file of its own", template="{{ 'no' }}", files={"chat_template.jinja": CHATML + "\n"}),
    Case("a file with CR LF", files={"chat_template.jinja": SOLAR.replace("\n", "\r\n").encode()}),
    Case("folder of templates", template=CHATML, files={"chat_template.jinja": WITH_DEFAULT, "additional_chat_templates/tool_use.jinja": "{{ x"}),
    Case("folder without a default", NO_DEFAULT, CHATML, files={"additional_chat_templates/rag.jinja": CHATML}),
    Case("file that is not UTF-8", "source.corrupt", files={"chat_template.jinja": b"{# caf\xe9 #}" + CHATML.encode()}),
    Case("refuses everything", BROKEN, "{{ raise_exception('not today') }}"),
    Case("unknown tag", BROKEN, "{% trans %}" + CHATML),
    Case("none at all", NONE, None),
)  # fmt: skip
