"""Plays a random run step by step, and says after each step what must never be otherwise."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from orchestrator_tui.core.codec import to_data
from orchestrator_tui.core.commands import Cancel, Decide, Pause, Publish, Rescue, Resume, Retry, RunCommand, Skip, Stop
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.evolve import fold
from orchestrator_tui.core.model import Gate, GateState, Risk, TrackState
from orchestrator_tui.core.moves import check_move
from orchestrator_tui.core.policy import policy
from orchestrator_tui.core.queries import wants_confirmation
from orchestrator_tui.core.run import HANDED_OVER
from orchestrator_tui.core.schedule.answers import carry_out
from orchestrator_tui.core.schedule.readiness import cap, planned_tracks
from orchestrator_tui.core.schedule.rules import rules_of, run_of, work_of
from orchestrator_tui.core.schedule.sessions import next_session
from orchestrator_tui.core.schedule.turn import due
from orchestrator_tui.core.silence import Sight
from orchestrator_tui.runtime.requests_run import take_tracks
from tests.core.builders import BATCH, NO_RULES
from tests.runtime.run.memory_git import Crash
from tests.runtime.run.random_story import Story

WAITING = (GateState.OPEN, GateState.DECIDED)
ENOUGH = 3000
"""Rounds within which a run must have ended when everybody does as they should."""


class Later(Executor):
    """Runs what is submitted when it is let, in any order; what was not run when its process dies never is."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Future[Any], Callable[[], Any]]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.waiting.append((future, lambda: fn(*args, **kwargs)))
        return future

    def let(self, chance: random.Random) -> None:
        """Run one of what waits."""
        future, work = self.waiting.pop(chance.randrange(len(self.waiting)))
        try:
            future.set_result(work())
        except Exception as error:
            future.set_exception(error)


class Player:
    """One random run under one seed."""

    def __init__(self, seed: int, make: Callable[[random.Random], Story] = Story) -> None:
        self.chance = random.Random(seed)
        self.story = make(self.chance)
        self.ledger, self.world = self.story.ledger, self.story.world
        self.later = Later()
        self.world.executor = self.later
        self.world.restart()
        self.told: list[str] = []
        self.watched: Callable[[], None] = lambda: None
        self._checked = 0
        self._states: dict[str, TrackState] = {}
        self._begun: dict[str, str] = {}
        self._added = 0

    # --- playing ---------------------------------------------------------------------------------------------

    def play(self, steps: int) -> None:
        """Some random steps, and then everybody does as they should until the run has ended."""
        for _ in range(steps):
            self._safely(self.chance.choices(_DEEDS, _WEIGHTS)[0])
            self.check()
            if self.ledger.batch.ended_at is not None:
                break
        self.story.calm = True
        self.world.crash_in = -1
        for _ in range(ENOUGH):
            if self._is_over():
                break
            self._safely(Player.calmly)
            self.check()
        assert self._is_over(), f"it does not end: {self._picture()}"
        assert fold(self.ledger.events).batches[BATCH] == self.ledger.batch

    def _is_over(self) -> bool:
        """Whether it has ended, or has come to its hard stop with nothing that could be published."""
        batch = self.ledger.batch
        rests = run_of(batch).phase == "awaiting_user" and not batch.merged and not self._gates(*WAITING)
        return batch.ended_at is not None or (rests and not due(batch, self.ledger.now))

    def _safely(self, deed: Callable[[Player], None]) -> None:
        self.told.append(deed.__name__)
        try:
            deed(self)
        except Crash:
            self.restart()

    def settle(self) -> None:
        self.world.settle()

    def effect(self) -> None:
        if self.later.waiting:
            self.later.let(self.chance)

    def job(self) -> None:
        running = self.world.jobs.running()
        if running:
            self.world.jobs.let(self.chance.choice(running))

    def lose(self) -> None:
        """A process and its shim are gone without a result."""
        running = self.world.jobs.running()
        if running:
            self.world.jobs.jobs[self.chance.choice(running)].status = "lost"

    def answer(self) -> None:
        gates = self._gates(GateState.OPEN)
        if gates:
            gate = self.chance.choice(gates)
            options: tuple[str, ...] = (self._option(gate),)
            if gate.question.free_text and self.chance.random() < 0.2:
                options = ()
            self._decide(gate, options)

    def deliver(self) -> None:
        """Carry out one answer, as the effects of the engine do."""
        self._deliver(self.chance)

    def cancel(self) -> None:
        gates = self._gates(GateState.OPEN)
        if gates:
            gate = self.chance.choice(gates)
            self.ledger.carry_out(Cancel(BATCH, gate.id, "no"))

    def rules(self) -> None:
        batch = self.ledger.batch
        self.ledger.must(*policy(batch, Sight(), rules_of(batch, NO_RULES), self.ledger.now))

    def tick(self) -> None:
        self.ledger.tick(self.chance.choice((1_000, 11_000, 61_000, 200_000, 1_000_000)))

    def command(self) -> None:
        slug = self.chance.choice(list(self.ledger.batch.tracks))
        some = self.chance.choice((slug, ""))
        known: list[RunCommand] = [
            Pause(BATCH, some, self.chance.random() < 0.5),
            Resume(BATCH, some),
            Retry(BATCH, slug, self.chance.choice(("", "better"))),
            Rescue(BATCH, slug),
            Skip(BATCH, slug, self.chance.randint(1, 6)),
            Publish(BATCH),
        ]
        if self.chance.random() < 0.1:
            known = [Stop(BATCH, slug if self.chance.random() < 0.9 else "", "enough")]
        self.ledger.carry_out(self.chance.choice(known))

    def add(self) -> None:
        """Add a track while the run is under way."""
        if self._added == 2:
            return
        slug = "gh"[self._added]
        track = self.story.random_track(slug, "".join(one for one in self.ledger.batch.tracks if len(one) == 1))
        drafts, outcome = take_tracks(self.ledger.batch, {"tracks": [to_data(track)]}, "ann")
        self.ledger.must(*drafts)
        self._added += outcome == "done"

    def park(self) -> None:
        """A rate limit, as an agent's output tells of it."""
        running = [one for one in planned_tracks(self.ledger.batch) if one.attempts and not one.attempts[-1].ended_at]
        if running:
            track = self.chance.choice(running)
            cost = {"track": track.slug, "cost_usd": (track.cost_usd or 0.0) + 0.9}
            self.ledger.must(Draft("cost_recorded", cost))

    def overlap(self) -> None:
        slugs = sorted(one.slug for one in planned_tracks(self.ledger.batch) if one.worktree)
        if len(slugs) > 1:
            one, other = sorted(self.chance.sample(slugs, 2))
            self.story.git.overlapping = ((one, other, "shared.txt"),)

    def tamper(self) -> None:
        self.story.git.tampering = self.chance.choice(((), ("core.fsmonitor",)))

    def break_git(self) -> None:
        kind = self.chance.choice(("worktree", "inspect", "merge", "undo", "bring", "remove", "publish", "integration"))
        self.story.git.broken[kind] = "the disk is full"

    def crash(self) -> None:
        self.world.crash_in = self.chance.randrange(8)

    def restart(self) -> None:
        self.later = Later()
        self.world.executor = self.later
        self.world.restart()

    def calmly(self) -> None:
        """What a person and agents do who want the run to end."""
        self.story.git.broken, self.story.git.tampering, self.story.git.overlapping = {}, (), ()
        if self._deliver(self.chance):
            return
        batch = self.ledger.batch
        self.world.settle()
        if self.later.waiting:
            return self.effect()
        if self.world.jobs.running():
            return self.job()
        if self._gates(GateState.OPEN):
            gate = self.chance.choice(self._gates(GateState.OPEN))
            return self._decide(gate, (self._option(gate),))
        for slug in ("", *(one.slug for one in batch.tracks.values() if one.work and one.work.paused)):
            self.ledger.carry_out(Resume(BATCH, slug))
        self.ledger.must(*next_session(batch))
        if run_of(batch).phase == "awaiting_user":
            self.ledger.carry_out(Publish(BATCH))
        self.ledger.tick(1_000)

    # --- answers -----------------------------------------------------------------------------------------------

    def _gates(self, *states: GateState) -> list[Gate]:
        return [gate for gate in self.ledger.batch.gates.values() if gate.state in states]

    def _option(self, gate: Gate) -> str:
        """An option of a gate; seldom one that ends everything."""
        keys = [one.key for one in gate.question.options]
        kind = [one for one in keys if one not in ("stop", "reject", "abandon")]
        return self.chance.choice(keys if self.chance.random() < 0.04 else kind)

    def _decide(self, gate: Gate, options: tuple[str, ...]) -> None:
        confirm = gate.track if wants_confirmation(gate) == "slug" else wants_confirmation(gate)
        command = Decide(
            BATCH, gate.id, gate.revision, gate.digest, options, "" if options else "like this", "so", confirm
        )
        self.told.append(f"{gate.id} {options}")
        refused = self.ledger.carry_out(command, f"d-{len(self.ledger.events)}")
        assert refused is None, refused

    def _deliver(self, chance: random.Random) -> bool:
        gates = self._gates(GateState.DECIDED)
        if not gates:
            return False
        gate = chance.choice(gates)
        assert gate.decision is not None
        self.ledger.tick(6_000)
        key = {"gate": gate.id, "revision": gate.revision, "decision": gate.decision.id, "route": "engine"}
        if gate.claim is None:
            self.ledger.must(Draft("delivery_claimed", {**key, "claimant": "1:1"}))
        drafts, words = carry_out(self.ledger.batch, self.ledger.gate(gate.id))
        done = {**key, "evidence": words}
        self.ledger.must(*drafts, Draft("decision_delivered", done), Draft("decision_acknowledged", done))
        return True

    # --- what must hold ------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Everything that must hold after every step."""
        self.watched()
        for event in self.ledger.events[self._checked :]:
            self._event(event.kind, event.payload)
        self._checked = len(self.ledger.events)
        batch = self.ledger.batch
        working = [one for one in planned_tracks(batch) if one.slug in self._agents()]
        assert len(self._agents()) == len(set(self._agents())), f"two agents of a track: {self._agents()}"
        if cap(batch) and run_of(batch).agents == 0:
            assert len(working) <= cap(batch), f"more than {cap(batch)} at work: {self._agents()}"
        for slug in batch.merged:
            for other in work_of(batch.tracks[slug]).planned.depends_on:
                assert other not in batch.merged[batch.merged.index(slug) :], f"{slug} was merged before {other}"
        for gate in batch.gates.values():
            if gate.decision is not None and gate.decision.origin.startswith("policy:"):
                assert gate.risk < Risk.STAGING
        self._not_stuck()

    def _agents(self) -> list[str]:
        return [one.split("-")[1] for one in self.world.jobs.running() if one.startswith("a-")]

    def _event(self, kind: str, payload: Any) -> None:
        if kind == "track_added":
            self._states[payload["track"]] = TrackState.PENDING
        if kind == "track_moved":
            slug, to = payload["track"], TrackState(payload["to"])
            check_move(slug, self._states[slug], to)
            self._states[slug] = to
        if kind == "effect_begun":
            assert payload["effect"] not in self._begun or self._begun[payload["effect"]] == "failed", payload
            self._begun[payload["effect"]] = "begun"
        if kind == "effect_ended":
            self._begun[payload["effect"]] = payload["outcome"]

    def _not_stuck(self) -> None:
        batch = self.ledger.batch
        run = run_of(batch)
        waits = batch.ended_at or run.pausing or self._gates(*WAITING) or self.later.waiting
        if waits or self.world.jobs.running() or any(one.work and one.work.paused for one in batch.tracks.values()):
            return
        if run.effects or run.phase in ("awaiting_user", HANDED_OVER) or due(batch, self.ledger.now):
            # What is recorded as begun is begun by the next turn; that it ends is seen at the end.
            return
        raise AssertionError(f"nothing will ever move again: {self._picture()}")

    def _picture(self) -> str:
        batch = self.ledger.batch
        run = run_of(batch)
        states = {one.slug: f"{one.state} {one.stage} {work_of(one).paused}" for one in batch.tracks.values()}
        gates = [f"{one.id} {one.state}" for one in self._gates(*WAITING)]
        return f"{run.phase} {run.pausing} {states} effects={list(run.effects)} gates={gates} {self.told[-12:]}"


_DEEDS: list[Callable[[Player], None]] = [
    Player.settle,
    Player.effect,
    Player.job,
    Player.answer,
    Player.deliver,
    Player.command,
    Player.tick,
    Player.rules,
    Player.lose,
    Player.cancel,
    Player.add,
    Player.park,
    Player.overlap,
    Player.tamper,
    Player.break_git,
    Player.crash,
    Player.restart,
]
_WEIGHTS = [40, 30, 20, 14, 14, 5, 3, 2, 1, 1, 1, 2, 1, 1, 1, 2, 1]
