"""Attempts of agents under shims: started or adopted, followed while they run, and told at their end."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.model import Batch, Track
from orchestrator_tui.core.plan import BATCH_TRACK
from orchestrator_tui.core.prompt import dispatch_prompt
from orchestrator_tui.core.run import Effect
from orchestrator_tui.core.schedule.models import model_of, tier_of
from orchestrator_tui.core.schedule.owed import is_owed
from orchestrator_tui.core.schedule.paths import spec_folder
from orchestrator_tui.core.schedule.rules import plan_of, run_of, stage_name, stage_work, work_of, workflow_of
from orchestrator_tui.core.schedule.watching import PAUSED
from orchestrator_tui.core.text import sanitise_line
from orchestrator_tui.runtime.conversing import Talk
from orchestrator_tui.runtime.run_world import AttemptEnd, AttemptNews, AttemptOrder, Follower, JobSeen, RunWorld

TELL_MS = 10_000
"""How often at most an agent's activity and cost are recorded while it works (DESIGN §3, journalled)."""

_DIFF_BYTES = 40_000


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
        talk.listens = not (talk.over or followed.closed or followed.stopped)
        return talk

    def look(self, batch: Batch, effect: Effect, now: Instant) -> tuple[Draft, ...]:
        """What is new of an attempt; the events of its end, with that of its effect, when it has ended."""
        followed, track = self._followed[effect.id], batch.tracks[effect.track]
        seen = followed.seen
        attempt = next((one for one in track.attempts if one.id == effect.id), None)
        if attempt is None:
            tier = tier_of(batch, track, followed.order.stage, followed.order.number)
            return (followed.started(seen, tier, self._world.runner.session(followed.order)),)
        if seen.status in ("ended", "lost"):
            del self._followed[effect.id]
            return self._ended(track, effect, followed, seen, attempt.stopping)
        if followed.news.idle and not followed.closed and not followed.stopped and not is_owed(batch, track):
            self._world.jobs.close_input(effect.id)
            followed.closed = True
        return followed.told(track, seen, now)

    # --- starting ------------------------------------------------------------------------------------------

    def _order(self, batch: Batch, track: Track, effect: Effect, *, fresh: bool) -> AttemptOrder:
        """The order of an attempt; one that is not ``fresh`` needs no prompt any more."""
        stage, number = int(effect.arguments["stage"]), int(effect.arguments["number"])
        work, workflow, plan = stage_work(batch, track, stage), workflow_of(batch, track), plan_of(batch)
        where = run_of(batch).integration_path if track.slug == BATCH_TRACK else track.worktree
        diff = ""
        if fresh and work.reviews and track.worktree:
            diff = self._world.git.diff(track.worktree, work_of(track).base_sha, _DIFF_BYTES)
        skill = self._skill(workflow.skill) if fresh and workflow.skill else ""
        return AttemptOrder(
            id=effect.id,
            track=track.slug,
            stage=stage,
            stage_name=stage_name(batch, track, stage),
            number=number,
            purpose=str(effect.arguments["purpose"]),
            role=str(effect.arguments["role"]),
            model=model_of(batch, track, stage, number),
            prompt=dispatch_prompt(batch, track, skill=skill, diff=diff) if fresh else "",
            worktree=where,
            directory=str(Path(self._world.directory) / "attempts" / effect.id),
            tasks=batch.source,
            batch=batch.id,
            repository=plan.repository,
            home=self._home,
            plan=plan,
            resume=_resumed(track, stage, str(effect.arguments["purpose"]), workflow.session),
            turns=work.turns or plan.agent.max_turns,
            cost_usd=work.cost_usd,
            wall_ms=work.wall_ms,
            writes=work.writes,
            spec=spec_folder(batch, track),
        )

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

    def _ended(
        self, track: Track, effect: Effect, followed: _Followed, seen: JobSeen, stopping: str
    ) -> tuple[Draft, ...]:
        errors = self._world.jobs.tail(effect.id, "error", 8192)
        end = followed.reader.end(seen.exit_code, seen.reason, errors)
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
        drafts = [Draft("attempt_ended", told), *_spent(track, end)]
        if seen.left_over:
            drafts.append(_left_over(track, effect.id, seen.left_over))
        if stopping.startswith(PAUSED):
            run = work_of(track).run
            stage = track.stage if run is None else run.stage
            # What was stopped so that it can go on later has used up no try.
            granted = {"track": track.slug, "stage": stage, "tries": 1, "by": "orch-tui"}
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
        }
        return Draft("attempt_started", payload)

    def told(self, track: Track, seen: JobSeen, now: Instant) -> tuple[Draft, ...]:
        """What of the news is to be recorded now."""
        drafts: list[Draft] = []
        news = self.news
        if news.parked_until_ms and news.parked_until_ms != self._parked:
            self._parked = news.parked_until_ms
            told = {"why": "rate limit", "until": "rate limit", "resumes_wall_ms": news.parked_until_ms}
            drafts.append(Draft("track_paused", {"track": track.slug, **told, "by": "orch-tui"}))
        if not self.fresh or (self._told_at is not None and elapsed_ms(self._told_at, now) < TELL_MS):
            return tuple(drafts)
        self.fresh, self._told_at = False, now
        text = sanitise_line(news.activity, 120) or "at work"
        drafts.append(Draft("activity_seen", {"track": track.slug, "text": text}))
        if (news.cost_usd, news.tokens) != self._cost:
            self._cost = (news.cost_usd, news.tokens)
            drafts.append(_cost(track, news.cost_usd, news.tokens, news.model))
        return tuple(drafts)


def _resumed(track: Track, stage: int, purpose: str, session: str) -> str:
    """The conversation that an attempt goes on with: that of the try before it, or of the track where it has one."""
    if purpose not in ("revise", "rework") and session != "track":
        return ""
    earlier = [one for one in track.attempts if one.session and (session == "track" or one.stage == stage)]
    return earlier[-1].session if earlier and not earlier[-1].stopping else ""


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


def _left_over(track: Track, attempt: str, count: int) -> Draft:
    signal = f"left-over-{attempt}"
    text = f"{count} processes that its agent left behind were ended"
    return Draft("signal_raised", {"signal": signal, "kind": "left_over", "track": track.slug, "text": text})
