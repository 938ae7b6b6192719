"""What is written arrives or is known not to: cancelled calls, clients that go, journals that are locked."""

from __future__ import annotations

import os
import threading
from typing import Any

import anyio
import pytest
from mcp.shared.message import SessionMessage
from mcp.types import JSONRPCResponse

from orchestrator_tui.core.model import GateState
from orchestrator_tui.journal.port import JournalBusy
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.mcp_server.desk import Desk
from tests.mcp_server.scene import DEADLINE_S, Scene, asker, background, data, eventually, words


class Broken:
    """A client that reads no answer of a decision any more."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    async def send(self, item: SessionMessage, /) -> None:
        message = item.message
        if isinstance(message, JSONRPCResponse) and "Decided" in str(message.result):
            raise anyio.BrokenResourceError
        await self._inner.send(item)

    async def aclose(self) -> None:
        await self._inner.aclose()


class Busy:
    """A journal that is locked for the next three calls of one kind."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, method: str, event: str = "") -> None:
        self.left = 3
        really = getattr(SqliteJournal, method)

        def called(journal: SqliteJournal, *arguments: Any) -> Any:
            if self.left and event in ("", arguments[1].kind if event else ""):
                self.left -= 1
                raise JournalBusy("the journal is locked")
            return really(journal, *arguments)

        monkeypatch.setattr(SqliteJournal, method, called)


async def test_a_cancelled_call_leaves_its_question_and_its_answer_can_be_fetched(scene: Scene) -> None:
    call = anyio.CancelScope()
    async with scene.served() as agents, anyio.create_task_group() as group:

        async def ask() -> None:
            with call:
                await agents.ask("a1")

        group.start_soon(ask)
        (gate,) = await scene.asked()
        call.cancel()
        await eventually(lambda: not scene.journal.waiters.live(scene.batch, gate.id))
        assert scene.gate(gate.id).state is GateState.OPEN
        decision = scene.decide(gate)
        fetched = await agents.call("pending_decisions", agent="a1")
        await scene.steps(gate, "claimed", "delivered")
    assert decision in words(fetched)


async def test_an_answer_that_the_client_does_not_read_has_failed_and_is_kept(scene: Scene) -> None:
    async with scene.served(wrap=Broken) as agents, anyio.create_task_group() as group:
        group.start_soon(agents.ask, "a1")
        (gate,) = await scene.asked()
        decision = scene.decide(gate)
        gate = await scene.steps(gate, "claimed", "failed")
        group.cancel_scope.cancel()
    assert gate.state is GateState.DECIDED
    assert gate.steps[-1].evidence == "could not be handed over: its client reads no more"
    async with scene.served() as agents:
        assert data(await agents.ask("a1"))["decision"] == decision


async def test_the_wait_ends_when_the_client_goes_away(scene: Scene) -> None:
    async with scene.served() as agents, anyio.create_task_group() as group:
        group.start_soon(agents.ask, "a1")
        (gate,) = await scene.asked()
        group.cancel_scope.cancel()
    assert scene.journal.waiters.live(scene.batch, gate.id) == ()
    assert scene.gate(gate.id).state is GateState.OPEN


async def test_a_question_is_asked_once_a_locked_journal_is_free(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    busy = Busy(monkeypatch, "open_batch")

    def pause(seconds: float) -> bool:
        scene.manual.advance(1_000)
        return False

    async with scene.served(scene.desk(pause=pause)) as agents, anyio.create_task_group() as group:
        results = await background(group, agents.ask())
        (gate,) = await scene.asked()
        scene.decide(gate)
    assert busy.left == 0
    assert data(results[0])["state"] == "decided"


async def test_a_question_that_cannot_be_recorded_is_said_to_be_none(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(self: Desk, *, create: bool = False) -> None:
        raise JournalBusy("the journal is busy")

    def pause(seconds: float) -> bool:
        scene.manual.advance(round(seconds * 1000))
        return False

    monkeypatch.setattr(Desk, "journal", busy)
    async with scene.served(scene.desk(pause=pause)) as agents:
        failed = await agents.ask()
    assert failed.is_error
    told = "request_decision: the journal is busy; nothing was recorded, so nobody sees it. Call again."
    assert words(failed) == told


async def test_a_delivery_is_recorded_once_a_locked_journal_is_free(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client has its answer at once; only our record of it waits."""
    free = threading.Event()
    desk = scene.desk(pause=lambda _: not free.wait(DEADLINE_S))
    async with scene.served(desk) as agents, anyio.create_task_group() as group:
        results = await background(group, agents.ask())
        (gate,) = await scene.asked()
        busy = Busy(monkeypatch, "change_gate", "decision_delivered")
        scene.decide(gate)
        await eventually(lambda: bool(results))
        assert [step.step for step in scene.gate(gate.id).steps] == ["claimed"]
        free.set()
        await scene.steps(gate, "claimed", "delivered")
    assert busy.left == 0


async def test_an_answer_that_ends_while_it_is_written_is_taken_back_with_the_next_result(scene: Scene) -> None:
    class Cancelling(Broken):
        async def send(self, item: SessionMessage, /) -> None:
            if isinstance(item.message, JSONRPCResponse) and "Decided" in str(item.message.result):
                assert scene.change(scene.gates()[0], "gate_cancelled", why="Not now") == ""
            await self._inner.send(item)

    async with scene.served(wrap=Cancelling) as agents, anyio.create_task_group() as group:
        results = await background(group, agents.ask("a1"))
        (gate,) = await scene.asked()
        scene.decide(gate)
        await eventually(lambda: bool(results))
        other = await agents.call("note", {"text": "n"}, "a2")
        told = await agents.call("note", {"text": "n"}, "a1")
        again = await agents.call("note", {"text": "n"}, "a1")
    assert "does not hold" not in words(other)
    assert words(told).startswith(
        f"The answer that you were just given to gate {gate.id} r1: Which cache? does not hold"
    )
    assert "does not hold" not in words(again)


async def test_another_process_that_takes_the_answer_first_is_waited_for(scene: Scene) -> None:
    async with scene.served() as agents:
        asked = data(await agents.ask("a1", wait_seconds=0))
        gate = scene.gate(asked["gate"])
        decision = scene.decide(gate)
        own = f"{os.getppid()}:"
        scene.change(gate, "delivery_claimed", decision=decision, route="hook", claimant=own)
        pending = await agents.ask("a1", wait_seconds=0)
    assert data(pending)["state"] == "pending"
    assert scene.gate(gate.id).asker == asker("a1")
