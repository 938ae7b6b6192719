"""Agents at work: budgets that act, stalls that are noticed, nudged and rescued, limits that park (seed 000)."""

from __future__ import annotations

from orchestrator_tui.core.canonical import sha256_hex
from orchestrator_tui.core.decide import STATUS_QUESTION, message_draft
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.model import Batch, GateState, Option, Track, TrackState
from orchestrator_tui.core.moves import TERMINAL_TRACK_STATES
from orchestrator_tui.core.plan import BATCH_TRACK
from orchestrator_tui.core.records import Attempt
from orchestrator_tui.core.schedule import owed
from orchestrator_tui.core.schedule.gates import ABANDON, ask, barring, gate_id, lines
from orchestrator_tui.core.schedule.judging import BUDGET
from orchestrator_tui.core.schedule.overlap import waited_enough
from orchestrator_tui.core.schedule.phases import phase_budget
from orchestrator_tui.core.schedule.readiness import planned_tracks
from orchestrator_tui.core.schedule.rules import batch_workflow, plan_of, run_of, work_of, workflow_of
from orchestrator_tui.core.schedule.stages import moved

RESCUE, PAUSED = "rescue", "paused"
"""How the reasons begin for which an attempt is stopped by the engine."""


def due(batch: Batch, now: Instant) -> list[Draft]:
    """What is due about the agents at work, of the first track of which anything is."""
    if run_of(batch).phase == "planned":
        return []
    drafts = _batch_budget(batch, now)
    if drafts:
        return drafts
    for track in (*planned_tracks(batch), *([batch.tracks[BATCH_TRACK]] if BATCH_TRACK in batch.tracks else [])):
        drafts = _parked(batch, track, now) or _attempt(batch, track, now) or owed.go_on(batch, track, now)
        if drafts:
            return drafts
    return []


def running_attempt(track: Track) -> Attempt | None:
    """The attempt of a track whose process has not ended, or None."""
    last = track.attempts[-1] if track.attempts else None
    return last if last is not None and last.ended_at is None else None


def _parked(batch: Batch, track: Track, now: Instant) -> list[Draft]:
    work = work_of(track)
    in_time = work.resumes_wall_ms is not None and now.wall_ms >= work.resumes_wall_ms
    if not in_time and not waited_enough(batch, track):
        return []
    return [Draft("track_resumed", {"track": track.slug, "by": "orch-tui"})]


# --- budgets ------------------------------------------------------------------------------------------------


def cost_of(track: Track) -> float:
    """What a track has cost so far, in US dollars: its attempts that have ended, and the one that runs."""
    return sum(one.cost_usd for one in track.attempts) or (track.cost_usd or 0.0)


def _batch_budget(batch: Batch, now: Instant) -> list[Draft]:
    """What the batch as a whole may cost and how long it may take: at the bound nothing new begins."""
    limits = plan_of(batch).limits
    spent = sum(max(cost_of(one), one.cost_usd or 0.0) for one in batch.tracks.values())
    taken = 0 if batch.started_at is None else elapsed_ms(batch.started_at, now)
    cost = f"The batch has cost ${spent:.2f} of ${limits.cost_usd:.2f}"
    time = f"The batch has taken {taken // 60_000} min of {limits.wall_ms // 60_000}"
    if limits.cost_usd and spent >= limits.cost_usd:
        drafts = _out_of(batch, gate_id("escalation", BATCH_TRACK, "cost", int(limits.cost_usd * 100)), cost)
        if drafts:
            return drafts
    if limits.wall_ms and taken >= limits.wall_ms and run_of(batch).phase in ("approved", "running"):
        return _out_of(batch, gate_id("escalation", BATCH_TRACK, "time", limits.wall_ms), time)
    return []


def _out_of(batch: Batch, name: str, why: str) -> list[Draft]:
    if run_of(batch).pausing or name in batch.gates:
        return []
    return [
        Draft("batch_paused", {"how": "drain", "by": "orch-tui", "why": why}),
        *ask(
            batch,
            name,
            "escalation",
            BATCH_TRACK,
            f"{why}; nothing new is begun. What now?",
            (Option("go_on", "go on without this bound", "approve"), Option("stop", "stop the batch", "cancel")),
            recommend=None,
            confidence="low",
            risk="failure",
        ),
    ]


def _attempt(batch: Batch, track: Track, now: Instant) -> list[Draft]:
    attempt = running_attempt(track)
    if attempt is None or attempt.stopping:
        return _moot(batch, track)
    why = track.state.value if track.state in TERMINAL_TRACK_STATES else ""
    if run_of(batch).pausing == "now":
        why = PAUSED
    if why:
        # It was begun before that was said, and started after.
        return [Draft("attempt_stopping", {"track": track.slug, "attempt": attempt.id, "why": why})]
    return (
        _budget(batch, track, attempt, now) or phase_budget(batch, track, attempt) or _stall(batch, track, attempt, now)
    )


def _moot(batch: Batch, track: Track) -> list[Draft]:
    """Take down the question about an agent that was stuck when it has ended by itself."""
    gate = batch.gates.get(stall_gate(track, track.attempts[-1])) if track.attempts else None
    if gate is None or gate.state is not GateState.OPEN or running_attempt(track) is not None:
        return []
    return [Draft("gate_withdrawn", {"gate": gate.id, "revision": gate.revision, "why": "its agent has ended"})]


def _budget(batch: Batch, track: Track, attempt: Attempt, now: Instant) -> list[Draft]:
    rules, limits = workflow_of(batch, track).budget, plan_of(batch).limits
    bounds = (
        ("cost", (track.cost_usd or 0.0), limits.track_cost_usd or rules.cost_usd, "$"),
        ("tokens", float(track.tokens or 0), float(limits.tokens or rules.tokens), ""),
        ("turns", float(track_turns(track)), float(limits.turns or rules.turns), ""),
        ("time", float(_time_ms(track, now)), float(rules.wall_ms), ""),
    )
    # Whoever lets a track go on whose budget was used up gives it as much again.
    given = 1 + sum(one.stopping.startswith(BUDGET) for one in track.attempts if one.ended_at is not None)
    for name, used, once, unit in bounds:
        bound = once * given
        if bound <= 0:
            continue
        words = f"{name}: {_figure(name, used, unit)} of {_figure(name, bound, unit)}"
        signal = f"budget-{track.slug}-{name}" + (f"-{given}" if given > 1 else "")
        if used >= bound:
            why = f"{BUDGET}: {words}"
            return [Draft("attempt_stopping", {"track": track.slug, "attempt": attempt.id, "why": why})]
        if used >= bound * rules.soft and signal not in batch.signals:
            told = {"signal": signal, "kind": "budget_soft", "track": track.slug, "text": words}
            return [Draft("signal_raised", told)]
    return []


def _time_ms(track: Track, now: Instant) -> int:
    """How long a track's agents have worked."""
    return sum(elapsed_ms(one.started_at, one.ended_at or now) for one in track.attempts)


def track_turns(track: Track) -> int:
    """The turns of a track's attempts."""
    return sum(one.turns for one in track.attempts)


def _figure(name: str, value: float, unit: str) -> str:
    if name == "time":
        return f"{value / 60_000:.0f} min"
    return f"{unit}{value:.2f}" if unit else f"{value:.0f}"


# --- stalls ------------------------------------------------------------------------------------------------


def last_sign(track: Track, attempt: Attempt) -> Instant:
    """When a track at work last showed progress: its agent printed, reported, changed a file, or was started."""
    signs = [attempt.started_at]
    if track.activity is not None:
        signs.append(track.activity.at)
    if track.reported_at is not None:
        signs.append(track.reported_at)
    return max(signs, key=lambda one: one.wall_ms)


def _stall(batch: Batch, track: Track, attempt: Attempt, now: Instant) -> list[Draft]:
    rules = workflow_of(batch, track).stall
    if not rules.checks or barring(batch, track) or work_of(track).paused:
        return []
    quiet = elapsed_ms(last_sign(track, attempt), now)
    bound = rules.checks * rules.interval_ms
    nudged = next((one for one in track.messages if one.id == nudge_id(attempt)), None)
    if quiet < bound:
        back = track.state is TrackState.STALLED
        return moved(track, TrackState.RUNNING, "it goes on") if back else []
    if nudged is None:
        told = f"no progress in {rules.checks} checks of {rules.interval_ms // 1000} s"
        return [
            *moved(track, TrackState.STALLED, told),
            Draft("agent_asked", {"track": track.slug, "message": nudge_id(attempt), "silent_ms": quiet}),
            message_draft(track.slug, nudge_id(attempt), STATUS_QUESTION, "orch-tui", "status"),
            _history(track, told, "continuation nudge", "cheaper than a rescue", "asked"),
        ]
    if elapsed_ms(nudged.at, now) < rules.reply_ms or _left_alone(batch, track, attempt, now):
        return []
    return _rescue_or_ask(batch, track, attempt, quiet)


def stall_gate(track: Track, attempt: Attempt) -> str:
    """The name of the gate that asks about an attempt which is stuck."""
    return gate_id("escalation", track.slug, attempt.id)


def nudge_id(attempt: Attempt) -> str:
    """The name of the nudge that an attempt gets: one in its life."""
    return "m-" + sha256_hex(f"nudge {attempt.id}")[:12]


def _left_alone(batch: Batch, track: Track, attempt: Attempt, now: Instant) -> bool:
    """Whether a person has said so of an agent that is stuck; after as long again it is asked once more."""
    rules, gate = workflow_of(batch, track).stall, batch.gates.get(stall_gate(track, attempt))
    decided = None if gate is None else gate.decision
    return decided is not None and elapsed_ms(decided.at, now) < rules.checks * rules.interval_ms


def rescues(track: Track) -> int:
    """How often the rest of a track's work was given to a fresh agent."""
    return sum(action == "fresh agent" for _, action, *_ in work_of(track).rescues)


def _rescue_or_ask(batch: Batch, track: Track, attempt: Attempt, quiet: int) -> list[Draft]:
    rules = workflow_of(batch, track).stall
    told = f"no progress for {quiet // 60_000} min and no reply to a nudge"
    if rescues(track) < rules.rescues:
        return [*rescue(track, attempt, told, "orch-tui"), *_fewer(batch, told)]
    return [
        *moved(track, TrackState.STALLED, told),
        *ask(
            batch,
            stall_gate(track, attempt),
            "escalation",
            track.slug,
            f"{track.slug} is stuck again: {told}. What now?",
            (
                Option("rescue", "end its agent and start a fresh one on the rest"),
                Option("wait", "leave it alone, it may be working"),
                ABANDON,
            ),
            context=lines(
                *(f"{trigger}: {action}, {outcome}" for trigger, action, _, outcome, _ in work_of(track).rescues)
            ),
            recommend="rescue",
            confidence="low",
            risk="failure",
            stage=track.stage or None,
        ),
    ]


def rescue(track: Track, attempt: Attempt | None, trigger: str, by: str) -> list[Draft]:
    """End what is left of the original, never beside it, and leave the rest of its work to the next try."""
    drafts = [_history(track, trigger, "fresh agent", f"asked by {by}", "started", rescues(track) + 1)]
    if attempt is not None:
        why = f"{RESCUE}: {trigger}"
        drafts.append(Draft("attempt_stopping", {"track": track.slug, "attempt": attempt.id, "why": why}))
    run = work_of(track).run
    if run is not None:
        granted = {"track": track.slug, "stage": run.stage, "tries": 1, "by": by, "instruction": ""}
        drafts.append(Draft("stage_granted", granted))
    return [*drafts, *moved(track, TrackState.RESCUING, trigger)]


def _fewer(batch: Batch, why: str) -> list[Draft]:
    """After a stall fewer agents run at once; the batch goes on with the rest (seed 000, stop conditions)."""
    if not batch_workflow(batch).stall.lower_concurrency:
        return []
    busy = sum(running_attempt(one) is not None for one in planned_tracks(batch))
    now = run_of(batch).agents or busy
    return [Draft("concurrency_set", {"agents": max(1, min(now, busy) - 1), "why": why})] if busy > 1 else []


def _history(track: Track, trigger: str, action: str, rationale: str, outcome: str, number: int = 1) -> Draft:
    told = {"trigger": trigger, "action": action, "rationale": rationale, "outcome": outcome, "number": number}
    return Draft("rescue_recorded", {"track": track.slug, **told})
