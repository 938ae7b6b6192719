"""A rig with the product beside its Claude Code, as a user would have it: connected, and a cockpit open."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from orchestrator_tui.core.model import Decision, Gate, GateState, State, Track
from orchestrator_tui.journal.home import journal_directory
from orchestrator_tui.journal.presence import present
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.journal.waking import Waiters
from orchestrator_tui.runtime.follower import Follower
from tests.claude_e2e.cockpit import Cockpit
from tests.claude_rig import ClaudeRig, ModelRequest, wait_until

PROGRAMS = Path(sys.executable).parent


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer by keys: to which gate, as it was recorded, and when Enter was pressed (seconds since the epoch)."""

    gate: Gate
    decision: Decision
    pressed_at: float

    def told(self, request: ModelRequest) -> bool:
        """Whether the request brought the model this very decision, by its id."""
        return self.decision.id in request.new_text

    def report(self, what: str, request: ModelRequest) -> None:
        """Print the latency: information, which the load of the machine decides, so nothing is asserted about it."""
        print(f"{what}: key → model request {1000 * (request.arrived_at - self.pressed_at):.0f} ms")


class Beside:
    """The product in the rig's home; ``journal`` is the repository's, read as any other process may read it."""

    def __init__(self, rig: ClaudeRig) -> None:
        self.rig = rig
        self.directory = journal_directory(rig.orch_home, rig.project)
        self._cockpits: list[Cockpit] = []
        self._journal: SqliteJournal | None = None

    # -- the programs -------------------------------------------------------------------------------------------------

    def orch(self, *arguments: str, code: int = 0) -> str:
        """Run ``orch-tui`` as a person would, in the project's folder; its stdout. It ends with ``code``."""
        done = subprocess.run(
            [PROGRAMS / "orch-tui", *arguments],
            cwd=self.rig.project,
            env=self.rig.environment(),
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
        )
        assert done.returncode == code, f"orch-tui {' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def connect(self) -> None:
        """Connect the rig's Claude Code."""
        self.orch("connect", "claude", "--yes")

    def listed(self, *flags: str) -> list[dict[str, Any]]:
        """What ``orch-tui gates`` prints."""
        gates: list[dict[str, Any]] = json.loads(self.orch("gates", "--json", *flags))["gates"]
        return gates

    def open_cockpit(self) -> Cockpit:
        """Open a cockpit and wait until it is present."""
        cockpit = Cockpit(self.rig, len(self._cockpits))
        self._cockpits.append(cockpit)
        wait_until(
            lambda: any(one.pid == cockpit.pid for one in present(self.directory)),
            "the cockpit",
            context=cockpit.screen,
        )
        return cockpit

    @property
    def cockpit(self) -> Cockpit:
        """The cockpit that was opened last."""
        return self._cockpits[-1]

    def kill_cockpit(self) -> None:
        """Kill the cockpit that was opened last, as nothing can stop it from being killed."""
        pid = self.cockpit.pid
        self.cockpit.kill()
        wait_until(lambda: all(one.pid != pid for one in present(self.directory)), "the cockpit's end")

    # -- the person ---------------------------------------------------------------------------------------------------

    def answer(self, gate: Gate, *numbers: int, text: str = "", reason: str = "") -> Answered:
        """Answer a gate by keys in the cockpit: the options with these numbers, or a ``text`` of one's own."""

        def decided() -> bool:
            return self.now(gate).decision is not None

        pressed_at = self.cockpit.answer(gate, *numbers, text=text, reason=reason, decided=decided)
        decision = self.now(gate).decision
        assert decision is not None
        return Answered(gate, decision, pressed_at)

    # -- the journal --------------------------------------------------------------------------------------------------

    @property
    def journal(self) -> SqliteJournal:
        """The repository's journal, which a cockpit has made."""
        if self._journal is None:
            self._journal = SqliteJournal(self.directory, create=False)
        return self._journal

    def now(self, gate: Gate) -> Gate:
        """The gate as it is now."""
        found = self.journal.gate(gate.batch, gate.id)
        assert found is not None
        return found

    def wait_gate(self, words: str) -> Gate:
        """Wait for an open gate whose question holds ``words``."""

        def look() -> Gate | None:
            found = [gate for gate in self.journal.gates() if words in gate.question.question]
            return next((gate for gate in found if gate.state is GateState.OPEN), None)

        return wait_until(look, f"a gate that asks {words!r}", context=self.describe)

    def wait_held(self, gate: Gate) -> int:
        """Wait until a hook of the gate's agent waits for its decision; its process."""
        waiters = Waiters(self.directory)

        def held() -> int | None:
            return next((one.pid for one in waiters.live(gate.batch, gate.id) if one.what == "hook"), None)

        return wait_until(held, f"a hook that waits for {gate.id}", context=self.describe)

    def wait_state(self, gate: Gate, *states: GateState) -> Gate:
        """Wait until the gate is in one of these states."""

        def look() -> Gate | None:
            now = self.now(gate)
            return now if now.state in states else None

        return wait_until(look, f"{gate.id} {'/'.join(states)}", context=lambda: f"{self.now(gate)}\n{self.describe()}")

    def wait_acknowledged(self, gate: Gate) -> Gate:
        """Wait until the agent is known to have taken the answer."""
        return self.wait_state(gate, GateState.ACKNOWLEDGED)

    def state(self) -> State:
        """Everything that the journal tells."""
        follower = Follower(self.journal)
        follower.show(head.id for head in self.journal.batches())
        follower.follow()
        return follower.state

    def tracks(self, slug: str) -> list[Track]:
        """The tracks of that name, in whatever batch."""
        return [batch.tracks[slug] for batch in self.state().batches.values() if slug in batch.tracks]

    def wait_track(self, slug: str, stage: int) -> Track:
        """Wait until a track of that name is in that stage."""

        def look() -> Track | None:
            return next((track for track in self.tracks(slug) if track.stage == stage), None)

        return wait_until(look, f"{slug} in stage {stage}", every=0.1, context=self.describe)

    def describe(self) -> str:
        """The living gates, the screen and what reached the model, for failure messages."""
        gates = [(gate.id, gate.state.value, gate.question.question[:60]) for gate in self.journal.gates()]
        tracks = [
            (batch.id, batch.state, [(track.slug, track.stage, track.state.value) for track in batch.tracks.values()])
            for batch in self.state().batches.values()
        ]
        screen = self._cockpits[-1].screen() if self._cockpits else ""
        return f"gates: {gates}\ntracks: {tracks}\n{screen}\n{self.rig.requests.describe()}"

    # -- the end ------------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """End every cockpit and the rig; safe to repeat."""
        for cockpit in self._cockpits:
            cockpit.close()
        if self._journal is not None:
            self._journal.close()
            self._journal = None
        self.rig.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def percentile(sorted_values: list[float], share: float) -> float:
    """The value below which ``share`` of the values lie."""
    return sorted_values[math.ceil(share * len(sorted_values)) - 1]
