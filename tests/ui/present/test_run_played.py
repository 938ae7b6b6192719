"""Every state that the engine brings a run to can be shown, from its plan to its end, without a bare name of ours."""

from dataclasses import replace

import pytest

from orchestrator_tui.core.model import State
from orchestrator_tui.core.queries import GateKey, TrackKey, gate_queue
from orchestrator_tui.ui.present.card import present_card
from orchestrator_tui.ui.present.card_lines import card_lines
from orchestrator_tui.ui.present.glyphs import UNICODE
from orchestrator_tui.ui.present.headline import headline_line, present_headline
from orchestrator_tui.ui.present.plan import present_plan
from orchestrator_tui.ui.present.plan_lines import plan_lines
from orchestrator_tui.ui.present.run_evidence import run_rows
from orchestrator_tui.ui.present.stages import present_stages, stage_lines
from orchestrator_tui.ui.present.telling import tell
from orchestrator_tui.ui.present.track import present_track, track_lines
from orchestrator_tui.ui.present.tracks import present_tracks
from tests.runtime.run.memory_world import Agent
from tests.runtime.run.scene import WRITE, Scene, track
from tests.ui.drawing import drawn
from tests.ui.states import NOW, ZONE


def shown(scene: Scene) -> str:
    """Everything that the screens say of a run now."""
    batch = scene.ledger.batch
    state = State({batch.id: batch})
    plan = present_plan(batch)
    assert plan is not None
    lines = [*plan_lines(plan, 78, UNICODE), headline_line(present_headline(state, NOW, UNICODE), 120)]
    for slug in batch.tracks:
        key = TrackKey(batch.id, slug)
        lines += track_lines(present_track(state, key, NOW, UNICODE, ZONE), 78)
        lines += stage_lines(present_stages(state, key, NOW, UNICODE), 78)
    for gate in gate_queue(state):
        lines += card_lines(present_card(state, GateKey(gate.batch, gate.id), NOW, UNICODE, ZONE), 78)
    rows = [row.now for row in present_tracks(state, NOW, UNICODE).rows.values()]
    told = [tell(event, batch).text for event in batch.recent]
    return "\n".join([drawn(lines), *rows, *told])


@pytest.fixture
def failing() -> Scene:
    """Two tracks, one of whose agents never gets it right."""
    scene = Scene(track("a"), track("b", depends_on=("a",)))
    scene.world.acts[f"a/{WRITE}"] = lambda agent: (1, "the compiler crashed")
    return scene


def test_a_run_that_goes_well() -> None:
    scene = Scene(track("a"), track("b", depends_on=("a",)))
    assert "starts when a is merged" in shown(scene)
    scene.play()
    page = shown(scene)
    assert "2/2 merged" in page
    assert "Bound to" in page
    scene.answer("publish", "approve")
    scene.play()
    assert "completed, 2/2 merged" in shown(scene)


def test_a_run_that_asks(failing: Scene) -> None:
    failing.play()
    page = shown(failing)
    assert "the compiler crashed" in page
    assert "asks: tries spent" in page
    assert "waits: a" in page


def write_alike(agent: Agent) -> tuple[int, str]:
    """Write the one line that both tracks change."""
    agent.write("same.txt", f"by {agent.attempt.track}\n")
    return 0, "written"


def test_a_conflict_shows_both_sides() -> None:
    scene = Scene(track("a", "same.txt"), track("b", "same.txt"), files={"same.txt": "line\n"})
    scene.world.acts[f"*/{WRITE}"] = write_alike
    scene.world.acts["b/0"] = lambda agent: (1, "I cannot")
    scene.play()
    page = shown(scene)
    for words in ("by a", "by b", "same.txt", "asks: conflict", "an agent is to resolve its conflict", "I cannot"):
        assert words in page
    assert "stage 0" not in page


def test_a_conflict_is_about_its_own_files_and_the_tries_at_it() -> None:
    """Its files cannot but be changed: only what else was is outside. A reviewer of before has not tried at it."""
    one = track("b")
    adding = replace(one, scope=replace(one.scope, append_only=("same.txt",)))
    scene = Scene(track("a", "a.txt", "same.txt"), adding, files={"same.txt": "line\n"})

    def add(agent: Agent) -> tuple[int, str]:
        agent.append("same.txt", f"{agent.attempt.track}\n")
        return 0, ""

    def give_up(agent: Agent) -> tuple[int, str]:
        agent.write("same.txt", "other\n")
        agent.write("a.txt", "not mine\n")
        return 1, "I cannot"

    scene.world.acts |= {f"*/{WRITE}": add, "b/0": give_up}
    scene.play()
    gate, batch = scene.gate("conflict"), scene.ledger.batch
    rows = [(label, drawn([line]).strip()) for label, line in run_rows(gate, batch.tracks["b"], UNICODE)]
    assert [words for label, words in rows if label == "Outside"] == [
        "changed outside of its scope: a.txt is outside of this track's scope"
    ]
    (tried,) = [words for label, words in rows if label == "Tries"]
    assert tried.endswith("I cannot")
    scene.answer("conflict", "ours")
    scene.play()
    page = shown(scene)
    assert "what it says is taken where it conflicts" in page
    assert "same.txt as ann took it at its conflict" in page


def test_what_both_append_to_a_file_is_told_where_it_is_merged() -> None:
    tracks = [replace(one, scope=replace(one.scope, append_only=("same.txt",))) for one in (track("a"), track("b"))]
    scene = Scene(*tracks, files={"same.txt": "line\n"})

    def add(agent: Agent) -> tuple[int, str]:
        agent.append("same.txt", f"{agent.attempt.track}\n")
        return 0, ""

    scene.world.acts[f"*/{WRITE}"] = add
    scene.play()
    told = [tell(event, scene.ledger.batch) for event in scene.ledger.batch.recent if event.kind == "merge_recorded"]
    assert [one.detail for one in told] == ["", "what both append stays in same.txt"]
