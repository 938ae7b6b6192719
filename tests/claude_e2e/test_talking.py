"""Talking with agents at work: what a person says in the cockpit (`m`), or from a shell, reaches the model."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event

import pytest

from orchestrator_tui.core.model import Message, Track
from orchestrator_tui.core.naming import is_session_source
from tests.claude_e2e.beside import Beside
from tests.claude_e2e.scripts import agent, ask, bash, create
from tests.claude_rig import ClaudeRig, say, wait_until

pytestmark = pytest.mark.e2e_claude

STALE_AFTER_S = "2"


@pytest.fixture
def talking(claude_rig: ClaudeRig) -> Iterator[Beside]:
    """A workplace of its own, connected, with a cockpit open in which a question is stale soon."""
    claude_rig.variables["ORCH_STALE_AFTER"] = STALE_AFTER_S
    with Beside(claude_rig) as beside:
        beside.connect()
        beside.open_cockpit()
        yield beside


def only_track(beside: Beside, *, session: bool) -> Track:
    """Wait for the one session, or the one sub-agent, that is seen."""

    def look() -> Track | None:
        batches = beside.state().batches.values()
        found = [track for batch in batches for track in batch.tracks.values() if track.agent is not None]
        return next((track for track in found if is_session_source(track.source) is session), None)

    return wait_until(look, "the agent's track", every=0.1, context=beside.describe)


def wait_read(beside: Beside, track: Track, text: str) -> Message:
    """Wait until a message is known to have been read."""

    def look() -> Message | None:
        said = [one for found in beside.tracks(track.slug) for one in found.messages if one.text == text]
        return next((one for one in said if one.read_at is not None), None)

    return wait_until(look, f"{text!r} read", every=0.1, context=lambda: f"{beside.tracks(track.slug)}")


def test_a_busy_session_is_told_with_its_next_tool_call(talking: Beside) -> None:
    rig, thinks = talking.rig, Event()
    steps = [bash("echo one"), bash("echo two", hold=thinks), say("done")]
    session = rig.start(rig.script("busy", steps))
    rig.requests.wait_for_step("busy", 1)
    track = only_track(talking, session=True)

    talking.orch("tell", track.slug, "mind the lower stairs")
    thinks.set()

    assert "mind the lower stairs" in rig.requests.wait_for_step("busy", 2).new_text
    assert session.finish() == 0
    wait_read(talking, track, "mind the lower stairs")


def test_a_background_sub_agent_is_told_and_its_session_is_not(talking: Beside) -> None:
    rig, thinks = talking.rig, Event()
    child = rig.script("child", [bash("echo one"), bash("echo two", hold=thinks), say("child done")])
    session = rig.start(rig.script("main", [agent(child, background=True), bash("echo main"), say("led"), say("over")]))
    rig.requests.wait_for_step("child", 1)
    track = only_track(talking, session=False)

    talking.orch("tell", track.slug, "mind the upper stairs")
    thinks.set()

    assert "mind the upper stairs" in rig.requests.wait_for_step("child", 2).new_text
    assert session.finish() == 0
    assert not [one for one in rig.requests.all("main") if "mind the upper stairs" in one.new_text]
    wait_read(talking, track, "mind the upper stairs")


def test_an_idle_session_is_told_by_key_in_its_pane(talking: Beside) -> None:
    rig = talking.rig
    terminal = rig.interactive()
    terminal.enter(rig.script("idle", [say("I sit idle")]))
    terminal.wait_for("I sit idle")
    track = only_track(talking, session=True)

    talking.cockpit.say(track.slug, f"look here {rig.script('told', [say('I looked')])}")

    rig.requests.wait_for("look here", "told")
    terminal.wait_for("I looked")
    assert wait_read(talking, track, talking.tracks(track.slug)[0].messages[-1].text).by


def test_a_prompt_surfaces_what_is_stale(talking: Beside) -> None:
    rig = talking.rig
    terminal = rig.interactive()
    terminal.enter(rig.script("asks", [create("s"), ask("Stale, red or blue?", "red", "blue"), say("yours")]))
    gate = talking.wait_gate("Stale, red or blue?")
    terminal.wait_for("yours")
    wait_until(lambda: talking.listed()[0]["stale"], "the stale gate", every=0.2, context=talking.describe)

    terminal.enter(rig.script("talk", [say("WE TALK")]))

    told = rig.requests.wait_for_step("talk", 0)
    assert gate.id in told.new_text
    assert "regardless" in told.new_text
    assert talking.now(gate).decision is None
