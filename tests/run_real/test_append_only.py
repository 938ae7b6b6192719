"""Files that tracks may only append to, on a real repository: both stay, and a side that a person takes is taken."""

from __future__ import annotations

from typing import Any

import pytest

from tests.run_real.ground import WORKFLOW, Ground

GATED = WORKFLOW.replace("gates: [spend]", "gates: [spend, integration]") + (
    "track_gate: [scope, committed]\nbatch_gate: [tracks, scope]\n"
)
SIGN = 'echo "$ORCH_TRACK" >> same.txt; save "sign $ORCH_TRACK"\n'
"""Adds a line at the end, as the other track does."""
ENTRY = "printf '## Next\\n%s\\n' \"$ORCH_TRACK\" >> same.txt; save\n"
"""Adds a section, as the other track does under the same title."""


def _sharing(slug: str, **more: Any) -> dict[str, Any]:
    return {"slug": slug, "append_only": ["same.txt"], "files": [f"{slug}.txt"], "brief": "sign", **more}


def test_lines_that_two_tracks_append_to_the_same_file_both_stay(ground: Ground) -> None:
    ground.begin({"same.txt": "line\n", "deep/er.txt": "deeper\n"}, GATED)
    ground.act("any-1", SIGN)
    ended = ground.run(ground.plan([_sharing("a"), _sharing("b", kind="bug"), _sharing("c")]))
    assert ended.code == 1, "it waits to be published"
    assert ground.states() == {"a": "merged", "b": "merged", "c": "merged"}
    merges = [event.payload for event in ground.events("merge_recorded")]
    assert ground.file("same.txt") == "\n".join(["line", *(str(one["track"]) for one in merges), ""])
    assert ground.file("deep/er.txt") == "deeper\n"
    assert {one.question.kind for one in ground.batch().gates.values()} == {"spend"}
    assert [one.get("joined", []) for one in merges] == [[], ["same.txt"], ["same.txt"]]


@pytest.mark.parametrize(("side", "text"), [("ours", "line\n## Next\nb\n"), ("theirs", "line\n## Next\na\n")])
def test_a_side_that_a_person_takes_is_asked_about_once(ground: Ground, side: str, text: str) -> None:
    ground.begin({"same.txt": "line\n"}, GATED)
    ground.act("any-1", ENTRY)
    ground.act("b-0", "exit 1\n")
    ground.answers(("b conflicts", side))
    ended = ground.run(ground.plan([_sharing("a", kind="bug"), _sharing("b")]))
    assert ended.code == 1, "it waits to be published"
    assert ground.states() == {"a": "merged", "b": "merged"}
    assert ground.file("same.txt") == text
    assert sorted(one.question.kind for one in ground.batch().gates.values()) == ["conflict", "spend"]


def test_what_a_person_calls_resolved_is_asked_about_once(ground: Ground) -> None:
    ground.begin({"same.txt": "line\n"}, GATED)
    ground.act("any-1", ENTRY)
    ground.act("b-0", "printf 'line\\n## Next\\nb, then a\\n' > same.txt; save; exit 1\n")
    ground.answers(("b conflicts", "resolved"))
    ended = ground.run(ground.plan([_sharing("a", kind="bug"), _sharing("b")]))
    assert ended.code == 1, "it waits to be published"
    assert ground.states() == {"a": "merged", "b": "merged"}
    assert ground.file("same.txt") == "line\n## Next\nb, then a\n"
    assert sorted(one.question.kind for one in ground.batch().gates.values()) == ["conflict", "spend"]


def test_a_side_is_taken_where_a_resolver_has_staged_the_marks(ground: Ground) -> None:
    """They were merged as that side, or its check asked the same once more."""
    ground.begin({"same.txt": "line\n"}, GATED)
    ground.act("any-1", ENTRY)
    ground.act("b-0", "git add --all; exit 1\n")
    ground.answers(("b conflicts", "ours"))
    ground.run(ground.plan([_sharing("a", kind="bug"), _sharing("b")], checks={"whole": "! grep -q '<<<<' same.txt"}))
    assert ground.states() == {"a": "merged", "b": "merged"}
    assert ground.file("same.txt") == "line\n## Next\nb\n"
    assert sorted(one.question.kind for one in ground.batch().gates.values()) == ["conflict", "spend"]
