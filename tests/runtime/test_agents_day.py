"""A whole day beside twenty sessions: they start, idle, ask, spawn, are killed, resumed and cleared (DESIGN §3, §6).

Every day is made from its seed; a failing one names it, and ``live_through(SEED, …)`` goes through it again. With
``-s`` it prints how the journals grew.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from orchestrator_tui.core.agents import BUSY, IDLE, INPUT, PERMISSION
from orchestrator_tui.core.facts import AgentFact, CallEnded
from orchestrator_tui.core.model import TERMINAL_GATE_STATES, Batch, GateState
from orchestrator_tui.core.naming import agent_slug, list_batch_id
from orchestrator_tui.core.queries import all_shown, counts, gate_queue, shown_tracks, tracks_by_need
from orchestrator_tui.core.tracks_shown import own_track, sessions_gone
from orchestrator_tui.journal.verify import verify_batch
from tests.core.builders import agent, asking, fact, opened
from tests.core.history import violations
from tests.runtime.stage import HOUR, MINUTE, SECOND, Process, Stage

SESSIONS, HELPERS = 20, 5
TOOLS = ("Read cart.py", "Edit cart.py", "Bash make test", "Grep lock", "WebFetch", "TaskUpdate")


class Person:
    """One session of one person, with its sub-agents and its task list."""

    def __init__(self, day: Day, number: int) -> None:
        self.day, self.number, self.generation = day, number, 0
        self.begin()

    def begin(self) -> None:
        self.name = f"{self.number:02}{self.generation}0"
        self.directory = f"/tasks/{self.name}"
        self.alive = self.started = False
        self.helpers: dict[str, dict[str, Any]] = {}
        self.main: dict[str, Any] = {"title": f"Work {self.name}", "tokens": 0}
        self.status = IDLE
        self.asked: dict[str, str] = {}
        self.spawned = 0

    @property
    def batch_id(self) -> str:
        return list_batch_id(self.directory)

    # --- what it does ----------------------------------------------------------------------------------------

    def start(self) -> None:
        self.alive = self.started = True
        self.status = IDLE
        self.show()

    def prompt(self) -> None:
        self.status = BUSY
        self.show()

    def turn_ends(self) -> None:
        self.status = IDLE
        self.show()

    def works(self) -> None:
        """The main agent and every sub-agent use a tool."""
        for one in (self.main, *self.helpers.values()):
            if not one.get("finished"):
                one["activity"] = f"{self.day.random.choice(TOOLS)} {self.day.random.randint(1, 9)}"
                one["tokens"] += self.day.random.randint(10, 2000)
                one["cost_usd"] = round(one["tokens"] * 1e-5, 6)
                one["in_flight"] = self.day.random.random() < 0.5
        self.show()

    def spawn(self) -> None:
        if sum(not one.get("finished") for one in self.helpers.values()) >= HELPERS:
            return
        self.spawned += 1
        name = f"a{self.name}{self.spawned:03}"
        self.helpers[name] = {"title": f"Stage {self.spawned}", "tokens": 0, "model": "opus"}
        if self.spawned % 2:
            self.task(str(self.spawned), stage=1)
            self.helpers[name]["tasks"] = (str(self.spawned),)
        self.show()

    def task(self, task: str, **fields: Any) -> None:
        self.day.stage.write(fact(task, track=f"t{task}", **fields), directory=self.directory)

    def advance(self) -> None:
        """A sub-agent with a task reports its next stage, asks, or returns."""
        going = [name for name, one in self.helpers.items() if not one.get("finished")]
        if not going:
            return
        name = self.day.random.choice(going)
        one = self.helpers[name]
        tasks = one.get("tasks", ())
        turn = self.day.random.random()
        if tasks and turn < 0.5:
            one["stage"] = one.get("stage", 1) + 1
            self.task(tasks[0], stage=one["stage"], stageStatus="in_progress")
        elif tasks and turn < 0.7:
            asks = asking(task_id=tasks[0], track=f"t{tasks[0]}", stage=one.get("stage", 1))
            self.day.stage.write(asks, directory=self.directory)
        elif turn > 0.85:
            one["finished"] = True
            if tasks:
                self.task(tasks[0], stage=one.get("stage", 1), status="completed")
        self.show()

    def asks_permission(self) -> None:
        """A hook of one of them asks; hooks know no nicer name of their agent."""
        going = ["", *(name for name, one in self.helpers.items() if not one.get("finished"))]
        name = self.day.random.choice(going)
        if name in self.asked or self.batch_id not in self.day.cockpit.state.batches:
            return
        where = f"{self.name}/{name}" if name else self.name
        known = own_track(self.day.cockpit.state.batches[self.batch_id], where)
        gate = f"call-{self.name}-{self.day.next()}"
        self.asked[name] = gate
        asked = opened(
            gate,
            kind="permission",
            source="call",
            routes=["hook"],
            asker=where,
            track=known.slug if known is not None and self.day.random.random() < 0.5 else agent_slug(self.name, name),
        )
        self.day.cockpit.journal.change_gate(self.batch_id, asked, self.day.now, "hook")
        self.status = PERMISSION if not name else self.status
        self.show()

    def answers_there(self) -> None:
        """The person answers at the terminal."""
        if not self.asked:
            return
        name, gate = self.asked.popitem()
        where = f"{self.name}/{name}" if name else self.name
        call = CallEnded(where, gate, "Bash", self.day.random.choice(("person", "")), False, self.day.now.wall_ms)
        self.day.stage.sessions.end_call(self.directory, call)
        self.status = BUSY
        self.show()

    def waits_for_input(self) -> None:
        self.status = INPUT
        self.show()

    def killed(self) -> None:
        self.alive = False
        self.asked.clear()
        self.show(killed=True)

    def leaves(self) -> None:
        self.alive = False
        self.asked.clear()
        self.show()

    def resumed(self) -> None:
        self.alive = True
        self.status = IDLE
        for one in self.helpers.values():
            one["finished"] = True
        self.show()

    def cleared(self) -> None:
        """``/clear``: the same process, another session."""
        self.leaves()
        self.generation += 1
        self.begin()
        self.start()

    def show(self, *, killed: bool = False) -> None:
        facts: list[AgentFact] = [
            agent(self.name, status=self.status, finished=not self.alive, killed=killed, **self.main)
        ]
        facts += [agent(self.name, name, parent="", **_own(one)) for name, one in self.helpers.items()]
        self.day.stage.sessions.put(self.directory, *(self._timed(one) for one in facts))

    def _timed(self, fact: AgentFact) -> AgentFact:
        before = self.day.stage.sessions.lists.get(self.directory, {})
        where = f"{self.name}/{fact.agent.id}" if fact.agent.id else self.name
        same = before.get(where)
        if same is not None and (same.activity, same.tokens) == (fact.activity, fact.tokens):
            return _at(fact, same.last_wall_ms)
        return _at(fact, self.day.now.wall_ms)


def _own(one: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in one.items() if key != "stage"}


def _at(fact: AgentFact, wall_ms: int) -> AgentFact:
    return replace(fact, last_wall_ms=wall_ms)


class Day:
    """One day of twenty people beside one cockpit."""

    def __init__(self, stage: Stage, seed: int) -> None:
        self.stage, self.random = stage, Random(seed)
        self.cockpit: Process = stage.start("c0")
        self.people = [Person(self, number) for number in range(SESSIONS)]
        self._number = 0

    @property
    def now(self) -> Any:
        return self.stage.clock.now()

    def next(self) -> int:
        self._number += 1
        return self._number

    def pass_time(self, milliseconds: int) -> None:
        self.stage.clock.advance(milliseconds)
        for person in self.random.sample(self.people, 6):
            self.act(person)
        self.decide()
        if self.random.random() < 0.01:
            self.cockpit.die()
            self.cockpit = self.stage.start(f"c{self.next()}")
        self.cockpit.step()

    def act(self, person: Person) -> None:
        if not person.alive:
            again = person.resumed if person.started else person.start
            if self.random.random() < 0.3:
                again()
            return
        often = (person.works,) * 8
        now_and_then = (person.prompt, person.turn_ends, person.spawn, person.spawn, person.advance, person.advance)
        seldom = (person.asks_permission, person.answers_there, person.waits_for_input)
        self.random.choice((*often, *now_and_then, *seldom))()
        if self.random.random() < 0.01:
            self.random.choice((person.killed, person.leaves, person.cleared))()

    def decide(self) -> None:
        queue = gate_queue(self.cockpit.state)
        if queue and self.random.random() < 0.3:
            self.cockpit.decide(self.random.choice(queue), "ship")

    # --- what must hold ----------------------------------------------------------------------------------------

    def judge(self) -> None:
        state = self.cockpit.state
        for person in self.people:
            batch = state.batches[person.batch_id]
            assert (batch.ended_at is None) or not person.alive, f"{person.name} lives and its batch has ended"
            if not person.alive:
                self.judge_left(batch)
        shown = {(track.batch, track.slug) for track in all_shown(state)}
        assert {(track.batch, track.slug) for track in tracks_by_need(state)} == shown
        numbers = counts(state)
        assert numbers.working + numbers.unknown + numbers.done + numbers.failed + numbers.pending <= len(shown)
        assert all(shown_tracks(batch) for batch in state.batches.values())

    def judge_left(self, batch: Batch) -> None:
        """What a session leaves behind: nothing runs, and nothing waits that nobody would hear."""
        assert sessions_gone(batch)
        for gate in batch.gates.values():
            assert gate.state is not GateState.OPEN, f"{gate.id} of {batch.id} waits for nobody"
        ended = all(gate.state in TERMINAL_GATE_STATES for gate in batch.gates.values())
        assert (batch.ended_at is not None) is ended


def live_through(directory: Path, seed: int, hours: float) -> str:
    """One day; how its journals grew, in words. Whatever breaks names the seed."""
    stage = Stage(directory)
    try:
        day = Day(stage, seed)
        began, steps = stage.clock.now().wall_ms, 0
        while stage.clock.now().wall_ms - began < hours * HOUR:
            day.pass_time(day.random.randint(SECOND, 20 * SECOND))
            steps += 1
            if steps % 100 == 0:
                day.cockpit.step()
                day.judge()
        events = {batch: stage.events(batch) for batch in day.cockpit.state.batches}
        for batch, history in events.items():
            assert violations(history) == []
            assert day.cockpit.state.batches[batch] == stage.folded(batch)
        for batch in day.random.sample(sorted(events), 3):
            assert stage.replayed(batch) == stage.folded(batch)
            assert verify_batch(day.cockpit.journal, batch).intact
        total = sum(len(history) for history in events.values())
        agents = sum(len(agents) for agents in stage.sessions.lists.values())
        assert total / hours <= SESSIONS * (1 + HELPERS) * MOST_AN_HOUR
        return (
            f"seed {seed}: {total / hours:,.0f} events an hour, {steps} looks, {agents} agents, {len(events)} batches"
        )
    except Exception as error:
        raise AssertionError(f"live_through(…, {seed}, {hours}): {error!r}") from error
    finally:
        stage.clear()


MOST_AN_HOUR = 360 + 2 * 120 + 100
"""Events of an agent that never rests: an activity in ten seconds, two costs in thirty, changes of state."""


@pytest.mark.parametrize("seed", [1, 2])
def test_a_day_beside_twenty_sessions(tmp_path: Path, seed: int) -> None:
    print(live_through(tmp_path, seed, 1.0))


def all_at_work(stage: Stage, seed: int) -> Day:
    """Every session with five sub-agents, every other of them on a task, all in the middle of a tool call."""
    day = Day(stage, seed)
    for person in day.people:
        person.start()
        for _ in range(HELPERS):
            person.spawn()
        person.works()
        for one in (person.main, *person.helpers.values()):
            one["in_flight"] = True
        person.show()
    day.cockpit.step()
    return day


def journalled(stage: Stage, day: Day) -> int:
    return sum(len(stage.events(batch)) for batch in day.cockpit.state.batches)


def test_nine_minutes_in_which_nobody_does_anything_new_record_nothing(stage: Stage) -> None:
    day = all_at_work(stage, 3)
    before = journalled(stage, day)
    for _ in range(9):
        stage.clock.advance(MINUTE)
        assert not day.cockpit.step()
    assert journalled(stage, day) == before


def test_a_hundred_and_twenty_agents_that_never_rest_stay_within_their_pace(stage: Stage) -> None:
    day = all_at_work(stage, 4)
    before, minutes = journalled(stage, day), 3
    for _ in range(minutes * 60):
        stage.clock.advance(SECOND)
        for person in day.people:
            person.works()
        day.cockpit.step()
    hourly = (journalled(stage, day) - before) * 60 // minutes
    print(f"{SESSIONS * (1 + HELPERS)} agents, each at something new every second: {hourly:,} events an hour")
    assert hourly <= SESSIONS * (1 + HELPERS) * MOST_AN_HOUR
    for person in day.people:
        assert day.cockpit.state.batches[person.batch_id] == stage.folded(person.batch_id)
