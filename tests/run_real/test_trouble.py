"""Conflicts and failing checks on a real repository: tried a bounded number of times, then a person's, others go on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from orchestrator_tui.cli.journals import find_place
from orchestrator_tui.cli.reporting import write_reports
from orchestrator_tui.demo.terminal import CockpitTerminal
from tests.run_real.chaos import frames_of
from tests.run_real.ground import WORKFLOW, WRITE, Ground, until

SHARED = 'echo "$ORCH_TRACK" >> same.txt; save "sign $ORCH_TRACK"\n'


OWNER = {"slug": "a", "kind": "bug", "files": ["a.txt", "same.txt"], "brief": "sign"}
ADDER = {"slug": "b", "append_only": ["same.txt"], "files": ["b.txt"], "brief": "sign"}
"""They meet at the end of a file, which only one of them may do no more than append to."""


def test_a_conflict_is_decided_by_option_and_its_result_passes(ground: Ground) -> None:
    ground.begin({"same.txt": "line\n"})
    ground.act("any-1", SHARED)
    ground.act("b-0", "exit 1\n")
    check = {"whole": "! grep -q '<<<<' same.txt"}
    ground.answers(("b conflicts", "ours"))
    plan = ground.plan([OWNER, ADDER], checks=check)
    ground.run(plan)
    assert ground.states() == {"a": "merged", "b": "merged"}
    assert ground.file("same.txt") == "line\nb\n"
    (asked,) = [one for one in ground.batch().gates.values() if one.question.kind == "conflict"]
    sides = (asked.question.subject or {})["sides"]["same.txt"]
    assert "a" in sides
    assert "b" in sides
    last = [one for one in ground.batch().tracks["b"].checks if one.name == "merged: whole"]
    assert [one.result for one in last] == ["pass"]


def test_a_conflict_waits_with_both_sides_and_another_process_decides(ground: Ground) -> None:
    ground.begin({"same.txt": "line\n"})
    ground.act("any-1", SHARED)
    ground.act("b-0", "exit 1\n")
    ground.act("c-1", WRITE)
    ended = ground.run(ground.plan([OWNER, ADDER, "c"]))
    assert ended.code == 1
    assert ground.states() == {"a": "merged", "b": "escalated", "c": "merged"}
    (gate,) = ground.gates("conflict")
    decided = ground.orch("decide", gate.id, "theirs", "--reason", "so", "--revision", str(gate.revision))
    assert decided.code == 0, decided.err
    resumed = ground.orch("run", "--resume", gate.batch, "--headless", "--answers", str(ground.answers()))
    assert resumed.code == 1, resumed.err
    assert ground.states() == {"a": "merged", "b": "merged", "c": "merged"}
    assert ground.file("same.txt") == "line\na\n"


def test_a_conflict_shows_both_sides_on_the_screen_and_is_decided_by_key(ground: Ground) -> None:
    ground.begin({"same.txt": "line\n"})
    ground.act("any-1", SHARED)
    ground.act("b-0", "exit 1\n")
    whole = {"whole": "! grep -q '<<<<' same.txt"}
    ground.host(str(ground.plan([OWNER, ADDER], checks=whole)), "--yes")
    (gate,) = until(lambda: ground.runs() and ground.gates("conflict"), "the question")
    cockpit = CockpitTerminal([str(ground.repository)], frames_of(ground))
    try:
        cockpit.press("w", "d")
        shown = until(lambda: _shown(cockpit, "Both sides"), "both sides")
        assert [shown.find(one) > 0 for one in ("<<<<<<< merged already", "a ", ">>>>>>> this track", "b ")] == [
            True
        ] * 4
        cockpit.press("Esc")
        place = 1 + [one.key for one in gate.question.options].index("ours")
        until(lambda: _shown(cockpit, f"● {place}", str(place)), "the mark")
        cockpit.press("Enter")
        until(lambda: ground.states()["b"] == "merged", "it is merged")
    finally:
        cockpit.close()
    decision = ground.batch().gates[gate.id].decision
    assert decision is not None
    assert (decision.options, decision.origin) == (("ours",), "key")
    assert ground.file("same.txt") == "line\nb\n"
    assert [one.result for one in ground.batch().tracks["b"].checks if one.name == "merged: whole"] == ["pass"]


def _shown(cockpit: CockpitTerminal, words: str, *keys: str) -> str:
    """What the cockpit shows after these keys, where these words are in it; else nothing."""
    cockpit.press(*keys)
    text = cockpit.frame().text
    return text if words in text else ""


def test_failing_checks_are_tried_three_times_and_others_merge(ground: Ground) -> None:
    ground.begin({"a.txt": "a\n"})
    late = {"slug": "d", "files": ["d.txt"], "brief": "after a", "depends_on": ["a"]}
    wrong = {"slug": "a", "files": ["a.txt"], "brief": "never right", "checks": {"right": "grep -q right a.txt"}}
    ground.run(ground.plan([wrong, "b", "c", late]))
    assert ground.states() == {"a": "escalated", "b": "merged", "c": "merged", "d": "queued"}
    (gate,) = ground.gates()
    assert gate.question.kind == "cap"
    assert "check right fails" in gate.question.context
    assert [one[0] for one in ground.log()["a"]] == ["start", "end"] * 3
    assert "d" not in ground.log()
    assert not ground.processes()


def test_what_checks_leave_in_the_integration_tree_stops_no_merge(ground: Ground) -> None:
    """A check may rewrite files that git tracks, such as a lock file; that is put aside, and said."""
    ground.begin({"lock.txt": "1\n"})
    ground.run(
        ground.plan(
            [*"abc"],
            checks={"dirty": "echo changed >> lock.txt; echo new > made.txt"},
            rules={"stages": {"Write": {"checks": []}}},
        )
    )
    assert ground.states() == {"a": "merged", "b": "merged", "c": "merged"}
    assert ground.file("lock.txt") == "1\n"
    assert not ground.gates()
    assert "refs/orch-tui/aside/" in ground.git("for-each-ref")
    assert "aside" in ground.signals()


def test_reports_are_written_by_one_thread_at_a_time(ground: Ground) -> None:
    ground.begin()
    ground.run(ground.plan(["a"]))
    place, batch = find_place(str(ground.repository)), ground.batch()
    now = batch.started_at
    assert now is not None
    with ThreadPoolExecutor(4) as threads:
        written = [threads.submit(write_reports, place, batch, now) for _ in range(40)]
    assert {one.result() for one in written} == {f".orch/reports/{batch.id}/summary.md"}
    # Reports are nobody's until they are added; workflows that a person puts beside them are seen by git.
    (ground.repository / ".orch/workflows/more.yaml").write_text("workflow: more\n")
    assert ground.git("status", "--porcelain") == "?? .orch/workflows/more.yaml\n"


SCOUTING = (
    WORKFLOW.replace("gates: [spend]", "gates: [spend, publish]").replace("ending: hard_stop", "ending: publish")
    + "batch_stages:\n  - {name: Scout, prompt: scout, commits: false, artefacts: [notes/brief.md]}\n"
)


@pytest.mark.parametrize("stray", [False, True])
def test_what_stages_of_the_batch_have_written_is_kept_and_keeps_no_worktree(ground: Ground, stray: bool) -> None:
    """[issue 4, ending] What nobody has promised is neither hidden nor thrown away."""
    ground.begin(workflow=SCOUTING)
    more = "echo lost > notes/stray.md\n" if stray else ""
    ground.act("batch-1", f"mkdir notes\necho found > notes/brief.md\n{more}")
    ground.answers(("Bring", "approve"))
    ground.run(ground.plan(["a"]))
    batch = ground.batch()
    assert batch.ended_at is not None
    assert (ground.repository / f".orch/reports/{batch.id}/documents/notes/brief.md").read_text() == "found\n"
    cleaned = ground.orch("worktrees", "--clean", "integration")
    assert (cleaned.code, "removed integration" in cleaned.out) == ((1, False) if stray else (0, True))
    assert ("files are not tracked: notes/stray.md" in cleaned.err) is stray
