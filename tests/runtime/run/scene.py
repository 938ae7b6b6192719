"""Small runs for tests: a plan of letters, a workflow of two stages, and short ways to answer and look."""

from __future__ import annotations

from dataclasses import replace
from typing import Self

from orchestrator_tui.core.commands import Command, Decide
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Gate, GateState, Track, TrackState
from orchestrator_tui.core.plan import CheckCommand, Environment, Plan, PlanLimits, PlannedTrack, Provision, Scope
from orchestrator_tui.core.queries import wants_confirmation
from orchestrator_tui.core.rules import Ladder, StageRule
from orchestrator_tui.core.run import Run
from orchestrator_tui.core.schedule.answers import carry_out
from orchestrator_tui.core.schedule.opening import planned
from orchestrator_tui.core.workflow import StageWork, Workflow
from tests.core.builders import START, Ledger
from tests.runtime.run.memory_git import MemoryGit
from tests.runtime.run.memory_world import Agent, MemoryWorld

WRITE, REVIEW = 1, 2

WORKFLOW = Workflow(
    ladder=Ladder("letters", "Letters", "feature", (StageRule(WRITE, "Write"), StageRule(REVIEW, "Review"))),
    works=(
        StageWork(prompt="write", checks=("*",)),
        StageWork(
            role="reviewer",
            prompt="review",
            reviews=True,
            writes=False,
            commits=False,
            back_to=WRITE,
            verdicts={"APPROVED": "done", "REWORK": "rework"},
        ),
    ),
    batch_ladder=Ladder("letters", "Letters", "batch", ()),
    gates=("publish",),
    tests_first=False,
)


def track(slug: str, *owned: str, **fields: object) -> PlannedTrack:
    """A track that owns its own letter, or the files named."""
    base = PlannedTrack(slug, f"Letter {slug}", "feature", WORKFLOW.name, scope=Scope(owned=owned or (f"{slug}.txt",)))
    return replace(base, **fields)  # type: ignore[arg-type]


def write_letter(agent: Agent) -> tuple[int, str]:
    """Add a line to the track's own letter."""
    agent.append(f"{agent.attempt.track}.txt", f"more of {agent.attempt.track}\n")
    return 0, "written"


def approve(agent: Agent) -> tuple[int, str]:
    """Find nothing."""
    return 0, "looks good\nAPPROVED"


class Scene:
    """One run in memory."""

    def __init__(
        self,
        *tracks: PlannedTrack,
        workflow: Workflow = WORKFLOW,
        checks: tuple[CheckCommand, ...] = (),
        files: dict[str, str] | None = None,
        checked: dict[str, object] | None = None,
        worktrees: str = "/trees",
        environments: tuple[Environment, ...] = (),
        limits: PlanLimits | None = None,
        provision: Provision | None = None,
        others: tuple[Workflow, ...] = (),
    ) -> None:
        self.ledger = Ledger()
        names = {f"{one.slug}.txt": f"{one.slug}\n" for one in tracks}
        self.git = MemoryGit({**names, **(files or {})}, START)
        self.plan = Plan(
            title="Letters",
            workflow=workflow.name,
            base="main",
            integration="orch/integration",
            repository="/repository",
            worktrees=worktrees,
            tracks=tracks,
            base_sha=self.git.branches["main"],
            checks=checks,
            environments=environments,
            limits=limits or PlanLimits(),
            provision=provision or Provision(),
            fingerprint="[]",
        )
        self.ledger.must(*planned(self.plan, {one.name: one for one in (workflow, *others)}, checked or {}))
        self.world = MemoryWorld(self.ledger, self.git)
        self.world.acts = {f"*/{WRITE}": write_letter, f"*/{REVIEW}": approve}

    def play(self) -> Self:
        """Go on until nothing moves; this scene."""
        self.world.play()
        return self

    @property
    def run(self) -> Run:
        """What the batch knows as a run."""
        assert self.ledger.batch.run is not None
        return self.ledger.batch.run

    def track(self, slug: str) -> Track:
        return self.ledger.batch.tracks[slug]

    def states(self) -> dict[str, TrackState]:
        """The state of each planned track."""
        return {slug: one.state for slug, one in self.ledger.batch.tracks.items() if slug != "batch"}

    def open_gates(self) -> list[Gate]:
        return [gate for gate in self.ledger.batch.gates.values() if gate.state is GateState.OPEN]

    def gate(self, kind: str) -> Gate:
        """The one open gate of a kind."""
        (gate,) = [one for one in self.open_gates() if one.question.kind == kind]
        return gate

    def answer(self, kind: str, option: str, text: str = "") -> None:
        """Answer the open gate of a kind as a person, and have the engine carry it out."""
        self.answer_gate(self.gate(kind), option, text)

    def gate_of(self, slug: str) -> Gate:
        """The one open gate of a track."""
        (gate,) = [one for one in self.open_gates() if one.track == slug]
        return gate

    def answer_gate(self, gate: Gate, option: str, text: str = "", deliver: bool = True) -> None:
        """Answer a gate as a person; what the answer leads to is left for later unless ``deliver``."""
        confirm = gate.track if wants_confirmation(gate) == "slug" else wants_confirmation(gate)
        command = Decide(
            gate.batch,
            gate.id,
            gate.revision,
            gate.digest,
            options=(option,) if option else (),
            text="" if option else text,
            reason=text or "so",
            confirm=confirm,
        )
        refused = self.ledger.carry_out(command, f"d-{gate.id}-{gate.revision}")
        assert refused is None, refused
        # What is hard to take back waits for its undo.
        self.ledger.tick(6_000)
        if deliver:
            self.deliver()

    def deliver(self) -> None:
        """Carry out every decision of the engine's own gates, as its effects do."""
        for gate in list(self.ledger.batch.gates.values()):
            if gate.state is not GateState.DECIDED or gate.decision is None:
                continue
            key = {"gate": gate.id, "revision": gate.revision, "decision": gate.decision.id, "route": "engine"}
            self.ledger.must(Draft("delivery_claimed", {**key, "claimant": "1:1"}))
            drafts, words = carry_out(self.ledger.batch, self.ledger.gate(gate.id))
            done = {**key, "evidence": words}
            self.ledger.must(*drafts, Draft("decision_delivered", done), Draft("decision_acknowledged", done))

    def carry_out(self, command: Command) -> str | None:
        """A command of a person; why it was refused, or None."""
        return self.ledger.carry_out(command)

    def merged_files(self) -> dict[str, str]:
        """What is on the integration branch."""
        return self.git.commits[self.git.branches["orch/integration"]].files

    def checklist(self, slug: str) -> dict[str, tuple[str, str]]:
        """The items of a track's checklist as they were recorded last."""
        work = self.track(slug).work
        assert work is not None
        return {name: (result, detail) for name, result, detail in work.checklist}
