"""How families of models write tool calls, recognised by their chat template. Data, with the little that follows from it.

Sources: the chat templates that the model makers publish in their tokenizer configurations (Hermes 2 Pro, Qwen 2.5, Qwen 3 and
3 Coder, GLM 4.5, Mistral v3 to v11, Llama 3.1, DeepSeek R1 and V3.1, Phi-4 mini, Granite 3).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Family:
    """`opens` and `closes` surround calls in an answer; `closes` "" means: to its end.

    A forced answer is `before`, calls with `joint` between them ("": there is only one), `after`; a call is the three parts of
    `call` with the name and the arguments between them.
    """

    name: str
    opens: str
    closes: str
    call: tuple[str, str, str]
    before: str = ""
    joint: str = ""
    after: str = ""

    def written(self, name: str, arguments: str) -> str:
        """One call, as the model would write it."""
        return self.call[0] + name + self.call[1] + arguments + self.call[2]


_JSON = ('{"name": "', '", "arguments": ', "}")
_IN_TAGS = ('<tool_call>\n{"name": "', '", "arguments": ', "}\n</tool_call>")

HERMES = Family("hermes", "<tool_call>", "</tool_call>", _IN_TAGS, joint="\n")
MISTRAL = Family("mistral", "[TOOL_CALLS]", "", _JSON, before="[TOOL_CALLS][", joint=", ", after="]")
LLAMA = Family("llama", "<|python_tag|>", "", ('{"name": "', '", "parameters": ', "}"))
DEEPSEEK = Family(
    "deepseek",
    "<｜tool▁calls▁begin｜>",
    "<｜tool▁calls▁end｜>",
    ("<｜tool▁call▁begin｜>function<｜tool▁sep｜>", "\n```json\n", "\n```<｜tool▁call▁end｜>"),
    before="<｜tool▁calls▁begin｜>",
    joint="\n",
    after="<｜tool▁calls▁end｜>",
)
PHI = Family(
    "phi", "<|tool_call|>", "<|/tool_call|>", _JSON, before="<|tool_call|>[", joint=", ", after="]<|/tool_call|>"
)
# The template says nothing of tools, or in a way that is not known: tools are told in words, calls are written as Hermes does.
GENERIC = Family("generic", HERMES.opens, HERMES.closes, HERMES.call, joint=HERMES.joint)

FAMILIES = {family.name: family for family in (HERMES, MISTRAL, LLAMA, DEEPSEEK, PHI, GENERIC)}

# Texts that tokens of their own may stand for. They are shown in the answer, or there would be nothing to take apart.
MARKERS = frozenset(
    {
        "<tool_call>", "</tool_call>", "[TOOL_CALLS]", "[ARGS]", "[CALL_ID]", "<|python_tag|>", "<|tool_call|>",
        "<|/tool_call|>", "<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>", "<｜tool▁call▁begin｜>", "<｜tool▁call▁end｜>",
        "<｜tool▁sep｜>", "<think>", "</think>", "[THINK]", "[/THINK]", "<seed:think>", "</seed:think>",
    }
)  # fmt: skip

REASONING_TAGS = (("<think>", "</think>"), ("[THINK]", "[/THINK]"), ("<seed:think>", "</seed:think>"))


def family_of(template: str) -> Family:
    """By the source of a chat template."""
    if "tools" not in template:
        return GENERIC
    for family, sign in (
        (MISTRAL, "[TOOL_CALLS]"),
        (DEEPSEEK, "<｜tool▁calls▁begin｜>"),
        (PHI, "<|tool_call|>"),
        (HERMES, "<tool_call>"),
        (LLAMA, "<|python_tag|>"),
        (LLAMA, '"parameters": dictionary of argument name'),
    ):
        if sign in template:
            return family
    return GENERIC


def reasoning_tags_of(template: str) -> tuple[str, str]:
    """What surrounds a thought. Of a template that says nothing: the tags that most models use."""
    return next((tags for tags in REASONING_TAGS if tags[1] in template or tags[0] in template), REASONING_TAGS[0])
