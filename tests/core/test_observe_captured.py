"""Task lists that the real Claude Code wrote, look after look, as the batch that they make."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestrator_tui.core.facts import TaskFact
from orchestrator_tui.core.model import GateState, TrackState
from orchestrator_tui.core.naming import task_source
from tests.core.builders import MINUTE, START, Ledger, kinds

LISTS = Path(__file__).resolve().parent.parent / "fixtures" / "tasks"
HEADLESS = ("2.1.34-headless", "2.1.328-headless")


def read(directory: Path) -> list[TaskFact]:
    """The tasks of one captured list, as its files say them."""
    facts = []
    for path in sorted(directory.rglob("*.json")):
        task = json.loads(path.read_text("utf-8"))
        facts.append(
            TaskFact(
                source=task_source(task["id"]),
                task_id=task["id"],
                subject=task["subject"],
                description=task["description"],
                status=task["status"],
                metadata=task.get("metadata", {}),
                mtime_ms=START.wall_ms,
                active_form=task.get("activeForm", ""),
                owner=task.get("owner", ""),
                blocked_by=tuple(task["blockedBy"]),
            )
        )
    return facts


@pytest.mark.parametrize("version", HEADLESS)
def test_a_captured_gate_is_opened_with_its_real_question(version: str) -> None:
    """[002-06]"""
    ledger = Ledger(now=START.plus(6 * MINUTE))
    ledger.see(*read(LISTS / version / "1-gate-blocked"))
    gate = ledger.only_gate()
    assert gate.question.question == "Ship with the known flake or fix first?"
    assert (gate.track, gate.question.stage, gate.state) == ("build-the-parser", 4, GateState.OPEN)
    assert gate.asked_at == START
    track = ledger.track("build-the-parser")
    assert (track.owner, track.progress, track.stages[3].name) == ("lead", "Building the parser", "Counsel")
    assert {one.state for slug, one in ledger.batch.tracks.items() if slug != track.slug} == {TrackState.PENDING}
    assert kinds(ledger.due()) == ["gate_stale"]


@pytest.mark.parametrize("version", HEADLESS)
def test_a_captured_list_is_followed_to_its_end(version: str) -> None:
    """[002-08] Somebody wrote ``decision`` into the file who was not us: the gate stays open, not approved (D-2)."""
    ledger = Ledger()
    for look in ("1-gate-blocked", "2-after-external-edit-and-update", "3-end"):
        drafts = ledger.see(*read(LISTS / version / look))
        assert drafts
        assert ledger.see(*read(LISTS / version / look)) == ()
    assert ledger.only_gate().state is GateState.OPEN
    assert [signal.kind for signal in ledger.batch.signals.values()] == ["spoof_suspected"]
    states = {slug: track.state.value for slug, track in ledger.batch.tracks.items()}
    assert states == {
        "build-the-parser": "done",
        "second-task": "done",
        "fourth-task": "done",
        "externally-added": "done",
        "new-after-all-done": "pending",
    }
    assert ledger.track("build-the-parser").title == "Build the parser [DECIDED: ship]"


def test_what_an_interactive_session_leaves_behind() -> None:
    ledger = Ledger()
    ledger.see(*read(LISTS / "2.1.328-interactive-after-cleanup"))
    assert [(one.slug, one.state.value) for one in ledger.batch.tracks.values()] == [("gamma", "pending")]
