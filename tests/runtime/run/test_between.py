"""Between waves: checks by role, what was planned against what came, fixes and scaling of the next wave."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest

from orchestrator_tui.core.exports.session_close import next_lines
from orchestrator_tui.core.live_rules import Between
from orchestrator_tui.core.model import TrackState
from orchestrator_tui.core.plan import CheckCommand, PlanLimits
from orchestrator_tui.core.run import WaveEnd
from orchestrator_tui.core.schedule.readiness import planned_tracks
from orchestrator_tui.core.schedule.waiting import has_agent
from orchestrator_tui.core.session import SessionRules
from orchestrator_tui.core.workflow import Workflow
from orchestrator_tui.ui.present.telling_run import RUN_TELLERS
from tests.runtime.run.memory_world import Agent
from tests.runtime.run.scene import WORKFLOW, Scene, track, write_letter

S = TrackState

BETWEEN = Between(
    checks={"Look": (), "Core": ("test", "types"), "Polish": ("test", "all")}, more=2, fewer=2, quick_ms=180_000
)
ROLES = SessionRules(roles=("Look", "Core", "Polish"), maps={"3": ("Look", "Core", "Polish")}, waves=3, least=3)
WAVES = replace(WORKFLOW, waves="barrier", between=BETWEEN, sessions=ROLES, concurrency=6)
CHECKS = (CheckCommand("test", "run tests"), CheckCommand("types", "run types"), CheckCommand("all", "run all"))

ONE = replace(track("a"), role="Core", wave=2)
TWO = replace(track("b"), role="Polish", wave=3)


def wave(scene: Scene, number: int) -> WaveEnd:
    (end,) = [one for one in scene.run.waves if one.wave == number]
    return end


def after(scene: Scene, number: int) -> list[str]:
    """The checks that were run after a wave."""
    names = [one.name for one in scene.track("batch").checks]
    return [name.partition(": ")[2] for name in names if name.startswith(f"wave {number}: ")]


def without_gates(workflow: Workflow = WAVES) -> Workflow:
    """As it is, with stages that run no checks of the plan themselves."""
    works = tuple(replace(one, checks=()) for one in workflow.works)
    return replace(workflow, works=works, merging=replace(workflow.merging, checks=()))


def played(*tracks: object, fails: str = "", workflow: Workflow | None = None, quick: bool = True) -> Scene:
    scene = Scene(*tracks, workflow=workflow or without_gates(), checks=CHECKS)  # type: ignore[arg-type]
    scene.world.checks = {fails: lambda path: 1} if fails else {}

    def slowly(agent: Agent) -> tuple[int, str]:
        scene.ledger.tick(1_000 if quick else 100_000)
        return write_letter(agent)

    scene.world.acts["*/1"] = slowly
    scene.play()
    return scene


def test_checks_after_a_wave_are_those_of_its_role() -> None:
    """[004-127] [004-128] [004-129] [004-146] None after reading, incremental after the core, more after polish."""
    scene = played(replace(track("r"), role="Look", wave=1), ONE, TWO)
    assert [after(scene, number) for number in (1, 2, 3)] == [[], ["test", "types"], ["test", "all"]]
    assert wave(scene, 2).checks == {"test": "pass", "types": "pass"}
    assert [one.roles for one in scene.run.waves] == [("Look",), ("Core",), ("Polish",)]


def test_a_wave_of_two_roles_takes_the_checks_of_both() -> None:
    """[004-131] Combined waves take the stricter verification."""
    scene = played(ONE, replace(TWO, wave=2))
    assert set(after(scene, 2)) == {"test", "types", "all"}


def test_the_next_wave_begins_when_the_checks_have_ended() -> None:
    scene = Scene(ONE, TWO, workflow=without_gates(), checks=CHECKS)
    for _ in range(40):
        scene.world.settle()
        running = scene.world.jobs.running()
        if not running or running[0].startswith("c-batch-wave-2"):
            break
        scene.world.jobs.let(running[0])
    assert running[0].startswith("c-batch-wave-2")
    assert scene.states() == {"a": S.MERGED, "b": S.QUEUED}


def test_what_fails_bars_nothing_and_becomes_work_of_the_next_wave() -> None:
    """[004-128] [004-135] [004-136] [004-142] [004-144] [004-145] A failing check: one track more that mends it."""
    scene = played(ONE, TWO, fails="run types")
    assert scene.states()["b"] is S.MERGED
    fix = scene.track("fix-2-types")
    assert (fix.wave, fix.work is not None and fix.work.planned.role) == (3, "Polish")
    assert fix.work is not None
    assert fix.work.planned.scope.allowed == ("a.txt",)
    assert "Never skip or weaken the check" in fix.work.planned.brief
    assert wave(scene, 2).adaptations == ("Mend types, which fails after wave 2",)
    what = [(one.wave, one.what, one.why) for one in scene.run.deviations]
    assert what[0] == (3, "fix-2-types is added", "+1 agent: Mend types, which fails after wave 2")


def test_after_the_last_wave_nothing_is_added() -> None:
    scene = played(TWO, fails="run all")
    assert list(scene.states()) == ["b"]
    assert wave(scene, 3).checks["all"] == "fail"
    assert scene.gate("integration").question.kind == "integration"


@pytest.mark.parametrize(("most", "added"), [(1, 0), (2, 1), (3, 2), (6, 2)])
def test_never_more_agents_than_the_cap(most: int, added: int) -> None:
    """[004-142] Between one and agents-per-wave: two checks fail, and the next wave has one track of its own."""
    scene = Scene(ONE, TWO, workflow=without_gates(), checks=CHECKS, limits=PlanLimits(agents=most))
    scene.world.checks = {"run types": lambda path: 1, "run tests": lambda path: 1}
    scene.play()
    assert sum(slug.startswith("fix-2-") for slug in scene.states()) == added
    assert scene.run.agents <= most


@pytest.mark.parametrize(("failing", "added"), [(1, 1), (2, 2), (3, 2)])
def test_one_track_more_for_each_check_that_fails_and_two_at_most(failing: int, added: int) -> None:
    """[004-142] Just below the two that are the most, at them, and above."""
    every = replace(WAVES, between=replace(BETWEEN, checks={"Core": ("test", "types", "all"), "Polish": ()}))
    scene = Scene(ONE, TWO, workflow=without_gates(every), checks=CHECKS)
    scene.world.checks = {one.command: lambda path: 1 for one in CHECKS[:failing]}
    scene.play()
    assert sum(slug.startswith("fix-2-") for slug in scene.states()) == added


def next_wave(size: int) -> list[object]:
    return [replace(track(f"n{number}"), role="Polish", wave=3) for number in range(size)]


@pytest.mark.parametrize(("planned", "agents"), [(1, 0), (2, 1), (3, 2), (5, 4), (6, 4)])
def test_after_a_quick_and_clean_wave_the_next_one_has_fewer(planned: int, agents: int) -> None:
    """[004-141] All agents under 3 minutes and clean: one or two fewer, never below one, recorded with its reason."""
    scene = played(ONE, *next_wave(planned))
    assert wave(scene, 2).scaling == ("all agents of wave 2 were through in less than 3 min" if agents else "")
    counts = [one.what for one in scene.run.deviations]
    several = "1 agent" if agents == 1 else f"{agents} agents"
    assert counts == ([f"{several} at once"] if agents else [])


@pytest.mark.parametrize(("took", "fewer"), [(179_999, True), (180_000, False)])
def test_quick_is_below_three_minutes(took: int, fewer: bool) -> None:
    """[004-141] Just below three minutes it is quick, at three it is not."""
    scene = Scene(ONE, *next_wave(3), workflow=without_gates(), checks=CHECKS)  # type: ignore[arg-type]

    def act(agent: Agent) -> tuple[int, str]:
        if agent.attempt.track == "a":
            scene.ledger.tick(took)
        return write_letter(agent)

    scene.world.acts["*/1"] = act
    scene.play()
    assert bool(wave(scene, 2).scaling) is fewer
    assert wave(scene, 2).duration_ms == took


def test_a_wave_that_needed_a_second_try_is_not_clean() -> None:
    scene = Scene(ONE, *next_wave(3), workflow=without_gates(), checks=CHECKS)  # type: ignore[arg-type]
    tries: list[str] = []

    def act(agent: Agent) -> tuple[int, str]:
        tries.append(agent.attempt.track)
        return (1, "failed") if tries == ["a"] else write_letter(agent)

    scene.world.acts["*/1"] = act
    scene.play()
    assert wave(scene, 2).scaling == ""


def test_what_was_planned_is_compared_with_what_came() -> None:
    """[004-134] Actual without planned is scope creep, planned without actual is incomplete; neither bars anything."""
    wide = replace(ONE, scope=replace(ONE.scope, owned=("a.txt", "never.txt")))
    scene = played(wide, TWO)
    assert (wave(scene, 2).outside, wave(scene, 2).missing) == ((), ("never.txt",))
    assert scene.states() == {"a": S.MERGED, "b": S.MERGED}


def test_without_rules_between_waves_nothing_is_recorded() -> None:
    scene = played(ONE, TWO, workflow=without_gates(replace(WAVES, between=Between())))
    assert scene.run.waves == ()
    assert scene.states() == {"a": S.MERGED, "b": S.MERGED}


def test_a_blocker_is_a_persons() -> None:
    """[004-137] Major blocker: the user is asked, and nothing more is tried until the answer."""
    works = (replace(WORKFLOW.works[0], checks=(), verdicts={"STUCK": "blocked"}), WORKFLOW.works[1])
    scene = Scene(ONE, workflow=replace(without_gates(), works=works))
    scene.world.acts["*/1"] = lambda agent: (0, "the interface is missing\nSTUCK")
    scene.play()
    assert "its agent is blocked" in scene.gate("escalation").question.question
    assert scene.world.jobs.running() == []


def test_the_end_of_a_wave_is_told_in_the_timeline() -> None:
    """[004-148] A progress update after every wave: what fails, or why the next one is smaller."""
    assert RUN_TELLERS["wave_ended"]({"wave": 2, "tracks": ["a"], "checks": {"test": "pass", "types": "fail"}}) == (
        "wave 2 is over",
        "types: fail",
        "gate",
    )
    quick = {"wave": 2, "tracks": ["a"], "checks": {"test": "pass"}, "scaling": "quick"}
    assert RUN_TELLERS["wave_ended"](quick) == ("wave 2 is over", "quick", "track-done")
    assert RUN_TELLERS["deviation_recorded"]({"wave": 3, "what": "4 agents at once", "why": "quick"})[1] == "quick"


def test_the_report_of_a_wave_says_how_the_next_one_is_scaled_and_what_it_has_otherwise() -> None:
    """[004-96] [004-142] The seed's own lines: Scaling and Adaptations for the next wave."""
    scene = played(ONE, TWO, fails="run types")
    assert next_lines(scene.ledger.batch, 2) == [
        "Scaling: increased to 2 — 1 more, for what fails after wave 2",
        "Adaptations for Wave 3:",
        "- Mend types, which fails after wave 2",
    ]
    assert next_lines(played(ONE, *next_wave(3)).ledger.batch, 2) == [
        "Scaling: reduced to 2 — all agents of wave 2 were through in less than 3 min"
    ]
    assert next_lines(played(ONE, TWO, quick=False).ledger.batch, 2)[:1] == ["Scaling: unchanged"]
    assert next_lines(scene.ledger.batch, 3) == []


@pytest.mark.parametrize("named", [("unit tests", "unit-tests"), ("単体", "結合")])
def test_two_checks_of_names_alike_are_mended_by_two_tracks(named: tuple[str, str]) -> None:
    """[004-142] One more track for each that fails: names that differ in a sign, or in another script, are two."""
    alike = tuple(CheckCommand(one, f"run {one}") for one in named)
    scene = Scene(
        ONE, TWO, workflow=without_gates(replace(WAVES, between=replace(BETWEEN, checks={"*": ("*",)}))), checks=alike
    )
    scene.world.checks = {one.command: lambda path: 1 for one in alike}
    scene.play()
    fixes = [scene.track(slug).work for slug in scene.states() if slug.startswith("fix-2-")]
    assert [one.planned.checks for one in fixes if one is not None] == [(alike[0],), (alike[1],)]


def test_a_person_s_track_of_the_same_name_swallows_no_mending_track() -> None:
    """[004-142] What mends takes another name."""
    scene = played(ONE, TWO, replace(track("fix-2-types"), role="Polish", wave=3), fails="run types")
    assert [slug for slug in scene.states() if slug.startswith("fix-")] == ["fix-2-types", "fix-2-types-2"]


def beside_each_other(scene: Scene) -> set[frozenset[str]]:
    """Which tracks had an agent at the same time, as pairs."""
    seen: set[frozenset[str]] = set()
    for _ in range(60):
        scene.world.settle()
        running = scene.world.jobs.running()
        if not running:
            break
        busy = [one.slug for one in planned_tracks(scene.ledger.batch) if has_agent(scene.ledger.batch, one)]
        seen |= {frozenset(pair) for pair in combinations(busy, 2)}
        scene.world.jobs.let(running[0])
    return seen


def test_two_tracks_that_mend_the_same_files_work_one_after_the_other() -> None:
    """[002-117] Conflicts are looked for again for each track that joins, whoever has made it."""
    every = replace(WAVES, between=replace(BETWEEN, checks={"Core": ("test", "types"), "Polish": ()}))
    own = replace(track("c", "a.txt"), role="Polish", wave=3)
    scene = Scene(ONE, TWO, own, workflow=without_gates(every), checks=CHECKS, files={"c.txt": "c\n"})
    scene.world.checks = {"run types": lambda path: 1, "run tests": lambda path: 1}
    mending = {"fix-2-test", "fix-2-types"}

    def act(agent: Agent) -> tuple[int, str]:
        agent.append("b.txt" if agent.attempt.track == "b" else "a.txt", "more\n")
        return 0, "written"

    scene.world.acts["*/1"] = act
    seen = beside_each_other(scene)
    assert frozenset(("b", "c")) in seen
    assert not [pair for pair in seen if pair <= {*mending, "c"}]
    found = {(one["a"], one["b"]): one["consequence"] for one in scene.run.checked["matrix"]}
    assert found[("c", "fix-2-test")] == found[("fix-2-test", "fix-2-types")] == "serialise"
    assert set(scene.states().values()) == {S.MERGED}


def test_what_mends_may_change_files_whose_names_look_like_patterns() -> None:
    """[004-142] A file such as ``[id].tsx`` is one file, and no set of letters."""
    name = "pages/[id].tsx"
    routes = replace(track("a", "pages"), role="Core", wave=2)
    scene = Scene(routes, TWO, workflow=without_gates(), checks=CHECKS, files={name: "page\n"})
    scene.world.checks = {"run types": lambda path: "mended" not in scene.git.read(path)[name]}

    def act(agent: Agent) -> tuple[int, str]:
        mends = agent.attempt.track == "fix-2-types"
        agent.append(name if agent.attempt.track != "b" else "b.txt", "mended\n" if mends else "more\n")
        return 0, "written"

    scene.world.acts["*/1"] = act
    scene.play()
    assert scene.states() == {"a": S.MERGED, "b": S.MERGED, "fix-2-types": S.MERGED}
