"""`pause`, `resume`, `cancel`, `retry`, `rescue`, `skip`, `publish` and `nudge`: what they ask, and what they say."""

from __future__ import annotations

import pytest

from orchestrator_tui.core.naming import BATCH_TRACK
from tests.cli.run_scene import asked, hosted, kinds, run_of, store
from tests.cli.scene import Scene
from tests.core.builders import BATCH
from tests.core.run_builders import RunLedger, completed, running


def at_work() -> RunLedger:
    ledger = running()
    ledger.start("limiter")
    ledger.begin("limiter")
    return ledger


@pytest.fixture
def working(scene: Scene) -> Scene:
    store(scene, at_work())
    return scene


@pytest.mark.parametrize(
    ("arguments", "said", "recorded"),
    [
        (("pause",), "paused Rate limiting batch: what is at work finishes", ["batch_paused"]),
        (("pause", "--now"), "its agents are being stopped", ["batch_paused", "attempt_stopping"]),
        (("pause", "limi"), "paused limiter", ["track_paused"]),
        (("pause", "limiter", "--batch", BATCH), "paused limiter", ["track_paused"]),
        (("cancel", "limiter", "--reason", "too large"), "limiter is given up; nothing is deleted", None),
        (("rescue", "limiter"), "a fresh one gets the rest of its work", None),
        (("skip", "limiter", "2"), "a question asks whether stage 2 of limiter may be skipped", ["gate_opened"]),
        (("skip", "limiter", "Review"), "a question asks whether stage 2 of limiter", ["gate_opened"]),
    ],
)
def test_the_host_carries_it_out_and_that_is_said(
    working: Scene, arguments: tuple[str, ...], said: str, recorded: list[str] | None
) -> None:
    before = run_of(working).seq
    ended = asked(working, *arguments)
    assert (ended.code, said in ended.out) == (0, True), ended
    assert kinds(working, before)
    if recorded is not None:
        assert kinds(working, before) == recorded


def test_what_was_paused_goes_on(working: Scene) -> None:
    assert asked(working, "pause").code == 0
    assert run_of(working).run.pausing == "drain"  # type: ignore[union-attr]
    ended = asked(working, "resume")
    assert (ended.code, ended.out) == (0, "Rate limiting batch goes on\n")
    assert run_of(working).run.pausing == ""  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("resume",), 3, "the batch is not paused"),
        (("retry", "limiter"), 3, "limiter is at work: rescue it, or wait"),
        (("retry", "docs"), 3, "docs has not started"),
        (("rescue", "docs"), 3, "no agent of docs is at work: retry it"),
        (("publish",), 3, "there is nothing to publish yet: the batch is running"),
        (("skip", "limiter", "9"), 2, "limiter has no stage '9' (stages: 1 Build, 2 Review, 3 Prove, 4 Deploy)"),
        (("pause", "limitr"), 2, "there is no track 'limitr'; did you mean \"limiter\"?"),
        (("cancel",), 2, "say why with --reason TEXT"),
        (("cancel", "limiter", "--reason", " "), 2, "say why with --reason TEXT"),
        (("pause", "--wait", "soon"), 2, "'soon' is no number of seconds"),
        (("pause", "--batch", "nothing"), 2, "there is no batch 'nothing'"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_records_nothing(
    working: Scene, arguments: tuple[str, ...], code: int, told: str
) -> None:
    before = run_of(working).seq
    ended = asked(working, *arguments)
    assert (ended.code, ended.out) == (code, "")
    assert told in ended.err
    assert len(ended.err.splitlines()) == 1
    assert kinds(working, before) == []


def test_nobody_runs_the_batch_is_said_with_what_goes_on(working: Scene) -> None:
    ended = working.run("pause")
    assert (ended.code, ended.out) == (3, "")
    assert "nobody runs this batch; `orch-tui run --resume list-1` goes on with it" in ended.err


def test_a_host_that_does_not_take_it_up_leaves_it_unfinished(working: Scene) -> None:
    with hosted(working):
        ended = working.run("pause", "--wait", "0")
    assert (ended.code, ended.out) == (1, "")
    assert "asked, but the host of ann has not taken it up yet" in ended.err


def test_an_agent_of_the_batch_may_not_steer_it(working: Scene) -> None:
    with hosted(working):
        ended = working.run("pause", env={"ORCH_TRACK": "limiter"})
    assert (ended.code, "may not decide in it" in ended.err) == (3, True)


def test_a_batch_that_is_only_watched_is_not_steered(scene: Scene) -> None:
    scene.task(1, "fix-auth", {"stage": 3})
    scene.watch()
    assert "no batch runs here" in scene.run("pause").err
    ended = scene.run("pause", "fix-auth")
    assert (ended.code, "only watched" in ended.err) == (3, True)


def test_publishing_asks_a_question_once_the_work_is_integrated(scene: Scene) -> None:
    ledger = completed()
    ledger.phase("awaiting_user")
    store(scene, ledger)
    ended = asked(scene, "publish", BATCH)
    assert (ended.code, "a question asks whether the integrated work may go out" in ended.out) == (0, True)
    (gate,) = run_of(scene).gates.values()
    assert gate.question.kind == "publish"


def test_a_nudge_reaches_a_watched_agent(scene: Scene) -> None:
    scene.task(1, "fix-auth", {"stage": 3})
    scene.watch()
    ended = scene.run("nudge", "fix")
    assert (ended.code, ended.out) == (0, "said to fix-auth: written into its task\n")
    assert "what stage are you on" in scene.metadata(1)["messages"][0]["text"]
    with scene.holder() as engine:
        held = scene.run("nudge", "fix")
        assert (held.code, "brings it" in held.out) == (0, True)
        engine.step(look=False)
    assert len(scene.metadata(1)["messages"]) == 2


def test_the_list_counts_the_tracks_of_a_run_and_not_the_run_itself(scene: Scene) -> None:
    """What is asked about a whole run has a row of its own in the cockpit; a plan of three tracks has three."""
    run = at_work()
    run.ask(BATCH_TRACK)
    store(scene, run)
    (row,) = [line for line in scene.run("list").out.splitlines() if run.batch.id in line]
    assert " 3     1  " in row


def test_a_demo_that_was_killed_is_found_again_from_its_repository(scene: Scene) -> None:
    """It could not say any more that its journal lies beside its repository, and not where all the others are."""
    assert "begin with orch-tui run PLAN" in scene.run("attach").err
    (scene.repository / "plan.yaml").write_text("title: A safer shop\n")
    (scene.repository.parent / "state" / "repositories").mkdir(parents=True)
    found = scene.run("attach")
    assert found.code == 2
    assert f"ORCH_HOME={scene.repository.parent / 'state'} orch-tui attach" in found.err
