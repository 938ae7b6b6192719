"""What time and rules do: stale gates, silent agents, automatic answers, failed deliveries (DESIGN §2.3, §2.4).

Everything here becomes an event, so that a replay shows what the person saw. No timeout ever approves (A-7).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from orchestrator_tui.core import delivery
from orchestrator_tui.core.canonical import sha256_hex
from orchestrator_tui.core.decide import STATUS_QUESTION, message_draft
from orchestrator_tui.core.delivery import Reach
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.facts import LifeSign
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.model import (
    TERMINAL_GATE_STATES,
    Batch,
    Gate,
    GateState,
    Liveness,
    Option,
    Question,
    Track,
    TrackState,
)
from orchestrator_tui.core.observe_gates import gate_opened
from orchestrator_tui.core.queries import gate_age_ms
from orchestrator_tui.core.rules import NEVER_BY_RULE, AnswerRule, Rules
from orchestrator_tui.core.text import sanitise_line

AT_OPENING_MS = 10_000
"""A rule answers a gate at its opening or never; this is how long opening lasts (reliability A-8)."""

_WATCHED_STATES = frozenset({TrackState.RUNNING, TrackState.VERIFYING, TrackState.IN_REVIEW, TrackState.REVISING})


@frozen
class Sight:
    """What the runtime sees beside the journal at one tick.

    ``signs`` are the signs of life by track; a track that is not in it was not looked at. ``ended`` are tracks
    whose process is known to be gone. ``reach`` tells the ways to each gate's agent.
    """

    signs: Mapping[str, tuple[LifeSign, ...]] = field(default_factory=dict)
    ended: frozenset[str] = frozenset()
    reach: Mapping[str, Reach] = field(default_factory=dict)


def policy(batch: Batch, sight: Sight, rules: Rules, now: Instant) -> tuple[Draft, ...]:
    """The events that are due in ``batch`` at ``now``; calling it again after recording them gives none."""
    drafts: list[Draft] = []
    for track in batch.tracks.values():
        drafts += _silence(batch, track, sight, rules, now)
    withdrawn = {draft.payload["gate"] for draft in drafts if draft.kind == "gate_withdrawn"}
    for gate in batch.gates.values():
        if gate.id not in withdrawn:
            drafts += _answers(batch, gate, rules, now) or _stale(batch, gate, now)
            drafts += delivery.failures(gate, sight.reach.get(gate.id, Reach()), batch.limits, now)
    return tuple(drafts)


def overtaken(batch: Batch) -> tuple[Draft, ...]:
    """The offers of ours whose reason is gone; to be recorded before any answer to them is carried out (A-5).

    An answer that is being carried out is left to whoever claimed it.
    """
    drafts: list[Draft] = []
    for track in batch.tracks.values():
        offered = batch.gates.get(silence_gate_id(track.slug))
        if offered is not None and offered.claim is None:
            drafts += _withdraw_offer(offered, _reason_gone(track))
    return tuple(drafts)


# --- automatic answers -------------------------------------------------------------------------------------


def _answers(batch: Batch, gate: Gate, rules: Rules, now: Instant) -> list[Draft]:
    if gate.state is not GateState.OPEN or elapsed_ms(gate.opened_at, now) > AT_OPENING_MS:
        return []
    if any(revision == gate.revision for revision, _, _ in gate.answers):
        # A person has answered and taken it back: the opening is over.
        return []
    rule = next((rule for rule in rules.answers if _applies(rule, gate, batch)), None)
    label = next((one.words for one in gate.question.options if one.key == gate.recommendation), None)
    if rule is None or label is None:
        return []
    return [
        Draft(
            "gate_decided",
            {
                "gate": gate.id,
                "revision": gate.revision,
                "digest": gate.digest,
                "decision": "d-" + sha256_hex(f"{batch.id} {gate.id} {gate.revision} {rule.id}")[:12],
                "options": [gate.recommendation],
                "label": label,
                "by": f"rule {rule.id}",
                "origin": f"policy:{rule.id}",
                "reason": f"{gate.risk.name.lower()} risk, {gate.question.confidence} confidence",
            },
        )
    ]


def _applies(rule: AnswerRule, gate: Gate, batch: Batch) -> bool:
    if gate.risk in NEVER_BY_RULE or gate.risk > rule.max_risk or gate.recommendation is None:
        return False
    track = batch.tracks.get(gate.track)
    workflow = track.workflow if track else ""
    return (
        gate.question.confidence in rule.confidence
        and gate.question.kind in rule.kinds
        and (not rule.workflows or workflow in rule.workflows)
        and (not rule.stages or gate.question.stage in rule.stages)
    )


# --- stale gates -------------------------------------------------------------------------------------------


def _stale(batch: Batch, gate: Gate, now: Instant) -> list[Draft]:
    limits = batch.limits
    age = gate_age_ms(gate, now)
    if gate.state is not GateState.OPEN or age < limits.gate_stale_ms:
        return []
    overdue = age - limits.gate_stale_ms
    if gate.snoozed_at is not None:
        # A snooze restarts the clock: what comes after it is the first warning again.
        overdue = elapsed_ms(gate.snoozed_at, now) - gate.snooze_ms
    if overdue < 0 or (gate.stale_at is not None and not _due_again(gate, batch, now)):
        return []
    level = 1 + overdue // limits.gate_level_ms
    payload = {"gate": gate.id, "revision": gate.revision, "count": gate.stale_count + 1, "level": level, "age_ms": age}
    return [Draft("gate_stale", payload)]


def _due_again(gate: Gate, batch: Batch, now: Instant) -> bool:
    assert gate.stale_at is not None
    limits = batch.limits
    pause = limits.gate_repeat_ms if gate.stale_count <= limits.gate_repeats else limits.gate_hourly_ms
    return elapsed_ms(gate.stale_at, now) >= pause


# --- silent agents -----------------------------------------------------------------------------------------


def silence_gate_id(slug: str) -> str:
    """The id of the gate that offers to start a silent agent again."""
    return f"silent-{slug}"


def _silence(batch: Batch, track: Track, sight: Sight, rules: Rules, now: Instant) -> list[Draft]:
    offered = batch.gates.get(silence_gate_id(track.slug))
    gone = _reason_gone(track)
    if gone:
        return _withdraw_offer(offered, gone) + (_ask_if_silent(batch, track, now) if _is_watched(track) else [])
    if track.liveness is Liveness.ASKED:
        assert track.asked_at is not None
        if elapsed_ms(track.asked_at, now) < batch.limits.reply_ms or track.slug not in sight.signs:
            return []
    elif track.slug not in sight.signs:
        return []
    return _verdict(batch, track, offered, sight, rules, now)


def _reason_gone(track: Track) -> str:
    """Why there is nothing to offer about the agent of a track, or ""."""
    if not _is_watched(track):
        return f"its track is {track.state.replace('_', ' ')}"
    return "its agent reported" if track.liveness is Liveness.REPORTING else ""


def _is_watched(track: Track) -> bool:
    return track.state in _WATCHED_STATES and track.stage > 0


def _ask_if_silent(batch: Batch, track: Track, now: Instant) -> list[Draft]:
    silent_ms = _silent_ms(track, now)
    if silent_ms < batch.limits.silent_ms:
        return []
    message = "m-" + sha256_hex(f"{batch.id} {track.slug} {batch.seq}")[:12]
    asked = {
        "track": track.slug,
        "message": message,
        "route": "task_file",
        "silent_ms": silent_ms,
    }
    return [
        Draft("agent_asked", asked),
        message_draft(track.slug, message, STATUS_QUESTION, "orch-tui", "status"),
    ]


def _silent_ms(track: Track, now: Instant) -> int:
    since = track.reported_at or track.added_at
    return 0 if since is None else elapsed_ms(since, now)


def _verdict(batch: Batch, track: Track, offered: Gate | None, sight: Sight, rules: Rules, now: Instant) -> list[Draft]:
    fresh = tuple(sign for sign in sight.signs[track.slug] if sign.age_ms < batch.limits.silent_ms)
    words = [sign_words(sign) for sign in sight.signs[track.slug]]
    if fresh:
        liveness = Liveness.WORKING_NOT_REPORTING
    elif _silent_ms(track, now) < batch.limits.silent_ms:
        # A person asked it early: without its ten minutes nothing is concluded.
        return []
    else:
        liveness = Liveness.GONE if track.slug in sight.ended else Liveness.UNKNOWN
    drafts: list[Draft] = []
    if liveness is not track.liveness:
        drafts.append(Draft("agent_liveness", {"track": track.slug, "liveness": liveness.value, "signs": words}))
    if fresh:
        return drafts + _withdraw_offer(offered, "its agent shows signs of life")
    newly = liveness is not track.liveness and track.liveness in (Liveness.ASKED, Liveness.WORKING_NOT_REPORTING)
    if (newly or _is_owed(track, offered)) and not _waits_for_a_person(batch, track):
        drafts += _offer(track, offered, words, rules, now)
    return drafts


def _waits_for_a_person(batch: Batch, track: Track) -> bool:
    """Whether a question of the agent's own is open: what is missing is an answer, not the agent."""
    own = (gate for gate in batch.gates.values() if gate.track == track.slug)
    return any(gate.state is GateState.OPEN and gate.id != silence_gate_id(track.slug) for gate in own)


def _is_owed(track: Track, offered: Gate | None) -> bool:
    """Whether the offer of this silence was never made: its writer died between the verdict and the offer."""
    if offered is None or offered.state is GateState.WITHDRAWN or track.asked_at is None:
        return True
    return elapsed_ms(offered.opened_at, track.asked_at) > 0


def _offer(track: Track, offered: Gate | None, words: list[str], rules: Rules, now: Instant) -> list[Draft]:
    if offered is not None and offered.state not in TERMINAL_GATE_STATES:
        return []
    where = f" in {track.worktree}" if track.worktree else " in the same worktree"
    question = Question(
        kind="redispatch",
        question=f"{track.slug} is silent and shows no sign of life. Start it again from stage {track.stage}{where}?",
        context=_evidence_of_silence(track, words, now),
        options=(
            _start_again(track),
            Option("wait", "ask it once more and wait"),
            Option("abandon", "give it up", "cancel"),
        ),
        stage=track.stage,
    )
    revision = 1 if offered is None else offered.revision + 1
    return [
        gate_opened(
            silence_gate_id(track.slug),
            revision,
            track.slug,
            question,
            rules,
            source="policy",
            routes=("engine",),
        )
    ]


def _evidence_of_silence(track: Track, words: list[str], now: Instant) -> str:
    """What was known when the offer was made, and the command that it would start: nobody starts what is not shown."""
    known = "; ".join([f"last report {_silent_ms(track, now) // 60_000} min before", *words])
    lines = [f"When this was asked: {known}."]
    if track.attempts and track.attempts[-1].argv:
        last = track.attempts[-1]
        lines.append(f"Command: {sanitise_line(' '.join(last.argv), 1000)}")
        lines.append(f"Directory: {sanitise_line(last.cwd, 1000)}")
    return "\n".join(lines)


def _start_again(track: Track) -> Option:
    if track.attempts and track.attempts[-1].argv:
        return Option("redispatch", f"start it again from stage {track.stage}")
    return Option("restarted", "I start it again myself: its command is not known here")


def _withdraw_offer(offered: Gate | None, why: str) -> list[Draft]:
    # An answer that has not left yet is overtaken, too: who reports is never started a second time.
    if not why or offered is None or offered.state not in (GateState.OPEN, GateState.DECIDED):
        return []
    return [Draft("gate_withdrawn", {"gate": offered.id, "revision": offered.revision, "why": why})]


def sign_words(sign: LifeSign) -> str:
    """A sign of life in words, with its age."""
    age = sign.age_ms // 1000
    ago = f"{age} s ago" if age < 120 else f"{age // 60} min ago"
    return f"{sign.kind} {ago}" + (f" ({sign.detail})" if sign.detail else "")
