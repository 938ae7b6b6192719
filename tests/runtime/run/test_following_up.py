"""A reviewer's warnings become work of the next wave; what it says must be fixed is put right in its own."""

from __future__ import annotations

from dataclasses import replace

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import TrackState
from orchestrator_tui.core.schedule.rules import work_of
from tests.plan.test_built_in import BUILT_IN
from tests.runtime.run.memory_world import Agent
from tests.runtime.run.scene import REVIEW, Scene
from tests.runtime.run.test_between import ONE, TWO, without_gates
from tests.runtime.run.test_drifting import mend

S = TrackState

SHIPPED = next(one for one in BUILT_IN["waves"].works if one.reviews and not one.against)
PLAIN = without_gates()
REVIEWING = replace(PLAIN, works=(PLAIN.works[0], replace(PLAIN.works[1], verdicts=SHIPPED.verdicts)))


def played(*said: tuple[str, str, str]) -> Scene:
    """A session whose reviews of ``a`` end so: the word, the severity of a finding, and its title."""
    scene = Scene(ONE, TWO, workflow=REVIEWING)
    left = list(said)

    def review(agent: Agent) -> tuple[int, str]:
        if agent.attempt.track != "a" or not left:
            return 0, "PROCEED"
        word, severity, title = left.pop(0)
        told = {"finding": f"f-{len(left)}", "severity": severity, "title": title, "file": "a.txt", "by": "reviewer"}
        scene.ledger.must(Draft("finding_added", {"track": "a", **told}))
        return 0, f"{title}\n{word}"

    def work(agent: Agent) -> tuple[int, str]:
        agent.append(f"{agent.attempt.track.rpartition('-')[2]}.txt", f"by {agent.attempt.id}\n")
        return 0, "written"

    scene.world.acts |= {f"*/{REVIEW}": review, "*/1": work if len(said) > 1 else mend}
    scene.play()
    return scene


def test_a_warning_is_work_of_the_next_wave_and_bars_nothing() -> None:
    """[004-132] WARN: a fix task of the next wave, with what was found."""
    scene = played(("PROCEED_WITH_FOLLOWUPS", "concern", "no test of an empty cart"))
    assert scene.states() == {"a": S.MERGED, "b": S.MERGED, "drift-2-a": S.MERGED}
    planned = work_of(scene.track("drift-2-a")).planned
    assert (planned.wave, planned.scope.allowed) == (3, ("a.txt",))
    assert "\n> f-0 no test of an empty cart (a.txt)\n" in planned.brief
    assert [one.state for one in scene.track("a").findings] == ["deferred"]


def test_what_must_be_fixed_is_fixed_in_its_own_wave_and_later_warnings_are_not() -> None:
    """[004-132] What the first review has found is fixed, and what the second one has is work of the next wave."""
    scene = played(("FIX_REQUIRED", "blocker", "it divides by zero"), ("PROCEED_WITH_FOLLOWUPS", "nit", "a name"))
    assert scene.states() == {"a": S.MERGED, "b": S.MERGED, "drift-2-a": S.MERGED}
    assert [one.stage for one in scene.track("a").attempts] == [1, 2, 1, 2]
    assert {one.title: one.state for one in scene.track("a").findings} == {
        "it divides by zero": "fixed",
        "a name": "deferred",
    }
    brief = work_of(scene.track("drift-2-a")).planned.brief
    assert "a name" in brief
    assert "divides by zero" not in brief


def test_without_a_warning_nothing_is_added() -> None:
    """[004-132] Just below: PROCEED."""
    assert played().states() == {"a": S.MERGED, "b": S.MERGED}


def test_the_reviewer_is_told_how_sure_it_must_be() -> None:
    """[004-158] The bounds are values: below the first it leaves a finding out, from the other on it reports it."""
    told = {one.name: one.value for one in BUILT_IN["waves"].values}
    assert told == {"sure_least": "50", "sure_enough": "80"}
    text = " ".join(SHIPPED.prompt.split())
    assert "less than 50 sure of you leave out; from 80 on it is reported, between them" in text
