"""Two real processes decide the same gate: one decision, one clear refusal, every time (reliability A-2, A-3)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.journal.verify import verify_batch
from tests.journal.drafts import BATCH, asked, at, opened

ROOT = Path(__file__).resolve().parents[2]


class Decider:
    def __init__(self, directory: Path, name: str, option: str) -> None:
        self.name, self.label = name, "left" if option == "1" else "right"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.trust.journal_deciders", str(directory), name, option],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self.answer() == "ready"

    def start(self, gate: str) -> None:
        assert self.process.stdin is not None
        os.write(self.process.stdin.fileno(), f"{gate}\n".encode())

    def answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().decode().strip()

    def stop(self) -> None:
        self.process.communicate()
        assert self.process.returncode == 0


@pytest.mark.parametrize("gates", [1_000, pytest.param(10_000, marks=pytest.mark.nightly)])
def test_two_processes_decide_every_gate_once(tmp_path: Path, gates: int) -> None:
    journal = SqliteJournal(tmp_path / "journal", lock_timeout_s=30, wake=lambda batch, gate: None)
    journal.open_batch(BATCH, opened(), at(0), "cockpit")
    names = [f"gate-{number}" for number in range(gates)]
    for name in names:
        journal.change_gate(BATCH, asked(name), at(0), "hook")
    ann, bob = Decider(journal.directory, "ann", "1"), Decider(journal.directory, "bob", "2")
    wins = {"ann": 0, "bob": 0}
    for number, gate in enumerate(names):
        for decider in (ann, bob) if number % 2 else (bob, ann):
            decider.start(gate)
        answers = {decider.name: decider.answer() for decider in (ann, bob)}
        winner, loser = (ann, bob) if answers["ann"] == "decided" else (bob, ann)
        assert answers[winner.name] == "decided"
        assert answers[loser.name] == f"refused {winner.name} already decided {winner.label!r}"
        wins[winner.name] += 1
        kept = journal.gate(BATCH, gate)
        assert kept is not None
        assert kept.decision is not None
        assert kept.decision.id == f"{winner.name}:{gate}"
    ann.stop()
    bob.stop()
    kinds = [event.kind for event in journal.events(BATCH)]
    assert (kinds.count("gate_decided"), kinds.count("decision_refused")) == (gates, gates)
    assert min(wins.values()) > 0, "they never met"
    assert verify_batch(journal, BATCH).intact
    journal.close()
