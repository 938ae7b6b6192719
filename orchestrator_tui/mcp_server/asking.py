"""``request_decision``: a gate by its own name, and the wait for its answer (DESIGN §4.2, §4.3).

The gate is named after who asks and what the asker calls its question, so that the same call made again, by an agent
that was interrupted or of a server that was killed, finds the same gate and the same answer. Asked without a name, a
question whose answer was handed over counts as asked anew: an approval is good for once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from orchestrator_tui.core.bounds import CONTEXT_BYTES, OPTION_BYTES, QUESTION_BYTES, within
from orchestrator_tui.core.canonical import json_text, sha256_hex
from orchestrator_tui.core.instant import elapsed_ms
from orchestrator_tui.core.model import Gate, Question
from orchestrator_tui.core.normalise import options, pick
from orchestrator_tui.core.words import decision_words
from orchestrator_tui.core.words_pending import over_words, pending_words
from orchestrator_tui.journal.port import JournalDamaged, JournalError, JournalNewer
from orchestrator_tui.mcp_server.answers import RETRY_S, Answer, answer_data, gate_data, settle
from orchestrator_tui.mcp_server.arguments import Arguments, Mistake, nearest, quoted
from orchestrator_tui.mcp_server.cancelling import Cancellation
from orchestrator_tui.mcp_server.desk import ROUTE, Place
from orchestrator_tui.mcp_server.replies import Reply
from orchestrator_tui.mcp_server.tools import REQUEST_DECISION
from orchestrator_tui.mcp_server.tracks import named_slug, slug_of_call, track_of_call
from orchestrator_tui.runtime.doors import Over, Pending, Taken
from orchestrator_tui.runtime.rules import load_rules

KIND = "ask"
PATIENCE_S = 60.0
"""How long a question is tried to be recorded before its asker hears that it was not."""

FOREVER_S = 10 * 365 * 86_400.0
_TOOL = REQUEST_DECISION.name
_T = TypeVar("_T")


def request_decision(place: Place, given: Arguments, cancellation: Cancellation) -> Reply:
    """Ask, and wait for the answer as long as the caller may be held.

    Raises:
        Mistake: the arguments do not make a question.
        JournalError: the question could not be recorded.
    """
    slug = named_slug(_TOOL, given.get("track", ""), place.caller)
    asked = _question(given)
    gate = _patiently(place, cancellation, PATIENCE_S, lambda _: _ask(place, given, slug, asked))
    cancellation.woken_by(lambda: place.desk.wake(gate.batch, gate.id))

    def take(left_s: float) -> Taken | Pending | Over:
        return place.door(create=True).take(gate.id, gate.revision, left_s, cancellation.is_set)

    found = _patiently(place, cancellation, _wait_s(place, given), take)
    return _reply(place, found, given)


def gate_id(scope: str, request: str, asked: Question) -> str:
    """The id of a gate inside its batch: who asks, and the asker's name for the question or else its words."""
    named = [scope, request] if request else [scope, "", asked.question, [option.label for option in asked.options]]
    return f"{ROUTE}-{sha256_hex(json_text(named))[:12]}"


# --- the question ------------------------------------------------------------------------------------------


def _question(given: Arguments) -> Question:
    listed = given.get("options", [])
    choices = options(listed)
    keys = [_key(label) for label in listed]
    twice = next((key for place, key in enumerate(keys) if key in keys[:place]), None)
    if twice is not None:
        raise Mistake(f"{_TOOL}: two options have the key {quoted(twice)}")
    recommended = given.get("recommendation")
    picked = pick(choices, recommended)
    if recommended is not None and picked is None:
        known = f"; the options are {', '.join(quoted(one.key) for one in choices)}" if choices else "; it has none"
        near = nearest(recommended, [one.key for one in choices])
        raise Mistake(f"{_TOOL}: recommendation {quoted(recommended)} is no option of this question{near}{known}")
    _refuse_cut("question", given["question"], QUESTION_BYTES)
    _refuse_cut("context", given.get("context", ""), CONTEXT_BYTES)
    for place, label in enumerate(listed):
        _refuse_cut(f"options[{place}]", label, OPTION_BYTES)
    return Question(
        kind=KIND,
        question=given["question"],
        context=given.get("context", ""),
        options=choices,
        stage=given.get("stage"),
        free_text=True,
        recommendation=picked,
        confidence=given.get("confidence", ""),
        declared_risk=given.get("risk", ""),
        environment=given.get("environment", "").strip().lower(),
    )


def _key(label: str) -> str:
    """The key that a label gives itself; one that is known by its position only is told from others by all of it."""
    first, second = options([label])[0].key, options(["?", label])[1].key
    return first if first == second else label


def _refuse_cut(name: str, text: str, most: int) -> None:
    if within(text, most) != text:
        raise Mistake(f"{_TOOL}: {name} takes more than the {most:,} bytes that a gate can hold")


# --- asking and waiting ------------------------------------------------------------------------------------


def _ask(place: Place, given: Arguments, slug: str, asked: Question) -> Gate:
    """The gate of this question, opened now or by an earlier call."""
    door = place.door(create=True)
    settle(place, place.own_gates())
    batch, caller = place.batch(), place.caller
    track = track_of_call(batch, caller, slug)
    if asked.stage is None and track is not None and track.stage > 0:
        asked = replace(asked, stage=track.stage)
    request = given.get("request_id", "")
    return door.ask(
        gate_id(slug or caller.address, request, asked),
        asked,
        load_rules(place.desk.directory),
        track=slug_of_call(batch, caller, slug),
        source=caller.source,
        workflow="" if track is None else track.workflow,
        routes=place.desk.routes(caller),
        anew=not request,
        asker=caller.address,
    )


def _wait_s(place: Place, given: Arguments) -> float:
    """How long this call may wait: a person at the terminal is to be able to go on talking (DESIGN §4.2)."""
    if "wait_seconds" in given:
        return float(given["wait_seconds"])
    return 0.0 if place.caller.interactive else FOREVER_S


def _patiently(place: Place, cancellation: Cancellation, seconds: float, step: Callable[[float], _T]) -> _T:
    """What ``step`` gives; it is tried again while the journal fails and time is left. It gets the seconds left.

    Raises:
        JournalError: it failed to the end, or in a way that no waiting helps.
    """
    start = place.desk.clock.now()
    while True:
        left_s = seconds - elapsed_ms(start, place.desk.clock.now()) / 1000
        try:
            return step(max(0.0, left_s))
        except JournalError as error:
            place.desk.troubled(error)
            if left_s <= 0 or isinstance(error, (JournalDamaged, JournalNewer)) or cancellation.is_set():
                raise
        if place.desk.pause(min(RETRY_S, left_s)):
            raise JournalError("the server ends")


def _reply(place: Place, found: Taken | Pending | Over, given: Arguments) -> Reply:
    gate = found.gate
    named = {"request_id": given["request_id"]} if "request_id" in given else {}
    if isinstance(found, Taken):
        parcels = () if found.again else (Answer(place, gate),)
        return Reply(decision_words(gate), {**answer_data(gate), **named}, parcels=parcels)
    if isinstance(found, Pending):
        attended = place.desk.attended()
        data = {**gate_data(gate, "pending", found.why), **named, "attended": attended}
        return Reply(pending_words(gate, found.why, attended), data)
    return Reply(over_words(gate, found.why), {**gate_data(gate, gate.state.value, found.why), **named})
