"""Grounding injection: files with a history of failed edits are shown to an agent before it starts, three at most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from orchestrator_tui.core.event import Draft, Event
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.live_rules import ERROR_ECHO, GroundingRules
from orchestrator_tui.core.run import Friction, Grounding
from orchestrator_tui.core.workflow import Angle, Workflow
from orchestrator_tui.journal.port import BatchHead, JournalUnwritable
from orchestrator_tui.runtime.grounding import JournalledPast
from orchestrator_tui.ui.present.telling_run import RUN_TELLERS
from tests.runtime.run.memory_git import Crash
from tests.runtime.run.scene import WORKFLOW, Scene, track
from tests.runtime.run.test_breaker import BREAKER, Circles, repeats

FRICTION = "edit-format-friction"
RULES = GroundingRules(files=3, sessions=3, classes=(FRICTION,))
GROUNDED = replace(WORKFLOW, grounding=RULES, breaker=BREAKER)


class MemoryPast:
    """What earlier runs had trouble with, as a test says."""

    def __init__(self, *found: tuple[str, str, int]) -> None:
        self.found = found
        self.asked: list[tuple[str, int]] = []

    def friction(self, batch: str, runs: int) -> Sequence[tuple[str, Friction]]:
        self.asked.append((batch, runs))
        return [(name, Friction(file, at, "earlier")) for name, file, at in self.found]


def begun(past: MemoryPast, *owned: str, workflow: Workflow = GROUNDED, files: dict[str, str] | None = None) -> Scene:
    texts = {name: f"one of {name}\ntwo\n" for name in owned} if files is None else files
    scene = Scene(track("a", *owned), workflow=workflow, files=texts)
    scene.world.past = past
    scene.world.restart()
    return scene


def shown(scene: Scene, attempt: str = "a-a-1-1-1") -> Grounding | None:
    work = scene.track("a").work
    assert work is not None
    return work.grounded.get(attempt)


def names(scene: Scene) -> list[str]:
    found = shown(scene)
    return [] if found is None else [name for name, _ in found.files]


def prompt(scene: Scene, attempt: str = "a-a-1-1-1") -> str:
    return scene.world.attempts[attempt].prompt


def test_files_with_trouble_before_are_shown_first_with_the_numbers_of_their_lines() -> None:
    """[004-149] In front of everything else, and recorded before the agent starts."""
    past = MemoryPast((FRICTION, "src/x.py", 5))
    scene = begun(past, "src/x.py")
    scene.world.settle()
    assert past.asked == [(scene.ledger.batch.id, 3)]
    told = prompt(scene)
    assert told.startswith("## GROUNDING — src/x.py\n")
    assert "    1  one of src/x.py\n    2  two\n" in told
    assert "Use line numbers above to describe edits precisely" in told
    found = shown(scene)
    assert found is not None
    assert (found.files, found.capped) == ((("src/x.py", 2),), False)


@pytest.mark.parametrize(("count", "capped"), [(2, False), (3, False), (4, True)])
def test_three_files_at_most_the_latest_trouble_first(count: int, capped: bool) -> None:
    """[004-149] Up to 3 files: the latest; whether there were more is recorded."""
    owned = [f"src/{number}.py" for number in range(count)]
    past = MemoryPast(*((FRICTION, name, number) for number, name in enumerate(owned)))
    scene = begun(past, *owned)
    scene.world.settle()
    assert names(scene) == owned[::-1][:3]
    found = shown(scene)
    assert found is not None
    assert found.capped is capped


def test_only_files_of_its_own_scope_and_errors_of_the_named_classes() -> None:
    """[004-149] Each agent is shown what it may touch; other errors are no trouble with a file."""
    past = MemoryPast((FRICTION, "src/x.py", 5), (FRICTION, "other.py", 9), ("scope-denied", "src/y.py", 9))
    scene = begun(past, "src/x.py", "src/y.py")
    scene.world.settle()
    assert names(scene) == ["src/x.py"]


@pytest.mark.parametrize(("sessions", "asked", "named"), [(0, [], []), (1, [1], ["src/x.py"])])
def test_no_run_before_this_one_is_looked_at_where_none_is_to_count(
    sessions: int, asked: list[int], named: list[str]
) -> None:
    """[004-149] The edge of ``sessions``: none, and one."""
    past = MemoryPast((FRICTION, "src/x.py", 5))
    scene = begun(past, "src/x.py", workflow=replace(GROUNDED, grounding=replace(RULES, sessions=sessions)))
    scene.world.settle()
    assert ([runs for _, runs in past.asked], names(scene)) == (asked, named)


def test_a_file_that_is_gone_is_left_out_and_holds_nobody_up() -> None:
    scene = begun(MemoryPast((FRICTION, "src/x.py", 5)), "src/x.py", files={})
    scene.world.settle()
    assert names(scene) == []
    assert "GROUNDING" not in prompt(scene)


def test_a_reviewer_is_shown_nothing() -> None:
    scene = begun(MemoryPast((FRICTION, "a.txt", 5)), "a.txt")
    scene.play()
    assert [one.partition("-1-1")[0] for one in scene.world.attempts] == ["a-a", "a-a-2"]
    assert "GROUNDING" in prompt(scene)
    assert "GROUNDING" not in prompt(scene, "a-a-2-1-1")


def test_who_explores_one_angle_is_shown_nothing_and_nothing_else_is_recorded() -> None:
    """The record of what an agent was shown is what it was shown."""
    explores = replace(GROUNDED.works[0], angles=(Angle("data", "look"), Angle("screens", "look")))
    workflow = replace(GROUNDED, works=(explores, *GROUNDED.works[1:]))
    scene = begun(MemoryPast((FRICTION, "src/x.py", 5)), "src/x.py", workflow=workflow)
    scene.world.settle()
    assert not [one for one, order in scene.world.attempts.items() if "GROUNDING" in order.prompt]
    assert names(scene) == []


@pytest.mark.parametrize("rules", [GroundingRules(), replace(RULES, files=0)])
def test_where_it_is_off_nobody_looks_back(rules: GroundingRules) -> None:
    """[004-149] 0 disables it."""
    past = MemoryPast((FRICTION, "src/x.py", 5))
    scene = begun(past, "src/x.py", workflow=replace(GROUNDED, grounding=rules))
    scene.world.settle()
    assert past.asked == []
    assert names(scene) == []


def test_trouble_of_this_very_run_counts_at_the_next_try() -> None:
    """[004-149] A file is called as the repository calls it, wherever its agent had it."""
    scene = Circles(workflow=GROUNDED)
    scene.sees(repeats(ERROR_ECHO, 3, file="/trees/a/a.txt", error="old_string not found"))
    assert scene.work.trips[0].file == "a.txt"
    scene.world.settle()
    assert prompt(scene, "a-a-1-1-2").startswith("## GROUNDING — a.txt\n")


@pytest.mark.parametrize("after", range(14))
def test_a_death_at_any_moment_shows_and_records_once(after: int) -> None:
    """[004-149] What an agent is shown is recorded before it starts, whoever starts it in the end."""
    scene = begun(MemoryPast((FRICTION, "a.txt", 5)), "a.txt", files={"a.txt": "one\n"})
    scene.world.crash_in = after
    for _ in range(2):
        try:
            scene.play()
        except Crash:
            scene.world.restart()
    assert "GROUNDING — a.txt" in prompt(scene)
    assert [one.kind for one in scene.ledger.events].count("grounding_injected") == 1


# --- what earlier runs had trouble with ----------------------------------------------------------------------------


class Journals:
    """Batches with what their breaker noticed."""

    def __init__(self, *heads: tuple[str, str, int]) -> None:
        self.heads = heads
        self.fails = False

    def batches(self) -> tuple[BatchHead, ...]:
        if self.fails:
            raise JournalUnwritable("locked")
        return tuple(BatchHead(name, name, kind, "", 1, 1, "", 1, at) for name, kind, at in self.heads)

    def events_of(self, batch: str, kind: str) -> tuple[Event, ...]:
        told = {"track": "a", "attempt": "x", "pattern": ERROR_ECHO, "times": 3, "action": "stopped"}
        draft = Draft(kind, {**told, "file": f"{batch}.py", "error_class": FRICTION})
        other = Draft(kind, {**told, "file": f"{batch}.txt"})
        at = Instant(1, 1, "boot")
        return tuple(Event(batch, place, at, one.kind, "o", 1, one.payload) for place, one in enumerate((draft, other)))


def test_the_last_three_runs_before_this_one_count() -> None:
    """[004-149] Watched sessions, later runs and this one are left out, as is what has no class."""
    heads = [(f"r{number}", "run", number) for number in range(1, 6)]
    journals = Journals(*heads, ("watched", "watched", 4), ("now", "run", 6), ("later", "run", 7))
    found = JournalledPast(journals).friction("now", 3)
    assert [(name, one.file) for name, one in found] == [(FRICTION, f"r{number}.py") for number in (3, 4, 5)]


@pytest.mark.parametrize(
    ("sessions", "counted"), [(0, []), (1, [4]), (2, [3, 4]), (4, [1, 2, 3, 4]), (5, [1, 2, 3, 4])]
)
def test_so_many_runs_before_count_and_none_where_none_is_wanted(sessions: int, counted: list[int]) -> None:
    """[004-149] ``sessions`` just below, at and above the runs that there are; 0 is none, not all of them."""
    journals = Journals(*((f"r{number}", "run", number) for number in range(1, 5)), ("now", "run", 6))
    found = JournalledPast(journals).friction("now", sessions)
    assert [one.file for _, one in found] == [f"r{number}.py" for number in counted]


def test_a_journal_that_cannot_be_read_now_is_no_past() -> None:
    journals = Journals(("r1", "run", 1), ("now", "run", 6))
    journals.fails = True
    assert JournalledPast(journals).friction("now", 3) == ()


def test_it_is_told_in_the_timeline() -> None:
    told = {"track": "a", "attempt": "x", "files": ["src/x.py"], "lines": [2]}
    assert RUN_TELLERS["grounding_injected"](told)[1] == "src/x.py"
    files = {"files": ["src/x.py"], "moments": [1], "batches": ["b"]}
    assert RUN_TELLERS["friction_seen"](files)[1] == "src/x.py"
