"""Silent agents: ten minutes without a word, a question, two minutes, then their signs of life (DESIGN §2.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from orchestrator_tui.core.agents import BUSY, GONE, IDLE, INPUT, PERMISSION, Agent
from orchestrator_tui.core.canonical import sha256_hex
from orchestrator_tui.core.decide import STATUS_QUESTION, message_draft
from orchestrator_tui.core.delivery import Reach
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.facts import AgentFact, LifeSign
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
from orchestrator_tui.core.rules import Rules
from orchestrator_tui.core.text import sanitise_line
from orchestrator_tui.core.tracks_shown import agent_at, agent_behind, is_agent_track

_WAITS = (IDLE, PERMISSION, INPUT)
"""States of an agent whose silence is its person's: it has ended its turn, or waits for an answer at its terminal."""

_WATCHED_STATES = frozenset({TrackState.RUNNING, TrackState.VERIFYING, TrackState.IN_REVIEW, TrackState.REVISING})


@frozen
class Sight:
    """What the runtime sees beside the journal at one tick.

    ``signs`` are the signs of life by track, those of the agent behind it among them; a track that is not in it was
    not looked at. ``ended`` are tracks whose process is known to be gone. ``reach`` tells the ways to each gate's
    agent.
    """

    signs: Mapping[str, tuple[LifeSign, ...]] = field(default_factory=dict)
    ended: frozenset[str] = frozenset()
    reach: Mapping[str, Reach] = field(default_factory=dict)


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


def silence_gate_id(slug: str) -> str:
    """The id of the gate that offers to start a silent agent again."""
    return f"silent-{slug}"


def due(batch: Batch, track: Track, sight: Sight, rules: Rules, now: Instant) -> list[Draft]:
    """What is due now about the agent of a track; what is recorded of it is not due again."""
    offered = batch.gates.get(silence_gate_id(track.slug))
    if offered is None and not may_be_silent(track):
        return []
    agent = None if track.attempts else agent_behind(batch, track)
    if agent is not None and track.state in _WATCHED_STATES and not is_agent_track(track):
        said = _of_the_agent(batch, track, agent, now)
        if said is not None:
            return said + _withdraw_offer(offered, "its agent was seen")
    gone = _reason_gone(track)
    if not gone and agent is not None and agent.status in _WAITS:
        gone = "its agent waits for its person"
    if gone:
        silent = _is_watched(track) and track.liveness is Liveness.REPORTING
        return _withdraw_offer(offered, gone) + (_ask_if_silent(batch, track, agent, sight, now) if silent else [])
    if track.liveness is Liveness.ASKED:
        assert track.asked_at is not None
        if elapsed_ms(track.asked_at, now) < batch.limits.reply_ms or track.slug not in sight.signs:
            return []
    elif track.slug not in sight.signs:
        return []
    return _verdict(batch, track, offered, sight, rules, now)


def may_be_silent(track: Track) -> bool:
    """Whether anything can be due about the agent of a track: its work goes on, and it is what is looked at for it."""
    # The agents of a run are watched by the run itself, which has started them.
    return track.state in _WATCHED_STATES and not track.part_of and track.work is None


def _of_the_agent(batch: Batch, track: Track, agent: Agent, now: Instant) -> list[Draft] | None:
    """What the state of a known agent says of the track that it works on; None when it says nothing.

    One that returned may be followed by another; one whose session has ended may not.
    """
    if agent.status == GONE:
        session = agent_at(batch, agent.session)
        over = not agent.id or (session is not None and session.status == GONE)
        if over or _silent_ms(track, now) >= batch.limits.silent_ms:
            return [] if track.liveness is Liveness.GONE else [_found(track, Liveness.GONE, list(agent.evidence))]
        return None
    if track.liveness is Liveness.GONE:
        return [_found(track, Liveness.REPORTING, [])]
    return None


def _found(track: Track, liveness: Liveness, signs: list[str]) -> Draft:
    return Draft("agent_liveness", {"track": track.slug, "liveness": liveness.value, "signs": signs})


def _reason_gone(track: Track) -> str:
    """Why there is nothing to offer about the agent of a track, or ""."""
    if not _is_watched(track):
        return f"its track is {track.state.replace('_', ' ')}"
    return "its agent reported" if track.liveness is Liveness.REPORTING else ""


def _is_watched(track: Track) -> bool:
    """Whether its agent is expected to be heard of: it has stages to report, or is itself what the track is about."""
    return may_be_silent(track) and (track.stage > 0 or is_agent_track(track))


def _ask_if_silent(batch: Batch, track: Track, agent: Agent | None, sight: Sight, now: Instant) -> list[Draft]:
    silent_ms = _silent_ms(track, now)
    if silent_ms < batch.limits.silent_ms or (agent is not None and agent.status in (*_WAITS, GONE)):
        return []
    if is_agent_track(track) and not track.stage and _lives(track, sight, batch.limits.silent_ms):
        # It has nothing to report by: what it does is its report.
        return []
    message = "m-" + sha256_hex(f"{batch.id} {track.slug} {batch.seq}")[:12]
    asked: dict[str, object] = {"track": track.slug, "message": message, "silent_ms": silent_ms}
    if not is_agent_track(track):
        asked["route"] = "task_file"
    return [
        Draft("agent_asked", asked),
        message_draft(track.slug, message, STATUS_QUESTION, "orch-tui", "status"),
    ]


def _lives(track: Track, sight: Sight, within_ms: int) -> bool:
    """Whether it shows a fresh sign of life, or nobody has looked for one."""
    signs = sight.signs.get(track.slug)
    return signs is None or any(sign.age_ms < within_ms for sign in signs)


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
        drafts.append(_found(track, liveness, words))
    if fresh:
        return drafts + _withdraw_offer(offered, "its agent shows signs of life")
    newly = liveness is not track.liveness and track.liveness in (Liveness.ASKED, Liveness.WORKING_NOT_REPORTING)
    ours = track.agent is None or bool(track.attempts)
    if ours and (newly or _is_owed(track, offered)) and not _waits_for_a_person(batch, track):
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


def signs_of(fact: AgentFact, now: Instant) -> tuple[LifeSign, ...]:
    """The signs of life that an agent's own files show.

    That a sub-agent is busy is no sign of its own: nothing says so but that it has not returned.
    """
    agent = fact.agent
    signs = [LifeSign("transcript", max(0, now.wall_ms - fact.last_wall_ms))] if fact.last_wall_ms else []
    if agent.status == GONE:
        return tuple(signs)
    if fact.in_flight:
        signs.insert(0, LifeSign("tool in flight", 0, sanitise_line(fact.activity, 120)))
    evidence = sanitise_line(agent.evidence[0], 120) if agent.evidence else ""
    if agent.status == BUSY and not agent.id:
        signs.append(LifeSign("at work", 0, evidence))
    elif agent.status in (PERMISSION, INPUT):
        signs.append(
            LifeSign(f"waiting for {'a permission' if agent.status == PERMISSION else 'an answer'}", 0, evidence)
        )
    return tuple(signs)


def sign_words(sign: LifeSign) -> str:
    """A sign of life in words, with its age."""
    age = sign.age_ms // 1000
    ago = f"{age} s ago" if age < 120 else f"{age // 60} min ago"
    return f"{sign.kind} {ago}" + (f" ({sign.detail})" if sign.detail else "")
