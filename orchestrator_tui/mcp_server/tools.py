"""The tools of orch-mcp as data: parameters, limits, and what models read of them (DESIGN §4.2).

The descriptions teach the protocol: they are all that many agents ever read of it. When to ask and when to decide
alone is seed 002's table of gate autonomy.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from orchestrator_tui.core.metadata import MAX_STAGES
from orchestrator_tui.core.normalise import MAX_OPTION_CHARACTERS, MAX_OPTIONS

STAGE_STATUSES = ("in_progress", "completed", "gate_blocked")
SEVERITIES = ("blocker", "concern", "follow-up", "nit")
CONFIDENCES = ("high", "medium", "low")
RISKS = ("low", "medium", "high", "check", "staging", "failure", "destructive", "critical", "production")
LONGEST_WAIT_S = 86_400

TEXT, WHOLE, TEXTS, WHOLES = "text", "whole number", "texts", "whole numbers"
"""Kinds of parameters."""


class Parameter(NamedTuple):
    """One parameter of a tool.

    Attributes:
        name: its key.
        help: one line, for models and for the docs.
        kind: one of the kinds above.
        limit: most characters of a text, or the greatest number.
        least: the smallest number.
        choices: the values that there are; () for any.
        required: a call without it is refused.
        most: how many items a list may have.
    """

    name: str
    help: str
    kind: str = TEXT
    limit: int = 200
    least: int = 0
    choices: tuple[str, ...] = ()
    required: bool = False
    most: int = 0


class Tool(NamedTuple):
    """One tool: what it takes, and what it says of itself.

    Attributes:
        name: as it is called.
        title: a few words for people.
        description: what models read.
        parameters: what it takes.
        only_reads: it changes nothing outside of orch-tui's own queue, so that calls of it may run beside others.
        always: models are to see it without searching for it.
    """

    name: str
    title: str
    description: str
    parameters: tuple[Parameter, ...] = ()
    only_reads: bool = False
    always: bool = False


_TRACK = Parameter("track", "slug of your track, where you were given one; you are recognised without it", limit=63)
_STAGE = Parameter("stage", "number of the stage", WHOLE, MAX_STAGES, least=1)

REQUEST_DECISION = Tool(
    "request_decision",
    "Ask the person for a decision",
    "Ask the person for a decision that is not yours to make, and get the answer."
    " ASK when: a review or counsel verdict is not a clean approval, or changes requirements; a build failed 3 times"
    " in a row; a suggestion contradicts the requirements; the root cause is another than planned; staging or"
    " production is touched, or production failed; an error is in no rule of yours."
    " DECIDE YOURSELF and leave a note: clean approvals, a clear error you can fix, a valid suggestion, the dev"
    " environment. NEVER assume approval: silence, an error, a timeout or `pending` is no yes; only the answer to this"
    " very question counts, once."
    " Sub-agents and headless sessions wait here until the person has decided; other tool calls may run beside it. An"
    " interactive session gets `pending` at once, so that its person can go on talking: say that you asked, go on with"
    " what does not depend on it, and fetch the answer with pending_decisions."
    " Give a request_id: calling again with the same one (after an interruption, an error, a restart) never asks twice"
    " and brings the same answer.",
    (
        Parameter("question", "what is to be decided, and why, in plain words", limit=12_000, required=True),
        Parameter(
            "options",
            "the choices, each `key: what it means`; without any, the person answers in their own words",
            TEXTS,
            MAX_OPTION_CHARACTERS,
            most=MAX_OPTIONS,
        ),
        Parameter("context", "what the person should know beside it: findings, evidence, consequences", limit=12_000),
        Parameter("recommendation", "key of the option that you recommend; none for production", limit=500),
        Parameter("confidence", "how sure you are of it", choices=CONFIDENCES),
        Parameter("risk", "how bad a wrong answer would be; it only raises", choices=RISKS),
        Parameter("environment", "dev, staging, production …, where it touches one", limit=32),
        Parameter("stage", "number of the stage that waits for it; yours without it", WHOLE, MAX_STAGES, least=1),
        _TRACK,
        Parameter("request_id", "a name of your own for this question", limit=200),
        Parameter(
            "wait_seconds",
            "wait at most so long, then get `pending`; 0 does not wait",
            WHOLE,
            LONGEST_WAIT_S,
        ),
    ),
    only_reads=True,
    always=True,
)
REPORT_STAGE = Tool(
    "report_stage",
    "Say which stage you are in",
    "Say where you are, at every stage transition. Refused while a question of an earlier stage is undecided: stages"
    " are never skipped forward. Brings answers that have come for you in between.",
    (
        _STAGE._replace(required=True),
        Parameter("status", "where the stage stands", choices=STAGE_STATUSES, required=True),
        Parameter("stage_name", "the stage's name", limit=120),
        Parameter("progress", "what you are doing, in a few words"),
        Parameter("workflow", "the workflow whose stages these are, such as prd-to-pr", limit=64),
        _TRACK,
        Parameter("pr", "your pull request: number or URL"),
        Parameter("branch", "your branch"),
        Parameter(
            "skipped",
            "numbers of stages that you left out; only a person's decision allows that",
            WHOLES,
            MAX_STAGES,
            1,
            most=MAX_STAGES,
        ),
    ),
    always=True,
)
NOTE = Tool(
    "note",
    "Leave a note",
    "Leave a note on your track: what you decided yourself and why, what the person should know later.",
    (Parameter("text", "the note", limit=4_096, required=True), _TRACK),
)
FINDING = Tool(
    "finding",
    "Record what a review found",
    "Record one finding of a review.",
    (
        Parameter("severity", "how bad it is", choices=SEVERITIES, required=True),
        Parameter("title", "the finding in one line", required=True),
        Parameter("detail", "more about it", limit=4_096),
        Parameter("file", "where it is", limit=500),
        Parameter("line", "in which line", WHOLE, 10_000_000, least=1),
        Parameter("confidence", "how sure you are of it, from 0 to 100", WHOLE, 100),
        _TRACK,
    ),
)
PENDING_DECISIONS = Tool(
    "pending_decisions",
    "Fetch what waits for you",
    "Fetch the answers to your questions, the person's messages to you, and the list of your questions that are still"
    " undecided. Call it when you are told that something waits, when you come back to work, and before you end. Go on"
    " by what it brings; what is still undecided is not approved.",
    only_reads=True,
    always=True,
)
TOOLS = {tool.name: tool for tool in (REQUEST_DECISION, REPORT_STAGE, NOTE, FINDING, PENDING_DECISIONS)}

INSTRUCTIONS = (
    "orch-tui shows a person every question of their agents in one queue. Ask there with request_decision what is not"
    " yours to decide, report every stage with report_stage, fetch answers and messages with pending_decisions."
    " Nothing but an answer is an approval."
)


def schema(tool: Tool) -> dict[str, Any]:
    """The JSON Schema of a tool's arguments; what it does not name is refused."""
    found: dict[str, Any] = {
        "type": "object",
        "properties": {one.name: _schema(one) for one in tool.parameters},
        "additionalProperties": False,
    }
    required = [one.name for one in tool.parameters if one.required]
    return {**found, "required": required} if required else found


def _schema(one: Parameter) -> dict[str, Any]:
    described = {"description": one.help}
    if one.kind in (TEXTS, WHOLES):
        item = _schema(one._replace(kind=TEXT if one.kind == TEXTS else WHOLE))
        del item["description"]
        return {"type": "array", "items": item, "maxItems": one.most, **described}
    if one.kind == WHOLE:
        return {"type": "integer", "minimum": one.least, "maximum": one.limit, **described}
    if one.choices:
        return {"type": "string", "enum": list(one.choices), **described}
    least = {"minLength": 1} if one.required else {}
    return {"type": "string", **least, "maxLength": one.limit, **described}
