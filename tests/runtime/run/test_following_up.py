"""A reviewer's warnings become work of the next wave; what it says must be fixed is put right in its own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.live_rules import Sureness
from orchestrator_tui.core.model import TrackState
from orchestrator_tui.core.prompt_protocol import protocol
from orchestrator_tui.core.rules import Rules
from orchestrator_tui.core.schedule.judging import open_blockers
from orchestrator_tui.core.schedule.rules import work_of
from orchestrator_tui.journal.port import Request
from orchestrator_tui.runtime.requests import take
from tests.core.builders import START
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


def weighed(scene: Scene, severity: str, **said: object) -> str:
    """What becomes of a finding of ``a`` that its reviewer leaves so, as the holder takes it."""
    payload = {"track": "a", "severity": severity, "title": "it divides by zero", **said}
    request = Request(1, scene.ledger.batch.id, "finding", payload, "agent:a", START)
    drafts = take(scene.ledger.batch, request, Rules(), START)
    scene.ledger.must(*(one for one in drafts if one.kind == "finding_added"))
    return str(drafts[0].payload.get("standing", ""))


@pytest.mark.parametrize(
    ("said", "standing", "counts"),
    [
        ({"confidence": 0}, "left_out", []),
        ({"confidence": 49}, "left_out", []),
        ({"confidence": 50}, "possible", [("nit", "possible blocker: it divides by zero")]),
        ({"confidence": 79}, "possible", [("nit", "possible blocker: it divides by zero")]),
        ({"confidence": 80}, "", [("blocker", "it divides by zero")]),
        ({"confidence": 100}, "", [("blocker", "it divides by zero")]),
        ({"confidence": 101}, "", [("blocker", "it divides by zero")]),
        ({"confidence": True}, "", [("blocker", "it divides by zero")]),
        ({}, "", [("blocker", "it divides by zero")]),
    ],
)
def test_what_a_finding_counts_for_goes_by_how_sure_its_reviewer_is(
    said: dict[str, object], standing: str, counts: list[tuple[str, str]]
) -> None:
    """[004-158] Just below and at each bound; the journal keeps what is left out, with how sure its reviewer was."""
    scene = Scene(ONE, TWO, workflow=replace(PLAIN, sureness=BUILT_IN["waves"].sureness))
    assert weighed(scene, "blocker", **said) == standing
    assert [(one.severity, one.title) for one in scene.track("a").findings] == counts
    assert [one.id for one in open_blockers(scene.track("a"))] == (["f-1"] if counts and not standing else [])
    (event,) = [one for one in scene.ledger.events if one.kind == "finding_added"]
    assert (event.payload["severity"], event.payload["title"]) == ("blocker", "it divides by zero")


def test_without_bounds_a_finding_counts_as_it_says() -> None:
    """[004-158] Workflows that have none, and journals from before."""
    scene = Scene(ONE, TWO, workflow=PLAIN)
    assert weighed(scene, "concern", confidence=1) == ""
    assert [one.severity for one in scene.track("a").findings] == ["concern"]


def test_what_is_possible_is_counted_as_raised_again_when_it_is_said_again() -> None:
    scene = Scene(ONE, TWO, workflow=replace(PLAIN, sureness=BUILT_IN["waves"].sureness))
    for _ in range(2):
        weighed(scene, "concern", confidence=60)
    assert [one.times for one in scene.track("a").findings] == [1, 2]


@pytest.mark.parametrize(("sure", "tries"), [(79, [1, 2]), (80, [1, 2, 1, 2])])
def test_only_a_finding_that_is_sure_enough_sends_a_track_back(sure: int, tries: list[int]) -> None:
    """[004-158]"""
    scene = Scene(ONE, TWO, workflow=replace(REVIEWING, sureness=BUILT_IN["waves"].sureness))
    left = [sure]

    def review(agent: Agent) -> tuple[int, str]:
        if agent.attempt.track == "a" and left:
            weighed(scene, "blocker", confidence=left.pop())
        return 0, "PROCEED"

    def work(agent: Agent) -> tuple[int, str]:
        agent.append(f"{agent.attempt.track}.txt", f"by {agent.attempt.id}\n")
        return 0, "written"

    scene.world.acts |= {f"*/{REVIEW}": review, "*/1": work}
    scene.play()
    assert [one.stage for one in scene.track("a").attempts] == tries
    assert scene.states() == {"a": S.MERGED, "b": S.MERGED}


def test_the_reviewer_is_told_how_sure_it_must_be() -> None:
    """[004-158] The bounds are values of the workflow; where there are none, nobody is asked how sure it is."""
    assert BUILT_IN["waves"].sureness == Sureness(50, 80)
    assert "how sure you are of it from 0 to 100" in " ".join(SHIPPED.prompt.split())
    told = {}
    for name, workflow in (("none", REVIEWING), ("waves", replace(REVIEWING, sureness=Sureness(50, 80)))):
        scene = Scene(ONE, workflow=workflow)
        scene.world.acts["*/1"] = mend
        scene.play()
        last = scene.track("a").attempts[-1]
        assert last.stage == REVIEW
        told[name] = " ".join(str(protocol(scene.ledger.batch, scene.track("a"))).split())
    assert "--confidence 90" not in told["none"]
    assert "--confidence 90. Below 50 it is left out, from 80 on it counts as it says" in told["waves"]
