"""Design review: aligned goes on, minor drift becomes work of the next wave, a major mismatch asks a person."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import TrackState
from orchestrator_tui.core.rules import Ladder, StageRule
from orchestrator_tui.core.schedule.rules import work_of
from orchestrator_tui.core.workflow import StageWork, Workflow
from tests.runtime.run.memory_git import Crash
from tests.runtime.run.memory_world import Act, Agent
from tests.runtime.run.scene import WORKFLOW, Scene, write_letter
from tests.runtime.run.test_between import ONE, TWO, WAVES, without_gates

S = TrackState
COMPARE = 3
VERDICTS = {"ALIGNED": "done", "MINOR_DRIFT": "follow_up", "MAJOR_MISMATCH": "mismatch", "UNAVAILABLE": "done"}


def designed(design: str = "designs/app.pen", **more: object) -> Workflow:
    stage = StageWork(
        role="reviewer",
        prompt="compare with {design}",
        reviews=True,
        writes=False,
        commits=False,
        back_to=1,
        verdicts=VERDICTS,
        against="design",
        of_roles=("Core",),
    )
    base = without_gates(WAVES)
    stages = (*WORKFLOW.ladder.stages, StageRule(COMPARE, "Compare"))
    ladder = Ladder(WORKFLOW.name, "Letters", "feature", stages)
    return replace(base, ladder=ladder, works=(*base.works, stage), design=design, **more)  # type: ignore[arg-type]


def says(verdict: str, text: str = "three columns, not two", severity: str = "") -> Act:
    """A reviewer that ends with this verdict, and has recorded a finding of this severity."""

    def act(agent: Agent) -> tuple[int, str]:
        if severity:
            told = {"finding": "f-1", "severity": severity, "title": text, "file": "a.txt", "by": "reviewer"}
            agent.world.ledger.must(Draft("finding_added", {"track": agent.attempt.track, **told}))
        return 0, f"{text}\n{verdict}"

    return act


def mend(agent: Agent) -> tuple[int, str]:
    """Write the track's own letter; what mends another one writes into that."""
    slug = agent.attempt.track.rpartition("-")[2]
    agent.append(f"{slug}.txt", f"more by {agent.attempt.track}\n")
    return 0, "written"


def begun(act: Act, *tracks: object, workflow: Workflow | None = None) -> Scene:
    scene = Scene(*(tracks or (ONE, TWO)), workflow=workflow or designed())  # type: ignore[arg-type]
    scene.world.acts |= {f"*/{COMPARE}": act, "*/1": mend}
    return scene


def deviations(scene: Scene) -> list[tuple[str, str]]:
    return [(one.what, one.why) for one in scene.run.deviations]


@pytest.mark.parametrize("verdict", ["ALIGNED", "UNAVAILABLE"])
def test_aligned_goes_on(verdict: str) -> None:
    """[004-133] Nothing is added and nobody is asked; so, too, where the design cannot be opened."""
    scene = begun(says(verdict)).play()
    assert scene.states() == {"a": S.MERGED, "b": S.MERGED}
    assert scene.run.deviations == ()
    assert scene.world.attempts["a-a-3-1-1"].prompt.count("compare with designs/app.pen") == 1


def test_without_a_design_it_is_no_stage_of_any_track() -> None:
    """[004-133] Entirely optional: where no design is named it is skipped without a trace."""
    scene = begun(says("MAJOR_MISMATCH"), workflow=designed("")).play()
    assert scene.states() == {"a": S.MERGED, "b": S.MERGED}
    assert [one.index for one in scene.track("a").stages] == [1, 2]
    assert "Compare" not in scene.world.attempts["a-a-1-1-1"].prompt


def test_minor_drift_becomes_work_of_the_next_wave_and_stops_nothing() -> None:
    """[004-133] Minor drift: a fix task in the next wave, with what was found, in the files that it is about."""
    scene = begun(says("MINOR_DRIFT", severity="follow-up")).play()
    assert scene.states() == {"a": S.MERGED, "b": S.MERGED, "drift-2-a": S.MERGED}
    work = scene.track("drift-2-a").work
    assert work is not None
    assert (work.planned.wave, work.planned.role) == (3, "Polish")
    assert work.planned.scope.allowed == ("a.txt",)
    assert "\n> MINOR_DRIFT: " in work.planned.brief
    assert "\n> f-1 three columns, not two (a.txt)\n" in work.planned.brief
    assert [one.state for one in scene.track("a").findings] == ["deferred"]
    assert deviations(scene) == [
        ("drift-2-a is added", "+1 agent: Mend what Compare says of a"),
        ("2 agents at once", "1 more, for what wave 2 has left"),
    ]


@pytest.mark.parametrize("severity", ["blocker", "concern"])
def test_a_drift_bars_no_merge_however_it_was_recorded(severity: str) -> None:
    scene = begun(says("MINOR_DRIFT", severity=severity)).play()
    assert scene.track("a").state is S.MERGED
    assert [one.state for one in scene.track("a").findings] == ["deferred"]


def test_drift_that_nobody_can_mend_any_more_is_told() -> None:
    """[004-133] In the last wave there is no next one: it is recorded with its reason, and not lost."""
    last = replace(ONE, wave=3)
    scene = begun(says("MINOR_DRIFT"), last).play()
    assert list(scene.states()) == ["a"]
    assert [why.partition(":")[0] for _, why in deviations(scene)] == ["there is no later wave"]


def test_no_more_fixes_than_the_next_wave_has_room_for() -> None:
    tracks = [replace(ONE, slug=f"a{number}", scope=replace(ONE.scope, owned=(f"a{number}.txt",))) for number in "123"]
    scene = begun(says("MINOR_DRIFT"), *tracks, TWO).play()
    assert sum(slug.startswith("drift-") for slug in scene.states()) == 2
    assert ("what Compare says of a3 is left as it is") in [what for what, _ in deviations(scene)]


def test_a_major_mismatch_asks_and_no_later_wave_begins() -> None:
    """[004-133] Continue as-is, Revise plan, Abort session; the waves pause until the answer."""
    scene = begun(says("MAJOR_MISMATCH", severity="blocker")).play()
    gate = scene.gate("mismatch")
    assert [one.label.partition(":")[0] for one in gate.question.options] == [
        "Continue as-is",
        "Revise plan for the remaining waves",
        "Abort session",
    ]
    assert "- MAJOR_MISMATCH: " in gate.question.context
    assert scene.states() == {"a": S.ESCALATED, "b": S.QUEUED}
    assert scene.world.jobs.running() == []


def test_continue_as_is_goes_on_and_adds_nothing() -> None:
    scene = begun(says("MAJOR_MISMATCH", severity="blocker")).play()
    scene.answer("mismatch", "go_on")
    scene.play()
    assert scene.states() == {"a": S.MERGED, "b": S.MERGED}
    assert [one.state for one in scene.track("a").findings] == ["accepted"]


@pytest.mark.parametrize(("option", "text"), [("revise", "two columns"), ("", "two columns")])
def test_revise_plan_rests_the_batch_and_what_is_written_is_work_of_the_next_wave(option: str, text: str) -> None:
    """[004-133] Revise plan for the remaining waves: its person changes what remains, then it goes on."""
    scene = begun(says("MAJOR_MISMATCH", severity="blocker")).play()
    scene.answer("mismatch", option, text)
    scene.play()
    assert scene.run.pausing == "drain"
    assert scene.states()["b"] is S.QUEUED
    assert deviations(scene)[0] == ("the plan of the remaining waves is revised", "two columns")
    scene.ledger.must(Draft("batch_resumed", {"by": "ada"}))
    scene.play()
    assert scene.states() == {"a": S.MERGED, "b": S.MERGED, "drift-2-a": S.MERGED}
    work = scene.track("drift-2-a").work
    assert work is not None
    assert "The person says: two columns" in work.planned.brief


def test_abort_session_ends_it() -> None:
    """[004-133] Abort session: what remains is deferred, and carried over."""
    scene = begun(says("MAJOR_MISMATCH")).play()
    scene.answer("mismatch", "stop")
    scene.play()
    assert scene.ledger.batch.ended_at is not None
    assert scene.run.phase == "stopped"


@pytest.mark.parametrize("after", range(0, 90, 3))
def test_a_death_at_any_moment_adds_the_work_once(after: int) -> None:
    scene = begun(says("MINOR_DRIFT"))
    scene.world.crash_in = after
    for _ in range(3):
        try:
            scene.play()
        except Crash:
            scene.world.restart()
    assert scene.states() == {"a": S.MERGED, "b": S.MERGED, "drift-2-a": S.MERGED}


def test_two_stages_that_remark_on_one_track_are_two_tracks() -> None:
    """[004-133] Neither takes the place of the other."""
    base = designed()
    ladder = replace(base.ladder, stages=(*base.ladder.stages, StageRule(4, "Look")))
    scene = Scene(ONE, TWO, workflow=replace(base, ladder=ladder, works=(*base.works, base.works[COMPARE - 1])))
    scene.world.acts |= {"*/3": says("MINOR_DRIFT"), "*/4": says("MINOR_DRIFT"), "*/1": write_letter}
    scene.play()
    briefs = {slug: work_of(one).planned.brief for slug, one in scene.ledger.batch.tracks.items() if "drift" in slug}
    assert list(briefs) == ["drift-2-a", "drift-2-a-2"]
    assert [one.partition(" has")[0] for one in briefs.values()] == ["Compare of a", "Look of a"]


def test_what_is_said_of_work_that_is_never_merged_is_left_and_told() -> None:
    """Who mends it would look for it in vain."""
    scene = begun(says("MINOR_DRIFT"))
    scene.git.broken["merge"] = "the disk is full"
    scene.play()
    scene.answer("worktree", "abandon")
    scene.play()
    assert scene.states() == {"a": S.ABANDONED, "b": S.MERGED}
    assert deviations(scene)[0] == ("what Compare says of a is left as it is", "its work is not merged: MINOR_DRIFT")


def test_a_person_s_track_of_the_same_name_swallows_no_remark() -> None:
    """[004-133] What mends it takes another name."""
    own = replace(TWO, slug="drift-2-a", scope=replace(TWO.scope, owned=("own.txt",)))
    scene = begun(says("MINOR_DRIFT"), ONE, own).play()
    assert list(scene.states()) == ["a", "drift-2-a", "drift-2-a-2"]
