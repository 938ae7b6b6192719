"""Results of checks at the start of a session: kept for seven days, they spare the checks between its waves alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.live_rules import BaselineRules
from orchestrator_tui.core.model import Track, TrackState
from orchestrator_tui.core.run import KeptCheck
from orchestrator_tui.core.workflow import Workflow
from orchestrator_tui.ui.present.telling_run import RUN_TELLERS
from tests.runtime.run.memory_git import Crash
from tests.runtime.run.memory_world import Agent
from tests.runtime.run.scene import Scene, write_letter
from tests.runtime.run.test_between import BETWEEN, CHECKS, ONE, TWO, WAVES, without_gates

S = TrackState
DAY = 86_400_000
RULES = BaselineRules(keep_ms=7 * DAY, files=50, dependencies=("*.lock",))


class MemoryResults:
    """What is kept, by tree and command."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], KeptCheck] = {}
        self.fails = ""

    def find(self, tree: str, command: str) -> KeptCheck | None:
        return self.kept.get((tree, command))

    def keep(self, tree: str, results: Sequence[KeptCheck], keep_ms: int) -> None:
        if self.fails:
            raise OSError(self.fails)
        self.kept.update({(tree, one.command): one for one in results})


def spared(rules: BaselineRules = RULES, **more: object) -> Workflow:
    return without_gates(replace(WAVES, baseline=rules, **more))  # type: ignore[arg-type]


def begun(*tracks: object, workflow: Workflow | None = None, results: MemoryResults | None = None) -> Scene:
    scene = Scene(*(tracks or (ONE, TWO)), workflow=workflow or spared(), checks=CHECKS)  # type: ignore[arg-type]
    scene.world.results = results or MemoryResults()
    scene.world.restart()
    return scene


def own(scene: Scene) -> Track:
    return scene.track("batch")


def between(scene: Scene) -> dict[str, str]:
    """The checks between waves and their results."""
    return {one.name: one.result for one in own(scene).checks if one.run.startswith("wave-")}


def commands(scene: Scene) -> list[str]:
    """The commands that were run, in order."""
    jobs = scene.world.jobs
    return [jobs.jobs[one].order.argv[2] for one in jobs.started if jobs.jobs[one].order.argv[0] == "sh"]


def writes(count: int) -> object:
    """An agent that changes so many files."""

    def act(agent: Agent) -> tuple[int, str]:
        if agent.attempt.track == "a":
            for number in range(count - 1):
                agent.write(f"a-{number}.txt", "more", commit=False)
        return write_letter(agent)

    return act


def test_the_checks_of_the_waves_run_once_before_the_first_one() -> None:
    """[004-150] Before anything is changed, and only those that a wave may be spared: a full gate always runs."""
    scene = begun().play()
    names = [one.name for one in own(scene).checks if one.run == "baseline"]
    assert names == ["baseline: test", "baseline: types", "baseline: all"]
    assert scene.run.baseline is not None
    assert scene.states() == {"a": S.MERGED, "b": S.MERGED}


def test_a_check_that_passed_at_the_start_is_spared_between_waves_and_nowhere_else() -> None:
    """[004-150] It may skip the incremental check only: what comes last runs all the same."""
    scene = begun().play()
    assert set(between(scene).values()) == {"skip"}
    assert commands(scene) == ["run tests", "run types", "run all"] * 2
    assert {one.result for one in own(scene).checks if one.run == scene.run.integration_sha} == {"pass"}
    (end,) = [one for one in scene.run.waves if one.wave == 2]
    assert end.adaptations == ()


def test_why_a_check_is_spared_is_told() -> None:
    """[004-150] In the journal, and shown."""
    scene = begun().play()
    (check,) = [one for one in own(scene).checks if one.name == "wave 2: test"]
    start = scene.run.baseline
    assert start is not None
    age = "less than a minute"
    assert check.detail == (
        f"passed on {start.sha[:8]}; 1 file has changed since, fewer than 50, and what is kept is {age} old"
    )
    told = RUN_TELLERS["wave_ended"]({"wave": 2, "tracks": ["a"], "checks": {"test": "skip"}})
    assert told == ("wave 2 is over", "", "track-done")


def test_a_full_gate_is_never_spared() -> None:
    """[004-150] [004-129] A role that wants every check gets every check."""
    full = replace(BETWEEN, checks={"Core": ("test",), "Polish": ("*",)})
    scene = begun(workflow=spared(between=full)).play()
    assert between(scene) == {
        "wave 2: test": "skip",
        "wave 3: test": "pass",
        "wave 3: types": "pass",
        "wave 3: all": "pass",
    }


@pytest.mark.parametrize(("files", "result"), [(49, "skip"), (50, "pass"), (51, "pass")])
def test_it_is_spared_below_fifty_changed_files(files: int, result: str) -> None:
    """[004-150] Below 50 changed files."""
    wide = replace(ONE, scope=replace(ONE.scope, owned=("a*.txt",)))
    scene = begun(wide)
    scene.world.acts["*/1"] = writes(files)  # type: ignore[assignment]
    scene.play()
    assert scene.run.changes[2].files == files
    assert between(scene) == {"wave 2: test": result, "wave 2: types": result}


def test_a_changed_dependency_makes_what_was_kept_worthless() -> None:
    """[004-150] dependency_hash: what was kept holds for the dependencies that were there."""
    wide = replace(ONE, scope=replace(ONE.scope, owned=("a*.txt", "poetry.lock")))
    scene = begun(wide)

    def act(agent: Agent) -> tuple[int, str]:
        agent.write("poetry.lock", "newer", commit=False)
        return write_letter(agent)

    scene.world.acts["*/1"] = act
    scene.play()
    assert scene.run.changes[2].dependencies == ("poetry.lock",)
    assert set(between(scene).values()) == {"pass"}


def test_what_fails_at_the_start_spares_nothing_and_bars_nothing() -> None:
    """[004-150] baseline-had-failures; the first wave begins all the same, and it is told."""
    scene = begun()
    scene.world.checks = {"run types": lambda path: 1}
    scene.world.play()
    assert set(between(scene)) >= {"wave 2: test", "wave 2: types"}
    assert "skip" not in between(scene).values()
    assert "baseline-fails" in scene.ledger.batch.signals
    assert scene.track("a").state is S.MERGED


def test_what_fails_after_a_merge_is_not_spared() -> None:
    """[004-150] A check that is known to fail runs, whatever it said at the start."""
    merged = replace(WAVES, baseline=RULES)
    works = tuple(replace(one, checks=()) for one in merged.works)
    scene = begun(workflow=replace(merged, works=works))
    scene.world.settle()
    for name in ("a", "b"):
        scene.ledger.must(check(name, "merged: types", "fail"))
    scene.play()
    assert between(scene)["wave 2: types"] == "pass"


def check(slug: str, name: str, result: str) -> Draft:
    return Draft("check_recorded", {"track": slug, "name": name, "result": result, "run": "other"})


@pytest.mark.parametrize(("age", "again"), [(7 * DAY - 1, False), (7 * DAY, True)])
def test_results_are_kept_for_seven_days_from_one_batch_to_the_next(age: int, again: bool) -> None:
    """[004-150] Cached 7 days: just below it the checks at the start are not run again, at it they are."""
    results = MemoryResults()
    first = begun(results=results).play()
    assert {one.batch for one in results.kept.values()} == {first.ledger.batch.id}
    second = begun(results=results)
    second.ledger.tick(age - max(second.ledger.now.boot_ms - one.at.boot_ms for one in results.kept.values()))
    second.play()
    assert (commands(second).count("run types") == 2) is again
    if not again:
        start = second.run.baseline
        assert start is not None
        assert {one.name for one in start.kept} == {"test", "types", "all"}


@pytest.mark.parametrize(("age", "result"), [(7 * DAY - 1, "skip"), (7 * DAY, "pass")])
def test_what_grows_old_while_the_wave_runs_spares_nothing(age: int, result: str) -> None:
    """[004-150] The age counts when the check would run, by the journal's clock."""
    scene = begun(ONE)

    def slowly(agent: Agent) -> tuple[int, str]:
        scene.ledger.tick(age)
        return write_letter(agent)

    scene.world.acts["*/1"] = slowly
    scene.play()
    assert set(between(scene).values()) == {result}


def test_what_was_kept_ahead_of_the_clock_is_not_believed() -> None:
    results = MemoryResults()
    begun(results=results).play()
    ahead = Instant(9_000_000_000_000, 1, "boot-0")
    results.kept = {key: replace(one, at=ahead) for key, one in results.kept.items()}
    assert commands(begun(results=results).play()).count("run types") == 2


def test_another_tree_or_another_command_is_not_what_was_kept() -> None:
    results = MemoryResults()
    begun(results=results).play()
    scene = Scene(ONE, TWO, workflow=spared(), checks=CHECKS, files={"new.txt": "another tree"})
    scene.world.results = results
    scene.world.restart()
    scene.play()
    assert commands(scene).count("run types") == 2


def test_what_cannot_be_kept_holds_nothing_up() -> None:
    results = MemoryResults()
    results.fails = "disk full"
    scene = begun(results=results).play()
    assert scene.states() == {"a": S.MERGED, "b": S.MERGED}
    assert RUN_TELLERS["results_kept"]({"sha": "1", "names": [], "problem": "disk full"})[1] == "disk full"


def test_without_the_rule_every_check_runs_every_time() -> None:
    scene = begun(workflow=spared(BaselineRules())).play()
    assert scene.run.baseline is None
    assert set(between(scene).values()) == {"pass"}


@pytest.mark.parametrize("after", range(0, 60, 1))
def test_a_death_at_any_moment_loses_nothing(after: int) -> None:
    """[004-150] Whoever takes the run over after kill -9 runs what is to be run once, and spares what is spared."""
    scene = begun()
    scene.world.crash_in = after
    for _ in range(3):
        try:
            scene.play()
        except Crash:
            scene.world.restart()
    assert scene.states() == {"a": S.MERGED, "b": S.MERGED}
    assert set(between(scene).values()) == {"skip"}
    assert commands(scene) == ["run tests", "run types", "run all"] * 2
