"""What processes without the lease ask of the holder becomes events, and what makes no sense says so."""

from __future__ import annotations

import re
from typing import Any

import pytest

from orchestrator_tui.core.model import Liveness
from orchestrator_tui.runtime.requests import POSTPONED_MS
from tests.core.builders import fact
from tests.runtime.stage import BATCH, Process, Stage, payloads


def ready(stage: Stage) -> Process:
    cockpit = stage.start()
    stage.write(fact("1", stage=2, stageStatus="in_progress", track="alpha"))
    cockpit.step()
    return cockpit


def ask(stage: Stage, cockpit: Process, kind: str, **payload: Any) -> str:
    """Leave a request, let it be taken, and return what became of it."""
    cockpit.journal.insert_request(BATCH, kind, {"track": "alpha", **payload}, stage.clock.now(), "agent:alpha")
    cockpit.step(look=False)
    # One about a track that nobody knows waits for it first.
    stage.clock.advance(POSTPONED_MS)
    cockpit.step(look=False)
    assert cockpit.journal.requests(BATCH) == ()
    return str(list(payloads(stage.events(), "request_taken"))[-1]["outcome"])


def test_a_note_is_kept_with_who_said_it(stage: Stage) -> None:
    cockpit = ready(stage)
    assert ask(stage, cockpit, "note", text="the cache is the cause") == "done"
    (note,) = payloads(stage.events(), "note_added")
    assert note == {"track": "alpha", "text": "the cache is the cause", "by": "agent:alpha"}


def test_a_finding_and_a_check_belong_to_the_track(stage: Stage) -> None:
    cockpit = ready(stage)
    finding = {"severity": "blocker", "title": "no test", "detail": "of the lock", "file": "a.py", "line": 7}
    assert ask(stage, cockpit, "finding", **finding) == "done"
    assert ask(stage, cockpit, "check", name="tests", result="pass", detail="214 passed") == "done"
    assert ask(stage, cockpit, "check", name="tests", result="fail", detail="1 failed") == "done"
    (found,) = cockpit.track("alpha").findings
    assert (found.severity, found.title, found.file, found.line) == ("blocker", "no test", "a.py", 7)
    (check,) = cockpit.track("alpha").checks
    assert (check.name, check.result, check.detail) == ("tests", "fail", "1 failed")


def test_an_attempt_tells_how_its_agent_can_be_started_again(stage: Stage) -> None:
    cockpit = ready(stage)
    assert ask(stage, cockpit, "attempt", argv=["claude"], cwd="/w", process=[7, "70", "boot-1"]) == "done"
    (attempt,) = cockpit.track("alpha").attempts
    assert (attempt.argv, attempt.cwd, attempt.process) == (("claude",), "/w", (7, "70", "boot-1"))


def test_a_message_and_a_nudge_reach_the_task(stage: Stage) -> None:
    cockpit = ready(stage)
    assert ask(stage, cockpit, "tell", text="please hurry") == "done"
    assert ask(stage, cockpit, "nudge") == "done"
    names = [str(sent["message"]) for sent in payloads(stage.events(), "message_sent")]
    assert len(set(names)) == 2
    assert all(re.fullmatch("m-[0-9a-f]{12}", name) for name in names), "no word that a transcript holds by chance"
    first, second = stage.task().metadata["messages"]
    assert (first["text"], second["by"]) == ("please hurry", "agent:alpha")
    assert cockpit.track("alpha").liveness is Liveness.ASKED


@pytest.mark.parametrize(
    ("kind", "payload", "why"),
    [
        ("dance", {}, "unknown request dance"),
        ("note", {"text": 7}, "malformed note"),
        ("note", {"text": "x", "track": "nobody"}, "unknown track nobody"),
        ("note", {"text": "x", "track": ["alpha"]}, "unknown track"),
        ("finding", {"title": "x"}, "malformed finding"),
        ("finding", {"severity": "awful", "title": "x"}, "malformed finding: severity is none of"),
        ("check", {"name": "x", "result": "maybe"}, "malformed check: result is none of"),
        ("check", {"name": "x"}, "malformed check"),
        ("attempt", {"argv": "claude", "cwd": "/w"}, "malformed attempt"),
        ("attempt", {"argv": [], "cwd": "/w", "process": [1]}, "malformed attempt"),
        ("tell", {"text": None}, "malformed tell"),
    ],
)
def test_what_makes_no_sense_is_taken_with_the_reason_and_changes_nothing(
    stage: Stage, kind: str, payload: dict[str, Any], why: str
) -> None:
    cockpit = ready(stage)
    before = cockpit.batch
    assert ask(stage, cockpit, kind, **payload).startswith(why)
    assert cockpit.batch.tracks == before.tracks
    assert cockpit.batch == stage.folded()


def test_hostile_text_in_a_request_is_made_safe_before_it_is_kept(stage: Stage) -> None:
    cockpit = ready(stage)
    ask(stage, cockpit, "note", text="\x1b]52;c;aGk=\x07 [@click=app.quit]x[/]")
    (note,) = payloads(stage.events(), "note_added")
    assert "\x1b" not in str(note["text"])
    assert "\x07" not in str(note["text"])


def test_requests_are_taken_in_the_order_in_which_they_were_made(stage: Stage) -> None:
    cockpit = ready(stage)
    for number in range(5):
        note = {"track": "alpha", "text": f"note {number}"}
        cockpit.journal.insert_request(BATCH, "note", note, stage.clock.now(), "agent:alpha")
    cockpit.step()
    assert [note["text"] for note in payloads(stage.events(), "note_added")] == [f"note {one}" for one in range(5)]
