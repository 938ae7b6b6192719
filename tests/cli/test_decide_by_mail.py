"""`decide` for agents with our hooks: mail by its commit, and who writes into the task, and when."""

from __future__ import annotations

import pytest

from orchestrator_tui.adapters.clock import SystemClock
from orchestrator_tui.core.event import Draft, Event
from orchestrator_tui.core.model import GateState
from tests.cli.scene import Scene
from tests.core.builders import opened

KEEP = ("keep: keep the lock", "redo: analyse again", "drop")


def by_hook(scene: Scene, *routes: str, kind: str = "ask") -> None:
    """A hook of session ``s-1`` asks, too, or alone by these routes."""
    with scene.journal() as journal:
        now = SystemClock().now()
        if routes:
            asked = opened("hook-gate", track="fix-auth", routes=list(routes), asker="s-1/a-1", kind=kind)
            assert isinstance(journal.change_gate(scene.batch_id, asked, now, "hook"), Event)
        else:
            added = {"gate": scene.gate().id, "revision": 1, "route": "hook", "asker": "s-1/a-1"}
            journal.change_gate(scene.batch_id, Draft("gate_route_added", added), now, "hook")


def test_an_agent_with_our_hooks_gets_mail_and_finds_the_answer_in_its_task(scene: Scene) -> None:
    """Nobody stays who could write it later: both at once, with the same decision."""
    scene.ask(1, "fix-auth", "Keep it?", KEEP)
    scene.watch()
    by_hook(scene)
    ended = scene.run("decide", "fix-auth", "keep")
    assert ended.code == 0
    assert (scene.place.home / "mail" / "s-1").exists()
    assert scene.metadata(1)["decision"]["option"] == "keep"


def test_an_agent_that_is_reached_by_mail_alone_takes_the_answer_itself(scene: Scene) -> None:
    scene.task(1, "fix-auth", {"stage": 3})
    scene.watch()
    by_hook(scene, "hook")
    ended = scene.run("decide", "hook-gate", "ship")
    assert (ended.code, ended.err) == (0, "its agent takes it with its next call\n")
    assert (scene.place.home / "mail" / "s-1").exists()


@pytest.mark.parametrize(
    ("route", "kind", "said"),
    [
        ("shell", "ask", "its agent takes it with its next call\n"),
        ("hook", "permission", "no way to its agent is open now; the answer is kept until it comes for it\n"),
    ],
)
def test_who_brings_an_answer_on_is_said(scene: Scene, route: str, kind: str, said: str) -> None:
    scene.task(1, "fix-auth", {"stage": 3})
    scene.watch()
    by_hook(scene, route, kind=kind)
    ended = scene.run("decide", "hook-gate", "ship")
    assert (ended.code, ended.err) == (0, said)


def test_a_holder_waits_for_the_mail_to_be_fetched(scene: Scene) -> None:
    scene.ask(1, "fix-auth", "Keep it?", KEEP)
    with scene.holder() as engine:
        by_hook(scene)
        assert scene.run("decide", "fix-auth", "keep").code == 0
        engine.step(look=False)
        assert "decision" not in scene.metadata(1)
        assert scene.gate().state is GateState.DECIDED
