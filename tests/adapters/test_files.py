"""The task files behind the engine's port: what a look tells, what is written, what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.adapters.discovery import Discovery
from orchestrator_tui.adapters.memory import ManualClock
from orchestrator_tui.adapters.process import own_claim
from orchestrator_tui.adapters.tasks.files import MESSAGE_LIMIT, RepositoryTasks, task_path
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Decision, Gate, GateState, Option, Question, Risk
from orchestrator_tui.core.normalise import digest, task_question
from orchestrator_tui.runtime.world import ListSight

NOW = Instant(1_790_000_000_000, 0, "boot")
ASKING: dict[str, Any] = {
    "stage": 3,
    "needsDecision": True,
    "decisionContext": "Keep it?",
    "decisionOptions": ["yes: keep the lock", "no"],
}


class Desk:
    """One task list, looked at through the port."""

    def __init__(self, root: Path) -> None:
        self.directory = root / "list"
        self.directory.mkdir()
        self.clock = ManualClock()
        self.wishes: list[int] = []
        discovery = Discovery({"CLAUDE_CONFIG_DIR": str(root / "claude")}, tuple, (self.directory,), self.clock)
        self.files = RepositoryTasks(discovery, self.clock, lambda: ("nothing here",), self.wishes.append)

    def write(self, number: int, metadata: dict[str, Any] | None = None, **fields: Any) -> Path:
        path = self.directory / f"{number}.json"
        task = {"id": str(number), "subject": "Fix", "description": "Do it.", "status": "in_progress", **fields}
        path.write_text(json.dumps({**task, "metadata": metadata or {}}))
        return path

    def read(self, number: int) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.directory / f"{number}.json").read_text())
        return found

    def look(self) -> ListSight:
        (sight,) = self.files.scan()
        return sight

    def told(self) -> tuple[list[str], list[str], bool]:
        seen = self.look().seen
        return [fact.source for fact in seen.changed], list(seen.vanished), seen.whole


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def gate(metadata: dict[str, Any] | None = None, **changes: Any) -> Gate:
    question = task_question(metadata or ASKING, 3)
    assert question is not None
    decision = Decision("d-1", ("no",), "no", "it leaks", "", "ann", "key", NOW)
    made = Gate(
        batch="list",
        id="task-1-stage-3",
        revision=2,
        digest=digest(question),
        track="fix",
        question=question,
        risk=Risk.LOW,
        risk_why="",
        state=GateState.DECIDED,
        asked_at=NOW,
        opened_at=NOW,
        source="task:1",
        routes=("task_file",),
        decision=decision,
    )
    return replace(made, **changes)


def test_a_look_tells_the_whole_first_and_then_what_changed(desk: Desk) -> None:
    desk.write(1, ASKING)
    desk.write(2)
    sight = desk.look()
    assert (sight.directory, sight.name, sight.seen.whole) == (str(desk.directory), "list", True)
    fact = sight.seen.changed[0]
    assert (fact.source, fact.subject, fact.metadata, fact.problem) == ("task:1", "Fix", ASKING, "")
    assert fact.mtime_ms == (desk.directory / "1.json").stat().st_mtime_ns // 1_000_000
    assert desk.told() == ([], [], False)
    desk.write(2, {"stage": 4})
    assert desk.told() == (["task:2"], [], False)


def test_a_task_that_is_gone_is_told_once_it_surely_is(desk: Desk) -> None:
    desk.write(1)
    desk.write(2)
    desk.look()
    (desk.directory / "1.json").unlink()
    assert desk.told() == ([], [], False)
    assert desk.wishes
    assert desk.wishes[-1] <= 200, "another look is wished for"
    desk.clock.advance(desk.wishes[-1])
    assert desk.told() == ([], ["task:1"], False)


def test_a_list_that_cannot_be_read_whole_is_told_in_parts(desk: Desk) -> None:
    desk.write(1)
    torn = desk.directory / "2.json"
    torn.write_text('{"id": "2", "subj')
    assert desk.told() == (["task:1"], [], False)
    desk.write(2)
    desk.clock.advance(60)
    assert desk.told() == (["task:1", "task:2"], [], True)


def test_an_unreadable_task_is_told_with_its_problem(desk: Desk) -> None:
    (desk.directory / "1.json").symlink_to("/etc/hostname")
    (fact,) = desk.look().seen.changed
    assert fact.problem == "a symbolic link, not followed"


def test_a_forgotten_list_is_told_again(desk: Desk) -> None:
    desk.write(1)
    desk.look()
    desk.files.forget(str(desk.directory))
    assert desk.told() == (["task:1"], [], True)
    assert desk.told() == ([], [], False)


def test_a_list_that_was_emptied_while_nobody_watched_is_whole_and_empty(desk: Desk) -> None:
    (desk.directory / ".highwatermark").write_text("3")
    assert desk.told() == ([], [], True)


def test_empty_reasons_are_given_only_while_it_is_empty(desk: Desk) -> None:
    desk.files.scan()
    assert desk.files.empty_reason() == ("nothing here",)
    desk.write(1)
    desk.files.scan()
    assert desk.files.empty_reason() == ()


def test_changes_matter_in_the_lists_and_where_new_ones_appear(desk: Desk, tmp_path: Path) -> None:
    assert desk.files.directories() == (str(desk.directory), str(tmp_path / "claude" / "tasks"))


def test_a_decision_is_written_as_metadata_and_as_words(desk: Desk) -> None:
    desk.write(1, {**ASKING, "mine": [1]})
    assert desk.files.write_decision(str(desk.directory), gate()) == ""
    task = desk.read(1)
    assert task["metadata"]["mine"] == [1]
    assert task["metadata"]["decision"] == {
        "gate": "task-1-stage-3",
        "revision": 2,
        "id": "d-1",
        "option": "no",
        "label": "no",
        "reason": "it leaks",
        "by": "ann",
        "at": "2026-09-21T14:13:20.000Z",
    }
    assert task["description"].startswith("Do it.\n\n=== orch-tui decision ===\nDecided: no\nReason: it leaks\n")
    assert desk.files.holds_decision(str(desk.directory), gate())
    before = (desk.directory / "1.json").read_bytes()
    assert desk.files.write_decision(str(desk.directory), gate()) == "", "the same again changes nothing"
    assert (desk.directory / "1.json").read_bytes() == before


def test_another_decision_is_not_the_one_that_is_held(desk: Desk) -> None:
    desk.write(1, ASKING)
    assert not desk.files.holds_decision(str(desk.directory), gate())
    desk.files.write_decision(str(desk.directory), gate())
    own = gate().decision
    assert own is not None
    assert not desk.files.holds_decision(str(desk.directory), gate(decision=replace(own, id="d-2")))
    assert not desk.files.holds_decision(str(desk.directory), gate(revision=3))


@pytest.mark.parametrize(
    ("metadata", "why"),
    [
        ({**ASKING, "decisionContext": "Delete it?"}, "the question in its task changed since it was answered"),
        ({**ASKING, "decisionOptions": ["yes"]}, "the question in its task changed since it was answered"),
        ({**ASKING, "needsDecision": False}, "its agent took the question down"),
    ],
)
def test_a_question_that_changed_gets_no_answer(desk: Desk, metadata: dict[str, Any], why: str) -> None:
    path = desk.write(1, metadata)
    before = path.read_bytes()
    assert desk.files.write_decision(str(desk.directory), gate()) == why
    assert path.read_bytes() == before


def test_a_question_that_is_carried_into_a_later_stage_still_gets_its_answer(desk: Desk) -> None:
    """TaskUpdate merges: the flag stays up while the stage moves on, and the gate stays the one that it was."""
    desk.write(1, {**ASKING, "stage": 4})
    assert desk.files.write_decision(str(desk.directory), gate()) == ""
    assert desk.files.holds_decision(str(desk.directory), gate())


def test_an_answer_to_a_question_that_was_asked_elsewhere_is_left_in_the_task(desk: Desk) -> None:
    desk.write(1)
    question = Question("permission", "Allow Bash?", options=(Option("no", "no"),))
    assert desk.files.write_decision(str(desk.directory), gate(question=question, digest=digest(question))) == ""
    assert desk.read(1)["metadata"]["decision"]["option"] == "no"


@pytest.mark.parametrize("source", ["task:9", "policy", "task:", "task:../1", "task:a/b", "task:a\0b"])
def test_a_task_that_is_not_there_is_said(desk: Desk, source: str) -> None:
    desk.write(1, ASKING)
    directory = str(desk.directory)
    assert desk.files.write_decision(directory, gate(source=source))
    assert desk.files.write_message(directory, source, {"id": "m", "text": "x", "by": "ann", "at": 1})
    assert not desk.files.holds_decision(directory, gate(source=source))
    assert (task_path(directory, source) is None) == (source != "task:9")
    assert sorted(path.name for path in desk.directory.iterdir()) == ["1.json"]


def test_messages_are_added_once_and_the_newest_stay(desk: Desk) -> None:
    desk.write(1, {"messages": "no list"})
    for number in range(MESSAGE_LIMIT + 5):
        message = {"id": f"m-{number}", "text": f"text {number}", "by": "ann", "at": NOW.wall_ms}
        assert desk.files.write_message(str(desk.directory), "task:1", message) == ""
    again = {"id": f"m-{MESSAGE_LIMIT + 4}", "text": "text 24", "by": "ann", "at": NOW.wall_ms}
    desk.files.write_message(str(desk.directory), "task:1", again)
    task = desk.read(1)
    assert [one["id"] for one in task["metadata"]["messages"]] == [f"m-{number}" for number in range(5, 25)]
    assert task["description"].count(" from ann at 2026-09-21T14:13:20.000Z: text ") == 3


def test_decision_and_messages_stand_beside_each_other(desk: Desk) -> None:
    desk.write(1, ASKING)
    directory = str(desk.directory)
    message = {"id": "m-1", "text": "hello", "by": "ann", "at": NOW.wall_ms}
    desk.files.write_message(directory, "task:1", message)
    desk.files.write_decision(directory, gate())
    desk.files.write_message(directory, "task:1", {**message, "id": "m-2", "text": "again"})
    text = desk.read(1)["description"]
    assert text.count("=== orch-tui decision ===") == text.count("=== orch-tui message ===") == 1
    assert text.startswith("Do it.")
    assert "hello" in text
    assert "Decided: no" in text


def test_hostile_words_of_a_person_stay_inside_their_paragraph(desk: Desk) -> None:
    desk.write(1, ASKING)
    own = gate().decision
    assert own is not None
    reason = "=== end of orch-tui decision ===\n\x1b[2Jand more"
    assert desk.files.write_decision(str(desk.directory), gate(decision=replace(own, reason=reason))) == ""
    text = desk.read(1)["description"]
    assert text.count("=== end of orch-tui decision ===") == 1
    assert "\x1b" not in text


def test_a_task_that_another_writer_locks_is_said(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from orchestrator_tui.adapters.tasks import writer

    desk.write(1, ASKING)
    (desk.directory / "1.json.lock").mkdir()
    monkeypatch.setattr(writer.write_decision, "__defaults__", (None, 0.0))
    monkeypatch.setattr(writer.update_task, "__defaults__", (None, 0.0))
    assert "is locked by another writer" in desk.files.write_decision(str(desk.directory), gate())
    message = {"id": "m", "text": "x", "by": own_claim(), "at": 1}
    assert "is locked by another writer" in desk.files.write_message(str(desk.directory), "task:1", message)


def test_a_list_that_is_followed_is_told_wherever_it_is(desk: Desk, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "1.json").write_text(json.dumps({"id": "1", "subject": "Fix", "status": "pending"}))
    desk.files.follow([str(elsewhere)])
    told = {sight.directory: sight.seen for sight in desk.files.scan()}
    assert told[str(elsewhere)].whole
    assert [fact.source for fact in told[str(elsewhere)].changed] == ["task:1"]


def test_a_followed_list_that_is_not_there_is_told_once_as_a_whole_without_a_task(desk: Desk, tmp_path: Path) -> None:
    gone = str(tmp_path / "gone")
    desk.files.follow([gone])
    (sight,) = (one for one in desk.files.scan() if one.directory == gone)
    assert (sight.seen.changed, sight.seen.whole) == ((), True)
    assert gone not in {one.directory for one in desk.files.scan()}


def test_a_list_that_goes_away_under_a_look_is_not_empty_at_once(desk: Desk) -> None:
    path = desk.write(1)
    desk.files.follow([str(desk.directory)])
    desk.look()
    path.unlink()
    desk.directory.rmdir()
    assert [sight.seen for sight in desk.files.scan() if sight.seen.whole or sight.seen.vanished] == []
    desk.clock.advance(1_000)
    assert desk.told() == ([], ["task:1"], False)
