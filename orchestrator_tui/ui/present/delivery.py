"""The way of a decision in words: decided, delivered, acknowledged, with times and routes (DESIGN §4.2)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo

from orchestrator_tui.core.delivery import NO_NUDGE
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.model import DeliveryStep, Gate, GateState
from orchestrator_tui.ui.present.ages import clock_time, left, seconds
from orchestrator_tui.ui.present.cells import Line, Part, clean
from orchestrator_tui.ui.present.glyphs import Glyphs
from orchestrator_tui.ui.present.routes import route_word


def undo_left(gate: Gate, now: Instant) -> str:
    """The seconds left in which the decision can be taken back, or "" (reliability A-11)."""
    if gate.state is not GateState.DECIDED or gate.decision is None or gate.claim is not None:
        return ""
    spent = elapsed_ms(gate.decision.at, now)
    return left(gate.decision.undo_ms, spent) if spent < gate.decision.undo_ms else ""


def life_lines(gate: Gate, zone: tzinfo, glyphs: Glyphs) -> tuple[Line, ...]:
    """What became of the decision, one line a step, then how the gate ended; nothing while it is open."""
    lines: list[Line] = []
    decision = gate.decision
    if decision is not None:
        answer = clean(decision.label or decision.text, 200)
        lines.append(
            _line(decision.at, zone, glyphs.done, "track-done", f'decided "{answer}"', f"by {clean(decision.by, 60)}")
        )
        if decision.reason:
            lines.append((Part(" " * 12), Part(f"reason: {clean(decision.reason, 300)}", "quiet")))
        lines += [_step(step, gate, zone, glyphs) for step in gate.steps]
    ending = _ENDINGS.get(gate.state)
    if ending is not None and gate.closed_at is not None:
        lines.append(_line(gate.closed_at, zone, glyphs.skipped, "quiet", ending, clean(gate.closed_why, 200)))
    elif decision is not None and gate.state is GateState.DECIDED and not gate.steps:
        lines.append((Part(" " * 10), Part(f"{glyphs.pending} ", "quiet"), Part("not delivered yet", "quiet")))
    elif gate.state is GateState.DELIVERED:
        lines.append((Part(" " * 10), Part(f"{glyphs.pending} ", "quiet"), Part("not acknowledged yet", "quiet")))
    return tuple(lines)


_ENDINGS = {
    GateState.WITHDRAWN: "withdrawn by its asker",
    GateState.SUPERSEDED: "replaced by a newer question",
    GateState.CANCELLED: "cancelled",
    GateState.EXPIRED: "expired without an answer",
    GateState.ANSWERED_ELSEWHERE: "answered elsewhere",
}

_STEPS: dict[str, tuple[str, str, Callable[[str, str], str]]] = {
    "claimed": ("running", "quiet", lambda route, evidence: f"on its way by {route}"),
    "delivered": ("done", "track-done", lambda route, evidence: f"delivered by {route}"),
    "acknowledged": ("done", "track-done", lambda route, evidence: f"acknowledged by {route}"),
    "failed": ("failed", "track-failed", lambda route, evidence: f"not taken by {route}"),
    "nudged": (
        "running",
        "quiet",
        lambda route, evidence: "could not be nudged" if route == NO_NUDGE else f"nudged by {route_word(route)}",
    ),
    "retried": ("running", "quiet", lambda route, evidence: "sent again"),
}
"""Sign, theme token and words of each step of a delivery."""


def _step(step: DeliveryStep, gate: Gate, zone: tzinfo, glyphs: Glyphs) -> Line:
    known = _STEPS.get(step.step)
    if known is None:
        return _line(step.at, zone, glyphs.bullet, "quiet", clean(step.step, 60), clean(step.evidence, 200))
    glyph, token, words = known
    told = clean(step.evidence, 200) if step.step != "claimed" else ""
    if step.step == "acknowledged" and gate.decision is not None:
        taken = f"after {seconds(elapsed_ms(gate.decision.at, step.at))}"
        told = f"{taken}, {told}" if told else taken
    return _line(
        step.at,
        zone,
        getattr(glyphs, glyph),
        token,
        words(step.route if step.step == "nudged" else route_word(step.route), told),
        told,
    )


def _line(at: Instant, zone: tzinfo, glyph: str, token: str, words: str, told: str) -> Line:
    parts = [Part(f"{clock_time(at, zone)}  ", "age"), Part(f"{glyph} ", token), Part(words)]
    return (*parts, Part(f"  {told}", "quiet")) if told else tuple(parts)
