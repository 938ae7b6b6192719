"""Attempts of agents under shims: started or adopted, followed while they run, and told at their end."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.model import Batch, Track, TrackState
from orchestrator_tui.core.plan import BATCH_TRACK
from orchestrator_tui.core.prompt import dispatch_prompt
from orchestrator_tui.core.prompt_follow_up import said
from orchestrator_tui.core.prompt_going_on import answered, going_on_prompt
from orchestrator_tui.core.prompt_grounding import grounding
from orchestrator_tui.core.prompt_parts import render
from orchestrator_tui.core.records import Attempt
from orchestrator_tui.core.run import Effect
from orchestrator_tui.core.schedule import breaker
from orchestrator_tui.core.schedule.awaiting import covered_tracks
from orchestrator_tui.core.schedule.copies import is_fresh
from orchestrator_tui.core.schedule.guarding import attempt_scope
from orchestrator_tui.core.schedule.judging import BUDGET
from orchestrator_tui.core.schedule.models import model_of, tier_of
from orchestrator_tui.core.schedule.owed import ANSWER, is_owed, told_by_prompt
from orchestrator_tui.core.schedule.paths import spec_folder
from orchestrator_tui.core.schedule.rules import (
    plan_of,
    run_of,
    stage_name,
    stage_run,
    stage_work,
    work_of,
    workflow_of,
)
from orchestrator_tui.core.schedule.trees import shares_at_once
from orchestrator_tui.core.schedule.watching import PAUSED, RESCUE
from orchestrator_tui.core.text import sanitise_line
from orchestrator_tui.runtime.conversing import Talk
from orchestrator_tui.runtime.grounding import shown
from orchestrator_tui.runtime.run_world import (
    EXITED,
    AttemptEnd,
    AttemptNews,
    AttemptOrder,
    Follower,
    JobSeen,
    RunWorld,
)

TELL_MS = 10_000
"""How often at most an agent's activity and cost are recorded while it works (DESIGN §3, journalled)."""

RATE_LIMIT = "rate limit"
"""Why an agent is parked by its provider, and until when."""

_DIFF_BYTES = 40_000
GOING_ON_BYTES = 20_000
"""Most bytes of files that an agent is shown which goes on in its conversation."""


class Attempts:
    """The attempts of one run that are under way."""

    def __init__(self, world: RunWorld, home: str, skill: Callable[[str], str]) -> None:
        self._world, self._home, self._skill = world, home, skill
        self._followed: dict[str, _Followed] = {}

    def start(self, batch: Batch, effect: Effect) -> None:
        """Start the attempt, or adopt the one that was started; looking at it tells that it has started.

        Raises:
            OSError: it cannot be started.
        """
        track = batch.tracks[effect.track]
        there = self._world.jobs.look(effect.id).status not in ("absent", "starting")
        # What runs already was told its prompt: it is adopted whatever has become of its worktree and its files.
        order = self._order(batch, track, effect, fresh=not there)
        argv: tuple[str, ...] = ()
        if not there:
            job = self._world.runner.order(order)
            argv = job.argv
            self._world.jobs.start(effect.id, replace(job, secrets=(*job.secrets, *self._world.secrets)))
        words = frozenset(stage_work(batch, track, order.stage).verdicts)
        self._followed[effect.id] = _Followed(order, argv, self._world.runner.follower(order, words))

    def is_followed(self, identifier: str) -> bool:
        """Whether this process has started or adopted it."""
        return identifier in self._followed

    def followed(self) -> tuple[str, ...]:
        """The attempts that this process follows."""
        return tuple(self._followed)

    def see(self, batch: Batch, effect: Effect) -> Talk:
        """Look at an attempt and read what it has put out since the last look, before :meth:`look` tells what it means.

        Raises:
            OSError: it cannot be looked at now.
        """
        followed = self._followed[effect.id]
        stopping = any(one.id == effect.id and one.stopping for one in batch.tracks[effect.track].attempts)
        if stopping and not followed.stopped:
            with suppress(OSError):
                # It is told again at the next look; it may have ended by itself.
                self._world.jobs.stop(effect.id)
                followed.stopped = True
        followed.seen = self._world.jobs.look(effect.id)
        self._feed(effect.id, followed)
        talk = followed.talk
        talk.news, talk.over = followed.news, followed.seen.status in ("ended", "lost")
        talk.finished = followed.seen.status == "ended" and followed.seen.reason == EXITED
        talk.listens = not (talk.over or followed.closed or followed.stopped)
        return talk

    def look(self, batch: Batch, effect: Effect, now: Instant) -> tuple[Draft, ...]:
        """What is new of an attempt; the events of its end, with that of its effect, when it has ended."""
        followed, track = self._followed[effect.id], batch.tracks[effect.track]
        seen = followed.seen
        attempt = next((one for one in track.attempts if one.id == effect.id), None)
        if attempt is None:
            tier = tier_of(batch, track, followed.order.stage, followed.order.number, followed.order.part)
            return (followed.started(seen, tier, self._world.runner.session(followed.order)),)
        if seen.status in ("ended", "lost"):
            del self._followed[effect.id]
            return self._ended(batch, effect, followed, attempt)
        if followed.news.idle and not followed.closed and not followed.stopped and not is_owed(batch, track):
            self._world.jobs.close_input(effect.id)
            followed.closed = True
        return (*followed.told(batch, now), *followed.tripped(batch, attempt))

    # --- starting ------------------------------------------------------------------------------------------

    def _order(self, batch: Batch, track: Track, effect: Effect, *, fresh: bool) -> AttemptOrder:
        """The order of an attempt; one that is not ``fresh`` needs no prompt any more."""
        stage, number = int(effect.arguments["stage"]), int(effect.arguments["number"])
        part = str(effect.arguments.get("part", ""))
        work, workflow, plan = stage_work(batch, track, stage), workflow_of(batch, track), plan_of(batch)
        where = run_of(batch).integration_path if track.slug == BATCH_TRACK else track.worktree
        if is_fresh(batch, track):
            where = stage_run(track).copy
        diff = ""
        if fresh and work.reviews and track.worktree:
            diff = self._diff(batch, track)
        skill = self._skill(workflow.skill) if fresh and workflow.skill else ""
        resume = "" if work.fresh else _resumed(track, effect, workflow.session)
        seen = shown(self._world, track, effect.id) if fresh else ()
        prompt = _prompt(batch, track, effect, resume, skill, diff, seen) if fresh else ""
        # Who takes messages while it works is told then, with the sign that it has heard.
        messages = () if self._world.runner.message(" ") else told_by_prompt(batch, effect)
        if fresh and messages:
            prompt += "\n" + render((said(messages),))
        return AttemptOrder(
            id=effect.id,
            track=track.slug,
            stage=stage,
            stage_name=stage_name(batch, track, stage),
            number=number,
            purpose=str(effect.arguments["purpose"]),
            role=str(effect.arguments["role"]),
            model=model_of(batch, track, stage, number, part),
            part=part,
            prompt=prompt,
            worktree=where,
            directory=str(Path(self._world.directory) / "attempts" / effect.id),
            tasks=batch.source,
            batch=batch.id,
            repository=plan.repository,
            home=self._home,
            plan=plan,
            resume=resume,
            turns=breaker.turn_limit(batch, track, stage),
            cost_usd=work.cost_usd,
            wall_ms=work.wall_ms,
            writes=work.writes,
            spec=spec_folder(batch, track),
            scope=attempt_scope(batch, track, stage),
        )

    def _diff(self, batch: Batch, track: Track) -> str:
        """What a review is shown: of a tree in which others work at the same time the track's own files alone."""
        seen = work_of(track).inspection
        files = seen.files if seen is not None and shares_at_once(batch, track) else ()
        for other in covered_tracks(batch, track):
            seen = work_of(other).inspection
            files = (*files, *(seen.files if seen is not None else ()))
        return self._world.git.diff(track.worktree, work_of(track).base_sha, _DIFF_BYTES, files)

    # --- following -----------------------------------------------------------------------------------------

    def _feed(self, identifier: str, followed: _Followed) -> None:
        while True:
            data, followed.offset = self._world.jobs.follow(identifier, "output", followed.offset)
            if not data:
                return
            news = followed.reader.feed(data)
            if news is not None:
                followed.news = news
                followed.fresh = True

    def _ended(self, batch: Batch, effect: Effect, followed: _Followed, attempt: Attempt) -> tuple[Draft, ...]:
        track, seen, stopping = batch.tracks[effect.track], followed.seen, attempt.stopping
        errors = self._world.jobs.tail(effect.id, "error", 8192)
        end = followed.reader.end(seen.exit_code, seen.reason, errors)
        drafts = followed.denied(batch)
        if not stopping and not end.parked_until_ms:
            # What it claims counts for nothing once it went in circles.
            turns = end.turns if end.bound == "turns" else 0
            drafts += breaker.noticed(batch, track, attempt, followed.news.repeated, turns)
            stopping = next((str(one.payload["why"]) for one in drafts if one.kind == "attempt_stopping"), "")
        if not stopping and (end.parked_until_ms or end.bound):
            # It ended itself for a reason for which it would have been stopped.
            stopping = f"{PAUSED}: {RATE_LIMIT}" if end.parked_until_ms else f"{BUDGET}: {end.summary}"
            drafts.append(Draft("attempt_stopping", {"track": track.slug, "attempt": effect.id, "why": stopping}))
        if end.parked_until_ms:
            drafts += _parked(track, end.parked_until_ms)
        outcome = "stopped" if stopping else "lost" if seen.status == "lost" else end.claim
        told: dict[str, Any] = {
            "track": track.slug,
            "attempt": effect.id,
            "outcome": outcome,
            "exit_code": seen.exit_code,
            "verdict": end.verdict,
            "summary": sanitise_line(end.summary or seen.reason, 400),
            "cost_usd": end.cost_usd,
            "tokens": end.tokens,
            "turns": end.turns,
            "left_over": seen.left_over,
        }
        drafts += [Draft("attempt_ended", told), *_spent(track, end)]
        if seen.left_over:
            drafts.append(_left_over(track, effect.id, seen.left_over))
        if seen.dropped_bytes:
            drafts.append(_flood(track, effect.id, seen.dropped_bytes))
        if stopping.startswith(PAUSED):
            run = work_of(track).run
            stage = track.stage if run is None else run.stage
            # What was stopped so that it can go on later has used up no try.
            again = "" if run is None else run.instruction
            granted = {"track": track.slug, "stage": stage, "tries": 1, "by": "orch-tui", "instruction": again}
            drafts.append(Draft("stage_granted", granted))
        return (*drafts, Draft("effect_ended", {"effect": effect.id, "outcome": outcome}))


class _Followed:
    """One attempt as this process follows it."""

    def __init__(self, order: AttemptOrder, argv: tuple[str, ...], reader: Follower) -> None:
        self.order, self.argv, self.reader = order, argv, reader
        self.offset = 0
        self.news = AttemptNews()
        self.seen = JobSeen("absent")
        self.talk = Talk()
        self.fresh = False
        self.stopped = False
        self.closed = False
        self._told_at: Instant | None = None
        self._parked = 0
        self._cost = (0.0, 0)
        self._over = False

    def started(self, seen: JobSeen, tier: str, session: str) -> Draft:
        """The event of its start, with the conversation that it is part of."""
        order = self.order
        payload = {
            "track": order.track,
            "attempt": order.id,
            "purpose": order.purpose,
            "stage": order.stage,
            "argv": [sanitise_line(one, 300) for one in self.argv[:40]],
            "cwd": order.worktree,
            "process": None if seen.process is None else list(seen.process),
            "model": order.model,
            "number": order.number,
            "role": order.role,
            "tier": tier,
            "session": session,
            **({"part": order.part} if order.part else {}),
        }
        return Draft("attempt_started", payload)

    def denied(self, batch: Batch) -> list[Draft]:
        """The signal that tells which calls of its agent were not allowed, unless it tells them already."""
        denials = self.news.denials
        name = f"denied-{self.order.id}"
        known = batch.signals.get(name)
        text = f"not allowed to its agent: {sanitise_line('; '.join(denials), 300)}"
        if not denials or (known is not None and known.text == text):
            return []
        told = {"signal": name, "kind": "permission_denied", "track": self.order.track, "text": text}
        return [Draft("signal_raised", {**told, "evidence": [sanitise_line(one, 300) for one in denials[-20:]]})]

    def tripped(self, batch: Batch, attempt: Attempt) -> list[Draft]:
        """What the breaker makes of its calls and turns so far."""
        turns = self.news.turns
        over = 0 < self.order.turns <= turns and not self.news.idle
        # The result of an answer that is its last follows at once: one look later it is still at work, or through.
        out, self._over = (turns if over and self._over else 0), over
        return breaker.noticed(batch, batch.tracks[self.order.track], attempt, self.news.repeated, out)

    def told(self, batch: Batch, now: Instant) -> tuple[Draft, ...]:
        """What of the news is to be recorded now."""
        news, track = self.news, batch.tracks[self.order.track]
        drafts = self.denied(batch)
        if news.parked_until_ms > now.wall_ms and news.parked_until_ms != self._parked:
            self._parked = news.parked_until_ms
            drafts += _parked(track, news.parked_until_ms)
        elif self._parked and not news.parked_until_ms:
            self._parked = 0
            if work_of(track).paused_until == RATE_LIMIT:
                drafts.append(Draft("track_resumed", {"track": track.slug, "by": "orch-tui"}))
        if not self.fresh or (self._told_at is not None and elapsed_ms(self._told_at, now) < TELL_MS):
            return tuple(drafts)
        text, spent = sanitise_line(news.activity, 120), (news.cost_usd, news.tokens) != self._cost
        if not text and not spent:
            # It says nothing yet: what it says first is told at once.
            return tuple(drafts)
        self.fresh, self._told_at = False, now
        drafts.append(Draft("activity_seen", {"track": track.slug, "text": text or "at work"}))
        if spent:
            self._cost = (news.cost_usd, news.tokens)
            drafts.append(_cost(track, news.cost_usd, news.tokens, news.model))
        return tuple(drafts)


def _resumed(track: Track, effect: Effect, session: str) -> str:
    """The conversation that an attempt goes on with: that of the try before it, or of the track where it has one.

    Whoever takes over after a rescue begins afresh, as does one whose agent was never answered.
    """
    stage, purpose = int(effect.arguments["stage"]), str(effect.arguments["purpose"])
    if (purpose not in ("revise", "rework", ANSWER) and session != "track") or track.state is TrackState.RESCUING:
        return ""
    others = (one for one in track.attempts if one.id != effect.id)
    earlier = [one for one in others if one.session and (session == "track" or one.stage == stage)]
    if not earlier or not earlier[-1].turns or earlier[-1].stopping.startswith(RESCUE):
        return ""
    # Who went in circles would go on in them; who only ran out of turns goes on.
    circled = any(one.attempt == earlier[-1].id for one in breaker.trips(track, stage))
    return "" if circled else earlier[-1].session


def _prompt(
    batch: Batch,
    track: Track,
    effect: Effect,
    resume: str,
    skill: str,
    diff: str,
    seen: tuple[tuple[str, str], ...],
) -> str:
    """What an attempt is told: everything, or in a conversation that was cut short what has come since."""
    answers = [batch.gates[name] for name, _ in effect.arguments.get("gates", ()) if name in batch.gates]
    last = track.attempts[-1] if track.attempts else None
    if resume and last is not None and (answers or last.outcome != "done"):
        told = going_on_prompt(batch, track, answers)
        return f"{told}\n{render(grounding(seen), GOING_ON_BYTES)}" if seen else told
    part = str(effect.arguments.get("part", ""))
    told = dispatch_prompt(batch, track, skill=skill, diff=diff, part=part, shown=seen)
    return f"{told}\n{render((answered(answers),))}" if answers else told


def _parked(track: Track, until_ms: int) -> list[Draft]:
    if work_of(track).paused_until not in ("", RATE_LIMIT):
        # Who paused it, or what it waits for, says when it goes on: not the limit.
        return []
    told = {"why": RATE_LIMIT, "until": RATE_LIMIT, "resumes_wall_ms": until_ms}
    return [Draft("track_paused", {"track": track.slug, **told, "by": "orch-tui"})]


def _spent(track: Track, end: AttemptEnd) -> list[Draft]:
    if not end.cost_usd and not end.tokens:
        return []
    return [_cost(track, end.cost_usd, end.tokens, end.model)]


def _cost(track: Track, cost_usd: float, tokens: int, model: str) -> Draft:
    """The track's cost so far: that of its attempts which have ended, and of the one at hand."""
    before = sum(one.cost_usd for one in track.attempts)
    counted = sum(one.tokens for one in track.attempts)
    told: dict[str, Any] = {"track": track.slug, "cost_usd": round(before + cost_usd, 6), "tokens": counted + tokens}
    return Draft("cost_recorded", {**told, "model": model} if model else told)


def _flood(track: Track, attempt: str, dropped: int) -> Draft:
    text = f"{max(1, dropped >> 20)} MiB of what its agent printed are not kept: it printed more than the cap"
    return Draft("signal_raised", {"signal": f"flood-{attempt}", "kind": "flood", "track": track.slug, "text": text})


def _left_over(track: Track, attempt: str, count: int) -> Draft:
    signal = f"left-over-{attempt}"
    text = f"{count} processes that its agent left behind were ended"
    return Draft("signal_raised", {"signal": signal, "kind": "left_over", "track": track.slug, "text": text})
