"""A run from its plan to its end, in memory: order, gates, retries, rework, conflicts, checks, commands."""

from __future__ import annotations

from dataclasses import replace

from orchestrator_tui.core.model import TrackState
from orchestrator_tui.core.plan import CheckCommand
from tests.runtime.run.memory_world import Agent
from tests.runtime.run.scene import REVIEW, WORKFLOW, WRITE, Scene, track, write_letter

S = TrackState
CHECK = CheckCommand("spelling", "spell")


def sign(agent: Agent) -> tuple[int, str]:
    """Put the track's name into the file that all share."""
    agent.write("same.txt", f"{agent.attempt.track}\n")
    return 0, ""


def both(agent: Agent) -> tuple[int, str]:
    """Put both names into it."""
    agent.write("same.txt", "a\nb\n")
    return 0, ""


def test_tracks_are_written_reviewed_merged_and_published() -> None:
    """[002-102] [000-076]"""
    scene = Scene(track("a"), track("b"), track("c", depends_on=("a",)), checks=(CHECK,))
    scene.play()
    assert scene.states() == dict.fromkeys("abc", S.MERGED)
    assert scene.ledger.batch.merged.index("a") < scene.ledger.batch.merged.index("c")
    assert scene.ledger.batch.state == "awaiting_user"
    scene.answer("publish", "approve")
    scene.play()
    assert scene.ledger.batch.state == "completed"
    assert scene.git.commits[scene.git.branches["main"]].files["c.txt"] == "c\nmore of c\n"
    assert set(scene.git.trees) == {"/trees/integration"}


def test_a_dependent_starts_from_what_it_depends_on() -> None:
    """[000-029]"""
    scene = Scene(track("a"), track("b", depends_on=("a",)))
    seen: dict[str, str] = {}

    def look(agent: Agent) -> tuple[int, str]:
        seen.update(scene.git.read(agent.attempt.worktree))
        return write_letter(agent)

    scene.world.acts[f"b/{WRITE}"] = look
    scene.play()
    assert seen["a.txt"] == "a\nmore of a\n"


def test_bugs_are_merged_before_features() -> None:
    """[002-31] [002-94]"""
    scene = Scene(track("a"), track("z", kind="bug"))
    scene.play()
    assert scene.ledger.batch.merged == ("z", "a")


def test_no_agent_starts_before_every_worktree_stands() -> None:
    """[002-128] [002-55] [000-050] [000-051]"""
    scene = Scene(track("a"), track("b"), track("c"))
    scene.world.settle()
    kinds = [event.kind for event in scene.ledger.events]
    assert len(scene.world.jobs.started) == 3
    assert max(place for place, kind in enumerate(kinds) if kind == "worktree_ready") < kinds.index("attempt_started")


def test_a_failing_check_is_sent_back_and_then_asked_about_while_others_go_on() -> None:
    """[002-87]"""
    scene = Scene(track("a", checks=(CHECK,)), track("b"), track("c", depends_on=("a",)))
    scene.world.checks["spell"] = lambda cwd: 1
    scene.play()
    assert scene.states() == {"a": S.ESCALATED, "b": S.MERGED, "c": S.QUEUED}
    gate = scene.gate("cap")
    assert len(scene.track("a").attempts) == 3
    assert "check spelling fails" in gate.question.context
    assert "check spelling fails" in scene.world.attempts["a-a-1-1-2"].prompt
    scene.world.checks.clear()
    scene.answer("cap", "retry", "use the dictionary")
    assert "use the dictionary" not in scene.world.attempts["a-a-1-1-3"].prompt
    scene.play()
    assert "use the dictionary" in scene.world.attempts["a-a-1-1-4"].prompt
    assert scene.states() == dict.fromkeys("abc", S.MERGED)


def test_what_a_person_has_put_right_is_looked_at_without_another_try() -> None:
    scene = Scene(track("a", checks=(CHECK,)))
    scene.world.checks["spell"] = lambda cwd: 0 if "right" in scene.git.read(cwd)["a.txt"] else 1
    scene.play()
    scene.git.write("/trees/a", "a.txt", "right")
    scene.git.commit("/trees/a", "by hand")
    scene.answer("cap", "fixed")
    scene.play()
    assert len([one for one in scene.track("a").attempts if one.stage == WRITE]) == 3
    assert scene.states() == {"a": S.MERGED}


def test_an_abandoned_track_skips_what_depends_on_it_and_keeps_its_worktree() -> None:
    """[000-039] [000-061] [000-108]"""
    scene = Scene(track("a", checks=(CHECK,)), track("b", depends_on=("a",)), track("c", depends_on=("b",)), track("d"))
    scene.world.checks["spell"] = lambda cwd: 1
    scene.play()
    scene.answer("cap", "abandon", "not worth it")
    scene.play()
    assert scene.states() == {"a": S.ABANDONED, "b": S.SKIPPED, "c": S.SKIPPED, "d": S.MERGED}
    assert "/trees/a" in scene.git.trees
    kept = scene.track("a").work
    assert kept is not None
    assert kept.kept == "it is not merged"


def test_work_outside_its_scope_is_not_accepted() -> None:
    """[000-033]"""
    scene = Scene(track("a"), track("b"))
    tries: list[int] = []

    def stray(agent: Agent) -> tuple[int, str]:
        tries.append(agent.attempt.number)
        if agent.attempt.number == 1:
            agent.write("b.txt", "mine")
        else:
            agent.write("b.txt", "b\n")
        return write_letter(agent)

    scene.world.acts[f"a/{WRITE}"] = stray
    scene.play()
    assert tries == [1, 2]
    assert "b.txt is outside of this track's scope" in scene.world.attempts["a-a-1-1-2"].prompt
    assert scene.merged_files()["b.txt"] == "b\nmore of b\n"


def test_uncommitted_work_is_not_accepted() -> None:
    scene = Scene(track("a"))

    def forget(agent: Agent) -> tuple[int, str]:
        agent.write("a.txt", "a\nmore\n", commit=agent.attempt.number > 1)
        return 0, ""

    scene.world.acts[f"a/{WRITE}"] = forget
    scene.play()
    assert len([one for one in scene.track("a").attempts if one.stage == WRITE]) == 2


def test_a_review_leads_back_within_its_rounds_and_then_asks() -> None:
    scene = Scene(track("a"))
    scene.world.acts[f"a/{REVIEW}"] = lambda agent: (0, "too short\nREWORK")
    scene.play()
    gate = scene.gate("review")
    assert [one.stage for one in scene.track("a").attempts] == [WRITE, REVIEW, WRITE, REVIEW, WRITE, REVIEW]
    assert "2 rounds of rework" in gate.question.question
    scene.answer("review", "accept", "good enough")
    scene.play()
    assert scene.states() == {"a": S.MERGED}


def test_a_review_without_a_verdict_is_asked_again() -> None:
    scene = Scene(track("a"))
    scene.world.acts[f"a/{REVIEW}"] = lambda agent: (0, "APPROVED" if agent.attempt.number == 2 else "well")
    scene.play()
    assert scene.states() == {"a": S.MERGED}
    assert "without a verdict" in scene.world.attempts["a-a-2-1-2"].prompt


def test_a_conflict_is_resolved_by_an_agent_in_the_later_tracks_worktree() -> None:
    """[002-98] [000-077]"""
    scene = Scene(track("a", "same.txt"), track("b", "same.txt"), files={"same.txt": "line\n"})
    scene.world.acts[f"*/{WRITE}"] = sign
    scene.world.acts["b/0"] = both
    scene.play()
    assert scene.states() == {"a": S.MERGED, "b": S.MERGED}
    assert scene.merged_files()["same.txt"] == "a\nb\n"
    assert scene.world.attempts["a-b-0-1-1"].purpose == "resolve"


def test_a_conflict_that_no_agent_resolves_is_decided_by_key() -> None:
    """[000-077]"""
    for option, expected in (("ours", "b\n"), ("theirs", "a\n")):
        scene = Scene(track("a", "same.txt"), track("b", "same.txt"), files={"same.txt": "line\n"})
        scene.world.acts[f"*/{WRITE}"] = sign
        scene.world.acts["b/0"] = lambda agent: (1, "I cannot")
        scene.play()
        gate = scene.gate("conflict")
        assert gate.question.subject["sides"]["same.txt"] == "a\n\n---\nb\n"
        scene.answer("conflict", option)
        scene.play()
        assert scene.states() == {"a": S.MERGED, "b": S.MERGED}
        assert scene.merged_files()["same.txt"] == expected


def test_a_conflict_that_a_person_resolved_is_looked_at_and_merged() -> None:
    scene = Scene(track("a", "same.txt"), track("b", "same.txt"), files={"same.txt": "line\n"})
    scene.world.acts[f"*/{WRITE}"] = sign
    scene.world.acts["b/0"] = lambda agent: (1, "I cannot")
    scene.play()
    scene.git.write("/trees/b", "same.txt", "both\n")
    scene.git.commit("/trees/b", "by hand")
    scene.answer("conflict", "resolved")
    scene.play()
    assert scene.states() == {"a": S.MERGED, "b": S.MERGED}
    assert scene.merged_files()["same.txt"] == "both\n"


def test_a_merge_whose_checks_fail_is_undone_and_goes_back_once() -> None:
    """[002-99] [000-078]"""
    scene = Scene(track("a"), track("b"), checks=(CheckCommand("all", "all"),))
    failing = {"/trees/integration"}

    def check(cwd: str) -> int:
        files = scene.git.read(cwd)
        return 1 if cwd in failing and "more of b" in files["b.txt"] and "fixed" not in files["b.txt"] else 0

    scene.world.checks["all"] = check

    def fix(agent: Agent) -> tuple[int, str]:
        write_letter(agent)
        if "fails" in agent.attempt.prompt:
            agent.append("b.txt", "fixed\n")
        return 0, ""

    scene.world.acts[f"b/{WRITE}"] = fix
    scene.play()
    assert scene.states() == {"a": S.MERGED, "b": S.MERGED}
    assert "fixed" in scene.merged_files()["b.txt"]
    assert [result for result, _ in scene.track("b").work.merges] == ["merged", "checks_failed", "undone", "merged"]  # type: ignore[union-attr]


def test_a_merge_whose_checks_fail_twice_is_asked_about_and_others_are_merged() -> None:
    scene = Scene(track("a"), track("b"), checks=(CheckCommand("all", "all"),))
    scene.world.checks["all"] = lambda cwd: int(
        cwd == "/trees/integration" and "more of a" in scene.git.read(cwd)["a.txt"]
    )
    scene.play()
    assert scene.states()["b"] is S.MERGED
    assert "more of a" not in scene.merged_files()["a.txt"]
    assert scene.gate("checks").track == "a"


def test_a_worktree_that_cannot_be_made_is_asked_about_and_tried_again() -> None:
    """[002-121]"""
    scene = Scene(track("a"), track("b"))
    scene.git.broken["worktree"] = "no space left on the disk"
    scene.play()
    gate = scene.gate("worktree")
    assert "no space left" in gate.question.context
    scene.answer("worktree", "again")
    scene.play()
    assert scene.states() == dict.fromkeys("ab", S.MERGED)


def test_an_agent_that_died_is_tried_again() -> None:
    """[002-120]"""
    scene = Scene(track("a"))
    scene.world.settle()
    scene.world.jobs.kill("a-a-1-1-1")
    scene.play()
    assert scene.states() == {"a": S.MERGED}
    assert scene.track("a").attempts[0].exit_code == -9


def test_concurrency_is_kept() -> None:
    """[000-035]"""
    scene = Scene(*(track(slug) for slug in "abcdef"), workflow=replace(WORKFLOW, concurrency=2))
    most = 0
    for _ in range(200):
        scene.world.settle()
        running = scene.world.jobs.running()
        most = max(most, len(running))
        if not running:
            break
        scene.world.jobs.let(running[-1])
    assert most == 2
    assert scene.states() == dict.fromkeys("abcdef", S.MERGED)


def test_tracks_without_files_run_alone() -> None:
    """[000-030] [000-031]"""
    scene = Scene(track("a", scope=replace(track("a").scope, owned=())), track("b"))
    scene.world.settle()
    assert [one.split("-")[1] for one in scene.world.jobs.running()] == ["a"]
    scene.play()
    assert scene.states() == dict.fromkeys("ab", S.MERGED)


def test_the_models_are_shown_and_confirmed_before_anything_is_spent() -> None:
    """[000-026]"""
    models = {"implementer": {"model": "opus"}, "scout": {"model": "haiku"}, "resolver": {"model": ""}}
    scene = Scene(track("a"), workflow=replace(WORKFLOW, gates=("spend",)), checked={"estimate": {"models": models}})
    scene.play()
    assert "Models: implementer: opus, scout: haiku\n" in scene.gate("spend").question.context
    assert scene.world.jobs.started == []
