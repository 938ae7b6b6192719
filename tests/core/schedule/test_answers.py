"""Every option of every gate that the engine opens is carried out, when it is asked, later, and twice."""

from __future__ import annotations

from dataclasses import replace

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Gate, GateState, TrackState
from orchestrator_tui.core.moves import check_move
from orchestrator_tui.core.schedule.answers import carry_out
from orchestrator_tui.core.schedule.gates import SOURCE
from orchestrator_tui.core.schedule.turn import due
from tests.core.builders import Ledger
from tests.runtime.run.random_player import Player

KINDS = {
    "spend",
    "stage",
    "skip_stage",
    "cap",
    "review",
    "escalation",
    "track",
    "worktree",
    "conflict",
    "deploy_dev",
    "deploy_staging",
    "deploy_production",
    "deploy_failure",
    "unknown_effect",
    "tampered",
    "integration",
    "publish",
}
SEEDS = (0, 5, 14, 33, 45, 92, 1000, 1004, 1005, 1025, 1031, 1129)
RARE = 4
"""How many kinds of gates may be missed when the runs of these seeds have changed."""


def forked(ledger: Ledger) -> Ledger:
    """A ledger that goes on from where another one is, and leaves that as it is."""
    fork = Ledger(now=ledger.now)
    fork.batch, fork.events = ledger.batch, list(ledger.events)
    return fork


def decided(gate: Gate, option: str) -> Draft:
    """The decision of a gate by an option, or by a text alone."""
    told = {"gate": gate.id, "revision": gate.revision, "digest": gate.digest, "decision": "d", "label": option}
    answer = {"options": [option] if option else [], "text": "" if option else "like this"}
    return Draft("gate_decided", {**told, **answer, "reason": "so", "by": "ann", "origin": "key"})


def carried_out(ledger: Ledger, gate: Gate) -> None:
    """Carry out a decision as the engine does, and let follow what follows at once."""
    before = {slug: one.state for slug, one in ledger.batch.tracks.items()}
    drafts, words = carry_out(ledger.batch, ledger.gate(gate.id))
    assert words
    for draft in drafts:
        if draft.kind == "track_moved":
            slug, to = draft.payload["track"], TrackState(draft.payload["to"])
            check_move(slug, before[slug], to)
            before[slug] = to
    ledger.must(*drafts)


def tried(player: Player, gate: Gate) -> None:
    """Try every answer to a gate on a fork of the run: once, twice, and what follows from it."""
    texts = ("",) if gate.question.free_text else ()
    for option in (*texts, *(one.key for one in gate.question.options)):
        fork = forked(player.ledger)
        fork.must(decided(gate, option))
        carried_out(fork, gate)
        carried_out(fork, gate)
        claim = {"gate": gate.id, "revision": gate.revision, "decision": "d", "route": SOURCE}
        fork.must(
            Draft("delivery_claimed", {**claim, "claimant": "1:1"}),
            Draft("decision_delivered", {**claim, "evidence": "done"}),
            Draft("decision_acknowledged", {**claim, "evidence": "done"}),
        )
        for _ in range(20):
            drafts = due(fork.batch, fork.now)
            if not drafts:
                break
            fork.must(*drafts)


def answered_late(player: Player, gates: dict[str, Gate]) -> None:
    """Carry out answers to questions whose track has moved on since they were asked."""
    for gate in gates.values():
        for option in (one.key for one in gate.question.options):
            fork = forked(player.ledger)
            late = replace(fork.gate(gate.id), state=GateState.OPEN, revision=gate.revision, digest=gate.digest)
            fork.batch = replace(fork.batch, gates={**fork.batch.gates, gate.id: replace(late, question=gate.question)})
            fork.must(decided(gate, option))
            carried_out(fork, gate)


def seen_by(seed: int) -> set[str]:
    """Play a random run, try every answer to each question when it is asked, and all of them again at the end."""
    player = Player(seed)
    seen: dict[tuple[str, int], Gate] = {}

    def look() -> None:
        for gate in player.ledger.batch.gates.values():
            if gate.state is GateState.OPEN and (gate.id, gate.revision) not in seen:
                seen[gate.id, gate.revision] = gate
                tried(player, gate)

    player.watched = look
    player.play(steps=400)
    answered_late(player, {gate.id: gate for gate in seen.values()})
    return {gate.question.kind for gate in seen.values()}


def test_every_option_of_every_gate_is_carried_out() -> None:
    seen = set[str]().union(*(seen_by(seed) for seed in SEEDS))
    assert len(KINDS - seen) <= RARE, f"never asked: {KINDS - seen}"
    assert seen <= KINDS
