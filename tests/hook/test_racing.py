"""The wait of a held call: for how long, and what it puts up with (DESIGN §4.2)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orchestrator_tui.adapters.memory import ManualClock
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Gate, GateState, Option, Question
from orchestrator_tui.core.rules import Rules
from orchestrator_tui.hook import racing
from orchestrator_tui.hook.racing import ALONE, Race
from orchestrator_tui.hook.transcript import CallWatch
from orchestrator_tui.hook.visit import Visit
from orchestrator_tui.journal.port import JournalBusy
from orchestrator_tui.runtime.doors import Over, Pending, Taken
from tests.hook.call_scene import CallScene

GATE = "call-0123456789ab"
QUESTION = Question("permission", "Allow Bash: ls", options=(Option("allow", "allow", "approve"),))


class Hurrying(ManualClock):
    """Every look at it is two minutes after the one before."""

    def now(self) -> Instant:
        self.advance(120_000)
        return super().now()


@pytest.fixture(autouse=True)
def no_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(racing, "LOOK_MS", 0)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[CallScene]:
    made = CallScene(tmp_path)
    yield made
    made.close()


@pytest.fixture
def visit(scene: CallScene) -> Iterator[Visit]:
    call = json.loads(scene.call("Bash", {"command": "ls"}))
    with Visit(call, scene.environ, lambda text: None, Hurrying()) as made:
        made.open_batch()
        yield made


def asked(visit: Visit) -> Gate:
    return visit.door.ask(GATE, QUESTION, Rules(), track="alpha", source="session:1", routes=("hook",))


def race(visit: Visit, gate: Gate) -> Race:
    return Race(visit, [gate], CallWatch(None, lambda *call: False, 0))


def test_it_outlives_the_last_cockpit_by_ten_minutes(scene: CallScene, visit: Visit) -> None:
    scene.leave()
    gate = asked(visit)
    assert race(visit, gate).run() is None
    ended = scene.gate(gate.id)
    assert (ended.state, ended.closed_why) == (GateState.WITHDRAWN, ALONE)
    assert ended.closed_at is not None
    assert ended.closed_at.boot_ms - gate.opened_at.boot_ms >= 600_000


def test_it_waits_for_as_long_as_somebody_is_there(
    scene: CallScene, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = asked(visit)
    looks = iter(range(30))

    def then_decided(take: Callable[..., Taken | Pending | Over]) -> Callable[..., Taken | Pending | Over]:
        def looking(gate_id: str, revision: int) -> Taken | Pending | Over:
            if next(looks) == 20:
                scene.decide(gate, "allow")
            return take(gate_id, revision)

        return looking

    monkeypatch.setattr(visit.door, "take", then_decided(visit.door.take))
    decided = race(visit, gate).run()
    assert decided is not None
    assert decided[0].decision is not None


@pytest.mark.parametrize(("failures", "survives"), [(1, True), (10, False)])
def test_a_locked_journal_is_put_up_with_for_a_while(
    scene: CallScene, monkeypatch: pytest.MonkeyPatch, failures: int, survives: bool
) -> None:
    call = json.loads(scene.call("Bash", {"command": "ls"}))
    clock = ManualClock()
    with Visit(call, scene.environ, lambda text: None, clock) as visit:
        visit.open_batch()
        gate = asked(visit)
        scene.decide(gate, "allow")
        take, left = visit.door.take, iter(range(failures))

        def busy(gate_id: str, revision: int) -> Taken | Pending | Over:
            clock.advance(4_000)
            if next(left, None) is not None:
                raise JournalBusy("locked")
            return take(gate_id, revision)

        monkeypatch.setattr(visit.door, "take", busy)
        if survives:
            assert race(visit, gate).run() is not None
        else:
            with pytest.raises(JournalBusy):
                race(visit, gate).run()
