"""An agent that only waits for an answer takes no place from others (DESIGN §2.3); everything else still counts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Option, Question, TrackState
from orchestrator_tui.core.observe_gates import gate_opened
from orchestrator_tui.core.rules import Rules
from orchestrator_tui.core.schedule.readiness import waits_for
from orchestrator_tui.ui.present.run_words import at_work
from tests.runtime.run.memory_world import Agent
from tests.runtime.run.scene import WORKFLOW, WRITE, Scene, track

S = TrackState
ONE = replace(WORKFLOW, concurrency=1)
QUESTION = Question("ask", "Ship it?", options=(Option("ship", "ship it"), Option("fix", "fix it")))


def ask(scene: Scene, slug: str = "a", kind: str = "ask", route: str = "shell") -> None:
    """The agent of a track asks something, and may go on."""
    asked = replace(QUESTION, kind=kind)
    scene.ledger.must(gate_opened(f"g-{slug}", 1, slug, asked, Rules({}), source=f"session:{slug}", routes=(route,)))
    scene.world.settle()


def decide(scene: Scene, slug: str = "a") -> None:
    gate = scene.ledger.batch.gates[f"g-{slug}"]
    told = {"gate": gate.id, "revision": gate.revision, "digest": gate.digest, "decision": f"d-{slug}"}
    taken = {"options": ["ship"], "label": "", "by": "ann", "origin": "key"}
    scene.ledger.must(Draft("gate_decided", {**told, **taken}))
    for step in ("delivery_claimed", "decision_delivered"):
        key = {"gate": gate.id, "revision": gate.revision, "decision": f"d-{slug}", "route": "shell"}
        scene.ledger.must(Draft(step, {**key, "claimant": "7:7"} if step == "delivery_claimed" else key))
    scene.world.settle()


def begun(*tracks: str, waits: frozenset[str] = frozenset({"shell"})) -> Scene:
    """A run whose one place is taken by the first track."""
    scene = Scene(*(track(slug) for slug in tracks), workflow=ONE)
    scene.world.waiting = waits
    scene.world.settle()
    assert scene.states() == {slug: S.QUEUED if number else S.RUNNING for number, slug in enumerate(tracks)}
    return scene


def waits(scene: Scene) -> list[str]:
    return [str(one.payload["gate"]) for one in scene.ledger.events if one.kind == "agent_waits"]


def test_another_track_starts_while_an_agent_waits() -> None:
    scene = begun("a", "b", "c")
    ask(scene)
    assert scene.states() == {"a": S.RUNNING, "b": S.RUNNING, "c": S.QUEUED}
    assert at_work(scene.ledger.batch) == 1


def test_an_answer_is_not_held_back_and_nothing_new_begins_until_there_is_room() -> None:
    scene = begun("a", "b", "c")
    ask(scene)
    decide(scene)
    assert at_work(scene.ledger.batch) == 2
    (first, second) = scene.world.jobs.running()
    scene.world.jobs.let(first)
    scene.world.settle()
    assert scene.states()["c"] is S.QUEUED
    assert scene.world.jobs.running() == [second], "its next stage waits for a place like any other"
    scene.play()
    assert scene.states() == dict.fromkeys("abc", S.MERGED)


def test_who_has_asked_and_goes_on_keeps_its_place() -> None:
    scene = begun("a", "b", waits=frozenset())
    ask(scene)
    assert scene.states()["b"] is S.QUEUED
    assert waits(scene) == []


def test_who_waits_no_more_takes_its_place_again() -> None:
    scene = begun("a", "b", "c")
    ask(scene)
    scene.world.waiting = frozenset()
    scene.world.settle()
    assert waits(scene) == ["g-a", ""]
    assert at_work(scene.ledger.batch) == 2
    assert scene.states()["c"] is S.QUEUED


@pytest.mark.parametrize("kind", ["permission", "question", "plan"])
def test_what_holds_its_agent_by_nature_needs_nobody_seen_to_wait(kind: str) -> None:
    scene = begun("a", "b", waits=frozenset())
    ask(scene, kind=kind, route="stdin")
    assert scene.states()["b"] is S.RUNNING


def test_it_is_recorded_once_and_nothing_when_it_is_answered() -> None:
    scene = begun("a", "b")
    ask(scene)
    for _ in range(3):
        scene.world.settle()
    decide(scene)
    assert waits(scene) == ["g-a"]


def test_a_question_of_the_engine_leaves_its_place_to_others() -> None:
    scene = Scene(track("a"), track("b"), workflow=ONE)
    scene.git.broken["worktree"] = "no space left on the disk"
    scene.play()
    assert scene.states() == {"a": S.PREPARING, "b": S.MERGED}


def test_tracks_that_must_not_run_beside_each_other_still_do_not() -> None:
    pair = {"a": "a", "b": "b", "consequence": "serialise", "why": "both own x"}
    scene = Scene(track("a"), track("b"), workflow=ONE, checked={"matrix": [pair]})
    scene.world.waiting = frozenset({"shell"})
    scene.world.settle()
    ask(scene)
    assert scene.states() == {"a": S.RUNNING, "b": S.QUEUED}


def test_a_host_that_comes_back_finds_who_waits() -> None:
    scene = begun("a", "b")
    ask(scene)
    scene.world.restart()
    scene.world.settle()
    assert waits(scene) == ["g-a"]
    scene.world.waiting = frozenset()
    scene.world.settle()
    assert waits(scene) == ["g-a", ""]


def test_what_was_kept_apart_begins_with_what_is_merged_by_then() -> None:
    """One after the other: the second one is spared a conflict that is certain otherwise.

    [002-51]
    """
    pair = {"a": "a", "b": "b", "consequence": "serialise", "why": "both change same.txt"}
    one, other = (track(slug, f"{slug}.txt", "same.txt") for slug in "ab")
    scene = Scene(one, other, track("c"), workflow=ONE, checked={"matrix": [pair]}, files={"same.txt": "line\n"})

    def add(agent: Agent) -> tuple[int, str]:
        agent.append("same.txt", f"{agent.attempt.track}\n")
        return 0, ""

    scene.world.acts |= {f"{slug}/{WRITE}": add for slug in "ab"}
    scene.play()
    assert scene.states() == {"a": S.MERGED, "b": S.MERGED, "c": S.MERGED}
    assert scene.merged_files()["same.txt"] == "line\na\nb\n"
    assert not [event for event in scene.ledger.events if event.payload.get("result") == "conflict"]


PAIR = {"a": "a", "b": "b", "consequence": "serialise", "why": "both change same.txt"}


def stuck(spent: str = "ask") -> Scene:
    """Two tracks that are kept apart and one beside them; the first one's tries are used up."""
    one, other = (track(slug, f"{slug}.txt", "same.txt") for slug in "ab")
    works = (replace(WORKFLOW.works[0], attempts=1, spent=spent), *WORKFLOW.works[1:])
    workflow = replace(WORKFLOW, concurrency=2, works=works)
    scene = Scene(one, other, track("c"), workflow=workflow, checked={"matrix": [PAIR]}, files={"same.txt": "line\n"})

    def add(agent: Agent) -> tuple[int, str]:
        agent.append("same.txt", f"{agent.attempt.track}\n")
        return int(agent.attempt.track == "a" and agent.attempt.number == 1), ""

    scene.world.acts |= {f"{slug}/{WRITE}": add for slug in "ab"}
    scene.play()
    return scene


def test_what_is_kept_apart_from_a_track_that_waits_for_a_person_begins_after_that_one_is_merged() -> None:
    """Its worktree holds work on the same files; whatever else there is to do goes on.

    [000-030] [000-031]
    """
    scene = stuck()
    assert scene.states() == {"a": S.ESCALATED, "b": S.QUEUED, "c": S.MERGED}
    assert waits_for(scene.ledger.batch, scene.track("b")) == "waits for a to be settled: they change the same files"
    scene.answer("cap", "retry", "once more")
    scene.play()
    assert scene.states() == {"a": S.MERGED, "b": S.MERGED, "c": S.MERGED}
    assert scene.merged_files()["same.txt"] == "line\na\nb\n"
    assert not [event for event in scene.ledger.events if event.payload.get("result") == "conflict"]


def test_what_is_kept_apart_from_a_track_begins_when_a_person_gives_that_one_up() -> None:
    scene = stuck()
    scene.answer("cap", "abandon", "not worth it")
    scene.play()
    assert scene.states() == {"a": S.ABANDONED, "b": S.MERGED, "c": S.MERGED}


def test_what_is_kept_apart_from_a_track_that_nobody_is_asked_about_goes_on() -> None:
    """Its workflow has dropped it: whoever waited for it would wait without a question."""
    assert stuck("fail").states() == {"a": S.FAILED, "b": S.MERGED, "c": S.MERGED}


def test_what_is_kept_apart_from_a_track_waits_while_a_person_is_asked_whether_that_one_is_merged() -> None:
    one, other = (track(slug, f"{slug}.txt", "same.txt") for slug in "ab")
    scene = Scene(one, other, workflow=ONE, checked={"matrix": [PAIR]})
    scene.git.broken["merge"] = "the disk is full"
    scene.play()
    assert scene.states() == {"a": S.APPROVED, "b": S.QUEUED}
    scene.answer("worktree", "again")
    scene.play()
    assert scene.states() == {"a": S.MERGED, "b": S.MERGED}
