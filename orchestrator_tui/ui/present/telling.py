"""What each kind of event says, in words a newcomer knows: one entry a kind of the journal's table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from orchestrator_tui.core.delivery import NO_NUDGE
from orchestrator_tui.core.event import Event
from orchestrator_tui.core.evolve_tracks import UNREAD_ROUTES
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.instant import elapsed_ms
from orchestrator_tui.core.kinds_run import RUN_KINDS
from orchestrator_tui.core.model import Batch, Gate, GateState
from orchestrator_tui.core.text import plural
from orchestrator_tui.ui.present.agent import NEWS
from orchestrator_tui.ui.present.ages import duration, seconds
from orchestrator_tui.ui.present.cells import clean
from orchestrator_tui.ui.present.routes import held_words, route_word
from orchestrator_tui.ui.present.words import stage_name, tokens

HIDDEN = frozenset(
    {
        "activity_seen",
        "cost_recorded",
        "delivery_claimed",
        "decision_delivered",
        "gate_route_added",
        "request_made",
        "request_taken",
        # runs
        "sides_seen",
        "effect_begun",
        "effect_ended",
        "work_inspected",
        "models_chosen",
        "workflow_recorded",
        "track_planned",
    }
)
"""Kinds that the timeline leaves out: finer steps of something that another line tells."""


@frozen
class Told:
    """What one event says. ``detail`` stands apart, quiet; ``token`` is a theme token."""

    text: str
    detail: str = ""
    token: str = ""


class _Telling:
    """An event with its payload's fields as clean text."""

    def __init__(self, event: Event, batch: Batch) -> None:
        self.event = event
        self.batch = batch
        self.payload: Mapping[str, Any] = event.payload

    def text(self, name: str, default: str = "") -> str:
        """A field on one clean line; ``default`` when it is missing or empty."""
        value = self.payload.get(name)
        return clean(str(value), 300) if value not in (None, "") else default

    def number(self, name: str) -> int:
        value = self.payload.get(name)
        return value if isinstance(value, int) else 0

    def items(self, name: str) -> str:
        value = self.payload.get(name)
        return clean(", ".join(str(item) for item in value), 300) if isinstance(value, (list, tuple)) else ""

    @property
    def gate(self) -> Gate | None:
        return self.batch.gates.get(self.text("gate"))

    def about(self, what: str) -> str:
        """``what``, and the question it is about where the gate is still of the same revision."""
        gate = self.gate
        if gate is None or gate.revision != self.payload.get("revision", gate.revision):
            return what
        return f"{what}: {clean(gate.question.question, 200)}"


def tell(event: Event, batch: Batch) -> Told:
    """What an event says; one of an unknown kind says so."""
    words = TELL.get(event.kind)
    if words is None:
        return Told(f"{clean(event.kind, 60)}: written by a newer version", token="quiet")
    return words(_Telling(event, batch))


_ANSWER_STATES = {
    GateState.DECIDED: "not delivered yet",
    GateState.DELIVERED: "delivered, not acknowledged yet",
    GateState.WITHDRAWN: "withdrawn before it left",
    GateState.CANCELLED: "cancelled before it left",
}


def _opened(told: _Telling) -> Told:
    kind, question = told.text("kind"), told.text("question")
    if told.number("revision") > 1:
        words = f"changed its question (r{told.number('revision')}): {question}"
    else:
        words = f"asks permission: {question.removeprefix('Allow ')}" if kind == "permission" else f"asks: {question}"
    gate = told.gate
    waits = gate is not None and gate.state is GateState.OPEN and gate.revision == told.number("revision")
    return Told(words, held_words(gate, told.batch) if gate is not None and waits else "", "gate" if waits else "")


def _decided(told: _Telling) -> Told:
    answer = told.text("label") or told.text("text") or told.items("options")
    origin = told.text("origin")
    rule = origin.removeprefix("policy:") if origin.startswith("policy:") else ""
    who = f"rule {rule}" if rule else told.text("by", "somebody")
    return Told(f'{who} answered "{answer}"', _answer_state(told), "" if rule else "strong")


def _answer_state(told: _Telling) -> str:
    """How far this very answer has come by now."""
    gate = told.gate
    if gate is None or gate.decision is None or gate.decision.id != told.payload.get("decision"):
        return ""
    if gate.undelivered:
        return "not delivered"
    taken = [step for step in gate.steps if step.step == "acknowledged"]
    if taken:
        return f"acknowledged {seconds(elapsed_ms(gate.decision.at, taken[-1].at))}"
    return _ANSWER_STATES.get(gate.state, "")


def _stage(told: _Telling) -> Told:
    status = told.text("status")
    name = told.text("name") or _stage_name(told)
    words, token = _STAGE_WORDS.get(status, (status, ""))
    return Told(f"stage {told.number('stage')} {name} {words}".replace("  ", " "), told.text("detail"), token)


_STAGE_WORDS = {
    "pending": ("waits for its turn", "quiet"),
    "running": ("started", ""),
    "gate": ("waits for a decision", "gate"),
    "done": ("done", "track-done"),
    "skipped": ("skipped", "quiet"),
    "failed": ("failed", "track-failed"),
}


def _stage_name(told: _Telling) -> str:
    track = told.batch.tracks.get(str(told.payload.get("track", "")))
    stages = () if track is None else track.stages
    return next((clean(stage.name, 80) for stage in stages if stage.index == told.number("stage")), "")


_MOVES = {
    "done": ("is done", "track-done"),
    "merged": ("merged", "track-done"),
    "failed": ("failed", "track-failed"),
    "rolled_back": ("was rolled back", "track-failed"),
    "abandoned": ("was given up", "quiet"),
    "skipped": ("was skipped", "quiet"),
    "stalled": ("makes no progress", "track-unknown"),
    "blocked": ("is blocked", "gate"),
    "escalated": ("needs a person", "gate"),
}


def _moved(told: _Telling) -> Told:
    to = told.text("to")
    words, token = _MOVES.get(to, (f"is now {to.replace('_', ' ')}", ""))
    why = told.text("why")
    return Told(f"{words}: {why}" if why else words, token=token)


_LIVENESS = {
    "reporting": ("reports again", ""),
    "asked": ("was asked what it is doing", ""),
    "working_not_reporting": ("works but does not report", "track-unknown"),
    "unknown": ("is silent; nobody knows what it does", "track-unknown"),
    "gone": ("its agent is gone", "track-failed"),
}


def _liveness(told: _Telling) -> Told:
    words, token = _LIVENESS.get(told.text("liveness"), (f"is {told.text('liveness')}", "track-unknown"))
    return Told(words, told.items("signs"), token)


_RESULTS = {
    "pass": ("passed", "track-done"),
    "fail": ("failed", "track-failed"),
    "partial": ("passed in part", "gate"),
    "skip": ("was skipped", "quiet"),
    "not_run": ("was not run", "quiet"),
}


def _check(told: _Telling) -> Told:
    words, token = _RESULTS.get(told.text("result"), (told.text("result"), ""))
    return Told(f"check {told.text('name')} {words}", told.text("detail"), token)


def _changed(told: _Telling) -> Told:
    changes = told.payload.get("changes")
    pairs = changes.items() if isinstance(changes, Mapping) else ()
    return Told("changed " + clean(", ".join(f"{key}: {value}" for key, value in pairs), 300), token="quiet")


def _reported(told: _Telling) -> Told:
    blocked = " and is blocked" if told.payload.get("blocked") else ""
    progress = told.text("progress")
    return Told((f"reports {progress}" if progress else "has reported") + blocked, token="gate" if blocked else "")


def _message_delivered(told: _Telling) -> Told:
    words = "was left a message" if told.text("route") in UNREAD_ROUTES else "has the message"
    return Told(words, f"by {route_word(told.text('route'))}", "quiet")


def _nudged(told: _Telling) -> Told:
    if told.text("route") == NO_NUDGE:
        return Told("cannot be nudged", told.text("evidence"), "quiet")
    return Told("was nudged to look", f"by {route_word(told.text('route'))}", "quiet")


def _asked(told: _Telling) -> Told:
    silent = f" after {duration(told.number('silent_ms'))} of silence" if told.number("silent_ms") else ""
    route = told.text("route")
    return Told(f"is asked what it is doing{silent}", f"by {route_word(route)}" if route else "", "track-unknown")


def _cost(told: _Telling) -> Told:
    cost, count = told.payload.get("cost_usd"), told.number("tokens")
    parts = [f"${cost:,.2f}"] if isinstance(cost, (int, float)) else []
    parts += [f"{tokens(count)} tokens"] if count else []
    return Told("has cost " + (", ".join(parts) or "nothing yet"), told.text("model"), "quiet")


def _finding(told: _Telling) -> Told:
    line = f":{told.number('line')}" if told.number("line") else ""
    place = f"{told.text('file')}{line}"
    by = f"by {told.text('by')}" if told.text("by") else ""
    token = "track-failed" if told.text("severity") == "blocker" else ""
    sure = f"{told.number('confidence')} of 100 sure" if "confidence" in told.payload else ""
    words, found = {"possible": "possible ", "left_out": "left out: "}, f"{told.text('severity')}: {told.text('title')}"
    standing = words.get(told.text("standing"), "")
    tail = "  ".join(part for part in (place, by, sure) if part)
    return Told(f"{standing}{found}", tail, "quiet" if standing else token)


def _message(told: _Telling) -> Told:
    words = told.text("text")
    return Told(f'is told "{words}"', f"by {told.text('by', 'orch-tui')}")


def _failed(told: _Telling) -> Told:
    route, final = route_word(told.text("route")), told.payload.get("undelivered")
    words = "the answer did not arrive" if final else f"the answer was not taken by {route}"
    return Told(words, told.text("why"), "track-failed" if final else "gate")


def _stale(told: _Telling) -> Told:
    age = duration(told.number("age_ms"))
    return Told(told.about(f"has waited {age}"), f"level {told.number('level')}", "gate-stale")


def _attempt_started(told: _Telling) -> Told:
    purpose = told.text("purpose")
    words = {"revise": "another try", "rework": "another round"}.get(purpose, purpose)
    return Told(f"an agent starts: {words}", "  ".join(one for one in (told.text("role"), told.text("model")) if one))


def _attempt_ended(told: _Telling) -> Told:
    code = told.payload.get("exit_code")
    ending = f"exit {code}" if isinstance(code, int) else ""
    return Told(f"an agent ended: {told.text('outcome').replace('_', ' ')}", ending)


def _of_run(told: _Telling) -> Told:
    """An event of a run, told by what is loaded only where there is one."""
    from orchestrator_tui.ui.present.telling_run import RUN_TELLERS, STAGE_WORDS

    stage = told.payload.get("stage")
    name = stage_name(told.batch.tracks.get(told.text("track")), stage if isinstance(stage, int) else None)
    words = RUN_TELLERS[told.event.kind]({**told.payload, STAGE_WORDS: f"stage {stage} {name}".rstrip()})
    return Told(clean(words[0], 300), clean(words[1], 300), words[2])


def _ends(words: str) -> Callable[[_Telling], Told]:
    return lambda told: Told(told.about(words), told.text("why"), "quiet")


TELL: Mapping[str, Callable[[_Telling], Told]] = {
    "batch_opened": lambda told: Told(f"batch opened: {told.text('title')}", told.text("source")),
    "batch_ended": lambda told: Told(f"batch ended: {told.text('outcome')}", token="strong"),
    "batch_reopened": lambda told: Told("batch opened again", told.text("why")),
    "limits_set": lambda told: Told("the clocks of this batch are set", token="quiet"),
    "lease_taken": lambda told: Told("this batch is now kept", f"by {told.text('holder')}", "quiet"),
    "lease_released": lambda told: Told("this batch is no longer kept", f"by {told.text('holder')}", "quiet"),
    "request_made": lambda told: Told(f"somebody asks for: {told.text('kind')}", token="quiet"),
    "request_taken": lambda told: Told(f"request taken up: {told.text('kind')}", told.text("outcome"), "quiet"),
    "track_added": lambda told: Told(f"new track: {told.text('title')}", told.text("workflow") or told.text("kind")),
    "track_changed": _changed,
    "track_moved": _moved,
    "track_reported": _reported,
    "stage_changed": _stage,
    "stages_skipped": lambda told: Told(
        f"skips {plural(len(told.payload.get('stages', ())), 'stage')} ({told.items('stages')})",
        told.text("reason") or (f"by {told.text('by')}" if told.text("by") else ""),
    ),
    "agent_seen": lambda told: Told(
        NEWS.get(told.text("status"), told.text("status")), told.items("evidence"), "quiet"
    ),
    "activity_seen": lambda told: Told(told.text("text"), token="quiet"),
    "attempt_started": _attempt_started,
    "attempt_ended": _attempt_ended,
    "cost_recorded": _cost,
    "finding_added": _finding,
    "check_recorded": _check,
    "note_added": lambda told: Told(f"notes: {told.text('text')}", told.text("by")),
    "message_sent": _message,
    "message_delivered": _message_delivered,
    "message_failed": lambda told: Told("a message cannot be brought", told.text("why"), "gate"),
    "agent_asked": _asked,
    "agent_liveness": _liveness,
    "gate_opened": _opened,
    "gate_route_added": lambda told: Told("can also be answered", f"by {route_word(told.text('route'))}", "quiet"),
    "gate_decided": _decided,
    "decision_undone": lambda told: Told(f"{told.text('by', 'somebody')} took the answer back", token="gate"),
    "decision_refused": lambda told: Told("an answer was refused", told.text("why"), "gate"),
    "delivery_claimed": lambda told: Told("the answer is on its way", f"by {route_word(told.text('route'))}", "quiet"),
    "delivery_failed": _failed,
    "decision_delivered": lambda told: Told("the answer is delivered", f"by {route_word(told.text('route'))}"),
    "decision_acknowledged": lambda told: Told(
        "has taken the answer", f"by {route_word(told.text('route'))}, {told.text('evidence')}"
    ),
    "gate_nudged": _nudged,
    "gate_withdrawn": _ends("took its question back"),
    "gate_cancelled": _ends("gate cancelled"),
    "gate_expired": _ends("gate expired without an answer"),
    "gate_answered_elsewhere": _ends("was answered elsewhere"),
    "gate_cleared": lambda told: Told("has put its question away", token="quiet"),
    "redelivery_asked": lambda told: Told(f"{told.text('by', 'somebody')} sends the answer again"),
    "gate_stale": _stale,
    "gate_risk_raised": lambda told: Told(
        f"its question is riskier than it said: {told.text('risk')}", told.text("risk_why"), "gate"
    ),
    "gate_snoozed": lambda told: Told(
        f"warnings silenced for {duration(told.number('snooze_ms'))}", f"by {told.text('by', 'somebody')}", "quiet"
    ),
    **dict.fromkeys(RUN_KINDS, _of_run),
    "finding_closed": lambda told: Told(f"a finding is {told.text('state')}", told.text("why"), "quiet"),
    "signal_raised": lambda told: Told(f"noticed: {told.text('text')}", told.items("evidence"), "gate"),
    "signal_cleared": lambda told: Told("no longer so", told.text("why"), "quiet"),
}
"""The words of each kind of :data:`orchestrator_tui.core.event.KINDS`."""
