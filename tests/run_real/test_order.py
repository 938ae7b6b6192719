"""A plan on a real repository, with real agents under shims: merged in order, or refused with nothing made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.run_real.ground import Ground


def test_tracks_are_merged_in_order(ground: Ground) -> None:
    """[002-95]"""
    ground.begin({name: f"{name[0]}\n" for name in ("a.txt", "b.txt", "c.txt", "z.txt")})
    late = {"slug": "c", "files": ["c.txt"], "brief": "after a", "depends_on": ["a"]}
    bug = {"slug": "z", "files": ["z.txt"], "brief": "mend", "kind": "bug"}
    ground.act("c-1", 'cat a.txt > c.txt; save "write c"\n')
    ended = ground.run(ground.plan([*"ab", late, bug], checks={"there": "test -s a.txt"}))
    assert ended.code == 1, ended.err  # what goes out is a person's to say
    batch = ground.batch()
    assert batch.run is not None
    assert batch.merged == ("z", "a", "b", "c")
    assert batch.state == "awaiting_user"
    assert set(ground.states().values()) == {"merged"}
    assert ground.file("c.txt") == "more of a\n"
    log = ("log", "--first-parent", "--format=%s", "--reverse", batch.run.plan.integration)
    subjects = ground.git(*log).splitlines()
    assert [one.split()[1].rstrip(":") for one in subjects[1:]] == ["z", "a", "b", "c"]
    assert [one[0] for lines in ground.log().values() for one in lines].count("overlap") == 0
    assert not ground.processes()
    assert ground.git("status", "--porcelain") == ""


def test_a_published_run_is_on_its_base(ground: Ground) -> None:
    ground.begin({"a.txt": "a\n"})
    ground.answers(("Bring", "approve"))
    ended = ground.run(ground.plan(["a"], rules={"gates": ["spend", "publish"], "ending": "publish"}))
    assert ended.code == 0, ended.err
    assert ground.batch().state == "completed"
    assert (ground.repository / "a.txt").read_text("utf-8") == "more of a\n"
    assert ground.git("worktree", "list").count("\n") == 2  # the main one, and the integration's


def _track(slug: str, *files: str, **more: Any) -> dict[str, Any]:
    return {"slug": slug, "files": files or [f"{slug}.txt"], "brief": "write", **more}


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "cycle": (
        {"tracks": [_track("a", depends_on=["b"]), _track("b", depends_on=["a"])]},
        "a → b → a",
    ),
    "overlap": ({"tracks": [_track("a", "src/**"), _track("b", "src/**")]}, "b"),
    "name": ({"tracks": [_track("../a", "a.txt")]}, "slug"),
    "key": ({"tracks": [_track("a")], "wrokflow": "plain"}, "wrokflow"),
}


@pytest.mark.parametrize("name", sorted(BAD))
def test_a_bad_plan_makes_nothing(ground: Ground, name: str) -> None:
    content, word = BAD[name]
    ground.begin({"src/one.txt": "1\n"})
    before = sorted(_below(ground.root))
    refs = ground.git("for-each-ref")
    given = {key: one for key, one in content.items() if key != "tracks"}
    ended = ground.run(ground.plan(content["tracks"], **given))
    assert ended.code == 2, ended.err
    lines = ended.err.splitlines()
    assert len(lines) == 1, lines
    assert word in lines[0]
    assert "plan.yaml" in lines[0]
    assert ground.git("for-each-ref") == refs
    made = {str(one) for one in _below(ground.root)} - {str(one) for one in before}
    assert made == {"plan.yaml", "answers.yaml"}


def _below(root: Path) -> list[Path]:
    return [path.relative_to(root) for path in root.rglob("*") if ".git" not in path.parts]
